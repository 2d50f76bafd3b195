//! Lines that are mostly JSON, and fields that mostly have the type one expects.
//!
//! Owns the leniency: tools change a field's type between versions, and one odd field must not lose a line. Never keeps
//! a document tree; values that may be of several types are kept as text until someone asks.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

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

/// The value as `T`. None: absent, `null`, or of another type.
#[must_use]
pub fn read<'a, T: Deserialize<'a>>(raw: Raw<'a>) -> Option<T> {
    raw.filter(|raw| raw.get() != "null").and_then(|raw| serde_json::from_str(raw.get()).ok())
}

/// The value as a string. None: absent or not a string.
#[must_use]
pub fn string(raw: Raw<'_>) -> Option<String> {
    read(raw)
}

/// An object of string fields, as JSON text.
#[must_use]
pub fn object(fields: &[(&str, &str)]) -> String {
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

/// A count that tolerates `null`, floats without a fraction, and anything else (which counts as not told).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count(pub Option<u64>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = Count;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a count")
    }

    fn visit_u64<E: de::Error>(self, count: u64) -> Result<Count, E> {
        Ok(Count(Some(count)))
    }

    fn visit_i64<E: de::Error>(self, count: i64) -> Result<Count, E> {
        Ok(Count(u64::try_from(count).ok()))
    }

    fn visit_f64<E: de::Error>(self, count: f64) -> Result<Count, E> {
        // 2^53: beyond it a float no longer names one whole number.
        let whole = count.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&count);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked on the line above")]
        Ok(Count(whole.then_some(count as u64)))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Count, E> {
        Ok(Count(None))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Count, E> {
        Ok(Count(text.trim().parse().ok()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Count, E> {
        Ok(Count(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Count, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Count(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Count, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Count(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_never_costs_the_line() {
        for (json, count) in [
            ("7", Some(7)),
            ("7.0", Some(7)),
            ("7.5", None),
            ("-1", None),
            ("1e300", None),
            ("null", None),
            ("\"12\"", Some(12)),
            ("true", None),
            ("[1,[2]]", None),
            ("{\"a\":{}}", None),
        ] {
            assert_eq!(serde_json::from_str::<Count>(json).expect(json), Count(count), "{json}");
        }
    }

    #[test]
    fn objects_are_escaped() {
        let json = object(&[("k\"", "a\\b\u{1}\n"), ("é", "\u{2028}")]);
        let back: std::collections::BTreeMap<String, String> = serde_json::from_str(&json).expect("JSON");
        assert_eq!(back["k\""], "a\\b\u{1}\n");
        assert_eq!(back["é"], "\u{2028}");
    }

    #[test]
    fn line_ends_and_marks_of_other_systems_are_dropped() {
        assert_eq!(text(b"\xef\xbb\xbf{}\r"), "{}");
        assert_eq!(text(b"a\xffb"), "a\u{fffd}b");
    }
}
