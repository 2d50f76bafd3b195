//! Reading the log: records in order over all segments, from the start or from a cursor.
//!
//! A reader takes no lock. It gives out only whole batches of newline-terminated lines whose
//! checksums fit; the rest it counts and steps over. It never writes and never refuses a log
//! because of damage; it refuses an envelope that is newer than this program.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::model::{Body, Cursor};

use super::batch::Assembler;
pub use super::batch::Record;
use super::damage::{Damage, DamageKind, DamageLog, Gap};
use super::error::JournalError;
use super::line::{self, BadLine};
use super::lines::Lines;
use super::look_up::record_at;
use super::segment;

/// Walks the log; at its end it can be asked again later.
#[derive(Debug)]
pub struct Reader {
    log_dir: PathBuf,
    current: Option<Current>,
    assembler: Assembler,
    ready: VecDeque<Record>,
}

#[derive(Debug)]
struct Current {
    first: u64,
    path: PathBuf,
    lines: Lines,
    /// End of the last complete batch: everything before is final.
    settled: u64,
    /// Name of the next segment, when this one is sealed.
    sealed: Option<u64>,
    /// A later segment that has content although this one is not sealed; `None` before the look.
    ahead: Option<Option<u64>>,
}

impl Reader {
    /// Read the log of `state_dir` from its beginning. A log that does not exist is empty.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn open(state_dir: &Path) -> Result<Self, JournalError> {
        let log_dir = segment::log_dir(state_dir);
        let first = segment::list(&log_dir)?.first().map(|(first, _)| *first);
        let mut reader = Self {
            log_dir,
            current: None,
            assembler: Assembler::new(first.unwrap_or(1)),
            ready: VecDeque::new(),
        };
        if let Some(first) = first {
            reader.enter(first)?;
        }
        Ok(reader)
    }

    /// Read on behind the record at `cursor`.
    ///
    /// # Errors
    /// [`JournalError::CursorLost`] when that record is not there any more.
    pub fn open_at(state_dir: &Path, cursor: &Cursor) -> Result<Self, JournalError> {
        let log_dir = segment::log_dir(state_dir);
        let record = record_at(&log_dir, cursor)?;
        let mut reader = Self {
            log_dir,
            current: None,
            assembler: Assembler::behind(&record.event),
            ready: VecDeque::new(),
        };
        reader.enter(cursor.segment)?;
        if let Some(current) = &mut reader.current {
            current.settle(&record);
            current.rewind()?;
        }
        Ok(reader)
    }

    /// The next record; `None` at the end of the log as it is now.
    ///
    /// # Errors
    /// When a file cannot be read, or a newer program wrote the log.
    pub fn next_record(&mut self) -> Result<Option<Record>, JournalError> {
        while self.ready.is_empty() {
            match self.read_batch()? {
                Some(batch) => self.ready.extend(batch),
                None => return Ok(None),
            }
        }
        Ok(self.ready.pop_front())
    }

    /// The next whole batch; `None` at the end of the log as it is now. Do not mix with
    /// [`Self::next_record`], which may have taken the first half of one.
    ///
    /// # Errors
    /// As [`Self::next_record`].
    pub fn next_batch(&mut self) -> Result<Option<Vec<Record>>, JournalError> {
        self.read_batch()
    }

    /// Whether the file that it stands in is still the one with that name, and no shorter than what
    /// was read of it. Otherwise the log was repaired, cut, or put away, and reading on from here
    /// says nothing. True while there is no log yet.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn is_current(&self) -> Result<bool, JournalError> {
        let Some(current) = &self.current else {
            return Ok(true);
        };
        let failed = |source| JournalError::Read {
            path: current.path.clone(),
            source,
        };
        let open = current.lines.metadata().map_err(failed)?;
        match fs::metadata(&current.path) {
            Ok(named) => {
                let same = (named.dev(), named.ino()) == (open.dev(), open.ino());
                Ok(same && named.len() >= current.settled)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(failed(source)),
        }
    }

    /// Damage that was stepped over so far; at most the first 10,000 pieces are listed.
    #[must_use]
    pub fn damage(&self) -> &[Damage] {
        &self.assembler.damage.pieces
    }

    /// Sequence numbers that were missing so far.
    #[must_use]
    pub fn gaps(&self) -> &[Gap] {
        &self.assembler.damage.gaps
    }

    /// The log's id, once a record was read.
    #[must_use]
    pub fn log(&self) -> Option<&str> {
        self.assembler.log.as_deref()
    }

    pub(super) fn damage_log(&self) -> &DamageLog {
        &self.assembler.damage
    }

    /// Sequence number of the next record.
    pub(super) fn expected(&self) -> u64 {
        self.assembler.expected
    }

    /// The segment it stands in and the end of what is final there.
    pub(super) fn settled(&self) -> Option<(u64, u64)> {
        self.current
            .as_ref()
            .map(|current| (current.first, current.settled))
    }

    /// Name of the next segment, when the current one is sealed and the next not there yet.
    pub(super) fn sealed(&self) -> Option<u64> {
        self.current.as_ref().and_then(|current| current.sealed)
    }

    /// Stand at the beginning of a segment, which must exist.
    pub(super) fn enter(&mut self, first: u64) -> Result<(), JournalError> {
        let path = segment::path(&self.log_dir, first);
        match File::open(&path) {
            Ok(file) => {
                self.current = Some(Current {
                    first,
                    path,
                    lines: Lines::new(file),
                    settled: 0,
                    sealed: None,
                    ahead: None,
                });
                Ok(())
            }
            Err(source) => Err(JournalError::Read { path, source }),
        }
    }

    /// At the end of the log: count what is not final as damage, because nobody is writing.
    pub(super) fn give_up_tail(&mut self) -> Result<(), JournalError> {
        loop {
            let Some(current) = &mut self.current else {
                return Ok(());
            };
            match current.take(&mut self.assembler)? {
                Taken::Batch(batch) => self.ready.extend(batch),
                Taken::Line => {}
                Taken::Rest(damage) => {
                    self.assembler.push_damage(damage);
                    break;
                }
                Taken::End => break,
            }
        }
        self.assembler.give_up();
        Ok(())
    }

    fn read_batch(&mut self) -> Result<Option<Vec<Record>>, JournalError> {
        loop {
            let Some(current) = &mut self.current else {
                let Some((first, _)) = segment::list(&self.log_dir)?.first().copied() else {
                    return Ok(None);
                };
                self.assembler.expected = first;
                self.enter(first)?;
                continue;
            };
            let rest = match current.take(&mut self.assembler)? {
                Taken::Batch(batch) => return Ok(Some(batch)),
                Taken::Line => continue,
                Taken::Rest(damage) => Some(damage),
                Taken::End => None,
            };
            match current.next_segment(&self.log_dir)? {
                Next::Segment(first) => {
                    // Nobody appends to a segment that has a successor: its rest is final.
                    if let Some(rest) = rest {
                        self.assembler.push_damage(rest);
                    }
                    self.assembler.give_up();
                    self.enter(first)?;
                }
                Next::Again => {
                    self.assembler.forget();
                    current.rewind()?;
                }
                Next::None => {
                    self.assembler.forget();
                    current.rewind()?;
                    return Ok(None);
                }
            }
        }
    }
}

enum Taken {
    Batch(Vec<Record>),
    Line,
    /// The file ends in these bytes, without a newline.
    Rest(Damage),
    End,
}

enum Next {
    Segment(u64),
    /// Read to the end once more: the segment may have been sealed since.
    Again,
    None,
}

impl Current {
    fn take(&mut self, assembler: &mut Assembler) -> Result<Taken, JournalError> {
        let (segment, path) = (self.first, &self.path);
        let failed = |source: io::Error| JournalError::Read {
            path: path.clone(),
            source,
        };
        let Some(line) = self.lines.next().map_err(failed)? else {
            return Ok(Taken::End);
        };
        let mut damage = Damage {
            segment,
            offset: line.offset,
            bytes: line.bytes,
            kind: DamageKind::Torn,
        };
        if !line.terminated {
            return Ok(Taken::Rest(damage));
        }
        let Some(text) = line.text else {
            damage.kind = DamageKind::TooLong;
            assembler.push_damage(damage);
            return Ok(Taken::Line);
        };
        match line::decode(text) {
            Ok(entry) => {
                let cursor = Cursor {
                    log: entry.event.log.clone(),
                    segment,
                    offset: line.offset,
                    seq: entry.event.seq,
                    crc: entry.crc,
                };
                let batch = assembler.push(Record {
                    event: entry.event,
                    cursor,
                    command: entry.command,
                    line: text.to_owned(),
                });
                let Some(batch) = batch else {
                    return Ok(Taken::Line);
                };
                if let Some(last) = batch.last() {
                    self.settle(last);
                }
                Ok(Taken::Batch(batch))
            }
            Err(BadLine::Newer(found)) => Err(JournalError::NewerEnvelope {
                segment,
                offset: line.offset,
                found,
            }),
            Err(BadLine::Damaged(kind)) => {
                damage.kind = kind;
                assembler.push_damage(damage);
                Ok(Taken::Line)
            }
        }
    }

    fn settle(&mut self, last: &Record) {
        self.settled = last.end();
        self.sealed = match &last.event.body {
            Body::LogSegmentSealed(sealed) => Some(sealed.next),
            _ => None,
        };
    }

    fn rewind(&mut self) -> Result<(), JournalError> {
        self.lines
            .seek(self.settled)
            .map_err(|source| JournalError::Read {
                path: self.path.clone(),
                source,
            })
    }

    fn next_segment(&mut self, log_dir: &Path) -> Result<Next, JournalError> {
        if let Some(next) = self.sealed {
            let there = segment::path(log_dir, next).try_exists().unwrap_or(false);
            return Ok(if there {
                Next::Segment(next)
            } else {
                Next::None
            });
        }
        // A seal that was damaged must not hide the segments behind it. The look comes before
        // the last read: otherwise a rotation in between would cost the records before the seal.
        match self.ahead {
            None => {
                let later = segment::list(log_dir)?
                    .into_iter()
                    .find(|(first, bytes)| *first > self.first && *bytes > 0);
                self.ahead = Some(later.map(|(first, _)| first));
                Ok(match later {
                    Some(_) => Next::Again,
                    None => Next::None,
                })
            }
            Some(Some(later)) => Ok(Next::Segment(later)),
            Some(None) => Ok(Next::None),
        }
    }
}
