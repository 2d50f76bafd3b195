//! The files of a configuration directory, read as bytes and nothing more.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::collector::Collector;
use super::environment::Environment;
use super::shape::{self, Object};
use super::yaml::{MAX_BYTES, Position};
use super::{Diagnostic, SettingsError};

/// One of the files of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// `agents.yaml`.
    Agents,
    /// `tools.yaml`.
    Tools,
    /// `models.yaml`.
    Models,
    /// `policies.yaml`.
    Policies,
    /// `telemetry.yaml`, which may be missing.
    Telemetry,
    /// `prices.yaml`, which may be missing.
    Prices,
}

impl FileKind {
    /// All of them, in the order in which they are read and reported.
    pub const ALL: [Self; 6] = [
        Self::Agents,
        Self::Tools,
        Self::Models,
        Self::Policies,
        Self::Telemetry,
        Self::Prices,
    ];

    /// The name without its ending.
    #[must_use]
    pub fn stem(self) -> &'static str {
        match self {
            Self::Agents => "agents",
            Self::Tools => "tools",
            Self::Models => "models",
            Self::Policies => "policies",
            Self::Telemetry => "telemetry",
            Self::Prices => "prices",
        }
    }

    /// Whether a configuration is incomplete without it.
    #[must_use]
    pub fn is_required(self) -> bool {
        !matches!(self, Self::Telemetry | Self::Prices)
    }

    /// The table of its root.
    pub(crate) fn shape(self) -> &'static Object {
        match self {
            Self::Agents => &shape::AGENTS,
            Self::Tools => &shape::TOOLS,
            Self::Models => &shape::MODELS,
            Self::Policies => &shape::POLICIES,
            Self::Telemetry => &shape::TELEMETRY,
            Self::Prices => &shape::PRICES,
        }
    }
}

/// A file as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) kind: FileKind,
    /// Its name within the directory.
    pub(crate) name: String,
    /// As people name it.
    pub(crate) shown: String,
    pub(crate) text: String,
}

/// What a directory holds: the files that could be read, and what is wrong with the others.
/// `instead` is read in the place of the file of its kind.
pub(crate) fn read_directory(
    directory: &Path,
    instead: Option<(FileKind, &Path)>,
    environment: &Environment,
) -> Result<(Vec<Source>, Vec<Diagnostic>), SettingsError> {
    match fs::metadata(directory) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => {
            return Err(SettingsError::NotADirectory {
                path: directory.into(),
            });
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {
            return Err(SettingsError::DirectoryMissing {
                path: directory.into(),
            });
        }
        Err(e) => return Err(SettingsError::io("read", directory)(e)),
    }
    let mut sources = Vec::new();
    let mut diagnostics = Vec::new();
    for kind in FileKind::ALL {
        let (source, notes) = match instead {
            Some((other, path)) if other == kind => read_at(path, kind, environment),
            _ => read_one(directory, kind, environment),
        };
        sources.extend(source);
        diagnostics.extend(notes.into_sorted());
    }
    Ok((sources, diagnostics))
}

/// Whether `directory` holds `agents.yaml` or `agents.yml`, by which a configuration is known.
pub(crate) fn is_configuration(directory: &Path) -> bool {
    // Any of the files: one that is missing is a mistake to report, not another configuration.
    FileKind::ALL
        .iter()
        .flat_map(|kind| candidates(directory, *kind))
        .any(|path| path.is_file())
}

/// One file, if it is there, and what is wrong with it.
pub(crate) fn read_one(
    directory: &Path,
    kind: FileKind,
    environment: &Environment,
) -> (Option<Source>, Collector) {
    let shown = environment.display(&directory.join(format!("{}.yaml", kind.stem())));
    let mut notes = Collector::new(shown);
    let source = read_kind(directory, kind, environment, &mut notes);
    (source, notes)
}

fn read_at(path: &Path, kind: FileKind, environment: &Environment) -> (Option<Source>, Collector) {
    let mut notes = Collector::new(environment.display(path));
    let source = read_file(path, kind, environment, &mut notes);
    (source, notes)
}

fn candidates(directory: &Path, kind: FileKind) -> [PathBuf; 2] {
    ["yaml", "yml"].map(|ending| directory.join(format!("{}.{ending}", kind.stem())))
}

fn read_kind(
    directory: &Path,
    kind: FileKind,
    environment: &Environment,
    notes: &mut Collector,
) -> Option<Source> {
    let present: Vec<PathBuf> = candidates(directory, kind)
        .into_iter()
        .filter(|p| p.symlink_metadata().is_ok())
        .collect();
    let path = match present.as_slice() {
        [path] => path,
        [] => {
            if kind.is_required() {
                let shown = environment.display(&directory.join(format!("{}.yaml", kind.stem())));
                notes
                    .error(
                        Position::default(),
                        "",
                        format!("Missing required file: {shown}"),
                    )
                    .fix("Run 'tollgate init' to create default configuration");
            }
            return None;
        }
        [_, second, ..] => {
            let message = format!(
                "{} stands beside it; only one may be there",
                environment.display(second)
            );
            notes
                .error(Position::default(), "", message)
                .fix("remove one of the two");
            return None;
        }
    };
    *notes = Collector::new(environment.display(path));
    read_file(path, kind, environment, notes)
}

fn read_file(
    path: &Path,
    kind: FileKind,
    environment: &Environment,
    notes: &mut Collector,
) -> Option<Source> {
    match read_text(path) {
        Ok(text) => Some(Source {
            kind,
            name: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            shown: environment.display(path),
            text,
        }),
        Err((at, message, fix)) => {
            notes.error(at, "", message).fix(fix);
            None
        }
    }
}

fn read_text(path: &Path) -> Result<String, (Position, String, &'static str)> {
    let whole = Position::default();
    let bytes = read_bounded(path, MAX_BYTES).map_err(|e| match e {
        NotRead::NotAFile => (whole, "Not a regular file".to_owned(), "put a file there"),
        NotRead::TooLarge => (
            whole,
            "Larger than 1 MiB".to_owned(),
            "split the configuration up",
        ),
        NotRead::Io(e) => (
            whole,
            format!("Cannot be read: {e}"),
            "check its permissions",
        ),
    })?;
    decode(bytes).map_err(|at| (at, "Not UTF-8".to_owned(), "save the file as UTF-8"))
}

/// The text, or where it stops being UTF-8.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<String, Position> {
    String::from_utf8(bytes).map_err(|e| {
        let valid = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line_start = valid.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position {
            line: count(valid.iter().filter(|b| **b == b'\n').count() + 1),
            column: count(
                String::from_utf8_lossy(&valid[line_start..])
                    .chars()
                    .count()
                    + 1,
            ),
        }
    })
}

/// Why a file was not read.
#[derive(Debug)]
pub(crate) enum NotRead {
    NotAFile,
    TooLarge,
    Io(std::io::Error),
}

/// All of a regular file, if it is not larger than `most`.
pub(crate) fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>, NotRead> {
    // Looked at before opening: opening a named pipe would wait for a writer.
    if !fs::metadata(path).map_err(NotRead::Io)?.is_file() {
        return Err(NotRead::NotAFile);
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(NotRead::Io)?;
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(NotRead::Io)?;
    if bytes.len() as u64 > most {
        return Err(NotRead::TooLarge);
    }
    Ok(bytes)
}
