//! The last batch of an attempt: its end, what follows it, and who gets its slot.
//!
//! One batch, so that no reader ever sees a slot that is free twice or an invocation between two
//! attempts. The supervisor writes it; when it died before it could, recovery does, from the same
//! file and by the same function.

use jiff::Timestamp;

use crate::lifecycle::exit_code;
use crate::model::{
    Actor, AttemptOutcome, AttemptRef, AttemptSpawnFailed, AttemptState, AttemptWithdrawn,
    Concurrency, Draft, RunFinished,
};

use super::admit::{Joining, admitted, to_attempt, to_invocation};
use super::attempt::millis;
use super::desk::Desk;
use super::error::EngineError;
use super::exit_file::{End, ExitFile};
use super::following::Following;
use super::ledger::{Ledger, OpenInvocation};
use super::settle::{counted, settlement};

/// Everything that the last batch is made of.
pub(super) struct Closing<'a> {
    /// The attempt.
    pub(super) name: &'a AttemptRef,
    /// How it ended.
    pub(super) exit: &'a ExitFile,
    /// Events that were gathered and not written yet.
    pub(super) pending: Vec<Draft>,
    /// How many may run; without it nobody is admitted.
    pub(super) limits: Option<&'a Concurrency>,
    /// Who writes it.
    pub(super) actor: Option<&'a Actor>,
    /// Write only if this still holds; for whoever decided on evidence that may have changed.
    pub(super) only_if: Option<AttemptState>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// It is on record.
    Written,
    /// Somebody else had put its end on record already.
    Already,
}

impl<'a> Closing<'a> {
    /// The end of an attempt, with nobody admitted to its slot.
    pub(super) fn new(name: &'a AttemptRef, exit: &'a ExitFile) -> Self {
        Self {
            name,
            exit,
            pending: Vec::new(),
            limits: None,
            actor: None,
            only_if: None,
        }
    }
}

/// Put the end of an attempt on record, and start those that got a slot by it.
pub(super) fn close(desk: &Desk, closing: &Closing<'_>) -> Result<Closed, EngineError> {
    let actor = closing.actor.unwrap_or(&desk.actor);
    let written = desk.write(actor, |ledger, now| drafts(desk, ledger, now, closing))?;
    if written.events.is_empty() {
        return Ok(Closed::Already);
    }
    desk.start(&admitted(&written.events))?;
    Ok(Closed::Written)
}

fn drafts(desk: &Desk, ledger: &Ledger, now: Timestamp, closing: &Closing<'_>) -> Vec<Draft> {
    let name = closing.name;
    let Some(open) = ledger.open(&name.run, name.invocation) else {
        return Vec::new();
    };
    let state = open
        .attempt
        .as_ref()
        .filter(|attempt| attempt.number == name.number && !attempt.state.is_terminal())
        .map(|attempt| attempt.state);
    let (Some(state), true) = (state, closing.only_if.is_none() || closing.only_if == state) else {
        return Vec::new();
    };
    let run_cancelled = ledger
        .run(&name.run)
        .is_some_and(|known| known.cancel_requested);
    let wished = open.attempt.as_ref().is_some_and(|it| it.wish.is_some());
    let cancelled = run_cancelled || wished;
    let mut drafts = closing.pending.clone();
    let (end, outcome) = end_of(closing, state, cancelled);
    drafts.push(end);
    let intended = open.attempt.as_ref().is_some_and(|it| it.intended);
    let settled = settlement(ledger.book(), name, &closing.exit.end, intended);
    let counted = settled.as_ref().map(counted).unwrap_or_default();
    drafts.extend(settled.map(|body| to_attempt(name, body)));
    let next = closing.exit.next.as_ref().filter(|_| !cancelled);
    let mut joining = None;
    let following = next.map(|next| Following {
        desk,
        ledger,
        last: name,
        next,
        counted,
        now,
    });
    if let Some(follows) = following.and_then(|it| it.drafts(open, &mut drafts)) {
        joining = Some(follows);
    } else {
        drafts.push(to_invocation(name, finished(open, name, outcome, now)));
    }
    if let Some(limits) = closing.limits {
        let joining = joining
            .as_ref()
            .zip(next)
            .map(|((name, priority), next)| Joining {
                name: name.clone(),
                target: &next.to,
                priority: *priority,
            });
        drafts.extend(desk.admissions(ledger, Some(name), joining.as_ref(), limits));
    }
    drafts
}

/// The event that says how it ended, and the outcome that it amounts to.
fn end_of(closing: &Closing<'_>, state: AttemptState, cancelled: bool) -> (Draft, AttemptOutcome) {
    let name = closing.name;
    match &closing.exit.end {
        End::Exited(exited) => {
            let mut exited = exited.as_ref().clone();
            exited.cancel_requested |= cancelled;
            let outcome = exited.outcome;
            (to_attempt(name, exited), outcome)
        }
        End::NeverRan(code) => {
            let outcome = match state {
                AttemptState::Cancelling => AttemptOutcome::Cancelled,
                _ => AttemptOutcome::Failed,
            };
            let code = code.clone();
            (to_attempt(name, AttemptSpawnFailed { code }), outcome)
        }
        End::Withdrawn => {
            let reason = "interrupt".to_owned();
            let withdrawn = to_attempt(name, AttemptWithdrawn { reason });
            (withdrawn, AttemptOutcome::Cancelled)
        }
        End::Lost(lost) => (
            to_attempt(name, lost.as_ref().clone()),
            AttemptOutcome::Lost,
        ),
    }
}

/// The end of the invocation whose last attempt this is.
pub(super) fn finished(
    open: &OpenInvocation,
    last: &AttemptRef,
    outcome: AttemptOutcome,
    now: Timestamp,
) -> RunFinished {
    let duration = std::time::Duration::try_from(now - open.at).unwrap_or_default();
    RunFinished {
        outcome,
        exit_code: exit_code(outcome),
        attempts: last.number,
        duration_ms: millis(duration),
    }
}
