//! What the ledger remembers of runs: everything that is not over, and a few that are.
//!
//! A fold of the journal, event by event. It decides nothing; the state of an attempt moves by
//! `lifecycle` alone, here as everywhere.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::lifecycle::{AttemptEvent, advance};
use crate::model::{
    AgentName, AttemptRef, AttemptState, Body, Digest, Event, InvocationNumber, RunId, RunStatus,
    Target, TaskId,
};

use super::open_attempt::OpenAttempt;

/// A run that something may still happen to, or that was among the last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRun {
    /// The last event about it.
    pub(super) seq: u64,
    /// When it was submitted.
    pub at: Timestamp,
    /// Who asked first.
    pub agent: AgentName,
    /// Its invocations, by number.
    pub parts: BTreeMap<u32, Part>,
    /// Somebody wants all of it stopped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancel_requested: bool,
    /// The workflow that it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<KnownPlan>,
    /// The target that was used last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_target: Option<Target>,
}

/// The workflow of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPlan {
    /// When it began.
    pub at: Timestamp,
    /// Whether somebody drives it.
    pub state: PlanState,
    /// Its content.
    pub sha256: Digest,
    /// Its file, when that is on record.
    pub path: Option<String>,
    /// How it ended, by its driver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<RunStatus>,
}

/// Whether somebody drives a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// Somebody does, or did when it was last on record.
    Open,
    /// Nobody does; it can be resumed.
    Interrupted,
    /// It came to its end.
    Finished,
}

/// One invocation of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The step that it is, in a workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The tasks that it is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskId>,
    /// Where it stands: the state of its latest attempt.
    pub state: AttemptState,
    /// Attempts that it has had, once it is over.
    #[serde(default)]
    pub attempts: u32,
    /// What is needed while it is not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Box<OpenInvocation>>,
}

/// An invocation whose end is not on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenInvocation {
    /// When it was accepted.
    pub at: Timestamp,
    /// Where its files were staged.
    pub ticket: Option<Uuid>,
    /// Nobody waits for it in the foreground.
    pub detached: bool,
    /// Its latest attempt.
    pub attempt: Option<OpenAttempt>,
    /// How often its target was tried again in a row.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// An attempt that is not over, with its name.
#[derive(Debug, Clone, Copy)]
pub struct OpenWork<'l> {
    /// Its run.
    pub run: &'l RunId,
    /// Its invocation.
    pub invocation: InvocationNumber,
    /// What is known of the invocation.
    pub part: &'l OpenInvocation,
    /// The attempt.
    pub attempt: &'l OpenAttempt,
}

impl OpenWork<'_> {
    /// Its full name.
    #[must_use]
    pub fn name(&self) -> AttemptRef {
        AttemptRef {
            run: self.run.clone(),
            invocation: self.invocation,
            number: self.attempt.number,
        }
    }
}

impl KnownRun {
    /// A run of which `event` is the first.
    pub(super) fn new(event: &Event) -> Self {
        Self {
            seq: event.seq,
            at: event.at,
            agent: AgentName::new(""),
            parts: BTreeMap::new(),
            cancel_requested: false,
            plan: None,
            last_target: None,
        }
    }

    /// Whether nothing more will happen to it by itself.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let driven = self.plan_state() == Some(PlanState::Open);
        !driven && self.parts.values().all(|part| part.open.is_none())
    }

    /// Whether its workflow is driven, if it has one.
    #[must_use]
    pub fn plan_state(&self) -> Option<PlanState> {
        self.plan.as_ref().map(|plan| plan.state)
    }

    /// Take in one event about it; `false` when it is not possible in the state that it is in.
    pub(super) fn fold(&mut self, event: &Event) -> bool {
        self.seq = event.seq;
        match &event.body {
            Body::RunCancelRequested(_) => self.cancel_requested = true,
            Body::WorkflowStarted(started) => {
                self.plan = Some(KnownPlan {
                    at: event.at,
                    state: PlanState::Open,
                    sha256: started.sha256.clone(),
                    path: started.path.clone(),
                    verdict: None,
                });
            }
            Body::WorkflowInterrupted(_) => self.turn_plan(PlanState::Interrupted),
            Body::WorkflowResumed(_) => {
                self.cancel_requested = false;
                self.turn_plan(PlanState::Open);
            }
            Body::WorkflowFinished(finished) => {
                self.turn_plan(PlanState::Finished);
                if let Some(plan) = &mut self.plan {
                    plan.verdict = Some(finished.status);
                }
            }
            _ => return self.fold_part(event),
        }
        true
    }

    fn turn_plan(&mut self, state: PlanState) {
        if let Some(plan) = &mut self.plan {
            plan.state = state;
        }
    }

    fn fold_part(&mut self, event: &Event) -> bool {
        let Some(number) = event.invocation else {
            return true;
        };
        match &event.body {
            Body::RunSubmitted(submitted) => {
                if self.parts.is_empty() {
                    self.agent = submitted.agent.clone();
                }
                let part = Part {
                    step: submitted.step.clone(),
                    tasks: submitted.tasks.clone(),
                    state: AttemptState::Queued,
                    attempts: 0,
                    open: Some(Box::new(OpenInvocation {
                        at: event.at,
                        ticket: submitted.ticket,
                        detached: submitted.detached,
                        attempt: None,
                        retries: 0,
                    })),
                };
                self.parts.insert(number.0, part);
            }
            Body::RunFinished(finished) => {
                if let Some(part) = self.parts.get_mut(&number.0) {
                    part.state = finished.outcome.into();
                    part.attempts = finished.attempts;
                    part.open = None;
                }
            }
            _ => {
                if let Body::AttemptQueued(queued) = &event.body {
                    self.last_target = Some(queued.target.clone());
                }
                let Some(part) = self.parts.get_mut(&number.0) else {
                    return true;
                };
                // A cancel withdraws what waits; what is queued after it is wanted again.
                self.cancel_requested &= !matches!(event.body, Body::AttemptQueued(_));
                return part.fold(event);
            }
        }
        true
    }
}

impl Part {
    /// Whether `event` begins one more attempt at something that was over.
    fn is_tried_again(&self, event: &Event) -> bool {
        self.open.is_none() && matches!(event.body, Body::AttemptQueued(_))
    }

    fn fold(&mut self, event: &Event) -> bool {
        // One more attempt at something that was over.
        if self.is_tried_again(event) {
            self.open = Some(Box::new(OpenInvocation {
                at: event.at,
                ticket: None,
                detached: true,
                attempt: None,
                retries: 0,
            }));
        }
        let Some(open) = &mut self.open else {
            return true;
        };
        let possible = open.fold(event);
        if let Some(attempt) = &open.attempt {
            self.state = attempt.state;
        }
        possible
    }
}

impl OpenInvocation {
    fn fold(&mut self, event: &Event) -> bool {
        if let Some(step) = AttemptEvent::of(&event.body) {
            let number = event.attempt.unwrap_or(1);
            let known = self.attempt.as_ref().filter(|it| it.number == number);
            match advance(known.map(|attempt| attempt.state), step) {
                Ok(state) => self.move_to(state, number, event),
                Err(_) => return false,
            }
        }
        match &event.body {
            Body::AttemptRetried(_) => self.retries = self.retries.saturating_add(1),
            Body::RoutingFellBack(_) => self.retries = 0,
            _ => {}
        }
        if let Some(attempt) = &mut self.attempt {
            attempt.learn(event);
        }
        true
    }

    fn move_to(&mut self, state: AttemptState, number: u32, event: &Event) {
        match &mut self.attempt {
            Some(attempt) if attempt.number == number => attempt.state = state,
            _ => self.attempt = OpenAttempt::first_seen(state, number, event),
        }
    }
}
