//! How runs read: where they stand, how long ago, how much. Pure.

use jiff::Timestamp;

use crate::cli::stats::{self, thousands};
use crate::model::{AttemptState, Cost, Exactness, LostReason, RunStatus};
use crate::query::RunRow;

/// Where a run stands; with how much of it is done when it has several parts.
pub(in crate::cli) fn status(run: &RunRow) -> String {
    let word = if run.is_cancelling() {
        "cancelling"
    } else {
        run.status().as_str()
    };
    let n_all = n_parts(run);
    if n_all < 2 {
        return word.to_owned();
    }
    let done = format!("{}/{n_all} done", run.parts.n_done);
    if run.status() == RunStatus::Done {
        return done;
    }
    format!("{word}, {done}")
}

/// Requests of a run, or steps of its workflow where more of them are still to come.
pub(in crate::cli) fn n_parts(run: &RunRow) -> u64 {
    // A step that was tried again is one step.
    let n_all = run.parts.n_all();
    run.n_steps.map_or(n_all, |n| n.max(run.parts.n_done))
}

/// Where an attempt or a request stands.
pub(in crate::cli) fn state(state: Option<AttemptState>) -> String {
    let word = state.map_or("unknown", AttemptState::as_str);
    word.replace('_', " ")
}

/// How long it took, or has been going on.
pub(in crate::cli) fn took(run: &RunRow, now: Timestamp) -> String {
    let going_on = run.parts.n_active > 0;
    let so_far = || {
        let so_far = now.duration_since(run.started_at).as_millis();
        u64::try_from(so_far).ok().filter(|_| going_on)
    };
    let millis = run.duration_ms().or_else(so_far);
    millis.map_or_else(|| "-".to_owned(), stats::duration)
}

/// Tokens in a column.
pub(in crate::cli) fn tokens(total: Option<u64>, exactness: Exactness) -> String {
    match (total, exactness) {
        (Some(total), Exactness::Exact) => thousands(total),
        (Some(total), Exactness::AtLeast) => format!("≥{}", thousands(total)),
        _ => "unknown".to_owned(),
    }
}

/// Tokens in a sentence.
pub(in crate::cli) fn tokens_said(total: Option<u64>, exactness: Exactness) -> String {
    match (total, exactness) {
        (Some(total), Exactness::Exact) => format!("{} tokens", thousands(total)),
        (Some(total), Exactness::AtLeast) => format!("at least {} tokens", thousands(total)),
        _ => "tokens unknown".to_owned(),
    }
}

/// Money in a column, with where it comes from.
pub(in crate::cli) fn cost(cost: &Cost) -> String {
    match cost.amount {
        Some(amount) if cost.at_least => format!("≥{amount} {}", cost.basis.as_str()),
        // Nothing comes from nowhere; most often nothing was started.
        Some(amount) if amount.0 == 0 => amount.to_string(),
        Some(amount) => format!("{amount} {}", cost.basis.as_str()),
        None => "unknown".to_owned(),
    }
}

/// A moment to the second, in UTC.
pub(in crate::cli) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A moment as people think of it.
pub(in crate::cli) fn ago(at: Timestamp, now: Timestamp) -> String {
    // A clock that was set back makes moments of the future.
    let seconds = now.duration_since(at).as_secs().max(0);
    let (count, unit) = match seconds {
        ..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        86_400..2_592_000 => (seconds / 86_400, "day"),
        2_592_000..31_536_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

/// Why nobody can tell how an attempt ended.
pub(in crate::cli) fn lost(reason: LostReason) -> &'static str {
    match reason {
        LostReason::Reboot => "the machine was started anew",
        LostReason::SupervisorDied => "its supervisor was killed",
        LostReason::IdentityMismatch => {
            "its supervisor was killed, and its process id belongs to another process now"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_its_largest_unit() {
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().expect("a time");
        let later = |seconds| ago(at, at + jiff::SignedDuration::from_secs(seconds));
        assert_eq!(later(-5), "0 seconds ago");
        assert_eq!(later(1), "1 second ago");
        assert_eq!(later(119), "1 minute ago");
        assert_eq!(later(7_200), "2 hours ago");
        assert_eq!(later(86_400), "1 day ago");
        assert_eq!(later(86_400 * 59), "1 month ago");
        assert_eq!(later(86_400 * 800), "2 years ago");
        assert_eq!(moment(at), "2026-11-22T10:00:00Z");
    }

    #[test]
    fn what_is_not_known_is_said() {
        assert_eq!(tokens(Some(1_100), Exactness::Exact), "1,100");
        assert_eq!(tokens(Some(1_100), Exactness::AtLeast), "≥1,100");
        assert_eq!(tokens(None, Exactness::Unknown), "unknown");
        assert_eq!(cost(&Cost::UNKNOWN), "unknown");
    }
}
