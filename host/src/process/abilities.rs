//! What this system lets a supervisor do, tried out.
//!
//! Changes nothing and starts nothing.

#[cfg(target_os = "linux")]
use rustix::process::{PidfdFlags, getpid, pidfd_open};
use rustix::process::{Resource, getrlimit};

/// What works here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// A supervisor becomes the parent of what its tool leaves behind.
    pub adopts_orphans: bool,
    /// A process can be held by a handle, so that its number cannot be taken for another's.
    pub has_handles: bool,
    /// The environment of processes can be read, by which left-overs are found.
    pub shows_markers: bool,
    /// How many files a process may have open; `None`: as many as it likes.
    pub open_files: Option<u64>,
    /// How many processes this user may have.
    pub processes: Option<u64>,
}

/// Try out what works here.
#[must_use]
pub fn abilities() -> Abilities {
    Abilities {
        #[cfg(target_os = "linux")]
        adopts_orphans: rustix::process::child_subreaper().is_ok(),
        #[cfg(not(target_os = "linux"))]
        adopts_orphans: false,
        #[cfg(target_os = "linux")]
        has_handles: pidfd_open(getpid(), PidfdFlags::empty()).is_ok(),
        #[cfg(not(target_os = "linux"))]
        has_handles: false,
        shows_markers: std::fs::File::open("/proc/self/environ").is_ok(),
        open_files: getrlimit(Resource::Nofile).current,
        processes: getrlimit(Resource::Nproc).current,
    }
}
