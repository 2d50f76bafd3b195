//! What the log adds up to: the caller's write model, and what the journal itself must remember.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::{Cursor, Event};

use super::keys::Keys;
use super::read::Record;

/// The fold of the log that commands are checked against.
///
/// It must depend on the events alone: every process that reads the same log must come to the
/// same value, whether it read all of it or a snapshot and the rest.
pub trait WriteModel: Default + Serialize + DeserializeOwned {
    /// Take in one event. Events that do not matter, unknown ones included, change nothing.
    fn apply(&mut self, event: &Event);
}

/// Nothing is checked and nothing is remembered.
impl WriteModel for () {
    fn apply(&mut self, _event: &Event) {}
}

/// Everything known from the log up to `cursor`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Fold<W> {
    /// The last record taken in.
    pub(super) cursor: Option<Cursor>,
    /// When it was written: no later event may claim an earlier time.
    pub(super) last_at: Option<Timestamp>,
    pub(super) keys: Keys,
    pub(super) model: W,
}

impl<W: WriteModel> Fold<W> {
    pub(super) fn apply(&mut self, batch: &[Record]) {
        for record in batch {
            self.model.apply(&record.event);
        }
        self.keys.apply(batch);
        if let Some(last) = batch.last() {
            self.last_at = self.last_at.max(Some(last.event.at));
            self.cursor = Some(last.cursor.clone());
        }
    }

    /// Wall time as the log may tell it: whole microseconds, never before the last event.
    pub(super) fn clamp(&self, now: Timestamp) -> Timestamp {
        let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
        self.last_at.map_or(now, |last| last.max(now))
    }
}
