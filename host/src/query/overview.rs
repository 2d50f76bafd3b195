//! What a front page asks for: what is at work, what came to its end, what it cost, which plugins
//! misbehave, and what the runs for tasks came to.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::index::{
    GroupBy, IndexReader, PluginCounts, RunMarks, RunPage, RunRow, StatsFilter, TaskTotals, Totals,
};
use crate::model::{AttemptRef, RunId, RunStatus, TaskId};

use super::error::QueryError;
use super::facade::Query;

/// What there is to see at a glance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overview {
    /// The last event that the answer knows of; it may know of later ones.
    pub as_of_seq: Option<u64>,
    /// How many runs have which status; those that none has are left out.
    pub counts: BTreeMap<RunStatus, u64>,
    /// Runs that wait or are at work, the newest first.
    pub active: Vec<ActiveRun>,
    /// Runs that came to their end last, the latest first.
    pub finished: Vec<RunRow>,
    /// Requests of this day.
    pub today: Totals,
    /// Requests of this month.
    pub month: Totals,
    /// Events that cannot happen to an attempt where it stood; they changed nothing.
    pub n_illegal: u64,
    /// Events whose lines could not be read; what they said is in no answer.
    pub n_missing: u64,
}

/// A run that waits or is at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveRun {
    /// The run.
    pub run: RunRow,
    /// Its attempts that are at work; none while all of it waits.
    pub at_work: Vec<AttemptRef>,
}

/// What the runs for the tasks of initiatives came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InitiativeReport {
    /// By name. A run for several tasks of one initiative counts once in it; one for tasks of
    /// several initiatives counts in each, as a whole.
    pub groups: BTreeMap<String, TaskTotals>,
    /// All of these runs, each once: less than the groups add up to where runs are shared.
    pub together: TaskTotals,
    /// Everything that was asked of agents, for whatever task or none.
    pub all: Totals,
}

/// What the runs for one task came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskRuns {
    /// How many, and their sums. A run for several tasks counts as a whole for each.
    pub totals: TaskTotals,
    /// The newest of them, newest first.
    pub runs: Vec<RunId>,
}

impl Query {
    /// What is at work, what came to its end, and what it cost, at most so many runs of each kind.
    /// `today` is a day in UTC, as all days of the record.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn overview(&self, today: Date, limit: u32) -> Result<Overview, QueryError> {
        let Some(reader) = &self.reader else {
            return Ok(Overview::default());
        };
        // Asked first: the answer is never older than it says.
        let as_of_seq = self.as_of_seq()?;
        Ok(Overview {
            as_of_seq,
            counts: self.counts()?,
            active: active(reader, limit)?,
            finished: reader.finished(limit).map_err(QueryError::Index)?,
            today: self.spent(today)?,
            month: self.spent(today.first_of_month())?,
            n_illegal: self.n_illegal()?,
            n_missing: reader.n_missing().map_err(QueryError::Index)?,
        })
    }

    /// What the requests of this day and later ones came to; days are those of submission, in UTC.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn spent(&self, since: Date) -> Result<Totals, QueryError> {
        let filter = StatsFilter {
            since: Some(since),
            ..StatsFilter::default()
        };
        Ok(self.stats(&filter, GroupBy::None)?.totals)
    }

    /// What plugins did, by component, all time.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn plugin_counts(&self) -> Result<PluginCounts, QueryError> {
        match &self.reader {
            Some(reader) => reader.plugin_counts().map_err(QueryError::Index),
            None => Ok(PluginCounts::default()),
        }
    }

    /// What the runs for the tasks of initiatives came to, as far as `filter` picks their requests.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn initiatives(
        &self,
        tasks_of: &BTreeMap<String, Vec<TaskId>>,
        filter: &StatsFilter,
    ) -> Result<InitiativeReport, QueryError> {
        let mut report = InitiativeReport {
            all: self.stats(filter, GroupBy::None)?.totals,
            ..InitiativeReport::default()
        };
        let ask = |tasks: &[TaskId]| match &self.reader {
            Some(reader) => reader.task_totals(tasks, filter).map_err(QueryError::Index),
            None => Ok(TaskTotals::default()),
        };
        for (initiative, tasks) in tasks_of {
            report.groups.insert(initiative.clone(), ask(tasks)?);
        }
        let all: Vec<TaskId> = tasks_of.values().flatten().cloned().collect();
        report.together = ask(&all)?;
        Ok(report)
    }

    /// What the runs for each of `tasks` came to, with the names of at most `limit` of them; tasks
    /// without a run are left out.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn task_runs(
        &self,
        tasks: &[TaskId],
        limit: u32,
    ) -> Result<BTreeMap<TaskId, TaskRuns>, QueryError> {
        let Some(reader) = &self.reader else {
            return Ok(BTreeMap::new());
        };
        let totals = reader.totals_by_task(tasks).map_err(QueryError::Index)?;
        let found = totals.into_iter().map(|(task, totals)| {
            let runs = reader.runs_of_task(&task, limit)?;
            Ok((task, TaskRuns { totals, runs }))
        });
        found.collect::<Result<_, _>>().map_err(QueryError::Index)
    }
}

fn active(reader: &IndexReader, limit: u32) -> Result<Vec<ActiveRun>, QueryError> {
    let page = RunPage {
        limit,
        marks: RunMarks {
            active_only: true,
            ..RunMarks::default()
        },
        ..RunPage::default()
    };
    let rows = reader.runs(&page).map_err(QueryError::Index)?;
    let found = rows.into_iter().map(|run| {
        let at_work = reader.at_work(&run.run)?;
        Ok(ActiveRun { run, at_work })
    });
    found.collect::<Result<_, _>>().map_err(QueryError::Index)
}
