//! Cuts a tool's output into chunks: complete lines, or bytes as they were read.
//!
//! Owns the caps on a line and the numbering of chunks. Pure: bytes in, chunks out, and the same
//! chunks however the bytes were split into reads. It never looks inside a line, never waits, and
//! never holds more than one line of at most [`LineCaps::whole`] bytes.
//!
//! A line ends at LF and nowhere else; everything before it is handed on unchanged, carriage
//! returns and invalid UTF-8 included. The last line counts without its LF.

use std::mem;

use crate::model::{Chunk, Cut, Framing, Source};

/// How long a line may be, and what is kept of one that is longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCaps {
    /// A line of up to this many bytes is handed on whole.
    pub whole: usize,
    /// Bytes kept from the beginning of a longer one.
    pub head: usize,
    /// Bytes kept from its end.
    pub tail: usize,
}

impl Default for LineCaps {
    /// 8 MiB whole (Claude Code prints a 5 MB answer as one line of 5.3 MB); 1 MiB and 64 KiB of
    /// what is longer: enough to tell what the line was, and where totals often stand at its end.
    fn default() -> Self {
        Self {
            whole: 8 << 20,
            head: 1 << 20,
            tail: 64 << 10,
        }
    }
}

/// Counts the chunks of an attempt over all its sources, from 1.
#[derive(Debug, Default)]
pub struct Numbering(u64);

impl Numbering {
    pub(super) fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// The framing of one source.
#[derive(Debug)]
pub struct Framer {
    source: Source,
    framing: Framing,
    line: LongLine,
}

impl Framer {
    /// A framer that has read nothing yet.
    #[must_use]
    pub fn new(source: Source, framing: Framing, caps: LineCaps) -> Self {
        Self {
            source,
            framing,
            line: LongLine::new(caps),
        }
    }

    /// Take what one read returned; hand back what is complete.
    pub fn push(&mut self, bytes: &[u8], numbering: &mut Numbering) -> Vec<Chunk> {
        if self.framing == Framing::Raw {
            let whole = (!bytes.is_empty()).then(|| Piece {
                data: bytes.to_vec(),
                cut: None,
            });
            return whole
                .into_iter()
                .map(|piece| self.chunk(piece, numbering))
                .collect();
        }
        let mut chunks = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.line.append(&rest[..end]);
            let piece = self.line.take();
            chunks.push(self.chunk(piece, numbering));
            rest = &rest[end + 1..];
        }
        self.line.append(rest);
        chunks
    }

    /// The source has ended: hand back its last line, if it had no LF.
    pub fn finish(&mut self, numbering: &mut Numbering) -> Option<Chunk> {
        if self.line.is_empty() {
            return None;
        }
        let piece = self.line.take();
        Some(self.chunk(piece, numbering))
    }

    fn chunk(&self, piece: Piece, numbering: &mut Numbering) -> Chunk {
        let Piece { data, cut } = piece;
        Chunk {
            source: self.source,
            seq: numbering.next(),
            data,
            cut,
        }
    }
}

/// What was gathered: a whole line, or its head with the cut.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) data: Vec<u8>,
    pub(super) cut: Option<Cut>,
}

/// One line being gathered: all of it up to the cap, then only its two ends.
#[derive(Debug)]
pub(super) struct LongLine {
    caps: LineCaps,
    /// The whole line, or its head once `total` exceeds the cap.
    kept: Vec<u8>,
    /// At least the last `caps.tail` bytes of a line that is too long.
    tail: Vec<u8>,
    total: u64,
}

impl LongLine {
    pub(super) fn new(caps: LineCaps) -> Self {
        Self {
            caps,
            kept: Vec::new(),
            tail: Vec::new(),
            total: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }

    pub(super) fn append(&mut self, bytes: &[u8]) {
        let was_cut = self.is_cut();
        self.total += bytes.len() as u64;
        if !self.is_cut() {
            self.kept.extend_from_slice(bytes);
            return;
        }
        if !was_cut {
            // The line has just become too long: what was gathered becomes head and tail.
            self.tail = last(&self.kept, self.caps.tail).to_vec();
            let room = self.caps.head.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(&bytes[..room.min(bytes.len())]);
            self.kept.truncate(self.caps.head);
            self.kept.shrink_to_fit();
        }
        self.tail.extend_from_slice(last(bytes, self.caps.tail));
        // Trimmed only when doubled, so that many small pieces cost one move each on average.
        if self.tail.len() > 2 * self.caps.tail {
            self.tail.drain(..self.tail.len() - self.caps.tail);
        }
    }

    pub(super) fn take(&mut self) -> Piece {
        let cut = self.is_cut().then(|| Cut {
            total_bytes: self.total,
            tail: last(&self.tail, self.caps.tail).to_vec(),
        });
        self.total = 0;
        self.tail = Vec::new();
        Piece {
            data: mem::take(&mut self.kept),
            cut,
        }
    }

    fn is_cut(&self) -> bool {
        self.total > self.caps.whole as u64
    }
}

fn last(bytes: &[u8], n: usize) -> &[u8] {
    &bytes[bytes.len().saturating_sub(n)..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SMALL: LineCaps = LineCaps {
        whole: 10,
        head: 4,
        tail: 3,
    };

    fn frame<'a>(reads: impl IntoIterator<Item = &'a [u8]>, caps: LineCaps) -> Vec<Chunk> {
        let mut numbering = Numbering::default();
        let mut framer = Framer::new(Source::Stdout, Framing::Lines, caps);
        let mut chunks = Vec::new();
        for read in reads {
            chunks.extend(framer.push(read, &mut numbering));
        }
        chunks.extend(framer.finish(&mut numbering));
        chunks
    }

    fn texts(chunks: &[Chunk]) -> Vec<&[u8]> {
        chunks.iter().map(|chunk| chunk.data.as_slice()).collect()
    }

    #[test]
    fn lines_end_at_line_feeds_and_nowhere_else() {
        let chunks = frame(
            [&b"one\r\n\n\xff\xfe\xe2\x80\xa8two\rthree\nlast"[..]],
            SMALL_ENOUGH,
        );
        let wanted: [&[u8]; 4] = [b"one\r", b"", b"\xff\xfe\xe2\x80\xa8two\rthree", b"last"];
        assert_eq!(texts(&chunks), wanted);
        assert_eq!(
            chunks.iter().map(|c| c.seq).collect::<Vec<_>>(),
            [1, 2, 3, 4]
        );
        assert!(chunks.iter().all(|c| c.cut.is_none()));
        assert!(frame([&b""[..]], SMALL).is_empty());
        assert_eq!(texts(&frame([&b"\n"[..]], SMALL)), [&b""[..]]);
    }

    const SMALL_ENOUGH: LineCaps = LineCaps {
        whole: 100,
        head: 4,
        tail: 3,
    };

    #[test]
    fn a_line_at_the_cap_is_whole_and_one_above_is_cut() {
        let chunks = frame([&b"0123456789\n0123456789a\nnext\n"[..]], SMALL);
        assert_eq!(texts(&chunks), [&b"0123456789"[..], b"0123", b"next"]);
        let cut = Cut {
            total_bytes: 11,
            tail: b"89a".to_vec(),
        };
        assert_eq!(
            chunks.iter().map(|c| c.cut.clone()).collect::<Vec<_>>(),
            [None, Some(cut), None]
        );
    }

    #[test]
    fn a_line_of_6_mb_is_whole_and_one_of_100_mb_is_not_held() {
        let read = vec![b'x'; 64 << 10];
        let six = frame((0..96).map(|_| read.as_slice()), LineCaps::default());
        assert_eq!((six.len(), six[0].data.len()), (1, 6 << 20));

        let caps = LineCaps::default();
        let mut line = LongLine::new(caps);
        for _ in 0..1600 {
            line.append(&read);
            assert!(line.kept.len() + line.tail.len() <= caps.whole);
        }
        let Piece { data, cut } = line.take();
        assert_eq!(data.len(), caps.head);
        let cut = cut.unwrap();
        assert_eq!((cut.total_bytes, cut.tail.len()), (100 << 20, caps.tail));
    }

    #[test]
    fn raw_bytes_are_handed_on_as_they_were_read() {
        let mut numbering = Numbering::default();
        let mut framer = Framer::new(Source::Stderr, Framing::Raw, SMALL);
        let chunks = framer.push(b"a\nb, and much more than ten bytes", &mut numbering);
        assert_eq!(texts(&chunks), [&b"a\nb, and much more than ten bytes"[..]]);
        assert!(framer.push(b"", &mut numbering).is_empty());
        assert_eq!(framer.finish(&mut numbering), None);
    }

    #[test]
    fn numbers_run_over_all_sources() {
        let mut numbering = Numbering::default();
        let mut out = Framer::new(Source::Stdout, Framing::Lines, SMALL);
        let mut err = Framer::new(Source::Stderr, Framing::Lines, SMALL);
        let mut seen = Vec::new();
        seen.extend(out.push(b"a\nb\n", &mut numbering));
        seen.extend(err.push(b"a\nb\n", &mut numbering));
        seen.extend(out.push(b"a\nb\n", &mut numbering));
        assert_eq!(
            seen.iter().map(|c| c.seq).collect::<Vec<_>>(),
            [1, 2, 3, 4, 5, 6]
        );
    }

    proptest! {
        #[test]
        fn how_the_bytes_were_read_makes_no_difference(
            bytes in prop::collection::vec(prop_oneof![1 => Just(b'\n'), 6 => any::<u8>()], 0..200),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
            prop_assert_eq!(frame(pieces, SMALL), frame([&bytes[..]], SMALL));
        }

        #[test]
        fn every_byte_is_accounted_for(bytes in prop::collection::vec(
            prop_oneof![1 => Just(b'\n'), 9 => any::<u8>()], 0..300)
        ) {
            let chunks = frame([&bytes[..]], SMALL);
            let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            if lines.last().is_some_and(|last| last.is_empty()) {
                lines.pop();
            }
            prop_assert_eq!(chunks.len(), lines.len());
            for (chunk, line) in chunks.iter().zip(lines) {
                match &chunk.cut {
                    None => prop_assert_eq!(&chunk.data[..], line),
                    Some(cut) => {
                        prop_assert_eq!(cut.total_bytes, line.len() as u64);
                        prop_assert!(line.starts_with(&chunk.data) && line.ends_with(&cut.tail));
                        prop_assert_eq!((chunk.data.len(), cut.tail.len()), (SMALL.head, SMALL.tail));
                    }
                }
            }
        }
    }
}
