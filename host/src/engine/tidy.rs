//! What a supervisor leaves behind when an invocation is over: no secrets, and a page for people.

use jiff::Timestamp;

use crate::index::RunView;
use crate::lifecycle::{Plan, run_status};
use crate::model::{
    AgentName, AttemptRef, AttemptState, InvocationNumber, PrivacyLevel, RunId, RunStatus,
};
use crate::spool::{Found, Keep, RunYaml, RunYamlStatus, RunYamlTask, Ticket};

use super::desk::Desk;
use super::exit_file::ExitFile;
use super::launch::{Kept, Launch};
use super::ledger::{KnownRun, Ledger, PlanState};

impl Desk {
    /// Put the files of an invocation in order once it is over; nothing when it goes on. None of it
    /// is history, so what cannot be done now is left to the retention.
    pub(super) fn tidy(&self, name: &AttemptRef) {
        let over = self
            .view(|ledger| ledger.open(&name.run, name.invocation).is_none())
            .unwrap_or(false);
        if !over {
            return;
        }
        let folder = self.spool.invocation(&name.run, name.invocation);
        let launch = folder.launch::<Launch>().ok().and_then(Found::whole);
        if let Some(launch) = &launch {
            if is_forgotten(launch) {
                drop(folder.forget_all());
            } else if folder
                .request::<Kept>()
                .is_ok_and(|it| it.whole().is_none())
            {
                self.keep_request(name, launch);
            }
        }
        drop(folder.forget_launch());
        self.write_page(&name.run);
    }

    /// Keep what was asked, without its secrets. A supervisor does so before the end is on record:
    /// from then on, whoever waited may remove it all.
    pub(super) fn keep_request(&self, name: &AttemptRef, launch: &Launch) {
        if !is_forgotten(launch) {
            let kept = Kept::of(launch.clone(), self.clock.now());
            let folder = self.spool.invocation(&name.run, name.invocation);
            drop(folder.write_request(&kept));
        }
    }

    /// The same for one that never had a slot: its files may still lie where they were staged, and
    /// nobody has written yet how it ended.
    pub(super) fn tidy_withdrawn(&self, name: &AttemptRef, ticket: Option<uuid::Uuid>) {
        if let Some(ticket) = ticket {
            drop(
                self.spool
                    .settle(Ticket(ticket), &name.run, name.invocation),
            );
        }
        let invocation = self.spool.invocation(&name.run, name.invocation);
        let launch = invocation.launch::<Launch>().ok().and_then(Found::whole);
        if let Some(target) = launch.as_ref().and_then(|it| it.target(name.number)) {
            let folder = invocation.attempt(name.number);
            let exit = ExitFile::withdrawn(name.number, target);
            // For whoever waits; the record has it already.
            drop(
                folder
                    .create()
                    .and_then(|()| folder.write_exit(&exit, Keep::Fast)),
            );
        }
        self.tidy(name);
    }

    /// Bring `run.yaml` up to date.
    pub(super) fn write_page(&self, run: &RunId) {
        let page = self.view(|ledger| page(ledger, run));
        if let Ok(Some(page)) = page {
            drop(self.spool.write_run_yaml(run, &page.to_string()));
        }
    }
}

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

fn page(ledger: &Ledger, run: &RunId) -> Option<RunYaml> {
    let known = ledger.run(run)?;
    let parts = known
        .parts
        .iter()
        .map(|(number, part)| (InvocationNumber(*number), part.step.as_deref(), part.state));
    let agent = known.agent.clone();
    Some(page_of((run, known.at), status(known), agent, parts))
}

fn page_of<'p>(
    (run, created_at): (&RunId, Timestamp),
    status: RunStatus,
    agent: AgentName,
    parts: impl Iterator<Item = (InvocationNumber, Option<&'p str>, AttemptState)>,
) -> RunYaml {
    let parts: Vec<_> = parts.collect();
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

/// Whether nothing of it is kept once it is over. Who waits in the foreground has yet to read it, and
/// the answers of steps are what later steps build on.
fn is_forgotten(launch: &Launch) -> bool {
    let unread = !launch.detached || launch.is_step;
    launch.settings.telemetry.privacy == PrivacyLevel::None && !unread
}

/// Where a run stands, from what the ledger remembers.
#[must_use]
pub fn status(known: &KnownRun) -> RunStatus {
    let verdict = known.plan.as_ref().and_then(|plan| plan.verdict);
    if let Some(verdict) = verdict.filter(|_| known.is_over())
        && known.plan_state() == Some(PlanState::Finished)
    {
        return verdict;
    }
    let parts: Vec<AttemptState> = known.parts.values().map(|part| part.state).collect();
    let plan = match known.plan_state() {
        None => Plan::None,
        Some(PlanState::Open) => Plan::Open,
        Some(PlanState::Interrupted) => Plan::Interrupted,
        Some(PlanState::Finished) => Plan::Finished,
    };
    run_status(&parts, known.cancel_requested, plan)
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
