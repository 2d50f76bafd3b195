//! What the events about runs, queues, and workflows say.
//!
//! Metadata only, as all of the journal: no prompt, no answer, no words of a tool.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Cost, Digest, Exactness, Priority, RunStatus, Target, Usage};

/// A process as others may recognise it: numbers are used again, starts are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRef {
    /// Process id.
    pub pid: u32,
    /// Start time in clock ticks since boot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_ticks: Option<u64>,
}

/// Data of `run.cancel_requested`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCancelRequested {
    /// `interrupt` (the user), or `step_failed` (a step of its workflow failed).
    pub reason: String,
    /// Without waiting for the polite steps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kill: bool,
}

/// Data of `attempt.queued`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptQueued {
    /// What is to run.
    #[serde(flatten)]
    pub target: Target,
    /// Who goes first among those that wait.
    #[serde(default, skip_serializing_if = "Priority::is_normal")]
    pub priority: Priority,
    /// Marker that its processes will carry.
    pub marker: Uuid,
    /// Marker of the attempt whose agent asked for it. It runs in that one's slot and does not
    /// outlive it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Uuid>,
    /// It is not started before so many milliseconds have passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
}

/// Data of `attempt.admitted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptAdmitted {
    /// What is to run.
    #[serde(flatten)]
    pub target: Target,
}

/// Data of `attempt.withdrawn`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptWithdrawn {
    /// As in `attempt.cancel_requested`.
    pub reason: String,
}

/// Why nobody can tell how an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LostReason {
    /// The machine was started anew.
    Reboot,
    /// Its supervisor was killed.
    SupervisorDied,
    /// Its supervisor was killed, and its process id belongs to another process now, which was
    /// left alone.
    IdentityMismatch,
}

impl LostReason {
    /// The word used in events and documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reboot => "reboot",
            Self::SupervisorDied => "supervisor_died",
            Self::IdentityMismatch => "identity_mismatch",
        }
    }
}

/// Data of `attempt.lost`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptLost {
    /// What ran.
    #[serde(flatten)]
    pub target: Target,
    /// Why nobody can tell.
    pub reason: LostReason,
    /// Processes of it that were found and ended.
    pub swept: u32,
    /// Whether no process with its marker is left.
    pub tree_empty: bool,
    /// The last tokens on record: a lower bound.
    pub usage: Usage,
    /// How far they can be trusted.
    pub exactness: Exactness,
    /// The last money on record: a lower bound, or unknown; never zero by default.
    pub cost: Cost,
}

/// Whether a workflow goes on when one of its steps fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Nothing new is started, and what runs is stopped.
    #[default]
    Stop,
    /// Steps that do not need the failed one go on.
    Continue,
}

/// One step as the record names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepName {
    /// Its id.
    pub id: String,
    /// Steps that must be done before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
}

/// Data of `workflow.started`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowStarted {
    /// Its name.
    pub name: String,
    /// The file's content; a resume with another content is refused.
    pub sha256: Digest,
    /// Where the file is; absent at privacy level `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its steps, in the order of the file.
    pub steps: Vec<StepName>,
    /// What a failed step means for the others.
    pub on_failure: OnFailure,
}

/// Data of `workflow.interrupted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowInterrupted {
    /// `interrupt` (the user), or `driver_died`.
    pub reason: String,
}

/// Data of `workflow.resumed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowResumed {
    /// Steps that are done and are not repeated.
    pub n_done: u32,
}

/// Data of `workflow.finished`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowFinished {
    /// `done`, `failed`, or `cancelled`.
    pub status: RunStatus,
    /// From start to end, interruptions included.
    pub duration_ms: u64,
}
