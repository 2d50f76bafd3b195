//! How often a viewer hears: at once after quiet, and then no more often than it can show.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Keeps two messages apart.
#[derive(Debug)]
pub(in crate::web) struct Pace {
    gap: Duration,
    free_at: Option<Instant>,
}

impl Pace {
    /// At most one message each `gap`; the first at once.
    pub(in crate::web) fn new(gap: Duration) -> Self {
        Self { gap, free_at: None }
    }

    /// Wait until a message may go. Asking again after it was dropped is the same as waiting on.
    pub(in crate::web) async fn wait(&self) {
        if let Some(free_at) = self.free_at {
            sleep_until(free_at).await;
        }
    }

    /// A message goes now.
    pub(in crate::web) fn goes(&mut self) {
        self.free_at = Some(Instant::now() + self.gap);
    }
}
