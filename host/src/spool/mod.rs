//! The files of attempts in flight and after: what each is to do, how it went, how it ended.
//!
//! It owns the folder `<state>/runs/` and everything below it, mode 0600 and 0700, and the way in
//! which processes that come and go share it: a rename that several may do at once, a claim that
//! ends with whoever holds it, files that are whole or not there. What the files say is the
//! caller's. It never starts or signals a program, never writes history, and never judges what it
//! finds. The choices are in `DESIGN.md`.

mod attempt;
mod capped_log;
mod claim;
mod driven;
mod error;
mod files;
mod found;
mod invocation;
#[cfg(target_os = "linux")]
#[path = "inotify.rs"]
mod notices;
#[cfg(not(target_os = "linux"))]
#[path = "without_inotify.rs"]
mod notices;
mod place;
mod progress;
mod prune;
mod quiet;
mod run_yaml;
mod survey;
#[cfg(test)]
mod tests;
mod watch;

pub use attempt::{AttemptFolder, LogPart};
pub use capped_log::{CappedLog, LogEnd};
pub use claim::Claim;
pub use error::SpoolError;
pub use found::Found;
pub use invocation::InvocationFolder;
pub use place::{Keep, Spool, Ticket};
pub use progress::{MAX_PROGRESS_LINE, ProgressLog, ProgressReader};
pub use prune::Pruned;
pub use run_yaml::{RunYaml, RunYamlStatus, RunYamlTask};
pub use survey::{Lying, Survey};
pub use watch::{Watch, has_notices};
