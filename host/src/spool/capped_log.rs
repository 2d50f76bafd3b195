//! What a tool wrote, byte for byte: the beginning and the end of it.
//!
//! The first 32 MiB go to the file as they come; of the rest the last 64 KiB are kept in memory
//! and written at the end, after a line that says how much is missing. It never interprets the
//! bytes and never makes the attempt wait or fail.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use super::quiet::QuietFile;

/// How much of the beginning is kept, in bytes.
const HEAD: u64 = 32 << 20;
/// How much of the end is kept, in bytes.
const TAIL: usize = 64 << 10;

/// The writing end of a log; goes quiet after the first error.
#[derive(Debug)]
pub struct CappedLog {
    file: QuietFile,
    /// How much more of the beginning fits.
    room: u64,
    tail: VecDeque<u8>,
    tail_cap: usize,
    n_bytes: u64,
    left_out: u64,
}

/// How a log ended.
#[derive(Debug)]
pub struct LogEnd {
    /// How much the tool wrote, in bytes.
    pub n_bytes: u64,
    /// How much of that is not in the file, at least; zero: all of it is.
    pub left_out: u64,
    /// What the file could not take, if it could not.
    pub error: Option<io::Error>,
}

impl CappedLog {
    pub(super) fn open(path: &Path) -> Self {
        Self::with_caps(path, HEAD, TAIL)
    }

    pub(super) fn with_caps(path: &Path, head: u64, tail_cap: usize) -> Self {
        let file = QuietFile::open(path);
        let length = file.file().and_then(|file| file.metadata().ok());
        Self {
            room: head.saturating_sub(length.map_or(0, |meta| meta.len())),
            file,
            tail: VecDeque::new(),
            tail_cap,
            n_bytes: 0,
            left_out: 0,
        }
    }

    /// Take what the tool wrote.
    pub fn write(&mut self, bytes: &[u8]) {
        self.n_bytes += length(bytes);
        let n_head = usize::try_from(self.room).unwrap_or(usize::MAX);
        let (head, rest) = bytes.split_at(n_head.min(bytes.len()));
        self.room -= length(head);
        if !head.is_empty() && !self.file.append(head) {
            self.left_out += length(head);
        }
        // Only the last bytes of a flood pass through the memory that keeps them.
        let (skipped, rest) = rest.split_at(rest.len().saturating_sub(self.tail_cap));
        self.left_out += length(skipped);
        let overflow = (self.tail.len() + rest.len()).saturating_sub(self.tail_cap);
        self.left_out += u64::try_from(self.tail.drain(..overflow).count()).unwrap_or_default();
        self.tail.extend(rest);
    }

    /// Whether something is missing by now.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.left_out > 0
    }

    /// What the file could not take, if it could not.
    #[must_use]
    pub fn error(&self) -> Option<&io::Error> {
        self.file.error()
    }

    /// Write the end that was kept, and say what is missing.
    pub fn finish(mut self) -> LogEnd {
        let mut end = Vec::new();
        if self.left_out > 0 {
            end.extend(format!("\n[tollgate: {} bytes left out]\n", self.left_out).bytes());
        }
        end.extend(&self.tail);
        if !self.file.append(&end) {
            self.left_out += u64::try_from(self.tail.len()).unwrap_or_default();
        }
        LogEnd {
            n_bytes: self.n_bytes,
            left_out: self.left_out,
            error: self.file.into_error(),
        }
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
