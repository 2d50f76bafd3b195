//! A file as lines with their offsets, whatever is in it: bounded memory, no assumption of UTF-8.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};

use super::line::MAX_LINE;

const BUFFER: usize = 256 * 1024;

/// For one line: most are far shorter than the longest.
const SMALL_BUFFER: usize = 8 * 1024;

/// Reads lines and knows where it stands.
#[derive(Debug)]
pub(super) struct Lines {
    file: BufReader<File>,
    position: u64,
    line: Vec<u8>,
}

/// What stands between two newlines, or between a newline and the end.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) offset: u64,
    /// Newline included.
    pub(super) bytes: u64,
    /// Newline excluded; `None` when there are more bytes than a line may have.
    pub(super) text: Option<&'a [u8]>,
    /// Whether a newline ends it.
    pub(super) terminated: bool,
}

impl Lines {
    pub(super) fn new(file: File) -> Self {
        Self::with_buffer(file, BUFFER)
    }

    /// For whoever wants one line and no more.
    pub(super) fn for_one(file: File) -> Self {
        Self::with_buffer(file, SMALL_BUFFER)
    }

    fn with_buffer(file: File, bytes: usize) -> Self {
        Self {
            file: BufReader::with_capacity(bytes, file),
            position: 0,
            line: Vec::new(),
        }
    }

    /// Go to `offset` and forget what was read ahead: those bytes may have been taken back.
    pub(super) fn seek(&mut self, offset: u64) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(offset))?;
        self.position = offset;
        Ok(())
    }

    /// About the file that is open, whatever its name is by now.
    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        self.file.get_ref().metadata()
    }

    /// The next line; `None` at the end of the file as it is now.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let offset = self.position;
        self.line.clear();
        let (mut bytes, mut terminated) = (0_u64, false);
        while !terminated {
            let chunk = self.file.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(chunk.len(), |at| at + 1);
            terminated = end.is_some();
            // One byte more than fits is enough to know that the line is too long.
            let room = (MAX_LINE + 1).saturating_sub(self.line.len());
            let text = end.unwrap_or(chunk.len());
            self.line.extend_from_slice(&chunk[..text.min(room)]);
            self.file.consume(taken);
            bytes += taken as u64;
        }
        self.position += bytes;
        Ok((bytes > 0).then_some(Line {
            offset,
            bytes,
            text: (self.line.len() <= MAX_LINE).then_some(&self.line),
            terminated,
        }))
    }
}
