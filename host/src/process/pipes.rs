//! The three pipes to a running tool, each readable or writable a bit at a time.
//!
//! Owns the buffers. Every wait here can be given up without losing a byte, which is what lets the
//! driver wait for all of them at once. Nothing is kept beyond one read and one unfinished line.

use std::io;
use std::process::Child;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};

use super::event::{Caps, ProcessEvent};
use super::lines::{Framer, Numbering};
use super::stdin::StdinBytes;
use crate::model::{Framing, Source};

/// What a pipe holds by default on Linux; one read rarely returns more.
const READ_BYTES: usize = 64 << 10;

/// The pipes of a child that was just started.
pub(super) struct Pipes {
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

/// Take them, for use on the runtime.
pub(super) fn connect(child: &mut Child) -> io::Result<Pipes> {
    let absent = || io::Error::from(io::ErrorKind::BrokenPipe);
    Ok(Pipes {
        stdin: child.stdin.take().map(ChildStdin::from_std).transpose()?,
        stdout: ChildStdout::from_std(child.stdout.take().ok_or_else(absent)?)?,
        stderr: ChildStderr::from_std(child.stderr.take().ok_or_else(absent)?)?,
    })
}

/// A stream that the tool writes.
pub(super) struct OutputPipe<R> {
    source: Source,
    reader: Option<R>,
    buffer: Vec<u8>,
    framer: Framer,
    seen: u64,
    cap: u64,
}

impl<R: AsyncRead + Unpin> OutputPipe<R> {
    pub(super) fn new(source: Source, reader: R, framing: Framing, caps: Caps) -> Self {
        Self {
            source,
            reader: Some(reader),
            buffer: vec![0; READ_BYTES],
            framer: Framer::new(source, framing, caps.line),
            seen: 0,
            cap: caps.stream,
        }
    }

    /// Whether the stream has come to its end.
    pub(super) fn is_closed(&self) -> bool {
        self.reader.is_none()
    }

    /// Wait for the next bytes, and leave them in the buffer. Never returns once closed.
    pub(super) async fn read(&mut self) -> io::Result<usize> {
        match &mut self.reader {
            Some(reader) => reader.read(&mut self.buffer).await,
            None => std::future::pending().await,
        }
    }

    /// What the last read comes to.
    pub(super) fn take(
        &mut self,
        read: io::Result<usize>,
        numbering: &mut Numbering,
    ) -> Vec<ProcessEvent> {
        match read {
            Ok(0) => self.close(numbering).into_iter().collect(),
            Ok(n) => self.frame(n, numbering),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Vec::new(),
            Err(error) => {
                let failed = ProcessEvent::OutputFailed {
                    source: self.source,
                    error,
                };
                self.close(numbering).into_iter().chain([failed]).collect()
            }
        }
    }

    /// Stop reading; hand back the unfinished line.
    pub(super) fn close(&mut self, numbering: &mut Numbering) -> Option<ProcessEvent> {
        self.reader = None;
        let last = self.framer.finish(numbering)?;
        Some(ProcessEvent::Output(vec![last]))
    }

    fn frame(&mut self, n: usize, numbering: &mut Numbering) -> Vec<ProcessEvent> {
        let room = self.cap.saturating_sub(self.seen);
        let kept = usize::try_from(room).map_or(n, |room| room.min(n));
        self.seen += n as u64;
        let mut chunks = self.framer.push(&self.buffer[..kept], numbering);
        let reached = kept < n && room > 0;
        if reached {
            chunks.extend(self.framer.finish(numbering));
        }
        let output = (!chunks.is_empty()).then_some(ProcessEvent::Output(chunks));
        let (source, cap) = (self.source, self.cap);
        let reached = reached.then_some(ProcessEvent::OutputCapReached { source, cap });
        output.into_iter().chain(reached).collect()
    }
}

/// The stream that the tool reads.
pub(super) struct InputPipe {
    pipe: ChildStdin,
    pub(super) bytes: StdinBytes,
    written: u64,
}

impl InputPipe {
    pub(super) fn new(pipe: ChildStdin, bytes: StdinBytes) -> Self {
        Self {
            pipe,
            bytes,
            written: 0,
        }
    }

    /// Wait until some of what is waiting was written. Never returns while nothing is waiting.
    pub(super) async fn write(&mut self) -> io::Result<()> {
        let next = self.bytes.peek();
        if next.is_empty() {
            return std::future::pending().await;
        }
        let n = self.pipe.write(next).await?;
        self.bytes.advance(n);
        self.written += n as u64;
        Ok(())
    }

    /// What is told when the pipe is closed now.
    pub(super) fn farewell(&mut self) -> ProcessEvent {
        let complete = self.bytes.is_done();
        ProcessEvent::StdinClosed {
            bytes: self.written,
            complete,
        }
    }
}
