//! Where every limit stands, for people: how fast it is used, and when it will be used up.
//!
//! Forecasts are straight lines through the past. Nothing is decided by them.

use jiff::Timestamp;

use crate::model::{BudgetLimit, RunId};

use super::book::Book;
use super::period::{Span, reach, span};
use super::window::{Part, Window};

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// A limit and what to expect of it. Amounts are in units of its metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<'l> {
    /// The limit, what is spent and set aside, and when it begins anew.
    pub window: Window<'l>,
    /// The run that is meant, for a limit on runs: the open one that has taken most.
    pub run: Option<RunId>,
    /// Spent in an hour, on the average of the period so far; `None` for a limit on runs.
    pub per_hour: Option<u64>,
    /// Spent in the last hour.
    pub last_hour: u64,
    /// What will be taken at the end of the calendar period if it goes on like this; `None` for
    /// periods that have no end.
    pub forecast: Option<u64>,
    /// When the limit is reached if it goes on like this; `None` for not within the period. In a
    /// period that slides, at the last hour's pace and as if nothing dropped out of it.
    pub reached_at: Option<Timestamp>,
}

impl Book {
    /// Where every limit stands, in their order.
    #[must_use]
    pub fn stand<'l>(&self, limits: &'l [BudgetLimit], now: Timestamp) -> Vec<Standing<'l>> {
        let now = self.second(now);
        limits
            .iter()
            .map(|limit| self.standing(limit, now))
            .collect()
    }

    fn standing<'l>(&self, limit: &'l BudgetLimit, now: i64) -> Standing<'l> {
        let last_hour = self.last_hour(limit, now);
        let Some(span) = span(limit, now, now) else {
            return self.standing_of_runs(limit, last_hour);
        };
        let window = self.window(limit, Part::Time(span), None);
        let elapsed = now.saturating_sub(span.first).saturating_add(1).max(1);
        let (forecast, reached_at) = if reach(limit.period).is_some() {
            let pace = Pace(last_hour, HOUR);
            (
                None,
                reached(&window, pace, now, now.saturating_add(elapsed)),
            )
        } else {
            let pace = Pace(window.settled, elapsed);
            let left = span.last.saturating_sub(now).max(0);
            let forecast = window.taken().saturating_add(pace.over(left));
            (Some(forecast), reached(&window, pace, now, span.last))
        };
        Standing {
            window,
            run: None,
            per_hour: Some(Pace(window.settled, elapsed).over(HOUR)),
            last_hour,
            forecast,
            reached_at,
        }
    }

    fn standing_of_runs<'l>(&self, limit: &'l BudgetLimit, last_hour: u64) -> Standing<'l> {
        let run = self
            .runs
            .at_work()
            .max_by_key(|run| self.window(limit, Part::Run(Some(run)), None).taken());
        Standing {
            window: self.window(limit, Part::Run(run), None),
            run: run.cloned(),
            per_hour: None,
            last_hour,
            forecast: None,
            reached_at: None,
        }
    }

    fn last_hour(&self, limit: &BudgetLimit, now: i64) -> u64 {
        let part = Part::Time(Span {
            first: now.saturating_sub(HOUR),
            last: now,
        });
        self.window(limit, part, None).settled
    }
}

/// So much in so many seconds.
#[derive(Debug, Clone, Copy)]
struct Pace(u64, i64);

impl Pace {
    /// How much in `seconds`, rounded down.
    fn over(self, seconds: i64) -> u64 {
        let Self(amount, elapsed) = self;
        let (seconds, elapsed) = (seconds.max(0).unsigned_abs(), elapsed.max(1).unsigned_abs());
        let much = u128::from(amount) * u128::from(seconds) / u128::from(elapsed);
        u64::try_from(much).unwrap_or(u64::MAX)
    }

    /// The seconds that `amount` takes, rounded up; `None` for ever.
    fn until(self, amount: u64) -> Option<i64> {
        let Self(pace, elapsed) = self;
        let elapsed = u128::from(elapsed.max(1).unsigned_abs());
        let seconds = (u128::from(amount) * elapsed).checked_div(u128::from(pace))?;
        i64::try_from(seconds).ok()
    }
}

fn reached(window: &Window<'_>, pace: Pace, now: i64, end: i64) -> Option<Timestamp> {
    let left = window.limit.cap.saturating_sub(window.taken());
    let seconds = if left == 0 { 0 } else { pace.until(left)? };
    let at = now.checked_add(seconds).filter(|at| *at <= end)?;
    Timestamp::from_second(at).ok()
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
