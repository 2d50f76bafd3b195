//! The room as a whole, with real files and threads.

mod attempt;
mod pruning;
mod settling;
mod watching;

use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::model::{InvocationNumber, RunId};

const RUN: &str = "RUN-20261122-001";

/// A spool in a new state directory.
fn spool() -> (TempDir, Spool) {
    let dir = TempDir::new().unwrap();
    let spool = Spool::new(dir.path());
    (dir, spool)
}

/// The first invocation of a run, settled.
fn settled(spool: &Spool, run: &str) -> InvocationFolder {
    let ticket = spool.stage(&"launch", "prompt", Keep::Fast).unwrap();
    let run = RunId::new(run);
    spool.settle(ticket, &run, InvocationNumber(1)).unwrap()
}

/// An attempt with its folder.
fn attempt(spool: &Spool) -> AttemptFolder {
    let attempt = settled(spool, RUN).attempt(1);
    attempt.create().unwrap();
    attempt
}

/// Everything below a folder, sorted.
fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inside) = folders.pop() {
        for entry in std::fs::read_dir(inside).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap();
            found.push(name.to_str().unwrap().to_owned());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}
