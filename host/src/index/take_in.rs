//! Records become rows, in one transaction with the cursor.
//!
//! Each request that the records touch is loaded once, folded in memory, and stored once; the
//! daily sums change by the difference.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::Connection;

use crate::model::{Body, Cursor, Event, InvocationNumber, RunId};

use super::bucket::{Bucket, Changes};
use super::cursor;
use super::error::IndexError;
use super::invocation::Invocation;
use super::rows;
use super::totals::Totals;
use super::unsigned::Unsigned;

/// A request that is being changed, and what it counted for before.
struct Touched {
    invocation: Invocation,
    before: Vec<(Bucket, Totals)>,
    is_new: bool,
    last: (u64, i64),
}

/// Take in records, in order, in one transaction.
pub(super) fn take_in(
    connection: &mut Connection,
    records: &[(Cursor, Event)],
) -> Result<(), IndexError> {
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
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
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
        cursor::store(&transaction, last)?;
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
