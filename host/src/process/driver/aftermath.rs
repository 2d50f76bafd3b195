//! What follows the end of a tool's own process: its group, its orphans, its last output.
//!
//! Owns the order: the group is killed while its number is still taken, orphans next, since they may
//! hold the output open; then what is left in the pipes is read, without waiting for an end that may
//! never come.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::{Happening, Phase, RunningChild, read};
use crate::model::{Chunk, ExitStatus, Source, StopSignal};
use crate::process::event::ProcessEvent;
use crate::process::lines::Piece;
use crate::process::prompt::read_answer;
use crate::process::sweep::{CLEAN_LOOKS, SETTLE};
use crate::process::unix;

/// How long output is waited for once the tool is gone, when somebody else holds its pipes.
const DRAIN: Duration = Duration::from_millis(500);

/// What a pipe can hold at most (`/proc/sys/fs/pipe-max-size`): what the tool itself wrote before
/// it ended is within this, even if the host was too busy to read it in time.
const LATE_BYTES: usize = 1 << 20;

/// How often we look again for whoever holds them.
const SWEEP_AGAIN: Duration = Duration::from_millis(20);

/// How often we look whether left-over processes have vanished once they were killed: nothing tells
/// about processes that are not our children.
const LOOK: Duration = Duration::from_millis(2);

impl RunningChild {
    /// The leader is gone and not reaped yet: deal with its group while that number is its own.
    pub(super) fn on_exit(&mut self, status: ExitStatus) {
        self.close_stdin_now();
        drop(unix::signal_group(self.pid, StopSignal::Kill)); // an empty group is what we want
        drop(self.child.wait()); // returns at once, we have seen it end
        self.sweep();
        self.events.push_back(ProcessEvent::Exited(status));
        self.phase = Phase::Draining {
            status,
            until: Instant::now() + DRAIN,
            late: 0,
        };
    }

    pub(super) async fn wait_draining(&mut self, until: Instant, late: usize) -> Happening {
        if self.is_drained() || late >= LATE_BYTES {
            return Happening::Time;
        }
        loop {
            if self.sweep_at <= Instant::now() {
                self.sweep();
            }
            let wake = until.min(self.sweep_at);
            let awaits_children = self.sweeper.is_waiting();
            // In this order: what lies in the pipes is the tool's, however late we come for it.
            tokio::select! {
                biased;
                read = read(&mut self.stdout, &mut self.stderr) => return read,
                () = sleep_until(wake) => {}
                _ = self.child_signal.recv(), if awaits_children => drop(self.sweeper.reap()),
            }
            if until <= Instant::now() {
                return Happening::Time;
            }
        }
    }

    fn sweep(&mut self) {
        self.sweeper.sweep(CLEAN_LOOKS);
        // What was killed may have left children to us.
        let again = if self.sweeper.is_waiting() {
            LOOK
        } else {
            SWEEP_AGAIN
        };
        self.sweep_at = Instant::now() + again;
    }

    pub(super) fn on_draining(
        &mut self,
        happening: Happening,
        status: ExitStatus,
        until: Instant,
        late: usize,
    ) {
        if let Happening::Read(source, read) = happening {
            let n = read.as_ref().map_or(0, |n| *n);
            let late = if Instant::now() < until { 0 } else { late + n };
            self.phase = Phase::Draining {
                status,
                until,
                late,
            };
            self.on_read(source, read);
            return;
        }
        let complete = self.is_drained();
        let rest = [
            self.stdout.close(&mut self.numbering),
            self.stderr.close(&mut self.numbering),
        ];
        self.events.extend(rest.into_iter().flatten());
        self.read_answer();
        self.events.push_back(ProcessEvent::Drained { complete });
        let until = Instant::now() + SETTLE;
        self.phase = Phase::Settling {
            status,
            until,
            drained: complete,
        };
    }

    fn is_drained(&self) -> bool {
        self.stdout.is_closed() && self.stderr.is_closed()
    }

    fn read_answer(&mut self) {
        let Some(path) = &self.spec.output_file else {
            return;
        };
        match read_answer(path, self.caps.line) {
            Ok(None) => {}
            Ok(Some(Piece { data, cut })) => {
                let seq = self.numbering.next();
                let chunk = Chunk {
                    source: Source::OutputFile,
                    seq,
                    data,
                    cut,
                };
                self.events.push_back(ProcessEvent::Output(vec![chunk]));
            }
            Err(error) => self.events.push_back(ProcessEvent::AnswerUnreadable(error)),
        }
    }

    /// Look whether everything is gone; `false` when it is worth another look.
    pub(super) fn settle(&mut self, status: ExitStatus, until: Instant, drained: bool) -> bool {
        // One that left nothing so far and let go of its output gets a short look for good measure.
        let is_tidy = drained && self.sweeper.ended() == 0;
        let looks = if is_tidy { 1 } else { CLEAN_LOOKS };
        let (swept, reaped) = (self.sweeper.sweep(looks), self.sweeper.reap());
        let quiet = unix::group_is_gone(self.pid) && swept && reaped;
        let over = quiet || Instant::now() >= until;
        if over {
            // Whoever still holds a pipe of the tool's is left of it, though nobody can say who.
            self.end(Some(status), quiet && drained);
        }
        over
    }

    /// Wait until something may have changed.
    pub(super) async fn wait_settling(&mut self) {
        let awaits_children = self.sweeper.is_waiting();
        tokio::select! {
            _ = self.child_signal.recv(), if awaits_children => {}
            () = sleep(LOOK) => {}
        }
    }
}
