//! Runs one tool, from its start to the last process it left behind.
//!
//! Owns the waiting and the effects; what is due when is decided in `deadlines`, what a line is in
//! `lines`. There are no tasks and no queues of output: whoever asks for the next event sets the
//! pace, and a tool that writes faster waits for its pipe. It judges nothing: whether the tool did
//! its work is for its adapter to say.

mod aftermath;

use std::collections::VecDeque;
use std::io;
use std::process::Child;
use std::time::Duration;

use rustix::process::Pid;
use tokio::io::AsyncRead;
use tokio::process::{ChildStderr, ChildStdout};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::command::CommandSpec;
use super::deadlines::{Deadlines, Due};
use super::event::{Caps, Ended, ProcessEvent};
use super::identity::Identity;
use super::ladder::Rung;
use super::lines::Numbering;
use super::offspring::reap_orphans;
use super::pipes::{InputPipe, OutputPipe, connect};
use super::spawn::spawn;
use super::stdin::StdinBytes;
use super::sweep::{CLEAN_LOOKS, Sweeper};
use super::{ProcessError, unix};
use crate::model::{ExitStatus, Source, StopReason, StopSignal};

/// How often the child is looked at unasked: SIGCHLD may have been blocked by whoever started us.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Whose the children of this process are, while a tool runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tenure {
    /// Others may have started some. What a tool leaves behind is known by its group and its mark.
    #[default]
    Shared,
    /// This process exists for this one tool: until [`ProcessEvent::Ended`] it starts and awaits
    /// nothing else. It becomes the parent of every orphan among its descendants, and whatever
    /// child it has after the tool's exit is killed and reaped, marked or not.
    Sole,
}

/// A tool that was started, until its last event was taken.
///
/// In order: output and the steps of stopping it, as they happen; [`ProcessEvent::Exited`]; what
/// output is left; [`ProcessEvent::Drained`]; [`ProcessEvent::Ended`]. Only for a process that not
/// even SIGKILL ends is the last the only one of these three.
///
/// Dropped before it exited, it and its group are killed.
pub struct RunningChild {
    child: Child,
    pid: Pid,
    identity: Identity,
    spec: CommandSpec,
    caps: Caps,
    tenure: Tenure,
    started: Instant,
    phase: Phase,
    deadlines: Deadlines,
    child_signal: Signal,
    stdin: Option<InputPipe>,
    stdout: OutputPipe<ChildStdout>,
    stderr: OutputPipe<ChildStderr>,
    numbering: Numbering,
    sweeper: Sweeper,
    /// When it is time for another sweep, once the tool has exited.
    sweep_at: Instant,
    events: VecDeque<ProcessEvent>,
}

#[derive(Clone, Copy)]
enum Phase {
    Running,
    Draining {
        status: ExitStatus,
        until: Instant,
        late: usize,
    },
    Settling {
        status: ExitStatus,
        until: Instant,
        drained: bool,
    },
    Ended,
}

/// What a wait came to.
enum Happening {
    Time,
    ChildChanged,
    Wrote(io::Result<()>),
    Read(Source, io::Result<usize>),
}

impl RunningChild {
    /// Start a tool in a process that does other things, too. Its clocks run from here.
    ///
    /// Call it from a thread that lives as long as the tool, such as that of a current-thread
    /// runtime: on Linux the tool is killed when the thread that started it dies.
    ///
    /// # Errors
    ///
    /// When the system refuses to start it.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    pub fn spawn(spec: CommandSpec, caps: Caps) -> Result<Self, ProcessError> {
        Self::spawn_under(Tenure::Shared, spec, caps)
    }

    /// Start a tool as [`Self::spawn`] does, in a process that is shared or all for it.
    ///
    /// # Errors
    ///
    /// When the system refuses to start it, or to make us the parent of its orphans.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O and time enabled.
    pub fn spawn_under(
        tenure: Tenure,
        spec: CommandSpec,
        caps: Caps,
    ) -> Result<Self, ProcessError> {
        if tenure == Tenure::Sole {
            unix::adopt_orphans().map_err(|source| ProcessError::AdoptOrphans { source })?;
        }
        // Before the start, or a very short life would go unnoticed.
        let child_signal =
            signal(SignalKind::child()).map_err(|source| ProcessError::Listen { source })?;
        let mut child = spawn(&spec)?;
        let pid = Pid::from_child(&child);
        let pipes = connect(&mut child).map_err(|source| {
            abandon(&mut child, pid);
            ProcessError::Spawn {
                program: spec.program.clone(),
                source,
            }
        })?;
        let bytes = StdinBytes::new(spec.stdin.clone());
        let mut running = Self {
            pid,
            identity: Identity::of_leader(pid),
            started: Instant::now(),
            phase: Phase::Running,
            deadlines: Deadlines::new(spec.stop.clone(), spec.timeout, spec.linger),
            child_signal,
            stdin: pipes
                .stdin
                .zip(bytes)
                .map(|(pipe, bytes)| InputPipe::new(pipe, bytes)),
            stdout: OutputPipe::new(Source::Stdout, pipes.stdout, spec.stdout, caps),
            stderr: OutputPipe::new(Source::Stderr, pipes.stderr, spec.stderr, caps),
            numbering: Numbering::default(),
            sweeper: Sweeper::after(spec.marker, pid, tenure == Tenure::Sole),
            sweep_at: Instant::now(),
            events: VecDeque::new(),
            child,
            spec,
            caps,
            tenure,
        };
        running.close_stdin_if_done();
        Ok(running)
    }

    /// Who the process is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Begin to stop the tool; each step is told as an event. Nothing changes if it was begun.
    pub fn stop(&mut self, reason: StopReason) {
        let now = self.now();
        self.deadlines.stop(reason, now);
    }

    /// Kill the tool without waiting for the steps that are left.
    pub fn kill(&mut self, reason: StopReason) {
        let now = self.now();
        self.deadlines.kill(reason, now);
    }

    /// The tool has said its last word: it may live on for [`CommandSpec::linger`].
    pub fn finished(&mut self) {
        let now = self.now();
        self.deadlines.finished(now);
    }

    /// The tool goes on after what seemed its last word.
    pub fn resumed(&mut self) {
        self.deadlines.resumed();
    }

    /// Queue bytes for standard input.
    ///
    /// # Errors
    ///
    /// When it is closed, or too much is waiting.
    pub fn write_stdin(&mut self, bytes: Vec<u8>) -> Result<(), ProcessError> {
        let stdin = self.stdin.as_mut().ok_or(ProcessError::StdinClosed)?;
        stdin.bytes.queue(bytes)
    }

    /// Close standard input once everything queued was written.
    pub fn close_stdin(&mut self) {
        if let Some(stdin) = &mut self.stdin {
            stdin.bytes.close();
        }
        self.close_stdin_if_done();
    }

    /// The next thing that happens; `None` after [`ProcessEvent::Ended`].
    ///
    /// May be given up at any time without losing anything.
    pub async fn next(&mut self) -> Option<ProcessEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            match self.phase {
                Phase::Running => {
                    let happening = self.wait().await;
                    self.on_happening(happening);
                }
                Phase::Draining {
                    status,
                    until,
                    late,
                } => {
                    let happening = self.wait_draining(until, late).await;
                    self.on_draining(happening, status, until, late);
                }
                Phase::Settling {
                    status,
                    until,
                    drained,
                } => {
                    if !self.settle(status, until, drained) {
                        self.wait_settling().await;
                    }
                }
                Phase::Ended => return None,
            }
        }
    }

    /// Time since the start; stands still while the machine is suspended.
    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    async fn wait(&mut self) -> Happening {
        let now = self.now();
        let due = self.deadlines.due();
        if due <= now {
            return Happening::Time;
        }
        let wake = self.started + due.min(now + HEARTBEAT);
        // In this order: no flood of output keeps a limit from being enforced.
        tokio::select! {
            biased;
            () = sleep_until(wake) => Happening::Time,
            _ = self.child_signal.recv() => Happening::ChildChanged,
            written = write(&mut self.stdin) => Happening::Wrote(written),
            read = read(&mut self.stdout, &mut self.stderr) => read,
        }
    }

    fn on_happening(&mut self, happening: Happening) {
        match happening {
            Happening::ChildChanged => self.look_for_exit(),
            Happening::Time => {
                self.look_for_exit();
                if matches!(self.phase, Phase::Running) {
                    self.on_time();
                }
            }
            Happening::Wrote(Ok(())) => self.close_stdin_if_done(),
            Happening::Wrote(Err(_)) => self.close_stdin_now(),
            Happening::Read(source, read) => self.on_read(source, read),
        }
    }

    fn on_time(&mut self) {
        let now = self.now();
        match self.deadlines.take(now) {
            None => {}
            Some(Due::TimedOut) => self.events.push_back(ProcessEvent::TimedOut),
            Some(Due::Lingered) => self.events.push_back(ProcessEvent::Lingered),
            Some(Due::Rung(Rung::Signal { signal, step })) => {
                // The leader was not reaped: its group's number is still its own.
                let delivered = unix::signal_group(self.pid, signal).is_ok();
                self.events.push_back(ProcessEvent::Signalled {
                    signal,
                    step,
                    delivered,
                });
            }
            Some(Due::Rung(Rung::GiveUp)) => {
                self.sweeper.sweep(CLEAN_LOOKS);
                self.end(None, false);
            }
        }
    }

    fn on_read(&mut self, source: Source, read: io::Result<usize>) {
        let events = match source {
            Source::Stderr => self.stderr.take(read, &mut self.numbering),
            Source::Stdout | Source::OutputFile => self.stdout.take(read, &mut self.numbering),
        };
        self.events.extend(events);
    }

    fn look_for_exit(&mut self) {
        match unix::peek_exit(self.pid) {
            Ok(Some(status)) => self.on_exit(status),
            // A tool that keeps leaving orphans would fill the table of processes with dead ones.
            _ if self.tenure == Tenure::Sole => reap_orphans(self.pid),
            _ => {}
        }
    }

    fn end(&mut self, status: Option<ExitStatus>, tree_empty: bool) {
        let (reason, swept) = (self.deadlines.reason(), self.sweeper.ended());
        let ended = Ended {
            status,
            reason,
            tree_empty,
            swept,
        };
        self.events.push_back(ProcessEvent::Ended(ended));
        self.phase = Phase::Ended;
    }

    fn close_stdin_if_done(&mut self) {
        if self
            .stdin
            .as_mut()
            .is_some_and(|stdin| stdin.bytes.is_done())
        {
            self.close_stdin_now();
        }
    }

    fn close_stdin_now(&mut self) {
        if let Some(mut stdin) = self.stdin.take() {
            self.events.push_back(stdin.farewell());
        }
    }
}

impl Drop for RunningChild {
    fn drop(&mut self) {
        if matches!(self.phase, Phase::Running) {
            abandon(&mut self.child, self.pid);
            self.sweeper.sweep(CLEAN_LOOKS);
        }
    }
}

/// Kill a child that nobody will wait for. A zombie may stay until the host ends.
fn abandon(child: &mut Child, pid: Pid) {
    drop(unix::signal_group(pid, StopSignal::Kill));
    drop(child.try_wait());
}

async fn write(stdin: &mut Option<InputPipe>) -> io::Result<()> {
    match stdin {
        Some(stdin) => stdin.write().await,
        None => std::future::pending().await,
    }
}

/// Whichever has something; neither can starve the other.
async fn read<O, E>(stdout: &mut OutputPipe<O>, stderr: &mut OutputPipe<E>) -> Happening
where
    O: AsyncRead + Unpin,
    E: AsyncRead + Unpin,
{
    tokio::select! {
        read = stdout.read() => Happening::Read(Source::Stdout, read),
        read = stderr.read() => Happening::Read(Source::Stderr, read),
    }
}
