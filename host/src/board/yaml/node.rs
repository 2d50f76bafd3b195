//! The tree: single values, lists, and maps, with where each begins and ends.
//!
//! Single values keep their text as written; what a plain one means follows YAML 1.2's core schema.

use serde_json::Value;

/// A place in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::board) struct Mark {
    /// From 1.
    pub(in crate::board) line: u32,
    /// In characters, from 0.
    pub(in crate::board) column: u32,
    /// In characters from the beginning of the text, from 0.
    pub(in crate::board) index: usize,
}

/// How a single value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::board) enum Style {
    Plain,
    Single,
    Double,
    /// `|` or `>`; its place is that of its content, not of its header.
    Block,
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(in crate::board) struct Node {
    pub(in crate::board) at: Mark,
    /// Where it ends, as an index in characters. The parser counts a comment behind a quoted value
    /// as part of it, and blank lines behind a block.
    pub(in crate::board) end: usize,
    /// Written out where it stands: neither an alias, nor with an anchor or a tag.
    pub(in crate::board) bare: bool,
    pub(in crate::board) content: Content,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub(in crate::board) enum Content {
    Scalar { text: String, style: Style },
    List(Vec<Node>),
    Map { entries: Vec<Entry>, braces: bool },
}

/// A key of a map, and its value.
#[derive(Debug, Clone)]
pub(in crate::board) struct Entry {
    pub(in crate::board) key: String,
    pub(in crate::board) key_at: Mark,
    /// Where the key ends, as an index in characters.
    pub(in crate::board) key_end: usize,
    pub(in crate::board) value: Node,
}

impl Node {
    /// The entry of `key`, whatever its value.
    pub(in crate::board) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The value of `key`, unless it is missing or null.
    pub(in crate::board) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key)
            .map(|entry| &entry.value)
            .filter(|value| !value.is_null())
    }

    /// The entries of a map; none for anything else.
    pub(in crate::board) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map { entries, .. } => entries,
            Content::Scalar { .. } | Content::List(_) => &[],
        }
    }

    /// The items of a list; `None` for anything else.
    pub(in crate::board) fn items(&self) -> Option<&[Self]> {
        match &self.content {
            Content::List(items) => Some(items),
            Content::Scalar { .. } | Content::Map { .. } => None,
        }
    }

    /// Whether it is a map.
    pub(in crate::board) fn is_map(&self) -> bool {
        matches!(self.content, Content::Map { .. })
    }

    /// The text of a single value as it is written; `None` for null, lists, and maps.
    pub(in crate::board) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } if !self.is_null() => Some(text),
            Content::Scalar { .. } | Content::List(_) | Content::Map { .. } => None,
        }
    }

    /// Whether there is nothing.
    pub(in crate::board) fn is_null(&self) -> bool {
        matches!(
            &self.content,
            Content::Scalar { text, style: Style::Plain }
                if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
        )
    }

    /// What it is, for sentences.
    pub(in crate::board) fn describe(&self) -> &'static str {
        match &self.content {
            Content::List(_) => "a list",
            Content::Map { .. } => "a map",
            Content::Scalar { .. } if self.is_null() => "nothing",
            Content::Scalar { .. } => "a single value",
        }
    }

    /// The same value as JSON; what JSON lacks (`.inf`, `0x10`, dates) is text.
    pub(in crate::board) fn to_json(&self) -> Value {
        match &self.content {
            Content::List(items) => items.iter().map(Self::to_json).collect(),
            Content::Map { entries, .. } => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Content::Scalar { .. } if self.is_null() => Value::Null,
            Content::Scalar { text, style } => match text.as_str() {
                "true" | "True" | "TRUE" if *style == Style::Plain => Value::Bool(true),
                "false" | "False" | "FALSE" if *style == Style::Plain => Value::Bool(false),
                plain if *style == Style::Plain => {
                    serde_json::from_str::<serde_json::Number>(plain)
                        .map_or_else(|_| plain.into(), Value::Number)
                }
                quoted => quoted.into(),
            },
        }
    }
}
