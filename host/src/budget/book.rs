//! The book: reservations that are open, and what was spent, folded from the journal's events.
//!
//! It owns history only. Sums over it are in `window`, answers to "does it fit" in `refusal`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    AgentName, Amounts, AttemptExited, AttemptOutcome, AttemptRef, Body, BudgetReserved,
    BudgetSettled, Event, MicroUsd, RunId, Target,
};

use super::by_name;
use super::cells::second_of;
use super::costs::Costs;
use super::lanes::Lanes;
use super::reservation::Reservation;
use super::runs::Runs;

/// How many times somebody went beyond a limit are remembered.
const BEYOND_KEPT: usize = 50;

/// How often what is old is joined and dropped, in seconds.
const TIDY_EVERY: i64 = 3_600;

/// What is set aside and what is spent, in a form that any limit can be held against.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// The second of the newest event. Time does not go back behind it.
    pub(super) newest: i64,
    #[serde(with = "by_name")]
    pub(super) open: BTreeMap<AttemptRef, Reservation>,
    pub(super) lanes: Lanes,
    pub(super) runs: Runs,
    costs: Costs,
    beyond: Vec<Beyond>,
}

/// Once that more was spent or set aside than limits allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beyond {
    /// The attempt, as printed.
    pub attempt: String,
    /// When.
    pub at: Timestamp,
    /// The user wanted it so; otherwise the attempt used more than was set aside for it.
    pub forced: bool,
    /// By how much money at most: all that was set aside by force, or the overrun.
    pub uusd: MicroUsd,
}

impl Book {
    /// Take in one event of the log; every event is to be shown, in order.
    ///
    /// In a batch, `attempt.exited` comes before `budget.settled`: its cost is remembered for
    /// estimates by what the reservation says.
    pub fn apply(&mut self, event: &Event) {
        self.move_to(second_of(event.at));
        self.runs.notice(event);
        let name = name_of(event);
        let open = name.as_ref().and_then(|name| self.open.get_mut(name));
        match (&event.body, name) {
            (Body::BudgetReserved(reserved), Some(name)) => self.reserve(name, reserved, event.at),
            (Body::BudgetSettled(settled), name) => self.settle(name, settled, event),
            (Body::BudgetReleased(_), Some(name)) => self.release(&name),
            (Body::AttemptUsage(tick), _) => {
                if let Some(open) = open {
                    open.learn(&tick.usage, &tick.cost);
                }
            }
            (Body::AttemptLost(lost), _) => {
                if let Some(open) = open {
                    open.learn(&lost.usage, &lost.cost);
                }
            }
            (Body::AttemptExited(exited), Some(name)) => self.exit(&name, exited, event.seq),
            _ => {}
        }
    }

    /// What is set aside for an attempt that is not over.
    #[must_use]
    pub fn reservation(&self, name: &AttemptRef) -> Option<&Reservation> {
        self.open.get(name)
    }

    /// Everything that is set aside.
    pub fn reservations(&self) -> impl Iterator<Item = (&AttemptRef, &Reservation)> {
        self.open.iter()
    }

    /// Reservations whose attempt is over, by a log that does not say what became of them.
    pub fn orphans(&self, is_open: impl Fn(&AttemptRef) -> bool) -> Vec<AttemptRef> {
        let names = self.open.keys();
        names.filter(|name| !is_open(name)).cloned().collect()
    }

    /// What a request would cost that is like earlier ones: nine in ten of the last twenty that
    /// were done and whose cost is known cost no more. `None` when nothing is known.
    #[must_use]
    pub fn estimate(
        &self,
        agent: &AgentName,
        target: &Target,
        task_type: Option<&str>,
    ) -> Option<MicroUsd> {
        let lane = self.lanes.find(Some(agent), target)?;
        self.costs.estimate(lane, task_type)
    }

    /// What attempts of `run` have cost that are over. Runs that are over are forgotten in time.
    #[must_use]
    pub fn spent_by_run(&self, run: &RunId) -> Amounts {
        self.runs.spent(run, |_| true)
    }

    /// The last times that more was spent or set aside than limits allow, the latest last: what
    /// is not covered by the rule that no hard limit is passed.
    #[must_use]
    pub fn beyond(&self) -> &[Beyond] {
        &self.beyond
    }

    fn move_to(&mut self, second: i64) {
        if second <= self.newest {
            return;
        }
        let is_due = second / TIDY_EVERY > self.newest / TIDY_EVERY;
        self.newest = second;
        if is_due {
            self.lanes.age(second);
            let (runs, costs) = (&self.runs, &self.costs);
            let moved = self.lanes.sweep(|lane| runs.name(lane) || costs.name(lane));
            if moved.contains(&None) {
                self.runs.follow(&moved);
                self.costs.follow(&moved);
            }
        }
    }

    fn reserve(&mut self, name: AttemptRef, reserved: &BudgetReserved, at: Timestamp) {
        if reserved.forced {
            self.note(Beyond {
                attempt: name.to_string(),
                at,
                forced: true,
                uusd: MicroUsd(reserved.amounts.uusd),
            });
        }
        match self.open.get_mut(&name) {
            Some(open) => open.replace(reserved),
            None => {
                self.open.insert(name, Reservation::new(reserved, at));
            }
        }
    }

    fn settle(&mut self, name: Option<AttemptRef>, settled: &BudgetSettled, event: &Event) {
        let open = name.as_ref().and_then(|name| self.open.remove(name));
        // Without a reservation nobody knows who asked: it counts now, and for every agent.
        let since = open.as_ref().map_or(event.at, |open| open.since);
        let agent = open.as_ref().map(|open| &open.agent);
        let lane = self.lanes.place(agent, &settled.target);
        let amounts = &settled.amounts;
        self.lanes.add(lane, second_of(since), amounts, self.newest);
        if let Some(run) = &event.run {
            self.runs.add(run, lane, amounts);
        }
        if let Some(open) = open {
            self.hand_up(&open, amounts);
        }
        if let (Some(overrun), Some(name)) = (settled.overrun_uusd, name) {
            self.note(Beyond {
                attempt: name.to_string(),
                at: event.at,
                forced: false,
                uusd: overrun,
            });
        }
    }

    fn release(&mut self, name: &AttemptRef) {
        if let Some(open) = self.open.remove(name) {
            self.hand_up(&open, &Amounts::default());
        }
    }

    fn exit(&mut self, name: &AttemptRef, exited: &AttemptExited, seq: u64) {
        let Some(open) = self.open.get_mut(name) else {
            return;
        };
        open.learn(&exited.usage, &exited.cost);
        let known = exited.cost.amount.filter(|_| !exited.cost.at_least);
        let (Some(cost), AttemptOutcome::Done) = (known, exited.outcome) else {
            return;
        };
        let lane = self.lanes.place(Some(&open.agent), &open.target);
        self.costs.add(lane, open.task_type.as_deref(), seq, cost);
    }

    fn note(&mut self, beyond: Beyond) {
        // An extension of what was forced says it again, with more.
        self.beyond
            .retain(|it| !(it.forced && beyond.forced && it.attempt == beyond.attempt));
        self.beyond.push(beyond);
        let too_many = self.beyond.len().saturating_sub(BEYOND_KEPT);
        self.beyond.drain(..too_many);
    }
}

fn name_of(event: &Event) -> Option<AttemptRef> {
    Some(AttemptRef {
        run: event.run.clone()?,
        invocation: event.invocation?,
        number: event.attempt?,
    })
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
