//! What a failed attempt left in its directory, and the note that tells the next one.
//!
//! The note is made of facts and of our own words; nothing that the failed tool said is in it but
//! the names of files, which are escaped. Equal facts make an equal note.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{AttemptOutcome, FailureCode, Target};

/// Names of each kind that are kept and told.
pub const NAMES_KEPT: usize = 200;

/// Bytes of one name that are told.
const NAME_CAP: usize = 300;

/// Names of one kind of change: how many there are, and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedNames {
    /// How many there are in all.
    pub n: usize,
    /// The first [`NAMES_KEPT`]; directories end in `/`. Hostile text.
    pub first: Vec<String>,
}

impl ChangedNames {
    /// Count one more, and keep its name if there is room.
    pub fn add(&mut self, name: String) {
        self.n = self.n.saturating_add(1);
        if self.first.len() < NAMES_KEPT {
            self.first.push(name);
        }
    }
}

/// What changed in a directory between two looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChanges {
    /// Were not there before.
    pub added: ChangedNames,
    /// Were written to, or have other permissions.
    pub changed: ChangedNames,
    /// Are not there any more.
    pub removed: ChangedNames,
    /// Not everything could be compared: there may be more.
    pub not_known: bool,
}

impl FileChanges {
    /// Whether anything changed; `None` when nobody can tell.
    #[must_use]
    pub fn any(&self) -> Option<bool> {
        match self.added.n + self.changed.n + self.removed.n {
            0 if self.not_known => None,
            n => Some(n > 0),
        }
    }
}

/// An attempt that failed, for whoever goes on.
#[derive(Debug, Clone, Copy)]
pub struct Handoff<'a> {
    /// What was tried.
    pub tried: &'a Target,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// What went wrong, as a code.
    pub code: Option<&'a FailureCode>,
    /// What it left; `None` when nobody looked.
    pub changes: Option<&'a FileChanges>,
}

/// The note that stands before the prompt of the next attempt, with an empty line at its end.
#[must_use]
pub fn handoff_note(facts: &Handoff<'_>) -> String {
    let ended = facts
        .code
        .map_or(facts.outcome.as_str(), |code| code.as_str());
    let mut note = format!(
        "<handoff>\nThis task was begun in this directory by another agent ({}), which did not \
         finish it. It ended with: {}.\n",
        escaped(&facts.tried.to_string()),
        escaped(ended),
    );
    match facts.changes.map(|changes| (changes, changes.any())) {
        Some((_, Some(false))) => {
            note.push_str("It left the files of this directory as they were.\n");
        }
        Some((changes, Some(true))) => {
            note.push_str("It left these changes:\n");
            list(&mut note, "added", &changes.added);
            list(&mut note, "changed", &changes.changed);
            list(&mut note, "removed", &changes.removed);
            if changes.not_known {
                note.push_str("There may be more: not every file could be compared.\n");
            }
        }
        Some((_, None)) | None => {
            note.push_str("It may have changed files; which ones is not known.\n");
        }
    }
    note.push_str(
        "Look at what is there before you go on: keep what is right, mend what is half done, and \
         do nothing a second time. The task, as it was given, follows.\n</handoff>\n\n",
    );
    note
}

fn list(note: &mut String, kind: &str, names: &ChangedNames) {
    for name in &names.first {
        // Writing to a String cannot fail.
        let _ = writeln!(note, "- {kind}: {}", escaped(name));
    }
    let more = names.n.saturating_sub(names.first.len());
    if more > 0 {
        let _ = writeln!(note, "- {kind}: {more} more");
    }
}

/// A name on one line, in which nothing can end the note or hide.
fn escaped(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if text.len() >= NAME_CAP {
            text.push_str("...");
            break;
        }
        match c {
            '<' | '>' => {
                let _ = write!(text, "{}", c.escape_unicode());
            }
            '\'' | '"' => text.push(c),
            c => text.extend(c.escape_debug()),
        }
    }
    text
}

#[cfg(test)]
#[path = "handoff_tests.rs"]
mod tests;
