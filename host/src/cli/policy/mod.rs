//! `tollgate policy`: who is asked before a request, what is wrong with them, and what they said.
//!
//! One file per command. The policies themselves are the engine's to load and ask.

use super::args::Global;
use super::failure::Failure;
use super::screen::Screen;
use super::simulate;

pub(super) mod args;
pub(super) mod check;
pub(super) mod explain;
mod list;
mod source;

use args::PolicyCommand;

/// Do what was asked.
pub(super) fn run(command: &PolicyCommand, global: &Global, screen: Screen) -> Result<(), Failure> {
    match command {
        PolicyCommand::List => list::run(global, screen),
        PolicyCommand::Check => check::run(global, screen),
        PolicyCommand::Explain { run } => explain::run(run, global, screen),
        PolicyCommand::Simulate(args) => simulate::run(args, global, screen),
    }
}
