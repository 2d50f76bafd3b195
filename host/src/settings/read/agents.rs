//! `agents.yaml`.

use std::collections::BTreeMap;

use super::value;
use crate::model::{Agent, AgentName, ModelName, Target, ToolName};
use crate::settings::yaml::Node;

pub(super) fn read(root: &Node) -> BTreeMap<AgentName, Agent> {
    let agents = root.get("agents").map(Node::entries).unwrap_or_default();
    agents
        .iter()
        .filter_map(|entry| Some((AgentName::new(entry.key.as_str()), agent(&entry.value)?)))
        .collect()
}

fn agent(node: &Node) -> Option<Agent> {
    let task_types = node
        .get("task_types")
        .map(Node::entries)
        .unwrap_or_default();
    Some(Agent {
        preferred: Target {
            tool: ToolName::new(value::text(node, "preferred_tool")?),
            model: ModelName::new(value::text(node, "preferred_model")?),
        },
        fallback_chain: value::texts(node, "fallback_chain")
            .iter()
            .filter_map(|text| Target::parse(text))
            .collect(),
        task_types: task_types
            .iter()
            .filter_map(|e| Some((e.key.clone(), ModelName::new(e.value.text()?))))
            .collect(),
        daily_budget: value::usd(node, "daily_budget_usd"),
    })
}
