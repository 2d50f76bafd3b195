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

/// Replace it.
pub(super) fn store(connection: &Connection, cursor: &Cursor) -> Result<(), IndexError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO cursor VALUES (1, ?1, ?2, ?3, ?4, ?5)")
        .and_then(|mut insert| {
            insert.execute((
                &cursor.log,
                Unsigned(cursor.segment),
                Unsigned(cursor.offset),
                Unsigned(cursor.seq),
                cursor.crc,
            ))
        })
        .map_err(IndexError::doing("store the cursor"))?;
    Ok(())
}
