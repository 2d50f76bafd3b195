//! Giving free slots to those that wait, under the lock of the record.
//!
//! Who may start is decided in `lifecycle`; this file gathers what is on record and writes what was
//! decided. Whoever writes `attempt.admitted` starts the supervisor, right after.

use crate::lifecycle::{Waiting, admissible};
use crate::model::{
    AttemptAdmitted, AttemptRef, AttemptState, Body, Concurrency, Draft, Event, Priority, Target,
    ToolName,
};

use super::desk::Desk;
use super::error::EngineError;
use super::ledger::Ledger;

/// An attempt that joins the queue in the same batch.
pub(super) struct Joining<'a> {
    /// Its name.
    pub(super) name: AttemptRef,
    /// What it wants to run.
    pub(super) target: &'a Target,
    /// Who goes first.
    pub(super) priority: Priority,
}

/// The events that give every slot that is free away: after `leaving` gave its own back, with
/// `joining` at the end of the queue.
pub(super) fn admissions(
    ledger: &Ledger,
    leaving: Option<&AttemptRef>,
    joining: Option<&Joining<'_>>,
    limits: &Concurrency,
) -> Vec<Draft> {
    let mut held: Vec<&ToolName> = Vec::new();
    let mut names = Vec::new();
    let mut waiting: Vec<Waiting<'_>> = Vec::new();
    for work in ledger.work() {
        let name = work.name();
        if leaving == Some(&name) {
            continue;
        }
        let target = &work.attempt.target;
        if work.attempt.state.holds_slot() {
            held.push(&target.tool);
        } else if work.attempt.state == AttemptState::Queued {
            waiting.push(Waiting {
                tool: &target.tool,
                priority: work.attempt.priority,
                seq: work.attempt.seq,
            });
            names.push((name, target));
        }
    }
    if let Some(joining) = joining {
        waiting.push(Waiting {
            tool: &joining.target.tool,
            priority: joining.priority,
            seq: u64::MAX,
        });
        names.push((joining.name.clone(), joining.target));
    }
    admissible(&held, &waiting, limits)
        .into_iter()
        .filter_map(|place| names.get(place))
        .map(|(name, target)| {
            let target = (*target).clone();
            to_attempt(name, AttemptAdmitted { target })
        })
        .collect()
}

/// An event about one attempt.
pub(super) fn to_attempt(name: &AttemptRef, body: impl Into<Body>) -> Draft {
    Draft {
        run: Some(name.run.clone()),
        invocation: Some(name.invocation),
        attempt: Some(name.number),
        body: body.into(),
    }
}

/// An event about the invocation that an attempt belongs to.
pub(super) fn to_invocation(name: &AttemptRef, body: impl Into<Body>) -> Draft {
    Draft {
        attempt: None,
        ..to_attempt(name, body)
    }
}

/// The attempts that these events gave slots to.
pub(super) fn admitted(events: &[Event]) -> Vec<AttemptRef> {
    events
        .iter()
        .filter(|event| matches!(event.body, Body::AttemptAdmitted(_)))
        .filter_map(|event| {
            Some(AttemptRef {
                run: event.run.clone()?,
                invocation: event.invocation?,
                number: event.attempt?,
            })
        })
        .collect()
}

impl Desk {
    /// Start whatever waits and may start.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn admit(&self, limits: &Concurrency) -> Result<Vec<AttemptRef>, EngineError> {
        // Looked at without the lock first: most of the time there is nothing to do.
        let idle = self.view(|ledger| admissions(ledger, None, None, limits).is_empty())?;
        if idle {
            return Ok(Vec::new());
        }
        let written = self.write(&self.actor, |ledger, _| {
            admissions(ledger, None, None, limits)
        })?;
        let admitted = admitted(&written.events);
        self.start(&admitted)?;
        Ok(admitted)
    }
}
