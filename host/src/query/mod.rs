//! Typed questions, answered from the index.
//!
//! One read-only facade for whoever asks: the command line now, the web later. It never writes,
//! never repairs, and never decides; bringing the index up to date is the engine's work.

mod deciding;
mod detail;
mod error;
mod facade;
mod near;
mod runs;

pub use crate::index::{
    Attempt, GroupBy, Invocation, Parts, RunRow, RunView, StatsFilter, StatsGroup, StatsReport,
    Totals, WarningRow,
};
pub use deciding::{BreakerEvent, Deciding, Judged, LimitEvent, Money, Move};
pub use detail::{AttemptDetail, InvocationDetail, RunDetail};
pub use error::QueryError;
pub use facade::Query;
pub use runs::{Record, RunEvents, RunList, RunsAsked};
