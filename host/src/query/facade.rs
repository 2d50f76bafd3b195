//! The questions.

use std::collections::BTreeMap;
use std::path::Path;

use crate::index::{
    EventPlace, GroupBy, IndexError, IndexReader, RunPage, RunRow, RunView, StatsFilter,
    StatsReport,
};
use crate::model::{RunId, RunStatus};

use super::error::QueryError;

/// The index of one log, open for questions.
#[derive(Debug)]
pub struct Query {
    /// `None` when nothing was ever recorded: then every sum is empty.
    reader: Option<IndexReader>,
}

impl Query {
    /// Open the index of `log`; without a log there is nothing to open.
    ///
    /// # Errors
    /// When the index is missing or cannot be opened.
    pub fn open(state_dir: &Path, log: Option<&str>) -> Result<Self, QueryError> {
        let reader = log
            .map(|log| IndexReader::open(state_dir, log))
            .transpose()
            .map_err(QueryError::Index)?;
        Ok(Self { reader })
    }

    /// Sums over the requests that `filter` picks, in groups.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn stats(
        &self,
        filter: &StatsFilter,
        group_by: GroupBy,
    ) -> Result<StatsReport, QueryError> {
        self.ask(|reader| reader.stats(filter, group_by))
    }

    /// A page of runs, newest first.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn runs(&self, page: &RunPage) -> Result<Vec<RunRow>, QueryError> {
        self.ask(|reader| reader.runs(page))
    }

    /// A run with its requests, their attempts, and its warnings; `None` when there is none.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn run(&self, run: &RunId) -> Result<Option<RunView>, QueryError> {
        self.ask(|reader| reader.run(run))
    }

    /// How many runs have which status; those that none has are left out.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn counts(&self) -> Result<BTreeMap<RunStatus, u64>, QueryError> {
        self.ask(IndexReader::counts)
    }

    /// All events of a run, in order, by where the journal keeps them.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn events_of(&self, run: &RunId) -> Result<Vec<EventPlace>, QueryError> {
        self.ask(|reader| reader.events_of(run))
    }

    /// How many events on record cannot happen to an attempt where it stood; they changed nothing.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn n_illegal(&self) -> Result<u64, QueryError> {
        self.ask(IndexReader::n_illegal)
    }

    /// Where nothing was ever recorded, every answer is empty.
    fn ask<T: Default>(
        &self,
        question: impl FnOnce(&IndexReader) -> Result<T, IndexError>,
    ) -> Result<T, QueryError> {
        match &self.reader {
            Some(reader) => question(reader).map_err(QueryError::Index),
            None => Ok(T::default()),
        }
    }
}
