//! `models.yaml`.

use std::collections::BTreeMap;

use super::value;
use crate::model::{Model, ModelName, Price, Prices};
use crate::settings::yaml::Node;

pub(super) fn read(root: &Node) -> BTreeMap<ModelName, Model> {
    let models = root.get("models").map(Node::entries).unwrap_or_default();
    models
        .iter()
        .filter_map(|entry| Some((ModelName::new(entry.key.as_str()), model(&entry.value)?)))
        .collect()
}

fn model(node: &Node) -> Option<Model> {
    Some(Model {
        provider: value::text(node, "provider")?,
        prices: prices(node)?,
        later: Vec::new(),
        context_window: value::whole(node, "context_window")?,
        task_suitability: value::texts(node, "task_suitability"),
        deprecated: value::flag_or_text(node, "deprecated") || value::flag_or_text(node, "retired"),
    })
}

/// Prices in micro-dollars per million tokens: six decimals of dollars per million, nine of
/// dollars per thousand.
fn prices(node: &Node) -> Option<Prices> {
    let (prices, places) = match node.get("price_per_million_tokens") {
        Some(prices) => (prices, 6),
        None => (node.get("cost_per_1k_tokens")?, 9),
    };
    let price = |kind| value::decimal(prices, kind, places).map(Price);
    Some(Prices {
        input: price("input"),
        output: price("output"),
        cache_read: price("cache_read"),
        cache_write: price("cache_write"),
        reasoning: price("reasoning"),
    })
}
