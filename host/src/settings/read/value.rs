//! Fields of a map as plain values. What is missing or malformed is `None`: the tables' check has
//! said so already.

use std::time::Duration;

use crate::model::MicroUsd;
use crate::settings::decimal;
use crate::settings::yaml::Node;

pub(crate) fn text(node: &Node, field: &str) -> Option<String> {
    node.get(field)?.text().map(str::to_owned)
}

pub(crate) fn texts(node: &Node, field: &str) -> Vec<String> {
    let items = node.get(field).map(Node::items).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| item.text().map(str::to_owned))
        .collect()
}

pub(crate) fn flag(node: &Node, field: &str) -> Option<bool> {
    node.get(field)?.scalar()?.truth()
}

/// A text, such as a date or a reason, counts as true.
pub(crate) fn flag_or_text(node: &Node, field: &str) -> bool {
    match node.get(field) {
        Some(value) => value.scalar().is_some_and(|s| s.truth().unwrap_or(true)),
        None => false,
    }
}

pub(crate) fn whole(node: &Node, field: &str) -> Option<u64> {
    node.get(field)?.scalar()?.text.parse().ok()
}

pub(crate) fn usd(node: &Node, field: &str) -> Option<MicroUsd> {
    decimal(node, field, 6).map(MicroUsd)
}

pub(crate) fn decimal(node: &Node, field: &str, places: i32) -> Option<u64> {
    decimal::scaled(&node.get(field)?.scalar()?.text, places).ok()
}

pub(crate) fn duration(node: &Node, field: &str) -> Option<Duration> {
    decimal::duration(&node.get(field)?.scalar()?.text)
}
