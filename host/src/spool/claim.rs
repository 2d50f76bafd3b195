//! The claim on an attempt: a lock that its supervisor holds for life.
//!
//! `flock` belongs to the open file, not to the process: it can be handed to a child, and the
//! kernel gives it up when the last descriptor is closed, however that came about. A free claim
//! proves that nobody supervises. This file never breaks a lock and never asks who holds one.
#![expect(
    clippy::disallowed_methods,
    reason = "somebody's look at a claim is over in microseconds of real time"
)]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use uuid::Uuid;

use super::files;

/// How often a lock is asked for, about a millisecond apart.
const N_TRIES: u32 = 20;

/// Holds the claim until it, and whatever descriptor was made from it, is closed.
#[derive(Debug)]
pub struct Claim(File);

impl Claim {
    /// The locked file, to be handed on: whoever has a descriptor of it holds the claim.
    #[must_use]
    pub fn into_file(self) -> File {
        self.0
    }
}

/// Take the claim unless somebody holds it, longer than it takes to look at it.
pub(super) fn take(path: &Path) -> io::Result<Option<Claim>> {
    if let Some(claim) = first(path)? {
        return Ok(Some(claim));
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let mut file = files::open(&mut options, path)?;
    for _ in 0..N_TRIES {
        match file.try_lock() {
            Ok(()) if is_named(&file, path) => return Ok(Some(Claim(file))),
            // Removed meanwhile: this file keeps nobody out any more.
            Ok(()) => file = files::open(&mut options, path)?,
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// Take a claim that nobody had before; `None` when somebody had. It gets its name with the lock on
/// it: a claim that is there and free would say that its supervisor is dead.
fn first(path: &Path) -> io::Result<Option<Claim>> {
    if fs::symlink_metadata(path).is_ok() {
        return Ok(None);
    }
    let nameless = path.with_extension(Uuid::now_v7().to_string());
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    let file = files::open(&mut options, &nameless)?;
    let claimed = file.lock().and_then(|()| fs::hard_link(&nameless, path));
    fs::remove_file(&nameless)?;
    match claimed {
        Ok(()) => Ok(Some(Claim(file))),
        // Somebody else was quicker; or there are no links here, which leaves that moment.
        Err(_) => Ok(None),
    }
}

/// Take over the claim that came with `file`; `None` when it is another file or does not hold it.
pub(super) fn adopt(file: File, path: &Path) -> io::Result<Option<Claim>> {
    if !is_named(&file, path) {
        return Ok(None);
    }
    // Asking again through the same open file is granted at once.
    match file.try_lock() {
        Ok(()) => Ok(Some(Claim(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether somebody holds it. A shared lock, held for a moment, so that lookers do not see each
/// other.
pub(super) fn is_held(path: &Path) -> io::Result<bool> {
    let Some(file) = files::open_to_read(path)? else {
        return Ok(false);
    };
    loop {
        match file.try_lock_shared() {
            Ok(()) => return Ok(false),
            Err(TryLockError::WouldBlock) => return Ok(true),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

fn is_named(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}
