//! What has to hold in a world after each event, each reckoned anew from everything that was said.
//! For tests.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Asking;
use super::scene::asking;
use super::world::{Told, World};
use crate::model::{Amounts, BudgetLimit, LimitKind, Metric, Period, RunId};

/// Whether what began at `since` belongs to the window of `limit` at `now`, by the calendar and by
/// subtraction; `slack` seconds more for windows that slide.
fn belongs(limit: &BudgetLimit, since: Timestamp, now: Timestamp, slack: i64) -> bool {
    let name = limit.time_zone.as_deref().unwrap_or("UTC");
    let zone = TimeZone::get(name).expect("a zone");
    let date = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let (then, today) = (date(since), date(now));
    let (seconds, cell) = match limit.period {
        Period::Day => return then == today,
        Period::Month => return (then.year(), then.month()) == (today.year(), today.month()),
        Period::Run => return true,
        Period::Minute => (60, 2),
        Period::Hour => (3_600, 61),
        Period::Rolling5h => (18_000, 901),
        Period::Rolling7d => (604_800, 3_601),
    };
    let reach = seconds * 1_000 + slack * cell * 1_000;
    now.as_millisecond() - since.as_millisecond() < reach
}

impl World {
    fn in_scope(limit: &BudgetLimit, told: &Told) -> bool {
        limit.scope.covers(&told.agent, &told.target)
    }

    fn sum<'t>(told: impl Iterator<Item = &'t Told>, metric: Metric) -> (u64, u64) {
        told.fold((0, 0), |(settled, reserved), it| match it.settled {
            Some(amounts) => (settled + amounts.of(metric), reserved),
            None => (settled, reserved + it.held().of(metric)),
        })
    }

    /// The book's sums are those of the model, or by a cell's worth higher.
    fn check_sums(&self) {
        let now = self.now();
        for standing in self.scene.book.stand(&self.limits, self.scene.now) {
            let limit = standing.window.limit;
            if limit.period == Period::Run {
                continue;
            }
            let within = |slack| {
                let all = self.told.iter().filter(|told| Self::in_scope(limit, told));
                Self::sum(
                    all.filter(|it| belongs(limit, it.since, now, slack)),
                    limit.metric,
                )
            };
            let got = (standing.window.settled, standing.window.reserved);
            let (low, high) = (within(0), within(1));
            assert!(
                got.0 >= low.0 && got.1 >= low.1,
                "too low: {got:?} {low:?} {limit:?}"
            );
            assert!(
                got.0 <= high.0 && got.1 <= high.1,
                "too high: {got:?} {high:?} {limit:?}"
            );
        }
    }

    /// Limits on runs, and the sums of runs, are those of the model.
    fn check_runs(&self) {
        let mut runs: BTreeMap<RunId, Vec<&Told>> = BTreeMap::new();
        for told in &self.told {
            runs.entry(told.name.run.clone()).or_default().push(told);
        }
        for (run, told) in &runs {
            for limit in self.limits.iter().filter(|it| it.period == Period::Run) {
                let all = told
                    .iter()
                    .copied()
                    .filter(|told| Self::in_scope(limit, told));
                let expected = Self::sum(all.clone(), limit.metric);
                let Some(one) = all.clone().next() else {
                    continue;
                };
                let asked = Asking {
                    run: Some(run),
                    ..asking(&one.agent, &one.target, self.scene.now)
                };
                let windows = self.scene.book.windows(std::slice::from_ref(limit), &asked);
                assert_eq!((windows[0].settled, windows[0].reserved), expected);
                let allowed: u64 = all.map(|it| it.allowed().of(limit.metric)).sum();
                assert!(limit.kind == LimitKind::Soft || allowed <= limit.cap);
            }
            let spent = told.iter().filter_map(|told| told.settled);
            let spent = spent.fold(Amounts::default(), |sum, it| sum.plus(&it));
            assert_eq!(self.scene.book.spent_by_run(run), spent);
        }
    }

    /// No hard limit is passed in the window of now, nor in any day or month there was.
    fn check_limits(&self) {
        let now = self.now();
        let moments: Vec<Timestamp> = self.told.iter().map(|told| told.since).collect();
        for limit in self.limits.iter().filter(|it| it.kind == LimitKind::Hard) {
            let is_calendar = matches!(limit.period, Period::Day | Period::Month);
            if limit.period == Period::Run {
                continue;
            }
            let past = moments.iter().filter(|_| is_calendar);
            for moment in past.chain([&now]) {
                let all = self.told.iter().filter(|told| Self::in_scope(limit, told));
                let within = all.filter(|told| belongs(limit, told.since, *moment, 0));
                let allowed: u64 = within.map(|told| told.allowed().of(limit.metric)).sum();
                assert!(allowed <= limit.cap, "{allowed} at {moment}: {limit:?}");
            }
        }
    }

    /// What is below each open attempt is what the model says.
    fn check_kin(&self) {
        for (place, told) in self.told.iter().enumerate() {
            if told.settled.is_some() {
                continue;
            }
            let is_below = |it: &Told| {
                let mut up = it.within;
                while let Some(above) = up {
                    if above == place {
                        return true;
                    }
                    up = self.told[above].within;
                }
                false
            };
            let below = self.told.iter().filter(|it| is_below(it));
            let expected = below.fold(Amounts::default(), |sum, it| sum.plus(&it.counts()));
            assert_eq!(self.scene.book.under(Self::marker_of(place)), expected);
        }
    }

    pub(super) fn check(&self) {
        self.check_sums();
        self.check_runs();
        self.check_limits();
        self.check_kin();
    }
}
