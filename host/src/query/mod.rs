//! Typed questions, answered from the index.
//!
//! One read-only facade for whoever asks: the command line now, the web later. It never writes,
//! never repairs, and never decides; bringing the index up to date is the engine's work.

mod error;
mod facade;

pub use crate::index::{
    Attempt, EventPlace, GroupBy, Invocation, Parts, Plan, RunPage, RunRow, RunView, StatsFilter,
    StatsGroup, StatsReport, Totals, WarningRow,
};
pub use error::QueryError;
pub use facade::Query;
