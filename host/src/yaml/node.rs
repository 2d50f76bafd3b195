//! The tree: single values, lists, and maps, with where each stands.

use std::ops::Range;

use serde_json::Value;

use crate::model::excerpt;

use super::scalar::Scalar;

/// A place in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1; 0 for the whole file.
    pub line: u32,
    /// In characters, from 1; 0 for the whole file.
    pub column: u32,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it begins.
    pub at: Position,
    /// From where to where it stands, in characters from the beginning of the text; empty for one
    /// that was never written. The parser counts a comment behind a quoted value as part of it, and
    /// blank lines behind a block; a block begins with its content, not with its header.
    pub span: Range<usize>,
    /// Written out where it stands: neither an alias, nor with an anchor or a tag.
    pub bare: bool,
    /// A list or a map between brackets or braces.
    pub flow: bool,
    /// What it holds.
    pub content: Content,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A single value.
    Scalar(Scalar),
    /// Values in order.
    List(Vec<Node>),
    /// Values by name, in the order in which they are written.
    Map(Vec<Entry>),
}

/// A key of a map, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where it begins.
    pub key_at: Position,
    /// From where to where it stands, in characters.
    pub key_span: Range<usize>,
    /// Its value.
    pub value: Node,
}

impl Entry {
    /// An entry that was never written: its key stands where its value does.
    #[must_use]
    pub fn new(key: &str, value: Node) -> Self {
        Self {
            key: key.to_owned(),
            key_at: value.at,
            key_span: 0..0,
            value,
        }
    }
}

impl Node {
    /// A node that was never written, as if it stood at `at`.
    #[must_use]
    pub fn new(at: Position, content: Content) -> Self {
        Self {
            at,
            span: 0..0,
            bare: true,
            flow: false,
            content,
        }
    }

    /// The entry of `key`, whatever its value.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value of `key`, unless it is missing or null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key)
            .map(|entry| &entry.value)
            .filter(|value| !value.is_null())
    }

    /// The entries of a map; none for anything else.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            Content::Scalar(_) | Content::List(_) => &[],
        }
    }

    /// The items of a list; none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        self.list().unwrap_or_default()
    }

    /// The items of a list, if it is one.
    #[must_use]
    pub fn list(&self) -> Option<&[Self]> {
        match &self.content {
            Content::List(items) => Some(items),
            Content::Scalar(_) | Content::Map(_) => None,
        }
    }

    /// Whether it is a map.
    #[must_use]
    pub fn is_map(&self) -> bool {
        matches!(self.content, Content::Map(_))
    }

    /// The scalar, if it is one.
    #[must_use]
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The text of a scalar as it is written, whatever it means; `None` for nothing, lists, and
    /// maps.
    #[must_use]
    pub fn written(&self) -> Option<&str> {
        self.scalar()
            .filter(|s| !s.is_null())
            .map(|s| s.text.as_str())
    }

    /// The text of a scalar that means its text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.scalar()
            .filter(|s| s.is_text())
            .map(|s| s.text.as_str())
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }

    /// What it is, for messages: `a list`, `the number 5`.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.content {
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a map".to_owned(),
            Content::Scalar(s) if s.is_null() => "nothing".to_owned(),
            Content::Scalar(s) if s.truth().is_some() => format!("the truth value {}", s.text),
            Content::Scalar(s) if s.is_number() => {
                format!("the number {}", excerpt(&s.text))
            }
            Content::Scalar(s) => {
                format!("the text '{}'", excerpt(&s.text))
            }
        }
    }

    /// The same value as JSON; numbers that JSON lacks (`.inf`, `0x10`) become text.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::List(items) => items.iter().map(Self::to_json).collect(),
            Content::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Content::Scalar(s) if s.is_null() => Value::Null,
            Content::Scalar(s) => match s.truth() {
                Some(truth) => Value::Bool(truth),
                None if s.is_number() => {
                    serde_json::from_str(&s.text).unwrap_or_else(|_| s.text.clone().into())
                }
                None => s.text.clone().into(),
            },
        }
    }

    /// The same value as JSON text, with the digits of numbers as they were written: a number may
    /// be money, and must not pass through a float.
    #[must_use]
    pub fn to_json_text(&self) -> String {
        let joined = |parts: Vec<String>| parts.join(",");
        match &self.content {
            Content::List(items) => {
                format!(
                    "[{}]",
                    joined(items.iter().map(Self::to_json_text).collect())
                )
            }
            Content::Map(entries) => {
                let entry = |e: &Entry| {
                    let key = Value::from(e.key.as_str());
                    format!("{key}:{}", e.value.to_json_text())
                };
                format!("{{{}}}", joined(entries.iter().map(entry).collect()))
            }
            Content::Scalar(s) if s.is_number() && is_json_number(&s.text) => s.text.clone(),
            Content::Scalar(_) => self.to_json().to_string(),
        }
    }

    /// The place of what `path` names inside this value, such as `limits[2].usd`; as far as it
    /// leads, if it does not lead to the end.
    #[must_use]
    pub fn locate(&self, path: &str) -> Position {
        let (mut node, mut rest) = (self, path);
        loop {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let next = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((index, after)) => index
                    .parse()
                    .ok()
                    .and_then(|index: usize| Some((node.items().get(index)?, after))),
                None => node.step(rest),
            };
            match next {
                Some((deeper, after)) => (node, rest) = (deeper, after),
                None => return node.at,
            }
        }
    }

    /// The entry that `path` begins with. Keys may hold dots, so the longest that fits is it.
    fn step<'p>(&self, path: &'p str) -> Option<(&Self, &'p str)> {
        let fits = |entry: &&Entry| {
            let after = path.strip_prefix(entry.key.as_str());
            after.is_some_and(|after| after.is_empty() || after.starts_with(['.', '[']))
        };
        let longest = (self.entries().iter().filter(fits)).max_by_key(|entry| entry.key.len())?;
        Some((&longest.value, &path[longest.key.len()..]))
    }
}

fn is_json_number(text: &str) -> bool {
    serde_json::from_str::<serde_json::Number>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::{Bounds, parse};

    const BOUNDS: Bounds = Bounds {
        depth: 8,
        values: 100,
        is_strict: true,
    };

    #[test]
    fn json_text_keeps_the_digits_of_numbers() {
        let text = "a: [0.10, 1e-3, +1, 0x10, .5, 12345678901234567890.123]\n'b \"': { c: , d: yes, e: true }\n";
        let node = parse(text, BOUNDS).root.unwrap();
        assert_eq!(
            node.to_json_text(),
            r#"{"a":[0.10,1e-3,"+1","0x10",".5",12345678901234567890.123],"b \"":{"c":null,"d":"yes","e":true}}"#
        );
    }

    #[test]
    fn paths_lead_to_places_as_far_as_they_go() {
        let text = "limits:\n  - usd: 1\n  - gpt-6.1: [x, y]\n    gpt-6: z\nplain: 5\n";
        let node = parse(text, BOUNDS).root.unwrap();
        for (path, place) in [
            ("", (1, 1)),
            ("limits[0].usd", (2, 10)),
            ("limits[1].gpt-6.1[1]", (3, 18)),
            ("limits[1].gpt-6", (4, 12)),
            ("limits[1].nothing", (3, 5)),
            ("limits[7].usd", (2, 3)),
            ("limits[x]", (2, 3)),
            ("plain.deeper", (5, 8)),
            ("plai", (1, 1)),
        ] {
            let at = node.locate(path);
            assert_eq!((at.line, at.column), place, "{path}");
        }
    }
}
