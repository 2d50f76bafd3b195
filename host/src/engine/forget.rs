//! Removing what a run asked and answered, on somebody's wish. The record keeps that it ran.

use crate::model::{InvocationNumber, RunId};

use super::desk::Desk;
use super::error::EngineError;
use super::ledger::KnownRun;

impl Desk {
    /// Remove prompts, logs, and answers of a run that is over; of how many of its requests.
    ///
    /// # Errors
    /// [`EngineError::NotOver`] while it goes on; else when the record cannot be read or the files
    /// cannot be removed.
    pub fn forget(&self, run: &RunId) -> Result<usize, EngineError> {
        let goes_on = |known: &KnownRun| !known.is_over();
        if self.view(|ledger| ledger.run(run).is_some_and(goes_on))? {
            let run = run.clone();
            return Err(EngineError::NotOver { run });
        }
        let mut removed = 0;
        for number in 1.. {
            let folder = self.spool.invocation(run, InvocationNumber(number));
            if !folder.path().is_dir() {
                break;
            }
            folder.forget_all().map_err(EngineError::Spool)?;
            removed += 1;
        }
        Ok(removed)
    }
}
