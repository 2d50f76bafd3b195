//! The folder of one invocation: what its supervisors need, and a folder for each attempt.
//!
//! `launch.json` holds secrets and is there only until the invocation is over. This file never
//! knows when that is; it is told.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::attempt::{AttemptFolder, CLAIM};
use super::error::SpoolError;
use super::files;
use super::found::Found;
use super::place::Keep;

pub(super) const LAUNCH: &str = "launch.json";
pub(super) const PROMPT: &str = "prompt";
const REQUEST: &str = "request.json";

/// `runs/RUN-20261122-001/i1`; a path, which may not be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvocationFolder {
    path: PathBuf,
}

impl InvocationFolder {
    /// The folder at `path`, as a supervisor is told it; touches nothing.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of the attempt with this number, which counts from 1; touches nothing.
    #[must_use]
    pub fn attempt(&self, number: u32) -> AttemptFolder {
        AttemptFolder::at(self.path.join(format!("a{number}")))
    }

    /// What its supervisors need, as it was staged.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn launch<T: DeserializeOwned>(&self) -> Result<Found<T>, SpoolError> {
        files::read_json(&self.path.join(LAUNCH))
    }

    /// Put down what its supervisors need, for one more attempt.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_launch<T: Serialize>(&self, launch: &T, keep: Keep) -> Result<(), SpoolError> {
        let bytes = files::to_json(&self.path.join(LAUNCH), launch)?;
        files::replace(&self.path, LAUNCH, &bytes, keep)
    }

    /// What was asked, as it is kept for a retry: no secrets in it.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn request<T: DeserializeOwned>(&self) -> Result<Found<T>, SpoolError> {
        files::read_json(&self.path.join(REQUEST))
    }

    /// Keep what was asked.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_request<T: Serialize>(&self, request: &T) -> Result<(), SpoolError> {
        let bytes = files::to_json(&self.path.join(REQUEST), request)?;
        files::replace(&self.path, REQUEST, &bytes, Keep::Fast)
    }

    /// The prompt, while it is kept.
    ///
    /// # Errors
    /// When the file cannot be read or is not text.
    pub fn prompt(&self) -> Result<Option<String>, SpoolError> {
        files::read_text(&self.path.join(PROMPT))
    }

    /// Remove what its supervisors needed. Again is as good.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn forget_launch(&self) -> Result<(), SpoolError> {
        files::remove(&self.path.join(LAUNCH))
    }

    /// Remove the prompt. Again is as good.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn forget_prompt(&self) -> Result<(), SpoolError> {
        files::remove(&self.path.join(PROMPT))
    }

    /// Remove everything but the folders and the claims in them, which say nothing and may be
    /// held by whoever calls this. Again is as good.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn forget_all(&self) -> Result<(), SpoolError> {
        for name in files::names(&self.path)? {
            let path = self.path.join(&name);
            if !files::is_folder(&path) {
                files::remove(&path)?;
            } else if attempt_number(&name).is_some() {
                for inside in files::names(&path)? {
                    forget(&path.join(&inside), inside == CLAIM)?;
                }
            } else {
                files::remove_folder(&path)?;
            }
        }
        Ok(())
    }

    /// Remove it with everything in it. Only for one that is over and that nobody will ask about.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn remove(&self) -> Result<(), SpoolError> {
        files::remove_folder(&self.path)
    }

    /// Its attempts that have a folder.
    pub(super) fn attempts(&self) -> Result<Vec<AttemptFolder>, SpoolError> {
        let names = files::names(&self.path)?;
        let numbers = names.iter().filter_map(|name| attempt_number(name));
        Ok(numbers.map(|number| self.attempt(number)).collect())
    }
}

fn forget(path: &Path, is_claim: bool) -> Result<(), SpoolError> {
    match (is_claim, files::is_folder(path)) {
        (true, _) => Ok(()),
        (false, true) => files::remove_folder(path),
        (false, false) => files::remove(path),
    }
}

pub(super) fn attempt_number(name: &str) -> Option<u32> {
    name.strip_prefix('a')?.parse().ok()
}
