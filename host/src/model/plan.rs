//! What passes between the host and an adapter before and around a run: the task, the plan of a
//! command, and the pieces of output fed back.
//!
//! These mirror `wit/adapter/adapter.wit` in the host's own types; `sandbox` converts at the
//! border, so that no other room depends on a contract version.

use std::time::Duration;

/// What an adapter says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterAbout {
    /// The plugin's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// One line for lists.
    pub summary: String,
    /// Programs it is written for; grants nothing.
    pub programs: Vec<String>,
    /// What it can do: `resume`, `stream`, `cost`, `tool-events`, `max-cost`.
    pub features: Vec<String>,
}

/// A program and its arguments; never a shell line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Name or path.
    pub program: String,
    /// One element each.
    pub args: Vec<String>,
}

/// The output of a command that an adapter asked for to learn the tool's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeOutput {
    /// The command that ran.
    pub command: Command,
    /// Its exit status, unless a signal ended it.
    pub exit_code: Option<i32>,
    /// Beginning of its standard output.
    pub stdout: Vec<u8>,
    /// Beginning of its standard error.
    pub stderr: Vec<u8>,
}

/// What an adapter concludes from probe outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detection {
    /// Whether the adapter can drive this tool.
    pub usable: bool,
    /// The tool's version.
    pub version: Option<String>,
    /// Remarks for people.
    pub notes: Vec<String>,
}

/// What the adapter is told about a request. The prompt's text is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterTask {
    /// The program that the configuration grants.
    pub program: String,
    /// Size of the prompt.
    pub prompt_bytes: u64,
    /// The prompt's first characters, at most 64 bytes.
    pub prompt_head: String,
    /// Model name as the tool knows it.
    pub model: Option<String>,
    /// Session of the tool to go on with.
    pub resume: Option<String>,
    /// Working directory.
    pub cwd: String,
    /// Spending cap, for tools with such a flag.
    pub max_cost_microusd: Option<u64>,
    /// Text is wanted piece by piece.
    pub live_text: bool,
    /// The tool's version, if known.
    pub tool_version: Option<String>,
    /// Adapter options: JSON text of an object.
    pub options: String,
}

/// One element of an argument list. Each becomes exactly one argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// Fixed text.
    Text(String),
    /// Path of a 0600 file with the prompt.
    PromptFile,
    /// Path of a fresh 0600 file for the answer.
    OutputFile,
    /// The prompt itself; only after `--` or the flag that the configuration names.
    Prompt,
}

/// Where an environment variable's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvValue {
    /// This text.
    Literal(String),
    /// The host's own variable of the same name, if granted.
    Inherit,
    /// A secret by its name, filled in by the host.
    Secret(String),
}

/// How the prompt is written into standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptFraming {
    /// Text before the prompt.
    pub before: String,
    /// Text after the prompt.
    pub after: String,
    /// How the prompt itself is written.
    pub encoding: PromptEncoding,
}

/// How the prompt's bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptEncoding {
    /// As they are.
    Raw,
    /// Escaped as the inside of a JSON string.
    JsonString,
}

/// What the tool reads on standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Nothing: closed at once.
    None,
    /// The prompt, then end of file.
    Prompt(PromptFraming),
    /// The prompt, then what the adapter writes, until it closes.
    Session(PromptFraming),
}

/// How a stream is cut into chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Complete lines.
    Lines,
    /// Bytes as they were read.
    Raw,
}

/// A signal of the stop ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGKILL.
    Kill,
}

impl StopSignal {
    /// The name used in events and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::Kill => "SIGKILL",
        }
    }
}

/// One step of stopping a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopStep {
    /// What is sent to the process group.
    pub signal: StopSignal,
    /// How long to wait before the next step.
    pub wait: Duration,
}

impl StopStep {
    /// SIGINT, 10 s, SIGTERM, 5 s, SIGKILL.
    pub const DEFAULT_LADDER: [Self; 3] = [
        Self {
            signal: StopSignal::Interrupt,
            wait: Duration::from_secs(10),
        },
        Self {
            signal: StopSignal::Terminate,
            wait: Duration::from_secs(5),
        },
        Self {
            signal: StopSignal::Kill,
            wait: Duration::ZERO,
        },
    ];
}

/// What an adapter wants run. Data only: the host checks every part of it and runs it itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandPlan {
    /// Must be the task's program.
    pub program: String,
    /// The argument list.
    pub args: Vec<Argument>,
    /// Variables the adapter wants set.
    pub env: Vec<(String, EnvValue)>,
    /// Standard input.
    pub input: Input,
    /// How standard output is framed.
    pub stdout: Framing,
    /// How standard error is framed.
    pub stderr: Framing,
    /// How to stop it; empty means [`StopStep::DEFAULT_LADDER`].
    pub stop: Vec<StopStep>,
    /// How long the process may live on after its last word.
    pub linger: Option<Duration>,
    /// Remarks the user should see, such as a changed prompt.
    pub extra: Vec<(String, String)>,
}

/// Which stream a chunk comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The file named by [`Argument::OutputFile`].
    OutputFile,
}

/// A line that was longer than the cap: the chunk holds its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Length of the whole line.
    pub total_bytes: u64,
    /// Its last bytes.
    pub tail: Vec<u8>,
}

/// A piece of a tool's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Where it comes from.
    pub source: Source,
    /// Counts from 1 within the attempt, over all sources.
    pub seq: u64,
    /// A line without its line feed, or bytes as read.
    pub data: Vec<u8>,
    /// Set when the line was cut.
    pub cut: Option<Cut>,
}
