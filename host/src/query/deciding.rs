//! What the events of a request tell about how it was decided: targets, policies, limits, breakers,
//! and what followed a failure. Pure.
//!
//! It keeps what is on record, in order, and judges nothing of it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{
    AttemptRetried, Body, BreakerClosed, BreakerOpened, BudgetDenied, BudgetOverridden,
    BudgetReserved, BudgetSettled, BudgetWarned, Event, Phase, PolicyJudged, RoutingDecided,
    RoutingFellBack, RunSubmitted,
};

/// How a request was decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deciding {
    /// What was asked; `None` when that line cannot be read any more.
    pub submitted: Option<RunSubmitted>,
    /// Every decision on a target; a retry is decided anew, and the last one counts.
    pub decided: Vec<RoutingDecided>,
    /// Every time that the policies were asked.
    pub judged: Vec<Judged>,
    /// What followed failures.
    pub moves: Vec<Move>,
    /// What limits were in the way, came near, or were passed.
    pub limits: Vec<LimitEvent>,
    /// What its attempts closed off, or proved to work.
    pub breakers: Vec<BreakerEvent>,
    money: BTreeMap<u32, Money>,
}

/// The policies were asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// When it was put on record.
    pub at: Timestamp,
    /// What came of it.
    pub said: PolicyJudged,
}

/// What followed a failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Another target took over.
    FellBack(RoutingFellBack),
    /// The same target was tried again.
    Retried(AttemptRetried),
}

/// A limit that played a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitEvent {
    /// It did not allow something.
    Denied(BudgetDenied),
    /// It came near, or was passed.
    Warned(BudgetWarned),
    /// Somebody went beyond it knowingly.
    Overridden(BudgetOverridden),
}

/// A breaker that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BreakerEvent {
    /// Something is not used for a while.
    Opened(BreakerOpened),
    /// It is used again.
    Closed(BreakerClosed),
}

/// What was set aside for an attempt, and what it counted for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Money {
    /// What was set aside at first.
    pub first: Option<BudgetReserved>,
    /// What was set aside last; the same when it never grew.
    pub last: Option<BudgetReserved>,
    /// What it counts for; `None` while it goes on.
    pub settled: Option<BudgetSettled>,
    /// Why nothing counts: nothing was started.
    pub released: Option<String>,
}

impl Deciding {
    /// What was set aside for an attempt, and what became of it.
    #[must_use]
    pub fn money(&self, attempt: u32) -> Option<&Money> {
        self.money.get(&attempt)
    }

    /// What the policies said when it was last to be taken on.
    #[must_use]
    pub fn at_start(&self) -> Option<&Judged> {
        let at_start = |judged: &&Judged| judged.said.phase == Phase::RunStart;
        self.judged.iter().rfind(at_start)
    }

    /// Take in one of its events.
    pub(super) fn take(&mut self, event: &Event) {
        match &event.body {
            Body::RunSubmitted(submitted) => self.submitted = Some(submitted.clone()),
            Body::RoutingDecided(decided) => self.decided.push(decided.clone()),
            Body::PolicyJudged(said) => self.judged.push(Judged {
                at: event.at,
                said: said.clone(),
            }),
            Body::RoutingFellBack(it) => self.moves.push(Move::FellBack(it.clone())),
            Body::AttemptRetried(it) => self.moves.push(Move::Retried(it.clone())),
            Body::BudgetDenied(it) => self.limits.push(LimitEvent::Denied(it.clone())),
            Body::BudgetWarned(it) => self.limits.push(LimitEvent::Warned(it.clone())),
            Body::BudgetOverridden(it) => self.limits.push(LimitEvent::Overridden(it.clone())),
            Body::BreakerOpened(it) => self.breakers.push(BreakerEvent::Opened(it.clone())),
            Body::BreakerClosed(it) => self.breakers.push(BreakerEvent::Closed(it.clone())),
            body => {
                if let Some(attempt) = event.attempt {
                    self.take_money(attempt, body);
                }
            }
        }
    }

    fn take_money(&mut self, attempt: u32, body: &Body) {
        match body {
            Body::BudgetReserved(reserved) => {
                let money = self.money.entry(attempt).or_default();
                money.first.get_or_insert_with(|| reserved.clone());
                money.last = Some(reserved.clone());
            }
            Body::BudgetSettled(settled) => {
                self.money.entry(attempt).or_default().settled = Some(settled.clone());
            }
            Body::BudgetReleased(released) => {
                let money = self.money.entry(attempt).or_default();
                money.released = Some(released.reason.clone());
            }
            _ => {}
        }
    }
}
