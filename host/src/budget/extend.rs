//! When a running attempt needs more set aside, and how much.
//!
//! Tools tell what they used in steps, after the fact. What is set aside is kept ahead of what is
//! used by the biggest step seen, so that a limit is passed by one step at most.

/// What to do about an attempt's reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// What is set aside will do for now.
    Enough,
    /// Set aside this much in all.
    Extend(u64),
    /// It is used up and there is no more: the attempt has to end.
    Stop,
}

/// What follows when `spent` is used of `reserved` and the biggest step so far was
/// `biggest_step`. All amounts are totals of the attempt in one unit; `room` is what could be set
/// aside for it at most (as [`super::Room`] says), `cap` what it may use.
#[must_use]
pub fn extension(
    reserved: u64,
    spent: u64,
    biggest_step: u64,
    room: Option<u64>,
    cap: Option<u64>,
) -> Extension {
    let cap = cap.unwrap_or(u64::MAX);
    let usable = reserved.min(cap);
    if spent.saturating_add(biggest_step) < usable {
        return Extension::Enough;
    }
    let ahead = biggest_step.saturating_mul(2).max(reserved / 2).max(1);
    let to = spent.saturating_add(ahead);
    let to = to.min(room.unwrap_or(u64::MAX)).min(cap);
    if to > reserved && to > spent {
        return Extension::Extend(to);
    }
    // A free model uses nothing of nothing and may go on.
    if spent > 0 && spent >= usable {
        return Extension::Stop;
    }
    Extension::Enough
}

#[cfg(test)]
#[path = "extend_tests.rs"]
mod tests;
