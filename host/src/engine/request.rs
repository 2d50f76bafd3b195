//! What is asked of the engine.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{MicroUsd, Priority, SessionId, TaskId};
use crate::routing::RouteRequest;

use super::task_files::TaskFiles;

/// What the user says to questions and to limits in the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consent {
    /// The answer to questions, when there is one.
    pub answer: Option<bool>,
    /// Somebody is there who can be asked; otherwise the configuration answers.
    pub attended: bool,
    /// Go beyond limits; on record with the justification.
    pub force: bool,
}

/// A prompt for an agent, with everything the user said about how to run it.
#[derive(Clone)]
pub struct ExecRequest {
    /// Who asks, and what was insisted on; the prompt's size is filled in by the engine.
    pub route: RouteRequest,
    /// The prompt.
    pub prompt: Arc<str>,
    /// A session of the tool to go on with.
    pub resume: Option<SessionId>,
    /// Wall-clock limit, instead of the tool's own.
    pub timeout: Option<Duration>,
    /// Stop the tool when it has cost this much.
    pub max_cost: Option<MicroUsd>,
    /// The tasks that it is for, each once; kept on record. They decide nothing.
    pub tasks: Vec<TaskId>,
    /// Where their files are, which its attempts take a step further.
    pub board: Option<TaskFiles>,
    /// Why the user wants it all the same; kept on record.
    pub justification: Option<String>,
    /// What the user said to questions and limits.
    pub consent: Consent,
    /// The answer is wanted piece by piece.
    pub live_text: bool,
    /// Who goes first among those that wait.
    pub priority: Priority,
    /// Where the tool runs.
    pub cwd: PathBuf,
}
