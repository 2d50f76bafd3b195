//! The only room that reads configuration files and the environment.
//!
//! It finds the configuration, reads its YAML with the position of every value, reports every
//! mistake of every file at once, and makes [`Settings`](crate::model::Settings) and
//! [`Workflow`](crate::model::Workflow)s. It also writes
//! new configuration (`init`, `migrate`) and remembers which project configurations are trusted.
//! It never starts a program and decides nothing about a request.

mod collector;
mod decimal;
mod diagnostic;
mod environment;
mod error;
mod expand;
mod files;
mod headers;
mod init;
mod load;
mod migrate;
mod moment;
mod places;
mod positions;
mod prices;
mod read;
mod schema;
mod shape;
mod show;
mod trust;
mod workflow;
mod write;
mod yaml;

#[cfg(test)]
mod tests;

pub use diagnostic::{Diagnostic, Severity};
pub use environment::Environment;
pub use error::SettingsError;
pub use files::FileKind;
pub use headers::otlp_headers;
pub use init::{Detected, FoundTool, Template, detect, generate};
pub use load::{Loaded, load, load_with_policies};
pub use migrate::{Migration, migrate};
pub use places::{ConfigSource, Overrides, Places};
pub use positions::PolicyPositions;
pub use prices::{
    ListedModel, PriceChange, PriceImport, PriceList, PriceOrigin, PriceUpdate,
    import as import_prices, update as update_prices,
};
pub use schema::{schema, schemas, workflow_schema};
pub use show::{masked, show};
pub use trust::{TrustState, check as check_trust, programs, record as record_trust};
pub use workflow::{LoadedWorkflow, load_workflow};
pub use write::write;
