//! Which runs are for which tasks, and what they cost together.
//!
//! A run counts as a whole for each of its tasks, since nobody can tell which part of it was for
//! which. Among several tasks it counts once.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row, ToSql};

use crate::model::{RunId, TaskId};

use super::error::IndexError;
use super::rows;
use super::stats::{NO_END, StatsFilter};
use super::totals::Totals;
use super::unsigned::Unsigned;

/// What the runs for some tasks came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskTotals {
    /// Runs, each once.
    pub n_runs: u64,
    /// Their sums.
    pub totals: Totals,
}

/// Remember that a run is for these tasks; again is as good.
pub(super) fn insert(
    connection: &Connection,
    run: u64,
    tasks: &[TaskId],
) -> Result<(), IndexError> {
    let failed = IndexError::doing("store the tasks of a run");
    for task in tasks {
        connection
            .prepare_cached("INSERT OR IGNORE INTO run_tasks VALUES (?1, ?2)")
            .and_then(|mut insert| insert.execute((task.as_str(), Unsigned(run))))
            .map_err(&failed)?;
    }
    Ok(())
}

/// The names of the newest runs for a task, newest first.
pub(super) fn runs_of(
    connection: &Connection,
    task: &TaskId,
    limit: u32,
) -> Result<Vec<RunId>, IndexError> {
    let failed = IndexError::doing("list the runs of a task");
    let mut query = connection
        .prepare_cached(
            "SELECT runs.run FROM run_tasks CROSS JOIN runs ON runs.id = run_tasks.run \
             WHERE run_tasks.task = ?1 ORDER BY run_tasks.run DESC LIMIT ?2",
        )
        .map_err(&failed)?;
    let rows = query
        .query_map((task.as_str(), limit), |row| {
            row.get::<_, String>(0).map(RunId::new)
        })
        .map_err(&failed)?;
    rows.collect::<rusqlite::Result<_>>().map_err(&failed)
}

/// What the runs for any of `tasks` came to, as far as `filter` picks their requests. A run counts
/// when one of its requests does.
pub(super) fn totals(
    connection: &Connection,
    tasks: &[TaskId],
    filter: &StatsFilter,
) -> Result<TaskTotals, IndexError> {
    let wanted = wanted(tasks);
    if filter.agent.is_some() || filter.run.is_some() {
        return by_requests(connection, &wanted, filter);
    }
    let since = filter.since.map_or(String::new(), |day| day.to_string());
    let until = filter
        .until
        .map_or(NO_END.to_owned(), |day| day.to_string());
    let sums: Vec<String> = Totals::COLUMNS
        .iter()
        .map(|column| format!("sum({column})"))
        .collect();
    let sql = format!(
        "SELECT count(*), {} FROM runs WHERE id IN ({RUNS_FOR_1}) \
         AND first_day >= ?2 AND last_day < ?3 AND n_invocations > 0",
        sums.join(", ")
    );
    let found = connection
        .prepare_cached(&sql)
        .and_then(|mut query| query.query_row([&wanted, &since, &until], |row| totals_from(row, 0)))
        .map_err(IndexError::doing("sum up the runs of tasks"))?;
    if filter.since.is_none() && filter.until.is_none() {
        return Ok(found);
    }
    // Those that reach over an end of the time that is asked for count by their requests.
    let condition = format!(
        "WHERE day >= ?2 AND day < ?3 AND run IN (SELECT run FROM runs WHERE id IN ({RUNS_FOR_1}) \
         AND ((first_day < ?2 AND last_day >= ?2) OR (first_day < ?3 AND last_day >= ?3)))"
    );
    let over = of_requests(connection, &condition, &[&wanted, &since, &until])?;
    Ok(TaskTotals {
        n_runs: found.n_runs + over.n_runs,
        totals: found.totals.plus(&over.totals),
    })
}

/// What the runs for each of `tasks` came to; those without a run are left out.
pub(super) fn by_task(
    connection: &Connection,
    tasks: &[TaskId],
) -> Result<BTreeMap<TaskId, TaskTotals>, IndexError> {
    let failed = IndexError::doing("sum up the runs of each task");
    let sums: Vec<String> = Totals::COLUMNS
        .iter()
        .map(|column| format!("sum(runs.{column})"))
        .collect();
    let sql = format!(
        "SELECT run_tasks.task, count(*), {} FROM run_tasks CROSS JOIN runs \
         ON runs.id = run_tasks.run \
         WHERE run_tasks.task IN (SELECT value FROM json_each(?1)) GROUP BY run_tasks.task",
        sums.join(", ")
    );
    let mut query = connection.prepare_cached(&sql).map_err(&failed)?;
    let rows = query
        .query_map([wanted(tasks)], |row| {
            let task = TaskId::new(row.get::<_, String>(0)?);
            Ok((task, totals_from(row, 1)?))
        })
        .map_err(&failed)?;
    rows.collect::<rusqlite::Result<_>>().map_err(&failed)
}

fn totals_from(row: &Row<'_>, column: usize) -> rusqlite::Result<TaskTotals> {
    Ok(TaskTotals {
        n_runs: row.get::<_, Unsigned>(column)?.0,
        totals: Totals::from_row(row, column + 1)?,
    })
}

/// The same from the requests themselves: slower, but knows agents.
pub(super) fn by_requests(
    connection: &Connection,
    wanted: &str,
    filter: &StatsFilter,
) -> Result<TaskTotals, IndexError> {
    let (condition, parameters) = super::stats::conditions(filter);
    let condition = match condition.as_str() {
        "" => format!("WHERE run IN (SELECT run FROM runs WHERE id IN ({RUNS_FOR}))"),
        given => format!("{given} AND run IN (SELECT run FROM runs WHERE id IN ({RUNS_FOR}))"),
    };
    let mut all: Vec<&dyn ToSql> = parameters.iter().map(|text| text as &dyn ToSql).collect();
    all.push(&wanted);
    of_requests(connection, &condition, &all)
}

/// Tasks as one parameter of a question, however many there are.
pub(super) fn wanted(tasks: &[TaskId]) -> String {
    serde_json::json!(tasks).to_string()
}

/// The runs for the tasks of the first parameter.
const RUNS_FOR_1: &str =
    "SELECT run FROM run_tasks WHERE task IN (SELECT value FROM json_each(?1))";

/// The same for the next parameter that has no number.
const RUNS_FOR: &str = "SELECT run FROM run_tasks WHERE task IN (SELECT value FROM json_each(?))";

fn of_requests(
    connection: &Connection,
    condition: &str,
    parameters: &[&dyn ToSql],
) -> Result<TaskTotals, IndexError> {
    let mut runs = BTreeSet::new();
    let mut sum = Totals::default();
    for invocation in rows::select(connection, condition, parameters)? {
        for (_, totals) in invocation.contributions() {
            sum = sum.plus(&totals);
        }
        runs.insert(invocation.run);
    }
    Ok(TaskTotals {
        n_runs: runs.len() as u64,
        totals: sum,
    })
}
