//! Writing under the lock: catch up, close off what is torn, rotate, append, or take it all back.
//!
//! Everything here runs while the lock is held. What was appended is read back through the same
//! reader that others use, so what is acknowledged is what they will see.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{
    Actor, Body, Digest, Draft, Event, IdempotencyKey, LogOpened, LogRepaired, LogSegmentOpened,
    LogSegmentSealed,
};

use super::disk::Step;
use super::error::JournalError;
use super::fold::{Fold, WriteModel};
use super::line;
use super::options::JournalOptions;
use super::read::{Reader, Record};
use super::segment::{self, Segment};
use super::snapshot;

/// Closes off a torn line. No line of ours ends in a tilde, so that a line which lacked nothing but
/// its newline does not come back to life with a sequence number that is given away again.
const TORN_LINE_END: &[u8] = b"~\n";

/// Most events of one command, and so of one batch.
const MAX_BATCH: usize = 1_000;

/// Size of `ballast`, which is given up when the disk is full.
const BALLAST: u64 = 1024 * 1024;

/// What a command wants written, with what goes into the envelope.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) actor: &'a Actor,
    pub(super) key: Option<&'a IdempotencyKey>,
    pub(super) command: Option<&'a Digest>,
    pub(super) cause: Option<u64>,
    pub(super) drafts: Vec<Draft>,
}

/// The log as this process knows it.
#[derive(Debug)]
pub(super) struct Log<W> {
    pub(super) log_dir: PathBuf,
    pub(super) fold: Fold<W>,
    /// Sequence number up to which a snapshot exists.
    pub(super) snapshot_seq: u64,
    pub(super) active: Option<Arc<Segment>>,
    reader: Reader,
}

impl<W: WriteModel> Log<W> {
    pub(super) fn open(options: &JournalOptions) -> Result<Self, JournalError> {
        let log_dir = segment::log_dir(&options.state_dir);
        if let Some(fold) = snapshot::load::<W>(&log_dir, &options.model_version)
            && let Some(cursor) = &fold.cursor
            && let Ok(reader) = Reader::open_at(&options.state_dir, cursor)
        {
            let snapshot_seq = cursor.seq;
            return Ok(Self {
                log_dir,
                fold,
                snapshot_seq,
                active: None,
                reader,
            });
        }
        Ok(Self {
            log_dir,
            fold: Fold::default(),
            snapshot_seq: 0,
            active: None,
            reader: Reader::open(&options.state_dir)?,
        })
    }

    /// Take in what others wrote. When the files are not the ones that were read, start over.
    pub(super) fn catch_up(&mut self, options: &JournalOptions) -> Result<(), JournalError> {
        if let (Some(active), Some((_, settled))) = (&self.active, self.reader.settled()) {
            match active.size() {
                Some(size) if size == settled && self.reader.sealed().is_none() => return Ok(()),
                Some(size) if size >= settled => {}
                _ => *self = Self::open(options)?,
            }
        }
        self.fold_new()?;
        let Some((first, settled)) = self.reader.settled() else {
            return Ok(());
        };
        if self
            .active
            .as_ref()
            .is_none_or(|active| active.first != first)
        {
            let disk = Arc::clone(&options.disk);
            self.active = Some(Arc::new(Segment::open(&self.log_dir, first, disk)?));
        }
        if let Some(active) = &self.active {
            active.note_written(settled);
        }
        Ok(())
    }

    fn fold_new(&mut self) -> Result<Vec<Record>, JournalError> {
        let mut newest = Vec::new();
        while let Some(batch) = self.reader.next_batch()? {
            self.fold.apply(&batch);
            newest = batch;
        }
        Ok(newest)
    }

    /// End of what is final in the active segment.
    pub(super) fn settled(&self) -> u64 {
        self.reader.settled().map_or(0, |(_, settled)| settled)
    }

    /// Append the drafts as one batch; gives back the records of the drafts.
    pub(super) fn append(
        &mut self,
        wanted: Wanted<'_>,
        options: &JournalOptions,
    ) -> Result<Vec<Record>, JournalError> {
        if wanted.drafts.len() > MAX_BATCH {
            return Err(JournalError::BatchTooLong {
                events: wanted.drafts.len(),
                max: MAX_BATCH,
            });
        }
        let n_drafts = wanted.drafts.len();
        if self.settled() >= options.segment_bytes && self.reader.sealed().is_none() {
            self.seal(wanted.actor, options)?;
        }
        let active = self.enter_active(options)?;
        let batch = self.write_batch(wanted, &active, options)?;
        let n_ours = batch.len().saturating_sub(n_drafts);
        Ok(batch.into_iter().skip(n_ours).collect())
    }

    fn seal(&mut self, actor: &Actor, options: &JournalOptions) -> Result<(), JournalError> {
        let active = self.enter_active(options)?;
        // A torn tail costs the seal's batch one more event before it.
        let torn = u64::from(active.size().is_some_and(|size| size > self.settled()));
        let next = self.reader.expected() + torn + 1;
        let wanted = Wanted {
            actor,
            key: None,
            command: None,
            cause: None,
            drafts: vec![Draft::global(LogSegmentSealed { next }.into())],
        };
        self.write_batch(wanted, &active, options)?;
        reached(options, Step::SealWritten, &active.path)
    }

    /// The segment to append to, with its successor made first when it is sealed.
    fn enter_active(&mut self, options: &JournalOptions) -> Result<Arc<Segment>, JournalError> {
        let disk = Arc::clone(&options.disk);
        if let Some(next) = self.reader.sealed() {
            if let Some(old) = &self.active {
                // Before the seal is acted on: an event in the new segment must not outlive one
                // in the old.
                old.sync_to(self.settled(), &self.log_dir)?;
                reached(options, Step::OldSynced, &old.path)?;
            }
            let new = Segment::create(&self.log_dir, next, disk)?;
            self.reader.enter(next)?;
            self.active = Some(Arc::new(new));
        } else if self.active.is_none() {
            let first = self.reader.expected();
            self.active = Some(Arc::new(Segment::create(&self.log_dir, first, disk)?));
            self.reader.enter(first)?;
        }
        let active = self.active.clone().ok_or_else(|| JournalError::ReadBack {
            path: self.log_dir.clone(),
        })?;
        if self.settled() == 0 {
            // Whoever made it may have died before its name was durable.
            self.sync_new(&active, options)?;
        }
        Ok(active)
    }

    fn sync_new(&self, active: &Segment, options: &JournalOptions) -> Result<(), JournalError> {
        active.sync_now(&self.log_dir)?;
        reached(options, Step::NewCreated, &active.path)?;
        segment::sync_dir(&self.log_dir)?;
        reached(options, Step::DirSynced, &active.path)
    }

    fn write_batch(
        &mut self,
        wanted: Wanted<'_>,
        active: &Arc<Segment>,
        options: &JournalOptions,
    ) -> Result<Vec<Record>, JournalError> {
        let settled = self.settled();
        let size = active.size().ok_or_else(|| JournalError::ReadBack {
            path: active.path.clone(),
        })?;
        let now = self.fold.clamp(options.clock.now());
        let mut drafts = self.own_drafts(active, size - settled, options);
        let n_own = drafts.len();
        let n_drafts = wanted.drafts.len();
        drafts.extend(wanted.drafts.iter().cloned());
        let events = self.envelopes(&wanted, (n_own, drafts), now, options);

        let mut buffer = Vec::new();
        if size > settled && !ends_in_newline(active, size)? {
            buffer.extend_from_slice(TORN_LINE_END);
        }
        for (i, event) in events.iter().enumerate() {
            let command = wanted.command.filter(|_| i >= n_own);
            line::encode(event, command, &mut buffer)?;
        }
        write_or_take_back(active, size, &buffer, options)?;
        active.note_written(size + buffer.len() as u64);
        let batch = self.fold_new()?;
        if batch.len() != n_own + n_drafts {
            return Err(JournalError::ReadBack {
                path: active.path.clone(),
            });
        }
        Ok(batch)
    }

    /// Events that the journal has to say itself before the command's.
    fn own_drafts(&self, active: &Segment, n_torn: u64, options: &JournalOptions) -> Vec<Draft> {
        let mut bodies: Vec<Body> = Vec::new();
        let settled = self.settled();
        match &self.fold.cursor {
            None => bodies.push(
                LogOpened {
                    version: options.version.clone(),
                }
                .into(),
            ),
            Some(last) if settled == 0 && last.segment != active.first => bodies.push(
                LogSegmentOpened {
                    previous: last.segment,
                }
                .into(),
            ),
            Some(_) => {}
        }
        if n_torn > 0 {
            bodies.push(
                LogRepaired {
                    offset: settled,
                    bytes: n_torn,
                }
                .into(),
            );
        }
        bodies.into_iter().map(Draft::global).collect()
    }

    fn envelopes(
        &self,
        wanted: &Wanted<'_>,
        (n_own, drafts): (usize, Vec<Draft>),
        now: Timestamp,
        options: &JournalOptions,
    ) -> Vec<Event> {
        let log = match &self.fold.cursor {
            Some(cursor) => cursor.log.clone(),
            None => new_log_id(now, options),
        };
        let own = Actor {
            kind: "system".to_owned(),
            name: "journal".to_owned(),
            via: wanted.actor.via,
        };
        let mono = options.clock.monotonic().as_micros();
        let n = u32::try_from(drafts.len()).unwrap_or(u32::MAX);
        let events = drafts.into_iter().zip(0_u32..).map(|(draft, i)| {
            let ours = (i as usize) < n_own;
            Event {
                log: log.clone(),
                seq: self.reader.expected() + u64::from(i),
                id: options.ids.next(now),
                at: now,
                boot: options.boot.clone(),
                mono_us: u64::try_from(mono).unwrap_or(u64::MAX),
                node: options.node.clone(),
                batch: (i, n),
                run: draft.run,
                invocation: draft.invocation,
                attempt: draft.attempt,
                actor: if ours {
                    own.clone()
                } else {
                    wanted.actor.clone()
                },
                key: wanted.key.filter(|_| !ours).cloned(),
                cause: wanted.cause.filter(|_| !ours),
                body: draft.body,
            }
        });
        events.collect()
    }
}

fn reached(options: &JournalOptions, step: Step, path: &Path) -> Result<(), JournalError> {
    options
        .disk
        .reached(step)
        .map_err(|source| JournalError::Append {
            path: path.to_owned(),
            source,
        })
}

/// The last 8 hex digits of a new identity: the random ones.
fn new_log_id(now: Timestamp, options: &JournalOptions) -> String {
    let id = options.ids.next(now).simple().to_string();
    id[id.len() - 8..].to_owned()
}

fn ends_in_newline(active: &Segment, size: u64) -> Result<bool, JournalError> {
    use std::os::unix::fs::FileExt as _;
    let mut last = [0];
    // The segment is open for appending only; its size was read under the lock.
    fs::File::open(&active.path)
        .and_then(|file| file.read_exact_at(&mut last, size - 1))
        .map_err(|source| JournalError::Read {
            path: active.path.clone(),
            source,
        })?;
    Ok(last == *b"\n")
}

/// One buffer, whole or not at all. A full disk gets one more chance, without the ballast.
fn write_or_take_back(
    active: &Segment,
    size: u64,
    buffer: &[u8],
    options: &JournalOptions,
) -> Result<(), JournalError> {
    let mut outcome = write_all(active, buffer, options);
    if let Err(error) = &outcome
        && error.kind() == io::ErrorKind::StorageFull
        && take_back(active, size).is_ok()
        && fs::remove_file(options.state_dir.join("ballast")).is_ok()
    {
        outcome = write_all(active, buffer, options);
    }
    outcome.map_err(|source| {
        // If this fails, too, the rest is a torn tail, which the next append closes off.
        drop(take_back(active, size));
        JournalError::Append {
            path: active.path.clone(),
            source,
        }
    })
}

fn take_back(active: &Segment, size: u64) -> io::Result<()> {
    active.file.set_len(size)
}

fn write_all(active: &Segment, buffer: &[u8], options: &JournalOptions) -> io::Result<()> {
    let mut rest = buffer;
    while !rest.is_empty() {
        match options.disk.append(&active.file, rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => rest = &rest[n..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Put a file aside that can be given up when the disk is full. Failing to is no error.
pub(super) fn lay_ballast(state_dir: &Path) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = state_dir.join("ballast");
    let made = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path);
    if let Ok(mut file) = made {
        let block = [0_u8; 64 * 1024];
        for _ in 0..BALLAST / block.len() as u64 {
            if file.write_all(&block).is_err() {
                // No room to spare: give back what was taken.
                drop(fs::remove_file(&path));
                return;
            }
        }
    }
}
