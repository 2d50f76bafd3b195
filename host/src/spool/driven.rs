//! Who drives a run's workflow: a claim on the run, like that on an attempt.
//!
//! Whoever drives holds it for as long as it drives, and dies with it. This file never breaks one.

use super::claim::{self, Claim};
use super::error::SpoolError;
use super::files;
use super::place::Spool;
use crate::model::RunId;

const DRIVER: &str = "driver";

impl Spool {
    /// Become the one who drives a run; `None` when another does.
    ///
    /// # Errors
    /// When the folder of the run cannot be made, or the lock cannot be used.
    pub fn drive(&self, run: &RunId) -> Result<Option<Claim>, SpoolError> {
        self.make_runs()?;
        let folder = self.run_folder(run);
        files::make_folder(&folder)?;
        let path = folder.join(DRIVER);
        claim::take(&path).map_err(|source| SpoolError::Claim { path, source })
    }

    /// Whether anybody ever drove it.
    #[must_use]
    pub fn was_driven(&self, run: &RunId) -> bool {
        self.run_folder(run).join(DRIVER).is_file()
    }

    /// Whether somebody drives it.
    ///
    /// # Errors
    /// When the lock cannot be looked at.
    pub fn is_driven(&self, run: &RunId) -> Result<bool, SpoolError> {
        let path = self.run_folder(run).join(DRIVER);
        claim::is_held(&path).map_err(|source| SpoolError::Claim { path, source })
    }
}
