//! New records as they are put on record, for whoever shows them live.
//!
//! Reads the journal and nothing else: it takes no lock, writes nothing, and never says more than
//! the record does. It sleeps until the log's folder changes, so a quiet log costs nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::journal::{JournalError, Reader, Record};
use crate::model::Cursor;
use crate::spool::Watch;

use super::error::EngineError;

/// How long a change may go unnoticed where the system gives notice but lost one.
const AT_MOST: Duration = Duration::from_secs(5);

/// Follows the journal over all of its segments.
#[derive(Debug)]
pub struct Tail {
    state_dir: PathBuf,
    reader: Reader,
    watch: Watch,
    /// The last record given out, or the one that was read on behind.
    last: Option<Cursor>,
}

impl Tail {
    /// Read on behind the record at `behind`, or from the beginning. Belongs inside a tokio runtime
    /// whose input and timers are on. A log that does not exist yet is waited for.
    ///
    /// # Errors
    /// When the journal cannot be read, or that record is not there any more
    /// ([`JournalError::CursorLost`]).
    pub fn open(state_dir: &Path, behind: Option<Cursor>) -> Result<Self, EngineError> {
        // Watched first: what is written while the journal is opened is then noticed.
        let watch = Watch::new(&[&state_dir.join("log")]);
        let reader = match &behind {
            Some(cursor) => Reader::open_at(state_dir, cursor),
            None => Reader::open(state_dir),
        };
        Ok(Self {
            state_dir: state_dir.to_owned(),
            reader: reader.map_err(EngineError::ReadRecord)?,
            watch,
            last: behind,
        })
    }

    /// The last record given out, or the one that was read on behind.
    #[must_use]
    pub fn cursor(&self) -> Option<&Cursor> {
        self.last.as_ref()
    }

    /// Wait for the next records: at least one, at most `limit`, in order, each once. `None` when
    /// the log is not the one any more that was read so far (swapped, cut, or put away): whoever
    /// shows it begins anew. May be dropped at any moment without losing one.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn next(&mut self, limit: usize) -> Result<Option<Vec<Record>>, EngineError> {
        loop {
            let records = self.read(limit)?;
            if !records.is_empty() {
                return Ok(Some(records));
            }
            if !self.reader.is_current().map_err(EngineError::ReadRecord)? {
                if !self.open_again()? {
                    return Ok(None);
                }
                continue;
            }
            self.watch.changed(AT_MOST).await;
        }
    }

    /// What is there already, at most `limit`.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn read(&mut self, limit: usize) -> Result<Vec<Record>, EngineError> {
        let mut records = Vec::new();
        while records.len() < limit.max(1) {
            let next = self.reader.next_record();
            let Some(record) = next.map_err(EngineError::ReadRecord)? else {
                break;
            };
            self.last = Some(record.cursor.clone());
            records.push(record);
        }
        Ok(records)
    }

    /// A repair puts a copy in the place of a segment; one reads on in it where the last record is
    /// still the same.
    fn open_again(&mut self) -> Result<bool, EngineError> {
        let Some(last) = &self.last else {
            self.reader = Reader::open(&self.state_dir).map_err(EngineError::ReadRecord)?;
            return Ok(true);
        };
        match Reader::open_at(&self.state_dir, last) {
            Ok(reader) => {
                self.reader = reader;
                Ok(true)
            }
            Err(JournalError::CursorLost { .. }) => Ok(false),
            Err(error) => Err(EngineError::ReadRecord(error)),
        }
    }
}
