//! The record as it is now, open for questions: put right and indexed before anything is asked.
//!
//! Looking must go on when nothing can be written; then what is on record is shown, with a word
//! about it.

use std::path::PathBuf;

use crate::cli::args::RunPart;
use crate::cli::escape::one_line;
use crate::cli::failure::{Code, Failure};
use crate::cli::open::{self, Ground};
use crate::cli::screen::Screen;
use crate::cli::stats;
use crate::engine::{EngineError, log_of, refresh_index};
use crate::model::{RunId, SystemClock, sentence};
use crate::query::{Query, QueryError, RunDetail};

/// What is on record.
pub(in crate::cli) struct OnRecord {
    /// For questions.
    pub(in crate::cli) query: Query,
    /// Why the answers may be out of date; shown already.
    pub(in crate::cli) warnings: Vec<String>,
    /// Where it lies.
    pub(in crate::cli) state_dir: PathBuf,
}

impl OnRecord {
    /// Bring it to the truth as far as that can be done, and open it.
    pub(in crate::cli) fn open(ground: &Ground, screen: Screen) -> Result<Self, Failure> {
        let state_dir = ground.places.state_dir.clone();
        let log = log_of(&state_dir).map_err(|error| open::engine(&error))?;
        let warnings = match &log {
            Some(_) => bring_to_the_truth(ground, screen)?,
            None => Vec::new(),
        };
        for warning in &warnings {
            screen.warn(warning);
        }
        let query = Query::open(&state_dir, log.as_deref()).map_err(|error| failed(&error))?;
        Ok(Self {
            query,
            warnings,
            state_dir,
        })
    }

    /// Open it as it is: for whoever keeps it up to date otherwise.
    pub(in crate::cli) fn as_it_is(state_dir: PathBuf) -> Result<Self, Failure> {
        let log = log_of(&state_dir).map_err(|error| open::engine(&error))?;
        let query = Query::open(&state_dir, log.as_deref()).map_err(|error| failed(&error))?;
        Ok(Self {
            query,
            warnings: Vec::new(),
            state_dir,
        })
    }

    /// A run, or why there is none.
    pub(in crate::cli) fn run(&self, run: &RunId) -> Result<RunDetail, Failure> {
        let found = self.query.run(run).map_err(|error| failed(&error))?;
        found.ok_or_else(|| self.unknown(run))
    }

    /// A run that has the request which is meant, or why there is none.
    pub(in crate::cli) fn part(&self, part: &RunPart) -> Result<RunDetail, Failure> {
        let detail = self.run(&part.run)?;
        let Some(number) = part.invocation else {
            return Ok(detail);
        };
        let numbers: Vec<String> = detail
            .view
            .invocations
            .iter()
            .map(|it| it.number.to_string())
            .collect();
        if numbers.contains(&number.to_string()) {
            return Ok(detail);
        }
        let run = &part.run;
        let failure = Failure::new(
            Code::UnknownRun,
            format!("run {run} has no request {number}"),
        );
        Err(failure.hint(format!("it has: {}", one_line(&numbers.join(", "), 200))))
    }

    /// Say so when events of a run cannot be read any more.
    pub(in crate::cli) fn tell_missing(&self, detail: &RunDetail, screen: Screen) {
        if detail.n_missing > 0 {
            screen.warn(&format!(
                "{} events of this run cannot be read any more; tollgate journal verify tells why",
                detail.n_missing
            ));
        }
    }

    /// There is no such run; names the one that was meant, if one is near.
    pub(in crate::cli) fn unknown(&self, run: &RunId) -> Failure {
        let failure = Failure::new(Code::UnknownRun, format!("there is no run {run} on record"));
        let failure = match self.query.nearest(run) {
            Ok(Some(near)) => failure.hint(format!("did you mean {near}?")),
            Ok(None) | Err(_) => failure,
        };
        failure.hint("tollgate run list shows the runs on record")
    }
}

/// What could not be done about it.
fn bring_to_the_truth(ground: &Ground, screen: Screen) -> Result<Vec<String>, Failure> {
    let mut warnings = Vec::new();
    let recovered = ground.desk().and_then(|desk| {
        let recovered = desk.recover(ground.limits().as_ref());
        recovered.map_err(|error| open::engine(&error))
    });
    if let Err(failure) = recovered {
        let why = &failure.message;
        warnings.push(format!(
            "runs that ended may be shown as running still: {why}"
        ));
    }
    match refresh_index(&ground.places.state_dir, &SystemClock) {
        Ok(indexed) => {
            if let Some(reason) = indexed.rebuilt.filter(|reason| *reason != "missing") {
                screen.note(&format!("the index was made anew ({reason})"));
            }
        }
        Err(error @ EngineError::Index(_)) => warnings.push(format!(
            "the newest events may be missing: failed to {}",
            sentence(&error)
        )),
        Err(error) => return Err(open::engine(&error)),
    }
    Ok(warnings)
}

/// Why a question has no answer, for people.
pub(in crate::cli) fn failed(error: &QueryError) -> Failure {
    match error {
        QueryError::Record(_) => {
            Failure::new(Code::Record, format!("failed to {}", sentence(error)))
                .hint("tollgate journal verify tells what is wrong")
        }
        _ => stats::failed(error),
    }
}
