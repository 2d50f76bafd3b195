//! Typed questions, answered from the index.
//!
//! One read-only facade for whoever asks: the command line now, the web later. It never writes,
//! never repairs, and never decides; bringing the index up to date is the engine's work.

mod error;
mod facade;

pub use crate::index::{GroupBy, StatsFilter, StatsGroup, StatsReport, Totals};
pub use error::QueryError;
pub use facade::Query;
