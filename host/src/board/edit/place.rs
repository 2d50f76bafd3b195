//! Where in a text a field stands, and where one that is missing could stand.
//!
//! The parser counts in characters and counts comments behind quotes as part of a value, so ends are
//! found here, in bytes.

use crate::yaml::{Entry, Node, Style};

use super::super::yaml::Fault;
use super::{Change, fault};

/// The bytes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    start: usize,
    end: usize,
    /// What must stand before the value: a space behind the colon of an empty field.
    before: &'static str,
    /// How it is written; `None` when there is nothing.
    pub(super) style: Option<Style>,
}

impl Span {
    pub(super) fn replaced(&self, text: &str, value: &str) -> String {
        let (head, tail) = (&text[..self.start], &text[self.end..]);
        format!("{head}{}{value}{tail}", self.before)
    }
}

/// How the lines of a text end.
pub(super) fn newline(text: &str) -> &'static str {
    match text.find(['\n', '\r']) {
        Some(at) if text[at..].starts_with("\r\n") => "\r\n",
        Some(at) if text[at..].starts_with('\r') => "\r",
        _ => "\n",
    }
}

/// What stands before the first key on its line.
pub(super) fn indent(text: &str, root: &Node) -> String {
    let first = root
        .entries()
        .first()
        .map_or(0, |entry| byte(text, entry.key_span.start));
    let line = line_start(text, first);
    let before = &text[line..first];
    if before.chars().all(|c| c == ' ') {
        before.to_owned()
    } else {
        String::new()
    }
}

/// The bytes of the value of a field, if it is a single one.
pub(super) fn value_span(text: &str, entry: &Entry) -> Result<Span, Fault> {
    let key = &entry.key;
    let by_hand = |what: &str| {
        let message = format!("`{key}` {what}");
        Err(fault(entry.key_at.line, &message, "change it in an editor"))
    };
    if !entry.value.bare {
        return by_hand("has an anchor, an alias, or a tag");
    }
    let Some(value) = entry.value.scalar() else {
        return by_hand(&format!(
            "is {}, not a single value",
            entry.value.describe()
        ));
    };
    let start = byte(text, entry.value.span.start);
    let span = match value.style {
        Style::Plain if value.text.is_empty() => empty(text, entry),
        Style::Plain => plain_end(text, start, entry).map(|end| (start, end, "")),
        Style::Single | Style::Double => quoted_end(text, start).map(|end| (start, end, "")),
        Style::Block => block(text, entry),
    };
    let Some((start, end, before)) = span else {
        return by_hand("is written in a way that is not understood");
    };
    Ok(Span {
        start,
        end,
        before,
        style: (!value.text.is_empty()).then_some(value.style),
    })
}

/// The text with `lines` at the places where a missing field fits, the best first.
pub(super) fn insertions(text: &str, root: &Node, change: &Change, lines: &str) -> Vec<String> {
    let newline = newline(text);
    let siblings = match change.key() {
        "feature" => &["specification", "priority", "status", "id"][..],
        "priority" | "specification" | "agent" => &["priority", "status", "agent", "id"][..],
        _ => &["status", "id", "task_id"][..],
    };
    let behind = siblings.iter().filter_map(|key| {
        let at = line_behind(text, root.entry(key)?)?;
        Some(inserted(text, at, lines, newline))
    });
    let at_end = inserted(text, text.len(), lines, newline);
    let is_small = matches!(
        change.key(),
        "feature" | "priority" | "specification" | "agent"
    );
    if is_small {
        behind.chain([at_end]).collect()
    } else {
        [at_end].into_iter().chain(behind).collect()
    }
}

/// `lines` as lines of their own at `at`. A text without a newline at its end keeps none.
fn inserted(text: &str, at: usize, lines: &str, newline: &str) -> String {
    let (head, tail) = text.split_at(at);
    if head.is_empty() || head.ends_with(['\n', '\r']) {
        format!("{head}{lines}{newline}{tail}")
    } else {
        format!("{head}{newline}{lines}{tail}")
    }
}

/// Where the line behind a field begins, if the field is one line.
fn line_behind(text: &str, entry: &Entry) -> Option<usize> {
    let span = value_span(text, entry).ok()?;
    if span.style? == Style::Block {
        return None;
    }
    let rest = &text[span.end..];
    Some(match rest.find(['\n', '\r']) {
        Some(at) if rest[at..].starts_with("\r\n") => span.end + at + 2,
        Some(at) => span.end + at + 1,
        None => text.len(),
    })
}

/// Behind the colon of a field without a value.
fn empty(text: &str, entry: &Entry) -> Option<(usize, usize, &'static str)> {
    let colon = colon(text, entry)?;
    Some((colon + 1, colon + 1, " "))
}

/// The colon behind a key.
fn colon(text: &str, entry: &Entry) -> Option<usize> {
    let start = byte(text, entry.key_span.start);
    let end = match text[start..].chars().next()? {
        '\'' | '"' => quoted_end(text, start)?,
        _ => byte(text, entry.key_span.end),
    };
    let rest = &text[end..];
    let skipped = rest.len() - rest.trim_start_matches(' ').len();
    rest[skipped..].starts_with(':').then_some(end + skipped)
}

fn plain_end(text: &str, start: usize, entry: &Entry) -> Option<usize> {
    let end = byte(text, entry.value.span.end);
    let written = text.get(start..end)?.trim_end();
    // A comment would mean that the parser counted more than the value.
    (!written.contains(" #") && !written.is_empty()).then(|| start + written.len())
}

/// Behind the closing quote of what begins with a quote at `start`.
fn quoted_end(text: &str, start: usize) -> Option<usize> {
    let quote = text[start..]
        .chars()
        .next()
        .filter(|c| matches!(c, '\'' | '"'))?;
    let mut chars = text[start + 1..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if quote == '"' => {
                chars.next();
            }
            '\'' if quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
            }
            c if c == quote => return Some(start + 1 + at + 1),
            _ => {}
        }
    }
    None
}

/// From `|` or `>` to the end of the last line of the block, without the newline. A header with a
/// comment is not understood: the comment would be lost.
fn block(text: &str, entry: &Entry) -> Option<(usize, usize, &'static str)> {
    let colon = colon(text, entry)?;
    let rest = &text[colon + 1..];
    let start = colon + 1 + (rest.len() - rest.trim_start_matches(' ').len());
    let header_end = start + text[start..].find(['\n', '\r'])?;
    let header = text[start..header_end].trim_end();
    let is_header = header.starts_with(['|', '>'])
        && header[1..]
            .chars()
            .all(|c| matches!(c, '+' | '-' | '1'..='9'));
    let end = byte(text, entry.value.span.end);
    let written = text.get(start..end)?.trim_end();
    is_header.then(|| (start, start + written.len(), ""))
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at]
        .rfind(['\n', '\r'])
        .map_or(0, |newline| newline + 1)
}

/// The byte where the character of this index begins.
fn byte(text: &str, index: usize) -> usize {
    if text.is_ascii() {
        return index.min(text.len());
    }
    text.char_indices()
        .nth(index)
        .map_or(text.len(), |(at, _)| at)
}
