//! Which commands were done already, by idempotency key: part of the fold of the log.
//!
//! Bounded: only the newest [`Keys::KEPT`] keys are remembered, so a repeat that comes later is
//! done again. At one keyed command a second that is nearly three hours, and callers repeat
//! within seconds.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::model::{Cursor, Digest, IdempotencyKey};

use super::read::Record;

/// What a key was used for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Use {
    /// Digest of the command's body.
    pub(super) command: Option<Digest>,
    /// Its first event.
    pub(super) first: Cursor,
    /// How many events it wrote.
    pub(super) n_events: u64,
}

/// The newest keys and their uses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(
    from = "Vec<(IdempotencyKey, Use)>",
    into = "Vec<(IdempotencyKey, Use)>"
)]
pub(super) struct Keys {
    by_key: HashMap<IdempotencyKey, Use>,
    oldest_first: VecDeque<IdempotencyKey>,
}

impl Keys {
    /// How many keys are remembered.
    pub(super) const KEPT: usize = 10_000;

    pub(super) fn get(&self, key: &IdempotencyKey) -> Option<&Use> {
        self.by_key.get(key)
    }

    /// Learn from one complete batch, which one command wrote.
    pub(super) fn apply(&mut self, batch: &[Record]) {
        let mut keyed = batch.iter().filter(|record| record.event.key.is_some());
        let Some(first) = keyed.next() else { return };
        let Some(key) = first.event.key.clone() else {
            return;
        };
        let usage = Use {
            command: first.command.clone(),
            first: first.cursor.clone(),
            n_events: 1 + keyed.count() as u64,
        };
        self.insert(key, usage);
    }

    fn insert(&mut self, key: IdempotencyKey, usage: Use) {
        if self.by_key.insert(key.clone(), usage).is_none() {
            self.oldest_first.push_back(key);
        }
        while self.oldest_first.len() > Self::KEPT {
            if let Some(oldest) = self.oldest_first.pop_front() {
                self.by_key.remove(&oldest);
            }
        }
    }
}

impl From<Vec<(IdempotencyKey, Use)>> for Keys {
    fn from(uses: Vec<(IdempotencyKey, Use)>) -> Self {
        let mut keys = Self::default();
        for (key, usage) in uses {
            keys.insert(key, usage);
        }
        keys
    }
}

impl From<Keys> for Vec<(IdempotencyKey, Use)> {
    fn from(mut keys: Keys) -> Self {
        let mut uses = Self::new();
        for key in keys.oldest_first {
            if let Some(usage) = keys.by_key.remove(&key) {
                uses.push((key, usage));
            }
        }
        uses
    }
}
