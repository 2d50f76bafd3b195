//! The folder of one attempt: who runs it, what it says, how it ended.
//!
//! One supervisor writes here, the holder of the claim; anybody may read at any moment and finds
//! each file whole or not there. It never judges what the files say.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::capped_log::CappedLog;
use super::claim::{self, Claim};
use super::error::SpoolError;
use super::files;
use super::found::Found;
use super::place::Keep;
use super::progress::{ProgressLog, ProgressReader};
use crate::model::Source;

pub(super) const CLAIM: &str = "claim";
const PROCESS: &str = "process.json";
const EXIT: &str = "exit.json";
const PROGRESS: &str = "progress.jsonl";
const ANSWER: &str = "answer";
pub(super) const SUPERVISOR: &str = "supervisor.log";

/// `runs/RUN-20261122-001/i1/a1`; a path, which may not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptFolder {
    path: PathBuf,
}

/// A piece of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPart {
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    /// What the tool wrote.
    pub bytes: Vec<u8>,
}

impl LogPart {
    /// Where the next piece begins.
    #[must_use]
    pub fn next_offset(&self) -> u64 {
        self.offset + u64::try_from(self.bytes.len()).unwrap_or_default()
    }
}

impl AttemptFolder {
    /// The folder at `path`, as a supervisor is told it; touches nothing.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Make the folder, within an invocation that was settled. Again is as good.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(&self) -> Result<(), SpoolError> {
        files::make_folder(&self.path)
    }

    /// Take the claim; `None` when another holds it. Takes at most about 20 ms.
    ///
    /// # Errors
    /// When there is no folder, or the lock cannot be used.
    pub fn claim(&self) -> Result<Option<Claim>, SpoolError> {
        self.claimed_by(claim::take(&self.path.join(CLAIM)))
    }

    /// Take over the claim that was handed on as `file`; `None` when it is not this attempt's, or
    /// another holds it.
    ///
    /// # Errors
    /// When the lock cannot be used.
    pub fn adopt_claim(&self, file: File) -> Result<Option<Claim>, SpoolError> {
        self.claimed_by(claim::adopt(file, &self.path.join(CLAIM)))
    }

    /// Whether somebody holds the claim. No file: nobody. Disturbs nobody who takes it meanwhile.
    ///
    /// # Errors
    /// When the lock cannot be looked at.
    pub fn is_claimed(&self) -> Result<bool, SpoolError> {
        self.claimed_by(claim::is_held(&self.path.join(CLAIM)))
    }

    /// Whether anything of what it said is kept.
    #[must_use]
    pub fn has_content(&self) -> bool {
        [PROGRESS, EXIT]
            .iter()
            .any(|name| self.path.join(name).is_file())
    }

    /// Whether anybody ever claimed it.
    #[must_use]
    pub fn was_claimed(&self) -> bool {
        self.path.join(CLAIM).is_file()
    }

    /// Write down who runs. It need not survive a power failure: neither does the process.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_process<T: Serialize>(&self, process: &T) -> Result<(), SpoolError> {
        self.write_json(PROCESS, process, Keep::Fast)
    }

    /// Who runs, or ran.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn process<T: DeserializeOwned>(&self) -> Result<Found<T>, SpoolError> {
        files::read_json(&self.path.join(PROCESS))
    }

    /// Write down how it ended.
    ///
    /// # Errors
    /// When it cannot be written or, if durable, the device does not confirm.
    pub fn write_exit<T: Serialize>(&self, exit: &T, keep: Keep) -> Result<(), SpoolError> {
        self.write_json(EXIT, exit, keep)
    }

    /// How it ended.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn exit<T: DeserializeOwned>(&self) -> Result<Found<T>, SpoolError> {
        files::read_json(&self.path.join(EXIT))
    }

    /// Write down the answer, before the exit that speaks of it.
    ///
    /// # Errors
    /// When it cannot be written or, if durable, the device does not confirm.
    pub fn write_answer(&self, answer: &str, keep: Keep) -> Result<(), SpoolError> {
        files::replace(&self.path, ANSWER, answer.as_bytes(), keep)
    }

    /// The answer, while it is kept.
    ///
    /// # Errors
    /// When the file cannot be read or is not text.
    pub fn answer(&self) -> Result<Option<String>, SpoolError> {
        files::read_text(&self.path.join(ANSWER))
    }

    /// The writing end of what a viewer shows. Never fails; see [`ProgressLog::error`].
    #[must_use]
    pub fn progress(&self) -> ProgressLog {
        ProgressLog::open(&self.path.join(PROGRESS))
    }

    /// A reading end of what a viewer shows, from the start; there need be nothing yet.
    #[must_use]
    pub fn read_progress(&self) -> ProgressReader {
        ProgressReader::open(self.path.join(PROGRESS))
    }

    /// The writing end of what the tool wrote. Never fails; see [`CappedLog::error`].
    #[must_use]
    pub fn log(&self, source: Source) -> CappedLog {
        CappedLog::open(&self.path.join(log_name(source)))
    }

    /// Where what the tool wrote is kept, if it is.
    #[must_use]
    pub fn log_path(&self, source: Source) -> Option<PathBuf> {
        let path = self.path.join(log_name(source));
        path.is_file().then_some(path)
    }

    /// At most `limit` bytes of what the tool wrote, from `offset` on; empty beyond the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read_log(
        &self,
        source: Source,
        offset: u64,
        limit: usize,
    ) -> Result<LogPart, SpoolError> {
        self.read_part(log_name(source), |_| offset, limit)
    }

    /// The last `limit` bytes of what the tool wrote.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_bytes(&self, source: Source, limit: usize) -> Result<LogPart, SpoolError> {
        self.read_part(log_name(source), |length| from_end(length, limit), limit)
    }

    /// Where a supervisor's own words go, open for appending.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn supervisor_log(&self) -> Result<File, SpoolError> {
        let path = self.path.join(SUPERVISOR);
        files::open(OpenOptions::new().append(true).create(true), &path)
            .map_err(|source| SpoolError::Write { path, source })
    }

    /// The last `limit` bytes of the supervisor's own words.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_supervisor_bytes(&self, limit: usize) -> Result<LogPart, SpoolError> {
        self.read_part(SUPERVISOR, |length| from_end(length, limit), limit)
    }

    fn write_json<T: Serialize>(
        &self,
        name: &str,
        value: &T,
        keep: Keep,
    ) -> Result<(), SpoolError> {
        let bytes = files::to_json(&self.path.join(name), value)?;
        files::replace(&self.path, name, &bytes, keep)
    }

    fn claimed_by<T>(&self, result: io::Result<T>) -> Result<T, SpoolError> {
        result.map_err(|source| SpoolError::Claim {
            path: self.path.join(CLAIM),
            source,
        })
    }

    fn read_part(
        &self,
        name: &str,
        offset: impl FnOnce(u64) -> u64,
        limit: usize,
    ) -> Result<LogPart, SpoolError> {
        let path = self.path.join(name);
        let read = || {
            let Some(file) = files::open_to_read(&path)? else {
                let (offset, bytes) = (offset(0), Vec::new());
                return Ok(LogPart { offset, bytes });
            };
            let length = file.metadata()?.len();
            let offset = offset(length);
            let there = usize::try_from(length.saturating_sub(offset)).unwrap_or(usize::MAX);
            let mut bytes = vec![0; there.min(limit)];
            file.read_exact_at(&mut bytes, offset)?;
            Ok(LogPart { offset, bytes })
        };
        read().map_err(|source| SpoolError::Read {
            path: path.clone(),
            source,
        })
    }
}

fn from_end(length: u64, limit: usize) -> u64 {
    length.saturating_sub(u64::try_from(limit).unwrap_or(u64::MAX))
}

fn log_name(source: Source) -> &'static str {
    match source {
        Source::Stdout => "stdout.log",
        Source::Stderr => "stderr.log",
        Source::OutputFile => "output.log",
    }
}
