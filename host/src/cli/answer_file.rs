//! The file that an answer is written to.
//!
//! Opened before anything is spent, complete or not there afterwards: it is written beside its
//! destination and takes that name in one step.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::failure::{Code, Failure};

/// A place for an answer. What was there before stays until the answer is complete.
pub(super) struct AnswerFile {
    path: PathBuf,
    file: File,
    /// Where it is written first; `None` for a device or a pipe, which is written as it is and
    /// must never be replaced.
    beside: Option<PathBuf>,
}

impl AnswerFile {
    /// Make sure that `path` can be written. A symbolic link stays one: its target is written.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error| unwritable(path, &error);
        let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let (file, beside) = match std::fs::metadata(&target) {
            Ok(there) if there.is_dir() => {
                return Err(failed(io::Error::from(io::ErrorKind::IsADirectory)));
            }
            Ok(there) if !there.is_file() => (
                File::options().write(true).open(&target).map_err(failed)?,
                None,
            ),
            _ => {
                let mut name = target.file_name().unwrap_or_default().to_os_string();
                name.push(format!(".{}.new", std::process::id()));
                let beside = target.with_file_name(name);
                (File::create(&beside).map_err(failed)?, Some(beside))
            }
        };
        Ok(Self {
            path: target,
            file,
            beside,
        })
    }

    /// Write the answer, with a line feed at its end.
    pub(super) fn write(mut self, answer: &str) -> Result<(), Failure> {
        let end = if answer.ends_with('\n') { "" } else { "\n" };
        let written = self.complete(&[answer.as_bytes(), end.as_bytes()]);
        written.map_err(|error| {
            unwritable(&self.path, &error)
                .hint("the answer is on standard output, and the run is on record")
        })
    }

    /// Write these bytes and no others.
    pub(super) fn write_bytes(mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = self.complete(&[bytes]);
        written.map_err(|error| unwritable(&self.path, &error))
    }

    fn complete(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        for part in parts {
            self.file.write_all(part)?;
        }
        let Some(beside) = &self.beside else {
            return self.file.flush();
        };
        self.file.sync_data()?;
        std::fs::rename(beside, &self.path)
    }
}

impl Drop for AnswerFile {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            // Gone already when the answer was written.
            drop(std::fs::remove_file(beside));
        }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Code::Io,
        format!("cannot write {}: {error}", path.display()),
    )
}
