//! Which steps of a workflow may start, which never will, and when it is over.
//!
//! A fold over the states of the steps: whoever drives a workflow asks after every change, does
//! what it is told, and asks again. Nothing here starts, stops, or remembers anything.

use std::collections::HashMap;

use crate::model::{AttemptOutcome, OnFailure, RunStatus};

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// It was not submitted yet.
    Waiting,
    /// It was submitted and is not over.
    Running,
    /// It is over.
    Ended(AttemptOutcome),
    /// It will not be submitted.
    Skipped,
}

/// What is known about one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFact<'a> {
    /// Its id.
    pub id: &'a str,
    /// Steps that must be done before it, inputs included.
    pub needs: Vec<&'a str>,
    /// Where it stands.
    pub state: StepState,
}

/// What follows from the states of all steps; the numbers are places in their list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// To be submitted now.
    pub ready: Vec<usize>,
    /// To be set to [`StepState::Skipped`] now.
    pub skipped: Vec<usize>,
    /// What runs is to be cancelled.
    pub stop: bool,
    /// How the whole ended: `done`, `failed`, or `cancelled`. `None` while something runs or may
    /// start.
    pub verdict: Option<RunStatus>,
}

/// What to do next.
///
/// A need that no step has can never be done, and neither can steps that need each other in a
/// circle: such steps are skipped, so that every list of steps comes to an end.
#[must_use]
pub fn next_steps(steps: &[StepFact<'_>], on_failure: OnFailure, cancel_requested: bool) -> Next {
    let broken = steps.iter().any(|step| is_broken(step.state));
    let halting = cancel_requested || (broken && on_failure == OnFailure::Stop);
    let runs = steps.iter().any(|step| step.state == StepState::Running);
    let (ready, mut skipped) = if halting {
        (Vec::new(), waiting(steps))
    } else {
        sort_out(steps)
    };
    let over = !runs && ready.is_empty();
    if over {
        skipped = waiting(steps);
    }
    Next {
        verdict: over.then(|| verdict(steps, cancel_requested)),
        stop: halting && runs,
        ready,
        skipped,
    }
}

/// Where a step stands when its workflow is taken up again: what is done is not repeated, what
/// runs is waited for, and everything else is tried anew.
#[must_use]
pub fn for_resume(state: StepState) -> StepState {
    match state {
        StepState::Ended(AttemptOutcome::Done) | StepState::Running => state,
        StepState::Ended(_) | StepState::Skipped | StepState::Waiting => StepState::Waiting,
    }
}

fn is_broken(state: StepState) -> bool {
    matches!(state, StepState::Ended(outcome) if outcome != AttemptOutcome::Done)
}

fn waiting(steps: &[StepFact<'_>]) -> Vec<usize> {
    let waits = |index: &usize| steps[*index].state == StepState::Waiting;
    (0..steps.len()).filter(waits).collect()
}

/// Of the steps that wait: those whose needs are done, and those whose needs never will be.
fn sort_out(steps: &[StepFact<'_>]) -> (Vec<usize>, Vec<usize>) {
    let hopeless = hopeless(steps);
    let done: HashMap<&str, bool> = steps
        .iter()
        .map(|step| {
            (
                step.id,
                step.state == StepState::Ended(AttemptOutcome::Done),
            )
        })
        .collect();
    let is_done = |need: &&str| done.get(need).copied().unwrap_or(false);
    let (skipped, possible): (Vec<usize>, Vec<usize>) = waiting(steps)
        .into_iter()
        .partition(|index| hopeless[*index]);
    let is_ready = |index: &usize| steps[*index].needs.iter().all(is_done);
    (possible.into_iter().filter(is_ready).collect(), skipped)
}

/// For each step, whether it cannot be done any more: it broke or was skipped, or needs such a
/// step by any way round, or one that there is not.
fn hopeless(steps: &[StepFact<'_>]) -> Vec<bool> {
    let places: HashMap<&str, usize> = steps
        .iter()
        .enumerate()
        .map(|(index, step)| (step.id, index))
        .collect();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    let mut hopeless = vec![false; steps.len()];
    for (index, step) in steps.iter().enumerate() {
        hopeless[index] = is_broken(step.state) || step.state == StepState::Skipped;
        for need in &step.needs {
            match places.get(need) {
                Some(place) => dependents[*place].push(index),
                None => hopeless[index] = true,
            }
        }
    }
    let mut to_follow: Vec<usize> = (0..steps.len()).filter(|i| hopeless[*i]).collect();
    while let Some(index) = to_follow.pop() {
        for dependent in std::mem::take(&mut dependents[index]) {
            if !std::mem::replace(&mut hopeless[dependent], true) {
                to_follow.push(dependent);
            }
        }
    }
    hopeless
}

/// How it ended, when nothing runs and nothing can start.
fn verdict(steps: &[StepFact<'_>], cancel_requested: bool) -> RunStatus {
    let ended = |wanted: AttemptOutcome| {
        steps
            .iter()
            .any(|step| step.state == StepState::Ended(wanted))
    };
    let failures = [
        AttemptOutcome::Failed,
        AttemptOutcome::TimedOut,
        AttemptOutcome::OverBudget,
        AttemptOutcome::Lost,
    ];
    let is_done = |step: &StepFact<'_>| step.state == StepState::Ended(AttemptOutcome::Done);
    if steps.iter().all(is_done) {
        // A request to cancel that came too late changes nothing.
        RunStatus::Done
    } else if failures.into_iter().any(ended) {
        RunStatus::Failed
    } else if cancel_requested || ended(AttemptOutcome::Cancelled) {
        RunStatus::Cancelled
    } else {
        // Steps that can never start, and nobody to blame but the plan.
        RunStatus::Failed
    }
}

#[cfg(test)]
#[path = "workflow_tests.rs"]
mod tests;
