//! The place in the journal up to which the index is built: one row, changed together with the
//! rows it speaks for.

use rusqlite::{Connection, OptionalExtension as _};

use crate::model::Cursor;

use super::error::IndexError;
use super::unsigned::Unsigned;

/// The last record taken in; `None` in an empty index.
pub(super) fn read(connection: &Connection) -> rusqlite::Result<Option<Cursor>> {
    connection
        .query_row(
            "SELECT log, segment, offset, seq, crc FROM cursor",
            [],
            |row| {
                Ok(Cursor {
                    log: row.get(0)?,
                    segment: row.get::<_, Unsigned>(1)?.0,
                    offset: row.get::<_, Unsigned>(2)?.0,
                    seq: row.get::<_, Unsigned>(3)?.0,
                    crc: row.get(4)?,
                })
            },
        )
        .optional()
}

/// How many events up to there were not taken in, because their lines could not be read.
pub(super) fn n_missing(connection: &Connection) -> rusqlite::Result<u64> {
    let missing: Option<Unsigned> = connection
        .query_row("SELECT MAX(seq - n_events, 0) FROM cursor", [], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(missing.map_or(0, |missing| missing.0))
}

/// Replace it, `n_events` further on.
pub(super) fn store(
    connection: &Connection,
    cursor: &Cursor,
    n_events: u64,
) -> Result<(), IndexError> {
    connection
        .prepare_cached(
            "INSERT INTO cursor VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (id) DO UPDATE SET log = excluded.log, segment = excluded.segment, \
             offset = excluded.offset, seq = excluded.seq, crc = excluded.crc, \
             n_events = n_events + excluded.n_events",
        )
        .and_then(|mut insert| {
            insert.execute((
                &cursor.log,
                Unsigned(cursor.segment),
                Unsigned(cursor.offset),
                Unsigned(cursor.seq),
                cursor.crc,
                Unsigned(n_events),
            ))
        })
        .map_err(IndexError::doing("store the cursor"))?;
    Ok(())
}
