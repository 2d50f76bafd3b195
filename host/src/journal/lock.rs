//! The one lock of the log: `flock` on `log/LOCK`, with a deadline.
//!
//! The kernel releases it when its holder dies, so there is no stale lock and nothing to steal.
//! A holder that is stopped (Ctrl-Z) keeps it; whoever waits in vain is told who and in what
//! state. The file's content is for that message alone. This file owns the wait; nothing else of
//! the room sleeps.
#![expect(
    clippy::disallowed_methods,
    reason = "a lock's deadline is real time even when the journal's clock stands still"
)]

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::JournalError;

/// The first sleep of a wait.
const FIRST_PAUSE: Duration = Duration::from_micros(20);

/// Whoever holds the lock, as far as can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process id, as it wrote it down.
    pub pid: Option<u32>,
    /// What it is doing.
    pub state: HolderState,
}

/// What a process does, from `/proc/PID/stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderState {
    /// It runs or sleeps.
    Running,
    /// It waits for a device.
    Blocked,
    /// It was stopped, as by Ctrl-Z.
    Stopped,
    /// There is no such process, or it is another one by now.
    Unknown,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(pid) = self.pid else {
            return f.write_str("an unknown process holds it");
        };
        match self.state {
            HolderState::Running => write!(f, "process {pid} holds it and is running"),
            HolderState::Blocked => write!(f, "process {pid} holds it and waits for a device"),
            HolderState::Stopped => write!(
                f,
                "process {pid} holds it and is stopped; continue it (`kill -CONT {pid}`) or end it"
            ),
            HolderState::Unknown => write!(f, "process {pid} held it last, state unknown"),
        }
    }
}

/// The lock file, open.
#[derive(Debug)]
pub(super) struct LockFile {
    path: PathBuf,
    file: File,
}

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub(super) struct Held<'a>(&'a File);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Closing the file would release it as well; there is nothing better to do on an error.
        drop(self.0.unlock());
    }
}

/// Nobody writes while this is there.
#[derive(Debug)]
pub(super) struct Hushed(File);

impl Drop for Hushed {
    fn drop(&mut self) {
        drop(self.0.unlock());
    }
}

/// When a wait began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting(Instant);

impl Waiting {
    pub(super) fn begin() -> Self {
        Self(Instant::now())
    }
}

impl LockFile {
    pub(super) fn open(log_dir: &Path) -> Result<Self, JournalError> {
        let path = log_dir.join("LOCK");
        match open(&path) {
            Ok(file) => Ok(Self { path, file }),
            Err(source) => Err(JournalError::Lock { path, source }),
        }
    }

    /// Take the lock, trying until `deadline` has passed since `waiting` began, at least once.
    pub(super) fn acquire(
        &mut self,
        waiting: Waiting,
        deadline: Duration,
    ) -> Result<Held<'_>, JournalError> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.file.try_lock() {
                Ok(()) if self.is_current() => break,
                // The directory was replaced: this file locks nobody out any more.
                Ok(()) => self.reopen()?,
                Err(TryLockError::WouldBlock) => rest(&mut pause, waiting, deadline, &self.file)?,
                Err(TryLockError::Error(source)) if source.kind() == io::ErrorKind::Interrupted => {
                }
                Err(TryLockError::Error(source)) => {
                    return Err(JournalError::Lock {
                        path: self.path.clone(),
                        source,
                    });
                }
            }
        }
        let me = std::process::id();
        let note = format!("{me:>10} {:>20}\n", start_ticks(me).unwrap_or_default());
        // Diagnostic only: a full disk must not keep the lock from working.
        drop(self.file.write_all_at(note.as_bytes(), 0));
        Ok(Held(&self.file))
    }

    fn is_current(&self) -> bool {
        match (self.file.metadata(), fs::metadata(&self.path)) {
            (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
            _ => false,
        }
    }

    fn reopen(&mut self) -> Result<(), JournalError> {
        self.file = open(&self.path).map_err(|source| JournalError::Lock {
            path: self.path.clone(),
            source,
        })?;
        Ok(())
    }
}

/// Keep writers out until what this gives back is dropped. Unlike [`LockFile`] it changes nothing,
/// not even who is noted as the holder; `None` where there is no lock file that can be read.
pub(super) fn hush(
    log_dir: &Path,
    waiting: Waiting,
    deadline: Duration,
) -> Result<Option<Hushed>, JournalError> {
    let path = log_dir.join("LOCK");
    let Ok(file) = File::open(&path) else {
        return Ok(None);
    };
    let mut pause = FIRST_PAUSE;
    loop {
        match file.try_lock_shared() {
            Ok(()) => return Ok(Some(Hushed(file))),
            Err(TryLockError::WouldBlock) => rest(&mut pause, waiting, deadline, &file)?,
            Err(TryLockError::Error(source)) if source.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(source)) => return Err(JournalError::Lock { path, source }),
        }
    }
}

/// Sleep, longer each time, unless the deadline has passed.
fn rest(
    pause: &mut Duration,
    waiting: Waiting,
    deadline: Duration,
    file: &File,
) -> Result<(), JournalError> {
    let waited = waiting.0.elapsed();
    if waited >= deadline {
        let holder = holder(file);
        return Err(JournalError::LockTimeout { waited, holder });
    }
    std::thread::sleep((*pause).min(deadline.saturating_sub(waited)));
    *pause = (*pause * 2).min(Duration::from_millis(2));
    Ok(())
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn holder(file: &File) -> Holder {
    let mut note = [0; 64];
    let length = file.read_at(&mut note, 0).unwrap_or(0);
    let note = String::from_utf8_lossy(&note[..length]);
    let mut words = note.split_whitespace();
    let pid = words.next().and_then(|word| word.parse().ok());
    let started = words.next().and_then(|word| word.parse::<u64>().ok());
    let state = pid
        .filter(|pid| start_ticks(*pid) == started)
        .and_then(proc_stat)
        .map_or(HolderState::Unknown, |stat| {
            match stat.first().map(String::as_str) {
                Some("T" | "t") => HolderState::Stopped,
                Some("D") => HolderState::Blocked,
                Some("Z" | "X") | None => HolderState::Unknown,
                Some(_) => HolderState::Running,
            }
        });
    Holder { pid, state }
}

/// Fields of `/proc/PID/stat` from the third (the state) on; see proc(5). The second is the
/// program's name and may contain anything, so everything up to its last parenthesis goes.
fn proc_stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

/// Field 22: when the process started, in clock ticks since boot.
fn start_ticks(pid: u32) -> Option<u64> {
    proc_stat(pid)?.get(19)?.parse().ok()
}
