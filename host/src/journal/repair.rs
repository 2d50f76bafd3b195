//! After a failed sync: write the active segment anew, so that its bytes are dirty again and reach
//! the device, and set the old file aside.
//!
//! The system may hold pages that it marked clean although they never reached the device; syncing
//! the same file again proves nothing. A new file has only new pages.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::JournalError;
use super::lock::{LockFile, Waiting};
use super::read::Reader;
use super::segment;

/// What a repair did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairReport {
    /// Good events that were written anew.
    pub n_events: u64,
    /// Bytes that were left behind because they are not events.
    pub n_left_bytes: u64,
    /// The old file, under its new name; every byte of it is still there.
    pub set_aside: PathBuf,
}

/// Write the newest segment anew from its good records; `None` when there is no log.
///
/// Each sequence number is kept once. Indexes and snapshots whose place moved notice by themselves.
///
/// # Errors
/// When something cannot be read, written, or synced; the log is then as it was.
pub fn repair(state_dir: &Path) -> Result<Option<RepairReport>, JournalError> {
    let log_dir = segment::log_dir(state_dir);
    let mut lock = LockFile::open(&log_dir)?;
    let _held = lock.acquire(Waiting::begin(), Duration::from_secs(5))?;
    let mut reader = Reader::open(state_dir)?;
    let mut kept: Vec<(u64, Vec<u8>)> = Vec::new();
    while let Some(record) = reader.next_record()? {
        if kept
            .last()
            .is_none_or(|(first, _)| *first != record.cursor.segment)
        {
            kept.clear();
        }
        kept.push((record.cursor.segment, record.line));
    }
    let Some((active, _)) = reader.settled() else {
        return Ok(None);
    };
    kept.retain(|(first, _)| *first == active);

    let path = segment::path(&log_dir, active);
    let new = path.with_extension("jsonl.new");
    let created = |source| JournalError::Create {
        path: new.clone(),
        source,
    };
    let n_new_bytes = write_new(&new, &kept).map_err(created)?;
    let old_bytes = fs::metadata(&path).map_err(created)?.len();
    let set_aside = free_name(&path);
    fs::hard_link(&path, &set_aside).map_err(created)?;
    fs::rename(&new, &path).map_err(created)?;
    segment::sync_dir(&log_dir)?;
    Ok(Some(RepairReport {
        n_events: kept.len() as u64,
        n_left_bytes: old_bytes.saturating_sub(n_new_bytes),
        set_aside,
    }))
}

fn write_new(path: &Path, lines: &[(u64, Vec<u8>)]) -> io::Result<u64> {
    let file: File = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    let mut out = BufWriter::new(file);
    let mut n_bytes = 0;
    for (_, line) in lines {
        out.write_all(line)?;
        out.write_all(b"\n")?;
        n_bytes += line.len() as u64 + 1;
    }
    out.into_inner()?.sync_all()?;
    Ok(n_bytes)
}

fn free_name(path: &Path) -> PathBuf {
    let mut n = 1_u32;
    loop {
        let name = path.with_extension(format!("jsonl.set-aside-{n}"));
        if !name.exists() {
            return name;
        }
        n += 1;
    }
}
