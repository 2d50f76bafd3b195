//! The configuration as the rest of the program sees it: checked, complete, with no YAML left.
//!
//! `settings` (the room) is the only maker of these values.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AgentName, Digest, MicroUsd, ModelName, Prices, Target, ToolName};

/// Everything that was configured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Agents by name.
    pub agents: BTreeMap<AgentName, Agent>,
    /// Tools by name.
    pub tools: BTreeMap<ToolName, Tool>,
    /// Models by name.
    pub models: BTreeMap<ModelName, Model>,
    /// Policies by name.
    pub policies: BTreeMap<String, Policy>,
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
    /// What its tokens cost.
    pub prices: Prices,
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

/// One budget policy of `policies.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
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

/// What is recorded and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Telemetry {
    /// How much of a run is kept.
    pub privacy: PrivacyLevel,
    /// How long prompts and outputs are kept, when they are; zero means for ever.
    pub retention_days: u32,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            privacy: PrivacyLevel::Metadata,
            retention_days: 30,
        }
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
