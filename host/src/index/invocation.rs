//! One request, as the journal tells it: a fold of its events. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::lifecycle::AttemptEvent;
use crate::model::{
    AttemptOutcome, AttemptState, Basis, Body, Cost, Event, Exactness, FailureCode,
    InvocationNumber, MicroUsd, ModelName, RunId, SessionId, Target, TaskId, ToolName, Usage,
};

use super::attempt::Attempt;
use super::bucket::Bucket;
use super::totals::Totals;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// Sequence number of its first event; later requests have higher ones.
    pub id: u64,
    /// The run it belongs to.
    pub run: RunId,
    /// Its number within the run.
    pub number: InvocationNumber,
    /// Who asked; empty when the journal does not say.
    pub agent: String,
    /// The target that was chosen, or that took over last.
    pub target: Option<Target>,
    /// When it was accepted.
    pub started_at: Timestamp,
    /// Kind of task.
    pub task_type: Option<String>,
    /// The step of a workflow that it is.
    pub step: Option<String>,
    /// Nobody waits for it in the foreground.
    pub detached: bool,
    /// How it ended; `None` while it goes on.
    pub outcome: Option<AttemptOutcome>,
    /// Why the target was chosen.
    pub reason_code: Option<String>,
    /// The target that the configuration prefers, when another was chosen by no wish of the user.
    pub preferred: Option<Target>,
    /// Whether a fallback took over, before or after the start.
    pub fallback_used: bool,
    /// From submission to end.
    pub duration_ms: Option<u64>,
    /// The command's exit status.
    pub exit_code: Option<u8>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The tasks that it is for.
    pub tasks: Vec<TaskId>,
    /// Its attempts, by number.
    pub attempts: BTreeMap<u32, Attempt>,
}

impl Invocation {
    /// A request of which `event` is the first that is known.
    pub(super) fn new(event: &Event, run: &RunId, number: InvocationNumber) -> Self {
        Self {
            id: event.seq,
            run: run.clone(),
            number,
            agent: String::new(),
            target: None,
            started_at: event.at,
            task_type: None,
            step: None,
            detached: false,
            outcome: None,
            reason_code: None,
            preferred: None,
            fallback_used: false,
            duration_ms: None,
            exit_code: None,
            finished_at: None,
            tasks: Vec::new(),
            attempts: BTreeMap::new(),
        }
    }

    /// Take in one of its events; those that say nothing about what is kept here change nothing.
    /// False when it cannot happen to its attempt.
    pub(super) fn apply(&mut self, event: &Event) -> bool {
        match &event.body {
            Body::RunSubmitted(submitted) => {
                submitted.agent.as_str().clone_into(&mut self.agent);
                self.task_type.clone_from(&submitted.task_type);
                self.step.clone_from(&submitted.step);
                self.detached = submitted.detached;
                self.tasks = proper(&submitted.tasks);
            }
            Body::RoutingDecided(decided) => {
                self.target = Some(decided.target.clone());
                self.reason_code = Some(decided.reason.code.clone());
                self.fallback_used = decided.fallback_used;
                self.preferred.clone_from(&decided.preferred);
            }
            Body::RoutingFellBack(fell_back) => {
                self.target = Some(fell_back.to.clone());
                self.fallback_used = true;
            }
            Body::RunFinished(finished) => {
                self.outcome = Some(finished.outcome);
                self.duration_ms = Some(finished.duration_ms.min(1 << 48));
                self.exit_code = Some(finished.exit_code);
                self.finished_at = Some(event.at);
            }
            Body::AttemptQueued(_) if self.finished_at.is_some() => {
                // Tried again: what it came to before is not what it comes to.
                (self.outcome, self.exit_code) = (None, None);
                (self.finished_at, self.duration_ms) = (None, None);
                return self.apply_to_attempt(event);
            }
            Body::AttemptUsage(_) => return self.apply_to_attempt(event),
            body if AttemptEvent::of(body).is_some() => return self.apply_to_attempt(event),
            _ => {}
        }
        true
    }

    /// Where it stands: where its latest attempt does, unless it came to its end without that
    /// attempt's end being on record. It waits as long as it has none.
    #[must_use]
    pub fn state(&self) -> AttemptState {
        let latest = self.last_attempt().and_then(|attempt| attempt.state);
        latest
            .filter(|state| state.is_terminal())
            .or(self.outcome.map(AttemptState::from))
            .or(latest)
            .unwrap_or(AttemptState::Queued)
    }

    /// The day it counts for, in UTC: `2026-10-12`.
    #[must_use]
    pub fn day(&self) -> String {
        let date = self.started_at.to_zoned(TimeZone::UTC).date();
        date.to_string()
    }

    /// Tokens of all attempts; a count that no attempt knows stays unknown.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let usages = self.attempts.values().map(|attempt| attempt.usage);
        usages.fold(Usage::default(), |sum, usage| sum.plus(&usage))
    }

    /// How far [`Self::usage`] can be trusted: a sum with an unknown part is a lower bound.
    #[must_use]
    pub fn exactness(&self) -> Exactness {
        let attempts = self.attempts.values();
        let mut parts = attempts.filter_map(Attempt::exactness_when_accountable);
        let Some(first) = parts.next() else {
            return Exactness::Unknown;
        };
        parts.fold(first, |sum, part| match (sum, part) {
            (sum, part) if sum == part => sum,
            _ => Exactness::AtLeast,
        })
    }

    /// Money of all attempts: the known amounts, on the weakest basis among them. With an unknown
    /// part the sum is a lower bound.
    #[must_use]
    pub fn cost(&self) -> Cost {
        let parts: Vec<Cost> = self
            .attempts
            .values()
            .filter_map(Attempt::cost_when_accountable)
            .collect();
        let known = parts.iter().filter_map(|cost| Some((cost.amount?, cost)));
        let sum = known.fold(
            None,
            |sum: Option<(MicroUsd, Basis, bool)>, (amount, cost)| {
                let (total, basis, at_least) = sum.unwrap_or((MicroUsd(0), Basis::Billed, false));
                Some((
                    total.saturating_add(amount),
                    weaker(basis, cost.basis),
                    at_least || cost.at_least,
                ))
            },
        );
        let Some((amount, basis, at_least)) = sum else {
            return Cost::UNKNOWN;
        };
        Cost {
            amount: Some(amount),
            basis,
            at_least: at_least || parts.iter().any(|cost| cost.amount.is_none()),
        }
    }

    /// What went wrong in the last attempt.
    #[must_use]
    pub fn failure_code(&self) -> Option<&FailureCode> {
        self.last_attempt()?.failure_code.as_ref()
    }

    /// The model that served the last attempt, when its tool told.
    #[must_use]
    pub fn served_model(&self) -> Option<&str> {
        self.last_attempt()?.served_model.as_deref()
    }

    /// The session of the last attempt.
    #[must_use]
    pub fn session_id(&self) -> Option<&SessionId> {
        self.last_attempt()?.session_id.as_ref()
    }

    /// What it adds to which sums. The request counts for its last target; tokens and money count
    /// for the target that used them.
    pub(super) fn contributions(&self) -> Vec<(Bucket, Totals)> {
        let bucket = |target: Option<&Target>| Bucket {
            day: self.day(),
            agent: self.agent.clone(),
            tool: target.map_or("", |target| target.tool.as_str()).to_owned(),
            model: target.map_or("", |target| target.model.as_str()).to_owned(),
        };
        let finished = self.outcome.is_some();
        let done = self.outcome == Some(AttemptOutcome::Done);
        let duration = self.duration_ms.and_then(|ms| i64::try_from(ms).ok());
        let own = Totals {
            n_invocations: 1,
            n_done: i64::from(done),
            n_failed: i64::from(finished && !done),
            n_timed: i64::from(duration.is_some()),
            duration_ms: duration.unwrap_or(0),
            ..Totals::default()
        };
        let of_attempts = self.attempts.values().map(|attempt| {
            let preferred = self.preferred.as_ref();
            let elsewhere = preferred.is_some_and(|preferred| *preferred != attempt.target);
            let mut totals = attempt.totals();
            if elsewhere {
                totals = totals.plus(&attempt.comparison());
            }
            (bucket(Some(&attempt.target)), totals)
        });
        std::iter::once((bucket(self.target.as_ref()), own))
            .chain(of_attempts)
            .collect()
    }

    fn last_attempt(&self) -> Option<&Attempt> {
        self.attempts.values().next_back()
    }

    /// An attempt that is not known begins with the target of the request; one that began with
    /// something impossible never was.
    fn apply_to_attempt(&mut self, event: &Event) -> bool {
        let number = event.attempt.unwrap_or(1);
        if let Some(attempt) = self.attempts.get_mut(&number) {
            return attempt.apply(event);
        }
        let target = self.target.clone().unwrap_or_else(|| Target {
            tool: ToolName::new(""),
            model: ModelName::new(""),
        });
        let mut attempt = Attempt::new(target, event.at);
        let could_happen = attempt.apply(event);
        if could_happen || attempt.outcome.is_some() {
            self.attempts.insert(number, attempt);
        }
        could_happen
    }
}

/// Those of a request's tasks that could have been accepted: a journal may be written by anybody.
pub(super) fn proper(tasks: &[TaskId]) -> Vec<TaskId> {
    let proper = tasks.iter().filter(|it| TaskId::parse(it.as_str()).is_ok());
    TaskId::of_a_request(proper.take(TaskId::MAX_OF_A_REQUEST).cloned()).unwrap_or_default()
}

fn weaker(a: Basis, b: Basis) -> Basis {
    let rank = |basis| match basis {
        Basis::Billed => 0,
        Basis::Reported => 1,
        Basis::Imputed => 2,
        Basis::Unknown => 3,
    };
    if rank(a) >= rank(b) { a } else { b }
}
