//! What is told about a running tool, in the order in which it happened.
//!
//! Values only.

use std::io;

use super::ProcessError;
use super::lines::LineCaps;
use crate::model::{Chunk, ExitStatus, Source, StopReason, StopSignal};

/// How much of a tool's output is handed on.
#[derive(Debug, Clone, Copy)]
pub struct Caps {
    /// Of one line, and of the answer file.
    pub line: LineCaps,
    /// Of one stream, in bytes. What follows is read and dropped.
    pub stream: u64,
}

impl Default for Caps {
    /// Lines as in [`LineCaps::default`]; 4 GiB of a stream, far beyond any real session, so that a
    /// tool gone mad does not keep its adapter busy until its time is up.
    fn default() -> Self {
        Self {
            line: LineCaps::default(),
            stream: 4 << 30,
        }
    }
}

/// Something that happened to a tool.
#[derive(Debug)]
pub enum ProcessEvent {
    /// Complete pieces of output: everything that one read completed, in order.
    Output(Vec<Chunk>),
    /// A stream is longer than its cap; the rest of it is dropped.
    OutputCapReached {
        /// The stream.
        source: Source,
        /// The cap, in bytes.
        cap: u64,
    },
    /// A stream broke off.
    OutputFailed {
        /// The stream.
        source: Source,
        /// Why.
        error: io::Error,
    },
    /// The answer file was not readable; there is no chunk of it.
    AnswerUnreadable(ProcessError),
    /// Standard input was closed. No failure if the tool did not read all of it: some do not.
    StdinClosed {
        /// Bytes written.
        bytes: u64,
        /// Whether that was all.
        complete: bool,
    },
    /// The wall-clock limit has passed; the kill ladder begins.
    TimedOut,
    /// The tool lived on after its last word; the kill ladder begins.
    Lingered,
    /// A step of the kill ladder was taken.
    Signalled {
        /// The signal, sent to the process group.
        signal: StopSignal,
        /// Which step of the ladder, from 1.
        step: u32,
        /// Whether the system let it through.
        delivered: bool,
    },
    /// The tool's own process has ended. Output may follow.
    Exited(ExitStatus),
    /// No more output will come.
    Drained {
        /// Whether both streams came to their end. Otherwise a left-over process still held one.
        complete: bool,
    },
    /// The last event.
    Ended(Ended),
}

/// How it all ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// How the process ended; `None` when not even SIGKILL ended it.
    pub status: Option<ExitStatus>,
    /// Why it was stopped, if it was.
    pub reason: Option<StopReason>,
    /// Whether nothing of it is left: its group is gone, nobody holds its output, (on Linux) no
    /// process carries its mark, and a process that exists for this tool has no child any more.
    pub tree_empty: bool,
    /// Processes outside its group that had to be ended.
    pub swept: u32,
}
