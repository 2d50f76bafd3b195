//! Which target takes a request, and why each candidate was taken or not.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{MicroUsd, ModelName, ToolName};

/// A tool and the model it is to use, written `tool:model`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Target {
    /// The program, by its name in `tools.yaml`.
    pub tool: ToolName,
    /// The model, by its name in `models.yaml`.
    pub model: ModelName,
}

impl Target {
    /// Split `tool:model` at the first colon, since model names may contain colons.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (tool, model) = text.split_once(':')?;
        (!tool.is_empty() && !model.is_empty()).then(|| Self {
            tool: ToolName::new(tool),
            model: ModelName::new(model),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.tool, self.model)
    }
}

/// Whether a tool's program can be started here and now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// Found at this path.
    Available(std::path::PathBuf),
    /// No such file, on PATH or where the configuration says.
    NotFound,
    /// The file is there but may not be executed.
    NotExecutable(std::path::PathBuf),
    /// The program is there, but a variable that it must have is not set.
    VariableMissing(String),
}

/// Why a candidate was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Machine code, such as `not_on_path`, `context_window`, `dearer`, `not_needed`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// A target that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The target.
    #[serde(flatten)]
    pub target: Target,
    /// Why it was looked at: `preferred`, `task_type`, `cost_optimization`, `fallback`, `pinned`.
    pub origin: String,
    /// Why it was not taken; `None` for the one that was.
    pub rejected: Option<Rejection>,
}

/// Why the chosen target was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Machine code: `preferred`, `task_type`, `cost_optimization`, `above_threshold`, `fallback`,
    /// `pinned`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// The outcome of routing: who goes first, who may follow, and everything that was considered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The target to start with.
    pub target: Target,
    /// Why.
    pub reason: Reason,
    /// Whether the target comes from the fallback chain.
    pub fallback_used: bool,
    /// The target that was wanted, when `target` is a fallback.
    pub original: Option<Target>,
    /// Targets that may be tried, in order, when `target` cannot start or fails before it did
    /// anything.
    pub next: Vec<Target>,
    /// Every target that was looked at, in the order of looking.
    pub candidates: Vec<Candidate>,
    /// Prompt tokens as estimated, when a size was given.
    pub prompt_tokens: Option<u64>,
    /// What the input alone would cost at `target`, when a price and a size are known.
    pub estimate: Option<MicroUsd>,
}
