//! Questions to the index. Opened read-only: nothing here can write.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, ToSql};

use crate::model::{AgentName, Cursor, InvocationNumber, RunId};

use super::cursor;
use super::error::IndexError;
use super::invocation::Invocation;
use super::place;
use super::rows;
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

/// A group of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub run: RunId,
    /// When its first request was accepted.
    pub started_at: Timestamp,
    /// When something last happened in it.
    pub updated_at: Timestamp,
    /// Sequence numbers of its first and last event.
    pub seqs: (u64, u64),
    /// Number of requests.
    pub n_invocations: u64,
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

    /// A run with everything in it; `None` when there is no such run.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn run(&self, run: &RunId) -> Result<Option<RunView>, IndexError> {
        let failed = IndexError::doing("look up a run");
        let row = self
            .connection
            .prepare_cached(
                "SELECT started_at, updated_at, first_seq, last_seq, n_invocations FROM runs \
                 WHERE run = ?1",
            )
            .and_then(|mut query| {
                query
                    .query_row([run.as_str()], |row| {
                        Ok(RunRow {
                            run: run.clone(),
                            started_at: rows::timestamp_from(row, 0)?,
                            updated_at: rows::timestamp_from(row, 1)?,
                            seqs: (row.get::<_, Unsigned>(2)?.0, row.get::<_, Unsigned>(3)?.0),
                            n_invocations: row.get::<_, Unsigned>(4)?.0,
                        })
                    })
                    .optional()
            })
            .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
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

    #[cfg(test)]
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}
