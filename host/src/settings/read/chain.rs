//! The policies that are asked, in order: those of `chain:`, or the built-in ones.

use std::path::Path;

use super::component::{self, Component};
use super::{Context, compose, value};
use crate::model::{
    FileDigest, LimitKind, Metric, Phase, PolicyEntry, PolicySource, Settings, excerpt,
};
use crate::settings::collector::Collector;
use crate::settings::positions::PolicyPlace;
use crate::settings::shape::NameRule;
use crate::settings::yaml::Node;

/// The built-in policies, in the order in which they are asked by default.
const BUILT_IN: [&str; 5] = [
    "guard",
    "budget",
    "rate-limit",
    "justification",
    "cost-optimizer",
];
/// Its advice may be missing; nothing is at stake.
const ADVISORY: &str = "cost-optimizer";
/// A soft limit must not stop what runs at night; it warns.
const PROCEEDS_UNATTENDED: &str = "budget";

/// The policies, and where each stands.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub(super) entries: Vec<PolicyEntry>,
    pub(super) places: Vec<PolicyPlace>,
}

/// Read the chain; everything else of the configuration is in `settings` already.
pub(super) fn read(
    root: &Node,
    settings: &Settings,
    context: Context<'_>,
    files: &mut Vec<FileDigest>,
    notes: &mut Collector,
) -> Chain {
    let Some(written) = root.get("chain") else {
        let chain = by_default(root, settings);
        check_effect(&chain.entries, root, settings, notes);
        return chain;
    };
    let mut chain = Chain::default();
    for (index, node) in written.items().iter().enumerate() {
        let path = format!("chain[{index}]");
        let named = node.get("policy").and_then(|n| Some((n, n.text()?)));
        let Some(named) = named.filter(|(_, text)| !text.is_empty()) else {
            continue;
        };
        let of = ("Policy", format!("{path}.policy"));
        let source = match component::read(named, (of.0, &of.1), context, files, notes) {
            Component::File(file) => PolicySource::File(file),
            Component::Id(id) => PolicySource::Id(id),
        };
        check_id(named.0, &source, &of.1, notes);
        let name = name(node, named.0, &source, &path, notes);
        check_name(&name, node, &path, &chain.entries, notes);
        let (place, entry) = entry(node, name, source, (root, settings), &path);
        chain.places.push(place);
        chain.entries.push(entry);
    }
    check_effect(&chain.entries, root, settings, notes);
    check_watched(&chain.entries, written, settings, notes);
    chain
}

/// The built-in policies for which something is configured.
fn by_default(root: &Node, settings: &Settings) -> Chain {
    let profile = super::limits::in_force(settings).map(|(_, profile)| profile);
    let is_used = |id: &str| match id {
        "rate-limit" => (settings.limits.iter()).any(|limit| limit.metric == Metric::Requests),
        "justification" => profile.is_some_and(|it| it.require_justification_over.is_some()),
        "cost-optimizer" => settings.cost_optimization.is_some(),
        _ => true,
    };
    let mut chain = Chain::default();
    for id in BUILT_IN.into_iter().filter(|id| is_used(id)) {
        let config = compose::config(id, root, settings);
        chain.entries.push(PolicyEntry {
            name: id.to_owned(),
            source: PolicySource::Id(id.to_owned()),
            required: id != ADVISORY,
            phases: None,
            config: config.to_json_text(),
            proceed_unattended: id == PROCEEDS_UNATTENDED,
            at: None,
        });
        chain.places.push(PolicyPlace {
            name: id.to_owned(),
            path: id.to_owned(),
            config,
        });
    }
    chain
}

fn entry(
    node: &Node,
    name: String,
    source: PolicySource,
    (root, settings): (&Node, &Settings),
    path: &str,
) -> (PolicyPlace, PolicyEntry) {
    let id = match &source {
        PolicySource::Id(id) => id.as_str(),
        PolicySource::File(_) => "",
    };
    let (config, path) = match node.get("config") {
        Some(own) => (own.clone(), format!("{path}.config")),
        None => (compose::config(id, root, settings), path.to_owned()),
    };
    let phases = node.get("phases").map(|_| {
        let words = value::texts(node, "phases");
        words.iter().filter_map(|w| Phase::from_word(w)).collect()
    });
    let proceeds = value::text(node, "when_unattended").map(|word| word == "proceed");
    let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let entry = PolicyEntry {
        name: name.clone(),
        required: value::flag(node, "required").unwrap_or(id != ADVISORY),
        phases,
        config: config.to_json_text(),
        proceed_unattended: proceeds.unwrap_or(id == PROCEEDS_UNATTENDED),
        at: Some((count(node.at.line), count(node.at.column))),
        source,
    };
    // What is put together from nothing is found at the policy itself.
    let mut config = config;
    if config.at.line == 0 {
        config.at = node.at;
    }
    (PolicyPlace { name, path, config }, entry)
}

fn check_id(node: &Node, source: &PolicySource, path: &str, notes: &mut Collector) {
    if let PolicySource::Id(id) = source
        && !BUILT_IN.contains(&id.as_str())
    {
        notes
            .error(node.at, path, format!("Unknown policy '{}'", excerpt(id)))
            .choose_from(
                id,
                BUILT_IN,
                "use one of these, or write the path of a .wasm file",
            );
    }
}

/// Its own name, or that of its component.
fn name(
    node: &Node,
    policy: &Node,
    source: &PolicySource,
    path: &str,
    notes: &mut Collector,
) -> String {
    if let Some(name) = value::text(node, "name") {
        return name;
    }
    let file = match source {
        PolicySource::Id(id) => return id.clone(),
        PolicySource::File(file) => file,
    };
    let stem = Path::new(file).file_stem().unwrap_or_default();
    let name = stem.to_string_lossy().into_owned();
    if let Some(problem) = NameRule::Plain.problem(&name) {
        notes
            .error(
                policy.at,
                &format!("{path}.name"),
                format!(
                    "The name '{}', which is the file's, {problem}",
                    excerpt(&name)
                ),
            )
            .fix("add a 'name:'");
    }
    name
}

fn check_name(name: &str, node: &Node, path: &str, before: &[PolicyEntry], notes: &mut Collector) {
    if let Some(first) = before.iter().position(|entry| entry.name == name) {
        let (at, fix) = match node.get("name") {
            Some(own) => (own.at, "choose another name"),
            None => (
                node.get("policy").map_or(node.at, |policy| policy.at),
                "add a 'name:' of its own",
            ),
        };
        notes
            .error(
                at,
                &format!("{path}.name"),
                format!(
                    "The policy's name '{}' is taken by chain[{first}]",
                    excerpt(name)
                ),
            )
            .fix(fix);
    }
}

/// Warn of rules that nobody in the chain follows.
fn check_effect(chain: &[PolicyEntry], root: &Node, settings: &Settings, notes: &mut Collector) {
    let is_asked = |id: &str| {
        (chain.iter()).any(|e| matches!(&e.source, PolicySource::Id(source) if source == id))
    };
    let profile = compose::profile(root, settings);
    let name = settings.profile.as_deref().unwrap_or_default();
    let in_profile = |field: &str| {
        let path = format!("policies.{}.{field}", excerpt(name));
        Some((path, profile?.get(field)?.at))
    };
    let rules = root.get("cost_optimization");
    let parts = [
        (
            "cost-optimizer",
            rules.map(|n| ("cost_optimization".to_owned(), n.at)),
        ),
        (
            "cost-optimizer",
            in_profile("prefer_cheaper_models_under_tokens"),
        ),
        (
            "justification",
            in_profile("require_justification_over_usd"),
        ),
    ];
    for (policy, part) in parts {
        let Some((path, at)) = part.filter(|_| !is_asked(policy)) else {
            continue;
        };
        let (why, fix) = if root.get("chain").is_some() {
            (
                format!("Has no effect: 'chain' has no 'policy: {policy}'"),
                format!("add '- policy: {policy}' to 'chain', or remove this"),
            )
        } else {
            (
                "Has no effect without 'cost_optimization'".to_owned(),
                "add 'cost_optimization:' at the top level, or remove this".to_owned(),
            )
        };
        notes.warning(at, &path, why).fix(fix);
    }
}

/// Warn when soft limits are set and no policy looks at limits; a component may.
fn check_watched(
    chain: &[PolicyEntry],
    written: &Node,
    settings: &Settings,
    notes: &mut Collector,
) {
    let may_look = |entry: &PolicyEntry| match &entry.source {
        PolicySource::Id(id) => id == "budget",
        PolicySource::File(_) => true,
    };
    let soft = (settings.limits.iter()).find(|limit| limit.kind == LimitKind::Soft);
    if let (Some(limit), false) = (soft, chain.iter().any(may_look)) {
        notes
            .warning(
                written.at,
                "chain",
                format!(
                    "Nobody watches soft limits such as '{}': 'chain' has no 'policy: budget'",
                    excerpt(&limit.name)
                ),
            )
            .fix("add '- policy: budget'");
    }
}
