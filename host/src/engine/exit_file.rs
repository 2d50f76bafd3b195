//! How an attempt ended, as its supervisor leaves it on disk before it tells the record.
//!
//! `exit.json` is durable before `attempt.exited` is written. A supervisor that dies between the two
//! is finished by recovery, which writes exactly what is written here. It holds words of the tool
//! (a failure's message), so it goes when the content of the run goes.

use serde::{Deserialize, Serialize};

use crate::model::{
    AttemptExited, AttemptLost, AttemptOutcome, FailureCode, RoutingFellBack, Target,
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
    /// The target that takes over, when one may.
    pub next: Option<RoutingFellBack>,
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
        }
    }
}
