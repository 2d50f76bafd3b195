//! Who a process is, so that its number, used again by another, is not taken for it.
//!
//! Reads `/proc`; elsewhere than on Linux a process is known by its numbers alone.

use rustix::process::Pid;

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

/// When a process started, in clock ticks since boot (field 22 of `/proc/PID/stat`, `proc(5)`).
#[must_use]
pub fn start_ticks(pid: u32) -> Option<u64> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    parse_start_ticks(&stat)
}

/// The second field is the program's name in parentheses and may itself contain spaces,
/// parentheses, and line feeds; the third follows the *last* parenthesis.
fn parse_start_ticks(stat: &[u8]) -> Option<u64> {
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let rest = std::str::from_utf8(&stat[after_name..]).ok()?;
    rest.split_ascii_whitespace().nth(22 - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_confuse_the_count_of_fields() {
        let rest = "S 1 77 77 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 987654 5 6 7";
        for name in ["sh", "a b", "a) S 1 2 3 (b", ") (", "x\ny", "\u{e9}"] {
            let stat = format!("77 ({name}) {rest}\n");
            assert_eq!(
                parse_start_ticks(stat.as_bytes()),
                Some(987_654),
                "{name:?}"
            );
        }
        assert_eq!(parse_start_ticks(b"77 (\xff\xfe) S 1"), None);
        assert_eq!(parse_start_ticks(b""), None);
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
