//! Lines become records only as whole batches, in sequence: everything else becomes damage.
//!
//! A writer writes a batch in one go and in order, so a crash cuts off its end and nothing else. A
//! bad line with good ones of the same batch behind it is therefore not a crash but damage done
//! later: the batch was complete, and its good lines still count.
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
    /// Bad lines since the last complete batch, which may stand in the middle of the running one.
    holes: Vec<Damage>,
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
            holes: Vec::new(),
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
        self.holes.push(damage);
    }

    /// Take an event; gives back the batches that are complete with it, in order.
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
        let mut complete = None;
        if !self.continues_batch(&record) {
            if self.closes_batch_before(&record) {
                complete = self.settle_batch();
            }
            self.abandon_batch();
            if position != 0 {
                self.provisional
                    .push(damage_of(&record, DamageKind::IncompleteBatch));
                return complete;
            }
        }
        self.pending.push(record);
        if position + 1 < size {
            return complete;
        }
        match (complete, self.settle_batch()) {
            (Some(mut before), Some(batch)) => {
                before.extend(batch);
                Some(before)
            }
            (before, batch) => before.or(batch),
        }
    }

    /// Forget what is provisional: those bytes will be read again.
    pub(super) fn forget(&mut self) {
        self.pending.clear();
        self.holes.clear();
        self.provisional.clear();
    }

    /// Nothing will follow in this segment: what is provisional is damage.
    pub(super) fn give_up(&mut self) {
        self.abandon_batch();
        for damage in self.provisional.drain(..) {
            self.damage.add(damage);
        }
    }

    /// Whether `record` goes on with the running batch, perhaps behind bad lines of it.
    fn continues_batch(&self, record: &Record) -> bool {
        let (position, size) = record.event.batch;
        let (next, expected, same_batch) = match self.pending.last() {
            Some(last) => (
                last.event.batch.0 + 1,
                last.event.seq + 1,
                last.event.batch.1 == size,
            ),
            None => (self.carried, self.expected, true),
        };
        if self.pending.is_empty() && position == self.carried {
            return true;
        }
        let skipped = position.checked_sub(next);
        same_batch
            && skipped.is_some_and(|skipped| {
                record.event.seq == expected + u64::from(skipped)
                    && (skipped == 0 || !self.holes.is_empty())
            })
    }

    /// Whether `record` begins right where the running batch ends if its last lines are bad: whoever
    /// wrote it had seen that batch complete.
    fn closes_batch_before(&self, record: &Record) -> bool {
        let (Some(last), 0) = (self.pending.last(), record.event.batch.0) else {
            return false;
        };
        let (position, size) = last.event.batch;
        !self.holes.is_empty() && record.event.seq == last.event.seq + u64::from(size - position)
    }

    fn abandon_batch(&mut self) {
        self.carried = 0;
        for record in self.pending.drain(..) {
            self.provisional
                .push(damage_of(&record, DamageKind::IncompleteBatch));
        }
        self.provisional.append(&mut self.holes);
    }

    fn settle_batch(&mut self) -> Option<Vec<Record>> {
        self.carried = 0;
        let batch = std::mem::take(&mut self.pending);
        self.provisional.append(&mut self.holes);
        let (first, last) = (batch.first()?.event.seq, batch.last()?.event.seq);
        if first < self.expected {
            let duplicates = batch.iter();
            self.provisional
                .extend(duplicates.map(|record| damage_of(record, DamageKind::Duplicate)));
            return None;
        }
        self.give_up();
        let mut expected = self.expected;
        for seq in batch.iter().map(|record| record.event.seq) {
            if seq > expected {
                self.damage.add_gap(Gap {
                    first: expected,
                    last: seq - 1,
                });
            }
            expected = seq + 1;
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
