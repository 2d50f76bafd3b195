//! Bytes of the log that are not events, described; and sequence numbers that nobody holds.
//!
//! Damage never stops a reader: it is counted, shown, and stepped over.

use std::fmt;

/// Why some bytes are not events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DamageKind {
    /// A line without its end; its writer died, or the device lost it. Never acknowledged, unless
    /// the device lied.
    Torn,
    /// The checksum does not fit the line.
    BadCrc,
    /// The checksum does not fit, and the line is not UTF-8.
    BadUtf8,
    /// The checksum fits, yet the line is not JSON.
    NotJson,
    /// The checksum fits, yet members are missing or of the wrong type.
    BadEnvelope,
    /// More bytes than a line may have.
    TooLong,
    /// A good line whose batch is not complete; the batch counts as never written.
    IncompleteBatch,
    /// A good line with a sequence number that was there before.
    Duplicate,
    /// A good line of another log.
    ForeignLog,
    /// A segment that the log does not lead to.
    Unreached,
}

impl DamageKind {
    /// The word used in documents and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Torn => "torn",
            Self::BadCrc => "bad_crc",
            Self::BadUtf8 => "bad_utf8",
            Self::NotJson => "not_json",
            Self::BadEnvelope => "bad_envelope",
            Self::TooLong => "too_long",
            Self::IncompleteBatch => "incomplete_batch",
            Self::Duplicate => "duplicate",
            Self::ForeignLog => "foreign_log",
            Self::Unreached => "unreached",
        }
    }
}

/// One line, or the rest of one, that is not an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The segment, by its first sequence number.
    pub segment: u64,
    /// Where it begins in the segment.
    pub offset: u64,
    /// How many bytes, newline included.
    pub bytes: u64,
    /// Why.
    pub kind: DamageKind,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "segment {}, byte {}: {} bytes, {}",
            self.segment,
            self.offset,
            self.bytes,
            self.kind.as_str()
        )
    }
}

/// Sequence numbers that no readable event holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first that is missing.
    pub first: u64,
    /// The last that is missing.
    pub last: u64,
}

/// All damage met: totals for everything, details for the first [`Self::DETAILED`].
#[derive(Debug, Clone, Default)]
pub(super) struct DamageLog {
    pub(super) n_pieces: u64,
    pub(super) n_bytes: u64,
    pub(super) pieces: Vec<Damage>,
    pub(super) gaps: Vec<Gap>,
}

impl DamageLog {
    /// A segment of nothing but newlines must not fill the memory.
    pub(super) const DETAILED: usize = 10_000;

    pub(super) fn add(&mut self, damage: Damage) {
        self.n_pieces += 1;
        self.n_bytes += damage.bytes;
        if self.pieces.len() < Self::DETAILED {
            self.pieces.push(damage);
        }
    }

    pub(super) fn add_gap(&mut self, gap: Gap) {
        if self.gaps.len() < Self::DETAILED {
            self.gaps.push(gap);
        }
    }
}
