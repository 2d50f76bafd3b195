//! Ends what a tool left behind outside its process group.
//!
//! Owns the search of `/proc` by the marker that every process of an attempt carries, and the rule
//! that nothing is signalled by its number alone. So it sees only processes of the same user that
//! still carry the marker: one that cleared its environment, or was started through another service
//! (docker, systemd-run), is not found. Where every child of this process is left of the tool, they
//! are ended as well (`offspring`). Elsewhere than on Linux it finds nothing by the marker.

use std::time::Duration;

use rustix::process::{Pid, getpgid};
use uuid::Uuid;

use super::kills::Kills;
use super::{offspring, unix};

/// Looks of one sweep at most; each takes about a millisecond.
const MOST_LOOKS: u32 = 256;

/// Looks in a row that find nothing before nothing is taken to be there. One is not enough: a
/// process that keeps forking can be between two numbers.
pub(super) const CLEAN_LOOKS: u32 = 3;

/// How long those that were killed may take to vanish.
pub(super) const SETTLE: Duration = Duration::from_secs(1);

/// What a sweep came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// How many processes were ended.
    pub ended: u32,
    /// Whether none is left: the last looks found none, and those that were killed are dead.
    pub clean: bool,
}

/// End every process marked with `marker`, except this one, and look again until none is left.
///
/// For whoever comes after the supervisor of an attempt has died. Nobody needs to be our child: a
/// handle (pidfd) is taken before the environment is looked at for the last time, so that a number
/// that changes hands costs nobody anything. Blocks, for some milliseconds as a rule and for about
/// a second and a half at most.
#[must_use]
pub fn sweep(marker: Uuid) -> Swept {
    let mut sweeper = Sweeper::new(marker);
    let clean = sweeper.sweep(CLEAN_LOOKS);
    let dead = unix::wait_for_ends(sweeper.kills.handles(), SETTLE);
    Swept {
        ended: sweeper.ended(),
        clean: clean && dead,
    }
}

/// The numbers of all processes marked with `marker`, except this one. Signals nobody.
///
/// They are for showing: a number may belong to another process by the time it is used. Looks
/// three times before it finds none, and else hands back what the first look found.
#[must_use]
pub fn find_marked(marker: Uuid) -> Vec<u32> {
    let look = |_| system::find_marked(marker);
    (0..CLEAN_LOOKS)
        .map(look)
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

/// A process that belongs to an attempt, whichever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// Its number, for showing.
    pub pid: u32,
    /// What marks it.
    pub marker: Uuid,
}

/// All marked processes of this user on this machine, except this one. Signals nobody.
#[must_use]
pub fn list_marked() -> Vec<Marked> {
    system::list_marked()
}

/// A sweep in several goes.
pub(super) struct Sweeper {
    marker: Uuid,
    /// A group that was killed already; its members are only waited for.
    group: Option<Pid>,
    /// Whether every child of ours is left of the tool.
    sole: bool,
    /// Whether none of them is there, as far as that matters.
    childless: bool,
    kills: Kills,
}

impl Sweeper {
    /// One that knows the processes of an attempt by their marker alone.
    pub(super) fn new(marker: Uuid) -> Self {
        Self {
            marker,
            group: None,
            sole: false,
            childless: true,
            kills: Kills::default(),
        }
    }

    /// One that comes after the leader of `group`; if `sole`, for every child of ours, too.
    pub(super) fn after(marker: Uuid, group: Pid, sole: bool) -> Self {
        Self {
            group: Some(group),
            sole,
            childless: !sole,
            ..Self::new(marker)
        }
    }

    /// Look until so many looks in a row found none; `false` if many looks were not enough.
    pub(super) fn sweep(&mut self, clean_looks: u32) -> bool {
        let group = self.group;
        let is_killed = |pid| group.is_some() && getpgid(Some(pid)).ok() == group;
        let mut n_clean = 0;
        for _ in 0..MOST_LOOKS {
            let n_children = self.cull();
            let look = system::end_marked(self.marker, is_killed);
            // Of its own children a sole parent need not doubt whose they are.
            let is_sure = self.sole || !look.in_doubt();
            let is_clean = look.ended.is_empty() && n_children == 0 && is_sure;
            n_clean = if is_clean { n_clean + 1 } else { 0 };
            for (pid, handle) in look.ended {
                self.kills.add(pid, handle);
            }
            // Whoever could be between two numbers is a descendant of ours, and we have none.
            let is_proven = self.sole && self.childless;
            if n_clean >= if is_proven { 1 } else { clean_looks } {
                return true;
            }
        }
        false
    }

    /// Reap those that became our children; `false` when one of them has not ended yet.
    pub(super) fn reap(&mut self) -> bool {
        if self.sole {
            self.cull();
            return self.childless;
        }
        self.kills.handles().all(system::is_reaped)
    }

    /// Whether every child is to go and one has not ended yet.
    pub(super) fn is_waiting(&self) -> bool {
        !self.childless
    }

    /// How many were ended.
    pub(super) fn ended(&self) -> u32 {
        self.kills.count()
    }

    /// End our children, if all of them are to go; how many were new.
    fn cull(&mut self) -> u32 {
        if !self.sole {
            return 0;
        }
        let culled = offspring::cull(self.group, &mut self.kills);
        self.childless = culled.childless;
        culled.fresh
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

    use super::Marked;
    use crate::process::environment::MARKER;
    use crate::process::identity::{Stat, start_ticks};

    /// Room for the environment of most processes, in bytes.
    const ROOM: usize = 16 << 10;

    /// What one look at all processes came to.
    pub(super) struct Look {
        /// Those that were killed.
        pub(super) ended: Vec<(Pid, Option<OwnedFd>)>,
        /// Those that showed no environment.
        bare: Vec<Pid>,
    }

    impl Look {
        /// Whether one of our user's just changed its program: nobody knows whether it is marked.
        pub(super) fn in_doubt(&self) -> bool {
            let is_between = |pid| Stat::of(pid).is_some_and(|stat| stat.is_between_programs());
            self.bare
                .iter()
                .any(|pid| is_between(number(*pid)) && is_own(*pid))
        }
    }

    /// One look at all processes.
    pub(super) fn end_marked(marker: Uuid, is_killed: impl Fn(Pid) -> bool) -> Look {
        let wanted = format!("{MARKER}={marker}");
        let wanted = wanted.as_bytes();
        let mut look = Look {
            ended: Vec::new(),
            bare: Vec::new(),
        };
        for pid in others() {
            match environment_of(pid) {
                Some(environ) if environ.is_empty() => look.bare.push(pid),
                Some(environ) if is_in(&environ, wanted) && !is_killed(pid) => {
                    look.ended.extend(end_if_marked(pid, wanted));
                }
                _ => {}
            }
        }
        look
    }

    /// One look that signals nobody.
    pub(super) fn find_marked(marker: Uuid) -> Vec<u32> {
        let wanted = format!("{MARKER}={marker}");
        others()
            .into_iter()
            .filter(|pid| is_marked(*pid, wanted.as_bytes()) && is_own(*pid))
            .map(number)
            .collect()
    }

    pub(super) fn list_marked() -> Vec<Marked> {
        let marked = |pid| {
            let marker = marker_in(&environment_of(pid)?)?;
            let pid = is_own(pid).then(|| number(pid))?;
            Some(Marked { pid, marker })
        };
        others().into_iter().filter_map(marked).collect()
    }

    /// The value of the variable, when it is one of ours.
    fn marker_in(environ: &[u8]) -> Option<Uuid> {
        let value = environ.split(|byte| *byte == 0).find_map(|entry| {
            let value = entry.strip_prefix(MARKER.as_bytes())?;
            value.strip_prefix(b"=")
        })?;
        std::str::from_utf8(value).ok()?.parse().ok()
    }

    /// All processes but this one.
    fn others() -> Vec<Pid> {
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
        pids.into_iter()
            .filter_map(Pid::from_raw)
            .filter(|pid| *pid != own)
            .collect()
    }

    fn number(pid: Pid) -> u32 {
        pid.as_raw_pid().unsigned_abs()
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

    fn end_if_marked(pid: Pid, wanted: &[u8]) -> Option<(Pid, Option<OwnedFd>)> {
        let handle = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => Some(handle),
            Err(Errno::NOSYS) => None,
            Err(_) => return None,
        };
        let started = start_ticks(number(pid));
        // Invariant: what is signalled was seen marked after its handle was taken. Should the
        // number change hands later, the handle is the dead one's and the signal reaches nobody.
        let ended = is_marked(pid, wanted) && is_own(pid) && end(pid, handle.as_ref(), started);
        ended.then_some((pid, handle))
    }

    fn is_marked(pid: Pid, wanted: &[u8]) -> bool {
        environment_of(pid).is_some_and(|environ| is_in(&environ, wanted))
    }

    fn is_in(environ: &[u8], wanted: &[u8]) -> bool {
        environ
            .split(|byte| *byte == 0)
            .any(|entry| entry == wanted)
    }

    fn environment_of(pid: Pid) -> Option<Vec<u8>> {
        let path = format!("/proc/{}/environ", pid.as_raw_nonzero());
        let mut file = File::open(path).ok()?;
        // Such a file comes whole or as far as there is room: most need no second look, and there
        // are as many as processes.
        let mut environ = vec![0; ROOM];
        let read = file.read(&mut environ).ok()?;
        environ.truncate(read);
        if read == ROOM {
            file.read_to_end(&mut environ).ok()?;
        }
        Some(environ)
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
                started.is_some()
                    && start_ticks(number(pid)) == started
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

    /// What a look comes to: nothing.
    pub(super) struct Look {
        pub(super) ended: Vec<(Pid, Option<OwnedFd>)>,
    }

    impl Look {
        pub(super) fn in_doubt(&self) -> bool {
            false
        }
    }

    /// No other system shows the environment of a process without special rights.
    pub(super) fn end_marked(_marker: Uuid, _is_killed: impl Fn(Pid) -> bool) -> Look {
        Look { ended: Vec::new() }
    }

    pub(super) fn find_marked(_marker: Uuid) -> Vec<u32> {
        Vec::new()
    }

    pub(super) fn list_marked() -> Vec<super::Marked> {
        Vec::new()
    }

    pub(super) fn is_reaped(_handle: &OwnedFd) -> bool {
        true
    }
}
