//! A stage for tests: a book, a clock that events follow, and events in few words.

use std::str::FromStr as _;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Asking, Book};
use crate::model::{
    Actor, AgentName, Amounts, AttemptExited, AttemptOutcome, AttemptRef, AttemptUsage, Basis,
    Body, BudgetLimit, BudgetReleased, BudgetReserved, BudgetSettled, Cost, Event, Exactness,
    InvocationNumber, LimitKind, LimitScope, Metric, MicroUsd, Period, RunId, Target, Usage, Via,
};

pub(super) struct Scene {
    pub(super) book: Book,
    pub(super) now: Timestamp,
    /// The time of the last event.
    pub(super) at: Timestamp,
    pub(super) seq: u64,
}

/// A day on which nothing special happens.
pub(super) const DAY: &str = "2026-11-22T12:00:00Z";

pub(super) fn coder() -> AgentName {
    AgentName::new("coder")
}

pub(super) fn time(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}

pub(super) fn target(text: &str) -> Target {
    Target::parse(text).expect("a target")
}

/// The attempt with this number, in a run of its own.
pub(super) fn attempt(number: u32) -> AttemptRef {
    AttemptRef::from_str(&format!("RUN-20261122-{number:03}.i1.a1")).expect("a name")
}

/// The marker of the attempt with this number.
pub(super) fn marker(number: u32) -> Uuid {
    Uuid::from_u128(u128::from(number))
}

pub(super) fn usd(uusd: u64) -> Amounts {
    Amounts {
        uusd,
        requests: 1,
        ..Amounts::default()
    }
}

/// A hard limit on money for everybody.
pub(super) fn limit(period: Period, cap: u64) -> BudgetLimit {
    BudgetLimit {
        name: period.as_str().to_owned(),
        metric: Metric::Usd,
        cap,
        period,
        scope: LimitScope::default(),
        kind: LimitKind::Hard,
        warn_percent: 80,
        time_zone: None,
        source: format!("policies.default.{}", period.as_str()),
    }
}

/// What `attempt.exited` says of an attempt that was done at this cost.
pub(super) fn exited(target: Target, cost: Cost) -> AttemptExited {
    AttemptExited {
        target,
        outcome: AttemptOutcome::Done,
        failure_code: None,
        exit_code: Some(0),
        signal: None,
        duration_ms: 1,
        usage: Usage::default(),
        exactness: Exactness::Unknown,
        cost,
        served_model: None,
        session_id: None,
        session_totals: None,
        n_lines: 0,
        n_unrecognised: 0,
        output: None,
        tree_empty: None,
        swept: 0,
        cancel_requested: false,
        preferred_uusd: None,
        prices: None,
        changed_files: None,
    }
}

pub(super) fn known(uusd: u64) -> Cost {
    Cost {
        amount: Some(MicroUsd(uusd)),
        basis: Basis::Reported,
        at_least: false,
    }
}

pub(super) fn reserved(number: u32, amounts: Amounts) -> BudgetReserved {
    BudgetReserved {
        agent: coder(),
        target: target("claude:opus"),
        amounts,
        cap_uusd: None,
        unpriced: false,
        forced: false,
        within: None,
        marker: marker(number),
        task_type: None,
    }
}

impl Scene {
    pub(super) fn at(text: &str) -> Self {
        Self {
            book: Book::default(),
            now: time(text),
            at: time(text),
            seq: 0,
        }
    }

    pub(super) fn event(&mut self, name: Option<&AttemptRef>, body: Body) -> Event {
        // As the journal does: never earlier than the event before.
        self.at = self.at.max(self.now);
        self.seq += 1;
        Event {
            log: "00000000".to_owned(),
            seq: self.seq,
            id: Uuid::nil(),
            at: self.at,
            boot: "00000000".to_owned(),
            mono_us: 0,
            node: "here".to_owned(),
            batch: (1, 1),
            run: name.map(|name| name.run.clone()),
            invocation: name.map(|name| name.invocation),
            attempt: name.map(|name| name.number),
            actor: Actor {
                kind: "user".to_owned(),
                name: "u".to_owned(),
                via: Via::Cli,
            },
            key: None,
            cause: None,
            body,
        }
    }

    pub(super) fn write(&mut self, name: &AttemptRef, body: impl Into<Body>) {
        let event = self.event(Some(name), body.into());
        self.book.apply(&event);
    }

    pub(super) fn reserve(&mut self, number: u32, amounts: Amounts) {
        self.write(&attempt(number), reserved(number, amounts));
    }

    pub(super) fn reserve_as(&mut self, number: u32, reserved: BudgetReserved) {
        self.write(&attempt(number), reserved);
    }

    pub(super) fn uses(&mut self, number: u32, uusd: u64) {
        let tick = AttemptUsage {
            usage: Usage::default(),
            exactness: Exactness::Unknown,
            cost: known(uusd),
        };
        self.write(&attempt(number), tick);
    }

    pub(super) fn settle(&mut self, number: u32, amounts: Amounts) {
        let open = self.book.reservation(&attempt(number));
        let target = open.map_or_else(|| target("claude:opus"), |open| open.target.clone());
        let settled = BudgetSettled {
            target,
            amounts,
            basis: Basis::Reported,
            overrun_uusd: None,
            prices: None,
        };
        self.write(&attempt(number), settled);
    }

    pub(super) fn release(&mut self, number: u32) {
        let reason = "withdrawn".to_owned();
        self.write(&attempt(number), BudgetReleased { reason });
    }

    /// What is settled and reserved of `limit` now.
    pub(super) fn taken(&self, limit: &BudgetLimit) -> (u64, u64) {
        let (agent, target) = (coder(), target("claude:opus"));
        let asked = asking(&agent, &target, self.now);
        let windows = self.book.windows(std::slice::from_ref(limit), &asked);
        windows
            .first()
            .map_or((0, 0), |it| (it.settled, it.reserved))
    }
}

pub(super) fn asking<'a>(agent: &'a AgentName, target: &'a Target, now: Timestamp) -> Asking<'a> {
    Asking {
        agent,
        target,
        run: None,
        within: None,
        cap: None,
        except: None,
        now,
    }
}

/// The attempt with this number of a run.
pub(super) fn attempt_of(run: u32, number: u32) -> AttemptRef {
    AttemptRef {
        run: RunId::new(format!("RUN-20261122-{run:03}")),
        invocation: InvocationNumber(number),
        number: 1,
    }
}
