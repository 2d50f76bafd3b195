//! The questions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::index::{GroupBy, IndexReader, RunPage, StatsFilter, StatsReport};
use crate::model::{AttemptRef, Cursor, RunId, RunStatus};

use super::detail::{AttemptView, RunDetail};
use super::error::QueryError;
use super::near;
use super::runs::{RunEvents, RunList, RunsAsked};

/// How many of the newest names a name that is not on record is compared with.
const NAMES: u32 = 1_000;

/// The index of one log, open for questions.
#[derive(Debug)]
pub struct Query {
    pub(super) state_dir: PathBuf,
    /// `None` when nothing was ever recorded: then every sum is empty.
    pub(super) reader: Option<IndexReader>,
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
        Ok(Self {
            state_dir: state_dir.to_owned(),
            reader,
        })
    }

    /// Whether the index that answers is still the one that is kept up to date; otherwise open it
    /// again. Costs one look at a file.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.reader.as_ref().is_some_and(IndexReader::is_current)
    }

    /// The last event that an answer given from now on knows of; `None` when nothing is on record.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn as_of_seq(&self) -> Result<Option<u64>, QueryError> {
        Ok(self.cursor()?.map(|cursor| cursor.seq))
    }

    /// Where that event is: what a live view reads on behind.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn cursor(&self) -> Result<Option<Cursor>, QueryError> {
        match &self.reader {
            Some(reader) => reader.cursor().map_err(QueryError::Index),
            None => Ok(None),
        }
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

    /// How many runs have which status; those that none has are left out.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn counts(&self) -> Result<BTreeMap<RunStatus, u64>, QueryError> {
        match &self.reader {
            Some(reader) => reader.counts().map_err(QueryError::Index),
            None => Ok(BTreeMap::new()),
        }
    }

    /// How many events on record cannot happen to an attempt where it stood; they changed nothing.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn n_illegal(&self) -> Result<u64, QueryError> {
        match &self.reader {
            Some(reader) => reader.n_illegal().map_err(QueryError::Index),
            None => Ok(0),
        }
    }

    /// A page of runs, newest first.
    ///
    /// # Errors
    /// [`QueryError::NoSuchRun`] when the page is to begin behind a run that is not on record; else
    /// when the index cannot be read.
    pub fn runs(&self, asked: &RunsAsked) -> Result<RunList, QueryError> {
        let Some(reader) = &self.reader else {
            return match &asked.before {
                Some(run) => Err(QueryError::NoSuchRun { run: run.clone() }),
                None => Ok(RunList::default()),
            };
        };
        // Asked first: the answer is never older than it says.
        let cursor = reader.cursor().map_err(QueryError::Index)?;
        let before = match &asked.before {
            None => None,
            Some(run) => {
                let row = reader.run_row(run).map_err(QueryError::Index)?;
                let missing = || QueryError::NoSuchRun { run: run.clone() };
                Some(row.ok_or_else(missing)?.id)
            }
        };
        let page = RunPage {
            before,
            limit: asked.limit.saturating_add(1),
            marks: asked.marks.clone(),
        };
        let mut runs = reader.runs(&page).map_err(QueryError::Index)?;
        // One more than was asked for tells whether there is another page.
        let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
        let more = runs.len() > limit;
        runs.truncate(limit);
        let next = runs.last().filter(|_| more).map(|run| run.run.clone());
        Ok(RunList {
            runs,
            next,
            as_of_seq: cursor.map(|cursor| cursor.seq),
        })
    }

    /// A run with everything in it; `None` when there is no such run.
    ///
    /// # Errors
    /// When the index or the journal cannot be read.
    pub fn run(&self, run: &RunId) -> Result<Option<RunDetail>, QueryError> {
        let Some(reader) = &self.reader else {
            return Ok(None);
        };
        let Some(view) = reader.run(run).map_err(QueryError::Index)? else {
            return Ok(None);
        };
        Ok(Some(RunDetail::new(view, &self.events(run)?)))
    }

    /// The events of a run as they stand in the journal; none when there is no such run.
    ///
    /// # Errors
    /// When the index or the journal cannot be read.
    pub fn events(&self, run: &RunId) -> Result<RunEvents, QueryError> {
        let Some(reader) = &self.reader else {
            return Ok(RunEvents::default());
        };
        let places = reader.events_of(run, 0, u32::MAX);
        self.read(places.map_err(QueryError::Index)?)
    }

    /// An attempt with the request that it belongs to; `None` when there is no such attempt.
    ///
    /// # Errors
    /// When the index or the journal cannot be read.
    pub fn attempt(&self, name: &AttemptRef) -> Result<Option<AttemptView>, QueryError> {
        let Some(reader) = &self.reader else {
            return Ok(None);
        };
        let invocation = reader
            .invocation(&name.run, name.invocation)
            .map_err(QueryError::Index)?;
        let Some(invocation) = invocation else {
            return Ok(None);
        };
        let events = self.events(&name.run)?;
        Ok(AttemptView::new(invocation, name.number, &events))
    }

    /// The run whose name a name that is not on record is most likely a slip of.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn nearest(&self, run: &RunId) -> Result<Option<RunId>, QueryError> {
        let Some(reader) = &self.reader else {
            return Ok(None);
        };
        let names = reader.run_names(NAMES).map_err(QueryError::Index)?;
        Ok(near::nearest(run, &names).cloned())
    }
}
