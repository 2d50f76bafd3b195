//! Everything about a running tool that depends on time: wall-clock limit, lingering, the ladder.
//!
//! Pure: it is told what happened and what time it is (as time since the start) and says what is
//! due. It never waits and never signals.

use std::time::Duration;

use super::ladder::{Ladder, Rung};
use crate::model::StopReason;

/// Something whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The wall-clock limit has passed; the ladder has begun.
    TimedOut,
    /// The tool should have ended by itself; the ladder has begun, at its first firm step.
    Lingered,
    /// A step of the ladder.
    Rung(Rung),
}

/// The clocks that run against one tool.
#[derive(Debug)]
pub struct Deadlines {
    ladder: Ladder,
    timeout: Duration,
    linger: Duration,
    lingers_until: Option<Duration>,
    reason: Option<StopReason>,
}

impl Deadlines {
    /// The clocks at the start of the tool, which is time zero.
    #[must_use]
    pub fn new(ladder: Ladder, timeout: Duration, linger: Duration) -> Self {
        Self {
            ladder,
            timeout,
            linger,
            lingers_until: None,
            reason: None,
        }
    }

    /// Begin to stop the tool. The first reason stands; a later one changes nothing.
    pub fn stop(&mut self, reason: StopReason, now: Duration) {
        self.reason.get_or_insert(reason);
        self.ladder.begin(now);
    }

    /// Kill the tool without waiting any longer.
    pub fn kill(&mut self, reason: StopReason, now: Duration) {
        self.reason.get_or_insert(reason);
        self.ladder.begin_killing(now);
    }

    /// The tool has said its last word: from now on it lingers. A later last word starts anew.
    pub fn finished(&mut self, now: Duration) {
        self.lingers_until = Some(now.saturating_add(self.linger));
    }

    /// The tool goes on after all.
    pub fn resumed(&mut self) {
        self.lingers_until = None;
    }

    /// Why it is being stopped, if it is.
    #[must_use]
    pub fn reason(&self) -> Option<StopReason> {
        self.reason
    }

    /// When something is due next.
    #[must_use]
    pub fn due(&self) -> Duration {
        let quiet = || {
            self.lingers_until
                .map_or(self.timeout, |until| until.min(self.timeout))
        };
        self.ladder.due().unwrap_or_else(quiet)
    }

    /// What is due at `now`, one thing at a time.
    pub fn take(&mut self, now: Duration) -> Option<Due> {
        if self.ladder.is_begun() {
            return self.ladder.take(now).map(Due::Rung);
        }
        if self.lingers_until.is_some_and(|until| until <= now) {
            self.reason = Some(StopReason::Lingered);
            self.ladder.begin_firmly(now);
            return Some(Due::Lingered);
        }
        if self.timeout <= now {
            self.stop(StopReason::Timeout, now);
            return Some(Due::TimedOut);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StopSignal;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn clocks() -> Deadlines {
        Deadlines::new(Ladder::new(&[]), s(100), s(5))
    }

    fn signal(signal: StopSignal, step: u32) -> Option<Due> {
        Some(Due::Rung(Rung::Signal { signal, step }))
    }

    #[test]
    fn the_wall_clock_begins_the_whole_ladder() {
        let mut clocks = clocks();
        assert_eq!((clocks.due(), clocks.take(s(99))), (s(100), None));
        assert_eq!(clocks.take(s(100)), Some(Due::TimedOut));
        assert_eq!(clocks.take(s(100)), signal(StopSignal::Interrupt, 1));
        assert_eq!((clocks.due(), clocks.take(s(109))), (s(110), None));
        assert_eq!(clocks.take(s(110)), signal(StopSignal::Terminate, 2));
        assert_eq!(clocks.reason(), Some(StopReason::Timeout));
    }

    #[test]
    fn one_who_lingers_is_terminated() {
        let mut clocks = clocks();
        clocks.finished(s(10));
        clocks.finished(s(12));
        assert_eq!((clocks.due(), clocks.take(s(15))), (s(17), None));
        assert_eq!(clocks.take(s(17)), Some(Due::Lingered));
        assert_eq!(clocks.take(s(17)), signal(StopSignal::Terminate, 2));
        assert_eq!(clocks.reason(), Some(StopReason::Lingered));
    }

    #[test]
    fn one_who_goes_on_does_not_linger() {
        let mut clocks = clocks();
        clocks.finished(s(10));
        clocks.resumed();
        assert_eq!((clocks.due(), clocks.take(s(50))), (s(100), None));
    }

    #[test]
    fn the_first_reason_stands_and_other_clocks_fall_silent() {
        let mut clocks = clocks();
        clocks.stop(StopReason::OverBudget, s(98));
        clocks.finished(s(98));
        clocks.stop(StopReason::Interrupt, s(99));
        assert_eq!(clocks.take(s(99)), signal(StopSignal::Interrupt, 1));
        assert_eq!(clocks.take(s(105)), None, "neither lingered nor timed out");
        clocks.kill(StopReason::Interrupt, s(106));
        assert_eq!(clocks.take(s(106)), signal(StopSignal::Kill, 3));
        assert_eq!(clocks.take(s(111)), Some(Due::Rung(Rung::GiveUp)));
        assert_eq!(clocks.reason(), Some(StopReason::OverBudget));
    }
}
