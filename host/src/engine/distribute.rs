//! Where work is done: the direct distributor, and what any other would have to offer.
//!
//! Work is handed over and comes back as a handle, before it is done. Dropping a handle stops
//! nothing: work belongs to the record, not to whoever asked for it.

use std::future::Future;
use std::pin::Pin;

use crate::model::{AttemptOutcome, AttemptRef, InvocationNumber, RunId, Source};
use crate::spool::LogPart;

use super::cancel::{Cancel, Cancelled};
use super::error::EngineError;
use super::follow::Follow;
use super::house::Engine;
use super::progress::Watcher;
use super::submit::{Submission, Submitted};

/// Takes on work.
pub trait Distributor {
    /// Hand work over. Returns once it is on record, long before it is done.
    ///
    /// # Errors
    /// When it cannot be taken on.
    fn dispatch<'d>(
        &'d self,
        submission: &Submission,
    ) -> Result<Box<dyn ExecutionHandle + 'd>, EngineError>;
}

/// Work that was taken on.
pub trait ExecutionHandle {
    /// What became of the submission.
    fn submitted(&self) -> &Submitted;

    /// Ask for it to be stopped. Returns once that is on record.
    ///
    /// # Errors
    /// When it cannot be put on record.
    fn cancel(&self, kill: bool) -> Result<Cancelled, EngineError>;

    /// Whether it is not over.
    ///
    /// # Errors
    /// When the record cannot be read.
    fn is_running(&self) -> Result<bool, EngineError>;

    /// Wait until it is over, and show what it shows meanwhile. May be given up; the work goes on.
    fn wait<'h>(
        &'h self,
        watcher: &'h mut dyn Watcher,
    ) -> Pin<Box<dyn Future<Output = Result<AttemptOutcome, EngineError>> + 'h>>;

    /// What its latest attempt wrote from `offset` on, at most `limit` bytes; empty when there is
    /// nothing new yet.
    ///
    /// # Errors
    /// When it cannot be read.
    fn output(&self, source: Source, offset: u64, limit: usize) -> Result<LogPart, EngineError>;
}

/// Works on this machine: a supervisor for each attempt.
pub struct DirectDistributor<'e>(pub &'e Engine);

impl Distributor for DirectDistributor<'_> {
    fn dispatch<'d>(
        &'d self,
        submission: &Submission,
    ) -> Result<Box<dyn ExecutionHandle + 'd>, EngineError> {
        let submitted = self.0.submit(submission)?;
        Ok(Box::new(DirectHandle {
            engine: self.0,
            submitted,
        }))
    }
}

/// Work on this machine.
struct DirectHandle<'e> {
    engine: &'e Engine,
    submitted: Submitted,
}

impl DirectHandle<'_> {
    fn place(&self) -> (&RunId, InvocationNumber) {
        let AttemptRef {
            run, invocation, ..
        } = &self.submitted.first;
        (run, *invocation)
    }

    fn latest(&self) -> Result<u32, EngineError> {
        let (run, invocation) = self.place();
        let folder = self.engine.desk.spool.invocation(run, invocation);
        let known = self.engine.desk.view(|ledger| {
            let open = ledger.open(run, invocation)?;
            open.attempt.as_ref().map(|attempt| attempt.number)
        })?;
        let has = |number: &u32| folder.attempt(*number).path().is_dir();
        Ok(known.unwrap_or_else(|| (1..).take_while(has).last().unwrap_or(1)))
    }
}

impl ExecutionHandle for DirectHandle<'_> {
    fn submitted(&self) -> &Submitted {
        &self.submitted
    }

    fn cancel(&self, kill: bool) -> Result<Cancelled, EngineError> {
        let (run, invocation) = self.place();
        self.engine.desk.cancel(&Cancel {
            run: run.clone(),
            invocation: Some(invocation),
            kill,
            reason: "interrupt",
        })
    }

    fn is_running(&self) -> Result<bool, EngineError> {
        let (run, invocation) = self.place();
        self.engine
            .desk
            .view(|ledger| ledger.open(run, invocation).is_some())
    }

    fn wait<'h>(
        &'h self,
        watcher: &'h mut dyn Watcher,
    ) -> Pin<Box<dyn Future<Output = Result<AttemptOutcome, EngineError>> + 'h>> {
        Box::pin(async move {
            let (run, invocation) = self.place();
            let desk = &self.engine.desk;
            let mut follow = Follow {
                run,
                invocation,
                limits: Some(&self.engine.settings.concurrency),
                interrupts: None,
            };
            desk.follow(&mut follow, watcher).await?;
            let outcome = desk.view(|ledger| {
                let part = ledger.run(run)?.parts.get(&invocation.0)?;
                part.state.outcome()
            })?;
            // One that is so long ago that it is forgotten: nobody can tell from here.
            Ok(outcome.unwrap_or(AttemptOutcome::Lost))
        })
    }

    fn output(&self, source: Source, offset: u64, limit: usize) -> Result<LogPart, EngineError> {
        let (run, invocation) = self.place();
        let folder = self.engine.desk.spool.invocation(run, invocation);
        folder
            .attempt(self.latest()?)
            .read_log(source, offset, limit)
            .map_err(EngineError::Spool)
    }
}
