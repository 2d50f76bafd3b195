//! The only room that starts or signals a program.
//!
//! From an adapter's plan and the user's grants it makes a complete command ([`build`]), runs it
//! ([`RunningChild`]), tells what happens, and leaves nothing of it behind. The process that does
//! this for an attempt is its supervisor, and is started here, too ([`start_supervisor`]). The room
//! owns process groups, pipes, the kill ladder, the environment a tool gets, and the private files
//! of an attempt. It never reads configuration, writes no history, and does not judge what a tool
//! said.
//!
//! `command`, `environment`, `stdin`, `lines`, `ladder` and `deadlines` are pure; `locate`,
//! `prompt`, `abilities`, `identity`, `kills`, `offspring`, `sweep`, `spawn`, `supervisor` and `unix` are synchronous;
//! only `driver`, `pipes`, `probe` and `signals` wait, on tokio.

mod abilities;
mod command;
mod deadlines;
mod driver;
mod environment;
mod error;
mod event;
mod identity;
mod kills;
mod ladder;
mod lines;
mod locate;
mod offspring;
mod pipes;
mod probe;
mod prompt;
mod signals;
mod spawn;
mod stdin;
mod supervisor;
mod sweep;
#[cfg(test)]
mod tests;
mod typed;
mod unix;

pub use abilities::{Abilities, abilities};
pub use command::{CommandSpec, DEFAULT_LINGER, LONGEST_ARGUMENT, LaunchInputs, build};
pub use deadlines::{Deadlines, Due};
pub use driver::{RunningChild, Tenure};
pub use environment::{EnvGrants, MARKER, environment, inheritable};
pub use error::ProcessError;
pub use event::{Caps, Ended, ProcessEvent};
pub use identity::{Identity, Likeness, is_same_process, start_ticks};
pub use ladder::{Ladder, Rung};
pub use lines::{Framer, LineCaps, Numbering};
pub use locate::locate;
pub use probe::{PROBE_LIMIT, ProbeInputs, probe};
pub use prompt::AttemptFiles;
pub use signals::{Interrupt, Interrupts};
pub use stdin::{StdinBytes, StdinPlan};
pub use supervisor::{Supervisor, SupervisorSpec, start_supervisor};
pub use sweep::{Marked, Swept, find_marked, list_marked, sweep};
pub use typed::typed_line;
pub use unix::adopt_orphans;
