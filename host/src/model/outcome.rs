//! How an attempt ended, and how its process did. The two are not the same thing.

use serde::{Deserialize, Serialize};

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    /// The tool said that it finished, and did.
    Done,
    /// It did not.
    Failed,
    /// The user stopped it.
    Cancelled,
    /// Its wall-clock time ran out.
    TimedOut,
    /// Its money ran out.
    OverBudget,
    /// Nobody can tell any more.
    Lost,
}

impl AttemptOutcome {
    /// The word used in documents and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
            Self::OverBudget => "over_budget",
            Self::Lost => "lost",
        }
    }
}

/// Why the host began to stop a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The user interrupted.
    Interrupt,
    /// Its wall-clock time ran out.
    Timeout,
    /// Its money ran out.
    OverBudget,
    /// It had said its last word and would not end.
    Lingered,
    /// Its adapter asked for it, or was stopped itself.
    Adapter,
    /// A policy is against its going on.
    Policy,
}

impl StopReason {
    /// The word used in events and told to the adapter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "interrupt",
            Self::Timeout => "timeout",
            Self::OverBudget => "over_budget",
            Self::Lingered => "lingered",
            Self::Adapter => "adapter",
            Self::Policy => "policy",
        }
    }
}

/// How a process ended: with a status, or by a signal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitStatus {
    /// The exit status, when it exited.
    pub code: Option<i32>,
    /// The signal, when one killed it.
    pub signal: Option<i32>,
}
