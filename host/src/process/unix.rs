//! What this room asks of a Unix system: a child set up in a session of its own, signals to its
//! group, and its exit seen before it is reaped.
//!
//! The only file with `unsafe` code. Owns what happens between `fork` and `exec`, where only
//! system calls are allowed: no allocation, no lock, no panic. It decides nothing.
//! A Windows file would offer the same functions over a job object.
#![expect(
    unsafe_code,
    reason = "what runs between fork and exec, and the dispositions of signals, have no safe API"
)]

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, getpid, kill_process_group, setsid,
    test_kill_process_group, waitid, waitpgid,
};

use crate::model::{ExitStatus, StopSignal};

/// Linux has 64 signals; elsewhere there are 31, and the numbers above refuse.
const SIGNALS: std::ops::RangeInclusive<i32> = 1..=64;

/// The first descriptor that no child inherits.
const FIRST_PRIVATE_FD: RawFd = 3;

/// How long a child may live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// On Linux it is killed when the thread that started it dies.
    Bound,
    /// It goes on without us.
    Own,
}

/// Have the child lead a session and group of its own, with no signal blocked or ignored, and with
/// nothing open but its three streams.
pub(super) fn prepare(command: &mut Command, life: Life) {
    let parent = getpid();
    // SAFETY: the closure runs between fork and exec. It makes system calls on local values and
    // touches no memory that another thread could have left locked or half written.
    unsafe {
        command.pre_exec(move || in_child(parent, life));
    }
}

fn in_child(parent: Pid, life: Life) -> io::Result<()> {
    setsid()?;
    if life == Life::Bound {
        die_with(parent)?;
    }
    reset_signals()?;
    keep_no_descriptor();
    Ok(())
}

#[cfg(target_os = "linux")]
fn die_with(parent: Pid) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // The parent may have died before the line above: then nobody would send the signal. A parent
    // outside our pid namespace reads as none.
    match rustix::process::getppid() {
        Some(now) if now != parent => Err(io::Error::from_raw_os_error(libc::ESRCH)),
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the same signature on every system"
)]
fn die_with(_parent: Pid) -> io::Result<()> {
    Ok(())
}

/// `exec` resets handlers but keeps what is ignored or blocked: a host under `nohup` would start
/// tools that no SIGHUP ends, and Codex heeds an inherited "ignore" even of SIGTERM.
fn reset_signals() -> io::Result<()> {
    for signal in SIGNALS {
        // SAFETY: setting the default disposition installs no code. SIGKILL, SIGSTOP
        // and the two that the C library keeps for its threads refuse, which changes nothing.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    // SAFETY: `sigemptyset` initialises the set before it is read; the old mask is not asked for.
    let outcome = unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut())
    };
    match outcome {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// Marks instead of closing: the pipe on which std reports a failed `exec` must last until then.
fn keep_no_descriptor() {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: takes three integers and changes flags of descriptors only.
        let done = unsafe {
            libc::syscall(
                libc::SYS_close_range,
                libc::c_long::from(FIRST_PRIVATE_FD),
                libc::c_long::from(u32::MAX),
                libc::c_long::from(libc::CLOSE_RANGE_CLOEXEC),
            )
        };
        if done == 0 {
            return;
        }
    }
    // Linux before 5.11, and other systems. What we open ourselves is marked already.
    for fd in FIRST_PRIVATE_FD..1024 {
        // SAFETY: changes a flag of a descriptor; one that is not open refuses.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// Send a signal to a process group whose leader was not reaped yet, so that its number is still
/// its own.
pub(super) fn signal_group(group: Pid, signal: StopSignal) -> io::Result<()> {
    let number = match signal {
        StopSignal::Interrupt => Signal::INT,
        StopSignal::Terminate => Signal::TERM,
        StopSignal::Kill => Signal::KILL,
    };
    kill_process_group(group, number)?;
    // One that was stopped (SIGSTOP, a debugger) would not hear a polite request. This can fail only
    // because the signal above was heard.
    kill_process_group(group, Signal::CONT).unwrap_or_default();
    Ok(())
}

/// How a child ended, if it did. It stays a zombie: its pid and its group's number stay taken.
pub(super) fn peek_exit(pid: Pid) -> io::Result<Option<ExitStatus>> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let status = waitid(WaitId::Pid(pid), options)?;
    Ok(status.map(|status| ExitStatus {
        code: status.exit_status(),
        signal: status.terminating_signal(),
    }))
}

/// Whether no process is left in a group. Reaps those of its members that became our children.
pub(super) fn group_is_gone(group: Pid) -> bool {
    while let Ok(Some(_)) = waitpgid(group, WaitOptions::NOHANG) {}
    test_kill_process_group(group) == Err(rustix::io::Errno::SRCH)
}

/// Wait until all processes of these handles (pidfd) have ended, reaped or not; `false` when
/// `limit` passed first. For handles of anybody's processes.
pub(super) fn wait_for_ends<'h>(
    handles: impl Iterator<Item = &'h OwnedFd>,
    limit: Duration,
) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a killed process takes to die is no time of the record's"
    )]
    let start = Instant::now();
    let mut waiting: Vec<_> = handles
        .map(|handle| libc::pollfd {
            fd: handle.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    while let Some(one) = waiting.last_mut() {
        let left = limit.saturating_sub(start.elapsed());
        let millis = libc::c_int::try_from(left.as_millis()).unwrap_or(libc::c_int::MAX);
        // SAFETY: points to one initialised `pollfd`, and the count says so.
        match unsafe { libc::poll(std::ptr::from_mut(one), 1, millis) } {
            0 => return false,
            n if n > 0 => drop(waiting.pop()),
            _ if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            _ => return false,
        }
    }
    true
}

/// Whether this process was started with a signal ignored, as `nohup` does with SIGHUP.
pub(super) fn is_ignored(signal: i32) -> bool {
    // SAFETY: with no new action given, `sigaction` only fills in `old`, which zeroes initialise.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut old) == 0
            && old.sa_sigaction == libc::SIG_IGN
    }
}

/// Make this process the parent of every orphan among its descendants, so that what a tool leaves
/// behind stays below us and is reaped. Process-wide; call it once, early. Linux only: elsewhere
/// it does nothing.
///
/// # Errors
///
/// When the system refuses.
pub fn adopt_orphans() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(getpid()))?;
    Ok(())
}

#[cfg(test)]
pub(super) mod testing {
    use std::time::Duration;

    /// Have this process ignore a signal, as a host under `nohup` would.
    pub(in crate::process) fn ignore(signal: i32) {
        // SAFETY: installs no code.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }

    /// Have a signal do what it does by default, whatever the tests were started with.
    pub(in crate::process) fn reset(signal: i32) {
        // SAFETY: installs no code.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }

    /// Block a signal in this thread.
    pub(in crate::process) fn block(signal: i32) {
        // SAFETY: the set is initialised by `sigemptyset` before it is used.
        unsafe {
            let mut set: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut set);
            libc::sigaddset(&raw mut set, signal);
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
        }
    }

    /// Change the process and the session every `pause`, for at most a minute.
    pub(in crate::process) fn hop(pause: Duration) -> ! {
        let micros = libc::c_uint::try_from(pause.as_micros()).unwrap_or(0);
        // SAFETY: system calls alone: none of them allocates or locks, as is right after `fork` in
        // a program that had other threads.
        unsafe {
            let until = libc::time(std::ptr::null_mut()) + 60;
            loop {
                libc::setsid();
                if libc::fork() != 0 || libc::time(std::ptr::null_mut()) > until {
                    libc::_exit(0);
                }
                libc::usleep(micros);
            }
        }
    }
}
