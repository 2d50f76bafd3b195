//! Who lives in a house: its supervisors, its stand-in tools, and the commands that use its state.
//!
//! Owns the look at `/proc` and the eviction at the end of a test, so that one that fails leaves
//! nothing behind. A process is known by what it was started as, seen through a handle (pidfd)
//! before it is signalled; never by its number alone.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::pids::wait_until_gone;

const SUPERVISE: &[u8] = b"__supervise";

/// A supervisor that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supervisor {
    /// Its process.
    pub pid: Pid,
    /// Its attempt, such as `RUN-20261122-001.i1.a1`.
    pub attempt: String,
}

/// The supervisors of a state directory.
#[must_use]
pub fn supervisors(state_dir: &Path) -> Vec<Supervisor> {
    let of = |pid| {
        let attempt = supervised(pid, state_dir)?;
        Some(Supervisor { pid, attempt })
    };
    everybody().into_iter().filter_map(of).collect()
}

/// Processes whose program lies below `folder`; the dead have none.
#[must_use]
pub fn running_from(folder: &Path) -> Vec<Pid> {
    let mut all = everybody();
    all.retain(|pid| runs_from(*pid, folder));
    all
}

/// Send SIGKILL to a process for which `is_meant` still holds once a handle to it is taken.
pub fn kill_if(pid: Pid, is_meant: impl Fn(Pid) -> bool) -> bool {
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else {
        return false;
    };
    is_meant(pid) && pidfd_send_signal(&handle, Signal::KILL).is_ok()
}

/// Kill this supervisor, if it still is one; a tool that it was about to start goes with it.
pub fn kill_supervisor(state_dir: &Path, supervisor: &Supervisor) -> bool {
    kill_if(supervisor.pid, |pid| {
        supervised(pid, state_dir).as_ref() == Some(&supervisor.attempt)
    })
}

/// End everybody in the house at `root`, and say how many there were. Supervisors first: they would
/// start the next.
pub fn evict(root: &Path) -> usize {
    let supervises =
        |pid| supervision(pid).is_some_and(|(state_dir, _)| state_dir.starts_with(root));
    let lives = |pid| supervises(pid) || runs_from(pid, root) || is_at_home(pid, root);
    let start = Instant::now();
    let (mut n_quiet, mut n_ended) = (0, 0);
    // One that just forks or execs is seen by the next look.
    while n_quiet < 2 && start.elapsed() < Duration::from_secs(5) {
        let mut found: Vec<Pid> = everybody().into_iter().filter(|pid| lives(*pid)).collect();
        found.sort_by_key(|pid| !supervises(*pid));
        n_quiet = if found.is_empty() { n_quiet + 1 } else { 0 };
        for pid in &found {
            n_ended += usize::from(kill_if(*pid, lives));
        }
        // Dead, and not only without a name: until then they hold their locks.
        for pid in found {
            wait_until_gone(pid, Duration::from_secs(1));
        }
    }
    n_ended
}

/// All processes but this one.
fn everybody() -> Vec<Pid> {
    let own = rustix::process::getpid();
    let processes = fs::read_dir("/proc").into_iter().flatten();
    processes
        .filter_map(|entry| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?))
        .filter(|pid| *pid != own)
        .collect()
}

fn read(pid: Pid, file: &str) -> Vec<u8> {
    fs::read(format!("/proc/{}/{file}", pid.as_raw_pid())).unwrap_or_default()
}

/// The attempt that it supervises, if it is a supervisor of this state directory.
fn supervised(pid: Pid, state_dir: &Path) -> Option<String> {
    let (of, attempt) = supervision(pid)?;
    (of == state_dir).then_some(attempt)
}

/// The state directory and the attempt that it supervises, if it is a supervisor.
fn supervision(pid: Pid) -> Option<(PathBuf, String)> {
    let line = read(pid, "cmdline");
    let mut words = line.split(|byte| *byte == 0).skip(1);
    if words.next()? != SUPERVISE {
        return None;
    }
    let state_dir = PathBuf::from(OsStr::from_bytes(words.next()?));
    let attempt = String::from_utf8_lossy(words.next()?).into_owned();
    Some((state_dir, attempt))
}

fn runs_from(pid: Pid, folder: &Path) -> bool {
    let link: PathBuf = format!("/proc/{}/exe", pid.as_raw_pid()).into();
    fs::read_link(link).is_ok_and(|program| program.starts_with(folder))
}

/// Whether its home is in the house: a command, or a tool whose program lies elsewhere.
fn is_at_home(pid: Pid, root: &Path) -> bool {
    let environment = read(pid, "environ");
    let mut variables = environment.split(|byte| *byte == 0);
    variables.any(|variable| {
        let home = variable.strip_prefix(b"HOME=");
        home.is_some_and(|home| Path::new(OsStr::from_bytes(home)).starts_with(root))
    })
}
