//! The questions.

use std::path::Path;

use crate::index::{GroupBy, IndexReader, StatsFilter, StatsReport};

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
        match &self.reader {
            Some(reader) => reader.stats(filter, group_by).map_err(QueryError::Index),
            None => Ok(StatsReport::default()),
        }
    }
}
