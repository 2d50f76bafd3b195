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
mod pages;
mod place;
mod places;
mod plugins;
#[cfg(test)]
mod random_tests;
mod reader;
mod rows;
mod run;
mod run_rows;
#[cfg(test)]
mod run_tests;
mod schema;
#[cfg(test)]
mod search_tests;
mod stats;
mod take_in;
mod tasks;
#[cfg(test)]
mod tests;
mod totals;
mod unsigned;
mod words;
mod writer;

pub use crate::lifecycle::Plan;
pub use attempt::{AdapterName, Attempt};
pub use catch_up::{CatchUpError, catch_up};
pub use error::IndexError;
pub use glance::{Doubt, Glance, IndexFile, glance, list, sqlite};
pub use invocation::Invocation;
pub use pages::{Page, RunMarks, RunPage};
pub use places::EventPlace;
pub use plugins::{AdapterCount, PluginCounts, PolicyCount};
pub use reader::{IndexReader, RunView, WarningRow};
pub use run::{Parts, RunRow};
pub use schema::SCHEMA_VERSION;
pub use stats::{GroupBy, StatsFilter, StatsGroup, StatsReport};
pub use tasks::TaskTotals;
pub use totals::Totals;
pub use writer::{IndexWriter, RebuildReason};
