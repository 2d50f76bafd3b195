//! The user's wish to stop, as it reaches the host: Ctrl-C, SIGTERM, a closed terminal.
//!
//! Owns the listening. What a signal means is decided by whoever listens.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{ProcessError, unix};

/// A wish to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// SIGINT, usually Ctrl-C.
    CtrlC,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal was closed.
    Hangup,
}

/// A source of wishes to stop. From its first moment on, these signals no longer end the host.
#[derive(Debug)]
pub struct Interrupts {
    ctrl_c: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

impl Interrupts {
    /// Begin to listen. A signal that the host was started with as ignored (`nohup`, a job in the
    /// background of a script) stays ignored.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn listen() -> Result<Self, ProcessError> {
        Ok(Self {
            ctrl_c: unless_ignored(SignalKind::interrupt())?,
            terminate: unless_ignored(SignalKind::terminate())?,
            hangup: unless_ignored(SignalKind::hangup())?,
        })
    }

    /// Wait for the next wish. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Interrupt {
        tokio::select! {
            () = recv(&mut self.ctrl_c) => Interrupt::CtrlC,
            () = recv(&mut self.terminate) => Interrupt::Terminate,
            () = recv(&mut self.hangup) => Interrupt::Hangup,
        }
    }
}

fn unless_ignored(kind: SignalKind) -> Result<Option<Signal>, ProcessError> {
    if unix::is_ignored(kind.as_raw_value()) {
        return Ok(None);
    }
    signal(kind)
        .map(Some)
        .map_err(|source| ProcessError::Listen { source })
}

async fn recv(source: &mut Option<Signal>) {
    if let Some(source) = source
        && source.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}

#[cfg(test)]
mod tests {
    use rustix::process::{Signal as Number, getpid, kill_process};

    use super::*;
    use crate::process::unix::testing;

    // One test, since dispositions belong to the whole process.
    #[tokio::test]
    async fn wishes_arrive_and_ignored_signals_stay_ignored() {
        testing::ignore(libc::SIGHUP);
        // A script's job in the background is started with SIGINT ignored.
        testing::reset(libc::SIGINT);
        testing::reset(libc::SIGTERM);
        let mut interrupts = Interrupts::listen().unwrap();
        assert!(interrupts.hangup.is_none());
        assert!(unix::is_ignored(libc::SIGHUP) && !unix::is_ignored(libc::SIGTERM));

        kill_process(getpid(), Number::HUP).unwrap();
        kill_process(getpid(), Number::TERM).unwrap();
        assert_eq!(interrupts.next().await, Interrupt::Terminate);
        kill_process(getpid(), Number::INT).unwrap();
        assert_eq!(interrupts.next().await, Interrupt::CtrlC);
    }
}
