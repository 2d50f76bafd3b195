//! Whether one text differs from another by exactly one field.
//!
//! Asked of two parsers that share no code. A mistake of one of them, or a text that they read
//! differently, makes the answer no.

use serde_yaml::Value as Yaml;

use crate::yaml::{Content, Entry, Node, Style};

use super::super::task::BOUNDS;
use super::super::yaml::parse;
use super::{Change, Value};

/// Whether `after` is `before` with `change`, and nothing else.
pub(super) fn is_only(before: &str, after: &str, change: &Change) -> bool {
    is_only_by_places(before, after, change).unwrap_or(false)
        && is_only_by_values(before, after, change).unwrap_or(false)
}

/// By the parser that the board is read with; the order of fields counts.
fn is_only_by_places(before: &str, after: &str, change: &Change) -> Option<bool> {
    let before = parse(before, BOUNDS).ok()??;
    let after = parse(after, BOUNDS).ok()??;
    let key = change.key();
    let others = |root: &Node| -> Vec<String> {
        let entries = root.entries().iter();
        entries
            .filter(|entry| entry.key != key)
            .map(|entry| entry.key.clone())
            .collect()
    };
    let is_unchanged = |name: &String| {
        let (old, new) = (before.entry(name)?, after.entry(name)?);
        Some(is_same(&old.value, &new.value))
    };
    let names = others(&before);
    let is_rest_same =
        names == others(&after) && names.iter().all(|name| is_unchanged(name) == Some(true));
    let is_in_place = match (position(&before, key), position(&after, key)) {
        (Some(old), new) => Some(old) == new,
        (None, _) => true,
    };
    let is_made = match (change, after.entry(key)) {
        (Change::Text(_, text), Some(entry)) => is_text(&entry.value, text),
        (Change::Null(_), entry) => entry.is_none_or(|entry| entry.value.is_null()),
        (Change::Map(_, entries), Some(entry)) => is_map(&entry.value, entries),
        (Change::Text(..) | Change::Map(..), None) => false,
    };
    Some(is_rest_same && is_in_place && is_made)
}

fn position(root: &Node, key: &str) -> Option<usize> {
    root.entries().iter().position(|entry| entry.key == key)
}

fn is_same(a: &Node, b: &Node) -> bool {
    match (&a.content, &b.content) {
        (Content::Scalar(a), Content::Scalar(b)) => a == b,
        (Content::List(a), Content::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Content::Map(a), Content::Map(b)) => {
            let is_pair = |(a, b): (&Entry, &Entry)| a.key == b.key && is_same(&a.value, &b.value);
            a.len() == b.len() && a.iter().zip(b).all(is_pair)
        }
        _ => false,
    }
}

fn is_text(node: &Node, expected: &str) -> bool {
    // A text may look like nothing, as `null` does; then it must be quoted.
    node.scalar().is_some_and(|scalar| {
        let is_quoted = matches!(scalar.style, Style::Single | Style::Double);
        scalar.text == expected && (is_quoted || !scalar.is_null())
    })
}

fn is_map(node: &Node, expected: &[(&'static str, Value)]) -> bool {
    node.entries().len() == expected.len()
        && node
            .entries()
            .iter()
            .zip(expected)
            .all(|(entry, (key, value))| {
                entry.key == *key
                    && match value {
                        Value::Text(text) => is_text(&entry.value, text),
                        Value::List(texts) => entry.value.list().is_some_and(|items| {
                            items.len() == texts.len()
                                && items
                                    .iter()
                                    .zip(texts)
                                    .all(|(item, text)| is_text(item, text))
                        }),
                    }
            })
}

/// By a parser of another family, which knows values and no places.
fn is_only_by_values(before: &str, after: &str, change: &Change) -> Option<bool> {
    let mut expected: Yaml = serde_yaml::from_str(before).ok()?;
    let after: Yaml = serde_yaml::from_str(after).ok()?;
    let map = expected.as_mapping_mut()?;
    let key = Yaml::String(change.key().to_owned());
    match change {
        Change::Text(_, text) => {
            map.insert(key, Yaml::String(text.clone()));
        }
        Change::Null(_) => {
            if let Some(value) = map.get_mut(&key) {
                *value = Yaml::Null;
            }
        }
        Change::Map(_, entries) => {
            map.insert(key, yaml_map(entries));
        }
    }
    Some(expected == after)
}

fn yaml_map(entries: &[(&'static str, Value)]) -> Yaml {
    let pairs = entries.iter().map(|(key, value)| {
        let value = match value {
            Value::Text(text) => Yaml::String(text.clone()),
            Value::List(items) => items.iter().cloned().map(Yaml::String).collect(),
        };
        (Yaml::String((*key).to_owned()), value)
    });
    Yaml::Mapping(pairs.collect())
}
