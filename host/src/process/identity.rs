//! Who a process is, so that its number, used again by another, is not taken for it.
//!
//! Reads `/proc`; elsewhere than on Linux a process is known by its numbers alone.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// A process that was started for an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Its process id.
    pub pid: u32,
    /// Its process group, which it leads.
    pub pgid: u32,
    /// When it started, in clock ticks since boot. `None` where the system does not tell.
    pub start_ticks: Option<u64>,
}

impl Identity {
    /// The leader of a session that was just started.
    #[must_use]
    pub(super) fn of_leader(pid: Pid) -> Self {
        let number = pid.as_raw_nonzero().get().unsigned_abs();
        Self {
            pid: number,
            pgid: number,
            start_ticks: start_ticks(number),
        }
    }
}

/// Whether a process is the one that had its number before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// The same, and it lives.
    Same,
    /// Another that was given the number since.
    Other,
    /// None has the number, or only one that has ended and was not waited for yet.
    Gone,
}

/// Whether the process of this number is the one that started then.
///
/// Right at the moment of the look; whoever wants to signal takes a handle (pidfd) first. Without a
/// start time, or on a system that tells none, the number alone is looked at.
#[must_use]
pub fn is_same_process(pid: u32, start_ticks: Option<u64>) -> Likeness {
    match (Stat::of(pid), start_ticks) {
        (Some(stat), _) if stat.is_dead() => Likeness::Gone,
        (Some(stat), Some(start)) if stat.start_ticks != start => Likeness::Other,
        (Some(_), _) => Likeness::Same,
        (None, _) if cfg!(target_os = "linux") || !is_taken(pid) => Likeness::Gone,
        (None, _) => Likeness::Same,
    }
}

fn is_taken(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// When a process started, in clock ticks since boot.
#[must_use]
pub fn start_ticks(pid: u32) -> Option<u64> {
    Stat::of(pid).map(|stat| stat.start_ticks)
}

/// What we use of `/proc/PID/stat` (`proc(5)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    state: u8,
    /// The number of its parent; 0 for one that has none in our namespace.
    pub(super) parent: i32,
    flags: u64,
    n_threads: i64,
    start_ticks: u64,
    /// Where its environment ends; 0 before it has one, `None` where the system does not tell.
    env_end: Option<u64>,
}

/// It has begun to exit (`PF_EXITING`), or is a thread of the kernel (`PF_KTHREAD`).
const NO_PROGRAM: u64 = 0x4 | 0x20_0000;

impl Stat {
    pub(super) fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        Self::parse(&stat)
    }

    /// The second field is the program's name in parentheses and may itself contain spaces,
    /// parentheses, and line feeds; the third follows the *last* parenthesis.
    fn parse(stat: &[u8]) -> Option<Self> {
        let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
        let rest = std::str::from_utf8(&stat[after_name..]).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // Counted from 1 in the manual.
        let field = |number: usize| fields.get(number - 3);
        Some(Self {
            state: *field(3)?.as_bytes().first()?,
            parent: field(4)?.parse().ok()?,
            flags: field(9)?.parse().ok()?,
            n_threads: field(20)?.parse().ok()?,
            start_ticks: field(22)?.parse().ok()?,
            env_end: field(51).and_then(|end| end.parse().ok()),
        })
    }

    /// Whether it has ended. A first thread that ended before the others is a zombie, too.
    fn is_dead(&self) -> bool {
        matches!(self.state, b'X' | b'x') || self.state == b'Z' && self.n_threads <= 1
    }

    /// Whether it is on its way from one program to the next (`execve`) and shows no environment.
    pub(super) fn is_between_programs(&self) -> bool {
        self.env_end == Some(0) && self.flags & NO_PROGRAM == 0 && self.state != b'Z'
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_confuse_the_count_of_fields() {
        let rest = "S 1 77 77 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 987654 5 6 7";
        for name in ["sh", "a b", "a) S 1 2 3 (b", ") (", "x\ny", "\u{e9}"] {
            let stat = format!("77 ({name}) {rest}\n");
            let read = Stat::parse(stat.as_bytes()).unwrap();
            assert_eq!(
                (read.parent, read.start_ticks, read.is_dead()),
                (1, 987_654, false),
                "{name:?}"
            );
        }
        assert_eq!(Stat::parse(b"77 (\xff\xfe) S 1"), None);
        assert_eq!(Stat::parse(b""), None);
    }

    #[test]
    fn a_zombie_is_dead_unless_other_threads_of_it_live() {
        for (state, n_threads, dead) in [("R", 1, false), ("Z", 1, true), ("Z", 2, false)] {
            let stat = format!("7 (a) {state} 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 0 0 {n_threads} 0 5 0");
            let read = Stat::parse(stat.as_bytes()).unwrap();
            assert_eq!((read.is_dead(), read.start_ticks), (dead, 5), "{stat}");
        }
    }

    #[test]
    fn what_shows_no_environment_has_none_or_none_yet() {
        for (state, flags, env_end, between) in [
            ("R", 0x40_0000, 0, true),
            ("R", 0x40_0000, 140_721, false),
            ("S", 0x20_0040, 0, false),
            ("R", 0x40_0004, 0, false),
            ("Z", 0x40_0000, 0, false),
        ] {
            let rest = "0 ".repeat(51 - 10);
            let stat = format!("7 (a) {state} 1 7 7 0 -1 {flags} {rest}{env_end} 0");
            let read = Stat::parse(stat.as_bytes()).unwrap();
            assert_eq!(read.is_between_programs(), between, "{stat}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_number_alone_is_nobody() {
        let own = std::process::id();
        let start = start_ticks(own);
        assert_eq!(is_same_process(own, start), Likeness::Same);
        assert_eq!(is_same_process(own, None), Likeness::Same);
        let another = start.map(|ticks| ticks + 1);
        assert_eq!(is_same_process(own, another), Likeness::Other);
        assert_eq!(is_same_process(u32::MAX, start), Likeness::Gone);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_a_start() {
        let own = std::process::id();
        assert!(start_ticks(own).is_some_and(|ticks| ticks > 0));
        assert_eq!(start_ticks(own), start_ticks(own));
        assert_eq!(start_ticks(u32::MAX), None);
    }
}
