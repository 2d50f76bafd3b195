//! Files of the board, written so that a crash at any point loses nothing.
//!
//! A file is written whole under a hidden name, made durable, and then given its name. A move makes
//! the new file before it removes the old one, so a crash leaves the task twice and never not at all.
//! Processes of this program take turns by a lock on the folder of tasks; others are noticed by what
//! they changed. No file is ever written over that is not the one that was read.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::folder::{Folder, NotRead};
use super::task::MAX_BYTES;

/// How a file is called while it is written.
const PREFIX: &str = ".tollgate-";
/// How often the lock is tried, and the pause in between: two seconds in all.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(10);

/// Tells files apart that one process writes at once.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Why nothing was written.
#[derive(Debug)]
pub(super) enum NotWritten {
    /// The file is not the one that was read.
    Changed,
    /// Something has the new name.
    Exists,
    Io(io::Error),
}

impl From<io::Error> for NotWritten {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists,
            _ => Self::Io(error),
        }
    }
}

/// The right to write; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Turn(File);

impl Drop for Turn {
    fn drop(&mut self) {
        // Closing the file would release it as well; there is nothing better to do on an error.
        drop(self.0.unlock());
    }
}

/// Wait for the right to write; `None` when another process kept it for two seconds.
pub(super) fn take_turn(tasks: &Folder) -> io::Result<Option<Turn>> {
    let file = tasks.handle_for_lock()?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(Turn(file))),
            // The kernel's own wait has no end, and a process that is stopped would keep us for ever.
            Err(TryLockError::WouldBlock) => thread::park_timeout(PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// A file that was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) folder: &'a Folder,
    pub(super) name: &'a OsStr,
    /// What was read.
    pub(super) bytes: &'a [u8],
}

impl Source<'_> {
    /// Whether it still holds what was read. Its times would not tell: two writes can share a tick.
    fn is_unchanged(&self) -> Result<(), NotWritten> {
        match self.folder.read(self.name, MAX_BYTES) {
            Ok((now, _)) if now == self.bytes => Ok(()),
            Err(NotRead::Io(error)) => Err(NotWritten::Io(error)),
            Ok(_) | Err(NotRead::Gone | NotRead::Link | NotRead::NotAFile | NotRead::TooLarge) => {
                Err(NotWritten::Changed)
            }
        }
    }
}

/// Put other content in the place of a file.
pub(super) fn replace(source: Source<'_>, bytes: &[u8]) -> Result<(), NotWritten> {
    let draft = Draft::write(source, source.folder, bytes)?;
    source.is_unchanged()?;
    source
        .folder
        .rename_over(&draft.name, source.folder, source.name)?;
    draft.keep();
    Ok(source.folder.sync()?)
}

/// Put other content under the same name in another folder, and remove the file.
pub(super) fn carry(source: Source<'_>, to: &Folder, bytes: &[u8]) -> Result<(), NotWritten> {
    publish(source, to, bytes)?;
    // Removed only if nobody wrote to it while the new one was made.
    if let Err(error) = source
        .is_unchanged()
        .and_then(|()| Ok(source.folder.remove(source.name)?))
    {
        to.remove(source.name)?;
        to.sync()?;
        return Err(error);
    }
    Ok(source.folder.sync()?)
}

/// The first half of a move: the new file is there, and so is the old one.
pub(super) fn publish(source: Source<'_>, to: &Folder, bytes: &[u8]) -> Result<(), NotWritten> {
    let draft = Draft::write(source, to, bytes)?;
    to.rename_new(&draft.name, to, source.name)?;
    draft.keep();
    Ok(to.sync()?)
}

/// A file that has no name of its own yet.
struct Draft<'a> {
    folder: &'a Folder,
    name: OsString,
    is_placed: bool,
}

impl<'a> Draft<'a> {
    fn write(source: Source<'_>, folder: &'a Folder, bytes: &[u8]) -> Result<Self, NotWritten> {
        // Whoever holds the turn is alone, so drafts of others were left by a crash.
        sweep(folder)?;
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = OsString::from(format!("{PREFIX}{}-{number}.tmp", std::process::id()));
        let draft = Self {
            folder,
            name,
            is_placed: false,
        };
        let like = source.folder.like(source.name)?;
        folder.create(&draft.name, bytes, &like)?;
        Ok(draft)
    }

    fn keep(mut self) {
        self.is_placed = true;
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.is_placed {
            // It may not have been made; what stays is swept by whoever writes next.
            drop(self.folder.remove(&self.name));
        }
    }
}

fn sweep(folder: &Folder) -> io::Result<()> {
    for name in folder.hidden(PREFIX)? {
        if Path::new(&name).extension() == Some(OsStr::new("tmp")) {
            folder.remove(&name)?;
        }
    }
    Ok(())
}
