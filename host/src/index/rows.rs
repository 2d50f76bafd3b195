//! Invocations and attempts as rows, and back.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::model::{
    AttemptOutcome, AttemptState, Cost, FailureCode, InvocationNumber, LostReason, MicroUsd,
    ModelName, RunId, SessionId, Target, ToolName, Usage,
};

use super::attempt::Attempt;
use super::columns::{
    adapter_from, adapter_word, basis_from, exactness_from, exactness_word, lost_reason_from,
    number_from, outcome_from, state_from, target_from, tasks_from, tasks_word, time_from,
    timestamp_from, words,
};
use super::error::IndexError;
use super::invocation::Invocation;
use super::unsigned::Unsigned;

const INVOCATION: &str = "SELECT id, run, number, agent, tool, model, started_at, task_type, \
     outcome, reason_code, fallback_used, duration_ms, exit_code, step, detached, finished_at, \
     preferred, tasks FROM invocations";

const ATTEMPTS: &str = "SELECT number, tool, model, started_at, spawned, outcome, failure_code, \
     exit_code, signal, duration_ms, input_tokens, output_tokens, cache_read_tokens, \
     cache_write_tokens, reasoning_tokens, exactness, cost_uusd, cost_basis, at_least, \
     served_model, session_id, state, cancel_requested, lost_reason, swept, tree_empty, \
     preferred_uusd, adapter, n_lines, n_unrecognised, invocation FROM attempts";

/// The request with this number in this run.
pub(super) fn load(
    connection: &Connection,
    run: &RunId,
    number: InvocationNumber,
) -> Result<Option<Invocation>, IndexError> {
    let failed = IndexError::doing("look up an invocation");
    let invocation = connection
        .prepare_cached(&format!("{INVOCATION} WHERE run = ?1 AND number = ?2"))
        .and_then(|mut query| {
            query
                .query_row((run.as_str(), number.0), invocation_from)
                .optional()
        })
        .map_err(&failed)?;
    invocation
        .map(|invocation| with_attempts(connection, invocation))
        .transpose()
}

/// All requests that `condition` (SQL over the table's columns, with positional parameters) picks:
/// two queries, however many there are.
pub(super) fn select(
    connection: &Connection,
    condition: &str,
    parameters: &[&dyn rusqlite::ToSql],
) -> Result<Vec<Invocation>, IndexError> {
    let failed = IndexError::doing("list invocations");
    let mut query = connection
        .prepare_cached(&format!("{INVOCATION} {condition}"))
        .map_err(&failed)?;
    let mut invocations = query
        .query_map(parameters, invocation_from)
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(&failed)?;
    let places: HashMap<u64, usize> = invocations
        .iter()
        .enumerate()
        .map(|(place, invocation)| (invocation.id, place))
        .collect();
    let mut query = connection
        .prepare_cached(&format!(
            "{ATTEMPTS} WHERE invocation IN (SELECT id FROM invocations {condition})"
        ))
        .map_err(&failed)?;
    let mut rows = query.query(parameters).map_err(&failed)?;
    while let Some(row) = rows.next().map_err(&failed)? {
        let (number, attempt) = attempt_from(row).map_err(&failed)?;
        let id: Unsigned = row.get(30).map_err(&failed)?;
        // A writer may have added attempts between the two queries; those requests show up later.
        if let Some(place) = places.get(&id.0) {
            invocations[*place].attempts.insert(number, attempt);
        }
    }
    Ok(invocations)
}

fn with_attempts(
    connection: &Connection,
    mut invocation: Invocation,
) -> Result<Invocation, IndexError> {
    let failed = IndexError::doing("look up attempts");
    let mut query = connection
        .prepare_cached(&format!("{ATTEMPTS} WHERE invocation = ?1"))
        .map_err(&failed)?;
    let rows = query
        .query_map([Unsigned(invocation.id)], attempt_from)
        .map_err(&failed)?;
    for row in rows {
        let (number, attempt) = row.map_err(&failed)?;
        invocation.attempts.insert(number, attempt);
    }
    Ok(invocation)
}

/// Write a request and its attempts over what was there.
pub(super) fn store(connection: &Connection, invocation: &Invocation) -> Result<(), IndexError> {
    let failed = IndexError::doing("store an invocation");
    let (usage, cost) = (invocation.usage(), invocation.cost());
    let (tool, model) = words(invocation.target.as_ref());
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO invocations VALUES (:id, :run, :number, :agent, :tool, :model, \
             :served_model, :started_at, :day, :task_type, :outcome, :failure_code, :reason_code, \
             :fallback_used, :duration_ms, :exit_code, :input, :output, :cache_read, :cache_write, \
             :reasoning, :exactness, :cost, :basis, :at_least, :session, :n_attempts, :state, :step, \
             :detached, :finished_at, :preferred, :tasks)",
        )
        .and_then(|mut insert| {
            insert.execute(named_params! {
                ":id": Unsigned(invocation.id),
                ":run": invocation.run.as_str(),
                ":number": invocation.number.0,
                ":agent": invocation.agent,
                ":tool": tool,
                ":model": model,
                ":served_model": invocation.served_model(),
                ":started_at": invocation.started_at.as_microsecond(),
                ":day": invocation.day(),
                ":task_type": invocation.task_type,
                ":outcome": invocation.outcome.map(AttemptOutcome::as_str),
                ":failure_code": invocation.failure_code().map(FailureCode::as_str),
                ":reason_code": invocation.reason_code,
                ":fallback_used": invocation.fallback_used,
                ":duration_ms": invocation.duration_ms.map(Unsigned),
                ":exit_code": invocation.exit_code,
                ":input": usage.input.map(Unsigned),
                ":output": usage.output.map(Unsigned),
                ":cache_read": usage.cache_read.map(Unsigned),
                ":cache_write": usage.cache_write.map(Unsigned),
                ":reasoning": usage.reasoning.map(Unsigned),
                ":exactness": exactness_word(invocation.exactness()),
                ":cost": cost.amount.map(|amount| Unsigned(amount.0)),
                ":basis": cost.basis.as_str(),
                ":at_least": cost.at_least,
                ":session": invocation.session_id().map(SessionId::as_str),
                ":n_attempts": Unsigned(invocation.attempts.len() as u64),
                ":state": invocation.state().as_str(),
                ":step": invocation.step,
                ":detached": invocation.detached,
                ":finished_at": invocation.finished_at.map(|at| at.as_microsecond()),
                ":preferred": invocation.preferred.as_ref().map(ToString::to_string),
                ":tasks": tasks_word(&invocation.tasks),
            })
        })
        .map_err(&failed)?;
    for (number, attempt) in &invocation.attempts {
        store_attempt(connection, invocation.id, *number, attempt)?;
    }
    Ok(())
}

fn store_attempt(
    connection: &Connection,
    invocation: u64,
    number: u32,
    attempt: &Attempt,
) -> Result<(), IndexError> {
    let (tool, model) = words(Some(&attempt.target));
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO attempts VALUES (:invocation, :number, :tool, :model, \
             :started_at, :spawned, :outcome, :failure_code, :exit_code, :signal, :duration_ms, \
             :input, :output, :cache_read, :cache_write, :reasoning, :exactness, :cost, :basis, \
             :at_least, :served_model, :session, :state, :cancel_requested, :lost_reason, :swept, \
             :tree_empty, :preferred, :adapter, :n_lines, :n_unrecognised)",
        )
        .and_then(|mut insert| {
            insert.execute(named_params! {
                ":invocation": Unsigned(invocation),
                ":number": number,
                ":tool": tool,
                ":model": model,
                ":started_at": attempt.started_at.as_microsecond(),
                ":spawned": attempt.spawned,
                ":outcome": attempt.outcome.map(AttemptOutcome::as_str),
                ":failure_code": attempt.failure_code.as_ref().map(FailureCode::as_str),
                ":exit_code": attempt.exit_code,
                ":signal": attempt.signal,
                ":duration_ms": attempt.duration_ms.map(Unsigned),
                ":input": attempt.usage.input.map(Unsigned),
                ":output": attempt.usage.output.map(Unsigned),
                ":cache_read": attempt.usage.cache_read.map(Unsigned),
                ":cache_write": attempt.usage.cache_write.map(Unsigned),
                ":reasoning": attempt.usage.reasoning.map(Unsigned),
                ":exactness": exactness_word(attempt.exactness),
                ":cost": attempt.cost.amount.map(|amount| Unsigned(amount.0)),
                ":basis": attempt.cost.basis.as_str(),
                ":at_least": attempt.cost.at_least,
                ":served_model": attempt.served_model,
                ":session": attempt.session_id.as_ref().map(SessionId::as_str),
                ":state": attempt.state.map_or("", AttemptState::as_str),
                ":cancel_requested": attempt.cancel_requested,
                ":lost_reason": attempt.lost_reason.map(LostReason::as_str),
                ":swept": attempt.swept,
                ":tree_empty": attempt.tree_empty,
                ":preferred": attempt.at_preferred.map(|amount| Unsigned(amount.0)),
                ":adapter": adapter_word(attempt.adapter.as_ref()),
                ":n_lines": Unsigned(attempt.n_lines),
                ":n_unrecognised": Unsigned(attempt.n_unrecognised),
            })
        })
        .map_err(IndexError::doing("store an attempt"))?;
    Ok(())
}

fn invocation_from(row: &Row<'_>) -> rusqlite::Result<Invocation> {
    Ok(Invocation {
        id: row.get::<_, Unsigned>(0)?.0,
        run: RunId::new(row.get::<_, String>(1)?),
        number: InvocationNumber(row.get(2)?),
        agent: row.get(3)?,
        target: target_from(row, 4)?,
        started_at: timestamp_from(row, 6)?,
        task_type: row.get(7)?,
        outcome: outcome_from(row, 8)?,
        reason_code: row.get(9)?,
        fallback_used: row.get(10)?,
        duration_ms: number_from(row, 11)?,
        exit_code: row.get(12)?,
        step: row.get(13)?,
        detached: row.get(14)?,
        finished_at: time_from(row, 15)?,
        preferred: preferred_from(row, 16)?,
        tasks: tasks_from(row, 17)?,
        attempts: std::collections::BTreeMap::new(),
    })
}

fn preferred_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Target>> {
    let words: Option<String> = row.get(column)?;
    Ok(words.as_deref().and_then(Target::parse))
}

fn attempt_from(row: &Row<'_>) -> rusqlite::Result<(u32, Attempt)> {
    let attempt = Attempt {
        target: Target {
            tool: ToolName::new(row.get::<_, String>(1)?),
            model: ModelName::new(row.get::<_, String>(2)?),
        },
        started_at: timestamp_from(row, 3)?,
        spawned: row.get(4)?,
        outcome: outcome_from(row, 5)?,
        failure_code: row
            .get::<_, Option<String>>(6)?
            .map(|code| FailureCode::new(&code)),
        exit_code: row.get(7)?,
        signal: row.get(8)?,
        duration_ms: number_from(row, 9)?,
        usage: Usage {
            input: number_from(row, 10)?,
            output: number_from(row, 11)?,
            cache_read: number_from(row, 12)?,
            cache_write: number_from(row, 13)?,
            reasoning: number_from(row, 14)?,
        },
        exactness: exactness_from(row, 15)?,
        cost: Cost {
            amount: number_from(row, 16)?.map(MicroUsd),
            basis: basis_from(row, 17)?,
            at_least: row.get(18)?,
        },
        served_model: row.get(19)?,
        session_id: row.get::<_, Option<String>>(20)?.map(SessionId::new),
        state: state_from(row, 21)?,
        cancel_requested: row.get(22)?,
        lost_reason: lost_reason_from(row, 23)?,
        swept: row.get(24)?,
        tree_empty: row.get(25)?,
        at_preferred: number_from(row, 26)?.map(MicroUsd),
        adapter: adapter_from(row, 27)?,
        n_lines: row.get::<_, Unsigned>(28)?.0,
        n_unrecognised: row.get::<_, Unsigned>(29)?.0,
    };
    Ok((row.get(0)?, attempt))
}
