//! One viewer's way through the events: first what it missed, from the record, then the ring.
//!
//! It knows how far its viewer is and nothing of sockets. No event is told twice, none is left out.

use std::sync::Arc;

use tokio::sync::watch;

use super::super::lanes::Lanes;
use super::super::problem::Problem;
use super::event::{LiveEvent, Topics};
use super::hub::{Hub, Next, Turn};
use super::pace::Pace;

/// Events in one message, at most.
const BATCH: usize = 500;
/// Bytes of events in one message, at most; one event may be longer.
const BATCH_BYTES: usize = 256 << 10;

/// What a viewer is to be told.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::web) enum Told {
    /// Events, oldest first, none of them told before. There may be none if `board` is set.
    News {
        /// The last event that the viewer has now seen, or that was not for it.
        seq: u64,
        events: Vec<LiveEvent>,
        /// Files of the board changed.
        board: bool,
    },
    /// It cannot be followed from here; everything must be loaded again.
    Resync {
        /// Where to come back from.
        seq: u64,
    },
}

/// A viewer's place in the events.
pub(in crate::web) struct Feed {
    hub: Arc<Hub>,
    past: Arc<Lanes>,
    turns: watch::Receiver<Turn>,
    topics: Topics,
    pace: Pace,
    /// Everything up to here was told or was not for this viewer.
    after: u64,
    n_board: u64,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It says that it knows more than the hub; the record must know of that, too.
    Doubtful,
    /// It reads what it missed from the record.
    CatchingUp,
    /// It reads from the ring and may not fall out of it.
    Live,
}

impl Feed {
    /// A viewer that has seen everything up to `since`; up to now, when that is not given.
    pub(in crate::web) fn new(
        hub: Arc<Hub>,
        past: Arc<Lanes>,
        since: Option<u64>,
        topics: Topics,
        pace: Pace,
    ) -> Self {
        let turns = hub.turns();
        let now = *turns.borrow();
        let after = since.unwrap_or(now.seq);
        let stage = if after > now.seq {
            Stage::Doubtful
        } else {
            Stage::CatchingUp
        };
        Self {
            hub,
            past,
            turns,
            topics,
            pace,
            after,
            n_board: now.n_board,
            stage,
        }
    }

    /// Everything up to this event was told.
    pub(in crate::web) fn after(&self) -> u64 {
        self.after
    }

    /// Whether the place that the viewer came with can be followed. To be asked first, once.
    pub(in crate::web) async fn begin(&mut self) -> Result<bool, Problem> {
        if self.stage != Stage::Doubtful {
            return Ok(true);
        }
        // An answer can be ahead of the hub by a moment: the record knows. It is the truth.
        let known = self.record(1).await?.is_some();
        self.stage = Stage::CatchingUp;
        Ok(known)
    }

    /// Wait for the next thing to tell. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// The record cannot be read.
    pub(in crate::web) async fn next(&mut self) -> Result<Told, Problem> {
        loop {
            self.pace.wait().await;
            // Seen before the ring is looked at, so that nothing falls in between.
            let turn = *self.turns.borrow_and_update();
            let told = match self.hub.after(self.after, BATCH, BATCH_BYTES) {
                Next::Events(events) => {
                    self.stage = Stage::Live;
                    self.tell(events, turn)
                }
                Next::Gone { .. } if self.stage == Stage::Live => Some(self.resync()),
                Next::Gone { floor } => self.catch_up(floor, turn).await?,
            };
            if let Some(told) = told {
                self.pace.goes();
                return Ok(told);
            }
            let is_new = turn.seq > self.after || self.stage != Stage::Live;
            // The hub cannot go while this holds it.
            if !is_new && self.turns.changed().await.is_err() {
                return Ok(self.resync());
            }
        }
    }

    /// Read a page of what the viewer missed. `floor` is where the ring began before this asks.
    async fn catch_up(&mut self, floor: u64, turn: Turn) -> Result<Option<Told>, Problem> {
        let before = self.after;
        let Some(mut page) = self.record(BATCH).await? else {
            return Ok(Some(self.resync()));
        };
        let is_full = page.len() >= BATCH;
        let is_end = shorten(&mut page) == 0 && !is_full;
        let told = self.tell(page, turn);
        if is_end {
            // The record is at least at the floor, and has no more: nothing is in between.
            self.after = self.after.max(floor);
        }
        if self.after == before {
            // It does not get on; asking for ever would help nobody.
            return Ok(Some(self.resync()));
        }
        Ok(told)
    }

    /// What of `events` the viewer is to hear; moves its place past them.
    fn tell(&mut self, events: Vec<LiveEvent>, turn: Turn) -> Option<Told> {
        let after = self.after;
        let topics = self.topics;
        self.after = events.last().map_or(after, |last| last.seq.max(after));
        let events: Vec<LiveEvent> = events
            .into_iter()
            .filter(|event| event.seq > after && topics.has(event.topic))
            .collect();
        let board = turn.n_board > self.n_board && topics.has(super::Topic::Board);
        self.n_board = turn.n_board;
        if events.is_empty() && !board {
            return None;
        }
        Some(Told::News {
            seq: self.after,
            events,
            board,
        })
    }

    fn resync(&self) -> Told {
        Told::Resync {
            seq: self.hub.last_seq(),
        }
    }

    async fn record(&self, limit: usize) -> Result<Option<Vec<LiveEvent>>, Problem> {
        self.past.look_back(self.after, limit).await
    }
}

/// Cut a page to the size of a message (one event at least). Returns how many events went.
fn shorten(page: &mut Vec<LiveEvent>) -> usize {
    let mut n_bytes = 0;
    let fits = page.iter().take_while(|event| {
        n_bytes += event.json.len();
        n_bytes <= BATCH_BYTES
    });
    let n_kept = fits.count().max(1);
    let n_cut = page.len().saturating_sub(n_kept);
    page.truncate(n_kept);
    n_cut
}
