//! Where the journal keeps events: of a run, at a number, and what policies said.
//!
//! Places only; whoever wants to know what an event says reads it there.

use jiff::Timestamp;
use rusqlite::{Row, ToSql};

use crate::model::{Cursor, RunId};

use super::columns::timestamp_from;
use super::error::IndexError;
use super::reader::IndexReader;
use super::unsigned::Unsigned;

/// An event of a run, and where the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPlace {
    /// The dotted name of its type.
    pub name: String,
    /// When it was written.
    pub at: Timestamp,
    /// Where it is; its sequence number is part of that.
    pub cursor: Cursor,
}

const PLACE: &str = "SELECT seq, type, at, segment, offset, crc FROM events";

impl IndexReader {
    /// The events of a run behind the number `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn events_of(
        &self,
        run: &RunId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<EventPlace>, IndexError> {
        let run = run.as_str();
        // Named, since the events of a run are found by it alone, and a range of numbers is not.
        let rest = "INDEXED BY events_by_run WHERE run = ?1 AND run <> '' AND seq > ?2 \
                    ORDER BY seq LIMIT ?3";
        self.places(rest, &[&run, &Unsigned(after), &limit])
    }

    /// The last times that policies were asked and it went on record, over all runs, the latest
    /// first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn judged(&self, limit: u32) -> Result<Vec<EventPlace>, IndexError> {
        let rest = "INDEXED BY events_judged WHERE type = 'policy.judged' \
                    ORDER BY seq DESC LIMIT ?1";
        self.places(rest, &[&limit])
    }

    /// Where the event with this number is; `None` when the index knows of none.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn event_at(&self, seq: u64) -> Result<Option<EventPlace>, IndexError> {
        let places = self.places("WHERE seq = ?1", &[&Unsigned(seq)])?;
        Ok(places.into_iter().next())
    }

    fn places(&self, rest: &str, parameters: &[&dyn ToSql]) -> Result<Vec<EventPlace>, IndexError> {
        let failed = IndexError::doing("list events");
        let Some(last) = self.cursor()? else {
            return Ok(Vec::new());
        };
        let mut query = self
            .connection()
            .prepare_cached(&format!("{PLACE} {rest}"))
            .map_err(&failed)?;
        let rows = query
            .query_map(parameters, |row| place_from(row, &last.log))
            .map_err(&failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(&failed)
    }
}

fn place_from(row: &Row<'_>, log: &str) -> rusqlite::Result<EventPlace> {
    Ok(EventPlace {
        name: row.get(1)?,
        at: timestamp_from(row, 2)?,
        cursor: Cursor {
            log: log.to_owned(),
            segment: row.get::<_, Unsigned>(3)?.0,
            offset: row.get::<_, Unsigned>(4)?.0,
            seq: row.get::<_, Unsigned>(0)?.0,
            crc: row.get(5)?,
        },
    })
}
