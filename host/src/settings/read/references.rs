//! Do the files agree? Every name that is used must be defined, and targets must be possible.
//!
//! A file that could not be read at all defines nothing and proves nothing: what refers to it is
//! not checked, so that one mistake is not reported fifty times.

use std::collections::BTreeMap;

use super::{Document, tools, value};
use crate::model::{Target, excerpt};
use crate::settings::collector::Collector;
use crate::settings::files::FileKind;
use crate::settings::yaml::{Content, Entry, Node};

/// What the files define; `None` when the file says nothing usable.
struct Names {
    agents: Option<BTreeMap<String, ()>>,
    tools: Option<BTreeMap<String, ToolFacts>>,
    models: Option<BTreeMap<String, ModelFacts>>,
}

struct ToolFacts {
    /// `None` when the tool's own list is malformed.
    models: Option<Vec<String>>,
    retired: bool,
}

struct ModelFacts {
    deprecated: bool,
    superseded_by: Option<String>,
}

/// Where `policies.yaml` sets limits by tool: the part and its field.
const LIMITS_BY_TOOL: [(&str, &str); 3] = [
    ("rate_limiting", "max_requests_per_minute"),
    ("rate_limiting", "max_requests_per_hour"),
    ("concurrency", "per_tool"),
];

/// Note every reference that leads nowhere.
pub(super) fn check(documents: &mut [Document]) {
    let names = Names {
        agents: named(documents, FileKind::Agents, "agents", |_| ()),
        tools: named(documents, FileKind::Tools, "tools", tool_facts),
        models: named(documents, FileKind::Models, "models", model_facts),
    };
    for Document { kind, root, notes } in documents {
        let Some(root) = root else { continue };
        match kind {
            FileKind::Agents => names.check_agents(root, notes),
            FileKind::Tools => names.check_tools(root, notes),
            FileKind::Policies => names.check_policies(root, notes),
            FileKind::Models | FileKind::Telemetry | FileKind::Prices => {}
        }
    }
}

fn named<T>(
    documents: &[Document],
    kind: FileKind,
    field: &str,
    facts: fn(&Node) -> T,
) -> Option<BTreeMap<String, T>> {
    let root = documents.iter().find(|d| d.kind == kind)?.root.as_ref()?;
    match &root.get(field)?.content {
        Content::Map(entries) => Some(
            entries
                .iter()
                .map(|e| (e.key.clone(), facts(&e.value)))
                .collect(),
        ),
        Content::Scalar(_) | Content::List(_) => None,
    }
}

fn tool_facts(node: &Node) -> ToolFacts {
    let models = tools::models(node);
    ToolFacts {
        models: (!models.is_empty())
            .then(|| models.into_keys().map(|m| m.as_str().to_owned()).collect()),
        retired: value::flag_or_text(node, "retired"),
    }
}

fn model_facts(node: &Node) -> ModelFacts {
    ModelFacts {
        deprecated: value::flag_or_text(node, "deprecated") || value::flag_or_text(node, "retired"),
        superseded_by: value::text(node, "superseded_by"),
    }
}

impl Names {
    fn check_agents(&self, root: &Node, notes: &mut Collector) {
        for Entry {
            key, value: agent, ..
        } in root.get("agents").map(Node::entries).unwrap_or_default()
        {
            let path = format!("agents.{}", excerpt(key));
            let tool = agent
                .get("preferred_tool")
                .filter(|n| n.text().is_some_and(|t| !t.is_empty()));
            if let Some(node) = tool {
                self.tool(
                    node,
                    node.text().unwrap_or_default(),
                    &format!("{path}.preferred_tool"),
                    notes,
                );
            }
            let tool = tool.and_then(Node::text);
            if let Some(node) = agent.get("preferred_model") {
                self.model_of(node, tool, &format!("{path}.preferred_model"), notes);
            }
            let chain = agent
                .get("fallback_chain")
                .map(Node::items)
                .unwrap_or_default();
            for (index, node) in chain.iter().enumerate() {
                self.target(node, &format!("{path}.fallback_chain[{index}]"), notes);
            }
            for entry in agent
                .get("task_types")
                .map(Node::entries)
                .unwrap_or_default()
            {
                let path = format!("{path}.task_types.{}", excerpt(&entry.key));
                self.task_model(&entry.value, tool, &path, notes);
            }
        }
    }

    /// A model that no catalogue knows has no price and cannot be chosen.
    fn check_tools(&self, root: &Node, notes: &mut Collector) {
        let Some(models) = &self.models else { return };
        for Entry {
            key, value: tool, ..
        } in root.get("tools").map(Node::entries).unwrap_or_default()
        {
            let Some(listed) = tool.get("models") else {
                continue;
            };
            let items = listed
                .items()
                .iter()
                .filter_map(|n| Some((n.text()?, n.at)));
            let keys = listed.entries().iter().map(|e| (e.key.as_str(), e.key_at));
            for (name, at) in items
                .chain(keys)
                .filter(|(name, _)| !name.is_empty() && !models.contains_key(*name))
            {
                let path = format!("tools.{}.models", excerpt(key));
                notes
                    .warning(
                        at,
                        &path,
                        format!(
                            "Model '{}' is not in models.yaml, so no agent can use it",
                            excerpt(name)
                        ),
                    )
                    .choose_from(
                        name,
                        models.keys().map(String::as_str),
                        "add it to models.yaml, or remove it here",
                    );
            }
        }
    }

    fn check_policies(&self, root: &Node, notes: &mut Collector) {
        if let Some(rules) = root.get("cost_optimization") {
            for field in ["simple_task_models", "complex_task_models"] {
                for (index, node) in rules
                    .get(field)
                    .map(Node::items)
                    .unwrap_or_default()
                    .iter()
                    .enumerate()
                {
                    self.model(node, &format!("cost_optimization.{field}[{index}]"), notes);
                }
            }
        }
        for (part, field) in LIMITS_BY_TOOL {
            let limits = root.get(part).and_then(|limits| limits.get(field));
            for entry in limits.map(Node::entries).unwrap_or_default() {
                let path = format!("{part}.{field}.{}", excerpt(&entry.key));
                self.limited_tool(entry, &path, notes);
            }
        }
        let budgets = root.get("budgets").map(Node::items).unwrap_or_default();
        for (index, limit) in budgets.iter().enumerate() {
            self.check_scope(limit, &format!("budgets[{index}]"), notes);
        }
    }

    /// A limit on what does not exist would hold nothing.
    fn check_scope(&self, limit: &Node, path: &str, notes: &mut Collector) {
        let part = |field: &str| {
            let node = limit.get(field)?;
            let name = node.text().filter(|name| !name.is_empty())?;
            Some((node, name, format!("{path}.{field}")))
        };
        if let (Some((node, name, path)), Some(agents)) = (part("agent"), &self.agents)
            && !agents.contains_key(name)
        {
            let note = notes.error(node.at, &path, "");
            unknown("agent", name, note, agents.keys().map(String::as_str));
        }
        if let Some((node, name, path)) = part("tool") {
            self.tool(node, name, &path, notes);
        }
        if let Some((node, name, path)) = part("model") {
            self.model_name(node, name, &path, notes);
        }
    }

    fn limited_tool(&self, entry: &Entry, path: &str, notes: &mut Collector) {
        if let Some(tools) = &self.tools
            && !tools.contains_key(&entry.key)
        {
            let note = notes.error(entry.key_at, path, "");
            unknown("tool", &entry.key, note, tools.keys().map(String::as_str));
        }
    }

    /// Whether the tool is known, or nothing is known about tools.
    fn tool(&self, node: &Node, name: &str, path: &str, notes: &mut Collector) -> bool {
        let Some(tools) = &self.tools else {
            return true;
        };
        match tools.get(name) {
            None => {
                unknown(
                    "tool",
                    name,
                    notes.error(node.at, path, ""),
                    tools.keys().map(String::as_str),
                );
                false
            }
            Some(facts) => {
                if facts.retired {
                    notes
                        .warning(
                            node.at,
                            path,
                            format!("Tool '{}' is marked as retired", excerpt(name)),
                        )
                        .fix("choose another tool");
                }
                true
            }
        }
    }

    /// Whether the text names a model; `false` also when the node is no text.
    fn model(&self, node: &Node, path: &str, notes: &mut Collector) -> bool {
        let Some(name) = node.text().filter(|name| !name.is_empty()) else {
            return false;
        };
        self.model_name(node, name, path, notes)
    }

    fn model_name(&self, node: &Node, name: &str, path: &str, notes: &mut Collector) -> bool {
        let Some(models) = &self.models else {
            return true;
        };
        match models.get(name) {
            None => {
                unknown(
                    "model",
                    name,
                    notes.error(node.at, path, ""),
                    models.keys().map(String::as_str),
                );
                false
            }
            Some(facts) => {
                if facts.deprecated {
                    let fix = match &facts.superseded_by {
                        Some(newer) => format!("use '{}'", excerpt(newer)),
                        None => "choose another model".to_owned(),
                    };
                    notes
                        .warning(
                            node.at,
                            path,
                            format!("Model '{}' is marked as deprecated", excerpt(name)),
                        )
                        .fix(fix);
                }
                true
            }
        }
    }

    fn model_of(&self, node: &Node, tool: Option<&str>, path: &str, notes: &mut Collector) {
        let Some(name) = node.text() else { return };
        if self.model(node, path, notes)
            && let Some(models) = self.lacks(tool, name)
        {
            lacking(
                name,
                tool.unwrap_or_default(),
                notes.error(node.at, path, ""),
                models,
            );
        }
    }

    /// Task types replace the model only; with a tool that lacks it the request goes elsewhere or
    /// nowhere, which the author should know.
    fn task_model(&self, node: &Node, tool: Option<&str>, path: &str, notes: &mut Collector) {
        let Some(name) = node.text() else { return };
        if self.model(node, path, notes)
            && let Some(models) = self.lacks(tool, name)
        {
            lacking(
                name,
                tool.unwrap_or_default(),
                notes.warning(node.at, path, ""),
                models,
            );
        }
    }

    fn target(&self, node: &Node, path: &str, notes: &mut Collector) {
        let Some(text) = node.text().filter(|text| !text.is_empty()) else {
            return;
        };
        let Some(target) = Target::parse(text) else {
            notes
                .error(
                    node.at,
                    path,
                    format!("'{}' is not of the form tool:model", excerpt(text)),
                )
                .fix("write the tool's name, a colon, and the model's name");
            return;
        };
        let (tool, model) = (target.tool.as_str(), target.model.as_str());
        let knows_tool = self.tool(node, tool, path, notes);
        let knows_model = self.model_name(node, model, path, notes);
        if knows_tool
            && knows_model
            && let Some(models) = self.lacks(Some(tool), model)
        {
            lacking(model, tool, notes.error(node.at, path, ""), models);
        }
    }

    /// The tool's models, when the tool is known and `model` is not one of them.
    fn lacks(&self, tool: Option<&str>, model: &str) -> Option<&[String]> {
        let models = self.tools.as_ref()?.get(tool?)?.models.as_deref()?;
        (!models.iter().any(|m| m == model)).then_some(models)
    }
}

/// Say that `name` is not defined, and what is.
pub(crate) fn unknown<'a>(
    what: &str,
    name: &str,
    note: &mut crate::settings::Diagnostic,
    known: impl Iterator<Item = &'a str>,
) {
    note.message = format!("Unknown {what} '{}'", excerpt(name));
    note.choose_from(
        name,
        known,
        format!("use one of these, or add it to {what}s.yaml"),
    );
}

/// Say that the tool does not have the model, and what it has.
pub(crate) fn lacking(
    model: &str,
    tool: &str,
    note: &mut crate::settings::Diagnostic,
    models: &[String],
) {
    note.message = format!(
        "Model '{}' is not among the models of tool '{}'",
        excerpt(model),
        excerpt(tool)
    );
    note.choose_from(
        model,
        models.iter().map(String::as_str),
        format!(
            "use one of these, or add '{}' to the tool's models",
            excerpt(model)
        ),
    );
}
