//! How an attempt ended, as its supervisor leaves it on disk before it tells the record.
//!
//! `exit.json` is durable before `attempt.exited` is written. A supervisor that dies between the two
//! is finished by recovery, which writes exactly what is written here. It holds words of the tool
//! (a failure's message), so it goes when the content of the run goes.

use serde::{Deserialize, Serialize};

use crate::model::{
    Amounts, AttemptExited, AttemptLost, AttemptOutcome, BudgetLimit, FailureCode, FileChanges,
    MicroUsd, Target,
};

use super::progress::Warning;
use super::report::AttemptReport;

/// The end of one attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExitFile {
    /// For the report of the request.
    pub report: AttemptReport,
    /// For the record.
    pub end: End,
    /// What the user should know.
    pub warnings: Vec<Warning>,
    /// What follows, when something may.
    pub next: Option<Next>,
    /// What the attempt changed in the working directory, where somebody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<FileChanges>,
}

/// What follows an attempt: the same target once more, or another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// The target that failed.
    pub from: Target,
    /// The target that takes over; the same for a retry.
    pub to: Target,
    /// Why.
    pub code: FailureCode,
    /// Not before so many milliseconds have passed.
    pub delay_ms: u64,
    /// It finds what the one before changed, and is told so.
    pub handoff: bool,
    /// What is set aside for it.
    pub amounts: Amounts,
    /// Nobody can tell what it will cost.
    pub unpriced: bool,
    /// No more money than this may be spent by it.
    pub cap: Option<MicroUsd>,
    /// The limits that must have room for it.
    pub limits: Vec<BudgetLimit>,
}

impl Next {
    /// Whether the same target is tried again.
    #[must_use]
    pub fn is_retry(&self) -> bool {
        self.from == self.to
    }
}

/// How it came to its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Its process is gone.
    Exited(Box<AttemptExited>),
    /// No process was started, and none will be.
    NeverRan(FailureCode),
    /// A cancel came before its process was started.
    Withdrawn,
    /// Nobody can tell.
    Lost(Box<AttemptLost>),
}

impl ExitFile {
    /// The end of an attempt that came to nothing before its process was started.
    pub(super) fn never_ran(number: u32, target: &Target, code: &str, message: &str) -> Self {
        let code = FailureCode::new(code);
        Self {
            report: AttemptReport {
                n: number,
                tool: target.tool.clone(),
                model: target.model.clone(),
                outcome: AttemptOutcome::Failed,
                failure_code: Some(code.clone()),
                failure_message: Some(message.to_owned()),
            },
            end: End::NeverRan(code),
            warnings: Vec::new(),
            next: None,
            changes: None,
        }
    }

    /// The end of an attempt that was taken out of the queue.
    pub(super) fn withdrawn(number: u32, target: &Target) -> Self {
        let message = "stopped before it was started";
        let never_ran = Self::never_ran(number, target, FailureCode::ABORTED, message);
        Self {
            report: AttemptReport {
                outcome: AttemptOutcome::Cancelled,
                ..never_ran.report
            },
            end: End::Withdrawn,
            ..never_ran
        }
    }

    /// The end of an attempt whose end nobody saw.
    pub(super) fn lost(number: u32, lost: AttemptLost) -> Self {
        let message = match lost.swept {
            0 => format!("its end was not seen ({})", lost.reason.as_str()),
            n => format!(
                "its end was not seen ({}); {n} processes of it were ended",
                lost.reason.as_str()
            ),
        };
        Self {
            report: AttemptReport {
                n: number,
                tool: lost.target.tool.clone(),
                model: lost.target.model.clone(),
                outcome: AttemptOutcome::Lost,
                failure_code: None,
                failure_message: Some(message),
            },
            end: End::Lost(Box::new(lost)),
            warnings: Vec::new(),
            next: None,
            changes: None,
        }
    }
}
