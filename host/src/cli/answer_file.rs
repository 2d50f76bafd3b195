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
    beside: PathBuf,
    file: File,
}

impl AnswerFile {
    /// Make sure that `path` can be written.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.new", std::process::id()));
        let beside = path.with_file_name(name);
        if path.is_dir() {
            return Err(unwritable(
                path,
                &io::Error::from(io::ErrorKind::IsADirectory),
            ));
        }
        let file = File::create(&beside).map_err(|error| unwritable(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            beside,
            file,
        })
    }

    /// Write the answer, with a line feed at its end.
    pub(super) fn write(mut self, answer: &str) -> Result<(), Failure> {
        let written = self.complete(answer);
        written.map_err(|error| {
            unwritable(&self.path, &error)
                .hint("the answer is on standard output, and the run is on record")
        })
    }

    fn complete(&mut self, answer: &str) -> io::Result<()> {
        self.file.write_all(answer.as_bytes())?;
        if !answer.ends_with('\n') {
            self.file.write_all(b"\n")?;
        }
        self.file.sync_data()?;
        std::fs::rename(&self.beside, &self.path)
    }
}

impl Drop for AnswerFile {
    fn drop(&mut self) {
        // Gone already when the answer was written.
        drop(std::fs::remove_file(&self.beside));
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Code::Io,
        format!("cannot write {}: {error}", path.display()),
    )
}
