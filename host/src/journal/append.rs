//! Writing under the lock: rotate when it is time, close off what is torn, append, read back.
//!
//! What was appended is read back through the same reader that others use, so what is acknowledged
//! is what they will see.

use std::path::Path;
use std::sync::Arc;

use crate::model::{Actor, Digest, Draft, IdempotencyKey, LogSegmentSealed};

use super::disk::Step;
use super::envelope::Envelope;
use super::error::JournalError;
use super::fold::WriteModel;
use super::line;
use super::log::Log;
use super::options::JournalOptions;
use super::read::Record;
use super::segment::{self, Segment};
use super::write;

/// Closes off a torn line. No line of ours ends in a tilde, so that a line which lacked nothing but
/// its newline does not come back to life with a sequence number that is given away again.
const TORN_LINE_END: &[u8] = b"~\n";

/// Most events of one command, and so of one batch.
const MAX_BATCH: usize = 1_000;

/// What a command wants written, with what goes into the envelope.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) actor: &'a Actor,
    pub(super) key: Option<&'a IdempotencyKey>,
    pub(super) command: Option<&'a Digest>,
    pub(super) cause: Option<u64>,
    pub(super) drafts: Vec<Draft>,
}

impl<W: WriteModel> Log<W> {
    /// Append the drafts as one batch; gives back the records of the drafts.
    pub(super) fn append(
        &mut self,
        wanted: &Wanted<'_>,
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
        self.write_batch(&wanted, &active, options)?;
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
        wanted: &Wanted<'_>,
        active: &Arc<Segment>,
        options: &JournalOptions,
    ) -> Result<Vec<Record>, JournalError> {
        let settled = self.settled();
        let size = active.size().ok_or_else(|| JournalError::ReadBack {
            path: active.path.clone(),
        })?;
        let envelope = Envelope {
            last: self.fold.cursor.as_ref(),
            segment: active.first,
            settled,
            n_torn: size - settled,
            seq: self.reader.expected(),
            now: self.fold.clamp(options.clock.now()),
            options,
        };
        let (events, n_own) = envelope.seal(wanted);

        let mut buffer = Vec::new();
        if size > settled && !write::ends_in_newline(active, size)? {
            buffer.extend_from_slice(TORN_LINE_END);
        }
        for (i, event) in events.iter().enumerate() {
            let command = wanted.command.filter(|_| i >= n_own);
            line::encode(event, command, &mut buffer)?;
        }
        write::write_or_take_back(active, size, &buffer, options)?;
        active.note_written(size + buffer.len() as u64);
        let batch = self.fold_new()?;
        if batch.len() != events.len() {
            return Err(JournalError::ReadBack {
                path: active.path.clone(),
            });
        }
        Ok(batch)
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
