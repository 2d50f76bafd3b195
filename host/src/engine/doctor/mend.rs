//! Mending what was found, and only that. Each remedy looks again before it does anything.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;

use serde::Serialize;
use uuid::Uuid;

use crate::engine::catalogue::rebuild_index;
use crate::engine::desk::Desk;
use crate::engine::error::EngineError;
use crate::engine::recover::Recovered;
use crate::index::IndexFile;
use crate::journal::has_ballast;
use crate::model::{InvocationNumber, RunId, sentence};
use crate::process::sweep;
use crate::spool::Ticket;

use super::check::{Check, Remedy, counted};
use super::examine::Examination;
use super::{files, processes};

/// What came of a remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mended {
    /// The check that asked for it.
    pub id: &'static str,
    /// Whether it worked.
    pub done: bool,
    /// What was done, or why not.
    pub message: String,
}

impl Examination<'_> {
    /// Mend what these checks found and can be mended, in their order.
    #[must_use]
    pub fn mend(&self, checks: &[Check]) -> Vec<Mended> {
        let mut applied: Vec<&Remedy> = Vec::new();
        let mut mended = Vec::new();
        for check in checks {
            let Some(remedy) = &check.remedy else {
                continue;
            };
            // Several findings may have one remedy.
            if applied.contains(&remedy) {
                continue;
            }
            applied.push(remedy);
            let outcome = self.apply(remedy);
            mended.push(Mended {
                id: check.id,
                done: outcome.is_ok(),
                message: outcome.unwrap_or_else(|error| format!("failed to {}", sentence(&*error))),
            });
        }
        mended
    }

    fn apply(&self, remedy: &Remedy) -> Result<String, Box<dyn std::error::Error>> {
        match remedy {
            Remedy::Close(folders) => close(folders),
            Remedy::LayBallast => {
                self.open()?;
                Ok(if has_ballast(self.state_dir) {
                    "laid the ballast".to_owned()
                } else {
                    "there is no room for the ballast".to_owned()
                })
            }
            Remedy::RebuildIndex => {
                let indexed = rebuild_index(self.state_dir, &*self.clock)?;
                let n_events = usize::try_from(indexed.n_events).unwrap_or(usize::MAX);
                Ok(format!(
                    "made the index anew from {}",
                    counted(n_events, "event")
                ))
            }
            Remedy::RemoveIndexes(files) => {
                files.iter().try_for_each(IndexFile::remove)?;
                Ok(format!(
                    "removed {}",
                    counted(files.len(), "old index file")
                ))
            }
            Remedy::Recover => Ok(told(&self.open()?.recover(self.limits)?)),
            Remedy::Admit => {
                let started = match self.limits {
                    Some(limits) => self.open()?.admit(Some(limits))?,
                    None => Vec::new(),
                };
                Ok(format!("started {}", counted(started.len(), "attempt")))
            }
            Remedy::ForgetLaunches(found) => Ok(forget(&self.open()?, found)?),
            Remedy::Discard(found) => Ok(discard(&self.open()?, found)?),
            Remedy::Prune => {
                let desk = self.open()?;
                let pruned = desk.prune(self.retention)?;
                Ok(format!("removed the files of {}", counted(pruned, "run")))
            }
            Remedy::Sweep(markers) => Ok(end(&self.open()?, markers)?),
        }
    }
}

fn close(folders: &[PathBuf]) -> Result<String, Box<dyn std::error::Error>> {
    for folder in folders {
        let mode = fs::metadata(folder)?.mode();
        fs::set_permissions(folder, fs::Permissions::from_mode(mode & 0o7700 | 0o700))?;
    }
    Ok(format!("closed {}", counted(folders.len(), "folder")))
}

fn told(recovered: &Recovered) -> String {
    let parts = [
        (recovered.finished.len(), "end put on record"),
        (recovered.never_started.len(), "never started"),
        (recovered.lost.len(), "lost"),
        (recovered.interrupted.len(), "workflow interrupted"),
        (
            usize::try_from(recovered.n_swept).unwrap_or(usize::MAX),
            "left-over ended",
        ),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if parts.is_empty() {
        return "nothing was left to recover".to_owned();
    }
    format!("recovered: {}", parts.join(", "))
}

fn forget(desk: &Desk, found: &[(RunId, InvocationNumber)]) -> Result<String, EngineError> {
    let survey = desk.spool.survey().map_err(EngineError::Spool)?;
    let left = files::left_launches(desk, &survey)?;
    let mut n_removed = 0;
    for (run, number) in found.iter().filter(|it| left.contains(it)) {
        let folder = desk.spool.invocation(run, *number);
        folder.forget_launch().map_err(EngineError::Spool)?;
        n_removed += 1;
    }
    Ok(format!("removed {} with keys", counted(n_removed, "file")))
}

fn discard(desk: &Desk, found: &[Ticket]) -> Result<String, EngineError> {
    let survey = desk.spool.survey().map_err(EngineError::Spool)?;
    let stale = files::stale_tickets(desk, &survey)?;
    let mut n_discarded = 0;
    for ticket in found.iter().filter(|ticket| stale.contains(ticket)) {
        desk.spool.discard(*ticket).map_err(EngineError::Spool)?;
        n_discarded += 1;
    }
    let requests = counted(n_discarded, "staged request");
    Ok(format!("threw away {requests}"))
}

fn end(desk: &Desk, markers: &[Uuid]) -> Result<String, EngineError> {
    let left = processes::left(desk)?;
    let is_left = |marker: &&Uuid| left.iter().any(|(process, _)| process.marker == **marker);
    let mut n_ended = 0;
    for marker in markers.iter().filter(is_left) {
        n_ended += sweep(*marker).ended;
    }
    Ok(format!("ended {n_ended} left-over"))
}
