//! The room's folder, and how a request gets into it before its run has a number.
//!
//! What a request needs is staged under a ticket. The journal gives it a run and a number; then
//! it is settled there by one rename, which whoever comes first does, be it the submitter or, when
//! that died, somebody else who read the ticket in the journal.

use std::fmt;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::SpoolError;
use super::files;
use super::invocation::{InvocationFolder, LAUNCH, PROMPT};
use crate::model::{Digest, InvocationNumber, RunId};

/// The name of something staged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticket(pub Uuid);

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a file must survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// A power failure; costs a few syncs, milliseconds each.
    Durable,
    /// The death of any process.
    Fast,
}

/// The files of all runs of one state directory.
#[derive(Debug, Clone)]
pub struct Spool {
    pub(super) runs: PathBuf,
}

impl Spool {
    /// The files below `state_dir`; touches nothing yet.
    #[must_use]
    pub fn new(state_dir: &Path) -> Self {
        Self {
            runs: state_dir.join("runs"),
        }
    }

    /// Write down what a request needs, before it has a run and a number.
    ///
    /// # Errors
    /// When it cannot be written; then nothing is left.
    pub fn stage<T: Serialize>(
        &self,
        launch: &T,
        prompt: &str,
        keep: Keep,
    ) -> Result<Ticket, SpoolError> {
        let ticket = Ticket(Uuid::now_v7());
        let folder = self.staged(ticket);
        let launch = files::to_json(&folder.join(LAUNCH), launch)?;
        self.make_waiting_room()?;
        let staged = write_staged(&folder, &launch, prompt, keep);
        if staged.is_err() {
            // The first error is the one to tell.
            drop(files::remove_folder(&folder));
        }
        staged.map(|()| ticket)
    }

    /// Put what was staged where it belongs, once, however often and by however many it is asked.
    ///
    /// Not synced: after a power failure it is staged or settled, and settling again is right.
    ///
    /// # Errors
    /// When there is neither such a ticket nor such an invocation, or the place is taken.
    pub fn settle(
        &self,
        ticket: Ticket,
        run: &RunId,
        number: InvocationNumber,
    ) -> Result<InvocationFolder, SpoolError> {
        let (from, folder) = (self.staged(ticket), self.invocation(run, number));
        let mut has_run = false;
        loop {
            let Err(source) = fs::rename(&from, folder.path()) else {
                self.look_again_at(run);
                return Ok(folder);
            };
            let missing = source.kind() == io::ErrorKind::NotFound;
            if missing && !has_run && files::is_folder(&from) {
                files::make_folder(&self.run_folder(run))?;
                has_run = true;
            // Looked at last: a ticket that is gone has become the folder, and not before.
            } else if missing && files::is_folder(folder.path()) {
                return Ok(folder);
            } else {
                return Err(SpoolError::Settle {
                    from,
                    to: folder.path().to_owned(),
                    source,
                });
            }
        }
    }

    /// Throw away what was staged, as when the journal refused the request.
    ///
    /// # Errors
    /// When it cannot be removed; one that is not there is as good.
    pub fn discard(&self, ticket: Ticket) -> Result<(), SpoolError> {
        files::remove_folder(&self.staged(ticket))
    }

    /// The folder of an invocation; touches nothing.
    #[must_use]
    pub fn invocation(&self, run: &RunId, number: InvocationNumber) -> InvocationFolder {
        InvocationFolder::at(self.run_folder(run).join(number.to_string()))
    }

    /// Replace the run's `run.yaml`. Derived, so not synced.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_run_yaml(&self, run: &RunId, text: &str) -> Result<(), SpoolError> {
        self.make_runs()?;
        let folder = self.run_folder(run);
        files::make_folder(&folder)?;
        files::replace(&folder, "run.yaml", text.as_bytes(), Keep::Fast)
    }

    /// The folder of a run; touches nothing.
    #[must_use]
    pub fn run_folder(&self, run: &RunId) -> PathBuf {
        let name = run.as_str();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !name.is_empty() && name.len() <= 100 && name.chars().all(is_plain) {
            self.runs.join(name)
        } else {
            // An id may be what somebody typed; its folder is below ours all the same.
            self.runs.join(Digest::of(name.as_bytes()).as_str())
        }
    }

    pub(super) fn waiting_room(&self) -> PathBuf {
        self.runs.join(".new")
    }

    fn staged(&self, ticket: Ticket) -> PathBuf {
        self.waiting_room().join(ticket.to_string())
    }

    pub(super) fn make_runs(&self) -> Result<(), SpoolError> {
        if files::is_folder(&self.runs) {
            return Ok(());
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.runs)
            .map_err(|source| SpoolError::Create {
                path: self.runs.clone(),
                source,
            })
    }

    fn make_waiting_room(&self) -> Result<(), SpoolError> {
        self.make_runs()?;
        files::make_folder(&self.waiting_room())
    }
}

fn write_staged(folder: &Path, launch: &[u8], prompt: &str, keep: Keep) -> Result<(), SpoolError> {
    files::make_folder(folder)?;
    files::write_new(&folder.join(LAUNCH), launch, keep)?;
    files::write_new(&folder.join(PROMPT), prompt.as_bytes(), keep)?;
    if keep == Keep::Durable {
        // Up to the state directory, since any of them may be new.
        for folder in folder.ancestors().take(4) {
            files::sync_folder(folder)?;
        }
    }
    Ok(())
}
