//! The children of this process: which there are, which have ended, and that all of them be killed.
//!
//! For a process that exists for one tool and is the parent of its orphans: there every child is
//! left of the tool, whatever became of its environment, group, and session. Nothing here asks
//! whose child it is: never use it in a process that started anything else.

use std::fs;

use rustix::process::{Pid, Signal, WaitOptions, getpgid, getpid, kill_process, wait, waitpid};

use super::identity::Stat;
use super::kills::Kills;

/// Rounds of one go at most. A round ends one generation; one that forks away needs a few.
const MOST_ROUNDS: u32 = 256;

/// What one go came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Culled {
    /// How many were killed for the first time.
    pub(super) fresh: u32,
    /// Whether no child is left, dead or alive.
    pub(super) childless: bool,
}

/// Kill every child, reap what is dead, and go on with the children that those leave to us until
/// there is none, or only such that take their time to die. Never waits. Members of `group`, which
/// was killed as a whole, do not count.
///
/// The tool's own process must be reaped by now.
pub(super) fn cull(group: Option<Pid>, kills: &mut Kills) -> Culled {
    let mut culled = Culled {
        fresh: 0,
        childless: false,
    };
    for _ in 0..MOST_ROUNDS {
        culled.childless = reap(kills);
        if culled.childless {
            break;
        }
        let fresh = kill(group, kills);
        culled.fresh += fresh;
        if fresh == 0 {
            break;
        }
    }
    culled
}

/// `true` when no child is left.
fn reap(kills: &mut Kills) -> bool {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, _))) => kills.reaped(pid),
            Ok(None) => return false,
            Err(_) => return true,
        }
    }
}

fn kill(group: Option<Pid>, kills: &mut Kills) -> u32 {
    let mut fresh = 0;
    for pid in children() {
        // Invariant: it is our child, and nobody but `reap` reaps, so its number is its own.
        let in_group = group.is_some() && getpgid(Some(pid)).ok() == group;
        let killed = kill_process(pid, Signal::KILL).is_ok();
        if killed && !in_group && kills.add(pid, None) {
            fresh += 1;
        }
    }
    fresh
}

/// Reap the orphans that have ended, and leave the tool's own process alone.
pub(super) fn reap_orphans(tool: Pid) {
    for pid in children().into_iter().filter(|pid| *pid != tool) {
        // One that lives is reaped when it has ended.
        let _ = waitpid(Some(pid), WaitOptions::NOHANG);
    }
}

/// Every child of this process that was not reaped. Some may be missing while they come and go.
fn children() -> Vec<Pid> {
    listed().unwrap_or_else(found)
}

/// As the kernel lists them for each of our threads; `None` where it does not.
fn listed() -> Option<Vec<Pid>> {
    let mut children = Vec::new();
    for thread in fs::read_dir("/proc/self/task").ok()? {
        let list = thread.ok()?.path().join("children");
        let list = fs::read_to_string(list).ok()?;
        let pids = list.split_ascii_whitespace();
        children.extend(pids.filter_map(|pid| Pid::from_raw(pid.parse().ok()?)));
    }
    Some(children)
}

/// By a look at everybody's parent: kernels without `CONFIG_PROC_CHILDREN` keep no list.
fn found() -> Vec<Pid> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let own = getpid().as_raw_nonzero().get();
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| Stat::of(*pid).is_some_and(|stat| stat.parent == own))
        .filter_map(|pid| Pid::from_raw(i32::try_from(pid).ok()?))
        .collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Child, Command};

    use super::*;
    use crate::process::tests::alone::alone;

    #[test]
    fn both_ways_of_looking_see_the_same() {
        alone(
            "process::offspring::tests::both_ways_of_looking_see_the_same",
            || {
                assert_eq!((listed(), found()), (Some(Vec::new()), Vec::new()));
                let mut started: Vec<_> = (0..3).map(|_| sleeper()).collect();
                let mut ids: Vec<_> = started.iter().map(Pid::from_child).collect();
                ids.sort_unstable_by_key(|pid| pid.as_raw_pid());
                for mut seen in [listed().unwrap(), found()] {
                    seen.sort_unstable_by_key(|pid| pid.as_raw_pid());
                    assert_eq!(seen, ids);
                }

                // The tool's own process is left to whoever waits for it.
                for child in &mut started[..2] {
                    child.kill().unwrap();
                }
                let tool = ids.iter().find(|id| **id == Pid::from_child(&started[0]));
                let tool = *tool.unwrap();
                while listed().unwrap().len() > 2 {
                    reap_orphans(tool);
                }
                assert!(started[0].wait().is_ok() && started[1].wait().is_err());

                let mut kills = Kills::default();
                let mut culled = cull(None, &mut kills);
                while !culled.childless {
                    culled = cull(None, &mut kills);
                }
                assert_eq!(kills.count(), 1, "nobody is counted twice");
                assert_eq!(found(), Vec::new());
            },
        );
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the room that starts programs"
    )]
    fn sleeper() -> Child {
        let mut sleep = Command::new("sleep");
        sleep.arg("1000").spawn().expect("a sleeper")
    }
}
