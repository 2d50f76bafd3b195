//! The only room that starts or signals a program.
//!
//! From an adapter's plan and the user's grants it makes a complete command ([`build`]), runs it
//! ([`RunningChild`]), tells what happens, and leaves nothing of it behind. It owns process groups,
//! pipes, the kill ladder, the environment a tool gets, and the private files of an attempt. It
//! never reads configuration, writes no history, and does not judge what a tool said.
//!
//! `command`, `environment`, `stdin`, `lines`, `ladder` and `deadlines` are pure; `locate`,
//! `prompt`, `identity`, `sweep`, `spawn` and `unix` are synchronous; only `driver`, `pipes`,
//! `probe` and `signals` wait, on tokio.

mod command;
mod deadlines;
mod driver;
mod environment;
mod error;
mod event;
mod identity;
mod ladder;
mod lines;
mod locate;
mod pipes;
mod probe;
mod prompt;
mod signals;
mod spawn;
mod stdin;
mod sweep;
#[cfg(test)]
mod tests;
mod unix;

pub use command::{CommandSpec, DEFAULT_LINGER, LONGEST_ARGUMENT, LaunchInputs, build};
pub use deadlines::{Deadlines, Due};
pub use driver::RunningChild;
pub use environment::{EnvGrants, MARKER, environment, inheritable};
pub use error::ProcessError;
pub use event::{Caps, Ended, ProcessEvent};
pub use identity::{Identity, start_ticks};
pub use ladder::{Ladder, Rung};
pub use lines::{Framer, LineCaps, Numbering};
pub use locate::locate;
pub use probe::{PROBE_LIMIT, ProbeInputs, probe};
pub use prompt::AttemptFiles;
pub use signals::{Interrupt, Interrupts};
pub use stdin::{StdinBytes, StdinPlan};
pub use sweep::{Swept, sweep};
pub use unix::adopt_orphans;
