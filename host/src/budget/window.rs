//! Where limits stand at a moment.
//!
//! A window sums everything in its limit's scope and period: what was spent, and what is set
//! aside. Both count in the window in which they were first set aside. It judges nothing.

use jiff::Timestamp;
use uuid::Uuid;

use crate::model::{
    AgentName, AttemptRef, BudgetLimit, LimitKind, LimitStand, MicroUsd, PolicyWindow, RunId,
    Target,
};

use super::book::Book;
use super::cells::{KEPT, second_of};
use super::period::{Span, reach, span};

/// An attempt for which something is to be set aside.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// Who asks.
    pub agent: &'a AgentName,
    /// Where it would go.
    pub target: &'a Target,
    /// The run that it belongs to, when it has a name by now.
    pub run: Option<&'a RunId>,
    /// Marker of the attempt whose agent asks for it.
    pub within: Option<Uuid>,
    /// What it and everything below it may cost, before it has a reservation that says so.
    pub cap: Option<MicroUsd>,
    /// The attempt itself, when it wants more: what it has does not count, and it stays in the
    /// window that it began in.
    pub except: Option<&'a AttemptRef>,
    /// The time. One earlier than the newest event is taken for that event's.
    pub now: Timestamp,
}

/// A limit, and what is taken of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window<'l> {
    /// The limit.
    pub limit: &'l BudgetLimit,
    /// Spent for good, in units of the limit's metric, as all amounts here.
    pub settled: u64,
    /// Set aside, or used where that is more.
    pub reserved: u64,
    /// When it begins anew; a window that slides: when something first drops out of it.
    pub resets_at: Option<Timestamp>,
}

/// What a window looks at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    Time(Span),
    Run(Option<&'a RunId>),
}

impl Window<'_> {
    /// Spent and set aside.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.settled.saturating_add(self.reserved)
    }

    /// Whether so much more stays within the limit.
    #[must_use]
    pub fn fits(&self, wanted: u64) -> bool {
        // Not saturating: a sum that cannot be told does not fit.
        let sum = self.settled.checked_add(self.reserved);
        let sum = sum.and_then(|sum| sum.checked_add(wanted));
        sum.is_some_and(|sum| sum <= self.limit.cap)
    }

    /// The share of the limit that would be taken with so much more, in percent, rounded down.
    /// Nothing can be taken of a limit of zero: it is full from the beginning.
    #[must_use]
    pub fn percent(&self, wanted: u64) -> u32 {
        let sum = u128::from(self.settled) + u128::from(self.reserved) + u128::from(wanted);
        let share = (sum * 100).checked_div(u128::from(self.limit.cap));
        u32::try_from(share.unwrap_or(100)).unwrap_or(u32::MAX)
    }

    /// Whether the user wants to be told when so much more is taken.
    #[must_use]
    pub fn is_near(&self, wanted: u64) -> bool {
        self.percent(wanted) >= u32::from(self.limit.warn_percent)
    }

    /// What a policy is told; `wanted` is `None` when nobody can tell.
    #[must_use]
    pub fn to_policy(&self, wanted: Option<u64>) -> PolicyWindow {
        let resets_at_ms = self.resets_at.map(Timestamp::as_millisecond);
        PolicyWindow {
            name: self.limit.name.clone(),
            metric: self.limit.metric.as_str().to_owned(),
            period: self.limit.period.as_str().to_owned(),
            scope: self.limit.scope.to_string(),
            hard: self.limit.kind == LimitKind::Hard,
            warn_percent: Some(u32::from(self.limit.warn_percent)),
            cap: self.limit.cap,
            settled: self.settled,
            reserved: self.reserved,
            wanted,
            resets_at_ms: resets_at_ms.and_then(|ms| u64::try_from(ms).ok()),
        }
    }

    /// What events say of it.
    #[must_use]
    pub fn stand(&self, wanted: u64) -> LimitStand {
        LimitStand {
            limit: self.limit.name.clone(),
            metric: self.limit.metric.as_str().to_owned(),
            cap: self.limit.cap,
            taken: self.taken(),
            wanted,
        }
    }
}

impl Book {
    /// Every limit that covers what is asked, in their order, and where it stands.
    #[must_use]
    pub fn windows<'l>(&self, limits: &'l [BudgetLimit], asked: &Asking<'_>) -> Vec<Window<'l>> {
        limits
            .iter()
            .filter(|limit| limit.scope.covers(asked.agent, asked.target))
            .map(|limit| self.window(limit, self.part(limit, asked), asked.except))
            .collect()
    }

    /// The second of `now`, or of the newest event if that is later.
    pub(super) fn second(&self, now: Timestamp) -> i64 {
        self.newest.max(second_of(now))
    }

    /// What `limit` looks at for `asked`.
    pub(super) fn part<'a>(&self, limit: &BudgetLimit, asked: &Asking<'a>) -> Part<'a> {
        let now = self.second(asked.now);
        let own = asked.except.and_then(|name| self.open.get(name));
        let since = own
            .map(|own| second_of(own.since))
            // The month that it began in is not on record to its beginning any more.
            .filter(|since| now.saturating_sub(*since) < KEPT / 2);
        span(limit, since.unwrap_or(now), now).map_or(Part::Run(asked.run), Part::Time)
    }

    /// What is taken of `limit` within `part`, where the reservation of `except` does not count.
    pub(super) fn window<'l>(
        &self,
        limit: &'l BudgetLimit,
        part: Part<'_>,
        except: Option<&AttemptRef>,
    ) -> Window<'l> {
        let reserved = self
            .open
            .iter()
            .filter(|(name, it)| {
                let is_within = match part {
                    Part::Time(span) => span.touches(second_of(it.since), 1),
                    Part::Run(run) => run == Some(&name.run),
                };
                is_within && except != Some(name) && it.counts_for(&limit.scope)
            })
            .fold(0_u64, |sum, (_, it)| {
                sum.saturating_add(it.held().of(limit.metric))
            });
        Window {
            limit,
            settled: self.settled(limit, part),
            reserved,
            resets_at: self.resets_at(limit, part, except),
        }
    }

    fn settled(&self, limit: &BudgetLimit, part: Part<'_>) -> u64 {
        match part {
            Part::Time(span) => self.lanes.counted(&limit.scope).fold(0, |sum, lane| {
                sum.saturating_add(lane.cells.sum(span, limit.metric))
            }),
            Part::Run(run) => run.map_or(0, |run| {
                let lanes = &self.lanes;
                let is_counted = |place| {
                    lanes
                        .get(place)
                        .is_some_and(|it| it.counts_for(&limit.scope))
                };
                self.runs.spent(run, is_counted).of(limit.metric)
            }),
        }
    }

    fn resets_at(
        &self,
        limit: &BudgetLimit,
        part: Part<'_>,
        except: Option<&AttemptRef>,
    ) -> Option<Timestamp> {
        let Part::Time(span) = part else {
            return None;
        };
        if reach(limit.period).is_none() {
            return Timestamp::from_second(span.last.checked_add(1)?).ok();
        }
        let leaving = self.leaving(limit, span, except);
        let first = leaving.iter().map(|(at, _)| *at).min()?;
        Timestamp::from_second(first).ok()
    }

    /// What drops out of a window that slides: in which second, and how much. In no order.
    pub(super) fn leaving(
        &self,
        limit: &BudgetLimit,
        span: Span,
        except: Option<&AttemptRef>,
    ) -> Vec<(i64, u64)> {
        let reach = reach(limit.period).unwrap_or(0);
        let lanes = self.lanes.counted(&limit.scope);
        let settled = lanes
            .flat_map(|lane| lane.cells.within(span))
            .map(|(end, amounts)| (end, amounts.of(limit.metric)));
        let open = self
            .open
            .iter()
            .filter(|(name, it)| except != Some(name) && it.counts_for(&limit.scope))
            .map(|(_, it)| (second_of(it.since) + 1, it.held().of(limit.metric)))
            .filter(|(end, _)| span.touches(end - 1, 1));
        settled
            .chain(open)
            .filter(|(_, amount)| *amount > 0)
            .map(|(end, amount)| (end.saturating_add(reach), amount))
            .collect()
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
