//! The desk: the record and the files of attempts, without a configuration.
//!
//! What can be done to runs that exist (look, follow, cancel, recover, start what waits) needs no
//! configuration, so that a broken one never keeps anybody from stopping an agent. New work needs
//! the [`Engine`](super::Engine).

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use uuid::Uuid;

use crate::journal::{CommitError, CommitRequest, Committed, Journal, JournalOptions, boot_id};
use crate::model::{Actor, Clock, Draft, Via};
use crate::process::Supervisor;
use crate::spool::Spool;

use super::error::EngineError;
use super::ledger::Ledger;

/// How long a supervisor waits for the record. Somebody at a terminal is told soon that it is
/// locked; a supervisor has a tool that was paid for, and nobody to tell.
const FOR_A_SUPERVISOR: Duration = Duration::from_secs(60);

/// The record and the files of attempts.
pub struct Desk {
    /// The record.
    pub journal: Journal<Ledger>,
    /// The files of attempts.
    pub spool: Spool,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where both live.
    pub state_dir: PathBuf,
    /// Who gives the command.
    pub actor: Actor,
    /// This machine, as the record names it.
    pub node: String,
    /// This boot of it.
    pub boot: String,
    /// The marker of the attempt whose agent this process works for, if it does.
    pub within: Option<Uuid>,
    /// Supervisors that this process started.
    pub(super) supervisors: Mutex<Vec<Supervisor>>,
}

impl Desk {
    /// Open the record of a state directory.
    ///
    /// # Errors
    /// When the record cannot be opened.
    pub fn open(
        state_dir: &Path,
        clock: Arc<dyn Clock>,
        actor: Actor,
    ) -> Result<Self, EngineError> {
        let node = node_name();
        let mut options = JournalOptions::new(
            state_dir,
            Arc::clone(&clock),
            node.clone(),
            env!("CARGO_PKG_VERSION"),
        );
        Ledger::VERSION.clone_into(&mut options.model_version);
        // What is newer than the snapshot is read by every command, at about 4 µs an event.
        options.snapshot_every = 250;
        if actor.via == Via::Shim {
            options.lock_deadline = FOR_A_SUPERVISOR;
        }
        Ok(Self {
            journal: Journal::open(options).map_err(EngineError::Record)?,
            spool: Spool::new(state_dir),
            clock,
            state_dir: state_dir.to_owned(),
            actor,
            node,
            boot: boot_id(),
            within: None,
            supervisors: Mutex::default(),
        })
    }

    /// The folder whose files change whenever something is put on record.
    #[must_use]
    pub fn log_dir(&self) -> PathBuf {
        self.state_dir.join("log")
    }

    /// Look at what is known, as of now.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn view<T>(&self, look: impl FnOnce(&Ledger) -> T) -> Result<T, EngineError> {
        self.journal.view(look).map_err(EngineError::ReadRecord)
    }

    /// Write what `decide` wants written, durably; nothing when it wants nothing.
    pub(super) fn write(
        &self,
        actor: &Actor,
        decide: impl FnOnce(&Ledger, jiff::Timestamp) -> Vec<Draft>,
    ) -> Result<Committed, EngineError> {
        let request = CommitRequest::by(actor.clone());
        let written = self.journal.commit(&request, |ledger, now| {
            Ok::<_, std::convert::Infallible>(decide(ledger, now))
        });
        written.map_err(|error| match error {
            CommitError::Journal(error) => EngineError::Record(error),
            CommitError::Refused(never) => match never {},
        })
    }
}

/// The machine's name without its domain, at most 32 bytes of plain letters.
fn node_name() -> String {
    let name = rustix::system::uname();
    let name: String = name
        .nodename()
        .to_string_lossy()
        .chars()
        .take_while(|c| *c != '.')
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(32)
        .collect();
    if name.is_empty() {
        "node".to_owned()
    } else {
        name
    }
}
