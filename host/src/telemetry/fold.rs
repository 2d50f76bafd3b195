//! A run's events to a run's facts: a fold, in the order of the record. Pure.
//!
//! What a part is told as follows from the event that ended it, so that what was sent up to a place
//! does not depend on what came later. Whether an event could happen is not asked: the record says
//! that it did.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::facts::{AttemptSpan, End, InvocationSpan, RunSpan, WorkflowSpan};
use crate::model::{
    AttemptExited, AttemptLost, AttemptOutcome, Body, Cost, Event, Exactness, InvocationNumber,
    ModelName, RunId, RunStatus, Target, ToolName, Usage,
};

/// Whether an event ends an attempt, a request, or a workflow.
#[must_use]
pub fn is_end(event: &Event) -> bool {
    matches!(
        event.body,
        Body::AttemptExited(_)
            | Body::AttemptLost(_)
            | Body::AttemptSpawnFailed(_)
            | Body::AttemptWithdrawn(_)
            | Body::RunFinished(_)
            | Body::WorkflowFinished(_)
    )
}

/// The run that `events` tell: all events of it up to a place, in order. `provider` knows who serves
/// a model.
pub fn run_span<'a>(
    run: &RunId,
    events: impl IntoIterator<Item = &'a Event>,
    provider: &dyn Fn(&ModelName) -> Option<String>,
) -> RunSpan {
    let mut folded = Folded::default();
    for event in events {
        folded.take(event);
    }
    let invocations = folded
        .invocations
        .into_values()
        .map(|(mut told, attempts)| {
            told.provider = served_by(told.target.as_ref(), provider);
            told.attempts = attempts.into_values().collect();
            for attempt in &mut told.attempts {
                attempt.provider = provider(&attempt.target.model);
            }
            // What went wrong with the last attempt went wrong with the request.
            let last = told.attempts.last();
            told.failure_code = last.and_then(|attempt| attempt.failure_code.clone());
            told
        });
    RunSpan {
        run: run.clone(),
        workflow: folded.workflow,
        invocations: invocations.collect(),
    }
}

fn served_by(
    target: Option<&Target>,
    provider: &dyn Fn(&ModelName) -> Option<String>,
) -> Option<String> {
    provider(&target?.model)
}

#[derive(Default)]
struct Folded {
    workflow: Option<WorkflowSpan>,
    invocations: BTreeMap<InvocationNumber, (InvocationSpan, BTreeMap<u32, AttemptSpan>)>,
}

impl Folded {
    fn take(&mut self, event: &Event) {
        match (&event.body, event.invocation) {
            (Body::WorkflowStarted(started), _) => {
                self.workflow = Some(WorkflowSpan {
                    name: started.name.clone(),
                    n_steps: Some(started.steps.len() as u64),
                    started: event.at,
                    end: None,
                    status: RunStatus::Running,
                });
            }
            (Body::WorkflowFinished(finished), _) => {
                if let Some(workflow) = &mut self.workflow {
                    workflow.status = finished.status;
                    workflow.end = Some(ended(workflow.end, event, event.at));
                }
            }
            (_, Some(number)) => {
                let new = || (new_invocation(number, event.at), BTreeMap::new());
                let (told, attempts) = self.invocations.entry(number).or_insert_with(new);
                take_invocation(told, event);
                if let Some(attempt) = event.attempt {
                    take_attempt(attempts, attempt, told.target.as_ref(), event);
                }
            }
            _ => {}
        }
    }
}

fn ended(before: Option<End>, event: &Event, at: Timestamp) -> End {
    End {
        at,
        seq: event.seq,
        first_seq: before.map_or(event.seq, |end| end.first_seq),
    }
}

fn new_invocation(number: InvocationNumber, at: Timestamp) -> InvocationSpan {
    InvocationSpan {
        number,
        agent: String::new(),
        step: None,
        task_type: None,
        target: None,
        provider: None,
        reason_code: None,
        fallback_used: false,
        follows: Vec::new(),
        started: at,
        end: None,
        outcome: None,
        failure_code: None,
        exit_code: None,
        attempts: Vec::new(),
    }
}

fn take_invocation(told: &mut InvocationSpan, event: &Event) {
    match &event.body {
        Body::RunSubmitted(submitted) => {
            submitted.agent.as_str().clone_into(&mut told.agent);
            told.step.clone_from(&submitted.step);
            told.task_type.clone_from(&submitted.task_type);
            told.follows.clone_from(&submitted.follows);
        }
        Body::RoutingDecided(decided) => {
            told.target = Some(decided.target.clone());
            told.reason_code = Some(decided.reason.code.clone());
            told.fallback_used = decided.fallback_used;
        }
        Body::RoutingFellBack(fell_back) => {
            told.target = Some(fell_back.to.clone());
            told.fallback_used = true;
        }
        Body::RunFinished(finished) => {
            told.outcome = Some(finished.outcome);
            told.exit_code = Some(finished.exit_code);
            told.end = Some(ended(told.end, event, event.at));
        }
        _ => {}
    }
}

fn take_attempt(
    attempts: &mut BTreeMap<u32, AttemptSpan>,
    number: u32,
    chosen: Option<&Target>,
    event: &Event,
) {
    let target = match &event.body {
        Body::AttemptQueued(queued) => Some(&queued.target),
        Body::AttemptAdmitted(admitted) => Some(&admitted.target),
        Body::AttemptIntent(intent) => Some(&intent.target),
        Body::AttemptExited(exited) => Some(&exited.target),
        Body::AttemptLost(lost) => Some(&lost.target),
        Body::AttemptSpawnFailed(_) | Body::AttemptWithdrawn(_) => chosen,
        // What is said about an attempt before it waits or after it ended is not told.
        _ => return,
    };
    let target = target.cloned().unwrap_or_else(|| Target {
        tool: ToolName::new(""),
        model: ModelName::new(""),
    });
    let new = || new_attempt(number, target.clone(), event.at);
    let told = attempts.entry(number).or_insert_with(new);
    if !matches!(
        event.body,
        Body::AttemptSpawnFailed(_) | Body::AttemptWithdrawn(_)
    ) {
        told.target = target;
    }
    match &event.body {
        Body::AttemptIntent(_) => told.started = event.at,
        Body::AttemptExited(exited) => exit(told, exited, event),
        Body::AttemptLost(lost) => lose(told, lost, event),
        Body::AttemptSpawnFailed(failed) => {
            told.spawned = false;
            told.outcome = Some(AttemptOutcome::Failed);
            told.failure_code = Some(failed.code.clone());
            told.end = Some(ended(told.end, event, event.at));
        }
        Body::AttemptWithdrawn(_) => {
            told.spawned = false;
            told.outcome = Some(AttemptOutcome::Cancelled);
            told.end = Some(ended(told.end, event, event.at));
        }
        _ => {}
    }
}

fn new_attempt(number: u32, target: Target, at: Timestamp) -> AttemptSpan {
    AttemptSpan {
        number,
        target,
        provider: None,
        served_model: None,
        started: at,
        end: None,
        outcome: None,
        failure_code: None,
        lost_reason: None,
        spawned: true,
        exit_code: None,
        signal: None,
        usage: Usage::default(),
        exactness: Exactness::Unknown,
        cost: Cost::UNKNOWN,
        session: None,
        swept: 0,
        tree_empty: None,
    }
}

fn exit(told: &mut AttemptSpan, exited: &AttemptExited, event: &Event) {
    told.served_model.clone_from(&exited.served_model);
    told.outcome = Some(exited.outcome);
    told.failure_code.clone_from(&exited.failure_code);
    told.lost_reason = None;
    told.exit_code = exited.exit_code;
    told.signal = exited.signal;
    told.usage = exited.usage;
    told.exactness = exited.exactness;
    told.cost = exited.cost;
    told.session.clone_from(&exited.session_id);
    told.swept = exited.swept;
    told.tree_empty = exited.tree_empty;
    // Recovery writes it down later than it happened.
    let took = Duration::from_millis(exited.duration_ms);
    let at = told.started.checked_add(took).unwrap_or(event.at);
    told.end = Some(ended(told.end, event, at.min(event.at)));
}

/// Its figures are the last on record, so they can only be too low.
fn lose(told: &mut AttemptSpan, lost: &AttemptLost, event: &Event) {
    told.outcome = Some(AttemptOutcome::Lost);
    told.lost_reason = Some(lost.reason);
    told.usage = lost.usage;
    told.exactness = match lost.exactness {
        Exactness::Exact | Exactness::AtLeast => Exactness::AtLeast,
        Exactness::Unknown => Exactness::Unknown,
    };
    told.cost = Cost {
        at_least: lost.cost.amount.is_some(),
        ..lost.cost
    };
    told.swept = lost.swept;
    // What carried no marker, nobody could look for: that is no proof, only the lack of one is.
    told.tree_empty = (!lost.tree_empty).then_some(false);
    told.end = Some(ended(told.end, event, event.at));
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
