//! A recorded case: what the tool printed, how it ended, and what is true of it.
//!
//! Owns the files in `tests/fixtures/cli`. Never changes them.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use tollgate_plugin_sdk::contract::Exit;

use crate::fold::Totals;

/// One case.
#[derive(Debug)]
pub struct Recording {
    /// The case, as its files are called.
    pub name: String,
    /// What the tool printed.
    pub stdout: Vec<u8>,
    /// What the tool printed beside it.
    pub stderr: Vec<u8>,
    /// What is true of the case.
    pub expected: Expected,
    ran: Ran,
}

/// `NAME.expect.json`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the README beside the files explains each field"
)]
pub struct Expected {
    pub outcome: String,
    pub failure_code: Option<String>,
    pub session_id: Option<String>,
    pub served_model: Option<String>,
    pub text: Option<String>,
    pub usage: Option<Totals>,
    pub usage_exact: bool,
    pub cost_microusd: Option<u64>,
    pub cost_scope: Option<String>,
    #[serde(default)]
    pub prior_session_usage: Option<Totals>,
    #[serde(default)]
    pub why: Option<String>,
}

/// The parts of `NAME.json` that matter here.
#[derive(Debug, Deserialize)]
struct Ran {
    argv: Vec<String>,
    exit: String,
}

/// All cases of `tool` ("claude", "codex"), in order of their names.
///
/// # Errors
/// A file is missing or cannot be read.
pub fn all(tool: &str) -> Result<Vec<Recording>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/cli")
        .join(tool);
    let mut names = Vec::new();
    for entry in
        std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?
    {
        let name = entry
            .map_err(|error| error.to_string())?
            .file_name()
            .to_string_lossy()
            .into_owned();
        names.extend(name.strip_suffix(".stdout").map(str::to_owned));
    }
    names.sort();
    names.iter().map(|name| read(&folder, name)).collect()
}

fn read(folder: &Path, name: &str) -> Result<Recording, String> {
    let path = |suffix: &str| folder.join(format!("{name}.{suffix}"));
    let bytes = |path: PathBuf| {
        std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let wrong = |error: serde_json::Error| format!("{name}: {error}");
    Ok(Recording {
        name: name.to_owned(),
        stdout: bytes(path("stdout"))?,
        stderr: bytes(path("stderr")).unwrap_or_default(),
        expected: serde_json::from_slice(&bytes(path("expect.json"))?).map_err(wrong)?,
        ran: serde_json::from_slice(&bytes(path("json"))?).map_err(wrong)?,
    })
}

impl Recording {
    /// The session that the recorded command went on with.
    #[must_use]
    pub fn resume(&self) -> Option<String> {
        let at = self
            .ran
            .argv
            .iter()
            .position(|word| word == "--resume" || word == "resume")?;
        self.ran.argv.get(at + 1).cloned()
    }

    /// The value of a flag of the recorded command.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<&str> {
        let at = self.ran.argv.iter().position(|word| word == name)?;
        self.ran.argv.get(at + 1).map(String::as_str)
    }

    /// Whether the recorded command had this word.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.ran.argv.iter().any(|given| given == word)
    }

    /// How the process ended, by itself or by a signal that came from outside the host.
    #[must_use]
    pub fn exit(&self) -> Exit {
        // "143", or "signal 9 (SIGKILL)".
        let signal = self
            .ran
            .exit
            .strip_prefix("signal ")
            .and_then(|rest| rest.split(' ').next());
        Exit {
            code: self.ran.exit.parse().ok(),
            signal: signal.and_then(|signal| signal.parse().ok()),
            reason: "exited".to_owned(),
        }
    }
}
