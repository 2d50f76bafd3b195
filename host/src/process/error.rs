//! What this room can fail to do.
//!
//! Every message is a fragment that fits after "failed to"; hints for people belong to the command
//! line. No variant carries the prompt or the value of a variable.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::FailureCode;

/// Why a program was not started, not fed, or not understood.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// The adapter planned another program than the one the configuration names.
    #[error("run `{wanted}`: the configuration grants this tool `{granted}` and nothing else")]
    ProgramNotGranted {
        /// What the plan names.
        wanted: String,
        /// What the configuration names.
        granted: String,
    },
    /// The prompt stands where it could be read as an option.
    #[error(
        "place the prompt at argument {position}: it may only follow `--` or the flag that \
         `prompt_as_value_of` names; use stdin or a prompt file"
    )]
    PromptNotGranted {
        /// Place in the argument list, from 1.
        position: usize,
    },
    /// The prompt begins like an option, and a flag stands before it.
    #[error(
        "pass a prompt that begins with `-` as the value of `{flag}`, where it could be taken for \
         an option; use stdin or a prompt file"
    )]
    PromptLooksLikeFlag {
        /// The flag before it.
        flag: String,
    },
    /// One argument exceeds what the system lets through.
    #[error(
        "pass {what} of {bytes} bytes as an argument, the limit is {limit}; use stdin or a prompt \
         file"
    )]
    ArgumentTooLong {
        /// `the prompt` or `an argument`.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The largest size.
        limit: usize,
    },
    /// A NUL byte, which no argument, path, or variable can carry.
    #[error("pass {what}, it contains a NUL byte")]
    ContainsNul {
        /// What contains it.
        what: String,
    },
    /// The plan needs a file that was not made.
    #[error("name the {what} in the arguments, none was made for this attempt")]
    FileMissing {
        /// `prompt file` or `output file`.
        what: &'static str,
    },
    /// A variable's name is empty or contains `=`.
    #[error("set a variable named `{name}`, which is no name for a variable")]
    BadVariableName {
        /// The name.
        name: String,
    },
    /// The adapter wants a variable of the host that the user did not grant.
    #[error("let the tool inherit `{name}`: add `{name}` to `env_inherit` to allow it")]
    VariableNotGranted {
        /// Its name.
        name: String,
    },
    /// The adapter sets a variable that changes what is loaded, found, or contacted.
    #[error(
        "let the adapter set `{name}`, which changes what the tool loads, finds, or contacts: \
         set it under `env`, or add `{name}` to `env_inherit` to allow it"
    )]
    VariableGuarded {
        /// Its name.
        name: String,
    },
    /// No such secret is configured.
    #[error("fill in `{name}`: no secret named `{secret}` is configured")]
    SecretUnknown {
        /// The variable.
        name: String,
        /// The secret.
        secret: String,
    },
    /// The attempt's private files could not be made.
    #[error("write {path}")]
    WriteFile {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The tool's answer file could not be read.
    #[error("read {path}")]
    ReadFile {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The working directory is not there.
    #[error("start {program} in {cwd}, which is no directory")]
    NoWorkingDirectory {
        /// The program.
        program: PathBuf,
        /// Where it was to run.
        cwd: PathBuf,
    },
    /// The file is there, but what its first line names is not.
    #[error("start {program}: the interpreter that its first line names is missing")]
    NoInterpreter {
        /// The program.
        program: PathBuf,
    },
    /// Arguments and environment are larger than the system allows together.
    #[error("start {program}: its arguments and environment are too large; use stdin or a file")]
    TooLarge {
        /// The program.
        program: PathBuf,
    },
    /// The system refused to start it.
    #[error("start {program}")]
    Spawn {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Somebody else holds the claim of an attempt, or it cannot be had on this file system.
    #[error("hold the attempt's claim for its supervisor")]
    NotClaimed {
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The orphans of a tool would not become our children.
    #[error("become the parent of what the tool leaves behind")]
    AdoptOrphans {
        /// Why.
        #[source]
        source: io::Error,
    },
    /// More was queued for standard input than the tool takes off.
    #[error("queue {bytes} more bytes for the tool's standard input, {limit} may wait")]
    StdinFull {
        /// What was to be added.
        bytes: usize,
        /// The most that may wait.
        limit: usize,
    },
    /// Standard input is closed already.
    #[error("write to the tool's standard input, it is closed")]
    StdinClosed,
    /// A version command did not end in time.
    #[error("get an answer from {program} within {limit:?}")]
    ProbeTimedOut {
        /// The program.
        program: PathBuf,
        /// How long it had.
        limit: Duration,
    },
    /// The system does not tell about signals.
    #[error("listen for signals")]
    Listen {
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl ProcessError {
    /// What kind of failure this is for an attempt: a missing tool, a refusal of ours or of the
    /// system's, or a task that cannot be done this way.
    #[must_use]
    pub fn code(&self) -> FailureCode {
        FailureCode::new(match self {
            Self::ProgramNotGranted { .. }
            | Self::PromptNotGranted { .. }
            | Self::VariableNotGranted { .. }
            | Self::VariableGuarded { .. }
            | Self::SecretUnknown { .. } => FailureCode::NOT_GRANTED,
            Self::PromptLooksLikeFlag { .. }
            | Self::ArgumentTooLong { .. }
            | Self::ContainsNul { .. }
            | Self::TooLarge { .. } => FailureCode::UNSUPPORTED,
            Self::BadVariableName { .. }
            | Self::FileMissing { .. }
            | Self::StdinFull { .. }
            | Self::StdinClosed => FailureCode::ADAPTER_FAULT,
            Self::Spawn { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                FailureCode::TOOL_MISSING
            }
            Self::ProbeTimedOut { .. } => FailureCode::TIMEOUT,
            Self::WriteFile { .. }
            | Self::ReadFile { .. }
            | Self::NoWorkingDirectory { .. }
            | Self::NoInterpreter { .. }
            | Self::Spawn { .. }
            | Self::NotClaimed { .. }
            | Self::AdoptOrphans { .. }
            | Self::Listen { .. } => FailureCode::SPAWN_FAILED,
        })
    }
}
