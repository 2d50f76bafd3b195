//! Fields of a file, read one by one; whatever is wrong with one becomes a problem.
//!
//! Owns the bounds on texts: what a page shows is never longer.

use super::moment;
use super::problem::{Problem, Severity, cut};
use crate::model::excerpt;
use crate::yaml::Node;

/// Longest text of one line, in characters.
pub(super) const LINE: usize = 300;
/// Most items of a list.
const ITEMS: usize = 1_000;

/// The fields of one map, and the problems found so far.
pub(super) struct Fields<'a> {
    map: &'a Node,
    path: &'a str,
    /// Lines of the file before the YAML begins.
    lines_before: u32,
    problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(map: &'a Node, path: &'a str, lines_before: u32) -> Self {
        Self {
            map,
            path,
            lines_before,
            problems: Vec::new(),
        }
    }

    pub(super) fn map(&self) -> &'a Node {
        self.map
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// The text of a field; `None` when it is missing or not a single value.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.long_text(key, LINE)
    }

    /// The same, up to another length.
    pub(super) fn long_text(&mut self, key: &str, most: usize) -> Option<String> {
        let value = self.map.get(key)?;
        match value.written() {
            Some(text) => Some(cut(text.trim(), most)).filter(|text| !text.is_empty()),
            None => {
                let message = format!("`{key}` is {}, not a single value", value.describe());
                self.warn(value, message, format!("write `{key}: TEXT`"));
                None
            }
        }
    }

    /// The same; a problem when it is missing.
    pub(super) fn required(&mut self, key: &str) -> Option<String> {
        let text = self.text(key);
        if text.is_some() {
            return text;
        }
        match self.map.get(key).map(Node::written) {
            // Just noted as a warning; without the field the file is no use.
            Some(None) => {
                if let Some(noted) = self.problems.last_mut() {
                    noted.severity = Severity::Error;
                }
            }
            None | Some(Some(_)) => self.missing(key),
        }
        None
    }

    pub(super) fn missing(&mut self, key: &str) {
        self.problems.push(Problem::error(
            self.path,
            None,
            format!("`{key}` is missing"),
            format!("add `{key}: …`"),
        ));
    }

    /// The texts of a list under either of two names; `None` when it is missing or no list.
    pub(super) fn list(&mut self, names: [&str; 2]) -> Option<Vec<String>> {
        let (key, value) = names
            .iter()
            .find_map(|key| Some((*key, self.map.get(key)?)))?;
        let Some(items) = value.list() else {
            let message = format!("`{key}` is {}, not a list", value.describe());
            self.warn(value, message, format!("write `{key}: [ONE, TWO]`"));
            return None;
        };
        if let Some(odd) = items.iter().find(|item| item.written().is_none()) {
            let message = format!("`{key}` has {} among its texts", odd.describe());
            self.warn(
                odd,
                message,
                "write every item as one text; quote it if it has a colon",
            );
        }
        let texts = items.iter().filter_map(Node::written);
        Some(texts.take(ITEMS).map(|text| cut(text, LINE)).collect())
    }

    /// The word of a field, if `read` knows it.
    pub(super) fn word<T>(
        &mut self,
        key: &str,
        read: impl Fn(&str) -> Option<T>,
        words: &str,
    ) -> Option<T> {
        let text = self.text(key)?;
        let known = read(&text);
        if known.is_none() {
            let message = format!("`{key}` is '{}', which is not known", excerpt(&text));
            self.warn_at(key, message, format!("use one of {words}"));
        }
        known
    }

    /// Check a moment, if there is one; `inside` names the map that the field is in.
    pub(super) fn moment(&mut self, map: &Node, inside: &str, key: &str) -> Option<String> {
        let value = map.get(key)?;
        let text = value.written().unwrap_or_default();
        if !moment::is_well_written(text) {
            let message = format!(
                "`{inside}{key}` is '{}', not a moment in UTC",
                excerpt(text)
            );
            let fix = match moment::suggestion(text) {
                Some(moment) => format!("write `{key}: \"{moment}\"`"),
                None => format!("write it as in `{key}: \"2026-02-09T04:40:00Z\"`"),
            };
            self.warn(value, message, fix);
        }
        value.written().map(|text| cut(text, LINE))
    }

    /// Note something about a value.
    pub(super) fn warn(
        &mut self,
        value: &Node,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.warn_line(Some(value.at.line), message, fix);
    }

    /// Note something about a field; about the file when the field is missing.
    pub(super) fn warn_at(
        &mut self,
        key: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let line = self.map.entry(key).map(|entry| entry.key_at.line);
        self.warn_line(line, message, fix);
    }

    /// Note that the file cannot be used because of a field.
    pub(super) fn refuse_at(&mut self, key: &str, message: String, fix: String) {
        let line = self.map.entry(key).map(|entry| entry.key_at.line);
        let line = line.map(|line| line + self.lines_before);
        self.problems
            .push(Problem::error(self.path, line, message, fix));
    }

    fn warn_line(&mut self, line: Option<u32>, message: impl Into<String>, fix: impl Into<String>) {
        let line = line.map(|line| line + self.lines_before);
        self.problems
            .push(Problem::warning(self.path, line, message, fix));
    }
}
