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
        let mut options = options(state_dir, &clock);
        if actor.via == Via::Shim {
            options.lock_deadline = FOR_A_SUPERVISOR;
        }
        let journal = Journal::open(options).map_err(EngineError::Record)?;
        Ok(Self::at(state_dir, journal, clock, actor))
    }

    /// Open the record of a state directory for looking: nothing is made, and nothing can be put on
    /// record through it. `None` when nothing ever was.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn look(
        state_dir: &Path,
        clock: Arc<dyn Clock>,
        actor: Actor,
    ) -> Result<Option<Self>, EngineError> {
        let options = options(state_dir, &clock);
        let journal = Journal::look(options).map_err(EngineError::ReadRecord)?;
        Ok(journal.map(|journal| Self::at(state_dir, journal, clock, actor)))
    }

    fn at(state_dir: &Path, journal: Journal<Ledger>, clock: Arc<dyn Clock>, actor: Actor) -> Self {
        Self {
            journal,
            spool: Spool::new(state_dir),
            clock,
            state_dir: state_dir.to_owned(),
            actor,
            node: node_name(),
            boot: boot_id(),
            within: None,
            supervisors: Mutex::default(),
        }
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

    /// Take over the supervisors that another desk started and will not outlive.
    pub fn adopt(&self, other: &Self) {
        let started = {
            let mut theirs = lock(&other.supervisors);
            std::mem::take(&mut *theirs)
        };
        lock(&self.supervisors).extend(started);
    }

    /// Let go of supervisors that are gone, so that whoever lives long collects no zombies.
    pub fn reap(&self) {
        lock(&self.supervisors).retain_mut(|it| it.reap().is_none());
    }

    /// Remove the files of runs of which nothing changed for `age`; of how many. At most once a day.
    pub(super) fn prune(&self, age: Option<Duration>) -> Result<usize, EngineError> {
        let open = self.view(|ledger| {
            let open = ledger.known().filter(|(_, known)| !known.is_over());
            open.map(|(run, _)| run.clone()).collect::<Vec<_>>()
        })?;
        let pruned = self
            .spool
            .prune(self.clock.now(), age, |run| open.contains(run))
            .map_err(EngineError::Spool)?;
        Ok(usize::try_from(pruned.n_runs).unwrap_or(usize::MAX))
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

fn options(state_dir: &Path, clock: &Arc<dyn Clock>) -> JournalOptions {
    let version = env!("CARGO_PKG_VERSION");
    let mut options = JournalOptions::new(state_dir, Arc::clone(clock), node_name(), version);
    Ledger::VERSION.clone_into(&mut options.model_version);
    // What is newer than the snapshot is read by every command, at about 4 µs an event.
    options.snapshot_every = 250;
    options
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

fn lock(supervisors: &Mutex<Vec<Supervisor>>) -> std::sync::MutexGuard<'_, Vec<Supervisor>> {
    supervisors
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
