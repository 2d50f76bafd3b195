//! What is wrong with a file of the board: where, what, and how to put it right.
//!
//! A problem is something to show, never an error: the rest of the board is read as if it were not
//! there. Texts from files are bounded and escaped before they stand in a sentence.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// What it is about is not on the board, or not as its file says.
    Error,
    /// It is on the board; something about it should be put right.
    Warning,
}

/// One thing that is wrong with one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file, below the root of the project, with `/` between folders.
    pub path: String,
    /// Line, from 1; `None` when it is about the whole file.
    pub line: Option<u32>,
    /// How bad it is.
    pub severity: Severity,
    /// A sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl Problem {
    pub(super) fn error(
        path: &str,
        line: Option<u32>,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            line,
            severity: Severity::Error,
            message: message.into(),
            fix: fix.into(),
        }
    }

    pub(super) fn warning(
        path: &str,
        line: Option<u32>,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(path, line, message, fix)
        }
    }
}

/// At most so many characters of a text; a text that was cut ends with `…`.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_falls_between_characters() {
        assert_eq!(cut("äöü", 2), "äö…");
        assert_eq!(cut("äöü", 3), "äöü");
    }
}
