//! Records become rows, in one transaction with the cursor.
//!
//! Each run and each request that the records touch is loaded once, folded in memory, and stored
//! once; a run's sums and the daily sums change by the difference.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;

use crate::model::{Body, Cursor, Event, InvocationNumber, RunId};

use super::bucket::Changes;
use super::cursor;
use super::error::IndexError;
use super::invocation::{Invocation, proper};
use super::plugins::PolicyChanges;
use super::rows;
use super::run::{Counted, RunRow, is_about_the_run};
use super::run_rows;
use super::tasks;
use super::unsigned::Unsigned;

/// A run that is being changed, with those of its requests that are.
struct Touched {
    row: RunRow,
    /// Whether the index knew it before.
    is_known: bool,
    invocations: BTreeMap<InvocationNumber, TouchedInvocation>,
}

/// A request that is being changed, and what it counted for before.
struct TouchedInvocation {
    invocation: Invocation,
    before: Option<Counted>,
}

/// Take in records, in order, in one transaction.
pub(super) fn take_in(
    connection: &mut Connection,
    records: &[(Cursor, Event)],
) -> Result<(), IndexError> {
    let transaction = connection
        .transaction()
        .map_err(IndexError::doing("begin a transaction"))?;
    let mut touched: HashMap<RunId, Touched> = HashMap::new();
    let mut policies = PolicyChanges::default();
    let mut n_illegal = 0;
    for (cursor, event) in records {
        insert_event(&transaction, cursor, event)?;
        if let Body::PolicyJudged(judged) = &event.body {
            policies.take(&judged.opinions);
        }
        let Some(run) = &event.run else { continue };
        if !touched.contains_key(run) {
            touched.insert(run.clone(), Touched::load(&transaction, event, run)?);
        }
        if let Some(run) = touched.get_mut(run) {
            n_illegal += u64::from(!run.apply(&transaction, event)?);
        }
    }
    let mut touched: Vec<Touched> = touched.into_values().collect();
    // In the order of the tables, so that a long history is appended and not scattered.
    touched.sort_by_key(|run| run.row.id);
    let mut changes = Changes::default();
    for run in touched {
        run.store(&transaction, &mut changes)?;
    }
    changes.write(&transaction)?;
    policies.write(&transaction)?;
    count_illegal(&transaction, n_illegal)?;
    if let Some((last, _)) = records.last() {
        cursor::store(&transaction, last, records.len() as u64)?;
    }
    transaction
        .commit()
        .map_err(IndexError::doing("commit a transaction"))
}

impl Touched {
    fn load(connection: &Connection, event: &Event, run: &RunId) -> Result<Self, IndexError> {
        let known = run_rows::load(connection, run)?;
        Ok(Self {
            is_known: known.is_some(),
            row: known.unwrap_or_else(|| RunRow::new(event, run)),
            invocations: BTreeMap::new(),
        })
    }

    /// Take in an event of this run; false when it cannot happen to its attempt.
    fn apply(&mut self, connection: &Connection, event: &Event) -> Result<bool, IndexError> {
        self.row.apply(event);
        if let Body::RunSubmitted(submitted) = &event.body {
            tasks::insert(connection, self.row.id, &proper(&submitted.tasks))?;
        }
        let Some(number) = event.invocation.filter(|_| !is_about_the_run(event)) else {
            return Ok(true);
        };
        insert_details(connection, event, &self.row.run, number)?;
        let touched = match self.invocations.entry(number) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let known = match self.is_known {
                    true => rows::load(connection, &self.row.run, number)?,
                    false => None,
                };
                entry.insert(TouchedInvocation {
                    before: known.as_ref().map(Counted::of),
                    invocation: known
                        .unwrap_or_else(|| Invocation::new(event, &self.row.run, number)),
                })
            }
        };
        Ok(touched.invocation.apply(event))
    }

    fn store(mut self, connection: &Connection, changes: &mut Changes) -> Result<(), IndexError> {
        for touched in self.invocations.into_values() {
            let now = Counted::of(&touched.invocation);
            rows::store(connection, &touched.invocation)?;
            self.row
                .count(touched.before.as_ref(), &now, &touched.invocation);
            if let Some(before) = touched.before {
                changes.subtract(before.sums);
            }
            changes.add(now.sums);
        }
        run_rows::store(connection, &self.row)
    }
}

fn count_illegal(connection: &Connection, n_illegal: u64) -> Result<(), IndexError> {
    if n_illegal == 0 {
        return Ok(());
    }
    connection
        .execute(
            "INSERT INTO oddities VALUES (1, ?1) \
             ON CONFLICT (id) DO UPDATE SET n_illegal = n_illegal + excluded.n_illegal",
            [Unsigned(n_illegal)],
        )
        .map_err(IndexError::doing("count events that cannot happen"))?;
    Ok(())
}

fn insert_event(connection: &Connection, cursor: &Cursor, event: &Event) -> Result<(), IndexError> {
    connection
        .prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        .and_then(|mut insert| {
            insert.execute((
                Unsigned(event.seq),
                event.body.name(),
                event.run.as_ref().map_or("", |run| run.as_str()),
                event.at.as_microsecond(),
                Unsigned(cursor.segment),
                Unsigned(cursor.offset),
                cursor.crc,
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
