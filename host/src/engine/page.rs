//! `run.yaml`: what a run is to other programs, in the origin's words.
//!
//! From the ledger when a supervisor leaves it behind, from the index when somebody asks for it: the
//! same page. It reads and writes no file.

use jiff::Timestamp;

use crate::index::RunView;
use crate::model::{AgentName, AttemptState, InvocationNumber, RunId, RunStatus, TaskId};
use crate::spool::{RunYaml, RunYamlStatus, RunYamlTask};

use super::ledger::Ledger;

/// The page of a run, from the index; the same text as the file `run.yaml` of one that is kept.
#[must_use]
pub fn run_yaml(view: &RunView) -> String {
    let run = &view.run;
    let parts = view.invocations.iter().map(|part| PagePart {
        number: part.number,
        step: part.step.as_deref(),
        tasks: &part.tasks,
        state: part.state(),
    });
    let agent = AgentName::new(&*run.agent);
    let page = page_of((&run.run, run.started_at), run.status(), agent, parts);
    page.to_string()
}

/// The page of a run that the ledger remembers.
pub(super) fn page(ledger: &Ledger, run: &RunId) -> Option<RunYaml> {
    let known = ledger.run(run)?;
    let parts = known.parts.iter().map(|(number, part)| PagePart {
        number: InvocationNumber(*number),
        step: part.step.as_deref(),
        tasks: &part.tasks,
        state: part.state,
    });
    let agent = known.agent.clone();
    Some(page_of((run, known.at), known.status(), agent, parts))
}

/// A request, as far as the page tells of it.
struct PagePart<'p> {
    number: InvocationNumber,
    step: Option<&'p str>,
    tasks: &'p [TaskId],
    state: AttemptState,
}

impl PagePart<'_> {
    /// What it is called on the page: the tasks that it is for, or its step, or its number.
    fn names(&self) -> Vec<String> {
        if self.tasks.is_empty() {
            return vec![
                self.step
                    .map_or_else(|| self.number.to_string(), str::to_owned),
            ];
        }
        self.tasks.iter().map(ToString::to_string).collect()
    }
}

fn page_of<'p>(
    (run, created_at): (&RunId, Timestamp),
    status: RunStatus,
    agent: AgentName,
    parts: impl Iterator<Item = PagePart<'p>>,
) -> RunYaml {
    let mut tasks: Vec<(String, AttemptState)> = Vec::new();
    for part in parts {
        for name in part.names() {
            // Of what was tried again, the last try counts.
            tasks.retain(|(known, _)| *known != name);
            tasks.push((name, part.state));
        }
    }
    let is_done = |task: &&(String, AttemptState)| task.1 == AttemptState::Done;
    let n_done = tasks.iter().filter(is_done).count();
    let summary = format!("{n_done}/{} done", tasks.len());
    let task = |(task_id, state): (String, AttemptState)| RunYamlTask {
        task_id,
        status: Some(task_word(state).to_owned()),
    };
    RunYaml {
        id: run.clone(),
        created_at,
        status: yaml_status(status),
        phase: None,
        agent_role: Some(agent).filter(|agent| !agent.as_str().is_empty()),
        summary,
        tasks: tasks.into_iter().map(task).collect(),
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
