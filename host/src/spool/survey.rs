//! What lies in the folder of runs, for whoever checks it.
//!
//! Only looks. It never judges what should be there, and takes what goes away meanwhile as gone.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use super::attempt::SUPERVISOR;
use super::error::SpoolError;
use super::files;
use super::invocation::{LAUNCH, attempt_number};
use super::place::{Spool, Ticket};
use super::prune::submitted_on;
use crate::model::{InvocationNumber, RunId};

/// Everything that lies there.
#[derive(Debug, Default)]
pub struct Survey {
    /// Runs that have a folder, with or without content.
    pub n_runs: u64,
    /// Invocations that have one, in order.
    pub invocations: Vec<Lying>,
    /// What was staged and not settled, and when.
    pub tickets: Vec<(Ticket, Timestamp)>,
}

/// The files of one invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// Its run.
    pub run: RunId,
    /// Which of the run's.
    pub number: InvocationNumber,
    /// When something was last put into its folder.
    pub changed: Timestamp,
    /// When its `launch.json` was written, if there is one.
    pub launch: Option<Timestamp>,
    /// Its attempts that have a folder.
    pub attempts: Vec<u32>,
    /// Those of them whose supervisor had something to say, and when.
    pub outspoken: Vec<(u32, Timestamp)>,
}

impl Spool {
    /// Look at everything.
    ///
    /// # Errors
    /// When the folder of runs, or one in it, cannot be read.
    pub fn survey(&self) -> Result<Survey, SpoolError> {
        let mut survey = Survey::default();
        for name in files::names(&self.waiting_room())? {
            let changed = changed(&self.waiting_room().join(&name));
            let ticket = name.parse().map(Ticket).ok();
            survey.tickets.extend(ticket.zip(changed));
        }
        let mut names = files::names(&self.runs)?;
        names.retain(|name| submitted_on(name).is_some());
        names.sort_unstable();
        for name in &names {
            survey.n_runs += 1;
            let run = RunId::new(name.as_str());
            self.survey_run(&run, &mut survey.invocations)?;
        }
        Ok(survey)
    }

    fn survey_run(&self, run: &RunId, invocations: &mut Vec<Lying>) -> Result<(), SpoolError> {
        let folder = self.run_folder(run);
        let names = files::names(&folder)?;
        let numbers = names.iter().filter_map(|name| {
            let number: u32 = name.strip_prefix('i')?.parse().ok()?;
            Some((number, changed(&folder.join(name))?))
        });
        let mut numbers: Vec<_> = numbers.collect();
        numbers.sort_unstable();
        for (number, changed) in numbers {
            let number = InvocationNumber(number);
            invocations.push(self.survey_invocation(run, number, changed)?);
        }
        Ok(())
    }

    fn survey_invocation(
        &self,
        run: &RunId,
        number: InvocationNumber,
        at: Timestamp,
    ) -> Result<Lying, SpoolError> {
        let folder = self.invocation(run, number);
        let names = files::names(folder.path())?;
        let mut attempts: Vec<u32> = names
            .iter()
            .filter_map(|name| attempt_number(name))
            .collect();
        attempts.sort_unstable();
        let spoke = |attempt: &u32| {
            let log = folder.attempt(*attempt).path().join(SUPERVISOR);
            let said = fs::symlink_metadata(&log).is_ok_and(|meta| meta.len() > 0);
            Some((*attempt, changed(&log).filter(|_| said)?))
        };
        let has_launch = names.iter().any(|name| name == LAUNCH);
        Ok(Lying {
            run: run.clone(),
            number,
            changed: at,
            launch: changed(&folder.path().join(LAUNCH)).filter(|_| has_launch),
            outspoken: attempts.iter().filter_map(spoke).collect(),
            attempts,
        })
    }
}

/// When a file or folder was last changed; `None` when it is gone.
fn changed(path: &Path) -> Option<Timestamp> {
    let changed = fs::symlink_metadata(path).and_then(|meta| meta.modified());
    Timestamp::try_from(changed.ok()?).ok()
}
