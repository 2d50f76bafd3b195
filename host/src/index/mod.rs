//! The only room that names rusqlite: an index of the journal, derived and disposable.
//!
//! It owns `<state>/index/`: one SQLite file for each log and schema version, and a lock for its
//! one writer. It answers what the journal could only answer slowly, and holds nothing that the
//! journal does not say. It never reads the journal (records are handed in), never decides
//! anything (where an attempt or a run stands it asks `lifecycle`), and is thrown away at the first
//! doubt. The choices are in `DESIGN.md`.

mod attempt;
mod bucket;
mod catch_up;
mod columns;
mod cursor;
mod error;
mod glance;
mod invocation;
mod marker;
mod place;
#[cfg(test)]
mod random_tests;
mod reader;
mod rows;
mod run;
mod run_rows;
#[cfg(test)]
mod run_tests;
mod schema;
mod stats;
mod take_in;
#[cfg(test)]
mod tests;
mod totals;
mod unsigned;
mod writer;

pub use crate::lifecycle::Plan;
pub use attempt::Attempt;
pub use catch_up::{CatchUpError, catch_up};
pub use error::IndexError;
pub use glance::{Doubt, Glance, IndexFile, glance, list, sqlite};
pub use invocation::Invocation;
pub use reader::{EventPlace, IndexReader, Page, RunPage, RunView, WarningRow};
pub use run::{Parts, RunRow};
pub use schema::SCHEMA_VERSION;
pub use stats::{GroupBy, StatsFilter, StatsGroup, StatsReport};
pub use totals::Totals;
pub use writer::{IndexWriter, RebuildReason};
