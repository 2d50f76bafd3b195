//! `run.yaml`: what a run is to other programs, in the origin's words.
//!
//! From the ledger when a supervisor leaves it behind, from the index when somebody asks for it: the
//! same page. It reads and writes no file.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::index::RunView;
use crate::model::{AgentName, AttemptState, InvocationNumber, RunId, RunStatus};
use crate::spool::{RunYaml, RunYamlStatus, RunYamlTask};

use super::ledger::Ledger;

/// The page of a run, from the index; the same text as the file `run.yaml` of one that is kept.
#[must_use]
pub fn run_yaml(view: &RunView) -> String {
    let run = &view.run;
    let parts = view
        .invocations
        .iter()
        .map(|part| (part.number, part.step.as_deref(), part.state()));
    let agent = AgentName::new(&*run.agent);
    let page = page_of((&run.run, run.started_at), run.status(), agent, parts);
    page.to_string()
}

/// The page of a run that the ledger remembers.
pub(super) fn page(ledger: &Ledger, run: &RunId) -> Option<RunYaml> {
    let known = ledger.run(run)?;
    let parts = known
        .parts
        .iter()
        .map(|(number, part)| (InvocationNumber(*number), part.step.as_deref(), part.state));
    let agent = known.agent.clone();
    Some(page_of((run, known.at), known.status(), agent, parts))
}

fn page_of<'p>(
    (run, created_at): (&RunId, Timestamp),
    status: RunStatus,
    agent: AgentName,
    parts: impl Iterator<Item = (InvocationNumber, Option<&'p str>, AttemptState)>,
) -> RunYaml {
    let mut parts: Vec<_> = parts.collect();
    // Of a step that was tried again, the last try counts.
    let last: BTreeMap<_, _> = parts
        .iter()
        .map(|(number, step, _)| (*step, *number))
        .collect();
    parts.retain(|(number, step, _)| step.is_none() || last.get(step) == Some(number));
    let is_done = |part: &&(_, _, AttemptState)| part.2 == AttemptState::Done;
    let n_done = parts.iter().filter(is_done).count();
    let task = |(number, step, state): &(InvocationNumber, Option<&str>, AttemptState)| {
        let name = step.map_or_else(|| number.to_string(), str::to_owned);
        RunYamlTask {
            task_id: name,
            status: Some(task_word(*state).to_owned()),
        }
    };
    RunYaml {
        id: run.clone(),
        created_at,
        status: yaml_status(status),
        phase: None,
        agent_role: Some(agent).filter(|agent| !agent.as_str().is_empty()),
        summary: format!("{n_done}/{} done", parts.len()),
        tasks: parts.iter().map(task).collect(),
    }
}

/// The words of the file are fewer than ours.
fn yaml_status(status: RunStatus) -> RunYamlStatus {
    match status {
        RunStatus::Submitted | RunStatus::Interrupted => RunYamlStatus::Pending,
        RunStatus::Running => RunYamlStatus::Running,
        RunStatus::Done => RunYamlStatus::Completed,
        RunStatus::Failed => RunYamlStatus::Error,
        RunStatus::Cancelled => RunYamlStatus::Cancelled,
    }
}

/// The word of the origin's task states.
pub(super) fn task_word(state: AttemptState) -> &'static str {
    match state {
        AttemptState::Queued => "pending",
        AttemptState::Starting | AttemptState::Running | AttemptState::Cancelling => "in_progress",
        AttemptState::Done => "done",
        AttemptState::Cancelled => "cancelled",
        AttemptState::Failed
        | AttemptState::TimedOut
        | AttemptState::OverBudget
        | AttemptState::Lost => "error",
    }
}
