//! What a request came to: the value behind `exec --json`.

use serde::{Deserialize, Serialize};

use crate::model::{
    AgentName, AttemptOutcome, Cost, Exactness, FailureCode, ModelName, Reason, ToolName, Usage,
};

use super::progress::Warning;

/// What a request came to. Field names are part of the documented interface.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExecReport {
    /// The run it was recorded under.
    pub run_id: String,
    /// The request within the run.
    pub invocation_id: String,
    /// Every process, in order.
    pub attempts: Vec<AttemptReport>,
    /// Who asked.
    pub agent: AgentName,
    /// The tool of the last attempt.
    pub tool: ToolName,
    /// The model that was asked for.
    pub model: ModelName,
    /// The model that served, when the tool told.
    pub served_model: Option<String>,
    /// Why this target.
    pub reason: Reason,
    /// Whether the target is not the first choice.
    pub fallback_used: bool,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// The command's exit status.
    pub exit_code: u8,
    /// The answer.
    pub output: Option<String>,
    /// Tokens of all attempts together.
    pub usage: UsageReport,
    /// Money of all attempts together.
    pub cost: Cost,
    /// From request to end.
    pub duration_ms: u64,
    /// The tool's session, for `--resume`.
    pub session_id: Option<String>,
    /// What the user should know.
    pub warnings: Vec<Warning>,
    /// Whether any process ran.
    #[serde(skip)]
    pub ran: bool,
}

/// Tokens, with how far they can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct UsageReport {
    /// The counts; null is not known, never zero.
    #[serde(flatten)]
    pub usage: Usage,
    /// All tokens together.
    pub total_tokens: Option<u64>,
    /// `exact`, `at_least` (a lower bound), or `unknown`.
    pub exactness: Exactness,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptReport {
    /// Counts from 1.
    pub n: u32,
    /// What ran.
    pub tool: ToolName,
    /// With which model.
    pub model: ModelName,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What went wrong.
    pub failure_code: Option<FailureCode>,
    /// What went wrong, in words of the tool or the host.
    pub failure_message: Option<String>,
}

impl UsageReport {
    /// The tokens of several attempts together; one that is unknown makes the sum a lower bound.
    #[must_use]
    pub fn sum(parts: &[(Usage, Exactness)]) -> Self {
        let known = |(_, exactness): &&(Usage, Exactness)| *exactness != Exactness::Unknown;
        let usage = parts
            .iter()
            .filter(known)
            .fold(Usage::default(), |sum, (usage, _)| sum.plus(usage));
        let exactness = if parts.iter().all(|(_, e)| *e == Exactness::Exact) && !parts.is_empty() {
            Exactness::Exact
        } else if parts.iter().any(|part| known(&part)) {
            Exactness::AtLeast
        } else {
            Exactness::Unknown
        };
        Self {
            usage,
            total_tokens: usage.total(),
            exactness,
        }
    }
}

/// The money of several attempts together; the weakest basis counts, and an unknown part makes
/// the sum a lower bound.
#[must_use]
pub(super) fn sum_costs(parts: &[Cost]) -> Cost {
    use crate::model::{Basis, MicroUsd};
    let mut known = parts.iter().filter(|cost| cost.amount.is_some());
    let Some(first) = known.next() else {
        return Cost::UNKNOWN;
    };
    let complete = parts.iter().all(|cost| cost.amount.is_some());
    let strength = |basis| match basis {
        Basis::Billed => 3,
        Basis::Reported => 2,
        Basis::Imputed => 1,
        Basis::Unknown => 0,
    };
    known.fold(
        Cost {
            at_least: first.at_least || !complete,
            ..*first
        },
        |sum, cost| Cost {
            amount: Some(
                sum.amount
                    .unwrap_or(MicroUsd(0))
                    .saturating_add(cost.amount.unwrap_or(MicroUsd(0))),
            ),
            basis: if strength(cost.basis) < strength(sum.basis) {
                cost.basis
            } else {
                sum.basis
            },
            at_least: sum.at_least || cost.at_least,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Basis, MicroUsd};

    fn usage(input: u64) -> Usage {
        Usage {
            input: Some(input),
            ..Usage::default()
        }
    }

    #[test]
    fn an_attempt_that_is_unknown_makes_the_sum_a_lower_bound() {
        let exact = (usage(3), Exactness::Exact);
        let unknown = (Usage::default(), Exactness::Unknown);
        let sum = UsageReport::sum(&[exact, exact]);
        assert_eq!((sum.usage, sum.exactness), (usage(6), Exactness::Exact));
        let sum = UsageReport::sum(&[unknown, exact]);
        assert_eq!((sum.usage, sum.exactness), (usage(3), Exactness::AtLeast));
        let sum = UsageReport::sum(&[unknown]);
        assert_eq!(
            (sum.total_tokens, sum.exactness),
            (None, Exactness::Unknown)
        );
    }

    #[test]
    fn money_is_as_good_as_its_weakest_part() {
        let cost = |micros, basis| Cost {
            amount: Some(MicroUsd(micros)),
            basis,
            at_least: false,
        };
        let sum = sum_costs(&[cost(1, Basis::Reported), cost(2, Basis::Imputed)]);
        assert_eq!(sum, cost(3, Basis::Imputed));
        let sum = sum_costs(&[Cost::UNKNOWN, cost(2, Basis::Reported)]);
        assert_eq!(sum.amount, Some(MicroUsd(2)));
        assert!(sum.at_least);
        assert_eq!(sum_costs(&[Cost::UNKNOWN]), Cost::UNKNOWN);
        assert_eq!(sum_costs(&[]), Cost::UNKNOWN);
    }
}
