//! What passes between the host and a policy: the facts it judges by, and its verdict.
//!
//! These mirror `wit/policy/policy.wit` in the host's own types; `sandbox` converts at the border.
//! A request is also what the journal keeps of a decision, so that it can be judged again by another
//! policy: it holds numbers and names, never a word of a prompt.

use serde::{Deserialize, Serialize};

/// When a policy is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before a request is taken on.
    RunStart,
    /// While it runs: its command line is ready, its agent uses a tool, tokens were used.
    RunEvent,
    /// An attempt failed; what follows?
    RunFailed,
    /// It is over. Nothing can be decided any more; reasons become remarks.
    RunEnd,
}

impl Phase {
    /// All of them, in the order of a run.
    pub const ALL: [Self; 4] = [
        Self::RunStart,
        Self::RunEvent,
        Self::RunFailed,
        Self::RunEnd,
    ];

    /// The word used in configuration, in the contract, and in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RunStart => "run-start",
            Self::RunEvent => "run-event",
            Self::RunFailed => "run-failed",
            Self::RunEnd => "run-end",
        }
    }

    /// The phase that `word` names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == word)
    }
}

/// What a policy says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyAbout {
    /// The plugin's id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// One line for lists.
    pub summary: String,
    /// Phases it wants to be asked in; words that this version does not know are left out.
    pub phases: Vec<Phase>,
}

/// Something wrong in a policy's own configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDiagnostic {
    /// Path inside its configuration, such as `limits[2].usd`; may be empty.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: Option<String>,
}

/// A target that a policy may choose, by its place in the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyTarget {
    /// Name of the tool.
    pub tool: String,
    /// Id of its adapter.
    pub adapter: String,
    /// Name of the model.
    pub model: String,
    /// It can be used now.
    pub available: bool,
    /// Micro-dollars per million tokens by kind: `input`, `output`, `cache-read`, `cache-write`,
    /// `reasoning`. A kind that is missing has no known price.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prices: Vec<(String, u64)>,
    /// What the request would cost here, in micro-dollars, when that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_uusd: Option<u64>,
    /// Tokens that fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    /// What the model suits (`task_suitability`), what the tool can do, and where the target comes
    /// from: `origin:preferred`, `origin:task_type`, `origin:fallback`, `origin:simple`,
    /// `origin:complex`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// A limit that the chosen target falls under, as the ledger sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyWindow {
    /// Its name.
    pub name: String,
    /// `microusd`, `microusd-billed`, `tokens`, `requests`.
    pub metric: String,
    /// `minute`, `hour`, `day`, `month`, `rolling-5h`, `rolling-7d`, `run`.
    pub period: String,
    /// What it covers, such as `all` or `agent architect`.
    pub scope: String,
    /// Nothing may go beyond it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hard: bool,
    /// The user wants to be told from this share on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_percent: Option<u32>,
    /// The limit.
    pub cap: u64,
    /// Spent for good.
    pub settled: u64,
    /// Set aside for what runs and waits.
    pub reserved: u64,
    /// What this request would set aside; `None` when nobody can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<u64>,
    /// When it begins anew, in milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at_ms: Option<u64>,
}

/// An attempt that was made for this request before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyAttempt {
    /// Place of its target in the list.
    pub target: u32,
    /// How it ended: `done`, `failed`, `cancelled`, `timed_out`, `over_budget`, `lost`.
    pub outcome: String,
    /// Code of its failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When it ended, in milliseconds since the epoch.
    pub at_ms: u64,
    /// How long the service asks to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// When the limit that it met resets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at_ms: Option<u64>,
    /// Whether files changed; `None` when nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_files: Option<bool>,
}

/// The facts that a policy judges by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRequest {
    /// [`Phase`] as a word; a record may hold phases of later versions.
    pub phase: String,
    /// Milliseconds since the epoch.
    pub now_ms: u64,
    /// The run, when it has a name by now.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// Who asks.
    pub agent: String,
    /// Kind of task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    /// Free words of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Size of the prompt.
    pub prompt_bytes: u64,
    /// The same in tokens, estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u64>,
    /// Numbers computed from the prompt, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<(String, i64)>,
    /// What may be chosen.
    pub targets: Vec<PolicyTarget>,
    /// The target that is about to be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<u32>,
    /// The target that this run or session used before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sticky: Option<u32>,
    /// The user named the target: it may be denied, never swapped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// The program about to be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// Its arguments; the prompt stands as `{prompt}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Working directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Limits that the chosen target falls under.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<PolicyWindow>,
    /// What was tried before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<PolicyAttempt>,
    /// JSON text of what made the host ask: `{"kind":"command"}`, `{"kind":"tool-call","name":…}`,
    /// `{"kind":"usage",…}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Anything else, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<(String, String)>,
}

/// Why a policy says what it says. Hostile text: bounded at the border, escaped where shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyReason {
    /// Machine code.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// A question for the user; the host renders it and the default answer is no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// One line.
    pub title: String,
    /// More, if anything.
    pub detail: String,
}

/// What one policy wants. The order is that of strictness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum PolicyDecision {
    /// No opinion.
    Pass,
    /// Fine by me.
    Allow,
    /// Another target, after a while.
    Reroute {
        /// Its place in the list.
        target: u32,
        /// Milliseconds to wait first.
        #[serde(default)]
        delay_ms: u64,
    },
    /// Only if the user says so.
    Ask(Question),
    /// No.
    Deny,
}

impl PolicyDecision {
    /// The word used in events, documents, and tables.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Allow => "allow",
            Self::Reroute { .. } => "reroute",
            Self::Ask(_) => "ask",
            Self::Deny => "deny",
        }
    }
}

/// What one policy says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What it wants.
    pub decision: PolicyDecision,
    /// Why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<PolicyReason>,
    /// What it found out on the way, such as a complexity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<(String, String)>,
}

impl Verdict {
    /// No opinion.
    pub const PASS: Self = Self {
        decision: PolicyDecision::Pass,
        reasons: Vec::new(),
        facts: Vec::new(),
    };
}

/// What one policy answered, and what it took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// Its name in the configuration.
    pub policy: String,
    /// Version of the plugin.
    #[serde(default)]
    pub version: String,
    /// The component that answered.
    pub sha256: super::Digest,
    /// A fault of it denies.
    pub required: bool,
    /// Its verdict; `None` when it failed to give one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// How it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Microseconds of processor time, its start included.
    pub cpu_us: u64,
    /// Fuel: about one unit for each instruction.
    pub fuel: u64,
}
