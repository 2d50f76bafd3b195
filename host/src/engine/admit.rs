//! Giving free slots to those that wait, under the lock of the record.
//!
//! Who may start is decided in `lifecycle`; this file gathers what is on record and writes what was
//! decided. Whoever writes `attempt.admitted` starts the supervisor, right after.

use crate::lifecycle::{Waiting, admissible};
use crate::model::{
    AttemptAdmitted, AttemptRef, AttemptState, Body, Concurrency, Draft, Event, Priority, Target,
    ToolName,
};
use crate::spool::Found;

use super::desk::Desk;
use super::error::EngineError;
use super::launch::Launch;
use super::ledger::{Ledger, OpenWork};

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
fn admissions(
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
        // It lives in the slot of another, or that one would wait for it for ever.
        if work.attempt.within.is_some() {
            continue;
        }
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

/// The event that gives an attempt a place in the slot of the one whose agent asked for it.
fn admission_within(joining: &Joining<'_>) -> Draft {
    let target = joining.target.clone();
    to_attempt(&joining.name, AttemptAdmitted { target })
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
    /// The events that give slots away in a batch of this process: to whoever waits or, within an
    /// agent, to its own `joining` alone.
    pub(super) fn admissions(
        &self,
        ledger: &Ledger,
        leaving: Option<&AttemptRef>,
        joining: Option<&Joining<'_>>,
        limits: &Concurrency,
    ) -> Vec<Draft> {
        match self.within {
            Some(_) => joining.map(admission_within).into_iter().collect(),
            None => admissions(ledger, leaving, joining, limits),
        }
    }

    /// How many wait although they may start.
    pub(super) fn n_startable(&self, limits: &Concurrency) -> Result<usize, EngineError> {
        self.view(|ledger| admissions(ledger, None, None, limits).len())
    }

    /// Start whatever waits and may start: within `limits` or, when the caller has no configuration,
    /// within those that what waits was submitted with.
    ///
    /// # Errors
    /// When the record cannot be written.
    pub fn admit(&self, limits: Option<&Concurrency>) -> Result<Vec<AttemptRef>, EngineError> {
        match limits {
            Some(limits) => self.admit_within(limits),
            None => match self.limits_on_file()? {
                Some(limits) => self.admit_within(&limits),
                None => Ok(Vec::new()),
            },
        }
    }

    /// The limits that the first attempt that waits was submitted with.
    fn limits_on_file(&self) -> Result<Option<Concurrency>, EngineError> {
        let waits = self.view(|ledger| {
            let queued = |work: &OpenWork<'_>| work.attempt.state == AttemptState::Queued;
            ledger.work().filter(queued).map(|work| work.name()).next()
        })?;
        let Some(name) = waits else { return Ok(None) };
        let folder = self.spool.invocation(&name.run, name.invocation);
        let launch = folder.launch::<Launch>().ok().and_then(Found::whole);
        Ok(launch.map(|launch| launch.settings.concurrency))
    }

    fn admit_within(&self, limits: &Concurrency) -> Result<Vec<AttemptRef>, EngineError> {
        // What an agent's own process starts ends with the agent, so it starts nobody else's.
        if self.within.is_some() {
            return Ok(Vec::new());
        }
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
