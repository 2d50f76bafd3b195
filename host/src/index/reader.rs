//! Questions to the index. Opened read-only: nothing here can write.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, ToSql};

use crate::model::{Cursor, InvocationNumber, RunId, RunStatus, TaskId};

use super::columns::status_from;
use super::cursor;
use super::error::IndexError;
use super::invocation::Invocation;
use super::place;
use super::plugins::{self, PluginCounts};
use super::rows;
use super::run::RunRow;
use super::run_rows;
use super::stats::{self, GroupBy, StatsFilter, StatsReport};
use super::tasks::{self, TaskTotals};
use super::unsigned::Unsigned;

/// Answers questions from the index of one log.
#[derive(Debug)]
pub struct IndexReader {
    connection: Connection,
    path: PathBuf,
    /// Which file it was when it was opened.
    identity: Option<(u64, u64)>,
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
        // Looked at first: a file that is put in its place meanwhile is then seen as another.
        let identity = place::identity(&path);
        let connection =
            place::open_for_reading(&path).map_err(IndexError::doing("open the index"))?;
        Ok(Self {
            connection,
            path,
            identity,
        })
    }

    /// Whether the index that it reads is still the one that others keep up to date. A rebuild puts
    /// another file in its place; answers from the old one stay as they were.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.identity.is_some() && place::identity(&self.path) == self.identity
    }

    /// Open a file of the index for a look that leaves no trace.
    pub(super) fn glance(path: &Path) -> Result<Self, IndexError> {
        let connection =
            place::open_for_a_glance(path).map_err(IndexError::doing("look at the index"))?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            identity: place::identity(path),
        })
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

    /// A run without what is in it; `None` when there is no such run.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn run_row(&self, run: &RunId) -> Result<Option<RunRow>, IndexError> {
        run_rows::load(&self.connection, run)
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

    /// A request with its attempts; `None` when there is no such request.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn invocation(
        &self,
        run: &RunId,
        number: InvocationNumber,
    ) -> Result<Option<Invocation>, IndexError> {
        rows::load(&self.connection, run, number)
    }

    /// What the runs for any of `tasks` came to, as far as `filter` picks their requests. A run for
    /// several of them counts once.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn task_totals(
        &self,
        tasks: &[TaskId],
        filter: &StatsFilter,
    ) -> Result<TaskTotals, IndexError> {
        tasks::totals(&self.connection, tasks, filter)
    }

    /// What the runs for each of `tasks` came to; those without a run are left out.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn totals_by_task(
        &self,
        tasks: &[TaskId],
    ) -> Result<BTreeMap<TaskId, TaskTotals>, IndexError> {
        tasks::by_task(&self.connection, tasks)
    }

    /// The names of the newest runs for a task, newest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn runs_of_task(&self, task: &TaskId, limit: u32) -> Result<Vec<RunId>, IndexError> {
        tasks::runs_of(&self.connection, task, limit)
    }

    /// What plugins did, by component, all time.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn plugin_counts(&self) -> Result<PluginCounts, IndexError> {
        plugins::counts(&self.connection)
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

    /// How many events on record could not be read when their place in the journal was taken in.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn n_missing(&self) -> Result<u64, IndexError> {
        cursor::n_missing(&self.connection)
            .map_err(IndexError::doing("count events that are missing"))
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
