//! The record of one request, in the order in which it must become durable.
//!
//! Bodies are gathered and written in batches; a batch that says that something will be done is
//! durable before it is done. Nothing else in the engine writes to the journal.

use crate::accounting::Baseline;
use crate::journal::{CommitError, CommitRequest, Durability, Journal};
use crate::model::{
    Actor, AttemptRef, Body, ConfigLoaded, Draft, InvocationNumber, RunId, SessionId, ToolName,
};

use super::error::EngineError;
use super::ledger::Ledger;

/// The only request of a run that `exec` makes.
const INVOCATION: InvocationNumber = InvocationNumber(1);

/// The record of one request.
pub(super) struct Record<'e> {
    journal: &'e Journal<Ledger>,
    actor: Actor,
    config: ConfigLoaded,
    run: Option<RunId>,
    pending: Vec<(Option<u32>, Body)>,
}

impl<'e> Record<'e> {
    /// A record of which nothing is written yet.
    pub(super) fn new(journal: &'e Journal<Ledger>, actor: Actor, config: ConfigLoaded) -> Self {
        Self {
            journal,
            actor,
            config,
            run: None,
            pending: Vec::new(),
        }
    }

    /// Add something that belongs to the request as a whole, to be written with the next batch.
    pub(super) fn add(&mut self, body: impl Into<Body>) {
        self.pending.push((None, body.into()));
    }

    /// Add something that belongs to one attempt.
    pub(super) fn add_to(&mut self, attempt: u32, body: impl Into<Body>) {
        self.pending.push((Some(attempt), body.into()));
    }

    /// Write what was added, durably. Returns only when it cannot be lost any more.
    pub(super) fn commit(&mut self) -> Result<(), EngineError> {
        self.write(Durability::Strict, |_| ()).map(drop)
    }

    /// Write what was added; it becomes durable with the next batch at the latest.
    pub(super) fn jot(&mut self) -> Result<(), EngineError> {
        self.write(Durability::Interval, |_| ()).map(drop)
    }

    /// Write what was added, durably, and learn what was on record about a session just before.
    pub(super) fn commit_with_baseline(
        &mut self,
        tool: &ToolName,
        session: Option<&SessionId>,
    ) -> Result<Baseline, EngineError> {
        self.write(Durability::Strict, |ledger| ledger.baseline(tool, session))
            .map(|baseline| baseline.unwrap_or(Baseline::Unknown))
    }

    /// The attempt's full name; only after the first commit.
    pub(super) fn attempt(&self, number: u32) -> Option<AttemptRef> {
        Some(AttemptRef {
            run: self.run.clone()?,
            invocation: INVOCATION,
            number,
        })
    }

    fn write<T>(
        &mut self,
        durability: Durability,
        look: impl FnOnce(&Ledger) -> T,
    ) -> Result<Option<T>, EngineError> {
        if self.pending.is_empty() {
            return Ok(None);
        }
        let pending = std::mem::take(&mut self.pending);
        let config = self.config.clone();
        let mut run = self.run.clone();
        let mut seen = None;
        let request = CommitRequest {
            actor: self.actor.clone(),
            key: None,
            body_digest: None,
            durability,
            cause: None,
        };
        let committed = self.journal.commit(&request, |ledger, now| {
            seen = Some(look(ledger));
            let id = run.get_or_insert_with(|| ledger.next_run(now)).clone();
            let draft = |(attempt, body)| Draft {
                run: Some(id.clone()),
                invocation: Some(INVOCATION),
                attempt,
                body,
            };
            let mut drafts = Vec::with_capacity(pending.len() + 1);
            if !ledger.has_config(&config.digest) {
                drafts.push(Draft::global(config.into()));
            }
            drafts.extend(pending.into_iter().map(draft));
            Ok::<_, std::convert::Infallible>(drafts)
        });
        match committed {
            Ok(_) => {
                self.run = run;
                Ok(seen)
            }
            Err(CommitError::Journal(error)) => Err(EngineError::Record(error)),
            Err(CommitError::Refused(never)) => match never {},
        }
    }
}
