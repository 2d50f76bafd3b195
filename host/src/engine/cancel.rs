//! Stopping runs: a wish on record, from any process.
//!
//! What waits is taken out of the queue on the spot; what runs is stopped by its supervisor, which
//! watches the record. Nothing is signalled here.

use uuid::Uuid;

use crate::model::{
    AttemptCancelRequested, AttemptOutcome, AttemptRef, AttemptState, AttemptWithdrawn,
    BudgetReleased, Draft, InvocationNumber, RunCancelRequested, RunId, RunStatus, Target,
    WorkflowFinished,
};

use super::admit::{to_attempt, to_invocation};
use super::attempt::millis;
use super::closing::finished;
use super::desk::Desk;
use super::error::EngineError;
use super::ledger::{KnownPlan, KnownRun, OpenInvocation, PlanState};
use super::recover::of_run;

/// What is to be stopped, and how.
#[derive(Debug, Clone)]
pub struct Cancel {
    /// The run.
    pub run: RunId,
    /// One invocation of it; all of it otherwise.
    pub invocation: Option<InvocationNumber>,
    /// Without waiting for the polite steps.
    pub kill: bool,
    /// `interrupt` (the user) or `step_failed`.
    pub reason: &'static str,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cancelled {
    /// Attempts whose supervisors will stop them.
    pub requested: Vec<AttemptRef>,
    /// Attempts that were being stopped already.
    pub already: Vec<AttemptRef>,
    /// Attempts that waited and never will run, with the tickets of their files.
    pub withdrawn: Vec<(AttemptRef, Target, Option<Uuid>)>,
    /// Nothing of the run was going on.
    pub was_over: bool,
}

impl Desk {
    /// Put on record that a run is to be stopped. Asked twice, it does nothing the second time.
    ///
    /// # Errors
    /// [`EngineError::NoSuchRun`] when the run is not among those that are remembered; else when the
    /// record cannot be written.
    pub fn cancel(&self, cancel: &Cancel) -> Result<Cancelled, EngineError> {
        let mut cancelled = Cancelled::default();
        let mut known_run = false;
        self.write(&self.actor, |ledger, now| {
            let Some(known) = ledger.run(&cancel.run) else {
                return Vec::new();
            };
            known_run = true;
            let mut drafts = Vec::new();
            for (number, open) in chosen(known, cancel) {
                stop(cancel, (number, open), now, &mut drafts, &mut cancelled);
            }
            let waits = known.plan_state() == Some(PlanState::Interrupted);
            cancelled.was_over = known.is_over() && !waits;
            drafts.splice(0..0, of_the_run(known, cancel, now));
            drafts
        })?;
        for (name, target, ticket) in &cancelled.withdrawn {
            self.tidy_withdrawn(name, target, *ticket);
        }
        if known_run {
            Ok(cancelled)
        } else {
            let run = cancel.run.clone();
            Err(EngineError::NoSuchRun { run })
        }
    }
}

fn chosen<'k>(
    known: &'k KnownRun,
    cancel: &Cancel,
) -> impl Iterator<Item = (InvocationNumber, &'k OpenInvocation)> {
    let wanted = cancel.invocation;
    known.parts.iter().filter_map(move |(number, part)| {
        let number = InvocationNumber(*number);
        let open = part.open.as_deref()?;
        (wanted.is_none() || wanted == Some(number)).then_some((number, open))
    })
}

/// What is said about the run as a whole, once, when all of it is to be stopped.
fn of_the_run(known: &KnownRun, cancel: &Cancel, now: jiff::Timestamp) -> Vec<Draft> {
    let waits = known.plan_state() == Some(PlanState::Interrupted);
    let over = known.is_over() && !waits;
    if cancel.invocation.is_some() || known.cancel_requested || over {
        return Vec::new();
    }
    let mut drafts = vec![of_run(
        &cancel.run,
        RunCancelRequested {
            reason: cancel.reason.to_owned(),
            kill: cancel.kill,
        },
    )];
    // Nobody drives it and nobody will: this is its end.
    let interrupted = |plan: &&KnownPlan| plan.state == PlanState::Interrupted;
    if let Some(plan) = known.plan.as_ref().filter(interrupted) {
        let duration = std::time::Duration::try_from(now - plan.at).unwrap_or_default();
        let status = RunStatus::Cancelled;
        let duration_ms = millis(duration);
        drafts.push(of_run(
            &cancel.run,
            WorkflowFinished {
                status,
                duration_ms,
            },
        ));
    }
    drafts
}

fn stop(
    cancel: &Cancel,
    (number, open): (InvocationNumber, &OpenInvocation),
    now: jiff::Timestamp,
    drafts: &mut Vec<Draft>,
    cancelled: &mut Cancelled,
) {
    let Some(attempt) = &open.attempt else { return };
    let name = AttemptRef {
        run: cancel.run.clone(),
        invocation: number,
        number: attempt.number,
    };
    let reason = cancel.reason.to_owned();
    let killed = attempt.wish.is_some_and(|wish| wish.kill);
    match attempt.state {
        AttemptState::Queued => {
            drafts.push(to_attempt(&name, AttemptWithdrawn { reason }));
            let reason = "withdrawn".to_owned();
            drafts.push(to_attempt(&name, BudgetReleased { reason }));
            let end = finished(open, &name, AttemptOutcome::Cancelled, now);
            drafts.push(to_invocation(&name, end));
            cancelled
                .withdrawn
                .push((name, attempt.target.clone(), open.ticket));
        }
        AttemptState::Cancelling if attempt.wish.is_some() && (killed || !cancel.kill) => {
            cancelled.already.push(name);
        }
        AttemptState::Starting | AttemptState::Running | AttemptState::Cancelling => {
            let kill = cancel.kill;
            drafts.push(to_attempt(&name, AttemptCancelRequested { reason, kill }));
            cancelled.requested.push(name);
        }
        AttemptState::Done
        | AttemptState::Failed
        | AttemptState::Cancelled
        | AttemptState::TimedOut
        | AttemptState::OverBudget
        | AttemptState::Lost => {}
    }
}
