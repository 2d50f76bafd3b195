//! Starts a program, exactly as its command says.
//!
//! The only file that makes a `Command`. It inherits nothing: the environment is the command's, the
//! streams are pipes, files that were named, or `/dev/null`, and the rest is `unix`'s work.
//! Synchronous; does not wait.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::ProcessError;
use super::command::CommandSpec;
use super::stdin::StdinPlan;
use super::supervisor::SupervisorSpec;
use super::unix::{Life, prepare};

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
    prepare(&mut command, Life::Bound);
    command
        .spawn()
        .map_err(|source| explain(source, &spec.program, &spec.cwd))
}

/// Start a supervisor: it lives on when we die. Its claim is its standard input.
///
/// # Errors
///
/// As [`spawn`].
pub(super) fn spawn_supervisor(spec: SupervisorSpec) -> Result<Child, ProcessError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the room that starts programs"
    )]
    let mut command = Command::new(&spec.program);
    command
        // What `ps` shows; the program itself may be a link to the one that runs.
        .arg0("tollgate")
        .args(spec.args)
        .env_clear()
        .envs(spec.env)
        .current_dir(&spec.cwd)
        .stdin(spec.claim)
        .stdout(Stdio::null())
        .stderr(spec.log);
    prepare(&mut command, Life::Own);
    command
        .spawn()
        .map_err(|source| explain(source, &spec.program, &spec.cwd))
}

/// The system says "no such file" of three different files.
fn explain(source: io::Error, program: &Path, cwd: &Path) -> ProcessError {
    let program = program.to_path_buf();
    match source.kind() {
        _ if !cwd.is_dir() => ProcessError::NoWorkingDirectory {
            program,
            cwd: cwd.to_path_buf(),
        },
        io::ErrorKind::NotFound if program.exists() => ProcessError::NoInterpreter { program },
        io::ErrorKind::ArgumentListTooLong => ProcessError::TooLarge { program },
        _ => ProcessError::Spawn { program, source },
    }
}
