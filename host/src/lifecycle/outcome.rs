//! What an attempt's end means.
//!
//! Success is decided by what the tool said, never by its exit status: real tools exit with 0 on
//! SIGINT and with 1 after a complete answer.

use crate::model::{AttemptOutcome, ExitStatus, Failure, FailureCode, Finished, StopReason};

/// Everything that is known about an attempt when its process is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptFacts {
    /// The tool's last word.
    pub finished: Option<Finished>,
    /// The last fatal failure it reported.
    pub failure: Option<Failure>,
    /// Why the host stopped it, if it did.
    pub stopped: Option<StopReason>,
    /// The same in words, where there is more to say.
    pub stopped_for: Option<String>,
    /// How its process ended.
    pub status: Option<ExitStatus>,
    /// The adapter was stopped for breaking its limits.
    pub adapter_fault: Option<Failure>,
}

/// The outcome that `facts` amount to, with the failure that explains it.
///
/// A complete answer counts as done even when a stop was on its way: log order decides.
#[must_use]
pub fn conclude(facts: &AttemptFacts) -> (AttemptOutcome, Option<Failure>) {
    let said = facts.finished.as_ref().map(|f| f.outcome.as_str());
    if let Some(fault) = &facts.adapter_fault {
        return (AttemptOutcome::Failed, Some(fault.clone()));
    }
    if said == Some("done") {
        return (AttemptOutcome::Done, None);
    }
    match facts.stopped {
        Some(StopReason::Interrupt) => {
            return (
                AttemptOutcome::Cancelled,
                Some(Failure::fatal(FailureCode::ABORTED, "stopped on request")),
            );
        }
        Some(StopReason::Timeout) => {
            return (
                AttemptOutcome::TimedOut,
                Some(Failure::fatal(FailureCode::TIMEOUT, "its time ran out")),
            );
        }
        Some(StopReason::OverBudget) => {
            return (
                AttemptOutcome::OverBudget,
                Some(Failure::fatal(
                    FailureCode::OVER_BUDGET,
                    facts.stopped_for.as_ref().map_or_else(
                        || "its money ran out".to_owned(),
                        |what| format!("its money ran out: {what}"),
                    ),
                )),
            );
        }
        Some(StopReason::Policy) => {
            let why = facts.stopped_for.clone();
            return (
                AttemptOutcome::Failed,
                Some(Failure::fatal(
                    FailureCode::POLICY_STOP,
                    why.unwrap_or_else(|| "a policy stopped it".to_owned()),
                )),
            );
        }
        Some(StopReason::Lingered | StopReason::Adapter) | None => {}
    }
    let outcome = if said == Some("cancelled") {
        AttemptOutcome::Cancelled
    } else {
        AttemptOutcome::Failed
    };
    let failure = facts
        .failure
        .clone()
        .unwrap_or_else(|| unexplained(facts.status));
    (outcome, Some(failure))
}

/// The command's exit status for an outcome. Part of the documented table.
#[must_use]
pub fn exit_code(outcome: AttemptOutcome) -> u8 {
    match outcome {
        AttemptOutcome::Done => 0,
        AttemptOutcome::Failed | AttemptOutcome::OverBudget | AttemptOutcome::Lost => 1,
        AttemptOutcome::TimedOut => 124,
        AttemptOutcome::Cancelled => 130,
    }
}

fn unexplained(status: Option<ExitStatus>) -> Failure {
    let how = match status {
        Some(ExitStatus {
            signal: Some(signal),
            ..
        }) => format!("killed by signal {signal}"),
        Some(ExitStatus {
            code: Some(code), ..
        }) => format!("exited with status {code}"),
        _ => "ended".to_owned(),
    };
    Failure::fatal(
        FailureCode::CRASHED,
        format!("the tool {how} without saying how it went"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(outcome: &str) -> Option<Finished> {
        Some(Finished {
            outcome: outcome.to_owned(),
            final_text: None,
            turns: None,
        })
    }

    fn exited(code: i32) -> Option<ExitStatus> {
        Some(ExitStatus {
            code: Some(code),
            signal: None,
        })
    }

    #[test]
    fn what_the_tool_said_decides() {
        use AttemptOutcome::{Cancelled, Done, Failed, OverBudget, TimedOut};
        let table = [
            (finished("done"), None, exited(0), Done),
            (finished("done"), None, exited(1), Done),
            (
                finished("done"),
                Some(StopReason::Interrupt),
                exited(0),
                Done,
            ),
            (finished("done"), Some(StopReason::Lingered), None, Done),
            (finished("failed"), None, exited(0), Failed),
            (
                finished("failed"),
                Some(StopReason::Interrupt),
                exited(0),
                Cancelled,
            ),
            (finished("cancelled"), None, exited(0), Cancelled),
            (finished("excellent"), None, exited(0), Failed),
            (None, None, exited(0), Failed),
            (None, Some(StopReason::Interrupt), exited(0), Cancelled),
            (None, Some(StopReason::Timeout), exited(143), TimedOut),
            (None, Some(StopReason::OverBudget), exited(0), OverBudget),
        ];
        for (finished, stopped, status, expected) in table {
            let facts = AttemptFacts {
                finished,
                stopped,
                status,
                ..AttemptFacts::default()
            };
            assert_eq!(conclude(&facts).0, expected, "{facts:?}");
        }
    }

    #[test]
    fn a_silent_end_is_a_crash_that_says_how() {
        let facts = AttemptFacts {
            status: Some(ExitStatus {
                code: None,
                signal: Some(9),
            }),
            ..AttemptFacts::default()
        };
        let failure = conclude(&facts).1.expect("a failure");
        assert_eq!(failure.code.as_str(), FailureCode::CRASHED);
        assert!(failure.message.contains("signal 9"), "{}", failure.message);
    }

    #[test]
    fn an_adapter_that_broke_its_limits_cannot_report_success() {
        let facts = AttemptFacts {
            finished: finished("done"),
            adapter_fault: Some(Failure::fatal(FailureCode::ADAPTER_FAULT, "looped")),
            ..AttemptFacts::default()
        };
        assert_eq!(conclude(&facts).0, AttemptOutcome::Failed);
    }
}
