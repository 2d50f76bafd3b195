//! The journal as its callers see it: decide under the lock, append, sync, acknowledge.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Actor, Digest, Draft, Event, IdempotencyKey};

use super::append::Wanted;
use super::ballast;
use super::error::{CommitError, JournalError};
use super::filesystem;
use super::flusher::Flusher;
use super::fold::WriteModel;
use super::health;
use super::keys::Use;
use super::lock::{LockFile, Waiting};
use super::log::Log;
use super::look_up;
use super::options::JournalOptions;
use super::read::Reader;
use super::segment;
use super::snapshot;

/// When an event is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// After its sync: it survives a power cut. For lifecycle, budget, routing.
    Strict,
    /// After its write: it survives a crash of any process, and a power cut a second later. For
    /// progress and usage ticks, whose totals come again with a strict event.
    Interval,
}

/// A command, apart from what it wants written.
#[derive(Debug, Clone)]
pub struct CommitRequest {
    /// Who asks.
    pub actor: Actor,
    /// Makes a repeat give the result of the first time.
    pub key: Option<IdempotencyKey>,
    /// Digest of the command's body; the same key with another digest is refused.
    pub body_digest: Option<Digest>,
    /// When to acknowledge.
    pub durability: Durability,
    /// The event that led to this command.
    pub cause: Option<u64>,
    /// How long to wait for the lock, instead of the journal's own deadline.
    pub patience: Option<Duration>,
}

impl CommitRequest {
    /// A strict command without a key.
    #[must_use]
    pub fn by(actor: Actor) -> Self {
        Self {
            actor,
            key: None,
            body_digest: None,
            durability: Durability::Strict,
            cause: None,
            patience: None,
        }
    }
}

/// What a command wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    /// The events, in order; without those that the journal itself had to say. Empty when the
    /// command wanted none.
    pub events: Vec<Event>,
    /// Whether it was written by an earlier command with the same key.
    pub replayed: bool,
}

impl Committed {
    /// Sequence number of the first event.
    #[must_use]
    pub fn first_seq(&self) -> Option<u64> {
        self.events.first().map(|event| event.seq)
    }

    /// Sequence number of the last event.
    #[must_use]
    pub fn last_seq(&self) -> Option<u64> {
        self.events.last().map(|event| event.seq)
    }
}

/// The log, open for writing. Threads share one; processes each open their own.
pub struct Journal<W> {
    options: JournalOptions,
    network_kind: Option<String>,
    inner: Mutex<Inner<W>>,
}

struct Inner<W> {
    /// `None` when it was opened for looking.
    lock: Option<LockFile>,
    log: Log<W>,
    flusher: Flusher,
}

enum Decided<R> {
    Refused(R),
    Done(Committed),
}

impl<W: WriteModel> Journal<W> {
    /// Open the journal of a state directory; make it if it is not there. Damage never keeps it
    /// from opening.
    ///
    /// # Errors
    /// When the directory cannot be made, is on a network file system, or was written by a newer
    /// program.
    pub fn open(options: JournalOptions) -> Result<Self, JournalError> {
        let log_dir = segment::log_dir(&options.state_dir);
        segment::create_private_dir(&options.state_dir)?;
        segment::create_private_dir(&log_dir)?;
        let network_kind = filesystem::network_kind(&options.state_dir);
        if let Some(kind) = network_kind.clone().filter(|_| !options.allow_network_fs) {
            return Err(JournalError::NetworkFileSystem {
                path: options.state_dir,
                kind,
            });
        }
        ballast::lay(&options.state_dir);
        let mut log = Log::open(&options)?;
        log.catch_up(&options)?;
        let inner = Inner {
            lock: Some(LockFile::open(&log_dir)?),
            log,
            flusher: Flusher::default(),
        };
        Ok(Self {
            options,
            network_kind,
            inner: Mutex::new(inner),
        })
    }

    /// Open the journal of a state directory for looking: nothing is made or changed, and nothing
    /// can be written through it. `None` when there is no log.
    ///
    /// # Errors
    /// When the log cannot be read, or was written by a newer program.
    pub fn look(options: JournalOptions) -> Result<Option<Self>, JournalError> {
        if !segment::log_dir(&options.state_dir).is_dir() {
            return Ok(None);
        }
        let network_kind = filesystem::network_kind(&options.state_dir);
        let mut log = Log::open(&options)?;
        log.fold_new()?;
        let inner = Inner {
            lock: None,
            log,
            flusher: Flusher::default(),
        };
        Ok(Some(Self {
            options,
            network_kind,
            inner: Mutex::new(inner),
        }))
    }

    /// The kind of network file system it is on, when that was allowed.
    #[must_use]
    pub fn network_kind(&self) -> Option<&str> {
        self.network_kind.as_deref()
    }

    /// The log's id; `None` before its first event.
    pub fn log(&self) -> Option<String> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.log.fold.cursor.as_ref().map(|last| last.log.clone())
    }

    /// Look at the write model, brought up to date. Takes no lock and promises no durability.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn view<T>(&self, look: impl FnOnce(&W) -> T) -> Result<T, JournalError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match inner.lock {
            Some(_) => inner.log.catch_up(&self.options)?,
            None => drop(inner.log.fold_new()?),
        }
        Ok(look(&inner.log.fold.model))
    }

    /// Record what `decide` wants written, as one batch: all of it or nothing.
    ///
    /// `decide` sees the write model as of the last event of any process, and the time that the
    /// events will carry; it runs under the lock of the log and must not take long. A refusal
    /// costs no write. With a key that was used before, `decide` does not run and the events of
    /// the first time come back. Whatever this reports as done is durable first.
    ///
    /// # Errors
    /// [`CommitError::Refused`] with what `decide` said; otherwise nothing was acknowledged, and
    /// unless it was [`JournalError::Sync`], nothing was written.
    pub fn commit<R>(
        &self,
        request: &CommitRequest,
        decide: impl FnOnce(&W, Timestamp) -> Result<Vec<Draft>, R>,
    ) -> Result<Committed, CommitError<R>> {
        let waiting = Waiting::begin();
        let patience = request.patience.unwrap_or(self.options.lock_deadline);
        let log_dir = segment::log_dir(&self.options.state_dir);
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        health::check(&log_dir)?;
        let Inner { lock, log, flusher } = &mut *inner;
        let Some(lock) = lock else {
            return Err(JournalError::OnlyLooking { dir: log_dir }.into());
        };
        let held = lock.acquire(waiting, patience)?;
        let decided = decide_and_append(log, request, &self.options, decide)?;
        let written = log.active.clone().map(|active| (active, log.settled()));
        drop(held);
        self.save_snapshot_when_due(log);
        if let Some((active, end)) = &written
            && request.durability == Durability::Interval
        {
            flusher.note(Arc::clone(active), *end, &log_dir);
        }
        drop(inner);
        if let Some((active, end)) = written
            && request.durability == Durability::Strict
        {
            active.sync_to(end, &log_dir)?;
        }
        match decided {
            Decided::Refused(refusal) => Err(CommitError::Refused(refusal)),
            Decided::Done(committed) => Ok(committed),
        }
    }

    fn save_snapshot_when_due(&self, log: &mut Log<W>) {
        let seq = log.fold.cursor.as_ref().map_or(0, |last| last.seq);
        if seq >= log.snapshot_seq + self.options.snapshot_every {
            // A snapshot only saves time; without one the next start reads more. Either way the
            // next try comes only after as many events again.
            drop(snapshot::save(
                &log.log_dir,
                &self.options.model_version,
                &log.fold,
            ));
            log.snapshot_seq = seq;
        }
    }
}

fn decide_and_append<W: WriteModel, R>(
    log: &mut Log<W>,
    request: &CommitRequest,
    options: &JournalOptions,
    decide: impl FnOnce(&W, Timestamp) -> Result<Vec<Draft>, R>,
) -> Result<Decided<R>, JournalError> {
    log.catch_up(options)?;
    if let Some(key) = &request.key
        && let Some(usage) = log.fold.keys.get(key)
    {
        if usage.command != request.body_digest {
            return Err(JournalError::KeyReused { key: key.clone() });
        }
        return replay(&options.state_dir, key, usage).map(Decided::Done);
    }
    let now = log.fold.clamp(options.clock.now());
    let drafts = match decide(&log.fold.model, now) {
        Ok(drafts) => drafts,
        Err(refusal) => return Ok(Decided::Refused(refusal)),
    };
    let mut events = Vec::new();
    if !drafts.is_empty() {
        let wanted = Wanted {
            actor: &request.actor,
            key: request.key.as_ref(),
            command: request.body_digest.as_ref(),
            cause: request.cause,
            drafts,
        };
        let records = log.append(&wanted, options)?;
        events.extend(records.into_iter().map(|record| record.event));
    }
    Ok(Decided::Done(Committed {
        events,
        replayed: false,
    }))
}

/// Read the events of an earlier command again.
fn replay(
    state_dir: &std::path::Path,
    key: &IdempotencyKey,
    usage: &Use,
) -> Result<Committed, JournalError> {
    let log_dir = segment::log_dir(state_dir);
    let mut events = vec![look_up::record_at(&log_dir, &usage.first)?.event];
    let mut reader = Reader::open_at(state_dir, &usage.first)?;
    while (events.len() as u64) < usage.n_events {
        match reader.next_record()? {
            Some(record) if record.event.key.as_ref() == Some(key) => events.push(record.event),
            _ => {
                return Err(JournalError::CursorLost {
                    segment: usage.first.segment,
                    offset: usage.first.offset,
                    seq: usage.first.seq,
                });
            }
        }
    }
    Ok(Committed {
        events,
        replayed: true,
    })
}
