//! The kill ladder: which signal is sent when, until the tool is gone.
//!
//! Owns the order of the steps and their bounds. Pure: it is told the time (as time since the
//! start) and says what is due. It never sends anything.

use std::time::Duration;

use crate::model::{StopSignal, StopStep};

/// No plan waits longer than this for one step.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// No plan has more steps than this.
const MOST_STEPS: usize = 8;

/// How long SIGKILL may take. Only a process stuck in the kernel outlives it.
pub(super) const AFTER_KILL: Duration = Duration::from_secs(5);

/// A step of the ladder that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// Send this signal to the process group.
    Signal {
        /// The signal.
        signal: StopSignal,
        /// Which step of the ladder this is, from 1.
        step: u32,
    },
    /// Not even SIGKILL helped.
    GiveUp,
}

/// A ladder that somebody may or may not have stepped on yet. Its last step is always SIGKILL.
#[derive(Debug, Clone)]
pub struct Ladder {
    steps: Vec<StopStep>,
    next: usize,
    due: Option<Duration>,
}

impl Ladder {
    /// Take an adapter's wish, or [`StopStep::DEFAULT_LADDER`] when it has none.
    ///
    /// Waits are cut to 60 s and steps to 8; what follows a SIGKILL is dropped, and a missing
    /// SIGKILL is added.
    #[must_use]
    pub fn new(wish: &[StopStep]) -> Self {
        let wish = if wish.is_empty() {
            &StopStep::DEFAULT_LADDER
        } else {
            wish
        };
        let mut steps: Vec<StopStep> = wish
            .iter()
            .take_while(|step| step.signal != StopSignal::Kill)
            .take(MOST_STEPS - 1)
            .map(|step| StopStep {
                wait: step.wait.min(LONGEST_WAIT),
                ..*step
            })
            .collect();
        steps.push(StopStep {
            signal: StopSignal::Kill,
            wait: AFTER_KILL,
        });
        Self {
            steps,
            next: 0,
            due: None,
        }
    }

    /// Step on it now, at its first step. Nothing changes for one who is on it already.
    pub fn begin(&mut self, now: Duration) {
        self.due = self.due.or(Some(now));
    }

    /// Step on it now, but pass over the polite requests: the tool has said its last word.
    pub fn begin_firmly(&mut self, now: Duration) {
        if self.due.is_none() {
            let polite = |step: &&StopStep| step.signal == StopSignal::Interrupt;
            self.next = self.steps.iter().take_while(polite).count();
            self.begin(now);
        }
    }

    /// Go straight to SIGKILL. Nothing changes once that was sent.
    pub fn begin_killing(&mut self, now: Duration) {
        if self.next < self.steps.len() {
            self.next = self.steps.len() - 1;
            self.due = Some(now);
        }
    }

    /// Whether somebody is on it.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.due.is_some()
    }

    /// When the next step is due; `None` while nobody is on it.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        self.due
    }

    /// Take the step that is due at `now`, if one is.
    pub fn take(&mut self, now: Duration) -> Option<Rung> {
        if self.due.is_none_or(|due| now < due) {
            return None;
        }
        let Some(step) = self.steps.get(self.next) else {
            return Some(Rung::GiveUp);
        };
        self.next += 1;
        // Counted from the moment the step is taken: a host that was stopped meanwhile must not
        // send the next signal at once.
        self.due = Some(now + step.wait);
        let number = u32::try_from(self.next).unwrap_or(u32::MAX);
        Some(Rung::Signal {
            signal: step.signal,
            step: number,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn step(signal: StopSignal, seconds: u64) -> StopStep {
        StopStep {
            signal,
            wait: s(seconds),
        }
    }

    /// What is taken when the ladder is looked at exactly when something is due.
    fn climb(ladder: &mut Ladder) -> Vec<(u64, Rung)> {
        let mut taken = Vec::new();
        while let Some(due) = ladder.due() {
            let rung = ladder.take(due).unwrap();
            taken.push((due.as_secs(), rung));
            if rung == Rung::GiveUp {
                break;
            }
        }
        taken
    }

    fn sent(signal: StopSignal, step: u32) -> Rung {
        Rung::Signal { signal, step }
    }

    #[test]
    fn the_default_ladder_waits_10_and_5_seconds() {
        let mut ladder = Ladder::new(&[]);
        assert_eq!((ladder.due(), ladder.take(s(99))), (None, None));
        ladder.begin(s(100));
        ladder.begin(s(101));
        assert_eq!(
            climb(&mut ladder),
            [
                (100, sent(StopSignal::Interrupt, 1)),
                (110, sent(StopSignal::Terminate, 2)),
                (115, sent(StopSignal::Kill, 3)),
                (120, Rung::GiveUp),
            ]
        );
    }

    #[test]
    fn a_tool_that_has_said_its_last_word_is_not_asked_politely() {
        let mut ladder = Ladder::new(&[]);
        ladder.begin_firmly(s(0));
        assert_eq!(climb(&mut ladder)[0], (0, sent(StopSignal::Terminate, 2)));
    }

    #[test]
    fn impatience_leads_straight_to_the_kill_once() {
        let mut ladder = Ladder::new(&[]);
        ladder.begin(s(0));
        ladder.take(s(0));
        ladder.begin_killing(s(1));
        assert_eq!(ladder.take(s(1)), Some(sent(StopSignal::Kill, 3)));
        ladder.begin_killing(s(2));
        assert_eq!(ladder.take(s(2)), None);
    }

    #[test]
    fn wishes_are_bounded_and_always_end_in_a_kill() {
        let endless = vec![step(StopSignal::Terminate, 1 << 30); 100];
        let ladder = Ladder::new(&endless);
        assert_eq!(ladder.steps.len(), MOST_STEPS);
        assert!(ladder.steps.iter().all(|step| step.wait <= LONGEST_WAIT));

        let early = [step(StopSignal::Kill, 9), step(StopSignal::Interrupt, 1)];
        assert_eq!(Ladder::new(&early).steps, [step(StopSignal::Kill, 5)]);
    }

    #[test]
    fn a_host_that_slept_gives_the_tool_its_time_all_the_same() {
        let mut ladder = Ladder::new(&[]);
        ladder.begin(s(0));
        ladder.take(s(0));
        assert_eq!(ladder.take(s(3600)), Some(sent(StopSignal::Terminate, 2)));
        assert_eq!(ladder.take(s(3600)), None);
        assert_eq!(ladder.due(), Some(s(3605)));
    }

    fn any_step() -> impl Strategy<Value = StopStep> {
        let signals = [
            StopSignal::Interrupt,
            StopSignal::Terminate,
            StopSignal::Kill,
        ];
        (prop::sample::select(signals.to_vec()), 0_u64..1000)
            .prop_map(|(signal, w)| step(signal, w))
    }

    proptest! {
        #[test]
        fn every_ladder_ends_with_one_kill(wish in prop::collection::vec(any_step(), 0..20)) {
            let mut ladder = Ladder::new(&wish);
            ladder.begin(s(0));
            let taken = climb(&mut ladder);
            let kill = |rung: &Rung| matches!(rung, Rung::Signal { signal: StopSignal::Kill, .. });
            prop_assert_eq!(taken.iter().filter(|(_, rung)| kill(rung)).count(), 1);
            prop_assert!(kill(&taken[taken.len() - 2].1));
            prop_assert!(taken.iter().all(|(at, _)| *at <= 60 * 8 + 5));
        }
    }
}
