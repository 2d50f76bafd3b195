//! The book as it would have been.
//!
//! What would have been refused is not in it. What would have gone elsewhere is there at what its
//! tokens cost at the prices that were told for that target. What was refused and would have run
//! is there with what it would have set aside, as everything is whose cost nobody knows. All else
//! is as it was. It never judges.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::budget::Book;
use crate::model::{
    AgentName, Amounts, AttemptExited, AttemptRef, Basis, Body, BudgetReserved, BudgetSettled,
    Cost, Event, Exactness, InvocationNumber, MicroUsd, Price, Prices, RunId, Target, Usage,
};

use super::recorded::{Place, Recorded, place};
use super::trial::SetAside;

/// The book, and what it takes to keep it.
#[derive(Debug, Default)]
pub(super) struct Shadow {
    book: Book,
    fates: HashMap<Place, Fate>,
    /// Markers of attempts that would not have been made.
    gone: HashSet<Uuid>,
    /// What moved attempts cost elsewhere, from their end to their settlement.
    moved: HashMap<AttemptRef, Cost>,
    /// Attempts of judged requests that are not over.
    open: HashMap<AttemptRef, Target>,
}

/// What becomes of a judged request.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    /// The same as on record.
    AsItWas {
        /// Who asked.
        agent: AgentName,
    },
    /// It is not made.
    Refused {
        /// Who asked.
        agent: AgentName,
    },
    /// Its attempts at one target are made at another.
    Moved(Box<Move>),
}

/// From one target to another.
#[derive(Debug, Clone)]
pub(super) struct Move {
    pub(super) agent: AgentName,
    pub(super) from: Target,
    pub(super) to: Target,
    /// Prices there.
    pub(super) prices: Prices,
    /// What is set aside there.
    pub(super) set_aside: Amounts,
}

/// What one attempt has cost, and would have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) agent: AgentName,
    pub(super) was: (Target, Cost),
    /// `None` when it would not have been made.
    pub(super) would: Option<(Target, Cost)>,
}

impl Shadow {
    /// The book at this moment.
    pub(super) fn book(&self) -> &Book {
        &self.book
    }

    /// Whether what a request builds on, or the attempt whose agent asks for it, would not have
    /// been.
    pub(super) fn lacks_ground(&self, recorded: &Recorded) -> bool {
        let run = &recorded.place.0;
        let is_refused = |number: &InvocationNumber| {
            let fate = self.fates.get(&(run.clone(), *number));
            matches!(fate, Some(Fate::Refused { .. }))
        };
        let around = &recorded.around;
        let parent = around.within.as_ref();
        parent.is_some_and(|marker| self.gone.contains(marker))
            || around.follows.iter().any(is_refused)
    }

    /// Remember what becomes of a request, before its attempts are shown.
    pub(super) fn decide(&mut self, place: Place, fate: Fate) {
        self.fates.insert(place, fate);
    }

    /// A request that was refused runs: it counts with what it would set aside.
    pub(super) fn admit(&mut self, recorded: &Recorded, to: &Target, set_aside: &SetAside) {
        let seq = u128::from(recorded.event.seq);
        let reserved = BudgetReserved {
            agent: recorded.agent(),
            target: to.clone(),
            amounts: set_aside.amounts,
            cap_uusd: None,
            unpriced: set_aside.estimate.is_none(),
            forced: false,
            within: None,
            marker: Uuid::from_u128(seq),
            task_type: recorded.around.task_type.clone(),
        };
        let settled = BudgetSettled {
            target: to.clone(),
            amounts: set_aside.amounts,
            basis: Basis::Unknown,
            overrun_uusd: None,
            prices: None,
        };
        for body in [reserved.into(), settled.into()] {
            self.book.apply(&Event {
                attempt: Some(1),
                body,
                ..recorded.event.clone()
            });
        }
    }

    /// Take in what happened; says what an attempt of a judged request has cost that is over.
    pub(super) fn take(&mut self, event: &Event) -> Option<Spent> {
        let fate = place(event).and_then(|place| self.fates.get(&place).cloned());
        let Some(fate) = fate else {
            self.book.apply(event);
            return None;
        };
        self.notice(event, &fate);
        let spent = self.spent(event, &fate);
        match &fate {
            Fate::AsItWas { .. } => self.book.apply(event),
            Fate::Refused { .. } => {}
            Fate::Moved(moved) => match self.moved(event, moved) {
                Some(body) => self.book.apply(&Event {
                    body,
                    ..event.clone()
                }),
                None => self.book.apply(event),
            },
        }
        spent
    }

    /// Attempts of judged requests that are not over at the end of the record, with what would
    /// have become of each.
    pub(super) fn still_open(&self) -> Vec<Spent> {
        let mut names: Vec<_> = self.open.iter().collect();
        names.sort_unstable_by_key(|(name, _)| *name);
        let open = names.into_iter().filter_map(|(name, target)| {
            let fate = self.fates.get(&(name.run.clone(), name.invocation))?;
            Some(fate.spent(target, Cost::UNKNOWN, Cost::UNKNOWN))
        });
        open.collect()
    }

    fn notice(&mut self, event: &Event, fate: &Fate) {
        let Some(name) = name_of(event) else {
            return;
        };
        match &event.body {
            Body::AttemptQueued(queued) => {
                if matches!(fate, Fate::Refused { .. }) {
                    self.gone.insert(queued.marker);
                }
                self.open.insert(name, queued.target.clone());
            }
            Body::AttemptExited(_)
            | Body::AttemptLost(_)
            | Body::AttemptWithdrawn(_)
            | Body::AttemptSpawnFailed(_) => {
                self.open.remove(&name);
            }
            _ => {}
        }
    }

    fn spent(&self, event: &Event, fate: &Fate) -> Option<Spent> {
        let (target, usage, exactness, cost) = match &event.body {
            Body::AttemptExited(it) => (&it.target, &it.usage, it.exactness, it.cost),
            Body::AttemptLost(it) => (&it.target, &it.usage, it.exactness, it.cost),
            _ => return None,
        };
        let elsewhere = match fate {
            Fate::Moved(moved) => cost_at(&moved.prices, usage, exactness),
            _ => Cost::UNKNOWN,
        };
        Some(fate.spent(target, cost, elsewhere))
    }

    /// What an event of a request that goes elsewhere says there; `None` when it says the same.
    fn moved(&mut self, event: &Event, to: &Move) -> Option<Body> {
        let name = name_of(event)?;
        match &event.body {
            Body::BudgetReserved(reserved) if reserved.target == to.from => {
                self.moved.entry(name).or_insert(Cost::UNKNOWN);
                let money = Amounts {
                    uusd: to.set_aside.uusd,
                    billed_uusd: 0,
                    ..reserved.amounts
                };
                Some(Body::from(BudgetReserved {
                    target: to.to.clone(),
                    amounts: money,
                    ..reserved.clone()
                }))
            }
            Body::AttemptUsage(tick) if self.moved.contains_key(&name) => {
                let cost = cost_at(&to.prices, &tick.usage, tick.exactness);
                let mut tick = tick.clone();
                tick.cost = cost;
                Some(tick.into())
            }
            Body::AttemptExited(exited) if exited.target == to.from => {
                let cost = cost_at(&to.prices, &exited.usage, exited.exactness);
                self.moved.insert(name, cost);
                Some(Body::from(AttemptExited {
                    target: to.to.clone(),
                    cost,
                    ..exited.clone()
                }))
            }
            Body::AttemptLost(lost) if lost.target == to.from => {
                let cost = cost_at(&to.prices, &lost.usage, lost.exactness);
                self.moved.insert(name, cost);
                let mut lost = lost.clone();
                (lost.target, lost.cost) = (to.to.clone(), cost);
                Some(lost.into())
            }
            Body::BudgetSettled(settled) if settled.target == to.from => {
                let cost = self.moved.remove(&name).unwrap_or(Cost::UNKNOWN);
                Some(settled_at(settled, &to.to, &cost, &to.set_aside).into())
            }
            _ => None,
        }
    }
}

impl Fate {
    fn spent(&self, target: &Target, cost: Cost, elsewhere: Cost) -> Spent {
        let (agent, would) = match self {
            Self::AsItWas { agent } => (agent, Some((target.clone(), cost))),
            Self::Refused { agent } => (agent, None),
            Self::Moved(moved) if moved.from == *target => {
                (&moved.agent, Some((moved.to.clone(), elsewhere)))
            }
            Self::Moved(moved) => (&moved.agent, Some((target.clone(), cost))),
        };
        Spent {
            agent: agent.clone(),
            was: (target.clone(), cost),
            would,
        }
    }
}

/// What `usage` costs at `prices`, as far as that is known.
pub(super) fn cost_at(prices: &Prices, usage: &Usage, exactness: Exactness) -> Cost {
    let known = prices.cost_of(usage);
    match (known, exactness) {
        (Some(_), Exactness::Exact | Exactness::AtLeast) => Cost {
            amount: known,
            basis: Basis::Imputed,
            at_least: exactness == Exactness::AtLeast,
        },
        _ => Cost::UNKNOWN,
    }
}

/// Prices as policies are told.
pub(super) fn prices_of(told: &[(String, u64)]) -> Prices {
    let price = |kind: &str| {
        let found = told.iter().find(|(known, _)| known == kind)?;
        Some(Price(found.1))
    };
    Prices {
        input: price("input"),
        output: price("output"),
        cache_read: price("cache-read"),
        cache_write: price("cache-write"),
        reasoning: price("reasoning"),
    }
}

/// A settlement elsewhere, by the rule that holds everywhere: what is not known to the full counts
/// with what was set aside, or with the part that is known when that is more.
fn settled_at(
    settled: &BudgetSettled,
    to: &Target,
    cost: &Cost,
    set_aside: &Amounts,
) -> BudgetSettled {
    let known = cost.amount.map_or(0, |MicroUsd(micros)| micros);
    let is_certain = cost.amount.is_some() && !cost.at_least;
    let uusd = if is_certain {
        known
    } else {
        known.max(set_aside.uusd)
    };
    BudgetSettled {
        target: to.clone(),
        amounts: Amounts {
            uusd,
            billed_uusd: 0,
            ..settled.amounts
        },
        basis: if is_certain {
            cost.basis
        } else {
            Basis::Unknown
        },
        overrun_uusd: None,
        prices: None,
    }
}

fn name_of(event: &Event) -> Option<AttemptRef> {
    let run: RunId = event.run.clone()?;
    Some(AttemptRef {
        run,
        invocation: event.invocation?,
        number: event.attempt?,
    })
}

#[cfg(test)]
#[path = "shadow_tests.rs"]
mod tests;
