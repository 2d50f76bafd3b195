//! Where mistakes are collected: one collector per file.

use super::diagnostic::{Diagnostic, Severity};
use super::yaml::Position;

/// The mistakes found in one file so far.
#[derive(Debug)]
pub(crate) struct Collector {
    file: String,
    found: Vec<Diagnostic>,
}

impl Collector {
    /// A collector for the file that people call `file`.
    pub(crate) fn new(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            found: Vec::new(),
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
        self.found
    }

    fn add(
        &mut self,
        severity: Severity,
        at: Position,
        path: &str,
        message: String,
    ) -> &mut Diagnostic {
        let index = self.found.len();
        self.found.push(Diagnostic {
            file: self.file.clone(),
            line: at.line,
            column: at.column,
            path: path.to_owned(),
            message,
            allowed: Vec::new(),
            fix: String::new(),
            severity,
        });
        &mut self.found[index]
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
        self.allowed = allowed.into_iter().map(str::to_owned).collect();
        self.fix = match nearest(wrong, &self.allowed) {
            Some(near) => format!("did you mean '{near}'?"),
            None => otherwise.into(),
        };
        self
    }
}

/// The candidate that `wrong` is most likely a slip of.
fn nearest<'a>(wrong: &str, candidates: &'a [String]) -> Option<&'a str> {
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
    fn only_slips_are_suggested() {
        let words = ["preferred_tool".to_owned(), "fallback_chain".to_owned()];
        assert_eq!(nearest("prefered_tool", &words), Some("preferred_tool"));
        assert_eq!(nearest("Fallback-Chain", &words), Some("fallback_chain"));
        assert_eq!(nearest("colour", &words), None);
    }
}
