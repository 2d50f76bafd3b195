//! Lists of runs, and a run's events: what is asked and what is answered.

pub use crate::journal::Record;

use crate::index::{RunMarks, RunRow};
use crate::model::RunId;

/// Which runs to list: newest first, a page at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunsAsked {
    /// Only older than this run: the last one of the page before.
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: u32,
    /// What they have in common.
    pub marks: RunMarks,
}

/// A page of runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunList {
    /// The runs, newest first.
    pub runs: Vec<RunRow>,
    /// What to ask the next page with; `None` when this is the last one.
    pub next: Option<RunId>,
    /// The last event that the answer knows of; it may know of later ones.
    pub as_of_seq: Option<u64>,
}

/// Some events of a run, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventsPage {
    /// The events.
    pub events: RunEvents,
    /// What to ask the next page with; `None` when this is the last one.
    pub next: Option<u64>,
    /// The last event that the answer knows of; it may know of later ones.
    pub as_of_seq: Option<u64>,
}

/// The events of one run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunEvents {
    /// Those that can be read, in order.
    pub records: Vec<Record>,
    /// Those that were on record and cannot be read any more.
    pub n_missing: usize,
}
