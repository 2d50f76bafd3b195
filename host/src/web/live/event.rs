//! One event as viewers get it. Written once by the publisher; nobody here looks inside.

use std::sync::Arc;

use super::super::names::named;

/// An event of the record, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveEvent {
    /// Its number in the record; greater than that of every event before it.
    pub seq: u64,
    /// What it is about.
    pub topic: Topic,
    /// The whole event as JSON: `{"seq","at","type","run_id"?,"invocation"?,"attempt"?,"data"}`.
    pub json: Arc<str>,
    /// Its type, as in `attempt.started`; the same as `type` in the JSON.
    pub kind: Arc<str>,
}

named!(
    /// What an event is about.
    Topic {
        /// Runs, invocations, attempts.
        Runs = "runs",
        /// Tokens and costs.
        Usage = "usage",
        /// Policies, limits, breakers.
        Policy = "policy",
        /// Tasks and specifications.
        Board = "board",
        /// Configuration, plugins, the record itself.
        Config = "config",
    }
);

/// Some topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) struct Topics(u8);

impl Topics {
    pub(in crate::web) const ALL: Self = Self(u8::MAX);

    /// Those of `words`; `None` when one of them is no topic.
    pub(in crate::web) fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut bits = 0;
        for word in words {
            bits |= Self::bit(Topic::of(word)?);
        }
        Some(Self(bits))
    }

    pub(in crate::web) fn has(self, topic: Topic) -> bool {
        self.0 & Self::bit(topic) != 0
    }

    fn bit(topic: Topic) -> u8 {
        match topic {
            Topic::Runs => 1,
            Topic::Usage => 2,
            Topic::Policy => 4,
            Topic::Board => 8,
            Topic::Config => 16,
        }
    }
}
