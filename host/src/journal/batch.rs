//! Lines become records only as whole batches, in sequence: everything else becomes damage.
//!
//! Pure: it is fed lines and keeps no file. What it has seen since the last complete batch is
//! provisional, because a writer that failed may still take those bytes back.

use crate::model::{Cursor, Digest, Event};

use super::damage::{Damage, DamageKind, DamageLog, Gap};

/// An event with its place and its line.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The event.
    pub event: Event,
    /// Where it stands.
    pub cursor: Cursor,
    /// Digest of the keyed command that caused it.
    pub command: Option<Digest>,
    /// The line as it stands in the log, newline excluded; keeps what this version does not know.
    pub line: Vec<u8>,
}

impl Record {
    /// Where its line ends in the segment, newline included.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.cursor.offset + self.n_bytes()
    }

    fn n_bytes(&self) -> u64 {
        self.line.len() as u64 + 1
    }
}

/// Collects lines into batches.
#[derive(Debug)]
pub(super) struct Assembler {
    /// The log that records must belong to; the first complete batch decides when nobody said.
    pub(super) log: Option<String>,
    /// Sequence number that the next batch should begin with.
    pub(super) expected: u64,
    /// Lines of the running batch that were consumed before, when reading began within it.
    carried: u32,
    pending: Vec<Record>,
    provisional: Vec<Damage>,
    pub(super) damage: DamageLog,
}

impl Assembler {
    pub(super) fn new(expected: u64) -> Self {
        Self {
            log: None,
            expected,
            carried: 0,
            pending: Vec::new(),
            provisional: Vec::new(),
            damage: DamageLog::default(),
        }
    }

    /// Go on behind `event`, which was consumed before.
    pub(super) fn behind(event: &Event) -> Self {
        let (position, size) = event.batch;
        Self {
            log: Some(event.log.clone()),
            carried: if position + 1 < size { position + 1 } else { 0 },
            ..Self::new(event.seq + 1)
        }
    }

    /// Take a line that is no event.
    pub(super) fn push_damage(&mut self, damage: Damage) {
        self.abandon_batch();
        self.provisional.push(damage);
    }

    /// Take an event; gives back its batch when it completes one.
    pub(super) fn push(&mut self, record: Record) -> Option<Vec<Record>> {
        let (position, size) = record.event.batch;
        if position >= size {
            self.push_damage(damage_of(&record, DamageKind::BadEnvelope));
            return None;
        }
        if self
            .log
            .as_ref()
            .is_some_and(|log| *log != record.event.log)
        {
            self.push_damage(damage_of(&record, DamageKind::ForeignLog));
            return None;
        }
        if !self.continues_batch(&record) {
            self.abandon_batch();
            if position != 0 {
                self.provisional
                    .push(damage_of(&record, DamageKind::IncompleteBatch));
                return None;
            }
        }
        self.pending.push(record);
        if position + 1 < size {
            return None;
        }
        self.settle_batch()
    }

    /// Forget what is provisional: those bytes will be read again.
    pub(super) fn forget(&mut self) {
        self.pending.clear();
        self.provisional.clear();
    }

    /// Nothing will follow in this segment: what is provisional is damage.
    pub(super) fn give_up(&mut self) {
        self.abandon_batch();
        for damage in self.provisional.drain(..) {
            self.damage.add(damage);
        }
    }

    fn continues_batch(&self, record: &Record) -> bool {
        let (position, size) = record.event.batch;
        match self.pending.last() {
            Some(last) => {
                last.event.batch == (position.wrapping_sub(1), size)
                    && last.event.seq + 1 == record.event.seq
            }
            None => position == self.carried,
        }
    }

    fn abandon_batch(&mut self) {
        self.carried = 0;
        for record in self.pending.drain(..) {
            self.provisional
                .push(damage_of(&record, DamageKind::IncompleteBatch));
        }
    }

    fn settle_batch(&mut self) -> Option<Vec<Record>> {
        self.carried = 0;
        let batch = std::mem::take(&mut self.pending);
        let (first, last) = (batch.first()?.event.seq, batch.last()?.event.seq);
        if first < self.expected {
            let duplicates = batch.iter();
            self.provisional
                .extend(duplicates.map(|record| damage_of(record, DamageKind::Duplicate)));
            return None;
        }
        self.give_up();
        if first > self.expected {
            self.damage.add_gap(Gap {
                first: self.expected,
                last: first - 1,
            });
        }
        self.expected = last + 1;
        self.log.get_or_insert_with(|| batch[0].event.log.clone());
        Some(batch)
    }
}

fn damage_of(record: &Record, kind: DamageKind) -> Damage {
    Damage {
        segment: record.cursor.segment,
        offset: record.cursor.offset,
        bytes: record.n_bytes(),
        kind,
    }
}
