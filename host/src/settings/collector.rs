//! Where mistakes are collected: one collector per file.

use super::diagnostic::{Diagnostic, Severity};
use super::yaml::Position;

/// Mistakes of one file that are listed; the rest is counted. A file of a megabyte can hold a
/// hundred thousand, and looking for the nearest word takes time for each.
const MOST: usize = 500;

/// The mistakes found in one file so far.
#[derive(Debug)]
pub(crate) struct Collector {
    file: String,
    found: Vec<Diagnostic>,
    n_errors_unlisted: usize,
    n_warnings_unlisted: usize,
    /// What is handed out once the list is full; it goes nowhere.
    discard: Diagnostic,
}

impl Collector {
    /// A collector for the file that people call `file`.
    pub(crate) fn new(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            found: Vec::new(),
            n_errors_unlisted: 0,
            n_warnings_unlisted: 0,
            discard: diagnostic(String::new(), Severity::Error, Position::default()),
        }
    }

    /// Note an error; add `allowed` and `fix` to what is returned.
    pub(crate) fn error(
        &mut self,
        at: Position,
        path: &str,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.add(Severity::Error, at, path, message.into())
    }

    /// Note a warning.
    pub(crate) fn warning(
        &mut self,
        at: Position,
        path: &str,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.add(Severity::Warning, at, path, message.into())
    }

    /// Everything noted, in the order of lines.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|d| (d.line, d.column, d.severity));
        let unlisted = [
            (Severity::Error, self.n_errors_unlisted),
            (Severity::Warning, self.n_warnings_unlisted),
        ];
        for (severity, n) in unlisted.into_iter().filter(|(_, n)| *n > 0) {
            let mut rest = diagnostic(self.file.clone(), severity, Position::default());
            rest.message = format!("{n} more are not listed");
            rest.fix("mend the first ones and check again");
            self.found.push(rest);
        }
        self.found
    }

    fn add(
        &mut self,
        severity: Severity,
        at: Position,
        path: &str,
        message: String,
    ) -> &mut Diagnostic {
        if self.found.len() >= MOST {
            match severity {
                Severity::Error => self.n_errors_unlisted += 1,
                Severity::Warning => self.n_warnings_unlisted += 1,
            }
            return &mut self.discard;
        }
        let index = self.found.len();
        self.found.push(Diagnostic {
            path: path.to_owned(),
            message,
            ..diagnostic(self.file.clone(), severity, at)
        });
        &mut self.found[index]
    }
}

fn diagnostic(file: String, severity: Severity, at: Position) -> Diagnostic {
    Diagnostic {
        file,
        line: at.line,
        column: at.column,
        path: String::new(),
        message: String::new(),
        allowed: Vec::new(),
        fix: String::new(),
        severity,
    }
}

impl Diagnostic {
    /// Say how to repair it.
    pub(crate) fn fix(&mut self, fix: impl Into<String>) -> &mut Self {
        self.fix = fix.into();
        self
    }

    /// Say what could stand there; suggests the nearest when `wrong` looks like a slip, else
    /// keeps `otherwise` as the fix.
    pub(crate) fn choose_from<'a>(
        &mut self,
        wrong: &str,
        allowed: impl IntoIterator<Item = &'a str>,
        otherwise: impl Into<String>,
    ) -> &mut Self {
        if self.file.is_empty() {
            return self; // the one that goes nowhere
        }
        self.allowed = allowed.into_iter().map(str::to_owned).collect();
        self.fix = match nearest(wrong, &self.allowed) {
            Some(near) => format!("did you mean '{near}'?"),
            None => otherwise.into(),
        };
        self
    }
}

/// The candidate that `wrong` is most likely a slip of.
pub(crate) fn nearest<'a>(wrong: &str, candidates: &'a [String]) -> Option<&'a str> {
    const LONGEST: usize = 128; // the comparison is quadratic in the length
    if wrong.len() > LONGEST {
        return None;
    }
    let wrong = wrong.to_lowercase();
    candidates
        .iter()
        .map(|c| (strsim::jaro_winkler(&wrong, &c.to_lowercase()), c.as_str()))
        .filter(|(similarity, _)| *similarity >= 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_counted_not_listed() {
        let mut notes = Collector::new("a.yaml");
        for line in 1..=1000 {
            let at = Position { line, column: 1 };
            notes.error(at, "x", "wrong").choose_from("x", ["y"], "");
        }
        let found = notes.into_sorted();
        assert_eq!(found.len(), MOST + 1);
        assert_eq!(
            found[MOST].to_string(),
            "a.yaml: error: 500 more are not listed\n  fix: mend the first ones and check again"
        );
    }

    #[test]
    fn only_slips_are_suggested() {
        let words = ["preferred_tool".to_owned(), "fallback_chain".to_owned()];
        assert_eq!(nearest("prefered_tool", &words), Some("preferred_tool"));
        assert_eq!(nearest("Fallback-Chain", &words), Some("fallback_chain"));
        assert_eq!(nearest("colour", &words), None);
    }
}
