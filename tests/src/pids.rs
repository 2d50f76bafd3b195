//! Whether a process is still there, for tests of what is left behind.
//!
//! Owns the reading of pid files and of process states. Never signals anything.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use rustix::process::{Pid, test_kill_process};

const POLL: Duration = Duration::from_millis(2);

/// Reads a pid that the stand-in agent has written with `--pid-file`.
///
/// # Panics
/// When the file is not there or holds no pid.
pub fn read_pid(path: &Path) -> Pid {
    let text =
        fs::read_to_string(path).unwrap_or_else(|e| panic!("no pid in {}: {e}", path.display()));
    let raw = text.parse().ok().and_then(Pid::from_raw);
    raw.unwrap_or_else(|| panic!("no pid in {}: {text:?}", path.display()))
}

/// Whether the process still runs. One that is dead but not yet waited for does not: an orphan
/// stays in that state for as long as the first process of the machine pleases. One whose other
/// threads still go does: it has its files, and the locks on them, until the last is gone.
pub fn is_running(pid: Pid) -> bool {
    match fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())) {
        // The name before the state is in parentheses and may hold anything, parentheses too.
        Ok(stat) => stat
            .rsplit_once(") ")
            .is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']) || n_threads(pid) > 1),
        Err(_) if Path::new("/proc/self/stat").exists() => false,
        Err(_) => test_kill_process(pid).is_ok(),
    }
}

fn n_threads(pid: Pid) -> usize {
    let threads = fs::read_dir(format!("/proc/{}/task", pid.as_raw_pid()));
    threads.map_or(0, Iterator::count)
}

/// Waits for the end of a process that is not a child of ours; false when `limit` passed first.
pub fn wait_until_gone(pid: Pid, limit: Duration) -> bool {
    let start = Instant::now();
    while is_running(pid) {
        if start.elapsed() > limit {
            return false;
        }
        std::thread::sleep(POLL);
    }
    true
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_dead_do_not_run() {
        assert!(is_running(rustix::process::getpid()));
        assert!(!wait_until_gone(
            rustix::process::getpid(),
            Duration::from_millis(1)
        ));
        let mut child = Command::new("true").spawn().unwrap();
        let pid = Pid::from_child(&child);
        // It is dead, and stays in the table until it is waited for.
        assert!(wait_until_gone(pid, Duration::from_secs(20)));
        child.wait().unwrap();
        assert!(!is_running(pid));
    }
}
