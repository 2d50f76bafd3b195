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

impl Judged {
    /// Whether it came to a no.
    fn refuses(&self) -> bool {
        let answer = self.said.answer.as_deref();
        self.said.ruling == "deny" || matches!(answer, Some("no" | "unattended_refuse"))
    }
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

    /// What the policies said when it was last taken on; where it never was, what they said last.
    #[must_use]
    pub fn at_start(&self) -> Option<&Judged> {
        let (before, _) = self.tries();
        before.last().copied()
    }

    /// What they said to later tries that they refused.
    #[must_use]
    pub fn refused_since(&self) -> Vec<&Judged> {
        self.tries().1
    }

    /// Every time that it was to be taken on, up to the last that nobody refused, and after it.
    fn tries(&self) -> (Vec<&Judged>, Vec<&Judged>) {
        let at_start = |judged: &&Judged| judged.said.phase == Phase::RunStart;
        let mut tries: Vec<&Judged> = self.judged.iter().filter(at_start).collect();
        let taken_on = tries.iter().rposition(|it| !it.refuses());
        let since = tries.split_off(taken_on.map_or(tries.len(), |last| last + 1));
        (tries, since)
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{
        Actor, AgentName, Amounts, Basis, BudgetReleased, InvocationNumber, RunId, Target, Via,
    };

    fn event(attempt: Option<u32>, body: impl Into<Body>) -> Event {
        Event {
            log: "9f31c2aa".to_owned(),
            seq: 1,
            id: Uuid::nil(),
            at: Timestamp::UNIX_EPOCH,
            boot: String::new(),
            mono_us: 0,
            node: String::new(),
            batch: (0, 1),
            run: Some(RunId::new("RUN-20261122-001")),
            invocation: Some(InvocationNumber(1)),
            attempt,
            actor: Actor {
                kind: "user".to_owned(),
                name: "ada".to_owned(),
                via: Via::Cli,
            },
            key: None,
            cause: None,
            body: body.into(),
        }
    }

    fn target() -> Target {
        Target {
            tool: "claude".into(),
            model: "opus".into(),
        }
    }

    fn reserved(uusd: u64) -> BudgetReserved {
        BudgetReserved {
            agent: AgentName::new("dev"),
            target: target(),
            amounts: amounts(uusd),
            cap_uusd: None,
            unpriced: false,
            forced: false,
            within: None,
            marker: Uuid::nil(),
            task_type: None,
        }
    }

    fn amounts(uusd: u64) -> Amounts {
        Amounts {
            uusd,
            ..Amounts::default()
        }
    }

    fn judged(phase: Phase, ruling: &str) -> PolicyJudged {
        PolicyJudged {
            phase,
            ruling: ruling.to_owned(),
            by: None,
            codes: Vec::new(),
            answer: None,
            path: Vec::new(),
            opinions: Vec::new(),
            request: None,
            cut: false,
        }
    }

    #[test]
    fn a_reservation_that_grows_keeps_its_beginning() {
        let mut deciding = Deciding::default();
        deciding.take(&event(Some(1), reserved(10)));
        deciding.take(&event(Some(1), reserved(30)));
        let settled = BudgetSettled {
            target: target(),
            amounts: amounts(25),
            basis: Basis::Reported,
            overrun_uusd: None,
            prices: None,
        };
        deciding.take(&event(Some(1), settled.clone()));
        deciding.take(&event(Some(2), reserved(7)));
        let reason = "withdrawn".to_owned();
        deciding.take(&event(Some(2), BudgetReleased { reason }));
        let first = deciding.money(1).expect("money of the first attempt");
        assert_eq!(first.first, Some(reserved(10)));
        assert_eq!(first.last, Some(reserved(30)));
        assert_eq!(first.settled, Some(settled));
        let second = deciding.money(2).expect("money of the second attempt");
        assert_eq!(second.released.as_deref(), Some("withdrawn"));
        assert_eq!(second.settled, None);
        assert_eq!(deciding.money(3), None);
    }

    #[test]
    fn the_last_asking_before_a_start_counts() {
        let mut deciding = Deciding::default();
        for (phase, ruling) in [
            (Phase::RunStart, "deny"),
            (Phase::RunStart, "proceed"),
            (Phase::RunFailed, "reroute"),
        ] {
            deciding.take(&event(None, judged(phase, ruling)));
        }
        let at_start = deciding.at_start().map(|it| it.said.ruling.as_str());
        assert_eq!(at_start, Some("proceed"));
        assert_eq!(deciding.judged.len(), 3);
    }
}
