//! One attempt, as the journal tells it: from its place in the queue to its end. Pure.

use jiff::Timestamp;

use crate::lifecycle::{AttemptEvent, advance};
use crate::model::{
    AdapterIdentity, AttemptExited, AttemptLost, AttemptOutcome, AttemptState, Basis, Body, Cost,
    Event, Exactness, FailureCode, LostReason, MicroUsd, SessionId, Target, Usage,
};

use super::totals::Totals;

/// Largest count that is stored. Counts come from tools and may be absurd; sums must not overflow.
const MAX_COUNT: u64 = 1 << 48;

/// One attempt: a process, or what was to become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What ran.
    pub target: Target,
    /// When it was about to be started; until then, when it was queued.
    pub started_at: Timestamp,
    /// Where it stands; `None` when the record does not tell.
    pub state: Option<AttemptState>,
    /// Somebody, or a limit, wanted it stopped, whatever came of it.
    pub cancel_requested: bool,
    /// False when it was never started: it could not be, or was taken out of the queue.
    pub spawned: bool,
    /// How it ended; `None` while it goes on.
    pub outcome: Option<AttemptOutcome>,
    /// Why nobody can tell how it ended, when it is lost.
    pub lost_reason: Option<LostReason>,
    /// What went wrong.
    pub failure_code: Option<FailureCode>,
    /// Exit status of the process.
    pub exit_code: Option<i32>,
    /// Signal that killed it.
    pub signal: Option<i32>,
    /// From start to end.
    pub duration_ms: Option<u64>,
    /// Tokens so far.
    pub usage: Usage,
    /// How far they can be trusted.
    pub exactness: Exactness,
    /// Money so far.
    pub cost: Cost,
    /// The model that served, when the tool told.
    pub served_model: Option<String>,
    /// The tool's session.
    pub session_id: Option<SessionId>,
    /// Processes that it left behind and that had to be ended.
    pub swept: u32,
    /// Whether it was proved that no process of it is left; `None` when nobody looked.
    pub tree_empty: Option<bool>,
    /// What the same tokens would have cost at the preferred target, when it ran elsewhere.
    pub at_preferred: Option<MicroUsd>,
    /// The adapter that planned it; `None` when none did.
    pub adapter: Option<AdapterName>,
    /// Lines of output, once it is over.
    pub n_lines: u64,
    /// Those of them that its adapter did not understand.
    pub n_unrecognised: u64,
}

/// An adapter's component, well enough to know it again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AdapterName {
    /// The plugin's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The first [`Self::DIGITS`] hex digits of the component's SHA-256.
    pub sha256_head: String,
}

impl AdapterName {
    /// How many digits of the digest are kept.
    pub const DIGITS: usize = 16;

    fn of(adapter: &AdapterIdentity) -> Self {
        let digits = adapter.sha256.as_str();
        Self {
            id: adapter.id.replace('\n', " "),
            version: adapter.version.replace('\n', " "),
            sha256_head: digits.get(..Self::DIGITS).unwrap_or(digits).to_owned(),
        }
    }
}

impl Attempt {
    pub(super) fn new(target: Target, at: Timestamp) -> Self {
        Self {
            target,
            started_at: at,
            state: None,
            cancel_requested: false,
            spawned: true,
            outcome: None,
            lost_reason: None,
            failure_code: None,
            exit_code: None,
            signal: None,
            duration_ms: None,
            usage: Usage::default(),
            exactness: Exactness::Unknown,
            cost: Cost::UNKNOWN,
            served_model: None,
            session_id: None,
            swept: 0,
            tree_empty: None,
            at_preferred: None,
            adapter: None,
            n_lines: 0,
            n_unrecognised: 0,
        }
    }

    /// Take in one of its events. False when it cannot happen to an attempt where this one stands:
    /// then nothing moves, but the figures of an end count, unless there is one on record already.
    pub(super) fn apply(&mut self, event: &Event) -> bool {
        if let Body::AttemptUsage(tick) = &event.body {
            if self.outcome.is_none() {
                self.spend(tick.usage, tick.exactness, tick.cost);
            }
            return true;
        }
        let Some(moved) = AttemptEvent::of(&event.body) else {
            return true;
        };
        let next = advance(self.state, moved);
        if next.is_ok() || self.outcome.is_none() {
            match &event.body {
                Body::AttemptExited(exited) => self.exit(exited),
                Body::AttemptLost(lost) => self.lose(lost),
                _ => {}
            }
        }
        let Ok(state) = next else { return false };
        self.state = Some(state);
        self.outcome = state.outcome().or(self.outcome);
        self.note(event);
        true
    }

    /// What an event that could happen says beside the new state.
    fn note(&mut self, event: &Event) {
        match &event.body {
            Body::AttemptQueued(queued) => self.target = queued.target.clone(),
            Body::AttemptAdmitted(admitted) => self.target = admitted.target.clone(),
            Body::AttemptIntent(intent) => {
                self.target = intent.target.clone();
                self.started_at = event.at;
                self.adapter = Some(AdapterName::of(&intent.adapter));
            }
            Body::AttemptSpawnFailed(failed) => {
                self.spawned = false;
                self.failure_code = Some(failed.code.clone());
            }
            Body::AttemptWithdrawn(_) => {
                self.spawned = false;
                self.cancel_requested = true;
            }
            Body::AttemptCancelRequested(_) => self.cancel_requested = true,
            _ => {}
        }
    }

    fn spend(&mut self, usage: Usage, exactness: Exactness, cost: Cost) {
        let bounded = |count: Option<u64>| count.map(|count| count.min(MAX_COUNT));
        self.usage = Usage {
            input: bounded(usage.input),
            output: bounded(usage.output),
            cache_read: bounded(usage.cache_read),
            cache_write: bounded(usage.cache_write),
            reasoning: bounded(usage.reasoning),
        };
        self.exactness = exactness;
        self.cost = Cost {
            amount: cost.amount.map(|amount| MicroUsd(amount.0.min(MAX_COUNT))),
            ..cost
        };
    }

    fn exit(&mut self, exited: &AttemptExited) {
        self.target = exited.target.clone();
        self.outcome = Some(exited.outcome);
        self.failure_code.clone_from(&exited.failure_code);
        self.exit_code = exited.exit_code;
        self.signal = exited.signal;
        self.duration_ms = Some(exited.duration_ms.min(MAX_COUNT));
        self.spend(exited.usage, exited.exactness, exited.cost);
        self.served_model.clone_from(&exited.served_model);
        self.session_id.clone_from(&exited.session_id);
        self.swept = exited.swept;
        self.tree_empty = exited.tree_empty;
        self.n_lines = exited.n_lines.min(MAX_COUNT);
        self.n_unrecognised = exited.n_unrecognised.min(MAX_COUNT);
        self.cancel_requested |= exited.cancel_requested;
        let preferred = exited.preferred_uusd;
        self.at_preferred = preferred.map(|amount| MicroUsd(amount.0.min(MAX_COUNT)));
        self.lost_reason = None;
    }

    /// Its figures are the last on record, so they can only be too low.
    fn lose(&mut self, lost: &AttemptLost) {
        let exactness = match lost.exactness {
            Exactness::Exact | Exactness::AtLeast => Exactness::AtLeast,
            Exactness::Unknown => Exactness::Unknown,
        };
        let cost = Cost {
            at_least: lost.cost.amount.is_some(),
            ..lost.cost
        };
        self.target = lost.target.clone();
        self.outcome = Some(AttemptOutcome::Lost);
        self.spend(lost.usage, exactness, cost);
        self.lost_reason = Some(lost.reason);
        self.swept = lost.swept;
        // What carried no marker, nobody could look for: that is no proof, only the lack of one is.
        self.tree_empty = (!lost.tree_empty).then_some(false);
    }

    /// Whether something is or should be known about what it used: it ended, or told on the way.
    fn is_accountable(&self) -> bool {
        self.spawned
            && (self.outcome.is_some() || self.usage.is_known() || self.cost.amount.is_some())
    }

    pub(super) fn exactness_when_accountable(&self) -> Option<Exactness> {
        self.is_accountable().then_some(match self.exactness {
            Exactness::Exact if self.outcome.is_none() => Exactness::AtLeast,
            exactness => exactness,
        })
    }

    pub(super) fn cost_when_accountable(&self) -> Option<Cost> {
        self.is_accountable().then_some(Cost {
            at_least: self.cost.at_least || (self.outcome.is_none() && self.cost.amount.is_some()),
            ..self.cost
        })
    }

    /// What it adds to the sums over attempts that ran elsewhere than at the preferred target. A cost
    /// that is only a lower bound is not compared: the difference would be too large.
    pub(super) fn comparison(&self) -> Totals {
        if !self.spawned || self.outcome.is_none() {
            return Totals::default();
        }
        let cost = self.cost.amount.filter(|_| !self.cost.at_least);
        let micros = |amount: MicroUsd| i64::try_from(amount.0).unwrap_or(i64::MAX);
        match (self.at_preferred, cost) {
            (Some(preferred), Some(cost)) => Totals {
                n_compared: 1,
                compared_uusd: micros(cost),
                preferred_uusd: micros(preferred),
                ..Totals::default()
            },
            _ => Totals {
                n_not_compared: 1,
                ..Totals::default()
            },
        }
    }

    /// What it adds to the sums of its target.
    pub(super) fn totals(&self) -> Totals {
        let mut totals = Totals {
            n_attempts: 1,
            ..Totals::default()
        };
        let count =
            |count: Option<u64>| count.map_or(0, |count| i64::try_from(count).unwrap_or(i64::MAX));
        totals.input_tokens = count(self.usage.input);
        totals.output_tokens = count(self.usage.output);
        totals.cache_read_tokens = count(self.usage.cache_read);
        totals.cache_write_tokens = count(self.usage.cache_write);
        totals.reasoning_tokens = count(self.usage.reasoning);
        totals.total_tokens = count(self.usage.total());
        match self.exactness_when_accountable() {
            Some(_) if !self.usage.is_known() => totals.n_unknown_tokens = 1,
            Some(Exactness::AtLeast | Exactness::Unknown) => totals.n_at_least_tokens = 1,
            Some(Exactness::Exact) | None => {}
        }
        if let Some(cost) = self.cost_when_accountable() {
            totals.cost_uusd = count(cost.amount.map(|amount| amount.0));
            match (cost.amount, cost.basis) {
                (None, _) => totals.n_unknown_cost = 1,
                (Some(_), Basis::Billed) => {
                    (totals.n_billed, totals.billed_uusd) = (1, totals.cost_uusd);
                }
                (Some(_), Basis::Reported) => {
                    (totals.n_reported, totals.reported_uusd) = (1, totals.cost_uusd);
                }
                (Some(_), Basis::Imputed) => {
                    (totals.n_imputed, totals.imputed_uusd) = (1, totals.cost_uusd);
                }
                (Some(_), Basis::Unknown) => {}
            }
            let is_bound = cost.at_least || cost.basis == Basis::Unknown;
            totals.n_at_least_cost = i64::from(cost.amount.is_some() && is_bound);
        }
        totals
    }
}
