//! What the events about policies, budgets, and breakers say.
//!
//! Metadata only, as all of the journal. Every `budget.*` event about one attempt carries the
//! attempt's name in its envelope; amounts are those of that attempt alone.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{AgentName, Amounts, Basis, Digest, FailureCode, MicroUsd, Opinion, Phase, Target};

/// Data of `policy.loaded`: a policy answers with another component than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyLoaded {
    /// Its name in the configuration.
    pub policy: String,
    /// The plugin's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// The component.
    pub sha256: Digest,
    /// The component before, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
}

/// Data of `policy.rejected`: a component cannot be used, and another stays in its place or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRejected {
    /// Its name in the configuration.
    pub policy: String,
    /// The component, if its file could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// What is wrong with it, in the host's words.
    pub why: String,
    /// The component that goes on answering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Digest>,
}

/// Data of `policy.judged`: the policies were asked, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyJudged {
    /// When they were asked.
    pub phase: Phase,
    /// `proceed`, `ask`, `deny`, or `reroute`.
    pub ruling: String,
    /// The policy that decided it, when one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Codes of its reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// What a question was answered with: `yes`, `no`, `forced`, `unattended_proceed`,
    /// `unattended_refuse`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The target at first, and every one that a policy led to after it.
    pub path: Vec<Target>,
    /// What each said, in the order of asking; of all rounds, or of the last ones when `cut`.
    pub opinions: Vec<Opinion>,
    /// What they were told ([`super::PolicyRequest`]), for judging it again; absent at privacy level
    /// `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Value>,
    /// It was too long for one line of the journal: texts were shortened, or opinions left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// Data of `budget.reserved`: so much is set aside for an attempt. A later one replaces an earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetReserved {
    /// Who asks.
    pub agent: AgentName,
    /// Where it goes.
    #[serde(flatten)]
    pub target: Target,
    /// How much.
    #[serde(flatten)]
    pub amounts: Amounts,
    /// No more money than this may be spent by it and by what its agent starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_uusd: Option<MicroUsd>,
    /// Nobody can tell what it will cost: `amounts` holds what is set aside all the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpriced: bool,
    /// The user went beyond a limit knowingly; see `budget.overridden`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forced: bool,
    /// Marker of the attempt whose agent asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Uuid>,
    /// Marker of its own processes.
    pub marker: Uuid,
    /// Kind of task, for later estimates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
}

/// Data of `budget.settled`: an attempt is over and has cost this much. Its reservation is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetSettled {
    /// Where it went.
    #[serde(flatten)]
    pub target: Target,
    /// How much counts as spent. Where the true cost is not known, what was reserved or the part
    /// that is known, whichever is more.
    #[serde(flatten)]
    pub amounts: Amounts,
    /// Where the money comes from.
    pub basis: Basis,
    /// By how much the attempt went beyond what was reserved for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrun_uusd: Option<MicroUsd>,
    /// The price list that it was computed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Digest>,
}

/// Data of `budget.released`: nothing was started; the reservation is gone and nothing was spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetReleased {
    /// Why, as a code: `withdrawn`, `spawn_failed`, `lost_before_start`.
    pub reason: String,
}

/// A limit at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitStand {
    /// Its name.
    pub limit: String,
    /// The metric, as a word.
    pub metric: String,
    /// What it allows.
    pub cap: u64,
    /// What is spent and set aside by now.
    pub taken: u64,
    /// What more was wanted.
    pub wanted: u64,
}

/// Data of `budget.denied`: something was not allowed because of a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetDenied {
    /// The limit.
    #[serde(flatten)]
    pub stand: LimitStand,
    /// What was wanted: `start`, `retry`, `fallback`, `extend`.
    pub what: String,
}

/// Data of `budget.warned`: a limit came close, or was passed, and nothing was stopped for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetWarned {
    /// The limit.
    #[serde(flatten)]
    pub stand: LimitStand,
    /// The share of the limit, in percent.
    pub percent: u32,
}

/// Data of `budget.overridden`: somebody went beyond a limit, and said why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetOverridden {
    /// The limit.
    #[serde(flatten)]
    pub stand: LimitStand,
    /// The user's words; absent at privacy level `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
}

/// What a breaker protects against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BreakerScope {
    /// Everything that uses the same account.
    Account,
    /// One tool.
    Tool,
    /// One model of one tool.
    Model,
}

impl BreakerScope {
    /// The word used in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Tool => "tool",
            Self::Model => "model",
        }
    }
}

/// Data of `breaker.opened`: nothing more is sent there for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerOpened {
    /// What is closed off.
    pub scope: BreakerScope,
    /// Which: the account's name, the tool's, or `tool:model`.
    pub key: String,
    /// Because of this failure.
    pub code: FailureCode,
    /// Until then, in milliseconds since the epoch; without it until somebody sees to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
    /// Failures in a row.
    pub failures: u32,
}

/// Data of `breaker.closed`: it is used again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerClosed {
    /// What was closed off.
    pub scope: BreakerScope,
    /// Which.
    pub key: String,
    /// `worked` (an attempt succeeded) or `reset` (the operator said so).
    pub reason: String,
}

/// Data of `attempt.retried`: the same target is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRetried {
    /// The target.
    #[serde(flatten)]
    pub target: Target,
    /// Because of this failure.
    pub code: FailureCode,
    /// After this many milliseconds.
    pub delay_ms: u64,
}
