//! Which journals this process may not write to any more, because a sync failed.
//!
//! Process-wide on purpose: opening the journal again must not be a way to retry. After a failed
//! sync the system may mark the pages clean, so that a second one succeeds without the data
//! (Rebello et al., USENIX ATC 2020; PostgreSQL panics for the same reason since 2018).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::error::JournalError;

static READ_ONLY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

pub(super) fn mark_read_only(log_dir: &Path) {
    READ_ONLY
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(log_dir.to_owned());
}

pub(super) fn check(log_dir: &Path) -> Result<(), JournalError> {
    let read_only = READ_ONLY.lock().unwrap_or_else(PoisonError::into_inner);
    if read_only.contains(log_dir) {
        return Err(JournalError::ReadOnly {
            dir: log_dir.to_owned(),
        });
    }
    Ok(())
}
