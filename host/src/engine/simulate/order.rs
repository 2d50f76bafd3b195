//! What is to be tried, and on which part of the record.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::model::{PolicySource, Settings};

/// A trial of policies and limits on recorded decisions.
#[derive(Debug, Clone)]
pub struct SimulationOrder {
    /// Where the chain and the limits come from: those in force, or others.
    pub settings: Settings,
    /// Policies that take the place of others in that chain, or are added at its end.
    pub swaps: Vec<Swap>,
    /// Where the record lives.
    pub state_dir: PathBuf,
    /// Where compiled plugins are kept.
    pub cache_dir: PathBuf,
    /// Decisions before this moment stay as they were.
    pub since: Option<Timestamp>,
    /// Only so many decisions, the latest; those before stay as they were.
    pub last: Option<u64>,
    /// How many differences are listed; all are counted.
    pub differences: usize,
}

/// A policy that is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// Its component.
    pub source: PolicySource,
    /// Whose place it takes in the chain; without it, that of the policy with the name that the
    /// component calls itself.
    pub name: Option<String>,
}
