//! A place in a JSON document, and how to get there without reading the rest.
//!
//! Owns the notation `key.key[0].key`. Never builds a document tree: the values on the way are skipped as text, so memory
//! stays the size of the document.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The steps to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Place(usize),
}

impl Path {
    /// None: an empty key, a bracket that is not a place, or nothing at all.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for (number, part) in text.split('.').enumerate() {
            let (key, mut places) = part.split_at(part.find('[').unwrap_or(part.len()));
            // A document that is a list is entered by a place without a key.
            let enters_list = number == 0 && !places.is_empty();
            match key {
                "" if !enters_list => return None,
                "" => {}
                key => steps.push(Step::Key(key.to_owned())),
            }
            while !places.is_empty() {
                let end = places.find(']')?;
                steps.push(Step::Place(
                    places.strip_prefix('[')?[..end - 1].parse().ok()?,
                ));
                places = &places[end + 1..];
            }
        }
        Some(Self { steps })
    }

    /// The value at this place of `document`; None: nothing is there, or `null`.
    pub(crate) fn find<'a>(&self, document: &'a RawValue) -> Option<&'a RawValue> {
        let end = self.steps.iter().try_fold(document, |value, step| {
            serde_json::Deserializer::from_str(value.get())
                .deserialize_any(step)
                .ok()
                .flatten()
        });
        end.filter(|value| value.get() != "null")
    }
}

/// A step is the visitor that takes it: it keeps one value and skips the others.
impl<'de> Visitor<'de> for &Step {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Step::Key(wanted) = self else {
            return skip(map);
        };
        let mut found = None;
        while let Some(Key(key)) = map.next_key()? {
            if key == wanted.as_str() {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let mut place = 0;
        while let Some(value) = seq.next_element::<&RawValue>()? {
            if *self == Step::Place(place) {
                found = Some(value);
            }
            place += 1;
        }
        Ok(found)
    }
}

#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

fn skip<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<&'de RawValue>, A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, json: &str) -> Option<String> {
        let document: &RawValue = serde_json::from_str(json).expect(json);
        Path::parse(path)
            .expect(path)
            .find(document)
            .map(|value| value.get().to_owned())
    }

    #[test]
    fn values_are_found() {
        let json = r#"{"a":{"b":[10,{"c":"x"},[1,2]]},"k\u00e9y":true,"n":null}"#;
        assert_eq!(at("a.b[0]", json).as_deref(), Some("10"));
        assert_eq!(at("a.b[1].c", json).as_deref(), Some("\"x\""));
        assert_eq!(at("a.b[2][1]", json).as_deref(), Some("2"));
        assert_eq!(at("kéy", json).as_deref(), Some("true"));
        assert_eq!(at("[1].x", r#"[0,{"x":5}]"#).as_deref(), Some("5"));
        for nothing in ["n", "z", "a.b[9]", "a.b.c", "a[0]", "a.b[0].c"] {
            assert_eq!(at(nothing, json), None, "{nothing}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a]0[", "a.[0]", "a[0]b",
        ] {
            assert_eq!(Path::parse(text), None, "{text}");
        }
    }
}
