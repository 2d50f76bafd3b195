//! Keeping the index in step with the journal.
//!
//! The journal is read, the index is written, and neither knows of the other. Any doubt about the
//! index ends in a new one; nobody has to ask for it.

use std::path::Path;
use std::time::Duration;

use crate::index::{CatchUpError, IndexError, IndexWriter, catch_up};
use crate::journal::{self, JournalError, Reader};
use crate::model::{Clock, Cursor, Event};

use super::error::EngineError;

/// What bringing the index up to date did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indexed {
    /// The log that is indexed; `None` when there is no log yet.
    pub log: Option<String>,
    /// Events taken in.
    pub n_events: u64,
    /// Why the index was made anew, if it was.
    pub rebuilt: Option<&'static str>,
    /// Another process was at it, and nothing was done here.
    pub busy: bool,
    /// How long it took.
    pub duration: Duration,
}

/// Bring the index up to the journal's end, making it anew where it cannot be believed.
///
/// Another process that is at it does the same work; then this one has nothing to do.
///
/// # Errors
/// When the journal cannot be read or the index not written.
pub fn refresh_index(state_dir: &Path, clock: &dyn Clock) -> Result<Indexed, EngineError> {
    index(state_dir, clock, |log| {
        IndexWriter::open(state_dir, log, |cursor| journal::matches(state_dir, cursor))
    })
}

/// Make the index anew from the journal, whatever state it is in.
///
/// # Errors
/// When the journal cannot be read or the index not written.
pub fn rebuild_index(state_dir: &Path, clock: &dyn Clock) -> Result<Indexed, EngineError> {
    index(state_dir, clock, |log| IndexWriter::rebuild(state_dir, log))
}

fn index(
    state_dir: &Path,
    clock: &dyn Clock,
    open: impl FnOnce(&str) -> Result<IndexWriter, IndexError>,
) -> Result<Indexed, EngineError> {
    let began = clock.monotonic();
    let mut indexed = Indexed {
        log: log_of(state_dir)?,
        n_events: 0,
        rebuilt: None,
        busy: false,
        duration: Duration::ZERO,
    };
    let Some(log) = &indexed.log else {
        return Ok(indexed);
    };
    let mut writer = match open(log) {
        Ok(writer) => writer,
        Err(IndexError::Busy) => {
            indexed.busy = true;
            return Ok(indexed);
        }
        Err(error) => return Err(EngineError::Index(error)),
    };
    indexed.rebuilt = writer.rebuilding().map(|reason| reason.as_str());
    let reader = match writer.cursor() {
        Some(cursor) => Reader::open_at(state_dir, cursor),
        None => Reader::open(state_dir),
    };
    let records = Records(reader.map_err(EngineError::ReadRecord)?);
    indexed.n_events = catch_up(&mut writer, records).map_err(|error| match error {
        CatchUpError::Source(error) => EngineError::ReadRecord(error),
        CatchUpError::Index(error) => EngineError::Index(error),
    })?;
    indexed.duration = clock.monotonic().saturating_sub(began);
    Ok(indexed)
}

/// The log's id, from its first good record; `None` when nothing is on record.
///
/// # Errors
/// When the journal cannot be read.
pub fn log_of(state_dir: &Path) -> Result<Option<String>, EngineError> {
    let first = Reader::open(state_dir)
        .and_then(|mut reader| reader.next_record())
        .map_err(EngineError::ReadRecord)?;
    Ok(first.map(|record| record.event.log))
}

/// The journal's records as the index takes them.
struct Records(Reader);

impl Iterator for Records {
    type Item = Result<(Cursor, Event), JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0
            .next_record()
            .map(|record| record.map(|record| (record.cursor, record.event)))
            .transpose()
    }
}
