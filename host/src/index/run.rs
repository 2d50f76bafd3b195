//! One run, as the journal tells it: what was said about the run as a whole, and what its requests
//! add up to. Pure.
//!
//! Requests are taken in by the difference that they make, so a run with many is not read again
//! for one of them. Its status is asked of `lifecycle` and never set.

use jiff::Timestamp;

use crate::lifecycle::{Plan, is_cancel, status_after};
use crate::model::{AttemptState, Body, Cost, Event, Exactness, RunId, RunStatus, Target, TaskId};

use super::bucket::Bucket;
use super::invocation::{Invocation, proper};
use super::totals::Totals;
use super::words::Words;

/// How many requests of a run stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    /// Those that wait for a slot.
    pub n_queued: u64,
    /// Those at work: starting, running, or being stopped.
    pub n_active: u64,
    /// Those of the active ones that are being stopped.
    pub n_cancelling: u64,
    /// Those that are done.
    pub n_done: u64,
    /// Those that failed, ran out of time or money, or were lost.
    pub n_failed: u64,
    /// Those of the failed ones of which nobody can tell how they ended.
    pub n_lost: u64,
    /// Those that were cancelled.
    pub n_cancelled: u64,
}

impl Parts {
    /// All of them.
    #[must_use]
    pub fn n_all(&self) -> u64 {
        self.n_queued + self.n_active + self.n_done + self.n_failed + self.n_cancelled
    }

    fn change(&mut self, state: AttemptState, change: impl Fn(&mut u64)) {
        match state {
            AttemptState::Queued => change(&mut self.n_queued),
            AttemptState::Starting | AttemptState::Running => change(&mut self.n_active),
            AttemptState::Cancelling => {
                change(&mut self.n_active);
                change(&mut self.n_cancelling);
            }
            AttemptState::Done => change(&mut self.n_done),
            AttemptState::Failed | AttemptState::TimedOut | AttemptState::OverBudget => {
                change(&mut self.n_failed);
            }
            AttemptState::Lost => {
                change(&mut self.n_failed);
                change(&mut self.n_lost);
            }
            AttemptState::Cancelled => change(&mut self.n_cancelled),
        }
    }

    /// One of each kind that there is: a run's status depends on nothing else.
    fn kinds(&self) -> Vec<AttemptState> {
        let kinds = [
            (self.n_queued, AttemptState::Queued),
            (self.n_active, AttemptState::Running),
            (self.n_done, AttemptState::Done),
            (self.n_failed, AttemptState::Failed),
            (self.n_cancelled, AttemptState::Cancelled),
        ];
        let there = kinds.into_iter().filter(|(n, _)| *n > 0);
        there.map(|(_, state)| state).collect()
    }
}

/// A group of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Sequence number of its first event; later runs have higher ones.
    pub id: u64,
    /// Its name.
    pub run: RunId,
    /// Sequence number of its last event.
    pub last_seq: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// When something last happened in it.
    pub updated_at: Timestamp,
    /// Who asked first; empty when the journal does not say.
    pub agent: String,
    /// The target of its latest request.
    pub target: Option<Target>,
    /// The workflow that it follows.
    pub workflow: Option<String>,
    /// Steps of that workflow, begun or not.
    pub n_steps: Option<u64>,
    /// Whether somebody drives that workflow.
    pub plan: Plan,
    /// How its workflow ended, by its driver.
    pub verdict: Option<RunStatus>,
    /// Somebody wanted all of it stopped.
    pub cancel_requested: bool,
    /// The tasks that its requests are for, each once, in the order in which they were named.
    pub tasks: Vec<TaskId>,
    /// Its requests by where they stand.
    pub parts: Parts,
    /// Their sums; tokens and money of all attempts.
    pub totals: Totals,
    /// When something of it last came to an end.
    pub(super) ended_at: Option<Timestamp>,
    /// Its first and last request.
    pub(super) numbers: Option<(u32, u32)>,
    /// The first and last day that it counts for; empty texts while it has no request.
    pub(super) days: (String, String),
    /// What it can be found by.
    pub(super) words: Words,
}

impl RunRow {
    /// A run of which `event` is the first that is known.
    pub(super) fn new(event: &Event, run: &RunId) -> Self {
        Self {
            id: event.seq,
            run: run.clone(),
            last_seq: event.seq,
            started_at: event.at,
            updated_at: event.at,
            agent: String::new(),
            target: None,
            workflow: None,
            n_steps: None,
            plan: Plan::None,
            cancel_requested: false,
            tasks: Vec::new(),
            words: Words::new(run),
            parts: Parts::default(),
            totals: Totals::default(),
            ended_at: None,
            numbers: None,
            days: (String::new(), String::new()),
            verdict: None,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> RunStatus {
        let parts = self.parts.kinds();
        status_after(self.verdict, &parts, self.cancel_requested, self.plan)
    }

    /// Whether something of it is still at work although a stop was asked for.
    #[must_use]
    pub fn is_cancelling(&self) -> bool {
        self.parts.n_cancelling > 0 || (self.cancel_requested && self.parts.n_active > 0)
    }

    /// When it came to its end; `None` while it has not.
    #[must_use]
    pub fn finished_at(&self) -> Option<Timestamp> {
        self.ended_at.filter(|_| self.status().is_over())
    }

    /// From its begin to its end, in milliseconds; `None` while it has none.
    #[must_use]
    pub fn duration_ms(&self) -> Option<u64> {
        let took = self.finished_at()?.duration_since(self.started_at);
        u64::try_from(took.as_millis()).ok()
    }

    /// Tokens of all attempts; `None` when nothing is known.
    #[must_use]
    pub fn total_tokens(&self) -> Option<u64> {
        let total = u64::try_from(self.totals.total_tokens).ok();
        total.filter(|_| self.totals.has_tokens())
    }

    /// How far the tokens can be trusted.
    #[must_use]
    pub fn exactness(&self) -> Exactness {
        self.totals.exactness()
    }

    /// Money of all attempts.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.totals.whole_cost()
    }

    /// Take in one of its events, for what it says about the run as a whole.
    pub(super) fn apply(&mut self, event: &Event) {
        self.last_seq = event.seq;
        self.updated_at = event.at;
        self.words.take(&event.body);
        match &event.body {
            Body::RunSubmitted(submitted) => {
                for task in proper(&submitted.tasks) {
                    if !self.tasks.contains(&task) {
                        self.tasks.push(task);
                    }
                }
            }
            Body::RunCancelRequested(request) if is_cancel(request) => {
                self.cancel_requested = true;
                self.ended_at = Some(event.at);
            }
            Body::WorkflowStarted(started) => {
                self.plan = Plan::Open;
                self.workflow = Some(started.name.clone());
                self.n_steps = Some(started.steps.len() as u64);
            }
            Body::WorkflowInterrupted(_) => self.plan = Plan::Interrupted,
            Body::WorkflowResumed(_) => {
                self.plan = Plan::Open;
                self.cancel_requested = false;
            }
            Body::WorkflowFinished(finished) => {
                self.plan = Plan::Finished;
                self.verdict = Some(finished.status);
                self.ended_at = Some(event.at);
            }
            Body::RunFinished(_) => self.ended_at = Some(event.at),
            // A cancel withdraws what waits; what is queued after it is wanted again.
            Body::AttemptQueued(_) => self.cancel_requested = false,
            _ => {}
        }
    }

    /// Count a request as it is now in place of what it was before, if it was there.
    pub(super) fn count(&mut self, before: Option<&Counted>, now: &Counted, of: &Invocation) {
        if let Some(before) = before {
            self.parts
                .change(before.state, |n| *n = n.saturating_sub(1));
            self.totals = self.totals.minus(&before.totals());
        }
        self.parts.change(now.state, |n| *n += 1);
        self.totals = self.totals.plus(&now.totals());
        let number = of.number.0;
        let (first, last) = self.numbers.unwrap_or((number, number));
        if number <= first {
            self.agent.clone_from(&of.agent);
        }
        if number >= last {
            self.target.clone_from(&of.target);
        }
        self.numbers = Some((number.min(first), number.max(last)));
        let day = of.day();
        if self.days.0.is_empty() || day < self.days.0 {
            self.days.0.clone_from(&day);
        }
        if day > self.days.1 {
            self.days.1 = day;
        }
    }
}

/// What a request counts for.
#[derive(Debug)]
pub(super) struct Counted {
    /// Where it stands.
    state: AttemptState,
    /// What it adds to which sums.
    pub(super) sums: Vec<(Bucket, Totals)>,
}

impl Counted {
    pub(super) fn of(invocation: &Invocation) -> Self {
        Self {
            state: invocation.state(),
            sums: invocation.contributions(),
        }
    }

    fn totals(&self) -> Totals {
        let sums = self.sums.iter();
        sums.fold(Totals::default(), |sum, (_, totals)| sum.plus(totals))
    }
}

/// Whether `event` speaks about its run as a whole, and about no request of it.
pub(super) fn is_about_the_run(event: &Event) -> bool {
    matches!(
        event.body,
        Body::RunCancelRequested(_)
            | Body::WorkflowStarted(_)
            | Body::WorkflowInterrupted(_)
            | Body::WorkflowResumed(_)
            | Body::WorkflowFinished(_)
    )
}
