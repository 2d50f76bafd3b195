//! Makes interval events durable within a second when nobody else does.
//!
//! One thread, started with the first such event and joined when the journal is dropped.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::segment::Segment;

/// Longest time that an interval event waits for its sync.
const INTERVAL: Duration = Duration::from_millis(900);

#[derive(Debug, Default)]
pub(super) struct Flusher {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    due: Option<(Arc<Segment>, u64)>,
    stop: bool,
}

impl Flusher {
    /// See that `segment` is durable up to `end` soon.
    pub(super) fn note(&mut self, segment: Arc<Segment>, end: u64, log_dir: &Path) {
        {
            let mut state = self
                .shared
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            // A segment that has a successor was synced when it was sealed.
            state.due = Some((segment, end));
        }
        self.shared.changed.notify_one();
        if self.thread.is_none() {
            let shared = Arc::clone(&self.shared);
            let log_dir = log_dir.to_owned();
            self.thread = std::thread::Builder::new()
                .name("journal-sync".to_owned())
                .spawn(move || run(&shared, &log_dir))
                .ok();
        }
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .stop = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It cannot panic; if it did, there would be nothing left to do here.
            drop(thread.join());
        }
    }
}

fn run(shared: &Shared, log_dir: &Path) {
    let lock = || shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let state = shared
            .changed
            .wait_while(lock(), |state| state.due.is_none() && !state.stop)
            .unwrap_or_else(PoisonError::into_inner);
        let (mut state, _) = shared
            .changed
            .wait_timeout_while(state, INTERVAL, |state| !state.stop)
            .unwrap_or_else(PoisonError::into_inner);
        let (due, stop) = (state.due.take(), state.stop);
        drop(state);
        if let Some((segment, end)) = due {
            // A failure makes the journal read-only, which the next commit reports.
            drop(segment.sync_to(end, log_dir));
        }
        if stop {
            return;
        }
    }
}
