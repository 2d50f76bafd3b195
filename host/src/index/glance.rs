//! A look at the files of the index that changes none of them, for whoever checks a house.
//!
//! It tells what is there and whether a writer would believe it; making it good is the writer's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::Cursor;

use super::error::IndexError;
use super::marker::{Left, Marker};
use super::place;
use super::reader::IndexReader;
use super::schema::SCHEMA_VERSION;
use super::writer::is_sound;

/// A file that holds an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFile {
    /// Where it is.
    pub path: PathBuf,
    /// The log that it is of, by its name.
    pub log: String,
    /// The version of its tables, by its name.
    pub version: u32,
}

/// Why an index would not be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Its structure is damaged.
    Corrupt,
    /// Its files were changed by somebody else.
    Changed,
}

/// What there is to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// Why it would not be believed, if so; then the rest says nothing.
    pub doubt: Option<Doubt>,
    /// The last record taken in.
    pub cursor: Option<Cursor>,
    /// Events that were not possible where their attempt stood.
    pub n_illegal: u64,
}

impl IndexFile {
    /// Whether only an older program would use it.
    #[must_use]
    pub fn is_old(&self) -> bool {
        self.version < SCHEMA_VERSION
    }

    /// Whether this program would use it.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.version == SCHEMA_VERSION
    }

    /// Remove it, and what belongs to it.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self) -> Result<(), IndexError> {
        place::remove(&self.path)?;
        place::remove(&place::companion(&self.path, "-wal"))?;
        place::remove(&place::companion(&self.path, "-shm"))
    }
}

/// The version of SQLite, and whether it is one that never loses what it committed.
#[must_use]
pub fn sqlite() -> (&'static str, bool) {
    let is_fit = place::check_library(rusqlite::version_number()).is_ok();
    (rusqlite::version(), is_fit)
}

/// All index files of a state directory, by name.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(state_dir: &Path) -> Result<Vec<IndexFile>, IndexError> {
    let dir = place::dir(state_dir);
    let failed = |source| IndexError::File {
        path: dir.clone(),
        source,
    };
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        let parts = name.to_str().and_then(parse);
        files.extend(parts.map(|(log, version)| IndexFile {
            path: dir.join(&name),
            log,
            version,
        }));
    }
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Look into an index file.
///
/// # Errors
/// [`IndexError::Busy`] while a writer is at it; else when it cannot be looked at.
pub fn glance(state_dir: &Path, file: &IndexFile) -> Result<Glance, IndexError> {
    let doubtful = |doubt| Glance {
        doubt: Some(doubt),
        cursor: None,
        n_illegal: 0,
    };
    let marker = Marker::hush(&place::dir(state_dir))?;
    // The note is about the one that was written last.
    let left = marker.as_ref().map(|marker| marker.left(&file.path));
    let look = || {
        let reader = IndexReader::glance(&file.path)?;
        let failed = IndexError::doing("check the index");
        let sound = left != Some(Left::Open) || is_sound(reader.connection()).map_err(failed)?;
        Ok(Glance {
            doubt: (!sound).then_some(Doubt::Corrupt),
            cursor: reader.cursor()?,
            n_illegal: reader.n_illegal()?,
        })
    };
    match look() {
        Err(IndexError::Corrupt { .. } | IndexError::Sqlite { .. }) => Ok(doubtful(Doubt::Corrupt)),
        Ok(_) if left == Some(Left::Suspect) => Ok(doubtful(Doubt::Changed)),
        seen => seen,
    }
}

/// The log and the version in `LOG-v2.sqlite3`.
fn parse(name: &str) -> Option<(String, u32)> {
    let (log, version) = name.strip_suffix(".sqlite3")?.rsplit_once("-v")?;
    Some((log.to_owned(), version.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_log_and_version() {
        let id = "019a-b-vc";
        assert_eq!(
            parse(&format!("{id}-v12.sqlite3")),
            Some((id.to_owned(), 12))
        );
        for other in [
            "index.lock",
            "a-v2.sqlite3-wal",
            "a-v2.rebuild",
            "a-vx.sqlite3",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
