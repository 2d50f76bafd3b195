//! Whether more can be set aside, and if not, why not.
//!
//! Under one lock and with every reservation asked for here first, no hard limit is ever passed
//! but by force and by what attempts use beyond what was set aside for them.

use jiff::Timestamp;

use crate::model::{
    Amounts, AttemptRef, BudgetLimit, LimitKind, LimitScope, LimitStand, Metric, MicroUsd, Period,
};

use super::book::Book;
use super::period::reach;
use super::reservation::Reservation;
use super::window::{Asking, Part, Window};

/// Why nothing more can be set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A hard limit would be passed.
    Limit(LimitRefusal),
    /// A cap on this attempt, or on one above it, would be passed.
    Cap(CapRefusal),
}

/// A hard limit that would be passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitRefusal {
    /// Its name and figures.
    pub stand: LimitStand,
    /// What it counts.
    pub metric: Metric,
    /// Over what time.
    pub period: Period,
    /// Whose requests.
    pub scope: LimitScope,
    /// Where it stands in the configuration.
    pub source: String,
    /// See [`Window::resets_at`].
    pub resets_at: Option<Timestamp>,
    /// When the same would fit if nothing else were spent until then; `None` when waiting does
    /// not help.
    pub fits_at: Option<Timestamp>,
}

/// A cap that would be passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapRefusal {
    /// The attempt above that it belongs to; `None` for the request's own.
    pub of: Option<AttemptRef>,
    /// The cap.
    pub cap: MicroUsd,
    /// What is used, spent, and set aside of it.
    pub taken: MicroUsd,
    /// What more was wanted.
    pub wanted: MicroUsd,
}

/// How much may be set aside for an attempt at most, what it has now included; `None` is
/// unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// Micro-dollars of any basis.
    pub uusd: Option<u64>,
    /// Micro-dollars that are billed.
    pub billed_uusd: Option<u64>,
    /// Tokens.
    pub tokens: Option<u64>,
    /// Attempts.
    pub requests: Option<u64>,
}

/// A cap in the way of an attempt.
struct Cap<'b> {
    of: Option<&'b AttemptRef>,
    cap: MicroUsd,
    taken: u64,
}

impl Refusal {
    /// What events say of it; the cap of a request goes by the name `max_cost`.
    #[must_use]
    pub fn stand(&self) -> LimitStand {
        match self {
            Self::Limit(limit) => limit.stand.clone(),
            Self::Cap(cap) => LimitStand {
                limit: match &cap.of {
                    None => "max_cost".to_owned(),
                    Some(above) => format!("max_cost of {above}"),
                },
                metric: Metric::Usd.as_str().to_owned(),
                cap: cap.cap.0,
                taken: cap.taken.0,
                wanted: cap.wanted.0,
            },
        }
    }
}

impl Room {
    /// The room by one metric.
    #[must_use]
    pub fn of(&self, metric: Metric) -> Option<u64> {
        match metric {
            Metric::Usd => self.uusd,
            Metric::UsdBilled => self.billed_uusd,
            Metric::Tokens => self.tokens,
            Metric::Requests => self.requests,
        }
    }

    fn narrow(&mut self, metric: Metric, amount: u64) {
        let room = match metric {
            Metric::Usd => &mut self.uusd,
            Metric::UsdBilled => &mut self.billed_uusd,
            Metric::Tokens => &mut self.tokens,
            Metric::Requests => &mut self.requests,
        };
        *room = Some(room.map_or(amount, |room| room.min(amount)));
    }
}

impl Book {
    /// The first hard limit, in their order, or else the first cap, that does not allow `wanted`
    /// to be set aside in all (what the attempt has already included). An amount that is no more
    /// than it has already, or nothing, is never refused: it takes nothing from anybody.
    #[must_use]
    pub fn refusal(
        &self,
        limits: &[BudgetLimit],
        asked: &Asking<'_>,
        wanted: &Amounts,
    ) -> Option<Refusal> {
        let own = asked.except.and_then(|name| self.open.get(name));
        let has = own.map(|own| own.amounts).unwrap_or_default();
        let is_more = |metric| wanted.of(metric) > has.of(metric);
        let passed = hard(limits, asked)
            .filter(|limit| is_more(limit.metric))
            .map(|limit| self.window(limit, self.part(limit, asked), asked.except))
            .find(|window| !window.fits(wanted.of(window.limit.metric)));
        if let Some(window) = passed {
            let part = self.part(window.limit, asked);
            return Some(Refusal::Limit(self.say(&window, part, asked, wanted)));
        }
        if !is_more(Metric::Usd) {
            return None;
        }
        let fits = |cap: &Cap<'_>| {
            let sum = cap.taken.checked_add(wanted.uusd);
            sum.is_some_and(|sum| sum <= cap.cap.0)
        };
        let passed = self.caps(asked, own).into_iter().find(|cap| !fits(cap))?;
        Some(Refusal::Cap(CapRefusal {
            of: passed.of.cloned(),
            cap: passed.cap,
            taken: MicroUsd(passed.taken),
            wanted: MicroUsd(wanted.uusd),
        }))
    }

    /// How much could be set aside at most, under hard limits and caps.
    #[must_use]
    pub fn room(&self, limits: &[BudgetLimit], asked: &Asking<'_>) -> Room {
        let mut room = Room::default();
        for limit in hard(limits, asked) {
            let window = self.window(limit, self.part(limit, asked), asked.except);
            room.narrow(limit.metric, limit.cap.saturating_sub(window.taken()));
        }
        let own = asked.except.and_then(|name| self.open.get(name));
        for cap in self.caps(asked, own) {
            room.narrow(Metric::Usd, cap.cap.0.saturating_sub(cap.taken));
        }
        room
    }

    /// Its own cap, then those above it. What is used counts there, not what is set aside: that
    /// is what an attempt and those below it share.
    fn caps<'b>(&'b self, asked: &Asking<'b>, own: Option<&'b Reservation>) -> Vec<Cap<'b>> {
        let own_cap = own.and_then(|own| own.cap_uusd);
        let mine = own_cap.into_iter().chain(asked.cap).min().map(|cap| Cap {
            of: None,
            cap,
            taken: own.map_or(0, |own| self.under(own.marker).uusd),
        });
        let within = own.map_or(asked.within, |own| own.above);
        let above = self.above(within).into_iter().filter_map(|(name, it)| {
            let under = self.under_without(it.marker, asked.except);
            Some(Cap {
                of: Some(name),
                cap: it.cap_uusd?,
                taken: it.used.uusd.saturating_add(under.uusd),
            })
        });
        mine.into_iter().chain(above).collect()
    }

    fn say(
        &self,
        window: &Window<'_>,
        part: Part<'_>,
        asked: &Asking<'_>,
        wanted: &Amounts,
    ) -> LimitRefusal {
        let limit = window.limit;
        let wanted = wanted.of(limit.metric);
        LimitRefusal {
            stand: window.stand(wanted),
            metric: limit.metric,
            period: limit.period,
            scope: limit.scope.clone(),
            source: limit.source.clone(),
            resets_at: window.resets_at,
            fits_at: self.fits_at(window, part, asked.except, wanted),
        }
    }

    fn fits_at(
        &self,
        window: &Window<'_>,
        part: Part<'_>,
        except: Option<&AttemptRef>,
        wanted: u64,
    ) -> Option<Timestamp> {
        let most = window.limit.cap.checked_sub(wanted)?;
        // What has begun stays in its window, however long it waits.
        if except.is_some_and(|name| self.open.contains_key(name)) {
            return None;
        }
        let Part::Time(span) = part else {
            return None;
        };
        if reach(window.limit.period).is_none() {
            return window.resets_at;
        }
        let mut leaving = self.leaving(window.limit, span, except);
        leaving.sort_unstable();
        let mut taken = window.taken();
        let fits = |(at, amount)| {
            taken = taken.saturating_sub(amount);
            (taken <= most).then_some(at)
        };
        let at = leaving.into_iter().find_map(fits)?;
        Timestamp::from_second(at).ok()
    }
}

fn hard<'l>(
    limits: &'l [BudgetLimit],
    asked: &Asking<'_>,
) -> impl Iterator<Item = &'l BudgetLimit> {
    limits.iter().filter(|limit| {
        limit.kind == LimitKind::Hard && limit.scope.covers(asked.agent, asked.target)
    })
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
