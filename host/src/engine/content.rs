//! Prompts and answers kept on disk, when the privacy level says so.
//!
//! Owns the folder `content/` of the state directory: files named by their SHA-256, mode 0600,
//! removed when they are older than the configured retention. The journal refers to them and never
//! holds their text. At every other privacy level this file does nothing.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Digest, OutputRef, PrivacyLevel, Telemetry};

use super::error::EngineError;

/// The store of one state directory.
#[derive(Debug, Clone)]
pub(super) struct Content {
    folder: PathBuf,
    telemetry: Telemetry,
}

impl Content {
    /// The store below `state_dir`; touches nothing yet.
    pub(super) fn new(state_dir: &Path, telemetry: &Telemetry) -> Self {
        Self {
            folder: state_dir.join("content"),
            telemetry: telemetry.clone(),
        }
    }

    /// Keep `text` if the privacy level is `full`.
    ///
    /// # Errors
    /// When it should be kept and cannot be.
    pub(super) fn keep(&self, text: &str) -> Result<Option<OutputRef>, EngineError> {
        if self.telemetry.privacy != PrivacyLevel::Full || text.is_empty() {
            return Ok(None);
        }
        let sha256 = Digest::of(text.as_bytes());
        let path = self.folder.join(sha256.as_str());
        self.write(&path, text)
            .map_err(|source| EngineError::Keep {
                path: path.clone(),
                source,
            })?;
        Ok(Some(OutputRef {
            path: format!("content/{sha256}"),
            bytes: text.len() as u64,
            sha256,
        }))
    }

    /// Remove what is older than the retention. What cannot be removed now is tried again later.
    pub(super) fn prune(&self, now: Timestamp) {
        let days = u64::from(self.telemetry.retention_days);
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        if days == 0 {
            return;
        }
        for entry in entries.flatten() {
            let modified = entry.metadata().and_then(|meta| meta.modified());
            let Ok(modified) = modified.map(Timestamp::try_from) else {
                continue;
            };
            let age = modified.map(|at| Duration::try_from(now - at).unwrap_or_default());
            if age.is_ok_and(|age| age > Duration::from_secs(days * 86_400)) {
                drop(fs::remove_file(entry.path()));
            }
        }
    }

    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        if !self.folder.is_dir() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&self.folder)?;
        }
        let temporary = path.with_extension(format!("{}.new", std::process::id()));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        fs::rename(&temporary, path)
    }
}
