//! Sums by day, agent, tool and model: the table that statistics are answered from.

use std::collections::BTreeMap;

use rusqlite::{Connection, ToSql};

use super::error::IndexError;
use super::totals::Totals;

/// What sums are kept for. Texts, never NULL; empty stands for "none".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Bucket {
    pub(super) day: String,
    pub(super) agent: String,
    pub(super) tool: String,
    pub(super) model: String,
}

/// `costs_daily`, whose columns are those of [`Totals`].
pub(super) fn table() -> String {
    let columns = Totals::COLUMNS.iter().fold(String::new(), |mut sql, name| {
        sql.push_str(name);
        sql.push_str(" INTEGER NOT NULL, ");
        sql
    });
    format!(
        "CREATE TABLE costs_daily (day TEXT NOT NULL, agent TEXT NOT NULL DEFAULT '', \
         tool TEXT NOT NULL DEFAULT '', model TEXT NOT NULL DEFAULT '', {columns} \
         PRIMARY KEY (day, agent, tool, model)) STRICT, WITHOUT ROWID;"
    )
}

/// Changes to sums, collected over a transaction.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<Bucket, Totals>);

impl Changes {
    pub(super) fn add(&mut self, contributions: Vec<(Bucket, Totals)>) {
        for (bucket, totals) in contributions {
            let sum = self.0.entry(bucket).or_default();
            *sum = sum.plus(&totals);
        }
    }

    pub(super) fn subtract(&mut self, contributions: Vec<(Bucket, Totals)>) {
        for (bucket, totals) in contributions {
            let sum = self.0.entry(bucket).or_default();
            *sum = sum.minus(&totals);
        }
    }

    pub(super) fn write(&self, connection: &Connection) -> Result<(), IndexError> {
        let failed = IndexError::doing("update daily sums");
        let mut upsert = connection.prepare_cached(&upsert()).map_err(&failed)?;
        let mut clean = connection
            .prepare_cached(
                "DELETE FROM costs_daily WHERE day = ?1 AND agent = ?2 AND tool = ?3 \
                 AND model = ?4 AND n_invocations = 0 AND n_attempts = 0",
            )
            .map_err(&failed)?;
        for (bucket, totals) in &self.0 {
            if *totals == Totals::default() {
                continue;
            }
            let key = [&bucket.day, &bucket.agent, &bucket.tool, &bucket.model];
            let values = totals.values();
            let mut parameters: Vec<&dyn ToSql> =
                key.iter().map(|text| text as &dyn ToSql).collect();
            parameters.extend(values.iter().map(|value| value as &dyn ToSql));
            upsert.execute(parameters.as_slice()).map_err(&failed)?;
            // A request that moved to another target leaves nothing behind.
            if totals.n_invocations < 0 || totals.n_attempts < 0 {
                clean.execute(key).map_err(&failed)?;
            }
        }
        Ok(())
    }
}

fn upsert() -> String {
    let names = Totals::COLUMNS.join(", ");
    let places = vec!["?"; Totals::COLUMNS.len()].join(", ");
    let sums: Vec<String> = Totals::COLUMNS
        .iter()
        .map(|name| format!("{name} = {name} + excluded.{name}"))
        .collect();
    format!(
        "INSERT INTO costs_daily (day, agent, tool, model, {names}) VALUES (?, ?, ?, ?, {places}) \
         ON CONFLICT (day, agent, tool, model) DO UPDATE SET {}",
        sums.join(", ")
    )
}
