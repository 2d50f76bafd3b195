//! The record of one attempt while it goes on, in the order in which it must become durable.
//!
//! Bodies are gathered and written in batches; a batch that says that something will be done is
//! durable before it is done. The last batch is `closing`'s.

use std::time::Duration;

use crate::accounting::Baseline;
use crate::journal::{CommitError, CommitRequest, Durability, JournalError};
use crate::model::{
    Actor, AttemptIntent, AttemptRef, AttemptState, Body, BudgetReserved, Draft, SessionId,
    ToolName,
};

use super::admit::{to_attempt, to_invocation};
use super::desk::Desk;
use super::error::EngineError;
use super::ledger::Ledger;

/// How long a note may hold its tool up: much longer than any writer needs the record.
const FOR_A_NOTE: Duration = Duration::from_millis(250);

/// How long a tool may go on while more money cannot be asked for.
const FOR_MONEY: Duration = Duration::from_secs(2);

/// The record of one attempt.
pub(super) struct Record<'e> {
    desk: &'e Desk,
    name: AttemptRef,
    pending: Vec<Draft>,
}

/// Whether the process may be started, now that this is on record.
pub(super) enum Intended {
    /// It may; what its session used before.
    Go(Baseline),
    /// Somebody stopped the attempt first; nothing was written.
    Stopped,
}

impl<'e> Record<'e> {
    /// A record of which nothing is written yet.
    pub(super) fn new(desk: &'e Desk, name: AttemptRef) -> Self {
        Self {
            desk,
            name,
            pending: Vec::new(),
        }
    }

    /// The attempt's name.
    pub(super) fn name(&self) -> &AttemptRef {
        &self.name
    }

    /// Add something, to be written with the next batch.
    pub(super) fn add(&mut self, body: impl Into<Body>) {
        let body = body.into();
        if matches!(body, Body::AttemptUsage(_)) {
            // A sum so far says all that an earlier one would have said.
            self.pending
                .retain(|draft| !matches!(draft.body, Body::AttemptUsage(_)));
        }
        self.pending.push(to_attempt(&self.name, body));
    }

    /// Add something about the invocation, to be written with the next batch.
    pub(super) fn add_to_invocation(&mut self, body: impl Into<Body>) {
        self.pending.push(to_invocation(&self.name, body));
    }

    /// Put durably on record what `decide` wants set aside, as the limits stand at that moment.
    pub(super) fn reserve(
        &mut self,
        decide: impl FnOnce(&Ledger, jiff::Timestamp) -> Option<BudgetReserved>,
    ) -> Result<Option<BudgetReserved>, EngineError> {
        let mut reserved = None;
        let name = self.name.clone();
        let mut drafts = self.pending.clone();
        let request = CommitRequest {
            patience: Some(FOR_MONEY),
            ..self.request()
        };
        let written = self.desk.journal.commit(&request, |ledger, now| {
            reserved = decide(ledger, now);
            let Some(body) = reserved.clone() else {
                return Err(());
            };
            drafts.push(to_attempt(&name, body));
            Ok(drafts)
        });
        match written {
            Ok(_) => {
                self.pending.clear();
                Ok(reserved)
            }
            Err(CommitError::Refused(())) => Ok(None),
            Err(CommitError::Journal(error)) => Err(EngineError::Record(error)),
        }
    }

    /// Write what was added, durably. Returns only when it cannot be lost any more.
    pub(super) fn commit(&mut self) -> Result<(), EngineError> {
        self.write(&self.request())
    }

    /// Write what was added; it becomes durable with the next batch at the latest. A record that is
    /// locked or full never stops a tool that was paid for: what cannot be written now is written
    /// with what follows.
    pub(super) fn jot(&mut self) -> Result<(), EngineError> {
        let request = CommitRequest {
            durability: Durability::Interval,
            patience: Some(FOR_A_NOTE),
            ..self.request()
        };
        match self.write(&request) {
            Err(EngineError::Record(
                JournalError::LockTimeout { .. } | JournalError::Append { .. },
            )) => Ok(()),
            written => written,
        }
    }

    /// What was added and not written yet, for the last batch.
    pub(super) fn into_pending(self) -> Vec<Draft> {
        self.pending
    }

    /// Put durably on record what is about to be started, unless somebody wants the attempt
    /// stopped by now; and learn what was on record about its session just before.
    pub(super) fn intend(
        &mut self,
        intent: AttemptIntent,
        tool: &ToolName,
        session: Option<&SessionId>,
    ) -> Result<Intended, EngineError> {
        let mut baseline = None;
        let name = self.name.clone();
        let mut drafts = std::mem::take(&mut self.pending);
        let written = self.desk.journal.commit(&self.request(), |ledger, _| {
            if state(ledger, &name) != Some(AttemptState::Starting) {
                return Err(drafts);
            }
            baseline = Some(ledger.baseline(tool, session));
            drafts.push(to_attempt(&name, intent));
            Ok(drafts)
        });
        match written {
            Ok(_) => Ok(Intended::Go(baseline.unwrap_or(Baseline::Unknown))),
            Err(CommitError::Refused(drafts)) => {
                self.pending = drafts;
                Ok(Intended::Stopped)
            }
            Err(CommitError::Journal(error)) => Err(EngineError::Record(error)),
        }
    }

    /// Whether somebody else wants the attempt stopped; `Some(true)` for at once.
    pub(super) fn wish(&self) -> Result<Option<bool>, EngineError> {
        let name = &self.name;
        self.desk.view(|ledger| {
            let open = ledger.open(&name.run, name.invocation)?;
            let attempt = open.attempt.as_ref()?;
            attempt.wish.map(|wish| wish.kill)
        })
    }

    fn request(&self) -> CommitRequest {
        CommitRequest::by(self.actor())
    }

    fn actor(&self) -> Actor {
        self.desk.actor.clone()
    }

    /// What could not be written stays with what is to be written.
    fn write(&mut self, request: &CommitRequest) -> Result<(), EngineError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let drafts = self.pending.clone();
        let written = self
            .desk
            .journal
            .commit(request, |_, _| Ok::<_, std::convert::Infallible>(drafts));
        match written {
            Ok(_) => {
                self.pending.clear();
                Ok(())
            }
            Err(CommitError::Journal(error)) => Err(EngineError::Record(error)),
            Err(CommitError::Refused(never)) => match never {},
        }
    }
}

fn state(ledger: &Ledger, name: &AttemptRef) -> Option<AttemptState> {
    let attempt = ledger.open(&name.run, name.invocation)?.attempt.as_ref()?;
    (attempt.number == name.number).then_some(attempt.state)
}
