//! A file whose writer has more important things to do than to fail.
//!
//! A full disk must not end the attempt whose output did not fit. After the first error nothing
//! more is written; the error is kept for whoever asks.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::files;

/// A file open for appending, or the reason why it is not any more.
#[derive(Debug)]
pub(super) enum QuietFile {
    Open(File),
    Failed(io::Error),
}

impl QuietFile {
    /// Open the file for appending; a failure is kept like any other.
    pub(super) fn open(path: &Path) -> Self {
        // Readable, so that the end of what is there can be looked at.
        let mut options = OpenOptions::new();
        match files::open(options.read(true).append(true).create(true), path) {
            Ok(file) => Self::Open(file),
            Err(error) => Self::Failed(error),
        }
    }

    /// Append `bytes`; whether all of them are there.
    pub(super) fn append(&mut self, bytes: &[u8]) -> bool {
        let Self::Open(file) = self else {
            return false;
        };
        match file.write_all(bytes) {
            Ok(()) => true,
            Err(error) => {
                *self = Self::Failed(error);
                false
            }
        }
    }

    pub(super) fn file(&self) -> Option<&File> {
        match self {
            Self::Open(file) => Some(file),
            Self::Failed(_) => None,
        }
    }

    pub(super) fn error(&self) -> Option<&io::Error> {
        match self {
            Self::Open(_) => None,
            Self::Failed(error) => Some(error),
        }
    }

    pub(super) fn into_error(self) -> Option<io::Error> {
        match self {
            Self::Open(_) => None,
            Self::Failed(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_remembered_and_not_asked_again() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut file = QuietFile::Open(full);
        assert!(file.error().is_none());
        assert!(!file.append(b"x"));
        assert_eq!(file.error().unwrap().kind(), io::ErrorKind::StorageFull);
        assert!(file.file().is_none());
        assert!(!file.append(b"x"));
        assert!(file.into_error().is_some());
    }
}
