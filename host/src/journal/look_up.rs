//! Records at places that somebody remembers: one line read, and believed only if it is the same.
//!
//! Never walks the log; that is `read.rs`.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::model::Cursor;

use super::batch::Record;
use super::error::JournalError;
use super::line;
use super::lines::Lines;
use super::segment;

/// The records at `cursors`, each looked up by itself; `None` where it is not there any more.
///
/// # Errors
/// When a file cannot be read.
pub fn records_at(
    state_dir: &Path,
    cursors: &[Cursor],
) -> Result<Vec<Option<Record>>, JournalError> {
    let log_dir = segment::log_dir(state_dir);
    let found = cursors
        .iter()
        .map(|cursor| match record_at(&log_dir, cursor) {
            Ok(record) => Ok(Some(record)),
            Err(JournalError::CursorLost { .. }) => Ok(None),
            Err(error) => Err(error),
        });
    found.collect()
}

/// The record at `cursor`, when it is still the same one.
pub(super) fn record_at(log_dir: &Path, cursor: &Cursor) -> Result<Record, JournalError> {
    let lost = || JournalError::CursorLost {
        segment: cursor.segment,
        offset: cursor.offset,
        seq: cursor.seq,
    };
    let path = segment::path(log_dir, cursor.segment);
    let failed = |source| JournalError::Read {
        path: path.clone(),
        source,
    };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(lost()),
        Err(error) => return Err(failed(error)),
    };
    let mut lines = Lines::for_one(file);
    lines.seek(cursor.offset).map_err(failed)?;
    let line = lines.next().map_err(failed)?.ok_or_else(lost)?;
    let text = line.text.filter(|_| line.terminated).ok_or_else(lost)?;
    let entry = line::decode(text).map_err(|_| lost())?;
    let same =
        entry.event.log == cursor.log && entry.event.seq == cursor.seq && entry.crc == cursor.crc;
    if !same {
        return Err(lost());
    }
    Ok(Record {
        event: entry.event,
        cursor: cursor.clone(),
        command: entry.command,
        line: text.to_owned(),
    })
}

/// Whether the record at `cursor` is still there and the same.
#[must_use]
pub fn matches(state_dir: &Path, cursor: &Cursor) -> bool {
    record_at(&segment::log_dir(state_dir), cursor).is_ok()
}
