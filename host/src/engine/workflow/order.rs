//! What is to be driven, and who watches.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::model::{AttemptRef, AttemptState, Decision, Digest, Priority, RunId, Workflow};

/// A workflow that is to be driven.
#[derive(Debug, Clone)]
pub struct WorkflowOrder {
    /// The workflow.
    pub workflow: Workflow,
    /// The prompt of each step, by its id.
    pub prompts: BTreeMap<String, Arc<str>>,
    /// The content of its file and of its prompt files.
    pub sha256: Digest,
    /// Its file.
    pub path: PathBuf,
    /// Where the tools run.
    pub cwd: PathBuf,
    /// Who goes first among those that wait.
    pub priority: Priority,
    /// Go on with this run instead of starting one.
    pub resume: Option<RunId>,
}

/// Something that happened to a step.
#[derive(Debug)]
#[non_exhaustive]
pub enum StepEvent<'a> {
    /// The run has its name.
    Run(&'a RunId),
    /// It was submitted.
    Submitted {
        /// Its first attempt.
        name: &'a AttemptRef,
        /// Where it goes.
        decision: &'a Decision,
        /// It has a slot.
        started: bool,
    },
    /// It could not be submitted: nothing can take it.
    Refused(&'a str),
    /// It will not be submitted.
    Skipped,
    /// It stands elsewhere than before.
    Moved(AttemptState),
    /// It is done; told once by each driver, for steps of earlier drivers too.
    Done {
        /// Its answer, while it is kept.
        answer: Option<&'a str>,
        /// It was done under this driver.
        fresh: bool,
    },
    /// About once a second, with the steps that are at work.
    Waiting(&'a [&'a str]),
}

/// Whoever watches the steps.
pub trait Steps {
    /// Called for each event, in order; `step` is empty for those of the run.
    fn see(&mut self, step: &str, event: &StepEvent<'_>);
}
