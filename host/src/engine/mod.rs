//! Coordination: a request in, effects performed in the right order, a report out.
//!
//! The engine owns the order of things (record before act), not the decisions: those are
//! `routing`'s, `lifecycle`'s, and `accounting`'s. It never reads configuration files and never
//! prints.

mod ledger;
mod progress;
mod reading;
mod report;

pub use ledger::Ledger;
pub use progress::{Progress, Unwatched, Warning, Watcher};
pub use reading::Reading;
pub use report::{AttemptReport, ExecReport, UsageReport};
