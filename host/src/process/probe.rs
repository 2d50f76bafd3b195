//! Asks a tool for its version.
//!
//! Runs the command an adapter names, under the same rules as any other, with nothing on standard
//! input, a short limit, and no patience. It hands the output back and does not read it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::ProcessError;
use super::command::{CommandSpec, DEFAULT_LINGER, LaunchInputs, build};
use super::driver::RunningChild;
use super::environment::EnvGrants;
use super::event::{Caps, ProcessEvent};
use crate::model::{
    Argument, Command, CommandPlan, Framing, Input, ProbeOutput, Source, StopSignal, StopStep,
};

/// How long a version command may take.
pub const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// How much of each stream is handed back.
const PROBE_BYTES: usize = 64 << 10;

/// Under what circumstances a tool is asked.
#[derive(Clone, Copy)]
pub struct ProbeInputs<'a> {
    /// The program as the configuration names it; the command must name the same.
    pub binary: &'a str,
    /// Where that program was found.
    pub program: &'a Path,
    /// Which variables it may see.
    pub env: EnvGrants<'a>,
    /// The host's own variables.
    pub host_env: &'a [(OsString, OsString)],
    /// Where it runs.
    pub cwd: &'a Path,
    /// What marks its processes; used once.
    pub marker: Uuid,
    /// How long it may take, usually [`PROBE_LIMIT`].
    pub limit: Duration,
}

/// Run a version command and hand back the beginning of what it says.
///
/// # Errors
///
/// Another program than the granted one, a refusal to start, or no end within the limit.
pub async fn probe(
    command: Command,
    inputs: &ProbeInputs<'_>,
) -> Result<ProbeOutput, ProcessError> {
    let mut child = RunningChild::spawn(spec(&command, inputs)?, Caps::default())?;
    let mut output = ProbeOutput {
        command,
        exit_code: None,
        stdout: Vec::new(),
        stderr: Vec::new(),
    };
    let mut timed_out = false;
    while let Some(event) = child.next().await {
        match event {
            ProcessEvent::Output(chunks) => {
                for chunk in chunks {
                    let kept = match chunk.source {
                        Source::Stderr => &mut output.stderr,
                        Source::Stdout | Source::OutputFile => &mut output.stdout,
                    };
                    let room = PROBE_BYTES - kept.len();
                    kept.extend_from_slice(&chunk.data[..room.min(chunk.data.len())]);
                }
            }
            ProcessEvent::Exited(status) => output.exit_code = status.code,
            ProcessEvent::TimedOut => timed_out = true,
            _ => {}
        }
    }
    if timed_out {
        let (program, limit) = (PathBuf::from(inputs.program), inputs.limit);
        return Err(ProcessError::ProbeTimedOut { program, limit });
    }
    Ok(output)
}

fn spec(command: &Command, inputs: &ProbeInputs<'_>) -> Result<CommandSpec, ProcessError> {
    let plan = CommandPlan {
        program: command.program.clone(),
        args: command.args.iter().cloned().map(Argument::Text).collect(),
        env: Vec::new(),
        input: Input::None,
        stdout: Framing::Raw,
        stderr: Framing::Raw,
        stop: vec![StopStep {
            signal: StopSignal::Kill,
            wait: Duration::ZERO,
        }],
        linger: Some(DEFAULT_LINGER),
        extra: Vec::new(),
    };
    build(
        &plan,
        &LaunchInputs {
            binary: inputs.binary,
            program: inputs.program,
            prompt_as_value_of: None,
            env: inputs.env,
            host_env: inputs.host_env,
            prompt: &Arc::from(""),
            prompt_file: None,
            output_file: None,
            cwd: inputs.cwd,
            timeout: inputs.limit,
            marker: inputs.marker,
        },
    )
}
