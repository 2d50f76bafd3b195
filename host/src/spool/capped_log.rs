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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(chunks: &[Vec<u8>]) -> (String, LogEnd) {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("log");
        let mut log = CappedLog::with_caps(&path, 8, 4);
        for chunk in chunks {
            log.write(chunk);
        }
        let is_cut = log.is_cut();
        let end = log.finish();
        assert_eq!(is_cut, end.left_out > 0);
        assert!(end.error.is_none());
        (std::fs::read_to_string(path).unwrap(), end)
    }

    #[test]
    fn the_beginning_and_the_end_are_kept() {
        let (text, _) = written(&[b"0123456789".to_vec(), b"abcdefgh".to_vec()]);
        assert_eq!(text, "01234567\n[tollgate: 6 bytes left out]\nefgh");
        let (text, end) = written(&[b"0123456789ab".to_vec()]);
        assert_eq!((text.as_str(), end.left_out), ("0123456789ab", 0));
    }

    proptest! {
        #[test]
        fn however_it_comes_in_pieces(
            chunks in proptest::collection::vec(proptest::collection::vec(b'a'..=b'z', 0..20), 0..8)
        ) {
            let whole = String::from_utf8(chunks.concat()).unwrap();
            let (text, end) = written(&chunks);
            prop_assert_eq!(end.n_bytes, whole.len() as u64);
            if whole.len() <= 12 {
                prop_assert_eq!(text, whole);
            } else {
                let left_out = whole.len() - 12;
                prop_assert_eq!(end.left_out, left_out as u64);
                let (head, tail) = (&whole[..8], &whole[whole.len() - 4..]);
                let note = format!("{head}\n[tollgate: {left_out} bytes left out]\n{tail}");
                prop_assert_eq!(text, note);
            }
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_told_at_the_end() {
        let full = std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let mut log = CappedLog {
            file: QuietFile::Open(full),
            room: 8,
            tail: VecDeque::new(),
            tail_cap: 4,
            n_bytes: 0,
            left_out: 0,
        };
        log.write(b"0123456789abcdef");
        assert!(log.error().is_some());
        let end = log.finish();
        assert_eq!((end.n_bytes, end.left_out), (16, 16));
        assert_eq!(end.error.unwrap().kind(), io::ErrorKind::StorageFull);
    }
}
