//! The one place that turns errors into a code, a sentence, hints, and an exit status.
//!
//! Rooms describe what they could not do; what to do about it is said here.

use std::process::ExitCode;

use serde_json::{Value, json};

/// What went wrong, for people and for programs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    /// Decides the exit status and stands in the JSON document.
    pub(crate) code: Code,
    /// One sentence, without a full stop.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hints: Vec<String>,
    /// More facts for the JSON document.
    pub(crate) details: Option<Box<Value>>,
    /// A longer report that is shown before the message.
    pub(crate) report: Option<String>,
}

/// Kinds of failure. Append-only: scripts depend on the names and on the exit statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// The configuration is wrong.
    InvalidConfig,
    /// There is no configuration.
    NoConfig,
    /// The project's configuration is not trusted yet.
    Untrusted,
    /// The agent is not configured.
    UnknownAgent,
    /// The tool or model that was named cannot be used.
    BadTarget,
    /// Nothing in the chain can be used.
    NoTool,
    /// The prompt cannot be sent.
    BadPrompt,
    /// The tool failed.
    ToolFailed,
    /// The tool's money ran out.
    OverBudget,
    /// The adapter cannot be loaded, or broke its limits.
    Plugin,
    /// A file cannot be read or written.
    Io,
    /// The request makes no sense.
    Usage,
    /// A bug of ours.
    Internal,
    /// The record cannot be written.
    Record,
    /// The record is damaged.
    Damaged,
    /// The tool's time ran out.
    TimedOut,
    /// The user stopped it.
    Cancelled,
    /// There is no such run.
    UnknownRun,
    /// Nothing can be done to a run that is over.
    RunOver,
    /// The key was used for another request.
    KeyReused,
    /// What was asked for is not kept.
    NotKept,
    /// Something is not in order.
    Unfit,
    /// A policy is against it.
    Denied,
    /// A limit is in the way.
    BudgetExceeded,
    /// A task or specification cannot be used or changed.
    Board,
    /// No collector is configured.
    ExportOff,
    /// The collector cannot be reached, or does not take what is sent.
    Collector,
}

impl Code {
    /// The name in JSON documents.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::InvalidConfig => "invalid_config",
            Self::NoConfig => "no_config",
            Self::Untrusted => "untrusted_config",
            Self::UnknownAgent => "unknown_agent",
            Self::BadTarget => "bad_target",
            Self::NoTool => "no_tool",
            Self::BadPrompt => "bad_prompt",
            Self::ToolFailed => "tool_failed",
            Self::OverBudget => "over_budget",
            Self::Plugin => "plugin",
            Self::Io => "io",
            Self::Usage => "usage",
            Self::Internal => "internal",
            Self::Record => "record",
            Self::Damaged => "damaged_record",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::UnknownRun => "unknown_run",
            Self::RunOver => "run_over",
            Self::KeyReused => "key_reused",
            Self::NotKept => "not_kept",
            Self::Unfit => "unfit",
            Self::Denied => "denied",
            Self::BudgetExceeded => "budget_exceeded",
            Self::Board => "board",
            Self::ExportOff => "export_off",
            Self::Collector => "collector",
        }
    }

    /// The exit status.
    pub(crate) fn status(self) -> u8 {
        match self {
            Self::InvalidConfig
            | Self::NoConfig
            | Self::Untrusted
            | Self::UnknownAgent
            | Self::BadTarget
            | Self::NoTool
            | Self::BadPrompt
            | Self::ToolFailed
            | Self::OverBudget
            | Self::Plugin
            | Self::Damaged
            | Self::UnknownRun
            | Self::RunOver
            | Self::KeyReused
            | Self::NotKept
            | Self::Unfit
            | Self::Denied
            | Self::BudgetExceeded
            | Self::Board
            | Self::ExportOff
            | Self::Collector
            | Self::Io => 1,
            Self::Usage => 2,
            Self::Internal => 70,
            Self::Record => 74,
            Self::TimedOut => 124,
            Self::Cancelled => 130,
        }
    }
}

impl Failure {
    /// A failure without hints.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hints: Vec::new(),
            details: None,
            report: None,
        }
    }

    /// Add what to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The JSON document that stands for it.
    pub(crate) fn document(&self) -> Value {
        let mut error = json!({
            "code": self.code.as_str(),
            "message": self.message,
            "hints": self.hints,
        });
        if let (Some(details), Some(object)) = (&self.details, error.as_object_mut()) {
            object.insert("details".to_owned(), Value::clone(details));
        }
        json!({ "error": error })
    }

    /// The process's exit status.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code.status())
    }
}
