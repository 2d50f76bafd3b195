//! One process, as the journal tells it.

use jiff::Timestamp;

use crate::model::{
    AttemptExited, AttemptOutcome, Basis, Cost, Exactness, FailureCode, MicroUsd, SessionId,
    Target, Usage,
};

use super::totals::Totals;

/// Largest count that is stored. Counts come from tools and may be absurd; sums must not overflow.
const MAX_COUNT: u64 = 1 << 48;

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What ran.
    pub target: Target,
    /// When it was about to be started.
    pub started_at: Timestamp,
    /// False when it could not be started.
    pub spawned: bool,
    /// How it ended; `None` while it runs.
    pub outcome: Option<AttemptOutcome>,
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
}

impl Attempt {
    pub(super) fn new(target: Target, at: Timestamp) -> Self {
        Self {
            target,
            started_at: at,
            spawned: true,
            outcome: None,
            failure_code: None,
            exit_code: None,
            signal: None,
            duration_ms: None,
            usage: Usage::default(),
            exactness: Exactness::Unknown,
            cost: Cost::UNKNOWN,
            served_model: None,
            session_id: None,
        }
    }

    pub(super) fn spend(&mut self, usage: Usage, exactness: Exactness, cost: Cost) {
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

    pub(super) fn exit(&mut self, exited: &AttemptExited) {
        self.target = exited.target.clone();
        self.outcome = Some(exited.outcome);
        self.failure_code.clone_from(&exited.failure_code);
        self.exit_code = exited.exit_code;
        self.signal = exited.signal;
        self.duration_ms = Some(exited.duration_ms.min(MAX_COUNT));
        self.spend(exited.usage, exited.exactness, exited.cost);
        self.served_model.clone_from(&exited.served_model);
        self.session_id.clone_from(&exited.session_id);
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
                (Some(_), Basis::Billed) => totals.n_billed = 1,
                (Some(_), Basis::Reported) => totals.n_reported = 1,
                (Some(_), Basis::Imputed) => totals.n_imputed = 1,
                (Some(_), Basis::Unknown) => {}
            }
            let is_bound = cost.at_least || cost.basis == Basis::Unknown;
            totals.n_at_least_cost = i64::from(cost.amount.is_some() && is_bound);
        }
        totals
    }
}
