//! Who runs for an attempt, as its supervisor leaves it on disk.
//!
//! Evidence for recovery and for `doctor`. Nobody is ever signalled by a number from here.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::ProcessRef;

/// Data of `process.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessFile {
    /// The tool's process id.
    pub pid: u32,
    /// When it started, in clock ticks since boot.
    pub start_ticks: Option<u64>,
    /// The supervisor that owns it.
    pub supervisor: ProcessRef,
    /// The boot of the machine in which these numbers mean something.
    pub boot: String,
    /// What all of its processes carry.
    pub marker: Uuid,
}
