//! The writer's lock, and in it a note on how the index was left.
//!
//! A writer that closes in order notes size, time of change, and inode of the index files. If
//! they differ at the next start, somebody else wrote to them, and the index is not believed. If
//! there is no note, the last writer died, and SQLite checks the file's structure.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::error::IndexError;
use super::place;

/// How the index was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// As its writer left it.
    InOrder,
    /// By a writer that did not close it, or never opened.
    Open,
    /// Found damaged, or changed by somebody else since.
    Suspect,
}

/// The one writer's lock; released when dropped.
#[derive(Debug)]
pub(super) struct Marker {
    path: PathBuf,
    file: File,
}

impl Marker {
    /// Keep writers away for a look that changes nothing; `None` when there never was one.
    pub(super) fn hush(dir: &Path) -> Result<Option<Self>, IndexError> {
        let path = dir.join("index.lock");
        let Ok(file) = File::open(&path) else {
            return Ok(None);
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Self { path, file })),
            Err(TryLockError::WouldBlock) => Err(IndexError::Busy),
            Err(TryLockError::Error(source)) => Err(IndexError::File { path, source }),
        }
    }

    /// Take the lock without waiting.
    pub(super) fn acquire(dir: &Path) -> Result<Self, IndexError> {
        let path = dir.join("index.lock");
        let failed = |source| IndexError::File {
            path: path.clone(),
            source,
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, file }),
            Err(TryLockError::WouldBlock) => Err(IndexError::Busy),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    pub(super) fn left(&self, index: &Path) -> Left {
        match fs::read_to_string(&self.path) {
            Ok(note) if note.is_empty() || note == "open" => Left::Open,
            Ok(note) if note == fingerprint(index) => Left::InOrder,
            _ => Left::Suspect,
        }
    }

    pub(super) fn note_open(&self) -> Result<(), IndexError> {
        self.note("open")
    }

    pub(super) fn note_suspect(&self) -> Result<(), IndexError> {
        self.note("suspect")
    }

    pub(super) fn note_closed(&self, index: &Path) -> Result<(), IndexError> {
        self.note(&fingerprint(index))
    }

    fn note(&self, text: &str) -> Result<(), IndexError> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.write_all_at(text.as_bytes(), 0))
            .map_err(|source| IndexError::File {
                path: self.path.clone(),
                source,
            })
    }
}

fn fingerprint(index: &Path) -> String {
    let mut text = index
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    for path in [index.to_owned(), place::companion(index, "-wal")] {
        match fs::metadata(&path) {
            // Writing to a String cannot fail.
            // A reader leaves an empty log behind, which says the same as none.
            Ok(file) if file.len() > 0 => drop(write!(
                text,
                " {}:{}:{}.{}",
                file.ino(),
                file.len(),
                file.mtime(),
                file.mtime_nsec()
            )),
            Ok(_) | Err(_) => text.push_str(" none"),
        }
    }
    text
}
