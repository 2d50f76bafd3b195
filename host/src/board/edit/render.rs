//! Values as YAML, so that readers of YAML 1.1 and 1.2 take them for the same text.

use super::Value;
use crate::yaml::Style;

/// Words that some reader takes for something else than text.
const RESERVED: [&str; 11] = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf",
];

/// A text on one line, quoted if it must be, or as `like` is.
pub(super) fn scalar(text: &str, like: Option<Style>) -> String {
    match like {
        Some(Style::Single) if can_be_single(text) => format!("'{text}'"),
        Some(Style::Single | Style::Double) => double(text),
        Some(Style::Plain | Style::Block) | None if can_be_plain(text) => text.to_owned(),
        Some(Style::Plain | Style::Block) | None => double(text),
    }
}

/// A map on one line.
pub(super) fn flow(entries: &[(&'static str, Value)]) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(key, value)| match value {
            Value::Text(text) => format!("{key}: {}", double(text)),
            Value::List(items) => format!("{key}: {}", list(items)),
        })
        .collect();
    format!("{{{}}}", entries.join(", "))
}

/// A field with a map below it, one line each, without a newline at its end.
pub(super) fn block(
    key: &str,
    entries: &[(&'static str, Value)],
    indent: &str,
    newline: &str,
) -> String {
    let mut lines = vec![format!("{indent}{key}:")];
    for (key, value) in entries {
        match value {
            Value::Text(text) => lines.push(format!("{indent}  {key}: {}", double(text))),
            Value::List(items) if items.is_empty() => lines.push(format!("{indent}  {key}: []")),
            Value::List(items) => {
                lines.push(format!("{indent}  {key}:"));
                let item = |item: &String| format!("{indent}    - {}", scalar(item, None));
                lines.extend(items.iter().map(item));
            }
        }
    }
    lines.join(newline)
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| double(item)).collect();
    format!("[{}]", items.join(", "))
}

fn can_be_plain(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-'))
        && !RESERVED.contains(&text.to_ascii_lowercase().as_str())
}

fn can_be_single(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && !text.contains('\'')
        && !text.chars().any(needs_escape)
}

/// In double quotes, on one line. What JSON would leave as it is and YAML would not is escaped too.
fn double(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if needs_escape(c) => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a character may not stand in a file, or would end a line there.
fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_plain_only_where_everybody_reads_it_as_text() {
        for plain in ["high", "specifications/a-b/c.md", "in_progress"] {
            assert_eq!(scalar(plain, None), plain);
        }
        for quoted in [
            "yes",
            "No",
            "null",
            "2026-01-01",
            "5",
            "a: b",
            "# c",
            "-",
            "",
            " x",
            "é",
        ] {
            assert_eq!(scalar(quoted, None), format!("\"{quoted}\""));
        }
    }

    #[test]
    fn quotes_stay_as_they_were_where_they_can() {
        assert_eq!(scalar("high", Some(Style::Single)), "'high'");
        assert_eq!(scalar("it's", Some(Style::Single)), "\"it's\"");
        assert_eq!(scalar("high", Some(Style::Double)), "\"high\"");
    }

    #[test]
    fn a_hostile_text_stays_on_its_line() {
        assert_eq!(
            scalar("a\nstatus: done\u{85}\u{2028}\u{0}\"\\", None),
            r#""a\nstatus: done\u0085\u2028\u0000\"\\""#
        );
    }
}
