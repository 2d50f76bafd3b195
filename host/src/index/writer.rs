//! The one writer: takes in records, or builds the index anew beside the old one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::model::{Cursor, Event};

use super::bucket;
use super::cursor;
use super::error::IndexError;
use super::marker::{Left, Marker};
use super::place;
use super::run_rows;
use super::schema;
use super::take_in::take_in;

/// Why an index is built anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RebuildReason {
    /// There was none for this log.
    Missing,
    /// It cannot be opened, or its structure is damaged.
    Corrupt,
    /// Its files were changed by somebody else.
    Changed,
    /// The journal does not hold what the index was built from.
    CursorLost,
    /// Somebody asked for it.
    Requested,
}

impl RebuildReason {
    /// The word used in documents and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Corrupt => "corrupt",
            Self::Changed => "changed",
            Self::CursorLost => "cursor_lost",
            Self::Requested => "requested",
        }
    }
}

/// Writes the index of one log. At most one exists at a time, over all processes.
#[derive(Debug)]
pub struct IndexWriter {
    path: PathBuf,
    /// Where a rebuild goes until it is published.
    aside: Option<(PathBuf, RebuildReason)>,
    connection: Option<Connection>,
    cursor: Option<Cursor>,
    suspect: bool,
    marker: Marker,
}

impl IndexWriter {
    /// Open the index of `log`, or begin a new one when there is none or it cannot be believed.
    /// `still_there` says whether the journal still holds the record that a cursor names.
    ///
    /// Afterwards hand in all records behind [`Self::cursor`], best through
    /// [`super::catch_up`](super::catch_up()), which also publishes a rebuild.
    ///
    /// # Errors
    /// [`IndexError::Busy`] when another process is writing.
    pub fn open(
        state_dir: &Path,
        log: &str,
        still_there: impl FnOnce(&Cursor) -> bool,
    ) -> Result<Self, IndexError> {
        let mut writer = Self::prepare(state_dir, log)?;
        match writer.open_live(log, still_there)? {
            None => Ok(writer),
            Some(reason) => writer.begin_rebuild(reason),
        }
    }

    /// Begin a new index of `log`, whatever the state of the old one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn rebuild(state_dir: &Path, log: &str) -> Result<Self, IndexError> {
        Self::prepare(state_dir, log)?.begin_rebuild(RebuildReason::Requested)
    }

    /// The last record taken in; hand in those behind it. `None`: all of them.
    #[must_use]
    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// Why the index is being built anew, if it is.
    #[must_use]
    pub fn rebuilding(&self) -> Option<RebuildReason> {
        self.aside.as_ref().map(|(_, reason)| *reason)
    }

    /// Take in records, in order, together with the cursor of the last: all of them or none.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] when the file is damaged; the next open builds it anew.
    pub fn apply(&mut self, records: &[(Cursor, Event)]) -> Result<(), IndexError> {
        let Some((last, _)) = records.last() else {
            return Ok(());
        };
        let outcome = self
            .connection()
            .and_then(|connection| take_in(connection, records));
        if let Err(IndexError::Corrupt { .. }) = outcome {
            self.suspect = true;
        }
        outcome?;
        self.cursor = Some(last.clone());
        Ok(())
    }

    /// Put a finished rebuild in the place of the old index. Readers keep the old one until they
    /// open again. Does nothing when nothing is being rebuilt.
    ///
    /// # Errors
    /// When the files cannot be replaced.
    pub fn publish(&mut self) -> Result<(), IndexError> {
        let Some((aside, _)) = self.aside.clone() else {
            return Ok(());
        };
        self.connection()?
            .execute_batch(schema::INDEXES)
            .map_err(IndexError::doing("create the indexes"))?;
        self.close()?;
        let failed = |source| IndexError::File {
            path: aside.clone(),
            source,
        };
        File::open(&aside)
            .and_then(|file| file.sync_all())
            .map_err(failed)?;
        // The old file goes first: a write-ahead log must never meet a database that is not its
        // own. A crash in between leaves no index, which the next start builds anew.
        place::remove(&self.path)?;
        place::remove(&place::companion(&self.path, "-wal"))?;
        place::remove(&place::companion(&self.path, "-shm"))?;
        fs::rename(&aside, &self.path).map_err(failed)?;
        self.aside = None;
        self.connection = Some(live(&self.path).map_err(IndexError::doing("open the new index"))?);
        Ok(())
    }

    fn prepare(state_dir: &Path, log: &str) -> Result<Self, IndexError> {
        place::check_library(rusqlite::version_number())?;
        let dir = place::create_dir(state_dir)?;
        Ok(Self {
            path: place::file(state_dir, log),
            aside: None,
            connection: None,
            cursor: None,
            suspect: false,
            marker: Marker::acquire(&dir)?,
        })
    }

    fn open_live(
        &mut self,
        log: &str,
        still_there: impl FnOnce(&Cursor) -> bool,
    ) -> Result<Option<RebuildReason>, IndexError> {
        if !self.path.exists() {
            return Ok(Some(RebuildReason::Missing));
        }
        let left = self.marker.left(&self.path);
        if left == Left::Suspect {
            return Ok(Some(RebuildReason::Changed));
        }
        self.marker.note_open()?;
        let opened = live(&self.path).and_then(|connection| {
            let sound = left == Left::InOrder || is_sound(&connection)?;
            let cursor = cursor::read(&connection)?;
            Ok((connection, sound, cursor))
        });
        match opened {
            Ok((connection, true, Some(cursor))) => {
                if cursor.log != log || !still_there(&cursor) {
                    return Ok(Some(RebuildReason::CursorLost));
                }
                self.connection = Some(connection);
                self.cursor = Some(cursor);
                Ok(None)
            }
            Ok((_, false, _)) => Ok(Some(RebuildReason::Corrupt)),
            Ok((_, true, None)) => Ok(Some(RebuildReason::CursorLost)),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                Err(IndexError::doing("open the index")(error))
            }
            Err(_) => Ok(Some(RebuildReason::Corrupt)),
        }
    }

    fn begin_rebuild(mut self, reason: RebuildReason) -> Result<Self, IndexError> {
        let aside = self.path.with_extension("rebuild");
        // We hold the lock, so whoever left this is dead.
        place::remove(&aside)?;
        place::create_file(&aside)?;
        let connection = place::open_for_writing(&aside)
            .and_then(|connection| {
                // Thrown away after a crash, so it needs no protection from one.
                connection.execute_batch(
                    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; \
                     PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -65536;",
                )?;
                connection.execute_batch(schema::TABLES)?;
                connection.execute_batch(&bucket::table())?;
                connection.execute_batch(&run_rows::table())?;
                connection.execute_batch(schema::KEYS)?;
                Ok(connection)
            })
            .map_err(IndexError::doing("begin a new index"))?;
        self.connection = Some(connection);
        self.cursor = None;
        self.aside = Some((aside, reason));
        Ok(self)
    }

    fn connection(&mut self) -> Result<&mut Connection, IndexError> {
        self.connection.as_mut().ok_or(IndexError::Busy)
    }

    fn close(&mut self) -> Result<(), IndexError> {
        match self.connection.take().map(Connection::close) {
            Some(Err((_, source))) => Err(IndexError::doing("close the index")(source)),
            _ => Ok(()),
        }
    }
}

impl Drop for IndexWriter {
    fn drop(&mut self) {
        // Whatever fails here leaves a note that makes the next start look closer.
        drop(self.close());
        match &self.aside {
            Some((aside, _)) => drop(place::remove(aside)),
            None if self.suspect => drop(self.marker.note_suspect()),
            None => drop(self.marker.note_closed(&self.path)),
        }
    }
}

fn live(path: &Path) -> rusqlite::Result<Connection> {
    let connection = place::open_for_writing(path)?;
    // Leaving the write-ahead log in place saves each short-lived command two syncs.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA mmap_size = 0;",
    )?;
    Ok(connection)
}

pub(super) fn is_sound(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("PRAGMA quick_check(1)", [], |row| {
        Ok(row.get::<_, String>(0)? == "ok")
    })
}
