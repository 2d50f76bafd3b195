//! What the ledger remembers of an attempt that is not over.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{
    AttemptState, Body, Cost, Event, Exactness, Priority, ProcessRef, Target, Usage, Via,
};

/// The latest attempt of an open invocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenAttempt {
    /// Counts from 1.
    pub number: u32,
    /// Where it stands.
    pub state: AttemptState,
    /// What runs.
    pub target: Target,
    /// The event by which it came into the queue.
    pub seq: u64,
    /// Who goes first.
    pub priority: Priority,
    /// What its processes carry.
    pub marker: Option<Uuid>,
    /// The marker of the attempt whose agent asked for it, and in whose slot it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Uuid>,
    /// It is not started before so many milliseconds have passed since it got its slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// When and where it got its slot.
    pub since: Option<Moment>,
    /// It is on record what exactly was to be started.
    pub intended: bool,
    /// Its process, once it was seen to run.
    pub process: Option<ProcessRef>,
    /// Somebody wants it stopped.
    pub wish: Option<Wish>,
    /// The last tokens and money on record.
    pub used: Option<Used>,
}

/// A moment that only the same boot of the same machine can measure from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The machine.
    pub node: String,
    /// Its boot.
    pub boot: String,
    /// Microseconds since that boot.
    pub mono_us: u64,
}

/// Somebody's wish that an attempt be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Without waiting for the polite steps.
    pub kill: bool,
}

/// Tokens and money of an attempt so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Tokens.
    pub usage: Usage,
    /// How far they can be trusted.
    pub exactness: Exactness,
    /// Money.
    pub cost: Cost,
}

impl OpenAttempt {
    /// An attempt of which `event` is the first; none is made of one that never ran.
    pub(super) fn first_seen(state: AttemptState, number: u32, event: &Event) -> Option<Self> {
        let (target, priority, marker) = match &event.body {
            Body::AttemptQueued(queued) => (&queued.target, queued.priority, queued.marker),
            Body::AttemptIntent(intent) => (&intent.target, Priority::Normal, intent.marker),
            _ => return None,
        };
        Some(Self {
            number,
            state,
            target: target.clone(),
            seq: event.seq,
            priority,
            marker: Some(marker),
            within: match &event.body {
                Body::AttemptQueued(queued) => queued.within,
                _ => None,
            },
            delay_ms: match &event.body {
                Body::AttemptQueued(queued) => queued.delay_ms,
                _ => None,
            },
            since: None,
            intended: false,
            process: None,
            wish: None,
            used: None,
        })
    }

    pub(super) fn learn(&mut self, event: &Event) {
        match &event.body {
            Body::AttemptAdmitted(_) => self.since = Some(Moment::of(event)),
            Body::AttemptIntent(intent) => {
                self.intended = true;
                self.marker = Some(intent.marker);
                self.since.get_or_insert_with(|| Moment::of(event));
            }
            Body::AttemptStarted(started) => {
                self.process = Some(ProcessRef {
                    pid: started.pid,
                    start_ticks: started.start_ticks,
                });
            }
            // What a supervisor asks of itself, it knows already.
            Body::AttemptCancelRequested(wanted) if event.actor.via != Via::Shim => {
                let kill = wanted.kill || self.wish.is_some_and(|wish| wish.kill);
                self.wish = Some(Wish { kill });
            }
            Body::AttemptUsage(tick) => {
                self.used = Some(Used {
                    usage: tick.usage,
                    exactness: tick.exactness,
                    cost: tick.cost,
                });
            }
            _ => {}
        }
    }
}

impl Moment {
    fn of(event: &Event) -> Self {
        Self {
            node: event.node.clone(),
            boot: event.boot.clone(),
            mono_us: event.mono_us,
        }
    }
}
