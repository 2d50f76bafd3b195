//! Hearing that somebody wants an attempt stopped: the record changed.
//!
//! A cancel is an event and nothing else. Whoever writes it needs no socket, no pid, and no luck;
//! and its place in the record settles what came first.

use std::time::Duration;

use crate::spool::Watch;

use super::desk::Desk;

/// How long a change may go unnoticed where the system does not tell.
const AT_MOST: Duration = Duration::from_millis(500);

/// Wakes when the record changed.
pub(super) struct Wishes {
    watch: Watch,
    has_looked: bool,
}

impl Wishes {
    /// Begin to watch.
    pub(super) fn watch(desk: &Desk) -> Self {
        Self {
            watch: Watch::new(&[&desk.log_dir()]),
            has_looked: false,
        }
    }

    /// Wait until the record may have changed; the first time it may have, before the watch began.
    /// Nothing is lost when the wait is given up.
    pub(super) async fn changed(&mut self) {
        if self.has_looked {
            self.watch.changed(AT_MOST).await;
        }
        self.has_looked = true;
    }
}
