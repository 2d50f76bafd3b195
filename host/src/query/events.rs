//! Events as they stand in the journal: of a run, over all runs, and what policies said.
//!
//! The index says where they are; what they say is read in the journal, which is the truth.

use jiff::Timestamp;

use crate::index::EventPlace;
use crate::journal::{JournalError, Reader, records_at};
use crate::model::{Body, InvocationNumber, PolicyJudged, RunId};

use super::error::QueryError;
use super::facade::Query;
use super::runs::{EventsPage, Record, RunEvents};

/// The most that one answer holds, in bytes of lines; it always holds one event.
const MOST_BYTES: usize = 8 << 20;

/// One time that policies were asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictRow {
    /// Number of its event.
    pub seq: u64,
    /// When it was put on record.
    pub at: Timestamp,
    /// The run that it was about; `None` when nothing was accepted.
    pub run: Option<RunId>,
    /// The request of it.
    pub invocation: Option<InvocationNumber>,
    /// What came of it, and what each policy said.
    pub said: PolicyJudged,
}

impl Query {
    /// Some events of a run, in order: those behind the number `after`, at most `limit`.
    ///
    /// # Errors
    /// When the index or the journal cannot be read.
    pub fn events_page(
        &self,
        run: &RunId,
        after: u64,
        limit: u32,
    ) -> Result<EventsPage, QueryError> {
        let Some(reader) = &self.reader else {
            return Ok(EventsPage::default());
        };
        // Asked first: the answer is never older than it says.
        let as_of_seq = self.as_of_seq()?;
        let mut places = reader
            .events_of(run, after, limit.saturating_add(1))
            .map_err(QueryError::Index)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = places.len() > limit;
        places.truncate(limit);
        let next = places.last().filter(|_| more).map(|last| last.cursor.seq);
        Ok(EventsPage {
            events: self.read(places)?,
            next,
            as_of_seq,
        })
    }

    /// Events of all runs behind the number `seq`, in order, at most `limit` and no more than a few
    /// megabytes; an empty list when there are none yet. `None` when that number is not on record:
    /// it is in the future, or its line is gone. Read from the journal itself, so it may hold more
    /// than the index knows.
    ///
    /// # Errors
    /// When the index or the journal cannot be read.
    pub fn events_after(&self, seq: u64, limit: usize) -> Result<Option<Vec<Record>>, QueryError> {
        let Some(mut journal) = self.behind(seq)? else {
            return Ok(None);
        };
        let mut records = Vec::new();
        let mut n_bytes = 0;
        while records.len() < limit && n_bytes < MOST_BYTES {
            let Some(record) = journal.next_record().map_err(QueryError::Record)? else {
                break;
            };
            n_bytes += record.line.len();
            records.push(record);
        }
        Ok(Some(records))
    }

    /// The last times that policies were asked and it went on record, over all runs, the latest
    /// first. Those whose line is gone are left out.
    ///
    /// # Errors
    /// When the index or the journal cannot be read.
    pub fn verdicts(&self, limit: u32) -> Result<Vec<VerdictRow>, QueryError> {
        let Some(reader) = &self.reader else {
            return Ok(Vec::new());
        };
        let places = reader.judged(limit).map_err(QueryError::Index)?;
        let records = self.read(places)?.records.into_iter();
        let verdicts = records.filter_map(|record| {
            let event = record.event;
            let Body::PolicyJudged(said) = event.body else {
                return None;
            };
            Some(VerdictRow {
                seq: event.seq,
                at: event.at,
                run: event.run,
                invocation: event.invocation,
                said,
            })
        });
        Ok(verdicts.collect())
    }

    pub(super) fn read(&self, places: Vec<EventPlace>) -> Result<RunEvents, QueryError> {
        let cursors: Vec<_> = places.into_iter().map(|place| place.cursor).collect();
        let records = records_at(&self.state_dir, &cursors).map_err(QueryError::Record)?;
        let n_all = records.len();
        let records: Vec<_> = records.into_iter().flatten().collect();
        Ok(RunEvents {
            n_missing: n_all - records.len(),
            records,
        })
    }

    /// The journal, read up to this number; `None` when it has no such number.
    fn behind(&self, seq: u64) -> Result<Option<Reader>, QueryError> {
        if seq == 0 {
            let start = Reader::open(&self.state_dir);
            return start.map(Some).map_err(QueryError::Record);
        }
        let Some(reader) = &self.reader else {
            return Ok(None);
        };
        let place = reader.event_at(seq).map_err(QueryError::Index)?;
        let cursor = match &place {
            Some(place) => Some(place.cursor.clone()),
            None => self.cursor()?.filter(|last| last.seq < seq),
        };
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let mut journal = match Reader::open_at(&self.state_dir, &cursor) {
            Ok(journal) => journal,
            Err(JournalError::CursorLost { .. }) => return Ok(None),
            Err(error) => return Err(QueryError::Record(error)),
        };
        // What the index does not know yet is little, and is read on the way.
        let mut reached = cursor.seq;
        while reached < seq {
            match journal.next_record().map_err(QueryError::Record)? {
                Some(record) => reached = record.event.seq,
                None => return Ok(None),
            }
        }
        Ok((reached == seq).then_some(journal))
    }
}
