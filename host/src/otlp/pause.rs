//! How this room waits: by whatever it is given, so that tests need no time and a server can end
//! the wait.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What came of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// The time is over.
    Over,
    /// Somebody wants everything to stop.
    Stopped,
}

/// Something that waits.
pub trait Pause: Send + Sync {
    /// Wait for `time`, unless somebody wants everything to stop.
    fn pause(&self, time: Duration) -> Waited;
}

/// A wait in real time that another thread can end.
#[derive(Debug, Default)]
pub struct Stop {
    wanted: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// End all waits, now and from now on.
    pub fn stop(&self) {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }
}

impl Pause for Stop {
    fn pause(&self, time: Duration) -> Waited {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .changed
            .wait_timeout_while(wanted, time, |wanted| !*wanted);
        let (wanted, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if *wanted {
            Waited::Stopped
        } else {
            Waited::Over
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_ends_a_wait_that_would_take_for_ever() {
        let stop = Stop::default();
        assert_eq!(stop.pause(Duration::ZERO), Waited::Over);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| stop.pause(Duration::MAX));
            stop.stop();
            assert_eq!(waiting.join().unwrap(), Waited::Stopped);
        });
        assert_eq!(stop.pause(Duration::MAX), Waited::Stopped);
    }
}
