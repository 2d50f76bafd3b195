//! A place in the journal, precise enough to notice that the journal is not the same any more.

use serde::{Deserialize, Serialize};

/// One record of the journal: where its line begins, and what it was.
///
/// Whoever keeps a cursor (the index, a snapshot, a live view) re-reads that record before it goes
/// on: a different checksum, or none, means that the log was swapped, cut, or damaged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// The log: 8 hex digits.
    pub log: String,
    /// First sequence number of the segment, which names its file.
    pub segment: u64,
    /// Where the record's line begins in the segment, in bytes.
    pub offset: u64,
    /// Its sequence number.
    pub seq: u64,
    /// Its CRC-32C.
    pub crc: u32,
}
