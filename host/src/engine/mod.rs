//! Coordination: a request in, effects performed in the right order, a report out.
//!
//! The engine owns the order of things (record before act), not the decisions: those are
//! `routing`'s, `lifecycle`'s, and `accounting`'s. It never reads configuration files and never
//! prints.

mod attempt;
mod catalogue;
mod content;
mod course;
mod drive;
mod error;
mod exec;
mod house;
mod ledger;
mod maintenance;
mod notices;
mod progress;
mod reading;
mod record;
mod report;
mod request;

pub use crate::journal::VerifyReport;
pub use crate::routing::{RouteRequest, RoutingError};
pub use catalogue::{Indexed, rebuild_index, refresh_index};
pub use error::EngineError;
pub use exec::{block_on, decide};
pub use house::{Engine, EngineOptions, adapter_ids, availability};
pub use ledger::Ledger;
pub use maintenance::{export_journal, verify_journal};
pub use progress::{Progress, Unwatched, Warning, Watcher};
pub use reading::Reading;
pub use report::{AttemptReport, ExecReport, UsageReport};
pub use request::ExecRequest;
