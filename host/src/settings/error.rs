//! What this room could not do.

use std::io;
use std::path::PathBuf;

use super::Diagnostic;

/// Configuration could not be found, read, trusted or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// There is no such directory.
    #[error("configuration directory not found: {path}")]
    DirectoryMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Something else stands where the directory should be.
    #[error("not a directory: {path}")]
    NotADirectory {
        /// What was named.
        path: PathBuf,
    },
    /// The files have mistakes, listed in the order of files and lines; at least one is an error.
    #[error("invalid configuration: {}", summary(.0))]
    Invalid(Vec<Diagnostic>),
    /// A workflow has mistakes, listed in the order of lines; at least one is an error.
    #[error("invalid workflow: {}", summary(.0))]
    InvalidWorkflow(Vec<Diagnostic>),
    /// Neither `HOME` nor the XDG variables say where the user's files are.
    #[error("find the user's directories: HOME is not set to an absolute path")]
    NoHome,
    /// A directory's name cannot be written into a YAML file.
    #[error("record trust in a directory whose name is not UTF-8: {path}")]
    NotUtf8 {
        /// The directory.
        path: PathBuf,
    },
    /// The record of trusted configurations cannot be understood, so nothing in it counts.
    #[error("read the record of trusted configurations {path}: {reason}")]
    TrustRecord {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A list of prices is not one.
    #[error("read the prices in {path}: {place}: {reason}")]
    PriceFile {
        /// The file.
        path: PathBuf,
        /// Where in it, such as `gpt-6-luna.input_cost_per_token`.
        place: String,
        /// What is wrong there.
        reason: String,
    },
    /// A header for a collector cannot be filled in.
    #[error("fill in the header '{name}' under 'otlp.headers' in telemetry.yaml: {reason}")]
    Header {
        /// Its name.
        name: String,
        /// Why not; never a value.
        reason: String,
    },
    /// Files are in the way and overwriting was not asked for.
    #[error("write over existing files: {}", list(.0))]
    Exists(Vec<PathBuf>),
    /// The system refused.
    #[error("{action} {path}")]
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

impl SettingsError {
    /// Wrap a system error with what was tried on what.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    format!("{errors} error{}", if errors == 1 { "" } else { "s" })
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    names.join(", ")
}
