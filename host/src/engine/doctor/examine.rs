//! The order of the checks, and what they share.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::engine::desk::Desk;
use crate::engine::error::EngineError;
use crate::engine::maintenance::verify_journal;
use crate::model::{Actor, Clock, Concurrency, sentence};

use super::check::{Area, Check};
use super::{files, host, index, journal, processes, runs, state};

/// What is to be looked at, and what matters of the configuration.
pub struct Examination<'a> {
    /// Where everything is kept; need not exist.
    pub state_dir: &'a Path,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who asks.
    pub actor: Actor,
    /// The marker of the attempt whose agent asks, if one does.
    pub within: Option<Uuid>,
    /// How many attempts may run; `None` without a configuration that may be used.
    pub limits: Option<&'a Concurrency>,
    /// How long the files of runs are kept; `None`: for ever, or not known.
    pub retention: Option<Duration>,
}

impl Examination<'_> {
    /// Look at everything but the configuration and the tools. Changes nothing.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = state::checks(self.state_dir);
        let verified = verify_journal(self.state_dir);
        checks.extend(state::clock_check(verified.as_ref().ok(), self.clock.now()));
        checks.extend(journal::checks(&verified, self.state_dir));
        checks.extend(index::checks(verified.as_ref().ok(), self.state_dir));
        match self.look() {
            Ok(Some(desk)) => {
                checks.extend(runs::checks(&desk, self.limits));
                checks.extend(files::checks(&desk, self.retention));
                checks.extend(processes::checks(&desk));
            }
            Ok(None) => checks.push(Check::good("runs", Area::Runs, "none on record")),
            Err(error) => checks.push(not_looked("runs", Area::Runs, &error)),
        }
        checks.extend(host::checks());
        checks
    }

    /// The record, for looking.
    fn look(&self) -> Result<Option<Desk>, EngineError> {
        let desk = Desk::look(self.state_dir, Arc::clone(&self.clock), self.actor.clone())?;
        Ok(desk.map(|desk| Desk {
            within: self.within,
            ..desk
        }))
    }

    /// The record, for writing.
    pub(super) fn open(&self) -> Result<Desk, EngineError> {
        let desk = Desk::open(self.state_dir, Arc::clone(&self.clock), self.actor.clone())?;
        Ok(Desk {
            within: self.within,
            ..desk
        })
    }
}

/// Something could not be looked at, which is a finding of its own.
pub(super) fn not_looked(
    id: &'static str,
    area: Area,
    error: &(dyn std::error::Error + 'static),
) -> Check {
    Check::problem(id, area, format!("failed to {}", sentence(error)))
}
