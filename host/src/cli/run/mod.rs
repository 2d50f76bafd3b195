//! `tollgate run`: requests that run by themselves, whoever asked for them and whoever dies.
//!
//! One file per command. What these commands do to runs needs no configuration: a broken one must
//! not keep anybody from stopping an agent.

use std::process::ExitCode;

use super::args::Global;
use super::failure::Failure;
use super::screen::Screen;

pub(super) mod args;
mod cancel;
pub(super) mod document;
pub(super) mod export;
mod list;
mod logs;
pub(super) mod record;
mod retry;
mod show;
pub(super) mod submit;
mod wait;
pub(super) mod words;

use args::RunCommand;

/// Do what was asked.
pub(super) fn run(
    command: &RunCommand,
    global: &Global,
    screen: Screen,
) -> Result<ExitCode, Failure> {
    match command {
        RunCommand::Submit(args) => submit::run(args, global, screen),
        RunCommand::Logs(args) => logs::run(args, global, screen),
        RunCommand::Wait(args) => wait::run(args, global, screen),
        RunCommand::Cancel(args) => cancel::run(args, false, global, screen),
        RunCommand::Kill(args) => cancel::run(args, true, global, screen),
        RunCommand::Retry(args) => retry::run(args, global, screen),
        RunCommand::List(args) => list::run(args, global, screen),
        RunCommand::Show { run } => show::run(run, global, screen),
        RunCommand::Export(args) => export::run(args, global, screen),
    }
}
