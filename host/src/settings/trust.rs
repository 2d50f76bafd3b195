//! Which project configurations the user has agreed to run.
//!
//! A configuration names programs, so one that arrives with a repository is code. It is used only
//! after `tollgate config trust`, and again after every change of its bytes or of the components
//! it names. The record is the user's, never the project's. What the user named (`--config-dir`,
//! `TOLLGATE_CONFIG_DIR`) and the user's own directory need no record.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::files::{NotRead, read_bounded};
use super::load::Loaded;
use super::places::Places;
use super::write::replace_private;
use super::{SettingsError, yaml};
use crate::model::{AdapterSource, Digest, PolicySource, Tool};

/// Whether a configuration may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustState {
    /// Yes.
    Trusted,
    /// The user was never asked about it.
    Untrusted {
        /// The directory, canonical.
        path: PathBuf,
        /// Programs and component files that it names.
        programs: Vec<String>,
    },
    /// It is not what the user agreed to.
    Changed {
        /// The directory, canonical.
        path: PathBuf,
        /// Programs and component files that it names now.
        programs: Vec<String>,
    },
}

/// Whether the configuration at `places` may be used as it is now.
///
/// # Errors
/// When the record cannot be read; the configuration must not be used then.
pub fn check(places: &Places, loaded: &Loaded) -> Result<TrustState, SettingsError> {
    if places.trusted_by_name {
        return Ok(TrustState::Trusted);
    }
    let path = canonical(places)?;
    let programs = programs(loaded);
    let record = read_record(&places.trust_file)?;
    Ok(match path.to_str().and_then(|key| record.get(key)) {
        None => TrustState::Untrusted { path, programs },
        Some(agreed) if *agreed == fingerprint(loaded) => TrustState::Trusted,
        Some(_) => TrustState::Changed { path, programs },
    })
}

/// Remember that the user agrees to the configuration as it is now.
///
/// # Errors
/// When the record cannot be read or written, or the directory's name is not UTF-8.
pub fn record(places: &Places, loaded: &Loaded) -> Result<(), SettingsError> {
    if places.trust_file.as_os_str().is_empty() {
        return Err(SettingsError::NoHome);
    }
    let path = canonical(places)?;
    let Some(key) = path.to_str() else {
        return Err(SettingsError::NotUtf8 { path });
    };
    let mut record = read_record(&places.trust_file)?;
    record.insert(key.to_owned(), fingerprint(loaded));
    replace_private(&places.trust_file, render(&record).as_bytes())
        .map_err(SettingsError::io("write", &places.trust_file))
}

fn canonical(places: &Places) -> Result<PathBuf, SettingsError> {
    fs::canonicalize(&places.config_dir).map_err(SettingsError::io("resolve", &places.config_dir))
}

/// Over the names and contents of all files.
fn fingerprint(loaded: &Loaded) -> Digest {
    let files: Vec<[&str; 2]> = loaded
        .files
        .iter()
        .map(|f| [f.name.as_str(), f.sha256.as_str()])
        .collect();
    // Invariant: pairs of strings always serialise; as JSON, no name can be taken for a separator.
    Digest::of(serde_json::to_string(&files).unwrap_or_default().as_bytes())
}

/// What the configuration would run: programs with their arguments, and components of adapters and
/// policies. And where it would send records of runs.
#[must_use]
pub fn programs(loaded: &Loaded) -> Vec<String> {
    let mut programs: Vec<String> = Vec::new();
    for tool in loaded.settings.tools.values() {
        programs.push(command_line(tool));
        if let AdapterSource::File(path) = &tool.adapter {
            programs.push(path.display().to_string());
        }
    }
    for policy in &loaded.settings.chain {
        if let PolicySource::File(path) = &policy.source {
            programs.push(path.display().to_string());
        }
    }
    if let Some(otlp) = &loaded.settings.telemetry.otlp {
        programs.push(format!("(sends records of runs to {})", otlp.endpoint));
    }
    programs.sort();
    programs.dedup();
    programs
}

/// Directories and the fingerprints agreed to. A missing record is an empty one.
/// The program with the arguments that the configuration gives it, as far as it does, so that
/// whoever agrees has seen them. Bounded, since it is shown in one line.
fn command_line(tool: &Tool) -> String {
    let options: serde_json::Value = serde_json::from_str(&tool.options).unwrap_or_default();
    let args = options["args"].as_array().into_iter().flatten();
    let line = args
        .filter_map(serde_json::Value::as_str)
        .fold(tool.binary.clone(), |line, arg| {
            if arg.contains(char::is_whitespace) || arg.is_empty() {
                format!("{line} {arg:?}")
            } else {
                format!("{line} {arg}")
            }
        });
    line.chars().take(300).collect()
}

fn read_record(path: &Path) -> Result<BTreeMap<String, Digest>, SettingsError> {
    let bytes = match read_bounded(path, yaml::MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(NotRead::Io(e)) if e.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(NotRead::Io(e)) => return Err(SettingsError::io("read", path)(e)),
        Err(NotRead::NotAFile) => return Err(damaged(path, "it is not a regular file")),
        Err(NotRead::TooLarge) => return Err(damaged(path, "it is larger than 1 MiB")),
    };
    let text = String::from_utf8(bytes).map_err(|_| damaged(path, "it is not UTF-8"))?;
    let parsed = yaml::parse(&text);
    if let Some(problem) = parsed.problems.first() {
        return Err(damaged(
            path,
            &format!("line {}: {}", problem.at.line, problem.message),
        ));
    }
    let root = parsed.root.ok_or_else(|| damaged(path, "it is empty"))?;
    if root
        .get("version")
        .and_then(|v| v.scalar())
        .is_none_or(|v| v.text != "1")
    {
        return Err(damaged(path, "its version is not 1"));
    }
    let trusted = root
        .get("trusted")
        .map(yaml::Node::entries)
        .unwrap_or_default();
    Ok(trusted
        .iter()
        .filter_map(|e| Some((e.key.clone(), Digest::new(e.value.text()?))))
        .collect())
}

fn damaged(path: &Path, reason: &str) -> SettingsError {
    SettingsError::TrustRecord {
        path: path.into(),
        reason: reason.to_owned(),
    }
}

fn render(record: &BTreeMap<String, Digest>) -> String {
    let mut text = "# Project configurations you agreed to run with 'tollgate config trust'.\nversion: 1\ntrusted:\n".to_owned();
    for (path, fingerprint) in record {
        // A JSON string is also a YAML string.
        let path = serde_json::Value::from(path.as_str());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {path}: \"{fingerprint}\"");
    }
    text
}
