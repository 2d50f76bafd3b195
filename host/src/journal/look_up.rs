//! Records at places that somebody remembers: one line read, and believed only if it is the same.
//!
//! Never walks the log; that is `read.rs`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

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
    let mut open: Option<Opened> = None;
    let mut found = Vec::with_capacity(cursors.len());
    for cursor in cursors {
        // Neighbours mostly stand in one file, which is then opened once.
        let stands = open
            .take()
            .filter(|opened| opened.segment == cursor.segment);
        let outcome = match stands {
            Some(opened) => Ok(opened),
            None => Opened::at(&log_dir, cursor),
        };
        let outcome = outcome.and_then(|opened| open.insert(opened).record(cursor));
        found.push(match outcome {
            Ok(record) => Some(record),
            Err(JournalError::CursorLost { .. }) => None,
            Err(error) => return Err(error),
        });
    }
    Ok(found)
}

/// The record at `cursor`, when it is still the same one.
pub(super) fn record_at(log_dir: &Path, cursor: &Cursor) -> Result<Record, JournalError> {
    Opened::at(log_dir, cursor)?.record(cursor)
}

/// A segment that is open for looking things up.
struct Opened {
    segment: u64,
    path: PathBuf,
    lines: Lines,
}

impl Opened {
    fn at(log_dir: &Path, cursor: &Cursor) -> Result<Self, JournalError> {
        let path = segment::path(log_dir, cursor.segment);
        match File::open(&path) {
            Ok(file) => Ok(Self {
                segment: cursor.segment,
                path,
                lines: Lines::for_one(file),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(lost(cursor)),
            Err(source) => Err(JournalError::Read { path, source }),
        }
    }

    fn record(&mut self, cursor: &Cursor) -> Result<Record, JournalError> {
        let path = &self.path;
        let failed = |source| JournalError::Read {
            path: path.clone(),
            source,
        };
        self.lines.seek(cursor.offset).map_err(failed)?;
        let line = self.lines.next().map_err(failed)?;
        let line = line.ok_or_else(|| lost(cursor))?;
        let text = line.text.filter(|_| line.terminated);
        let text = text.ok_or_else(|| lost(cursor))?;
        let entry = line::decode(text).map_err(|_| lost(cursor))?;
        let same = entry.event.log == cursor.log
            && entry.event.seq == cursor.seq
            && entry.crc == cursor.crc;
        if !same {
            return Err(lost(cursor));
        }
        Ok(Record {
            event: entry.event,
            cursor: cursor.clone(),
            command: entry.command,
            line: text.to_owned(),
        })
    }
}

fn lost(cursor: &Cursor) -> JournalError {
    JournalError::CursorLost {
        segment: cursor.segment,
        offset: cursor.offset,
        seq: cursor.seq,
    }
}

/// Whether the record at `cursor` is still there and the same.
#[must_use]
pub fn matches(state_dir: &Path, cursor: &Cursor) -> bool {
    record_at(&segment::log_dir(state_dir), cursor).is_ok()
}
