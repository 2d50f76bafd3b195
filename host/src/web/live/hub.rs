//! The last events, for everybody who watches.
//!
//! It holds one ring for all viewers, who each remember how far they are: a viewer that stops
//! reading costs nothing but its own place. It never waits for a viewer and never asks the record.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::LiveEvent;

/// Texts of events in the ring, at most; the last event is kept however long it is.
const MAX_BYTES: usize = 16 << 20;

/// The last events of the record. One publisher follows the record and tells it what is new.
#[derive(Debug)]
pub struct Hub {
    ring: Mutex<Ring>,
    turns: watch::Sender<Turn>,
}

#[derive(Debug)]
struct Ring {
    events: VecDeque<LiveEvent>,
    capacity: usize,
    /// Of the texts of all events in the ring.
    n_bytes: usize,
    /// Everything after this event is in the ring.
    floor: u64,
    /// The last event that was told; or where the hub began.
    last: u64,
}

/// How far the hub is; changes whenever there is something to look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::web) struct Turn {
    /// The last event.
    pub(in crate::web) seq: u64,
    /// How many times files of the board changed.
    pub(in crate::web) n_board: u64,
}

/// What the ring holds for somebody who has seen everything up to some event.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::web) enum Next {
    /// The events that follow, oldest first; perhaps none.
    Events(Vec<LiveEvent>),
    /// They are gone from the ring, which begins after this event.
    Gone {
        /// The first event that the ring can follow.
        floor: u64,
    },
}

impl Ring {
    /// Take an event in, and let go of the oldest where there is no room.
    fn push(&mut self, event: LiveEvent) {
        self.last = event.seq;
        self.n_bytes += event.json.len();
        self.events.push_back(event);
        while self.events.len() > self.capacity
            || (self.n_bytes > MAX_BYTES && self.events.len() > 1)
        {
            let Some(oldest) = self.events.pop_front() else {
                return;
            };
            self.n_bytes -= oldest.json.len();
            self.floor = oldest.seq;
        }
    }
}

impl Hub {
    /// A hub that keeps the last `capacity` events (4096 is plenty).
    ///
    /// `last_seq` is the last event of the record now: the publisher tells of everything after it.
    #[must_use]
    pub fn new(capacity: usize, last_seq: u64) -> Self {
        let start = Turn {
            seq: last_seq,
            n_board: 0,
        };
        Self {
            ring: Mutex::new(Ring {
                events: VecDeque::new(),
                capacity: capacity.max(1),
                n_bytes: 0,
                floor: last_seq,
                last: last_seq,
            }),
            turns: watch::Sender::new(start),
        }
    }

    /// Tell of new events, in their order. Returns how many were new.
    ///
    /// There is one publisher, which tells of every event once it is in the record, in order; it
    /// may tell of an event again, which changes nothing. It may leave out events that are never
    /// shown.
    pub fn publish(&self, events: Vec<LiveEvent>) -> usize {
        let mut ring = self.ring();
        let before = ring.last;
        let mut n_new = 0;
        for event in events {
            if event.seq <= ring.last {
                continue;
            }
            ring.push(event);
            n_new += 1;
        }
        // Under the lock, so that no viewer hears of an event that is not in the ring yet.
        if ring.last > before {
            let seq = ring.last;
            self.turns.send_modify(|turn| turn.seq = seq);
        }
        n_new
    }

    /// Tell that files of the board changed.
    pub fn board_changed(&self) {
        self.turns.send_modify(|turn| turn.n_board += 1);
    }

    /// The last event that was told; before the first, where the hub began.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.ring().last
    }

    /// Hear of every change from now on.
    pub(in crate::web) fn turns(&self) -> watch::Receiver<Turn> {
        self.turns.subscribe()
    }

    /// At most `limit` events after `after`, whose texts have at most `n_bytes` together (but one
    /// at least).
    pub(in crate::web) fn after(&self, after: u64, limit: usize, n_bytes: usize) -> Next {
        let ring = self.ring();
        if after < ring.floor {
            return Next::Gone { floor: ring.floor };
        }
        let first = ring.events.partition_point(|event| event.seq <= after);
        let mut left = n_bytes;
        let mut events = Vec::new();
        for event in ring.events.range(first..).take(limit) {
            if event.json.len() > left && !events.is_empty() {
                break;
            }
            left = left.saturating_sub(event.json.len());
            events.push(event.clone());
        }
        Next::Events(events)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // A panic between two lines of `publish` leaves the ring shorter at worst, never wrong.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
