//! Typed questions, answered from the index.
//!
//! One read-only facade for whoever asks: the command line and the web. It never writes,
//! never repairs, and never decides; bringing the index up to date is the engine's work.

mod deciding;
mod detail;
mod ended;
mod error;
mod events;
mod facade;
mod near;
mod overview;
mod runs;

pub use crate::index::{
    AdapterCount, AdapterName, Attempt, GroupBy, Invocation, Parts, PluginCounts, PolicyCount,
    RunMarks, RunRow, RunView, StatsFilter, StatsGroup, StatsReport, TaskTotals, Totals,
    WarningRow,
};
pub use deciding::{BreakerEvent, Deciding, Judged, LimitEvent, Money, Move};
pub use detail::{AttemptDetail, AttemptView, InvocationDetail, RunDetail};
pub use ended::Ended;
pub use error::QueryError;
pub use events::VerdictRow;
pub use facade::Query;
pub use overview::{ActiveRun, InitiativeReport, Overview, TaskRuns};
pub use runs::{EventsPage, Record, RunEvents, RunList, RunsAsked};
