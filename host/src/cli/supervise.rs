//! `tollgate __supervise`: the hidden command by which an attempt gets its supervisor.
//!
//! Started by tollgate itself, with the claim on the attempt as standard input. It prints nothing
//! but what went wrong, into the attempt's own log.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::Arc;

use crate::engine;
use crate::model::{AttemptRef, SystemClock};

use super::failure::{Code, Failure};
use super::open;

/// See an attempt through.
pub(super) fn run(state_dir: &Path, attempt: &AttemptRef) -> Result<(), Failure> {
    let claim = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(|error| Failure::new(Code::Io, format!("cannot take the claim over: {error}")))?;
    engine::supervise(state_dir, attempt, File::from(claim), Arc::new(SystemClock))
        .map_err(|error| open::engine(&error))
}
