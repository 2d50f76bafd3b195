//! Following an invocation until it is over: what its attempts show, and when they end.
//!
//! Any process may follow, at any time, any number of them: they read files. Whoever follows also
//! looks after what nobody else would notice: a slot that is free while this one waits, and a
//! supervisor that is gone.

use std::time::Duration;

use crate::model::{AttemptState, Concurrency, InvocationNumber, RunId};
use crate::process::{Interrupt, Interrupts};
use crate::spool::{ProgressReader, Watch};

use super::cancel::Cancel;
use super::desk::Desk;
use super::error::EngineError;
use super::ledger::KnownRun;
use super::progress::{Progress, Watcher};

/// How often a follower looks around unasked.
const TICK: Duration = Duration::from_secs(1);

/// Whom to follow, and what may be done about it.
pub struct Follow<'a> {
    /// The run.
    pub run: &'a RunId,
    /// The invocation.
    pub invocation: InvocationNumber,
    /// Within these, the follower gives free slots away; by default within those on file.
    pub limits: Option<&'a Concurrency>,
    /// With these, the user's Ctrl-C stops the invocation; without, it ends the following.
    pub interrupts: Option<&'a mut Interrupts>,
}

/// Where the invocation stands.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Standing {
    number: u32,
    state: AttemptState,
    ahead: usize,
}

impl Desk {
    /// Show `watcher` everything that the invocation shows, from its beginning, until it is over.
    ///
    /// # Errors
    /// When the record cannot be read or, for a cancel, written.
    pub async fn follow(
        &self,
        follow: &mut Follow<'_>,
        watcher: &mut dyn Watcher,
    ) -> Result<(), EngineError> {
        let mut view = View::new(self, follow);
        let mut interrupted = false;
        let mut killed = false;
        loop {
            let standing = self.standing(follow)?;
            view.show(standing, watcher);
            let Some(standing) = standing else {
                return Ok(());
            };
            let happening = match follow.interrupts.as_deref_mut() {
                None => view.changed().await,
                Some(interrupts) => tokio::select! {
                    changed = view.changed() => changed,
                    interrupt = interrupts.next() => Happening::Interrupt(interrupt),
                },
            };
            match happening {
                Happening::Changed => self.use_free_slot(standing, follow)?,
                Happening::Tick => {
                    self.look_after(standing, follow)?;
                    view.wait_on(standing, self.clock.monotonic(), watcher);
                }
                Happening::Interrupt(interrupt) => {
                    // The first time politely; somebody who presses Ctrl-C again means it.
                    let kill = interrupted && interrupt == Interrupt::CtrlC;
                    interrupted = true;
                    // Said twice, it is on record; saying it again would only be in the way of
                    // whoever writes the end.
                    if killed {
                        continue;
                    }
                    killed = kill;
                    self.cancel(&Cancel {
                        run: follow.run.clone(),
                        invocation: Some(follow.invocation),
                        kill,
                        reason: "interrupt",
                    })?;
                }
            }
        }
    }

    /// Wait until a run has a part with this number; `false` when it is over without one.
    ///
    /// # Errors
    /// When the record cannot be read or written.
    pub async fn next_part(
        &self,
        run: &RunId,
        number: InvocationNumber,
    ) -> Result<bool, EngineError> {
        let mut watch = Watch::new(&[&self.log_dir()]);
        loop {
            let (there, over) = self.view(|ledger| {
                let known = ledger.run(run);
                let there = known.is_some_and(|known| known.parts.contains_key(&number.0));
                (there, known.is_none_or(KnownRun::is_over))
            })?;
            if there || over {
                return Ok(there);
            }
            if !watch.changed(TICK).await {
                // Whoever drives it may be gone.
                self.recover(None)?;
            }
        }
    }

    /// Show `watcher` what the invocation has shown so far, and go.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn show(
        &self,
        run: &RunId,
        invocation: InvocationNumber,
        watcher: &mut dyn Watcher,
    ) -> Result<(), EngineError> {
        let folder = self.spool.invocation(run, invocation);
        for number in 1.. {
            let attempt = folder.attempt(number);
            if !attempt.path().is_dir() {
                break;
            }
            let mut reader = attempt.read_progress();
            while let Some(progress) = reader.next_item::<Progress>().map_err(EngineError::Spool)? {
                watcher.see(progress);
            }
        }
        Ok(())
    }

    fn standing(&self, follow: &Follow<'_>) -> Result<Option<Standing>, EngineError> {
        self.view(|ledger| {
            let open = ledger.open(follow.run, follow.invocation)?;
            let Some(attempt) = &open.attempt else {
                return Some(Standing {
                    number: 1,
                    state: AttemptState::Queued,
                    ahead: 0,
                });
            };
            let ahead = ledger.work().filter(|other| {
                let other = other.attempt;
                other.state == AttemptState::Queued
                    && (std::cmp::Reverse(other.priority), other.seq)
                        < (std::cmp::Reverse(attempt.priority), attempt.seq)
            });
            Some(Standing {
                number: attempt.number,
                state: attempt.state,
                ahead: ahead.count(),
            })
        })
    }

    /// Somebody who ended may have died before it could pass its slot on.
    fn use_free_slot(&self, standing: Standing, follow: &Follow<'_>) -> Result<(), EngineError> {
        if standing.state == AttemptState::Queued {
            self.admit(follow.limits)?;
        }
        Ok(())
    }

    /// Nobody tells when a supervisor is killed.
    fn look_after(&self, standing: Standing, follow: &Follow<'_>) -> Result<(), EngineError> {
        let mine = self
            .spool
            .invocation(follow.run, follow.invocation)
            .attempt(standing.number);
        let orphaned = standing.state.holds_slot() && !mine.is_claimed().unwrap_or(true);
        if orphaned || standing.state == AttemptState::Queued {
            self.recover(follow.limits)?;
        }
        Ok(())
    }
}

enum Happening {
    Changed,
    Tick,
    Interrupt(Interrupt),
}

/// What was shown so far.
struct View<'d> {
    desk: &'d Desk,
    run: RunId,
    invocation: InvocationNumber,
    number: u32,
    reader: Option<ProgressReader>,
    watch: Watch,
    /// The number of the attempt whose folder is watched, once it is there.
    watched: Option<u32>,
    queued: Option<usize>,
    running_since: Option<Duration>,
    next_tick: Duration,
}

impl<'d> View<'d> {
    fn new(desk: &'d Desk, follow: &Follow<'_>) -> Self {
        Self {
            desk,
            run: follow.run.clone(),
            invocation: follow.invocation,
            number: 1,
            reader: None,
            watch: Watch::new(&[&desk.log_dir()]),
            watched: None,
            queued: None,
            running_since: None,
            next_tick: desk.clock.monotonic() + TICK,
        }
    }

    /// Wait for something to look at, or for the next tick.
    async fn changed(&mut self) -> Happening {
        let now = self.desk.clock.monotonic();
        if now < self.next_tick {
            self.watch.changed(self.next_tick - now).await;
        }
        if self.desk.clock.monotonic() < self.next_tick {
            return Happening::Changed;
        }
        self.next_tick = self.desk.clock.monotonic() + TICK;
        Happening::Tick
    }

    /// Show what is new, of every attempt up to the present one.
    fn show(&mut self, standing: Option<Standing>, watcher: &mut dyn Watcher) {
        self.watch_folder();
        let last = standing.map_or(u32::MAX, |standing| standing.number);
        loop {
            self.drain(watcher);
            let next = self.number.saturating_add(1);
            if self.number >= last || !self.folder(next).path().is_dir() {
                break;
            }
            (self.number, self.reader, self.running_since) = (next, None, None);
        }
        match standing {
            Some(standing) if standing.state == AttemptState::Queued => {
                if self.queued != Some(standing.ahead) {
                    self.queued = Some(standing.ahead);
                    let ahead = standing.ahead;
                    watcher.see(Progress::Queued { ahead });
                }
            }
            _ => self.queued = None,
        }
    }

    fn wait_on(&mut self, standing: Standing, now: Duration, watcher: &mut dyn Watcher) {
        if standing.state.holds_slot() {
            let since = *self.running_since.get_or_insert(now.saturating_sub(TICK));
            let elapsed = now.saturating_sub(since);
            watcher.see(Progress::Waiting { elapsed });
        }
    }

    fn drain(&mut self, watcher: &mut dyn Watcher) {
        if self.reader.is_none() {
            self.reader = Some(self.folder(self.number).read_progress());
        }
        while let Some(Ok(Some(progress))) = self
            .reader
            .as_mut()
            .map(ProgressReader::next_item::<Progress>)
        {
            if matches!(progress, Progress::Starting { .. }) {
                self.running_since = Some(self.desk.clock.monotonic());
            }
            watcher.see(progress);
        }
    }

    fn folder(&self, number: u32) -> crate::spool::AttemptFolder {
        self.desk
            .spool
            .invocation(&self.run, self.invocation)
            .attempt(number)
    }

    /// Watch the attempt's own folder as soon as there is one; before that, the record tells.
    fn watch_folder(&mut self) {
        if self.watched == Some(self.number) {
            return;
        }
        let folder = self.folder(self.number);
        if folder.path().is_dir() {
            self.watch.add(folder.path());
            self.watched = Some(self.number);
        }
    }
}
