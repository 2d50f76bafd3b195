//! Which part of time a limit looks at.
//!
//! Days and months are those of the calendar in the limit's time zone; everything else slides.
//! Counts in whole seconds, since spending is kept no finer than that; leap seconds do not exist
//! in either.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use crate::model::{BudgetLimit, Period};

/// A part of time in seconds since the epoch; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Span {
    /// Whether anything of the seconds from `start` on, `width` of them, belongs to it.
    pub(super) fn touches(self, start: i64, width: i64) -> bool {
        start <= self.last && start.saturating_add(width) > self.first
    }
}

/// How far back a sliding period reaches, in seconds; `None` for the others.
pub(super) fn reach(period: Period) -> Option<i64> {
    match period {
        Period::Minute => Some(60),
        Period::Hour => Some(3_600),
        Period::Rolling5h => Some(5 * 3_600),
        Period::Rolling7d => Some(7 * 86_400),
        Period::Day | Period::Month | Period::Run => None,
    }
}

/// What `limit` looks at for something that counts from second `since` on, when it is second
/// `now`: the window of now, or the last one that `since` belongs to. `None` for a run's limit.
pub(super) fn span(limit: &BudgetLimit, since: i64, now: i64) -> Option<Span> {
    if limit.period == Period::Run {
        return None;
    }
    if let Some(reach) = reach(limit.period) {
        let last = now.min(since.saturating_add(reach));
        return Some(Span {
            first: last.saturating_sub(reach),
            last,
        });
    }
    let day = calendar(limit, since);
    // Beyond the calendar's end everything counts, rather than nothing.
    Some(day.unwrap_or(Span {
        first: i64::MIN,
        last: i64::MAX,
    }))
}

fn calendar(limit: &BudgetLimit, second: i64) -> Option<Span> {
    let at = Timestamp::from_second(second).ok()?;
    let here = at.to_zoned(zone(limit));
    let (first, next) = bounds(limit.period, &here).ok()?;
    Some(Span {
        first: first.timestamp().as_second(),
        last: next.timestamp().as_second() - 1,
    })
}

fn bounds(period: Period, here: &Zoned) -> Result<(Zoned, Zoned), jiff::Error> {
    if period == Period::Month {
        let first = here.first_of_month()?.start_of_day()?;
        let next = first.checked_add(1.month())?.first_of_month()?;
        return Ok((first, next.start_of_day()?));
    }
    let first = here.start_of_day()?;
    let next = here.tomorrow()?.start_of_day()?;
    Ok((first, next))
}

/// The limit's time zone. The settings refuse names that do not exist; one that is gone from the
/// machine since is taken for UTC.
fn zone(limit: &BudgetLimit) -> TimeZone {
    limit
        .time_zone
        .as_deref()
        .and_then(|name| TimeZone::get(name).ok())
        .unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
#[path = "period_tests.rs"]
mod tests;
