//! Where the identities of events come from.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use uuid::Uuid;

/// A source of UUIDs of version 7.
pub trait IdSource: fmt::Debug + Send + Sync {
    /// A new identity for something that happens at `now`.
    fn next(&self, now: Timestamp) -> Uuid;
}

/// Time and the system's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn next(&self, now: Timestamp) -> Uuid {
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos))
    }
}

/// Time and a counter: the same ids in every run, for tests and sealed runs.
#[derive(Debug, Default)]
pub struct SeededIds(AtomicU64);

impl IdSource for SeededIds {
    fn next(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let mut tail = [0; 10];
        tail[2..].copy_from_slice(&count.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
    }
}
