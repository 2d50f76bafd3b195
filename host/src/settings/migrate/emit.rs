//! A tree as YAML text. Plain scalars keep their very text, so no number changes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::settings::yaml::{Content, Node, Scalar};

/// Remarks to put above entries, by path such as `tools.claude`.
pub(super) type Remarks = BTreeMap<String, Vec<String>>;

/// The map `node` as block YAML.
pub(super) fn emit(node: &Node, remarks: &Remarks) -> String {
    let mut text = String::new();
    emit_map(node, 0, "", remarks, &mut text);
    text
}

// Writing to a String cannot fail, hence the ignored results below.

fn emit_map(node: &Node, depth: usize, path: &str, remarks: &Remarks, out: &mut String) {
    let indent = "  ".repeat(depth);
    for entry in node.entries() {
        let path = if path.is_empty() {
            entry.key.clone()
        } else {
            format!("{path}.{}", entry.key)
        };
        for remark in remarks.get(&path).into_iter().flatten() {
            let _ = writeln!(out, "{indent}# {remark}");
        }
        let _ = write!(out, "{indent}{}:", quoted(&entry.key));
        match &entry.value.content {
            Content::Map(entries) if !entries.is_empty() => {
                out.push('\n');
                emit_map(&entry.value, depth + 1, &path, remarks, out);
            }
            _ => {
                let _ = writeln!(out, " {}", inline(&entry.value));
            }
        }
    }
}

/// A value on one line.
fn inline(node: &Node) -> String {
    match &node.content {
        Content::Scalar(scalar) => scalar_text(scalar),
        Content::List(items) => {
            format!(
                "[{}]",
                items.iter().map(inline).collect::<Vec<_>>().join(", ")
            )
        }
        Content::Map(entries) if entries.is_empty() => "{}".to_owned(),
        Content::Map(entries) => {
            let pairs = entries
                .iter()
                .map(|e| format!("{}: {}", quoted(&e.key), inline(&e.value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

fn scalar_text(scalar: &Scalar) -> String {
    match scalar.is_text() {
        true => quoted(&scalar.text),
        false if scalar.is_null() => "null".to_owned(),
        false => scalar.text.clone(),
    }
}

/// Text as a plain scalar where that is surely safe, else in double quotes.
fn quoted(text: &str) -> String {
    let is_safe = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'))
        && Scalar::plain(text).is_text();
    // A JSON string is also a YAML string.
    if is_safe {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
