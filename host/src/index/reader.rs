//! Questions to the index. Opened read-only: nothing here can write.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, ToSql};

use crate::model::{AgentName, Cursor, InvocationNumber, RunId, RunStatus};

use super::columns::{status_from, timestamp_from};
use super::cursor;
use super::error::IndexError;
use super::invocation::Invocation;
use super::place;
use super::rows;
use super::run::RunRow;
use super::run_rows;
use super::stats::{self, GroupBy, StatsFilter, StatsReport};
use super::unsigned::Unsigned;

/// Answers questions from the index of one log.
#[derive(Debug)]
pub struct IndexReader {
    connection: Connection,
}

/// Which requests to list: newest first, a page at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Only older than this id: the last one of the page before.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
    /// Only of this agent.
    pub agent: Option<AgentName>,
}

/// Which runs to list: newest first, a page at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunPage {
    /// Only older than this id: the last one of the page before.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: u32,
    /// Only with this status.
    pub status: Option<RunStatus>,
    /// Only those that this agent began.
    pub agent: Option<AgentName>,
    /// Only those that wait or are at work.
    pub active_only: bool,
}

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

/// Something the user should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarningRow {
    /// Sequence number of its event.
    pub seq: u64,
    /// The request.
    pub number: InvocationNumber,
    /// The attempt; 0 when it is about none.
    pub attempt: u32,
    /// Machine code.
    pub code: String,
    /// Facts as JSON text.
    pub facts: String,
}

/// A run with everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunView {
    /// The run.
    pub run: RunRow,
    /// Its requests, in order.
    pub invocations: Vec<Invocation>,
    /// Its warnings, in order.
    pub warnings: Vec<WarningRow>,
}

impl IndexReader {
    /// Open the index of `log`.
    ///
    /// # Errors
    /// [`IndexError::Missing`] when there is none: have it built.
    pub fn open(state_dir: &Path, log: &str) -> Result<Self, IndexError> {
        place::check_library(rusqlite::version_number())?;
        let path = place::file(state_dir, log);
        if !path.exists() {
            return Err(IndexError::Missing {
                log: log.to_owned(),
            });
        }
        let connection =
            place::open_for_reading(&path).map_err(IndexError::doing("open the index"))?;
        Ok(Self { connection })
    }

    /// Open a file of the index for a look that leaves no trace.
    pub(super) fn glance(path: &Path) -> Result<Self, IndexError> {
        let connection =
            place::open_for_a_glance(path).map_err(IndexError::doing("look at the index"))?;
        Ok(Self { connection })
    }

    /// The last record that the answers know of.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn cursor(&self) -> Result<Option<Cursor>, IndexError> {
        cursor::read(&self.connection).map_err(IndexError::doing("read the cursor"))
    }

    /// Sums over the requests that `filter` picks.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn stats(
        &self,
        filter: &StatsFilter,
        group_by: GroupBy,
    ) -> Result<StatsReport, IndexError> {
        stats::stats(&self.connection, filter, group_by)
    }

    /// A page of requests, newest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn invocations(&self, page: &Page) -> Result<Vec<Invocation>, IndexError> {
        let before = Unsigned(page.before.unwrap_or(u64::MAX));
        match &page.agent {
            Some(agent) => {
                let agent = agent.as_str();
                let parameters: [&dyn ToSql; 3] = [&before, &page.limit, &agent];
                let condition = "WHERE agent = ?3 AND id < ?1 ORDER BY id DESC LIMIT ?2";
                rows::select(&self.connection, condition, &parameters)
            }
            None => {
                let parameters: [&dyn ToSql; 2] = [&before, &page.limit];
                let condition = "WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
                rows::select(&self.connection, condition, &parameters)
            }
        }
    }

    /// A page of runs, newest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn runs(&self, page: &RunPage) -> Result<Vec<RunRow>, IndexError> {
        let before = Unsigned(page.before.unwrap_or(u64::MAX));
        let status = page.status.map_or("", RunStatus::as_str);
        let agent = page.agent.as_ref().map_or("", AgentName::as_str);
        let mut parameters: Vec<&dyn ToSql> = vec![&before, &page.limit];
        let mut condition = if page.active_only {
            // Few runs are active, however many an agent has had.
            "INDEXED BY runs_active WHERE id < ?1 AND active = 1".to_owned()
        } else {
            "WHERE id < ?1".to_owned()
        };
        if page.status.is_some() {
            parameters.push(&status);
            condition += " AND status = ?3";
        }
        if page.agent.is_some() {
            parameters.push(&agent);
            condition += &format!(" AND agent = ?{}", parameters.len());
        }
        condition += " ORDER BY id DESC LIMIT ?2";
        run_rows::select(&self.connection, &condition, &parameters)
    }

    /// A run without what is in it; `None` when there is no such run.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn run_row(&self, run: &RunId) -> Result<Option<RunRow>, IndexError> {
        run_rows::load(&self.connection, run)
    }

    /// The names of the newest runs, newest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn run_names(&self, limit: u32) -> Result<Vec<RunId>, IndexError> {
        let failed = IndexError::doing("list the names of runs");
        let mut query = self
            .connection
            .prepare_cached("SELECT run FROM runs ORDER BY id DESC LIMIT ?1")
            .map_err(&failed)?;
        let rows = query
            .query_map([limit], |row| row.get::<_, String>(0).map(RunId::new))
            .map_err(&failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(&failed)
    }

    /// A run with everything in it; `None` when there is no such run.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn run(&self, run: &RunId) -> Result<Option<RunView>, IndexError> {
        let Some(row) = run_rows::load(&self.connection, run)? else {
            return Ok(None);
        };
        let parameters: [&dyn ToSql; 1] = [&run.as_str()];
        Ok(Some(RunView {
            run: row,
            invocations: rows::select(
                &self.connection,
                "WHERE run = ?1 ORDER BY number",
                &parameters,
            )?,
            warnings: self.warnings(run)?,
        }))
    }

    /// How many runs have which status; those that none has are left out.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn counts(&self) -> Result<BTreeMap<RunStatus, u64>, IndexError> {
        let failed = IndexError::doing("count runs");
        let mut query = self
            .connection
            .prepare_cached("SELECT status, count(*) FROM runs GROUP BY status")
            .map_err(&failed)?;
        let rows = query
            .query_map([], |row| {
                Ok((status_from(row, 0)?, row.get::<_, Unsigned>(1)?.0))
            })
            .map_err(&failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(&failed)
    }

    /// All events of a run, in order, by where the journal keeps them.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn events_of(&self, run: &RunId) -> Result<Vec<EventPlace>, IndexError> {
        let failed = IndexError::doing("list events");
        let Some(last) = self.cursor()? else {
            return Ok(Vec::new());
        };
        let mut query = self
            .connection
            .prepare_cached(
                "SELECT seq, type, at, segment, offset, crc FROM events \
                 WHERE run = ?1 AND run <> '' ORDER BY seq",
            )
            .map_err(&failed)?;
        let rows = query
            .query_map([run.as_str()], |row| {
                Ok(EventPlace {
                    name: row.get(1)?,
                    at: timestamp_from(row, 2)?,
                    cursor: Cursor {
                        log: last.log.clone(),
                        segment: row.get::<_, Unsigned>(3)?.0,
                        offset: row.get::<_, Unsigned>(4)?.0,
                        seq: row.get::<_, Unsigned>(0)?.0,
                        crc: row.get(5)?,
                    },
                })
            })
            .map_err(&failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(&failed)
    }

    /// How many events on record cannot happen to an attempt where it stood. They changed nothing;
    /// there are none unless the journal was damaged or written by something else.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn n_illegal(&self) -> Result<u64, IndexError> {
        let count: Option<Unsigned> = self
            .connection
            .query_row("SELECT n_illegal FROM oddities", [], |row| row.get(0))
            .optional()
            .map_err(IndexError::doing("count events that cannot happen"))?;
        Ok(count.map_or(0, |count| count.0))
    }

    fn warnings(&self, run: &RunId) -> Result<Vec<WarningRow>, IndexError> {
        let failed = IndexError::doing("list warnings");
        let mut query = self
            .connection
            .prepare_cached(
                "SELECT seq, number, attempt, code, facts FROM warnings WHERE run = ?1 \
                 ORDER BY seq",
            )
            .map_err(&failed)?;
        let rows = query
            .query_map([run.as_str()], |row| {
                Ok(WarningRow {
                    seq: row.get::<_, Unsigned>(0)?.0,
                    number: InvocationNumber(row.get(1)?),
                    attempt: row.get(2)?,
                    code: row.get(3)?,
                    facts: row.get(4)?,
                })
            })
            .map_err(&failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(&failed)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}
