//! From YAML text to a tree, with bounds on everything that could be made to grow.
//!
//! One document per file. Anchors and aliases work; what they expand to counts against the same
//! bound as what is written out. Never reads a file, and knows no field.

use saphyr_parser::{Event, Marker, Parser};

use super::builder::Builder;
use super::node::{Node, Position};
use crate::model::excerpt;

/// How much of a text is taken in, and how strictly.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Levels of lists and maps.
    pub depth: usize,
    /// Values in all, with aliases expanded.
    pub values: usize,
    /// Refuse tags other than `!!str`, which would change what a value means, and merge keys
    /// (`<<`), which are not part of YAML 1.2. Otherwise tags change nothing, and `<<` is a key.
    pub is_strict: bool,
}

/// What is wrong with the text, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub at: Position,
    /// A sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// A file's tree and its problems.
#[derive(Debug, Default)]
pub struct Parsed {
    /// `None` when the file is empty, or so broken that no tree could be made.
    pub root: Option<Node>,
    /// In the order in which they stand.
    pub problems: Vec<Problem>,
}

impl Parsed {
    /// The tree, if nothing is wrong.
    ///
    /// # Errors
    /// The first problem.
    pub fn sound(self) -> Result<Option<Node>, Problem> {
        match self.problems.into_iter().next() {
            Some(problem) => Err(problem),
            None => Ok(self.root),
        }
    }
}

/// Read one YAML document, or one of JSON, which is YAML. A byte order mark at the beginning does
/// not count.
#[must_use]
pub fn parse(text: &str, bounds: Bounds) -> Parsed {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // The parser takes a NUL for the end of the input and would silently ignore the rest.
    if let Some(problem) = forbidden_character(text) {
        return Parsed {
            root: None,
            problems: vec![problem],
        };
    }
    let mut builder = Builder::new(bounds);
    let mut parser = Parser::new_from_str(text);
    loop {
        let step = match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((event, span))) => builder.take(event, span),
            Some(Err(error)) => Err(syntax_error(&error)),
        };
        if let Err(problem) = step {
            builder.give_up(problem);
            break;
        }
    }
    builder.done()
}

fn forbidden_character(text: &str) -> Option<Problem> {
    let forbidden = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let index = text.find(forbidden)?;
    let before = &text[..index];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Some(Problem {
        at: Position {
            line: count(before.matches('\n').count() + 1),
            column: count(before[line_start..].chars().count() + 1),
        },
        message: format!(
            "Invalid YAML: control character {}",
            excerpt(&text[index..].chars().take(1).collect::<String>())
        ),
        fix: "remove it, or write it as an escape in double quotes".to_owned(),
    })
}

fn syntax_error(error: &saphyr_parser::ScanError) -> Problem {
    Problem {
        at: position(*error.marker()),
        message: format!("Invalid YAML: {}", excerpt(error.info())),
        fix: "check indentation, colons and quotes here and on the line before".to_owned(),
    }
}

pub(super) fn position(marker: Marker) -> Position {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position {
        line: count(marker.line()),
        column: count(marker.col().saturating_add(1)),
    }
}
