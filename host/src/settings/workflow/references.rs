//! Does a workflow agree with the configuration? Every name that it uses must be defined there.

use crate::model::{Agent, Settings, excerpt};
use crate::settings::collector::Collector;
use crate::settings::read::{lacking, unknown};
use crate::settings::yaml::Node;

/// Note every name that the configuration does not have.
pub(super) fn check(steps: &[Node], settings: &Settings, notes: &mut Collector) {
    for (index, step) in steps.iter().enumerate() {
        let path = format!("steps[{index}]");
        let agent = check_agent(step, settings, &path, notes);
        if let (Some(agent), Some((node, name))) = (agent, named(step, "task_type")) {
            check_task_type(agent, node, name, &format!("{path}.task_type"), notes);
        }
        check_target(step, settings, &path, notes);
    }
}

/// A field that names something, and the name.
fn named<'n>(step: &'n Node, field: &str) -> Option<(&'n Node, &'n str)> {
    let node = step.get(field)?;
    Some((node, node.text().filter(|name| !name.is_empty())?))
}

fn check_agent<'s>(
    step: &Node,
    settings: &'s Settings,
    path: &str,
    notes: &mut Collector,
) -> Option<&'s Agent> {
    let (node, name) = named(step, "agent")?;
    let agent = settings.agents.get(name);
    if agent.is_none() {
        let note = notes.error(node.at, &format!("{path}.agent"), "");
        unknown(
            "agent",
            name,
            note,
            settings.agents.keys().map(|n| n.as_str()),
        );
    }
    agent
}

fn check_task_type(agent: &Agent, node: &Node, name: &str, path: &str, notes: &mut Collector) {
    if agent.task_types.contains_key(name) {
        return;
    }
    notes
        .error(
            node.at,
            path,
            format!("The agent has no task type '{}'", excerpt(name)),
        )
        .choose_from(
            name,
            agent.task_types.keys().map(String::as_str),
            "remove it, or add it to the agent's task_types",
        );
}

fn check_target(step: &Node, settings: &Settings, path: &str, notes: &mut Collector) {
    let tool = named(step, "tool").and_then(|(node, name)| {
        let tool = settings.tools.get(name);
        if tool.is_none() {
            let note = notes.error(node.at, &format!("{path}.tool"), "");
            unknown(
                "tool",
                name,
                note,
                settings.tools.keys().map(|n| n.as_str()),
            );
        }
        Some((name, tool?))
    });
    let Some((node, name)) = named(step, "model") else {
        return;
    };
    let path = format!("{path}.model");
    let Some(model) = settings.models.get(name) else {
        let note = notes.error(node.at, &path, "");
        unknown(
            "model",
            name,
            note,
            settings.models.keys().map(|n| n.as_str()),
        );
        return;
    };
    if model.deprecated {
        notes
            .warning(
                node.at,
                &path,
                format!("Model '{}' is marked as deprecated", excerpt(name)),
            )
            .fix("choose another model");
    }
    if let Some((tool_name, tool)) = tool
        && !tool.models.contains_key(name)
    {
        let models: Vec<String> = tool.models.keys().map(|m| m.as_str().to_owned()).collect();
        lacking(name, tool_name, notes.error(node.at, &path, ""), &models);
    }
}
