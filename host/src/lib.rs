//! Tollgate: a local control plane for LLM command-line agents.

pub mod accounting;
pub mod cli;
pub mod engine;
pub mod index;
pub mod journal;
pub mod lifecycle;
pub mod model;
pub mod process;
pub mod query;
pub mod routing;
pub mod sandbox;
pub mod settings;
