//! One mistake in a configuration file: where it is, what is wrong, what is allowed, how to fix it.

use std::fmt;

use serde::Serialize;

/// How bad a mistake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can be used, but probably not as meant.
    Warning,
}

/// A mistake in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The file, as people name it from where they stand: `config/agents.yaml`.
    pub file: String,
    /// Line, from 1; 0 when the mistake is the whole file.
    pub line: u32,
    /// Column in characters, from 1; 0 when the mistake is the whole file.
    pub column: u32,
    /// The field, such as `agents.architect.preferred_tool`; empty when there is none.
    pub path: String,
    /// A sentence without a full stop.
    pub message: String,
    /// What could stand there instead, when that is a list.
    pub allowed: Vec<String>,
    /// What to do about it.
    pub fix: String,
    /// How bad it is.
    pub severity: Severity,
}

/// Longest list of allowed values that is shown; the rest is counted.
const SHOWN: usize = 24;

impl Diagnostic {
    /// Whether the configuration cannot be used because of it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The compiler's form: `file:line:column: error: message (path)`, then `allowed` and `fix` lines.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if self.line > 0 {
            write!(f, "{}:{}:", self.line, self.column)?;
        }
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, " {severity}: {}", self.message)?;
        if !self.path.is_empty() {
            write!(f, " ({})", self.path)?;
        }
        if !self.allowed.is_empty() {
            let shown = self.allowed.len().min(SHOWN);
            write!(f, "\n  allowed: {}", self.allowed[..shown].join(", "))?;
            if self.allowed.len() > shown {
                write!(f, ", and {} more", self.allowed.len() - shown)?;
            }
        }
        if !self.fix.is_empty() {
            write!(f, "\n  fix: {}", self.fix)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_a_compiler() {
        let diagnostic = Diagnostic {
            file: "config/agents.yaml".to_owned(),
            line: 7,
            column: 21,
            path: "agents.architect.preferred_tool".to_owned(),
            message: "Unknown tool 'x'".to_owned(),
            allowed: vec!["claude-code".to_owned(), "codex".to_owned()],
            fix: "use one of these, or add 'x' to tools.yaml".to_owned(),
            severity: Severity::Error,
        };
        insta::assert_snapshot!(diagnostic, @r"
        config/agents.yaml:7:21: error: Unknown tool 'x' (agents.architect.preferred_tool)
          allowed: claude-code, codex
          fix: use one of these, or add 'x' to tools.yaml
        ");
    }
}
