//! What an attempt did before it ended, and whether another target may take over.
//!
//! Redoing a half-finished job can do things twice, so only an attempt that did nothing is followed
//! by another unless the configuration says more. The whole decision is in `next`.

use crate::model::{AttemptOutcome, Failure, FallbackRules};

use super::next::{Failed, NextStep, next_step};

/// What an attempt did before it ended, as far as the host saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effects {
    /// Words of an answer were seen.
    pub answered: bool,
    /// The agent used tools that can change things.
    pub acted: bool,
}

/// Whether the next target of the chain may be tried at once, by the rules that hold where nothing
/// is configured.
#[must_use]
pub fn may_fall_back(outcome: AttemptOutcome, failure: Option<&Failure>, effects: Effects) -> bool {
    let rules = FallbackRules {
        retries: 0,
        ..FallbackRules::default()
    };
    let failed = Failed {
        outcome,
        failure,
        effects,
        changed_files: None,
        retries_so_far: 0,
        has_next: true,
        rules: &rules,
        now_ms: 0,
        seed: 0,
    };
    matches!(next_step(&failed), NextStep::FallBack { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FailureCode;

    #[test]
    fn only_a_failure_without_effects_is_followed_by_another_target() {
        let clean = Effects::default();
        let answered = Effects {
            answered: true,
            ..clean
        };
        let acted = Effects {
            acted: true,
            ..clean
        };
        let auth = Failure::fatal(FailureCode::AUTH, "no key");
        let refused = Failure::fatal(FailureCode::REFUSED, "no");
        for (outcome, failure, effects, expected) in [
            (AttemptOutcome::Failed, Some(&auth), clean, true),
            (AttemptOutcome::Failed, None, clean, true),
            (AttemptOutcome::Failed, Some(&auth), answered, false),
            (AttemptOutcome::Failed, Some(&auth), acted, false),
            (AttemptOutcome::Failed, Some(&refused), clean, false),
            (AttemptOutcome::Done, None, clean, false),
            (AttemptOutcome::Cancelled, None, clean, false),
            (AttemptOutcome::TimedOut, None, clean, false),
        ] {
            assert_eq!(may_fall_back(outcome, failure, effects), expected);
        }
    }
}
