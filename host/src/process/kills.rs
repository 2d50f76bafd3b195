//! Which processes were ended, each counted once.
//!
//! Values only, but for the handles it keeps. A number counts again once the process that had it
//! was reaped, for then it may belong to another.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use rustix::process::Pid;

/// The processes that were ended.
#[derive(Debug, Default)]
pub(super) struct Kills {
    /// Not known to be reaped, with a handle if there is one.
    standing: BTreeMap<i32, Option<OwnedFd>>,
    n_reaped: u32,
}

impl Kills {
    /// Count one; `false` if it was counted already.
    pub(super) fn add(&mut self, pid: Pid, handle: Option<OwnedFd>) -> bool {
        let before = self.standing.len();
        self.standing.entry(pid.as_raw_pid()).or_insert(handle);
        self.standing.len() > before
    }

    /// One of our children was reaped: its number is free.
    pub(super) fn reaped(&mut self, pid: Pid) {
        if self.standing.remove(&pid.as_raw_pid()).is_some() {
            self.n_reaped = self.n_reaped.saturating_add(1);
        }
    }

    /// How many there were.
    pub(super) fn count(&self) -> u32 {
        let standing = u32::try_from(self.standing.len()).unwrap_or(u32::MAX);
        self.n_reaped.saturating_add(standing)
    }

    /// Handles of those that were not reaped.
    pub(super) fn handles(&self) -> impl Iterator<Item = &OwnedFd> {
        self.standing.values().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_counts_once_and_each_number_as_often_as_it_is_given_out() {
        let pid = |number| Pid::from_raw(number).unwrap();
        let mut kills = Kills::default();
        assert!(kills.add(pid(7), None) && !kills.add(pid(7), None));
        assert_eq!(kills.count(), 1);
        kills.reaped(pid(7));
        kills.reaped(pid(8)); // died by itself
        assert_eq!(kills.count(), 1);
        assert!(kills.add(pid(7), None));
        assert_eq!(kills.count(), 2);
    }
}
