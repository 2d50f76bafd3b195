//! Why no target could be chosen.

use crate::model::{AgentName, Candidate, ModelName, ToolName};

/// Why no target could be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoutingError {
    /// The agent is not configured.
    #[error("agent '{agent}' not found; available: {}", list(available))]
    AgentNotFound {
        /// The name that was asked for.
        agent: AgentName,
        /// The names there are.
        available: Vec<AgentName>,
    },
    /// The tool that the user named is not configured.
    #[error("tool '{tool}' not found; available: {}", list(available))]
    ToolNotFound {
        /// The name that was asked for.
        tool: ToolName,
        /// The names there are.
        available: Vec<ToolName>,
    },
    /// The model that the user named is not in the catalogue.
    #[error("model '{model}' not found; available: {}", list(available))]
    ModelNotFound {
        /// The name that was asked for.
        model: ModelName,
        /// The names there are.
        available: Vec<ModelName>,
    },
    /// The user named one half of a target and the other half does not follow.
    #[error("tool '{tool}' does not offer model '{model}'")]
    NotOffered {
        /// The tool.
        tool: ToolName,
        /// The model.
        model: ModelName,
        /// Tools that offer the model.
        tools: Vec<ToolName>,
        /// Models that the tool offers.
        models: Vec<ModelName>,
    },
    /// The target that the user named cannot be used.
    #[error("{} cannot be used: {}", candidate.target, rejection(candidate))]
    PinnedUnusable {
        /// The target, with the reason.
        candidate: Box<Candidate>,
    },
    /// Nothing in the chain can be used.
    #[error("no available tools in fallback chain")]
    NoneUsable {
        /// Every target that was looked at, each with its reason.
        candidates: Vec<Candidate>,
    },
}

fn list<T: ToString>(names: &[T]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn rejection(candidate: &Candidate) -> &str {
    candidate
        .rejected
        .as_ref()
        .map_or("no reason is known", |rejected| rejected.message.as_str())
}
