//! A workflow as it was read: requests that follow each other.
//!
//! `settings` is the only maker of these values and holds what they promise: ids are unique, needs
//! exist, and no step needs itself by any way round. What may start when is decided in `lifecycle`.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AgentName, MicroUsd, ModelName, OnFailure, StepName, ToolName};

/// Requests that follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workflow {
    /// Its name, or that of its file.
    pub name: String,
    /// What a failed step means for the others.
    pub on_failure: OnFailure,
    /// 1 to 500, in the order of the file.
    pub steps: Vec<WorkflowStep>,
}

/// One request of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowStep {
    /// Its name among the steps: letters, digits, `-`, `_`.
    pub id: String,
    /// Who asks.
    pub agent: AgentName,
    /// What is asked.
    pub prompt: StepPrompt,
    /// Steps whose answers stand before the prompt, in this order; each is also needed.
    pub inputs: Vec<String>,
    /// Steps that must be done before, besides the inputs.
    pub needs: Vec<String>,
    /// Kind of task; may choose the model.
    pub task_type: Option<String>,
    /// Insist on this tool.
    pub tool: Option<ToolName>,
    /// Insist on this model.
    pub model: Option<ModelName>,
    /// Wall-clock limit of one attempt.
    pub timeout: Option<Duration>,
    /// Stop the tool when it has cost this much.
    pub max_cost: Option<MicroUsd>,
    /// File for the answer; absolute.
    pub output: Option<PathBuf>,
}

/// Where a step's prompt comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepPrompt {
    /// It stands in the workflow.
    Text(String),
    /// This file; absolute.
    File(PathBuf),
}

impl WorkflowStep {
    /// All steps that must be done before it: inputs, then needs, each once.
    #[must_use]
    pub fn all_needs(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for need in self.inputs.iter().chain(&self.needs) {
            if !all.contains(&need.as_str()) {
                all.push(need);
            }
        }
        all
    }

    /// The step as the record names it.
    #[must_use]
    pub fn step_name(&self) -> StepName {
        StepName {
            id: self.id.clone(),
            needs: self.all_needs().into_iter().map(str::to_owned).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_a_need_and_counts_once() {
        let step = WorkflowStep {
            id: "c".to_owned(),
            agent: AgentName::new("x"),
            prompt: StepPrompt::Text("p".to_owned()),
            inputs: vec!["b".to_owned(), "a".to_owned()],
            needs: vec!["a".to_owned(), "d".to_owned()],
            task_type: None,
            tool: None,
            model: None,
            timeout: None,
            max_cost: None,
            output: None,
        };
        assert_eq!(step.all_needs(), ["b", "a", "d"]);
        assert_eq!(step.step_name().needs, ["b", "a", "d"]);
    }
}
