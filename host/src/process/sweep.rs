//! Ends what a tool left behind outside its process group, found by the marker in its environment.
//!
//! Owns the search of `/proc` and the rule that nothing is signalled by its number alone. Sees only
//! processes of the same user that still carry the marker: one that cleared its environment, or was
//! started through another service (docker, systemd-run), is not found. Elsewhere than on Linux it
//! finds nothing and says that it cannot tell.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, getpgid};
use uuid::Uuid;

/// Looks of one sweep at most; each takes about a millisecond.
const MOST_LOOKS: u32 = 256;

/// Looks in a row that find nothing before nothing is taken to be there. One is not enough: a process that just calls `exec` shows
/// no environment for a moment, and one that keeps forking can be between two numbers.
pub(super) const CLEAN_LOOKS: u32 = 3;

/// What a sweep came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// How many processes were ended.
    pub ended: u32,
    /// Whether the last look found none left.
    pub clean: bool,
}

/// End every process marked with `marker`, except this one, and look again until none is left.
#[must_use]
pub fn sweep(marker: Uuid) -> Swept {
    let mut sweeper = Sweeper::new(marker, None);
    let clean = sweeper.sweep(CLEAN_LOOKS);
    Swept {
        ended: sweeper.ended(),
        clean,
    }
}

/// A sweep in several goes.
pub(super) struct Sweeper {
    marker: Uuid,
    /// A group that was killed already; its members are only waited for.
    group: Option<Pid>,
    /// What was ended, with a handle by which it is reaped if it is our child.
    ended: BTreeMap<i32, Option<OwnedFd>>,
}

impl Sweeper {
    pub(super) fn new(marker: Uuid, group: Option<Pid>) -> Self {
        Self {
            marker,
            group,
            ended: BTreeMap::new(),
        }
    }

    /// Look until so many looks in a row found none; `false` if many looks were not enough.
    pub(super) fn sweep(&mut self, clean_looks: u32) -> bool {
        let group = self.group;
        let is_killed = |pid| group.is_some() && getpgid(Some(pid)).ok() == group;
        let mut n_clean = 0;
        for _ in 0..MOST_LOOKS {
            let found = system::end_marked(self.marker, is_killed);
            n_clean = if found.is_empty() { n_clean + 1 } else { 0 };
            self.ended.extend(found);
            if n_clean == clean_looks {
                return true;
            }
        }
        false
    }

    /// Reap those that became our children; `false` when one of them has not ended yet.
    pub(super) fn reap(&self) -> bool {
        self.ended.values().flatten().all(system::is_reaped)
    }

    pub(super) fn ended(&self) -> u32 {
        u32::try_from(self.ended.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::cmp::Reverse;
    use std::fs::{self, File};
    use std::io::Read as _;
    use std::os::fd::{AsFd as _, OwnedFd};
    use std::os::unix::fs::MetadataExt as _;

    use rustix::io::Errno;
    use rustix::process::{
        Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, geteuid, getpid, kill_process, pidfd_open,
        pidfd_send_signal, waitid,
    };
    use uuid::Uuid;

    use crate::process::environment::MARKER;
    use crate::process::identity::start_ticks;

    /// One look at all processes; those that were killed.
    pub(super) fn end_marked(
        marker: Uuid,
        is_killed: impl Fn(Pid) -> bool,
    ) -> Vec<(i32, Option<OwnedFd>)> {
        let wanted = format!("{MARKER}={marker}");
        let own = getpid();
        let Ok(processes) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        let mut pids: Vec<i32> = processes
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect();
        // The newest first: whoever forks away from us is among them, and will be gone soon. Numbers
        // begin again from below once they have run out.
        let newest = newest_pid();
        pids.sort_unstable_by_key(|pid| (*pid > newest, Reverse(*pid)));
        let others = pids
            .into_iter()
            .filter_map(Pid::from_raw)
            .filter(|pid| *pid != own);
        others
            .filter(|pid| is_marked(*pid, wanted.as_bytes()) && !is_killed(*pid))
            .filter_map(|pid| end_if_marked(pid, wanted.as_bytes()))
            .collect()
    }

    /// The number that was given out last (fifth field of `/proc/loadavg`, `proc(5)`).
    fn newest_pid() -> i32 {
        let newest = |line: String| line.split_ascii_whitespace().nth(4)?.parse().ok();
        fs::read_to_string("/proc/loadavg")
            .ok()
            .and_then(newest)
            .unwrap_or(i32::MAX)
    }

    /// Whether nothing is left of a process that was killed, as far as that is up to us.
    pub(super) fn is_reaped(handle: &OwnedFd) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        // An error means that it is not our child, or not any more.
        !matches!(waitid(WaitId::PidFd(handle.as_fd()), options), Ok(None))
    }

    fn end_if_marked(pid: Pid, wanted: &[u8]) -> Option<(i32, Option<OwnedFd>)> {
        let handle = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => Some(handle),
            Err(Errno::NOSYS) => None,
            Err(_) => return None,
        };
        let started = start_ticks(pid.as_raw_nonzero().get().unsigned_abs());
        // Invariant: what is signalled was seen marked after its handle was taken. Should the
        // number change hands later, the handle is the dead one's and the signal reaches nobody.
        let ended = is_marked(pid, wanted) && is_own(pid) && end(pid, handle.as_ref(), started);
        ended.then(|| (pid.as_raw_nonzero().get(), handle))
    }

    fn is_marked(pid: Pid, wanted: &[u8]) -> bool {
        let path = format!("/proc/{}/environ", pid.as_raw_nonzero());
        // Room for most, since the size of such a file is not known beforehand.
        let mut environ = Vec::with_capacity(16 << 10);
        let read = File::open(path).and_then(|mut file| file.read_to_end(&mut environ));
        read.is_ok()
            && environ
                .split(|byte| *byte == 0)
                .any(|entry| entry == wanted)
    }

    /// Root can read the environment of others; it is still not theirs that is swept.
    fn is_own(pid: Pid) -> bool {
        fs::metadata(format!("/proc/{}", pid.as_raw_nonzero()))
            .is_ok_and(|metadata| metadata.uid() == geteuid().as_raw())
    }

    fn end(pid: Pid, handle: Option<&OwnedFd>, started: Option<u64>) -> bool {
        match handle {
            Some(handle) => pidfd_send_signal(handle, Signal::KILL).is_ok(),
            // Linux before 5.3: the start time tells a number that changed hands, but for a moment.
            None => {
                let number = pid.as_raw_nonzero().get().unsigned_abs();
                started.is_some()
                    && start_ticks(number) == started
                    && kill_process(pid, Signal::KILL).is_ok()
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::os::fd::OwnedFd;

    use rustix::process::Pid;
    use uuid::Uuid;

    /// No other system shows the environment of a process without special rights.
    pub(super) fn end_marked(
        _marker: Uuid,
        _is_killed: impl Fn(Pid) -> bool,
    ) -> Vec<(i32, Option<OwnedFd>)> {
        Vec::new()
    }

    pub(super) fn is_reaped(_handle: &OwnedFd) -> bool {
        true
    }
}
