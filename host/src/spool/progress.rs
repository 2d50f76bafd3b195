//! What a viewer shows of an attempt: one JSON value a line, written by one, read by many.
//!
//! The writer never waits for a reader: there is a file between them. Only lines that end count;
//! what a killed writer left half-written is closed by the next one and skipped. What an item
//! means is the caller's.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::SpoolError;
use super::files;
use super::quiet::QuietFile;

/// The longest line that is written or read, in bytes, its newline included.
pub const MAX_PROGRESS_LINE: usize = 16 << 20;

const CHUNK: usize = 64 << 10;

/// The writing end; goes quiet after the first error.
#[derive(Debug)]
pub struct ProgressLog {
    file: QuietFile,
    refused: Option<io::Error>,
    line: Vec<u8>,
}

impl ProgressLog {
    pub(super) fn open(path: &Path) -> Self {
        let mut log = Self {
            file: QuietFile::open(path),
            refused: None,
            line: Vec::new(),
        };
        if log.file.file().is_some_and(ends_torn) {
            log.file.append(b"\n");
        }
        log
    }

    /// Append an item, in one write. One that cannot be written as a line is left out.
    pub fn append<T: Serialize>(&mut self, item: &T) {
        self.line.clear();
        let encoded = serde_json::to_writer(&mut self.line, item);
        self.line.push(b'\n');
        let refused = match encoded {
            Err(error) => io::Error::from(error),
            Ok(()) if self.line.len() > MAX_PROGRESS_LINE => io::ErrorKind::FileTooLarge.into(),
            Ok(()) => {
                self.file.append(&self.line);
                return;
            }
        };
        self.refused.get_or_insert(refused);
    }

    /// Why something is missing, if anything is.
    #[must_use]
    pub fn error(&self) -> Option<&io::Error> {
        self.file.error().or(self.refused.as_ref())
    }
}

fn ends_torn(file: &File) -> bool {
    let length = file.metadata().map_or(0, |meta| meta.len());
    let mut last = [b'\n'];
    length > 0 && file.read_exact_at(&mut last, length - 1).is_ok() && last != *b"\n"
}

/// A reading end, which remembers how far it has read.
#[derive(Debug)]
pub struct ProgressReader {
    path: PathBuf,
    file: Option<File>,
    buffer: Vec<u8>,
    /// Start of what was not given out yet.
    start: usize,
    /// Up to here there is no newline.
    scanned: usize,
    /// Within a line that is too long to be kept.
    overlong: bool,
    n_skipped: u64,
}

impl ProgressReader {
    /// A reader from the start; the file may come later.
    pub(super) fn open(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            buffer: Vec::new(),
            start: 0,
            scanned: 0,
            overlong: false,
            n_skipped: 0,
        }
    }

    /// The next item; `None` when there is none yet.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_item<T: DeserializeOwned>(&mut self) -> Result<Option<T>, SpoolError> {
        loop {
            let line = self.next_line().map_err(|source| SpoolError::Read {
                path: self.path.clone(),
                source,
            })?;
            let Some(line) = line else {
                return Ok(None);
            };
            match serde_json::from_slice(&self.buffer[line]) {
                Ok(item) => return Ok(Some(item)),
                Err(_) => self.n_skipped += 1,
            }
        }
    }

    /// How many lines were passed over: torn, too long, or not an item.
    #[must_use]
    pub fn n_skipped(&self) -> u64 {
        self.n_skipped
    }

    fn next_line(&mut self) -> io::Result<Option<Range<usize>>> {
        loop {
            let fresh = &self.buffer[self.scanned..];
            if let Some(length) = fresh.iter().position(|byte| *byte == b'\n') {
                let line = self.start..self.scanned + length;
                self.start = line.end + 1;
                self.scanned = self.start;
                if !std::mem::take(&mut self.overlong) {
                    return Ok(Some(line));
                }
                continue;
            }
            self.scanned = self.buffer.len();
            if self.overlong || self.scanned - self.start >= MAX_PROGRESS_LINE {
                self.n_skipped += u64::from(!self.overlong);
                self.overlong = true;
                self.start = self.scanned;
            }
            if !self.read_more()? {
                return Ok(None);
            }
        }
    }

    fn read_more(&mut self) -> io::Result<bool> {
        if self.file.is_none() {
            self.file = files::open_to_read(&self.path)?;
        }
        let Some(file) = &mut self.file else {
            return Ok(false);
        };
        self.buffer.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
        let limit = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        Ok(file.take(limit).read_to_end(&mut self.buffer)? > 0)
    }
}
