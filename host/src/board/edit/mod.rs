//! Changes to single fields of a task's file, with everything else left as it is.
//!
//! A change is made in the text, where a parse says it belongs, so comments, blank lines, quotes, and
//! order stay. Then two parsers that share no code must agree that exactly this field changed; else
//! the change is refused. Pure: from text to text.

mod check;
mod place;
mod render;
#[cfg(test)]
mod tests;

use super::task::BOUNDS;
use super::yaml::{Fault, parse};
use crate::yaml::Node;

/// One field, and what is to stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// A single text.
    Text(&'static str, String),
    /// Nothing, where something stands now; a field that is not there stays away.
    Null(&'static str),
    /// A map, where there is nothing yet.
    Map(&'static str, Vec<(&'static str, Value)>),
}

/// A value within a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    List(Vec<String>),
}

impl Change {
    pub(super) fn key(&self) -> &'static str {
        match self {
            Self::Text(key, _) | Self::Null(key) | Self::Map(key, _) => key,
        }
    }
}

/// The text with all changes made.
pub(super) fn edit(text: &str, changes: &[Change]) -> Result<String, Fault> {
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let mut body = body.to_owned();
    for change in changes {
        body = one(&body, change)?;
    }
    Ok(format!("{mark}{body}"))
}

fn one(text: &str, change: &Change) -> Result<String, Fault> {
    let root = match parse(text, BOUNDS)? {
        Some(root) if root.is_map() && !root.flow => root,
        _ => {
            return Err(fault(
                1,
                "The file is not written as one field a line",
                "write `key: value` lines without braces around them",
            ));
        }
    };
    let candidates = candidates(text, &root, change)?;
    candidates
        .into_iter()
        .find(|candidate| check::is_only(text, candidate, change))
        .ok_or_else(|| {
            let key = change.key();
            let line = root.entry(key).map_or(1, |entry| entry.key_at.line);
            fault(
                line,
                &format!("`{key}` cannot be changed without changing something else"),
                "change it in an editor",
            )
        })
}

/// Where the change could be made, the most fitting place first.
fn candidates(text: &str, root: &Node, change: &Change) -> Result<Vec<String>, Fault> {
    let (key, newline) = (change.key(), place::newline(text));
    let Some(entry) = root.entry(key) else {
        let indent = place::indent(text, root);
        let lines = match change {
            Change::Text(_, value) => format!("{indent}{key}: {}", render::scalar(value, None)),
            Change::Map(_, entries) => render::block(key, entries, &indent, newline),
            // What is not there is nothing already.
            Change::Null(_) => return Ok(vec![text.to_owned()]),
        };
        return Ok(place::insertions(text, root, change, &lines));
    };
    if matches!(change, Change::Map(..)) && !entry.value.is_null() {
        return Err(fault(
            entry.key_at.line,
            &format!("There is a `{key}` already"),
            "remove it first, or leave it as it is",
        ));
    }
    let span = place::value_span(text, entry)?;
    let value = match change {
        Change::Text(_, value) => render::scalar(value, span.style),
        Change::Null(_) => "null".to_owned(),
        Change::Map(_, entries) => render::flow(entries),
    };
    Ok(vec![span.replaced(text, &value)])
}

fn fault(line: u32, message: &str, fix: &str) -> Fault {
    Fault {
        line,
        message: message.to_owned(),
        fix: fix.to_owned(),
    }
}
