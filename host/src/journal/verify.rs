//! Every byte of the log accounted for: as an event, or as damage with place and reason.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::damage::{Damage, DamageKind, DamageLog, Gap};
use super::error::JournalError;
use super::lock::{Waiting, hush};
use super::read::Reader;
use super::segment;

/// What the log consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// The log's id.
    pub log: Option<String>,
    /// Files.
    pub n_segments: u64,
    /// Good records.
    pub n_events: u64,
    /// Sequence number of the first good record.
    pub first_seq: Option<u64>,
    /// Sequence number of the last good record.
    pub last_seq: Option<u64>,
    /// When the last good record was written, by the clock of then.
    pub last_at: Option<Timestamp>,
    /// Size of all files.
    pub n_bytes: u64,
    /// Bytes in good records.
    pub n_good_bytes: u64,
    /// Bytes in damaged pieces.
    pub n_damaged_bytes: u64,
    /// Number of damaged pieces.
    pub n_damaged: u64,
    /// The damaged pieces; at most the first 10,000.
    pub damage: Vec<Damage>,
    /// Sequence numbers that no good record holds.
    pub gaps: Vec<Gap>,
}

impl VerifyReport {
    /// Whether every byte is either in a good record or in a damaged piece.
    #[must_use]
    pub fn is_accounted_for(&self) -> bool {
        self.n_good_bytes + self.n_damaged_bytes == self.n_bytes
    }

    /// Whether there is no damage that could have cost an acknowledged event. Torn lines and
    /// incomplete batches are what a killed writer leaves; nobody was told that they were written.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let harmless =
            |damage: &Damage| matches!(damage.kind, DamageKind::Torn | DamageKind::IncompleteBatch);
        self.gaps.is_empty() && self.damage.iter().all(harmless)
    }
}

/// Read all of the log and report; changes nothing. Writers may go on meanwhile; what they add while the end is
/// being looked at waits for the lock.
///
/// # Errors
/// When the log cannot be read, or a newer program wrote it.
pub fn verify(state_dir: &Path) -> Result<VerifyReport, JournalError> {
    let log_dir = segment::log_dir(state_dir);
    let mut report = VerifyReport::default();
    let mut visited = Vec::new();
    let mut reader = Reader::open(state_dir)?;
    read_all(&mut reader, &mut report, &mut visited)?;

    // Under the lock nobody is in the middle of a write, so the tail is what it is. Where the
    // lock cannot be had (no log yet, a read-only copy), nobody writes either.
    let held = hush(&log_dir, Waiting::begin(), Duration::from_secs(5))?;
    read_all(&mut reader, &mut report, &mut visited)?;
    reader.give_up_tail()?;
    let mut damage: DamageLog = reader.damage_log().clone();
    visited.extend(reader.settled().map(|(first, _)| first));
    for (first, bytes) in segment::list(&log_dir)? {
        report.n_segments += 1;
        report.n_bytes += bytes;
        if bytes > 0 && !visited.contains(&first) {
            damage.add(Damage {
                segment: first,
                offset: 0,
                bytes,
                kind: DamageKind::Unreached,
            });
        }
    }
    drop(held);
    report.log = reader.log().map(str::to_owned);
    report.n_damaged = damage.n_pieces;
    report.n_damaged_bytes = damage.n_bytes;
    report.damage = damage.pieces;
    report.gaps = damage.gaps;
    Ok(report)
}

fn read_all(
    reader: &mut Reader,
    report: &mut VerifyReport,
    visited: &mut Vec<u64>,
) -> Result<(), JournalError> {
    while let Some(record) = reader.next_record()? {
        report.n_events += 1;
        report.n_good_bytes += record.line.len() as u64 + 1;
        report.first_seq.get_or_insert(record.event.seq);
        report.last_seq = Some(record.event.seq);
        report.last_at = Some(record.event.at);
        if visited.last() != Some(&record.cursor.segment) {
            visited.push(record.cursor.segment);
        }
    }
    Ok(())
}
