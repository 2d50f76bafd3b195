//! `tools.yaml`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::component::{self, Component};
use super::{Context, template, value};
use crate::model::{AdapterSource, FileDigest, ModelName, Tool, ToolName, excerpt};
use crate::settings::collector::Collector;
use crate::settings::expand::{NotExpanded, expand};
use crate::settings::yaml::{Content, Node};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1800);

pub(super) fn read(
    root: &Node,
    context: Context<'_>,
    adapters: &mut Vec<FileDigest>,
    notes: &mut Collector,
) -> BTreeMap<ToolName, Tool> {
    let mut tools = BTreeMap::new();
    for entry in root.get("tools").map(Node::entries).unwrap_or_default() {
        let path = format!("tools.{}", excerpt(&entry.key));
        let adapter = adapter(&entry.value, context, &path, adapters, notes);
        let options = match &adapter {
            AdapterSource::Id(id) if id == "template" => {
                template::options(&entry.value, &path, notes)
            }
            _ => plain_options(&entry.value, &path, notes),
        };
        check_prompt_flag(&entry.value, &path, notes);
        let env = variables(&entry.value, context, &path, notes);
        if let Some(binary) = binary(&entry.value, context) {
            let node = &entry.value;
            let tool = Tool {
                binary,
                adapter,
                models: models(node),
                capabilities: value::texts(node, "capabilities"),
                timeout: value::duration(node, "timeout").unwrap_or(DEFAULT_TIMEOUT),
                env,
                env_required: value::texts(node, "env_required"),
                account: value::text(node, "account").unwrap_or_else(|| entry.key.clone()),
                assumed_per_minute: value::usd(node, "assumed_usd_per_minute"),
                env_inherit: value::texts(node, "env_inherit"),
                prompt_as_value_of: value::text(node, "prompt_as_value_of"),
                options: Value::Object(options).to_string(),
            };
            tools.insert(ToolName::new(entry.key.as_str()), tool);
        }
    }
    tools
}

/// `binary_path`, else the platform's, else `binary`. Anything with a slash is a path.
fn binary(node: &Node, context: Context<'_>) -> Option<String> {
    let platform = node
        .get("platforms")
        .and_then(|p| value::text(p, std::env::consts::OS));
    let text = value::text(node, "binary_path")
        .or(platform)
        .or_else(|| value::text(node, "binary"))?;
    if text.contains('/') {
        return Some(context.path(&text).to_string_lossy().into_owned());
    }
    Some(text)
}

fn adapter(
    node: &Node,
    context: Context<'_>,
    path: &str,
    adapters: &mut Vec<FileDigest>,
    notes: &mut Collector,
) -> AdapterSource {
    let written = node
        .get("adapter")
        .and_then(|n| n.text().map(|text| (n, text)));
    let Some((node, text)) = written else {
        return AdapterSource::Id("template".to_owned());
    };
    let path = format!("{path}.adapter");
    match component::read((node, text), ("Adapter", &path), context, adapters, notes) {
        Component::File(file) => AdapterSource::File(file),
        Component::Id(id) => {
            let is_id = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if !id.bytes().all(is_id) {
                notes
                    .error(node.at, &path, format!("'{}' is neither an adapter's id nor a file", excerpt(text)))
                    .fix("write an id of lower-case letters, digits and dashes, or the path of a .wasm file");
            }
            AdapterSource::Id(id)
        }
    }
}

/// After anything but a flag a prompt would be an argument of its own, and could be a flag itself.
fn check_prompt_flag(node: &Node, path: &str, notes: &mut Collector) {
    let written = node
        .get("prompt_as_value_of")
        .and_then(|n| n.text().map(|text| (n, text)));
    if let Some((node, text)) =
        written.filter(|(_, text)| !text.starts_with('-') || text.trim_matches('-').is_empty())
    {
        notes
            .error(
                node.at,
                &format!("{path}.prompt_as_value_of"),
                format!("'{}' is not a flag", excerpt(text)),
            )
            .fix("name a flag that takes a value, such as --message");
    }
}

/// Options of an adapter other than `template`.
fn plain_options(node: &Node, path: &str, notes: &mut Collector) -> Map<String, Value> {
    for entry in node.entries() {
        if template::FIELDS.contains(&entry.key.as_str()) && !entry.value.is_null() {
            notes
                .error(
                    entry.key_at,
                    &format!("{path}.{}", entry.key),
                    format!("'{}' belongs to 'adapter: template'", entry.key),
                )
                .fix("remove it, or use 'adapter: template'; other adapters take 'options'");
        }
    }
    options_of(node)
}

/// The `options` as a JSON object.
pub(super) fn options_of(node: &Node) -> Map<String, Value> {
    match node.get("options").map(Node::to_json) {
        Some(Value::Object(options)) => options,
        _ => Map::new(),
    }
}

/// Our names of the models, each with the tool's own.
pub(super) fn models(node: &Node) -> BTreeMap<ModelName, String> {
    let Some(models) = node.get("models") else {
        return BTreeMap::new();
    };
    match &models.content {
        Content::List(items) => items
            .iter()
            .filter_map(Node::text)
            .map(|name| (ModelName::new(name), name.to_owned()))
            .collect(),
        Content::Map(entries) => entries
            .iter()
            .map(|e| {
                (
                    ModelName::new(e.key.as_str()),
                    e.value.text().unwrap_or(&e.key).to_owned(),
                )
            })
            .collect(),
        Content::Scalar(_) => BTreeMap::new(),
    }
}

fn variables(
    node: &Node,
    context: Context<'_>,
    path: &str,
    notes: &mut Collector,
) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for entry in node.get("env_vars").map(Node::entries).unwrap_or_default() {
        let Some(scalar) = entry.value.scalar() else {
            continue;
        };
        let text = if scalar.is_null() { "" } else { &scalar.text };
        match expand(text, context.environment) {
            Ok(value) if !value.contains('\0') => {
                variables.insert(entry.key.clone(), value);
            }
            Ok(_) => {}
            Err(why) => {
                let path = format!("{path}.env_vars.{}", excerpt(&entry.key));
                let (message, fix) = not_expanded(&why);
                notes.error(entry.value.at, &path, message).fix(fix);
            }
        }
    }
    variables
}

/// What is wrong with a value that cannot be filled in, and what to do.
pub(super) fn not_expanded(why: &NotExpanded) -> (String, String) {
    match why {
        NotExpanded::Unset(name) => (
            format!("Environment variable '{name}' is not set"),
            format!("set it, or give a default: ${{{name}:default}}"),
        ),
        NotExpanded::NotText(name) => (
            format!("Environment variable '{name}' is not UTF-8"),
            "set it to UTF-8 text".to_owned(),
        ),
        NotExpanded::BadName(name) => (
            format!(
                "'${{{}}}' does not name an environment variable",
                excerpt(name)
            ),
            "write ${VAR} or ${VAR:default}; $${ stands for a literal ${".to_owned(),
        ),
        NotExpanded::Unclosed => (
            "'${' is not closed".to_owned(),
            "add the closing brace; $${ stands for a literal ${".to_owned(),
        ),
    }
}
