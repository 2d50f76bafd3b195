//! What follows a failed attempt: the same target again, the next one, or nothing.
//!
//! Decides by what kind of trouble it was and by what the attempt had done. It waits for nothing
//! and starts nothing, has no clock and no dice: the caller brings both as numbers. Whether the
//! next target may be used (its budget, its breakers, the policies) is not asked here.

use std::time::Duration;

use crate::model::{AfterChanges, AttemptOutcome, Failure, FailureCode, FallbackRules};

use super::failure_class::{FailureClass, class};
use super::fallback::Effects;

/// A failed attempt, and what may follow it.
#[derive(Debug, Clone, Copy)]
pub struct Failed<'a> {
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What went wrong, when anybody told.
    pub failure: Option<&'a Failure>,
    /// What it did, as far as its output told.
    pub effects: Effects,
    /// Whether files in its directory changed; `None` when nobody could tell.
    pub changed_files: Option<bool>,
    /// How often this target was tried again for this request.
    pub retries_so_far: u32,
    /// There is another target that may be tried.
    pub has_next: bool,
    /// What the configuration says.
    pub rules: &'a FallbackRules,
    /// Now, in milliseconds since the epoch.
    pub now_ms: u64,
    /// Any number that differs between attempts, so that those that failed together do not come
    /// back together.
    pub seed: u64,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// The same target again, after this long.
    Retry {
        /// How long to wait first.
        delay: Duration,
    },
    /// The next target.
    FallBack {
        /// It finds work half done, and is told so.
        handoff: bool,
    },
    /// Nothing.
    Stop {
        /// Why, as a code.
        why: &'static str,
        /// It will not get better until somebody sees to it.
        terminal: bool,
        /// When it is said to work again, in milliseconds since the epoch.
        until_ms: Option<u64>,
    },
}

/// What follows `failed`.
///
/// Codes of [`NextStep::Stop`]: the outcome's word when the attempt did not fail; `stopped`,
/// `refused`, `session_not_found` (no other target would do better); `changed_files`, `acted`,
/// `answered` (it left something behind); `rate_limited` (the configuration lets no other target
/// take over); `no_other_target`, `retries_used`, `wait_too_long` (nothing is left to try).
#[must_use]
pub fn next_step(failed: &Failed<'_>) -> NextStep {
    if failed.outcome != AttemptOutcome::Failed {
        return stop(failed.outcome.as_str());
    }
    let step = without_effects(failed);
    let Some(left) = left_behind(failed) else {
        return step;
    };
    match (step, failed.rules.after_changes) {
        (NextStep::Stop { .. }, _) => step,
        (_, AfterChanges::RetryClean) if failed.changed_files == Some(false) => step,
        // Whoever goes on must be told what is there, and only another target is.
        (_, AfterChanges::Continue) if failed.has_next && may_walk(failed) => {
            NextStep::FallBack { handoff: true }
        }
        _ => stop(left),
    }
}

/// What would follow if the attempt had done nothing at all.
fn without_effects(failed: &Failed<'_>) -> NextStep {
    let code = failed.failure.map(|failure| failure.code.as_str());
    let kind = failed
        .failure
        .map_or(FailureClass::Unknown, |failure| class(&failure.code));
    match (kind, code) {
        (FailureClass::Stopped, _) => stop("stopped"),
        (_, Some(FailureCode::REFUSED)) => stop("refused"),
        (_, Some(FailureCode::SESSION_NOT_FOUND)) => stop("session_not_found"),
        (FailureClass::Passing, _) => after_passing(failed),
        _ => fall_back_or(failed, "no_other_target"),
    }
}

/// Patience first, then the next target.
fn after_passing(failed: &Failed<'_>) -> NextStep {
    let told = told_wait(failed);
    if told > failed.rules.longest_wait {
        return fall_back_or(failed, "wait_too_long");
    }
    if failed.retries_so_far >= failed.rules.retries {
        return fall_back_or(failed, "retries_used");
    }
    NextStep::Retry {
        delay: own_wait(failed).max(told),
    }
}

fn fall_back_or(failed: &Failed<'_>, why: &'static str) -> NextStep {
    if failed.has_next && may_walk(failed) {
        return NextStep::FallBack { handoff: false };
    }
    let why = if failed.has_next { "rate_limited" } else { why };
    NextStep::Stop {
        why,
        terminal: needs_somebody(failed),
        until_ms: failed.failure.and_then(|it| told_end(it, failed.now_ms)),
    }
}

/// Whether the configuration lets another target take over after this.
fn may_walk(failed: &Failed<'_>) -> bool {
    let code = failed.failure.map(|failure| failure.code.as_str());
    failed.rules.on_rate_limit || code != Some(FailureCode::RATE_LIMITED)
}

/// What the attempt left behind that doing it again would do twice.
fn left_behind(failed: &Failed<'_>) -> Option<&'static str> {
    if failed.changed_files == Some(true) {
        return Some("changed_files");
    }
    if failed.effects.acted {
        return Some("acted");
    }
    failed.effects.answered.then_some("answered")
}

/// Whether it stays broken until somebody signs in, pays, installs, or grants something.
fn needs_somebody(failed: &Failed<'_>) -> bool {
    failed.failure.is_some_and(|failure| {
        class(&failure.code) == FailureClass::Account
            || matches!(
                failure.code.as_str(),
                FailureCode::TOOL_MISSING | FailureCode::BAD_SETUP | FailureCode::NOT_GRANTED
            )
    })
}

/// When the service says that it works again.
fn told_end(failure: &Failure, now_ms: u64) -> Option<u64> {
    let after = failure
        .retry_after_ms
        .map(|wait| now_ms.saturating_add(wait));
    failure.resets_at_ms.max(after).filter(|end| *end > now_ms)
}

/// How long the service asks to wait.
fn told_wait(failed: &Failed<'_>) -> Duration {
    let end = failed.failure.and_then(|it| told_end(it, failed.now_ms));
    Duration::from_millis(end.unwrap_or(failed.now_ms) - failed.now_ms)
}

/// The wait before the next retry: doubled each time, and up to a quarter more or less.
fn own_wait(failed: &Failed<'_>) -> Duration {
    let rules = failed.rules;
    let factor = 1_u32.checked_shl(failed.retries_so_far).unwrap_or(u32::MAX);
    let wait = rules
        .first_wait
        .saturating_mul(factor)
        .min(rules.longest_wait);
    let mixed = mixed(failed.seed ^ u64::from(failed.retries_so_far));
    let permille = 750 + u32::try_from(mixed % 501).unwrap_or_default();
    let jittered = wait.checked_mul(permille).map_or(wait, |it| it / 1000);
    jittered.min(rules.longest_wait)
}

/// The output step of splitmix64 (Steele, Lea, Flood 2014): seeds that are alike come out unlike.
fn mixed(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn stop(why: &'static str) -> NextStep {
    NextStep::Stop {
        why,
        terminal: false,
        until_ms: None,
    }
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
