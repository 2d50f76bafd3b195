//! Starts the supervisor of an attempt: a process of our own program that lives on without us.
//!
//! Owns how it is set apart from whoever starts it, and the claim that it holds for as long as it
//! lives. It decides nothing about attempts, waits for nobody, and never ends a supervisor.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Child;

use rustix::process::Pid;

use super::ProcessError;
use super::identity::Identity;
use super::spawn::spawn_supervisor;
use crate::model::ExitStatus;

/// A supervisor that is to be started.
#[derive(Debug)]
pub struct SupervisorSpec {
    /// The program, usually our own.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its complete environment.
    pub env: Vec<(OsString, OsString)>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// A file whose exclusive lock says that the attempt has an owner. It becomes the supervisor's
    /// standard input, with the lock on it.
    pub claim: File,
    /// Where its standard error goes.
    pub log: File,
}

/// A supervisor that was started, as its starter knows it. Nothing happens to it when this is
/// dropped.
#[derive(Debug)]
pub struct Supervisor {
    identity: Identity,
    child: Child,
}

/// Start a supervisor, detached: in a session of its own, without a terminal, with signals as at
/// the beginning of a process, with nothing open but its three streams, and not bound to our life.
///
/// The lock on the claim is taken here unless this very file holds it already. It belongs to the
/// open file and not to a process (`flock(2)`), so it passes to the supervisor without a moment in
/// which it is free, and is released by the kernel when the last process that has the file open is
/// gone: when the supervisor is, for it hands its standard input to nobody. Whoever finds the
/// claim free knows that the supervisor is dead.
///
/// # Errors
///
/// When another process holds the claim, or the system refuses; the claim is free again then,
/// unless the caller kept a copy of the file.
pub fn start_supervisor(spec: SupervisorSpec) -> Result<Supervisor, ProcessError> {
    spec.claim
        .try_lock()
        .map_err(|refused| ProcessError::NotClaimed {
            source: refused.into(),
        })?;
    let child = spawn_supervisor(spec)?;
    Ok(Supervisor {
        identity: Identity::of_leader(Pid::from_child(&child)),
        child,
    })
}

impl Supervisor {
    /// Who the process is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// How it ended, if it did, without waiting. From then on its number may belong to another.
    ///
    /// A starter that lives long asks now and then, or dead supervisors stay in the table of
    /// processes until it ends itself.
    pub fn reap(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().ok()??;
        Some(ExitStatus {
            code: status.code(),
            signal: status.signal(),
        })
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.reap();
    }
}
