//! Where an attempt and a run stand.
//!
//! The words only; how one state follows another is decided in `lifecycle`.

use serde::{Deserialize, Serialize};

use super::AttemptOutcome;

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// It waits for a slot.
    Queued,
    /// It holds a slot; its process was not seen to run yet.
    Starting,
    /// Its process runs.
    Running,
    /// It is being stopped.
    Cancelling,
    /// The tool said that it finished, and did.
    Done,
    /// It did not.
    Failed,
    /// The user stopped it, or took it out of the queue.
    Cancelled,
    /// Its wall-clock time ran out.
    TimedOut,
    /// Its money ran out.
    OverBudget,
    /// Nobody can tell any more.
    Lost,
}

impl AttemptState {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Starting,
        Self::Running,
        Self::Cancelling,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
        Self::TimedOut,
        Self::OverBudget,
        Self::Lost,
    ];

    /// The word used in events, documents, and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
            Self::OverBudget => "over_budget",
            Self::Lost => "lost",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether it holds one of the slots.
    #[must_use]
    pub fn holds_slot(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Cancelling)
    }

    /// Whether nothing more can happen to it, but for the correction of a loss.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        self.outcome().is_some()
    }

    /// How it ended, if it did.
    #[must_use]
    pub fn outcome(self) -> Option<AttemptOutcome> {
        match self {
            Self::Queued | Self::Starting | Self::Running | Self::Cancelling => None,
            Self::Done => Some(AttemptOutcome::Done),
            Self::Failed => Some(AttemptOutcome::Failed),
            Self::Cancelled => Some(AttemptOutcome::Cancelled),
            Self::TimedOut => Some(AttemptOutcome::TimedOut),
            Self::OverBudget => Some(AttemptOutcome::OverBudget),
            Self::Lost => Some(AttemptOutcome::Lost),
        }
    }
}

impl From<AttemptOutcome> for AttemptState {
    fn from(outcome: AttemptOutcome) -> Self {
        match outcome {
            AttemptOutcome::Done => Self::Done,
            AttemptOutcome::Failed => Self::Failed,
            AttemptOutcome::Cancelled => Self::Cancelled,
            AttemptOutcome::TimedOut => Self::TimedOut,
            AttemptOutcome::OverBudget => Self::OverBudget,
            AttemptOutcome::Lost => Self::Lost,
        }
    }
}

/// Where a run stands: derived from its invocations, never set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Nothing of it has begun.
    Submitted,
    /// Something of it is at work, or waits with other parts finished.
    Running,
    /// Nobody drives its workflow; it can be resumed.
    Interrupted,
    /// All of it is done.
    Done,
    /// Some of it failed, ran out of time or money, or was lost.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl RunStatus {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Submitted,
        Self::Running,
        Self::Interrupted,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The word used in events, documents, and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of this name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// The word of the origin's `run.yaml`, which knows five.
    #[must_use]
    pub fn origin_word(self) -> &'static str {
        match self {
            Self::Submitted | Self::Interrupted => "pending",
            Self::Running => "running",
            Self::Done => "completed",
            Self::Failed => "error",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen by itself.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// Who goes first among those that wait.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// After all others.
    Low,
    /// In the order of submission.
    #[default]
    Normal,
    /// Before all others.
    High,
}

impl Priority {
    /// Whether it is the usual one.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        *self == Self::Normal
    }

    /// The word used in events and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}
