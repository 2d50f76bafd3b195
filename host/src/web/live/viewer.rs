//! A place for a viewer: bounded in number, and free when its holder goes, however it goes.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, watch};

use super::super::desk::Desk;
use super::super::problem::Problem;
use super::event::Topics;
use super::feed::Feed;
use super::pace::Pace;

/// A viewer's place.
pub(super) struct Viewer {
    pub(super) desk: Arc<Desk>,
    _place: OwnedSemaphorePermit,
}

impl Viewer {
    /// Take a place.
    pub(super) fn sit(desk: &Arc<Desk>) -> Result<Self, Problem> {
        let place = Arc::clone(&desk.viewers).try_acquire_owned();
        let n = desk.options.limits.n_viewers;
        let full = |_| {
            Problem::new(
                "too_many_requests",
                format!("{n} viewers watch already, and there is no place for more"),
            )
            .fix("close a page of the dashboard or another program that follows events")
        };
        Ok(Self {
            desk: Arc::clone(desk),
            _place: place.map_err(full)?,
        })
    }

    /// What it is to be told after `since`.
    pub(super) fn feed(&self, since: Option<u64>, topics: Topics) -> Feed {
        Feed::new(
            Arc::clone(&self.desk.hub),
            Arc::clone(&self.desk.lanes),
            since,
            topics,
            Pace::new(self.desk.options.limits.batch),
        )
    }

    /// Hear when the server goes.
    pub(super) fn leaving(&self) -> watch::Receiver<bool> {
        self.desk.leaving.clone()
    }
}

/// Wait until the server goes.
pub(in crate::web) async fn left(mut leaving: watch::Receiver<bool>) {
    // The other end is gone only when the server is.
    let _ = leaving.wait_for(|leaves| *leaves).await.is_ok();
}
