//! Drafts become events: sequence, identity, time, and whatever else the envelope holds. Also what
//! the journal has to say itself before a command's events.

use jiff::Timestamp;

use crate::model::{Actor, Body, Cursor, Draft, Event, LogOpened, LogRepaired, LogSegmentOpened};

use super::append::Wanted;
use super::options::JournalOptions;

/// What the events of a batch have in common.
pub(super) struct Envelope<'a> {
    /// The last record of the log; `None` in an empty one.
    pub(super) last: Option<&'a Cursor>,
    /// The segment that is written to.
    pub(super) segment: u64,
    /// End of what is final in it.
    pub(super) settled: u64,
    /// Bytes behind that end, which belong to no batch.
    pub(super) n_torn: u64,
    /// Sequence number of the first event.
    pub(super) seq: u64,
    /// Time of all of them.
    pub(super) now: Timestamp,
    pub(super) options: &'a JournalOptions,
}

impl Envelope<'_> {
    /// The events to write, and how many of them, at the front, are the journal's own.
    pub(super) fn seal(&self, wanted: &Wanted<'_>) -> (Vec<Event>, usize) {
        let mut drafts = self.own_drafts();
        let n_own = drafts.len();
        drafts.extend(wanted.drafts.iter().cloned());
        let options = self.options;
        let log = match self.last {
            Some(last) => last.log.clone(),
            None => new_log_id(self.now, options),
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
                seq: self.seq + u64::from(i),
                id: options.ids.next(self.now),
                at: self.now,
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
        (events.collect(), n_own)
    }

    fn own_drafts(&self) -> Vec<Draft> {
        let mut bodies: Vec<Body> = Vec::new();
        match self.last {
            None => {
                let version = self.options.version.clone();
                bodies.push(LogOpened { version }.into());
            }
            Some(last) if self.settled == 0 && last.segment != self.segment => {
                let previous = last.segment;
                bodies.push(LogSegmentOpened { previous }.into());
            }
            Some(_) => {}
        }
        if self.n_torn > 0 {
            let repaired = LogRepaired {
                offset: self.settled,
                bytes: self.n_torn,
            };
            bodies.push(repaired.into());
        }
        bodies.into_iter().map(Draft::global).collect()
    }
}

/// The last 8 hex digits of a new identity: the random ones.
fn new_log_id(now: Timestamp, options: &JournalOptions) -> String {
    let id = options.ids.next(now).simple().to_string();
    id[id.len() - 8..].to_owned()
}
