//! The configurations of built-in policies that have none of their own: put together from the other
//! keys of `policies.yaml`, each part with the place where it is written.

use super::limits::in_force;
use crate::model::Settings;
use crate::settings::decimal;
use crate::settings::yaml::{Content, Entry, Node, Position, Scalar};

/// The configuration of the built-in policy `id`; empty for those that need none.
pub(super) fn config(id: &str, root: &Node, settings: &Settings) -> Node {
    match id {
        "cost-optimizer" => cost_optimizer(root, settings),
        "justification" => justification(root, settings),
        _ => map(Position::default(), Vec::new()),
    }
}

fn cost_optimizer(root: &Node, settings: &Settings) -> Node {
    let rules = root.get("cost_optimization");
    let at = rules.map_or(Position::default(), |rules| rules.at);
    let mut entries = Vec::new();
    if let (Some(rules), Some(read)) = (rules, &settings.cost_optimization) {
        let threshold = read.simple_task_threshold_tokens.to_string();
        let fields = [
            ("simple_task_threshold_tokens", scalar(at, &threshold, true)),
            ("simple_task_models", list(at)),
            ("complex_task_models", list(at)),
        ];
        for (field, default) in fields {
            entries.push(entry(field, rules.get(field).cloned().unwrap_or(default)));
        }
    }
    let under = profile(root, settings)
        .and_then(|profile| profile.get("prefer_cheaper_models_under_tokens"));
    entries.extend(under.map(|under| entry("prefer_cheaper_under_tokens", under.clone())));
    map(at, entries)
}

fn justification(root: &Node, settings: &Settings) -> Node {
    let over = in_force(settings).and_then(|(_, profile)| profile.require_justification_over);
    let Some(over) = over else {
        return map(Position::default(), Vec::new());
    };
    let profile = profile(root, settings);
    let place = profile.and_then(|profile| {
        let field = "require_justification_over_usd";
        profile
            .get(field)
            .or_else(|| profile.get("enforcement")?.get(field))
    });
    let at = place
        .or(profile)
        .map_or(Position::default(), |node| node.at);
    // A text, since a number would pass through a float in most readers.
    let over = scalar(at, &decimal::dollars(over.0), false);
    map(at, vec![entry("over_usd", over)])
}

/// The profile in force, as it is written.
pub(super) fn profile<'n>(root: &'n Node, settings: &Settings) -> Option<&'n Node> {
    root.get("policies")?.get(settings.profile.as_ref()?)
}

fn entry(key: &str, value: Node) -> Entry {
    Entry::new(key, value)
}

fn scalar(at: Position, text: &str, plain: bool) -> Node {
    let scalar = if plain {
        Scalar::plain(text)
    } else {
        Scalar::quoted(text)
    };
    Node::new(at, Content::Scalar(scalar))
}

fn list(at: Position) -> Node {
    Node::new(at, Content::List(Vec::new()))
}

fn map(at: Position, entries: Vec<Entry>) -> Node {
    Node::new(at, Content::Map(entries))
}
