//! The configuration as the rest of the program sees it: checked, complete, with no YAML left.
//!
//! `settings` (the room) is the only maker of these values.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    AgentName, BudgetLimit, Digest, FallbackRules, MicroUsd, ModelName, OnUnpriced, Otlp, Phase,
    Prices, Target, ToolName,
};

/// Everything that was configured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Agents by name.
    pub agents: BTreeMap<AgentName, Agent>,
    /// Tools by name.
    pub tools: BTreeMap<ToolName, Tool>,
    /// Models by name.
    pub models: BTreeMap<ModelName, Model>,
    /// Budget profiles by name: the entries of `policies:`.
    pub profiles: BTreeMap<String, Profile>,
    /// The profile in force.
    pub profile: Option<String>,
    /// The policies that are asked, in this order.
    pub chain: Vec<PolicyEntry>,
    /// Every limit in force: those of the profile, of the agents, and of `budgets:`.
    pub limits: Vec<BudgetLimit>,
    /// What a hard money limit does with a target whose cost nobody can tell.
    pub on_unpriced: OnUnpriced,
    /// What follows a failure.
    pub fallback: FallbackRules,
    /// Rules for choosing cheaper models.
    pub cost_optimization: Option<CostOptimization>,
    /// Requests allowed per tool.
    pub rate_limits: RateLimits,
    /// Attempts allowed at the same time.
    pub concurrency: Concurrency,
    /// What is recorded.
    pub telemetry: Telemetry,
}

/// A role: who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Tool and model to use when nothing speaks against it.
    pub preferred: Target,
    /// Targets to try, in order, when the preferred one cannot be used.
    pub fallback_chain: Vec<Target>,
    /// Models for kinds of task.
    pub task_types: BTreeMap<String, ModelName>,
    /// Its own daily budget, if any.
    pub daily_budget: Option<MicroUsd>,
}

/// Which plugin drives a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdapterSource {
    /// A built-in or installed adapter by id.
    Id(String),
    /// A component file; absolute, resolved against the configuration directory.
    File(PathBuf),
}

/// What a templated tool reads on standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputMode {
    /// The prompt.
    Prompt,
    /// Nothing.
    None,
}

/// An LLM command-line program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Name to look for on PATH, or an absolute path; the only program its adapter may start.
    pub binary: String,
    /// The adapter that drives it.
    pub adapter: AdapterSource,
    /// Models it can use, with the name the tool itself knows each by (usually the same).
    pub models: BTreeMap<ModelName, String>,
    /// Free words such as `code_generation`.
    pub capabilities: Vec<String>,
    /// Wall-clock limit of one attempt.
    pub timeout: Duration,
    /// Variables set for it, already expanded.
    pub env: BTreeMap<String, String>,
    /// Variables that must be set in the environment.
    pub env_required: Vec<String>,
    /// The account whose quota it uses; the tool's own name unless tools share one.
    #[serde(default)]
    pub account: Account,
    /// What a minute of it costs at most, assumed where it tells nothing before its end: a cap on
    /// money becomes a cap on time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_per_minute: Option<MicroUsd>,
    /// Names, or prefixes ending in `*`, that it may inherit.
    pub env_inherit: Vec<String>,
    /// The flag after which the prompt may stand as an argument.
    pub prompt_as_value_of: Option<String>,
    /// Options for the adapter: JSON text of an object. For `template` this holds `args`, `stdin`,
    /// `output` and `fields`.
    pub options: String,
}

/// A language model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Who serves it.
    pub provider: String,
    /// What its tokens cost now, unless `later` says otherwise.
    pub prices: Prices,
    /// Prices that replace `prices` from a day on, in the order of days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<DatedPrices>,
    /// Tokens that fit, prompt and answer together.
    pub context_window: u64,
    /// Kinds of task it suits.
    pub task_suitability: Vec<String>,
    /// Whether configuration marks it as deprecated or retired.
    pub deprecated: bool,
}

/// Whether a limit warns or blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitKind {
    /// Warn and ask.
    Soft,
    /// Block.
    Hard,
}

/// One budget profile: an entry of `policies:` in `policies.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Per day.
    pub daily_budget: MicroUsd,
    /// Per month.
    pub monthly_budget: Option<MicroUsd>,
    /// Warn or block.
    pub limit: LimitKind,
    /// Warn from this share of the limit on.
    pub threshold_percent: u8,
    /// Prefer cheaper models for prompts below this many tokens.
    pub prefer_cheaper_models_under_tokens: Option<u64>,
    /// Walk the fallback chain when a tool is rate limited.
    pub auto_fallback_on_rate_limit: bool,
    /// Ask for a reason above this estimate.
    pub require_justification_over: Option<MicroUsd>,
}

/// Where a policy comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicySource {
    /// A built-in policy by id.
    Id(String),
    /// A component file; absolute, resolved against the configuration directory.
    File(PathBuf),
}

/// One policy that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyEntry {
    /// Its name; unique in the chain.
    pub name: String,
    /// Its component.
    pub source: PolicySource,
    /// A fault of it denies; otherwise it is left out, visibly.
    pub required: bool,
    /// When it is asked; `None`: whenever it wants to be.
    pub phases: Option<Vec<Phase>>,
    /// Its configuration: JSON text of an object.
    pub config: String,
    /// What its questions are answered with where nobody can be asked: proceed.
    pub proceed_unattended: bool,
    /// Where it stands in `policies.yaml`: line and column, from 1; absent for the default chain.
    #[serde(skip)]
    pub at: Option<(usize, usize)>,
}

/// Whose money a tool spends: tools with the same account share quotas.
pub type Account = String;

/// Prices from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedPrices {
    /// The first moment at which they hold.
    pub from: jiff::Timestamp,
    /// The prices.
    pub prices: Prices,
}

/// Rules for choosing cheaper models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostOptimization {
    /// Prompts strictly below this many tokens count as simple.
    pub simple_task_threshold_tokens: u64,
    /// Models to consider for simple tasks.
    pub simple_task_models: Vec<ModelName>,
    /// Models to consider for complex tasks.
    pub complex_task_models: Vec<ModelName>,
}

/// Requests allowed per tool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimits {
    /// Per minute.
    pub max_requests_per_minute: BTreeMap<ToolName, u32>,
    /// Per hour.
    pub max_requests_per_hour: BTreeMap<ToolName, u32>,
}

/// Attempts allowed at the same time, over all processes that share a state directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concurrency {
    /// In all; at least 1.
    pub max_running: u32,
    /// Of one tool; at least 1 each.
    pub per_tool: BTreeMap<ToolName, u32>,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self {
            max_running: 4,
            per_tool: BTreeMap::new(),
        }
    }
}

/// How much of a run is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrivacyLevel {
    /// What accounting and safety need: ids, target, outcome, tokens, cost.
    None,
    /// And sizes, sessions, paths, failure codes; no prompt and no output.
    #[default]
    Metadata,
    /// And prompts and outputs, in 0600 files beside the journal.
    Full,
}

impl PrivacyLevel {
    /// The word used in configuration and documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Metadata => "metadata",
            Self::Full => "full",
        }
    }
}

/// What is recorded, for how long, and whether anything of it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telemetry {
    /// How much of a run is kept.
    pub privacy: PrivacyLevel,
    /// How long prompts and outputs are kept, when they are; zero means for ever.
    pub retention_days: u32,
    /// The collector that records of runs are sent to; `None`: nothing is sent anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otlp: Option<Otlp>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            privacy: PrivacyLevel::Metadata,
            retention_days: 30,
            otlp: None,
        }
    }
}

impl Model {
    /// The prices in force at `now`.
    #[must_use]
    pub fn prices_at(&self, now: jiff::Timestamp) -> Prices {
        let begun = self.later.iter().rev().find(|dated| dated.from <= now);
        begun.map_or(self.prices, |dated| dated.prices)
    }
}

impl Settings {
    /// A digest of the checked settings, the same across comments and formatting.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // Invariant: serialisation of these plain types cannot fail; an empty text would only
        // make two configurations look alike in the journal.
        Digest::of(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }
}
