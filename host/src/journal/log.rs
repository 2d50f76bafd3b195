//! The log as one process knows it: the fold, the reader that feeds it, the segment in use.

use std::path::PathBuf;
use std::sync::Arc;

use super::error::JournalError;
use super::fold::{Fold, WriteModel};
use super::options::JournalOptions;
use super::read::{Reader, Record};
use super::segment::{self, Segment};
use super::snapshot;

/// The log as this process knows it.
#[derive(Debug)]
pub(super) struct Log<W> {
    pub(super) log_dir: PathBuf,
    pub(super) fold: Fold<W>,
    /// Sequence number up to which a snapshot exists.
    pub(super) snapshot_seq: u64,
    pub(super) active: Option<Arc<Segment>>,
    pub(super) reader: Reader,
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

    /// Take in what is behind the reader; gives back the last batch.
    pub(super) fn fold_new(&mut self) -> Result<Vec<Record>, JournalError> {
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
}
