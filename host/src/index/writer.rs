//! The one writer: takes in records, or builds the index anew beside the old one.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension as _};

use crate::model::{Body, Cursor, Event, InvocationNumber, RunId};

use super::bucket::{self, Bucket, Changes};
use super::error::IndexError;
use super::invocation::Invocation;
use super::marker::{Left, Marker};
use super::place;
use super::rows;
use super::schema;
use super::totals::Totals;
use super::unsigned::Unsigned;

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
            .and_then(|connection| apply(connection, records));
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
            let cursor = read_cursor(&connection)?;
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

fn is_sound(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("PRAGMA quick_check(1)", [], |row| {
        Ok(row.get::<_, String>(0)? == "ok")
    })
}

pub(super) fn read_cursor(connection: &Connection) -> rusqlite::Result<Option<Cursor>> {
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

/// A request that is being changed, and what it counted for before.
struct Touched {
    invocation: Invocation,
    before: Vec<(Bucket, Totals)>,
    is_new: bool,
    last: (u64, i64),
}

fn apply(connection: &mut Connection, records: &[(Cursor, Event)]) -> Result<(), IndexError> {
    let transaction = connection
        .transaction()
        .map_err(IndexError::doing("begin a transaction"))?;
    let mut touched: HashMap<(RunId, InvocationNumber), Touched> = HashMap::new();
    for (cursor, event) in records {
        insert_event(&transaction, cursor, event)?;
        let Some(run) = &event.run else { continue };
        let number = event.invocation.unwrap_or(InvocationNumber(1));
        insert_details(&transaction, event, run, number)?;
        let key = (run.clone(), number);
        let entry = match touched.entry(key) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => {
                let known = rows::load(&transaction, run, number)?;
                entry.insert(Touched::new(known, event, run, number))
            }
        };
        entry.invocation.apply(event);
        entry.last = (event.seq, event.at.as_microsecond());
    }
    let mut changes = Changes::default();
    for entry in touched.into_values() {
        rows::store(&transaction, &entry.invocation)?;
        store_run(&transaction, &entry)?;
        changes.subtract(entry.before);
        changes.add(entry.invocation.contributions());
    }
    changes.write(&transaction)?;
    if let Some((last, _)) = records.last() {
        store_cursor(&transaction, last)?;
    }
    transaction
        .commit()
        .map_err(IndexError::doing("commit a transaction"))
}

impl Touched {
    fn new(
        known: Option<Invocation>,
        event: &Event,
        run: &RunId,
        number: InvocationNumber,
    ) -> Self {
        let before = known.as_ref().map(Invocation::contributions);
        Self {
            is_new: known.is_none(),
            before: before.unwrap_or_default(),
            invocation: known.unwrap_or_else(|| Invocation::new(event, run, number)),
            last: (event.seq, event.at.as_microsecond()),
        }
    }
}

fn insert_event(connection: &Connection, cursor: &Cursor, event: &Event) -> Result<(), IndexError> {
    connection
        .prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        .and_then(|mut insert| {
            insert.execute((
                Unsigned(event.seq),
                event.body.name(),
                event.run.as_ref().map_or("", |run| run.as_str()),
                event.at.as_microsecond(),
                Unsigned(cursor.segment),
                Unsigned(cursor.offset),
            ))
        })
        .map_err(IndexError::doing("store an event"))?;
    Ok(())
}

fn insert_details(
    connection: &Connection,
    event: &Event,
    run: &RunId,
    number: InvocationNumber,
) -> Result<(), IndexError> {
    let at = event.at.as_microsecond();
    let routed = match &event.body {
        Body::AttemptWarned(warned) => {
            let facts = serde_json::Value::Object(warned.facts.clone()).to_string();
            let attempt = event.attempt.unwrap_or(0);
            connection
                .prepare_cached("INSERT INTO warnings VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
                .and_then(|mut insert| {
                    insert.execute((
                        Unsigned(event.seq),
                        run.as_str(),
                        number.0,
                        attempt,
                        at,
                        &warned.code,
                        facts,
                    ))
                })
                .map_err(IndexError::doing("store a warning"))?;
            return Ok(());
        }
        Body::RoutingDecided(decided) => (
            &decided.target,
            decided.reason.code.as_str(),
            decided.fallback_used,
        ),
        Body::RoutingFellBack(fell_back) => (&fell_back.to, fell_back.code.as_str(), true),
        _ => return Ok(()),
    };
    let (target, code, fallback_used) = routed;
    connection
        .prepare_cached("INSERT INTO routing VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .and_then(|mut insert| {
            insert.execute((
                Unsigned(event.seq),
                run.as_str(),
                number.0,
                at,
                target.tool.as_str(),
                target.model.as_str(),
                code,
                fallback_used,
            ))
        })
        .map_err(IndexError::doing("store a routing decision"))?;
    Ok(())
}

fn store_run(connection: &Connection, touched: &Touched) -> Result<(), IndexError> {
    let invocation = &touched.invocation;
    let (last_seq, updated_at) = touched.last;
    connection
        .prepare_cached(
            "INSERT INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (run) DO UPDATE SET \
             first_seq = min(first_seq, excluded.first_seq), \
             last_seq = max(last_seq, excluded.last_seq), \
             started_at = min(started_at, excluded.started_at), \
             updated_at = max(updated_at, excluded.updated_at), \
             n_invocations = n_invocations + excluded.n_invocations",
        )
        .and_then(|mut upsert| {
            upsert.execute((
                invocation.run.as_str(),
                Unsigned(invocation.id),
                Unsigned(last_seq),
                invocation.started_at.as_microsecond(),
                updated_at,
                touched.is_new,
            ))
        })
        .map_err(IndexError::doing("store a run"))?;
    Ok(())
}

fn store_cursor(connection: &Connection, cursor: &Cursor) -> Result<(), IndexError> {
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
