//! Runs as rows, and back.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension as _, Row, ToSql};

use crate::lifecycle::Plan;
use crate::model::{RunId, RunStatus};

use super::columns::{
    number_from, target_from, tasks_from, tasks_word, time_from, timestamp_from, unknown_word,
    words,
};
use super::error::IndexError;
use super::run::{Parts, RunRow};
use super::totals::Totals;
use super::unsigned::Unsigned;
use super::words::Words;

/// The table's columns, in order; those of [`Totals`] follow.
const COLUMNS: [&str; 30] = [
    "id INTEGER PRIMARY KEY",
    "run TEXT NOT NULL",
    "last_seq INTEGER NOT NULL",
    "started_at INTEGER NOT NULL",
    "updated_at INTEGER NOT NULL",
    "ended_at INTEGER",
    "status TEXT NOT NULL",
    "agent TEXT NOT NULL",
    "tool TEXT NOT NULL",
    "model TEXT NOT NULL",
    "workflow TEXT",
    "n_steps INTEGER",
    "plan TEXT NOT NULL",
    "cancel_requested INTEGER NOT NULL",
    "parts_queued INTEGER NOT NULL",
    "parts_active INTEGER NOT NULL",
    "parts_cancelling INTEGER NOT NULL",
    "parts_done INTEGER NOT NULL",
    "parts_failed INTEGER NOT NULL",
    "parts_cancelled INTEGER NOT NULL",
    "first_number INTEGER",
    "last_number INTEGER",
    "first_day TEXT NOT NULL",
    "last_day TEXT NOT NULL",
    "cancelling INTEGER NOT NULL",
    "active INTEGER NOT NULL",
    "verdict TEXT",
    "parts_lost INTEGER NOT NULL",
    "tasks TEXT",
    "words TEXT NOT NULL",
];

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let places = vec!["?"; COLUMNS.len() + Totals::COLUMNS.len()].join(", ");
    format!("INSERT OR REPLACE INTO runs VALUES ({places})")
});

/// `runs`, which ends with the columns of [`Totals`].
pub(super) fn table() -> String {
    let totals = Totals::COLUMNS
        .iter()
        .map(|name| format!("{name} INTEGER NOT NULL"));
    let columns: Vec<String> = COLUMNS
        .iter()
        .map(ToString::to_string)
        .chain(totals)
        .collect();
    format!("CREATE TABLE runs ({}) STRICT;", columns.join(", "))
}

/// The run of this name.
pub(super) fn load(connection: &Connection, run: &RunId) -> Result<Option<RunRow>, IndexError> {
    connection
        .prepare_cached("SELECT * FROM runs WHERE run = ?1")
        .and_then(|mut query| query.query_row([run.as_str()], run_from).optional())
        .map_err(IndexError::doing("look up a run"))
}

/// All runs that `condition` (SQL over the table's columns, with positional parameters) picks.
pub(super) fn select(
    connection: &Connection,
    condition: &str,
    parameters: &[&dyn ToSql],
) -> Result<Vec<RunRow>, IndexError> {
    let failed = IndexError::doing("list runs");
    let mut query = connection
        .prepare_cached(&format!("SELECT * FROM runs {condition}"))
        .map_err(&failed)?;
    let rows = query.query_map(parameters, run_from).map_err(&failed)?;
    rows.collect::<rusqlite::Result<_>>().map_err(&failed)
}

/// Write a run over what was there.
pub(super) fn store(connection: &Connection, run: &RunRow) -> Result<(), IndexError> {
    let failed = IndexError::doing("store a run");
    let (tool, model) = words(run.target.as_ref());
    let (first_number, last_number) = run.numbers.unzip();
    let status = run.status();
    let verdict = run.verdict.map(RunStatus::as_str);
    let tasks = tasks_word(&run.tasks);
    let own: [&dyn ToSql; COLUMNS.len()] = [
        &Unsigned(run.id),
        &run.run.as_str(),
        &Unsigned(run.last_seq),
        &run.started_at.as_microsecond(),
        &run.updated_at.as_microsecond(),
        &run.ended_at.map(|at| at.as_microsecond()),
        &status.as_str(),
        &run.agent,
        &tool,
        &model,
        &run.workflow,
        &run.n_steps.map(Unsigned),
        &plan_word(run.plan),
        &run.cancel_requested,
        &Unsigned(run.parts.n_queued),
        &Unsigned(run.parts.n_active),
        &Unsigned(run.parts.n_cancelling),
        &Unsigned(run.parts.n_done),
        &Unsigned(run.parts.n_failed),
        &Unsigned(run.parts.n_cancelled),
        &first_number,
        &last_number,
        &run.days.0,
        &run.days.1,
        &run.is_cancelling(),
        &matches!(status, RunStatus::Submitted | RunStatus::Running),
        &verdict,
        &Unsigned(run.parts.n_lost),
        &tasks,
        &run.words.as_str(),
    ];
    let totals = run.totals.values();
    let mut values = own.to_vec();
    values.extend(totals.iter().map(|value| value as &dyn ToSql));
    connection
        .prepare_cached(&INSERT)
        .and_then(|mut insert| insert.execute(values.as_slice()))
        .map_err(failed)?;
    Ok(())
}

fn run_from(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let number = |column| row.get::<_, Unsigned>(column).map(|number| number.0);
    let first_number: Option<u32> = row.get(20)?;
    Ok(RunRow {
        id: number(0)?,
        run: RunId::new(row.get::<_, String>(1)?),
        last_seq: number(2)?,
        started_at: timestamp_from(row, 3)?,
        updated_at: timestamp_from(row, 4)?,
        ended_at: time_from(row, 5)?,
        agent: row.get(7)?,
        target: target_from(row, 8)?,
        workflow: row.get(10)?,
        n_steps: number_from(row, 11)?,
        plan: plan_from(row, 12)?,
        cancel_requested: row.get(13)?,
        parts: Parts {
            n_queued: number(14)?,
            n_active: number(15)?,
            n_cancelling: number(16)?,
            n_done: number(17)?,
            n_failed: number(18)?,
            n_cancelled: number(19)?,
            n_lost: number(27)?,
        },
        numbers: first_number.zip(row.get(21)?),
        days: (row.get(22)?, row.get(23)?),
        verdict: row
            .get::<_, Option<String>>(26)?
            .and_then(|word| RunStatus::from_word(&word)),
        tasks: tasks_from(row, 28)?,
        words: Words::stored(row.get(29)?),
        totals: Totals::from_row(row, COLUMNS.len())?,
    })
}

fn plan_word(plan: Plan) -> &'static str {
    match plan {
        Plan::None => "",
        Plan::Open => "open",
        Plan::Interrupted => "interrupted",
        Plan::Finished => "finished",
    }
}

fn plan_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Plan> {
    let word: String = row.get(column)?;
    [Plan::None, Plan::Open, Plan::Interrupted, Plan::Finished]
        .into_iter()
        .find(|plan| plan_word(*plan) == word)
        .ok_or_else(|| unknown_word(column))
}
