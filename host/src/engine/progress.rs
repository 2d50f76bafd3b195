//! What can be watched while a request is being worked on.
//!
//! The supervisor tells, in a file beside the attempt; whoever listens decides how to show it.
//! Nothing here is history: what must last goes into the journal.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Decision, Failure, Target};

/// Something a watcher may want to show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Progress {
    /// A target was chosen.
    Routed(Box<Decision>),
    /// It waits for a slot, behind so many others.
    Queued {
        /// Attempts that go first.
        ahead: usize,
    },
    /// A process is about to be started.
    Starting {
        /// Which attempt, such as `RUN-20261122-001.i1.a1`.
        attempt: String,
        /// What runs.
        target: Target,
    },
    /// The tool is at work and has said nothing new; comes about once a second.
    Waiting {
        /// Since the process was started.
        elapsed: Duration,
    },
    /// A piece of the answer, to be shown as it is, without a line feed of its own.
    Answer(String),
    /// Words on the way to the answer.
    Commentary(String),
    /// The agent uses a tool of its own.
    Acting {
        /// The tool's name.
        name: String,
    },
    /// The tool meets trouble and goes on by itself.
    Trouble(Failure),
    /// Something the user should know.
    Warning(Warning),
    /// The adapter says something about itself.
    Plugin {
        /// Such as `warn`.
        level: String,
        /// Its words.
        message: String,
    },
    /// A step of the stop ladder was taken.
    Signalled {
        /// Such as `SIGINT`.
        signal: String,
    },
    /// The same target is tried again.
    Retrying {
        /// The target.
        target: Target,
        /// Why.
        failure: Failure,
        /// After so long.
        delay: Duration,
    },
    /// Another target takes over.
    FellBack {
        /// The target that failed.
        from: Target,
        /// The target that takes over.
        to: Target,
        /// Why.
        failure: Failure,
        /// The failed target was the first choice.
        primary: bool,
    },
}

/// Something the user should know; also recorded, and part of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Machine code, such as `model_differs`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl Warning {
    /// A warning.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// Whoever watches.
pub trait Watcher {
    /// Called for each piece of progress, in order.
    fn see(&mut self, progress: Progress);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn see(&mut self, _progress: Progress) {}
}
