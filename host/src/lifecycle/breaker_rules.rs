//! Which failure closes off what, and for how long.
//!
//! Owns the times. Which breakers there are is folded in `breaker`.

use jiff::Timestamp;

use crate::model::{AttemptOutcome, BreakerOpened, BreakerScope, Failure, FailureCode, Target};

use super::breaker::{Breaker, BreakerState};
use super::failure_class::class;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// A used-up quota whose return nobody told: the shortest window that vendors sell is some hours.
const QUOTA_MS: u64 = HOUR;
/// Nothing is closed off for longer on a service's word: the longest quota window is a month.
const LONGEST_MS: u64 = 31 * 24 * HOUR;
/// The shortest time that is worth a breaker.
const SHORTEST_MS: u64 = 30 * SECOND;
/// Breakdowns in a row before a tool is closed off.
const BREAKDOWNS: u32 = 3;

/// An attempt that is over.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// The account that its tool uses.
    pub account: &'a str,
    /// What ran.
    pub target: &'a Target,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What went wrong, when anybody told.
    pub failure: Option<&'a Failure>,
    /// When it got its slot.
    pub began: Timestamp,
    /// The same target is tried again for the same request.
    pub retried: bool,
    /// Now.
    pub now: Timestamp,
}

/// Whether a failure with this code says that the tool itself broke down.
pub(super) fn is_breakdown(code: &FailureCode) -> bool {
    matches!(
        code.as_str(),
        FailureCode::CRASHED | FailureCode::PROTOCOL | FailureCode::ADAPTER_FAULT
    )
}

/// What the failure of `ended` closes off, after `breakdowns` of its tool in a row; `known` finds
/// what is closed off already.
pub(super) fn opened_by<'b>(
    ended: &Ended<'_>,
    breakdowns: u32,
    known: impl Fn(BreakerScope, &str) -> Option<&'b Breaker>,
) -> Option<BreakerOpened> {
    let failure = ended.failure?;
    if ended.outcome != AttemptOutcome::Failed {
        return None;
    }
    let scope = scope_of(ended, failure, breakdowns)?;
    let key = match scope {
        BreakerScope::Account => ended.account.to_owned(),
        BreakerScope::Tool => ended.target.tool.to_string(),
        BreakerScope::Model => ended.target.to_string(),
    };
    let before = known(scope, &key);
    let now = u64::try_from(ended.now.as_millisecond()).unwrap_or_default();
    let failures = failures(ended, failure, before, breakdowns);
    let until_ms = lasts(failure, failures, now).map(|ms| now.saturating_add(ms));
    if is_in_force(before, until_ms, ended.now) {
        return None;
    }
    Some(BreakerOpened {
        scope,
        key,
        code: failure.code.clone(),
        until_ms,
        failures,
    })
}

fn scope_of(ended: &Ended<'_>, failure: &Failure, breakdowns: u32) -> Option<BreakerScope> {
    match failure.code.as_str() {
        FailureCode::USAGE_LIMIT
        | FailureCode::AUTH
        | FailureCode::BILLING
        | FailureCode::PERMISSION => Some(BreakerScope::Account),
        FailureCode::OVERLOADED | FailureCode::UNAVAILABLE | FailureCode::RATE_LIMITED => {
            (!ended.retried).then_some(BreakerScope::Model)
        }
        _ if is_breakdown(&failure.code) && breakdowns.saturating_add(1) >= BREAKDOWNS => {
            Some(BreakerScope::Tool)
        }
        _ => None,
    }
}

/// Failures in a row, this one included. Attempts that were under way together and failed together
/// are one failure.
fn failures(
    ended: &Ended<'_>,
    failure: &Failure,
    before: Option<&Breaker>,
    breakdowns: u32,
) -> u32 {
    let first = match is_breakdown(&failure.code) {
        true => breakdowns.saturating_add(1),
        false => 1,
    };
    let Some(before) = before.filter(|it| class(&it.code) == class(&failure.code)) else {
        return first;
    };
    match before.state(ended.now) {
        BreakerState::Open { .. } => before.failures,
        BreakerState::HalfOpen => before.failures.saturating_add(1),
    }
}

/// For how many milliseconds something is closed off; `None`: until somebody sees to it.
fn lasts(failure: &Failure, failures: u32, now: u64) -> Option<u64> {
    let told = failure
        .resets_at_ms
        .map(|end| end.saturating_sub(now))
        .max(failure.retry_after_ms)
        .map(|ms| ms.clamp(SHORTEST_MS, LONGEST_MS));
    match failure.code.as_str() {
        FailureCode::BILLING | FailureCode::PERMISSION => None,
        FailureCode::USAGE_LIMIT => Some(told.unwrap_or(QUOTA_MS)),
        // Somebody may be signing in this very minute.
        FailureCode::AUTH => Some(doubled(5 * MINUTE, failures, HOUR)),
        code if is_breakdown(&FailureCode::new(code)) => {
            let rounds = failures.saturating_sub(BREAKDOWNS - 1);
            Some(doubled(5 * MINUTE, rounds, HOUR))
        }
        _ => Some(doubled(SHORTEST_MS, failures, 10 * MINUTE).max(told.unwrap_or(0))),
    }
}

/// `first`, doubled with every failure after the first, up to `longest`.
fn doubled(first: u64, failures: u32, longest: u64) -> u64 {
    let factor = 1_u64
        .checked_shl(failures.saturating_sub(1))
        .unwrap_or(u64::MAX);
    first.saturating_mul(factor).min(longest)
}

/// Whether what is closed off already stays so for at least as long.
fn is_in_force(before: Option<&Breaker>, until_ms: Option<u64>, now: Timestamp) -> bool {
    let Some(before) = before.filter(|it| it.state(now) != BreakerState::HalfOpen) else {
        return false;
    };
    match (before.until_ms, until_ms) {
        (None, _) => true,
        (Some(_), None) => false,
        // A failure of the same outage a moment later is no news.
        (Some(old), Some(new)) => new <= old.saturating_add(SHORTEST_MS),
    }
}
