//! The only room that starts or signals a program.

mod command;
mod deadlines;
mod environment;
mod error;
mod ladder;
mod lines;
mod locate;
mod prompt;
mod stdin;

pub use command::{CommandSpec, DEFAULT_LINGER, LONGEST_ARGUMENT, LaunchInputs, build};
pub use deadlines::{Deadlines, Due, StopReason};
pub use environment::{EnvGrants, MARKER, environment};
pub use error::ProcessError;
pub use ladder::{Ladder, Rung};
pub use lines::{Framer, LineCaps, Numbering};
pub use locate::locate;
pub use prompt::AttemptFiles;
pub use stdin::{StdinBytes, StdinPlan};
