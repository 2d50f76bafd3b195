//! Lines that are mostly JSON, and fields that mostly have the type one expects.
//!
//! Owns the leniency: tools change a field's type between versions, and one odd field must not lose a line. Never keeps
//! a document tree; values that may be of several types are kept as text until someone asks.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
pub use serde_json::value::RawValue;

/// A field that is left as JSON text until its type is known.
pub type Raw<'a> = Option<&'a RawValue>;

/// `line` as text: as it is when it is UTF-8, otherwise with replacement characters. A byte order mark and the carriage
/// return of a Windows line end are dropped.
#[must_use]
pub fn text(line: &[u8]) -> Cow<'_, str> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line)
}

/// An object of which some members matter, each kept as JSON text. Made by [`members!`](crate::members).
pub trait Members<'a>: Default {
    /// Takes a member that is not `null`.
    fn member(&mut self, name: &str, value: &'a RawValue);
}

/// Declares a struct of members that matter: their names in Rust and in JSON.
///
/// A derive would do the same, at several times the size in the component: here all objects share one parser.
#[macro_export]
macro_rules! members {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$about:meta])* $field:ident: $member:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        $vis struct $name<'a> {
            $($(#[$about])* $vis $field: $crate::json::Raw<'a>,)*
        }

        impl<'a> $crate::json::Members<'a> for $name<'a> {
            fn member(&mut self, name: &str, value: &'a $crate::json::RawValue) {
                match name {
                    $($member => self.$field = Some(value),)*
                    _ => {}
                }
            }
        }
    };
}

/// The object that `text` is. None: not JSON, or not an object.
#[must_use]
pub fn parse<'a, T: Members<'a>>(text: &'a str) -> Option<T> {
    let mut object = T::default();
    each_member(text, &mut |name, value| object.member(name, value)).then_some(object)
}

/// The value as an object. None: absent or not an object.
#[must_use]
pub fn object<'a, T: Members<'a>>(raw: Raw<'a>) -> Option<T> {
    raw.and_then(|raw| parse(raw.get()))
}

/// Calls `visit` with each member that is not `null`; false when `text` is not an object.
pub fn each_member<'a>(text: &'a str, visit: &mut dyn FnMut(&str, &'a RawValue)) -> bool {
    let mut parser = serde_json::Deserializer::from_str(text);
    parser.deserialize_map(MembersVisitor { visit }).is_ok() && parser.end().is_ok()
}

/// The elements of a list; none when it is not one.
#[must_use]
pub fn list(raw: Raw<'_>) -> Vec<&RawValue> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

/// The strings of a list.
#[must_use]
pub fn strings(raw: Raw<'_>) -> Vec<String> {
    list(raw)
        .into_iter()
        .filter_map(|raw| string(Some(raw)))
        .collect()
}

/// The value as a string. None: absent or not a string.
#[must_use]
pub fn string(raw: Raw<'_>) -> Option<String> {
    let text = raw?.get();
    if text.starts_with('"') {
        serde_json::from_str(text).ok()
    } else {
        None
    }
}

/// The value as true or false. None: absent or neither.
#[must_use]
pub fn flag(raw: Raw<'_>) -> Option<bool> {
    match raw?.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// The value as a count; a string that holds one and a float without a fraction are counts, too.
#[must_use]
pub fn count(raw: Raw<'_>) -> Option<u64> {
    let text = raw?.get().trim_matches('"');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fits = fraction.bytes().all(|digit| digit == b'0')
        && whole.bytes().all(|digit| digit.is_ascii_digit());
    if fits { whole.parse().ok() } else { None }
}

/// Keeps what matters of each member.
struct MembersVisitor<'v, 'a> {
    visit: &'v mut dyn FnMut(&str, &'a RawValue),
}

impl<'a> Visitor<'a> for MembersVisitor<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((Name(name), value)) = map.next_entry::<Name<'a>, &'a RawValue>()? {
            if value.get() != "null" {
                (self.visit)(&name, value);
            }
        }
        Ok(())
    }
}

/// A member's name, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// An object of string fields, as JSON text.
#[must_use]
pub fn object_of(fields: &[(&str, &str)]) -> String {
    let mut json = String::from("{");
    for (index, (key, value)) in fields.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        quote(key, &mut json);
        json.push(':');
        quote(value, &mut json);
    }
    json.push('}');
    json
}

/// Appends `text` to `json` as a JSON string.
pub fn quote(text: &str, json: &mut String) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            control if control < ' ' => json.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => json.push(other),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    members! {
        /// Two members.
        struct Pair { kind: "type", count: "n", }
    }

    #[test]
    fn members_keep_their_text_and_others_are_skipped() {
        let pair: Pair<'_> =
            parse(r#" {"x":[1,{"type":2}],"t\u0079pe":"a","n":null,"n":7 } "#).expect("an object");
        assert_eq!(string(pair.kind).as_deref(), Some("a"));
        assert_eq!(count(pair.count), Some(7));
        for text in ["", "[1]", "3", "{\"type\":1", "{} {}", "{\"a\":1,}"] {
            assert!(parse::<Pair<'_>>(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_value_of_another_type_is_not_told() {
        for (json, expected) in [
            ("7", Some(7)),
            ("7.0", Some(7)),
            ("7.5", None),
            ("-1", None),
            ("1e300", None),
            ("\"12\"", Some(12)),
            ("\"\"", None),
            ("true", None),
            ("[1,[2]]", None),
            ("99999999999999999999999", None),
        ] {
            let raw: &RawValue = serde_json::from_str(json).expect(json);
            assert_eq!(count(Some(raw)), expected, "{json}");
            assert_eq!(flag(Some(raw)), (json == "true").then_some(true));
            assert_eq!(
                list(Some(raw)).len(),
                if json.starts_with('[') { 2 } else { 0 }
            );
        }
    }

    #[test]
    fn objects_are_escaped() {
        let json = object_of(&[("k\"", "a\\b\u{1}\n"), ("é", "\u{2028}")]);
        let back: std::collections::BTreeMap<String, String> =
            serde_json::from_str(&json).expect("JSON");
        assert_eq!(back["k\""], "a\\b\u{1}\n");
        assert_eq!(back["é"], "\u{2028}");
    }

    #[test]
    fn line_ends_and_marks_of_other_systems_are_dropped() {
        assert_eq!(text(b"\xef\xbb\xbf{}\r"), "{}");
        assert_eq!(text(b"a\xffb"), "a\u{fffd}b");
    }
}
