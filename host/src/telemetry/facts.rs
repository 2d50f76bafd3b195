//! What is told about a run: the values that whoever knows the record fills in.
//!
//! Metadata only, as in the journal. There is no field for a prompt, an answer, a path, or a
//! justification, so none can be sent.

use jiff::Timestamp;

use crate::model::{
    AttemptOutcome, Cost, Cursor, Exactness, FailureCode, InvocationNumber, LostReason, RunId,
    RunStatus, SessionId, Target, Usage,
};

/// What ended up to a place in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Runs of which something ended behind the batch before and not behind `upto`, as the record
    /// tells them up to there.
    pub runs: Vec<RunSpan>,
    /// The last record that the batch knows of.
    pub upto: Cursor,
}

/// A run with its parts. Parts that have not ended are known, but not told.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSpan {
    /// Its name.
    pub run: RunId,
    /// The workflow that it follows, if any. Without one its requests stand side by side.
    pub workflow: Option<WorkflowSpan>,
    /// Its requests.
    pub invocations: Vec<InvocationSpan>,
}

/// How a part came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: Timestamp,
    /// Sequence number of the event that says so; of the last one, where there are several.
    pub seq: u64,
    /// Sequence number of the first such event. A request that is tried again ends again, and a
    /// loss can be corrected: then this one is lower.
    pub first_seq: u64,
}

/// Events that are to be told now, by their sequence numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Told before: this one and all before it.
    pub after: u64,
    /// Told later: all behind this one.
    pub upto: u64,
}

impl Window {
    /// Everything.
    pub const ALL: Self = Self {
        after: 0,
        upto: u64::MAX,
    };

    /// Whether an end is told now.
    #[must_use]
    pub fn has(self, end: &End) -> bool {
        (self.after < end.seq) && (end.seq <= self.upto)
    }

    /// Whether an end is told now for the first time: sums count a part once.
    #[must_use]
    pub fn has_first(self, end: &End) -> bool {
        self.has(end) && self.after < end.first_seq
    }
}

/// A run's workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowSpan {
    /// Its name.
    pub name: String,
    /// Steps that it has.
    pub n_steps: Option<u64>,
    /// When it began.
    pub started: Timestamp,
    /// How it came to its end; `None` while it goes on or is interrupted.
    pub end: Option<End>,
    /// Where it stands.
    pub status: RunStatus,
}

/// One request of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct InvocationSpan {
    /// Its number within the run.
    pub number: InvocationNumber,
    /// Who asked.
    pub agent: String,
    /// The step of the workflow that it is.
    pub step: Option<String>,
    /// Kind of task.
    pub task_type: Option<String>,
    /// The target that was chosen, or that took over last.
    pub target: Option<Target>,
    /// Who serves that target's model, as configured.
    pub provider: Option<String>,
    /// Machine code of why that target was chosen.
    pub reason_code: Option<String>,
    /// Whether a fallback took over.
    pub fallback_used: bool,
    /// Requests of the same run whose answers it builds on.
    pub follows: Vec<InvocationNumber>,
    /// When it was accepted.
    pub started: Timestamp,
    /// How it came to its end.
    pub end: Option<End>,
    /// The outcome, once it has ended.
    pub outcome: Option<AttemptOutcome>,
    /// What went wrong.
    pub failure_code: Option<FailureCode>,
    /// The command's exit status.
    pub exit_code: Option<u8>,
    /// Its attempts.
    pub attempts: Vec<AttemptSpan>,
}

/// One attempt of a request: a process, or what was to become one.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptSpan {
    /// Its number within the request, from 1.
    pub number: u32,
    /// What ran.
    pub target: Target,
    /// Who serves the model, as configured.
    pub provider: Option<String>,
    /// The model that served, when the tool told.
    pub served_model: Option<String>,
    /// When it was about to be started.
    pub started: Timestamp,
    /// How it came to its end.
    pub end: Option<End>,
    /// The outcome, once it has ended.
    pub outcome: Option<AttemptOutcome>,
    /// What went wrong.
    pub failure_code: Option<FailureCode>,
    /// Why nobody can tell how it ended.
    pub lost_reason: Option<LostReason>,
    /// False when it was never started: nothing was used, and nothing is counted.
    pub spawned: bool,
    /// Exit status of the process.
    pub exit_code: Option<i32>,
    /// Signal that killed it.
    pub signal: Option<i32>,
    /// Tokens.
    pub usage: Usage,
    /// How far they can be trusted.
    pub exactness: Exactness,
    /// Money.
    pub cost: Cost,
    /// The tool's session; absent where the record has none.
    pub session: Option<SessionId>,
    /// Processes that it left behind and that had to be ended.
    pub swept: u32,
    /// Whether it was proved that no process of it is left.
    pub tree_empty: Option<bool>,
}
