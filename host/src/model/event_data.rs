//! What each type of event says: the data of the journal's vocabulary.
//!
//! Metadata only: no prompt, no answer, and no words of a tool stand in any of these.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    AgentName, AttemptOutcome, Candidate, Cost, Digest, Exactness, FailureCode, InvocationNumber,
    MicroUsd, PrivacyLevel, ProcessRef, Reason, SessionId, Target, TaskId, ToolName, Usage,
};

/// Data of `log.opened`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogOpened {
    /// Program version that opened it.
    pub version: String,
}

/// Data of `log.segment_sealed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSegmentSealed {
    /// First sequence number of the next segment, which names its file.
    pub next: u64,
}

/// Data of `log.segment_opened`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSegmentOpened {
    /// First sequence number of the segment before.
    pub previous: u64,
}

/// Data of `log.repaired`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRepaired {
    /// Where the torn line begins in its segment.
    pub offset: u64,
    /// How many bytes it has.
    pub bytes: u64,
}

/// A file and what was in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    /// Its name within the configuration directory.
    pub name: String,
    /// Its content.
    pub sha256: Digest,
}

/// Data of `config.loaded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigLoaded {
    /// Over the checked settings.
    pub digest: Digest,
    /// The files it was read from.
    pub files: Vec<FileDigest>,
}

/// Data of `run.submitted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSubmitted {
    /// Who asks.
    pub agent: AgentName,
    /// Kind of task, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    /// Size of the prompt; absent at privacy level `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_bytes: Option<u64>,
    /// Tokens of the prompt, estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u64>,
    /// Working directory; absent at privacy level `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Why the user wanted it, in the user's words; absent at privacy level `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// How much of this run is kept.
    pub privacy: PrivacyLevel,
    /// The prompt as kept on disk; only at privacy level `full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<OutputRef>,
    /// The configuration in force.
    pub config: Digest,
    /// Where its files were put before it had a name: `runs/.new/TICKET` in the state directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Uuid>,
    /// The step of a workflow that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Earlier invocations of the same run whose answers it builds on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<InvocationNumber>,
    /// Nobody waits for it in the foreground.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub detached: bool,
    /// The tasks that it is for. Names alone, so they stand at every privacy level.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskId>,
}

/// Data of `run.finished`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFinished {
    /// How its last attempt ended; `failed` when there was none.
    pub outcome: AttemptOutcome,
    /// The command's exit status.
    pub exit_code: u8,
    /// Attempts made.
    pub attempts: u32,
    /// From submission to end.
    pub duration_ms: u64,
}

/// Data of `routing.decided`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingDecided {
    /// The chosen target.
    #[serde(flatten)]
    pub target: Target,
    /// Why.
    pub reason: Reason,
    /// Whether it comes from the fallback chain.
    pub fallback_used: bool,
    /// What was wanted, when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Target>,
    /// The target that the configuration prefers, when another was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred: Option<Target>,
    /// Everything that was looked at.
    pub candidates: Vec<Candidate>,
    /// Estimated cost of the input alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_uusd: Option<MicroUsd>,
}

/// Data of `routing.fell_back`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingFellBack {
    /// The target that failed.
    pub from: Target,
    /// The target that takes over.
    pub to: Target,
    /// Why.
    pub code: FailureCode,
}

/// Which plugin, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterIdentity {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The component's bytes.
    pub sha256: Digest,
}

/// Data of `attempt.intent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptIntent {
    /// What is to run.
    #[serde(flatten)]
    pub target: Target,
    /// The adapter that planned it.
    pub adapter: AdapterIdentity,
    /// Path of the program; absent at privacy level `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// Number of arguments.
    pub n_args: u32,
    /// Wall-clock limit.
    pub timeout_ms: u64,
    /// Session that is resumed; absent at privacy level `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<SessionId>,
    /// Marker in the process's environment, by which it can be found.
    pub marker: Uuid,
}

/// Data of `attempt.started`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptStarted {
    /// Process id.
    pub pid: u32,
    /// Process group.
    pub pgid: u32,
    /// Start time in clock ticks since boot, from `/proc/PID/stat`; tells a reused pid apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_ticks: Option<u64>,
    /// The supervisor that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<ProcessRef>,
}

/// Data of `attempt.spawn_failed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptSpawnFailed {
    /// Why: `tool-missing`, `spawn-failed`, `not-granted`, `unsupported`, `adapter-fault`,
    /// `spawn-unconfirmed`.
    pub code: FailureCode,
}

/// Data of `attempt.usage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptUsage {
    /// Tokens of this attempt so far.
    pub usage: Usage,
    /// How far they can be trusted.
    pub exactness: Exactness,
    /// Money of this attempt so far.
    pub cost: Cost,
}

/// Data of `attempt.warned`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptWarned {
    /// Machine code: `model_differs`, `unrecognised`, `line_cut`, `usage_unknown`,
    /// `prompt_changed`, ...
    pub code: String,
    /// Facts, such as counts and names; never words of the model.
    pub facts: serde_json::Map<String, Value>,
}

/// Data of `attempt.cancel_requested`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptCancelRequested {
    /// `interrupt`, `timeout`, `over_budget`, `lingered`, `adapter`, `policy`.
    pub reason: String,
    /// Without waiting for the polite steps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kill: bool,
}

/// Data of `attempt.signalled`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptSignalled {
    /// Such as `SIGINT`.
    pub signal: String,
    /// Step of the ladder, from 1.
    pub step: u32,
}

/// Something kept on disk beside the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputRef {
    /// Path within the state directory.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// Content.
    pub sha256: Digest,
}

/// What a session has used in all, as its tool reports it; the baseline of the next resume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTotals {
    /// The tool whose session it is.
    pub tool: ToolName,
    /// The session.
    pub session: SessionId,
    /// Tokens since it began, if the tool reports such totals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Money since it began, if the tool reports such totals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_uusd: Option<MicroUsd>,
}

/// Data of `attempt.exited`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptExited {
    /// What ran; repeated so that a reader needs no other event.
    #[serde(flatten)]
    pub target: Target,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<FailureCode>,
    /// Exit status of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Signal that killed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// From start to end.
    pub duration_ms: u64,
    /// Tokens of this attempt.
    pub usage: Usage,
    /// How far they can be trusted.
    pub exactness: Exactness,
    /// Money of this attempt.
    pub cost: Cost,
    /// The model that served, when the tool told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_model: Option<String>,
    /// The tool's session; absent at privacy level `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Totals of that session, when the tool reports them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_totals: Option<SessionTotals>,
    /// Lines of output.
    pub n_lines: u64,
    /// Lines the adapter did not understand.
    pub n_unrecognised: u64,
    /// The answer as kept on disk; only at privacy level `full`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<OutputRef>,
    /// Whether it was proved that no process of it is left; absent where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree_empty: Option<bool>,
    /// Processes that it left behind and that had to be ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub swept: u32,
    /// A stop was asked for, whatever came of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancel_requested: bool,
    /// What the same tokens would have cost at the target that was preferred, when another ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_uusd: Option<MicroUsd>,
    /// The prices that the cost was computed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Digest>,
    /// Whether files in the working directory changed; absent where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_files: Option<bool>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
