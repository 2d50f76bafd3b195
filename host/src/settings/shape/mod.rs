//! What the files may contain: one table per object.
//!
//! The tables are the single source: they drive the checks of unknown fields, types and ranges,
//! the lists of what is allowed, and the JSON Schemas for editors. What a value *refers* to is
//! checked in `read`.

mod chain;
mod check;
mod files;
mod json_schema;
mod kind;
mod limits;
mod models;
mod policies;
mod prices;
mod telemetry;
mod time;
mod tools;
mod value;
mod workflow;

pub(crate) use check::{are_absent, check};
pub(crate) use files::{AGENTS, MODELS, POLICIES, PRICES, TELEMETRY, TOOLS};
pub(crate) use json_schema::json_schema;
pub(crate) use kind::{Field, Kind, NameRule, Object, Status};
pub(crate) use models::MODEL;
pub(crate) use policies::MOST_RUNNING;
pub(crate) use workflow::{MOST_STEPS, WORKFLOW};
