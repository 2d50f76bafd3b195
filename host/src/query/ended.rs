//! What ended behind a place in the journal, for whoever tells others: batch by batch, in the order
//! of the record.

use std::collections::BTreeSet;

use crate::journal::Reader;
use crate::model::{Cursor, ModelName, RunId};
use crate::telemetry::{Batch, RunSpan, is_end, run_span};

use super::error::QueryError;
use super::facade::Query;

/// Records that are read for one batch, at most, however little ended.
const MOST_RECORDS: usize = 20_000;

/// Batches of what ended. Ends where the index ends: bring it up to date before.
pub struct Ended<'a> {
    query: &'a Query,
    reader: Reader,
    provider: &'a dyn Fn(&ModelName) -> Option<String>,
    /// Parts in a batch, at most.
    most: usize,
    /// The last record that the index knows.
    known: u64,
}

impl Query {
    /// Everything that ended behind `after` (from the beginning of the log without it), in batches of
    /// at most `most` parts. `provider` knows who serves a model.
    ///
    /// # Errors
    /// When the index or the journal cannot be read; when the record at `after` is not there any more.
    pub fn ended<'a>(
        &'a self,
        after: Option<&Cursor>,
        most: usize,
        provider: &'a dyn Fn(&ModelName) -> Option<String>,
    ) -> Result<Ended<'a>, QueryError> {
        let reader = match after {
            Some(cursor) => Reader::open_at(&self.state_dir, cursor),
            None => Reader::open(&self.state_dir),
        };
        Ok(Ended {
            query: self,
            reader: reader.map_err(QueryError::Record)?,
            provider,
            most: most.max(1),
            known: self.as_of_seq()?.unwrap_or(0),
        })
    }
}

impl Ended<'_> {
    fn next_batch(&mut self) -> Result<Option<Batch>, QueryError> {
        let mut runs = BTreeSet::new();
        let mut upto = None;
        let mut n_ends = 0;
        for _ in 0..MOST_RECORDS {
            if n_ends == self.most {
                break;
            }
            let record = self.reader.next_record().map_err(QueryError::Record)?;
            let Some(record) = record.filter(|record| record.cursor.seq <= self.known) else {
                // What the index does not know is not asked for again from this reader.
                self.known = 0;
                break;
            };
            if is_end(&record.event) {
                n_ends += 1;
                runs.extend(record.event.run.clone());
            }
            upto = Some(record.cursor);
        }
        let Some(upto) = upto else { return Ok(None) };
        let runs = runs.iter().map(|run| self.run(run, upto.seq));
        let runs = runs.collect::<Result<_, _>>()?;
        Ok(Some(Batch { runs, upto }))
    }

    /// The run as it was at a place.
    fn run(&self, run: &RunId, upto: u64) -> Result<RunSpan, QueryError> {
        let events = self.query.events(run)?;
        let records = events.records.iter().map(|record| &record.event);
        let known = records.filter(|event| event.seq <= upto);
        Ok(run_span(run, known, self.provider))
    }
}

impl Iterator for Ended<'_> {
    type Item = Result<Batch, QueryError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}

#[cfg(test)]
#[path = "ended_tests.rs"]
mod tests;
