//! Whether one target can take the request, and if not, why.

use std::collections::BTreeMap;

use crate::model::{Availability, Rejection, Settings, Target, ToolName};

/// `None` when `target` can take a prompt of `prompt_tokens`; otherwise the first reason against.
pub(super) fn objection(
    target: &Target,
    settings: &Settings,
    availability: &BTreeMap<ToolName, Availability>,
    prompt_tokens: Option<u64>,
) -> Option<Rejection> {
    let Some(tool) = settings.tools.get(&target.tool) else {
        return Some(reject(
            "unknown_tool",
            format!("tool '{}' is not configured", target.tool),
        ));
    };
    let Some(model) = settings.models.get(&target.model) else {
        return Some(reject(
            "unknown_model",
            format!("model '{}' is not in the catalogue", target.model),
        ));
    };
    if !tool.models.contains_key(&target.model) {
        return Some(reject(
            "model_not_offered",
            format!("tool '{}' does not offer '{}'", target.tool, target.model),
        ));
    }
    match availability.get(&target.tool) {
        Some(Availability::Available(_)) => {}
        Some(Availability::NotExecutable(path)) => {
            return Some(reject(
                "not_executable",
                format!("{} is not executable", path.display()),
            ));
        }
        Some(Availability::VariableMissing(name)) => {
            return Some(reject(
                "variable_missing",
                format!("the environment variable {name} is not set"),
            ));
        }
        Some(Availability::NotFound) | None => {
            return Some(reject(
                "not_on_path",
                format!("'{}' is not on PATH", tool.binary),
            ));
        }
    }
    match prompt_tokens {
        Some(tokens) if tokens > model.context_window => Some(reject(
            "context_window",
            format!(
                "the prompt has about {tokens} tokens, the context window of '{}' is {}",
                target.model, model.context_window
            ),
        )),
        _ => None,
    }
}

pub(super) fn reject(code: &str, message: String) -> Rejection {
    Rejection {
        code: code.to_owned(),
        message,
    }
}
