//! How far a collector has got: `<state>/otlp/DIGEST.json`, replaced whole, and its lock.
//!
//! It moves only after the collector has acknowledged, so what is lost in between is sent again.
//! The sums of the metrics stand in the same file: place and sums change together or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::OtlpError;
use crate::model::{Cursor, OtlpEndpoint};
use crate::telemetry::Sums;

/// Version of the file. A reader refuses others.
const VERSION: u32 = 1;

/// No such file is larger, in bytes: the most series there are, with the longest names.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// How far a collector has got. Nobody else can move it while this is there.
#[derive(Debug)]
pub struct Bookmark {
    /// `None`: it is not kept.
    place: Option<Place>,
    pub(super) kept: Kept,
}

#[derive(Debug)]
struct Place {
    path: PathBuf,
    /// Held until it is dropped.
    _lock: File,
}

/// What stands in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    version: u32,
    /// For people; the file is found by its name.
    endpoint: OtlpEndpoint,
    /// The last record of the journal that was told.
    pub(super) at: Option<Cursor>,
    /// Whether the collector has ever taken anything.
    pub(super) has_taken: bool,
    /// Whether the sums changed since the collector has taken them.
    pub(super) has_untold_sums: bool,
    pub(super) sums: Sums,
}

impl Bookmark {
    /// The place that `endpoint` has got to in `log`; the beginning when there is none, or when it
    /// is in another log.
    ///
    /// # Errors
    /// [`OtlpError::InUse`] when another process has it; [`OtlpError::Damaged`] when it cannot be
    /// understood; else when the system refuses.
    pub fn open(state_dir: &Path, endpoint: &OtlpEndpoint, log: &str) -> Result<Self, OtlpError> {
        let path = path(state_dir, endpoint);
        let dir = path.parent().unwrap_or(state_dir);
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder
            .create(dir)
            .map_err(OtlpError::file("create", dir))?;
        let lock = lock(&path.with_extension("lock"), endpoint)?;
        let mut kept = read(&path)?.unwrap_or_else(|| Kept::beginning(endpoint));
        if kept.at.as_ref().is_some_and(|at| at.log != log) {
            // Another log has other runs, other ids, and sums of its own.
            kept = Kept::beginning(endpoint);
        }
        Ok(Self {
            place: Some(Place { path, _lock: lock }),
            kept,
        })
    }

    /// The place that `endpoint` has got to in `log`, for looking: whoever sends is not in the way.
    ///
    /// # Errors
    /// [`OtlpError::Damaged`] when it cannot be understood; else when the system refuses.
    pub fn place(
        state_dir: &Path,
        endpoint: &OtlpEndpoint,
        log: &str,
    ) -> Result<Option<Cursor>, OtlpError> {
        // The file is replaced whole, so it is never read in the middle of a change.
        let kept = read(&path(state_dir, endpoint))?;
        let at = kept.and_then(|kept| kept.at);
        Ok(at.filter(|at| at.log == log))
    }

    /// A place that is not kept and counts nothing, for sending again what may have been sent:
    /// ids are the same, sums would not be.
    #[must_use]
    pub fn unkept(endpoint: &OtlpEndpoint, at: Option<Cursor>) -> Self {
        let kept = Kept {
            at,
            ..Kept::beginning(endpoint)
        };
        Self { place: None, kept }
    }

    /// The last record of the journal that was told; `None` at the beginning.
    #[must_use]
    pub fn at(&self) -> Option<&Cursor> {
        self.kept.at.as_ref()
    }

    /// Its sequence number; 0 at the beginning.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.at().map_or(0, |at| at.seq)
    }

    /// Whether it is kept, and sums with it.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.place.is_some()
    }

    /// Make what is in `kept` durable, then true.
    pub(super) fn move_to(&mut self, kept: Kept) -> Result<(), OtlpError> {
        if let Some(place) = &self.place {
            write(&place.path, &kept)?;
        }
        self.kept = kept;
        Ok(())
    }
}

impl Kept {
    fn beginning(endpoint: &OtlpEndpoint) -> Self {
        Self {
            version: VERSION,
            endpoint: endpoint.clone(),
            at: None,
            has_taken: false,
            has_untold_sums: false,
            sums: Sums::default(),
        }
    }
}

fn path(state_dir: &Path, endpoint: &OtlpEndpoint) -> PathBuf {
    let name = format!("{}.json", endpoint.digest());
    state_dir.join("otlp").join(name)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

fn lock(path: &Path, endpoint: &OtlpEndpoint) -> Result<File, OtlpError> {
    let mut options = private();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.open(path).map_err(OtlpError::file("open", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OtlpError::InUse {
            endpoint: endpoint.clone(),
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(OtlpError::file("lock", path)(error)),
    }
}

fn read(path: &Path) -> Result<Option<Kept>, OtlpError> {
    let damaged = |problem: String| OtlpError::Damaged {
        path: path.to_owned(),
        problem,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(OtlpError::file("read", path)(error)),
    };
    let mut bytes = Vec::new();
    let mut bounded = file.take(MOST_BYTES + 1);
    let n_read = bounded.read_to_end(&mut bytes);
    n_read.map_err(OtlpError::file("read", path))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(damaged("it is larger than 32 MiB".to_owned()));
    }
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if kept.version != VERSION {
        let problem = format!("its version is {}, not {VERSION}", kept.version);
        return Err(damaged(problem));
    }
    Ok(Some(kept))
}

/// Replace the file: written aside, synced, renamed, and the directory synced.
fn write(path: &Path, kept: &Kept) -> Result<(), OtlpError> {
    let failed = || OtlpError::file("write", path);
    let text = serde_json::to_vec(kept).map_err(|error| failed()(error.into()))?;
    let aside = path.with_extension("new");
    // Nobody else writes: the lock is held.
    let mut options = private();
    options.write(true).create(true).truncate(true);
    let mut file = options.open(&aside).map_err(failed())?;
    let written = file.write_all(&text).and_then(|()| file.sync_all());
    written.map_err(failed())?;
    fs::rename(&aside, path).map_err(failed())?;
    let dir = path.parent().unwrap_or(Path::new("."));
    let synced = File::open(dir).and_then(|dir| dir.sync_all());
    synced.map_err(OtlpError::file("sync", dir))
}
