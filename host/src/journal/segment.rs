//! The files of the log: their names, their order, and one that is open for appending.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::disk::Disk;
use super::error::JournalError;
use super::health;

/// `<state>/log`.
pub(super) fn log_dir(state_dir: &Path) -> PathBuf {
    state_dir.join("log")
}

/// The file of the segment whose first event is `first`: 20 digits, so that names sort as numbers.
pub(super) fn path(log_dir: &Path, first: u64) -> PathBuf {
    log_dir.join(format!("{first:020}.jsonl"))
}

/// All segments with their sizes, in order. Files with other names are not segments.
pub(super) fn list(log_dir: &Path) -> Result<Vec<(u64, u64)>, JournalError> {
    let failed = |source| JournalError::Read {
        path: log_dir.to_owned(),
        source,
    };
    let entries = match fs::read_dir(log_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut segments = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let first = name
            .to_str()
            .and_then(|name| name.strip_suffix(".jsonl"))
            .filter(|digits| digits.len() == 20)
            .and_then(|digits| digits.parse().ok());
        if let Some(first) = first {
            segments.push((first, entry.metadata().map_err(failed)?.len()));
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

/// Make a directory that only its owner may enter, parents included.
pub(super) fn create_private_dir(dir: &Path) -> Result<(), JournalError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|source| JournalError::Create {
            path: dir.to_owned(),
            source,
        })
}

/// Make the names in `dir` durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), JournalError> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|source| JournalError::Sync {
            path: dir.to_owned(),
            source,
        })
}

/// A segment that is open for appending, and how much of it is known to be durable.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) first: u64,
    pub(super) path: PathBuf,
    pub(super) file: File,
    disk: Arc<dyn Disk>,
    sync: Mutex<SyncState>,
    synced: Condvar,
}

#[derive(Debug, Default)]
struct SyncState {
    /// End of the newest append of this process, or of what it has read.
    written: u64,
    /// Everything before is durable.
    durable: u64,
    running: bool,
}

impl Segment {
    /// Open a segment that is there.
    pub(super) fn open(
        log_dir: &Path,
        first: u64,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, JournalError> {
        Self::with(log_dir, first, disk, OpenOptions::new().append(true))
    }

    /// Make a segment; one that somebody else made meanwhile is as good.
    pub(super) fn create(
        log_dir: &Path,
        first: u64,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, JournalError> {
        let mut options = OpenOptions::new();
        options.append(true).create_new(true).mode(0o600);
        match Self::with(log_dir, first, Arc::clone(&disk), &options) {
            Err(JournalError::Create { source, .. })
                if source.kind() == io::ErrorKind::AlreadyExists =>
            {
                Self::open(log_dir, first, disk)
            }
            other => other,
        }
    }

    fn with(
        log_dir: &Path,
        first: u64,
        disk: Arc<dyn Disk>,
        options: &OpenOptions,
    ) -> Result<Self, JournalError> {
        let path = path(log_dir, first);
        match options.open(&path) {
            Ok(file) => Ok(Self {
                first,
                path,
                file,
                disk,
                sync: Mutex::default(),
                synced: Condvar::new(),
            }),
            Err(source) => Err(JournalError::Create { path, source }),
        }
    }

    /// Its size, when the file behind its name is still the one that is open.
    pub(super) fn size(&self) -> Option<u64> {
        let named = fs::metadata(&self.path).ok()?;
        let open = self.file.metadata().ok()?;
        ((named.dev(), named.ino()) == (open.dev(), open.ino())).then_some(named.len())
    }

    /// Tell that bytes up to `end` are in the file.
    pub(super) fn note_written(&self, end: u64) {
        let mut sync = self.sync.lock().unwrap_or_else(PoisonError::into_inner);
        sync.written = sync.written.max(end);
    }

    /// Wait until every byte before `end` is durable. Threads that wait at the same time share one
    /// sync: whoever comes first syncs for all that was written until then.
    ///
    /// # Errors
    /// When the device does not confirm, now or earlier; it is never asked twice.
    pub(super) fn sync_to(&self, end: u64, log_dir: &Path) -> Result<(), JournalError> {
        let mut sync = self.sync.lock().unwrap_or_else(PoisonError::into_inner);
        sync.written = sync.written.max(end);
        while sync.durable < end {
            health::check(log_dir)?;
            if sync.running {
                sync = self
                    .synced
                    .wait(sync)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            sync.running = true;
            let target = sync.written;
            drop(sync);
            let outcome = self.sync_now(log_dir);
            sync = self.sync.lock().unwrap_or_else(PoisonError::into_inner);
            sync.running = false;
            self.synced.notify_all();
            outcome?;
            sync.durable = sync.durable.max(target);
        }
        Ok(())
    }

    /// Sync, whatever is known to be durable.
    ///
    /// # Errors
    /// When the device does not confirm; the journal is read-only from then on.
    pub(super) fn sync_now(&self, log_dir: &Path) -> Result<(), JournalError> {
        self.disk.sync(&self.file).map_err(|source| {
            health::mark_read_only(log_dir);
            JournalError::Sync {
                path: self.path.clone(),
                source,
            }
        })
    }
}
