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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) at: Position,
    pub(crate) content: Content,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A single value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    /// Neither quoted nor a block: it may mean something other than its text.
    pub(crate) plain: bool,
}

/// A key of a map, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    /// The same value as JSON text, with the digits of numbers as they were written: a number may
    /// be money, and must not pass through a float.
    pub(crate) fn to_json_text(&self) -> String {
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
    pub(crate) fn locate(&self, path: &str) -> Position {
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

    #[test]
    fn json_text_keeps_the_digits_of_numbers() {
        let text = "a: [0.10, 1e-3, +1, 0x10, .5, 12345678901234567890.123]\n'b \"': { c: , d: yes, e: true }\n";
        let node = crate::settings::yaml::parse(text).root.unwrap();
        assert_eq!(
            node.to_json_text(),
            r#"{"a":[0.10,1e-3,"+1","0x10",".5",12345678901234567890.123],"b \"":{"c":null,"d":"yes","e":true}}"#
        );
    }

    #[test]
    fn paths_lead_to_places_as_far_as_they_go() {
        let text = "limits:\n  - usd: 1\n  - gpt-6.1: [x, y]\n    gpt-6: z\nplain: 5\n";
        let node = crate::settings::yaml::parse(text).root.unwrap();
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
