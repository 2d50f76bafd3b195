//! What is on this machine: programs on PATH, and keys in the environment (their names only).

use std::path::PathBuf;

use crate::settings::Environment;

/// A tool that this program knows how to configure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTool {
    /// Its name in `tools.yaml`.
    pub name: &'static str,
    /// The program that was looked for.
    pub program: &'static str,
    /// Where it was found on PATH.
    pub path: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detected {
    /// Every known tool, found or not.
    pub tools: Vec<FoundTool>,
    /// Every known key, and whether it is set. A tool can also be signed in without one.
    pub keys: Vec<(&'static str, bool)>,
}

/// Known tools with their programs, most capable adapter first.
pub(super) const KNOWN: [(&str, &str); 3] = [
    ("claude-code", "claude"),
    ("codex", "codex"),
    ("gemini", "gemini"),
];
const KEYS: [&str; 4] = [
    "ANTHROPIC_API_KEY",
    "OPENAI_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
];

/// Look for known tools and keys. Nothing is started.
#[must_use]
pub fn detect(environment: &Environment) -> Detected {
    let found = |(name, program)| FoundTool {
        name,
        program,
        path: environment.find_program(program),
    };
    Detected {
        tools: KNOWN.into_iter().map(found).collect(),
        keys: KEYS
            .map(|key| (key, environment.get(key).is_some()))
            .to_vec(),
    }
}

impl Detected {
    /// Whether the tool's program is on PATH.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.tools
            .iter()
            .any(|tool| tool.name == name && tool.path.is_some())
    }
}
