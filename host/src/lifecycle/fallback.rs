//! Whether another target may take over after an attempt failed.
//!
//! Redoing a half-finished job can do things twice, so only an attempt that did nothing may be
//! followed by itself. What a policy may allow beyond that is not decided here.

use crate::model::{AttemptOutcome, Failure, FailureCode};

/// What an attempt did before it ended, as far as the host saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effects {
    /// Words of an answer were seen.
    pub answered: bool,
    /// The agent used tools that can change things.
    pub acted: bool,
}

/// Whether the next target of the chain may be tried.
#[must_use]
pub fn may_fall_back(outcome: AttemptOutcome, failure: Option<&Failure>, effects: Effects) -> bool {
    if effects.answered || effects.acted || outcome != AttemptOutcome::Failed {
        return false;
    }
    // The same prompt would fail elsewhere for the same reason.
    !matches!(
        failure.map(|failure| failure.code.as_str()),
        Some(FailureCode::REFUSED | FailureCode::ABORTED)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
