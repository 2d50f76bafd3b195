//! The tree: scalars, lists and maps, with where each stands.
//!
//! Scalars keep their text as written. What a plain scalar *is* (null, a truth value, a number)
//! follows YAML 1.2's core schema, <https://yaml.org/spec/1.2.2/#1032-tag-resolution>.

use serde_json::Value;

/// A place in a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// From 1; 0 for the whole file.
    pub(crate) line: u32,
    /// In characters, from 1; 0 for the whole file.
    pub(crate) column: u32,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: Position,
    pub(crate) content: Content,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A single value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    /// Neither quoted nor a block: it may mean something other than its text.
    pub(crate) plain: bool,
}

/// A key of a map, and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_at: Position,
    pub(crate) value: Node,
}

impl Node {
    /// The value of `key`, unless it is missing or null.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
            .filter(|value| !value.is_null())
    }

    /// The entries of a map; none for anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            Content::Scalar(_) | Content::List(_) => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.content {
            Content::List(items) => items,
            Content::Scalar(_) | Content::Map(_) => &[],
        }
    }

    /// The scalar, if it is one.
    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The text of a scalar that means its text.
    pub(crate) fn text(&self) -> Option<&str> {
        self.scalar()
            .filter(|s| s.is_text())
            .map(|s| s.text.as_str())
    }

    /// Whether there is nothing.
    pub(crate) fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }

    /// What it is, for messages: `a list`, `the number 5`.
    pub(crate) fn describe(&self) -> String {
        match &self.content {
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a map".to_owned(),
            Content::Scalar(s) if s.is_null() => "nothing".to_owned(),
            Content::Scalar(s) if s.truth().is_some() => format!("the truth value {}", s.text),
            Content::Scalar(s) if s.is_number() => {
                format!("the number {}", super::super::diagnostic::excerpt(&s.text))
            }
            Content::Scalar(s) => {
                format!("the text '{}'", super::super::diagnostic::excerpt(&s.text))
            }
        }
    }

    /// The same value as JSON; numbers that JSON lacks (`.inf`, `0x10`) become text.
    pub(crate) fn to_json(&self) -> Value {
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
}

impl Scalar {
    /// Whether it means nothing.
    pub(crate) fn is_null(&self) -> bool {
        self.plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// The truth value it means.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self.text.as_str() {
            "true" | "True" | "TRUE" if self.plain => Some(true),
            "false" | "False" | "FALSE" if self.plain => Some(false),
            _ => None,
        }
    }

    /// Whether it means a number.
    pub(crate) fn is_number(&self) -> bool {
        self.plain && is_core_number(&self.text)
    }

    /// Whether it means its own text.
    pub(crate) fn is_text(&self) -> bool {
        !self.is_null() && self.truth().is_none() && !self.is_number()
    }
}

fn is_core_number(text: &str) -> bool {
    if let Some(octal) = text.strip_prefix("0o") {
        return !octal.is_empty() && octal.bytes().all(|b| matches!(b, b'0'..=b'7'));
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            exponent.strip_prefix(['-', '+']).unwrap_or(exponent),
        ),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && digits(exponent)
        && !exponent.is_empty()
        && !(whole.is_empty() && fraction.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        let plain = |text: &str| Scalar {
            text: text.to_owned(),
            plain: true,
        };
        for number in [
            "0", "-1", "+1.5", ".5", "5.", "1e-6", "0x1F", "0o17", ".inf", "-.INF", ".nan",
        ] {
            assert!(plain(number).is_number(), "{number}");
        }
        for text in [
            "",
            ".",
            "-",
            "1.2.3",
            "2026-01-01",
            "1_000",
            "0x",
            "yes",
            "on",
            "gpt-5",
            "1e",
            "e5",
        ] {
            assert!(!plain(text).is_number(), "{text}");
        }
        assert!(plain("~").is_null());
        assert_eq!(plain("True").truth(), Some(true));
        assert!(plain("yes").is_text());
        let quoted = Scalar {
            text: "5".to_owned(),
            plain: false,
        };
        assert!(quoted.is_text());
    }
}
