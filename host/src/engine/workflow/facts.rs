//! Where the steps of a workflow stand, from the record.

use crate::lifecycle::{StepFact, StepState, for_resume};
use crate::model::{AttemptState, InvocationNumber, Workflow};

use crate::engine::ledger::{KnownRun, Part};

/// Where one step stands, and by which invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// For the decision what is next.
    pub(super) state: StepState,
    /// For people.
    pub(super) shown: Option<AttemptState>,
    /// The latest invocation of the step.
    pub(super) invocation: Option<InvocationNumber>,
}

/// Where every step stands. Invocations up to `before` are of earlier drivers: what they did not
/// finish is tried anew.
pub(super) fn standings(
    workflow: &Workflow,
    run: Option<&KnownRun>,
    before: u32,
    skipped: &[bool],
) -> Vec<Standing> {
    let steps = workflow.steps.iter().zip(skipped);
    steps
        .map(|(step, skipped)| {
            let latest = run.and_then(|run| latest(run, &step.id));
            let Some((number, part)) = latest else {
                let state = if *skipped {
                    StepState::Skipped
                } else {
                    StepState::Waiting
                };
                return Standing {
                    state,
                    shown: None,
                    invocation: None,
                };
            };
            let mut state = match part.state.outcome().filter(|_| part.open.is_none()) {
                Some(outcome) => StepState::Ended(outcome),
                None => StepState::Running,
            };
            if number <= before {
                state = for_resume(state);
            }
            if state == StepState::Waiting && *skipped {
                state = StepState::Skipped;
            }
            Standing {
                state,
                shown: Some(part.state),
                invocation: Some(InvocationNumber(number)),
            }
        })
        .collect()
}

fn latest<'r>(run: &'r KnownRun, step: &str) -> Option<(u32, &'r Part)> {
    let of_step = |part: &&'r Part| part.step.as_deref() == Some(step);
    run.parts
        .iter()
        .rev()
        .find(|(_, part)| of_step(part))
        .map(|(number, part)| (*number, part))
}

/// The facts as the decision takes them.
pub(super) fn facts<'w>(workflow: &'w Workflow, standings: &[Standing]) -> Vec<StepFact<'w>> {
    let steps = workflow.steps.iter().zip(standings);
    steps
        .map(|(step, standing)| StepFact {
            id: &step.id,
            needs: step.all_needs(),
            state: standing.state,
        })
        .collect()
}
