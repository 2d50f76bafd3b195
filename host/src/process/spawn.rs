//! Starts a program, exactly as its command says.
//!
//! The only file that makes a `Command`. It inherits nothing: the environment is the command's, the
//! streams are pipes or `/dev/null`, and the rest is `unix`'s work. Synchronous; does not wait.

use std::io;
use std::process::{Child, Command, Stdio};

use super::command::CommandSpec;
use super::stdin::StdinPlan;
use super::{ProcessError, unix};

/// Start it. When this returns, the program runs and leads its own process group.
///
/// On Linux it is killed when the *thread* that called this dies: call it from one that lives as
/// long as the attempt, such as the main thread.
///
/// # Errors
///
/// When the system refuses, with what was wrong as far as that can be told.
pub(super) fn spawn(spec: &CommandSpec) -> Result<Child, ProcessError> {
    let stdin = match spec.stdin {
        StdinPlan::Null => Stdio::null(),
        StdinPlan::Pipe { .. } => Stdio::piped(),
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the room that starts programs"
    )]
    let mut command = Command::new(&spec.program);
    command
        .args(&spec.args)
        .env_clear()
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .current_dir(&spec.cwd)
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    unix::prepare(&mut command);
    command.spawn().map_err(|source| explain(source, spec))
}

/// The system says "no such file" of three different files.
fn explain(source: io::Error, spec: &CommandSpec) -> ProcessError {
    let program = spec.program.clone();
    match source.kind() {
        _ if !spec.cwd.is_dir() => ProcessError::NoWorkingDirectory {
            program,
            cwd: spec.cwd.clone(),
        },
        io::ErrorKind::NotFound if program.exists() => ProcessError::NoInterpreter { program },
        io::ErrorKind::ArgumentListTooLong => ProcessError::TooLarge { program },
        _ => ProcessError::Spawn { program, source },
    }
}
