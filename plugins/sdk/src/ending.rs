//! A process that ended without its tool's last word.
//!
//! Owns the reading of exit statuses, which is the same for every tool, and the few last lines of standard error that
//! may tell why. Never calls an end a success.

use crate::contract::{Exit, Failure};
use crate::event::{failure as make, snippet};

/// The last lines of standard error, bounded.
#[derive(Debug, Default)]
pub struct Tail {
    lines: std::collections::VecDeque<String>,
}

impl Tail {
    const LINES: usize = 20;
    const LINE_BYTES: usize = 500;

    /// Adds a line.
    pub fn push(&mut self, line: &[u8]) {
        let line = snippet(line, Self::LINE_BYTES);
        if line.trim().is_empty() {
            return;
        }
        if self.lines.len() == Self::LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Drops lines that a tool always prints.
    pub fn forget(&mut self, noise: impl Fn(&str) -> bool) {
        self.lines.retain(|line| !noise(line));
    }

    /// The lines, joined by line feeds.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// Signals by which someone asks a program to stop: HUP, INT, TERM. Their numbers are the same on all Unix systems.
const ASKING: [i32; 3] = [1, 2, 15];
/// Signals by which someone ends it: QUIT, KILL.
const FORCING: [i32; 2] = [3, 9];

/// The signal that ended the process, also when it caught the signal and said so with 128 + N.
#[must_use]
pub fn signal(exit: &Exit) -> Option<i32> {
    exit.signal.or_else(|| {
        exit.code
            .map(|code| code - 128)
            .filter(|signal| ASKING.contains(signal))
    })
}

/// "cancelled" when it was asked to stop, else "failed".
#[must_use]
pub fn outcome(exit: &Exit) -> &'static str {
    let asked = signal(exit).is_some_and(|signal| ASKING.contains(&signal));
    if exit.reason == "cancelled" || (exit.reason == "exited" && asked) {
        "cancelled"
    } else {
        "failed"
    }
}

/// The failure of a process that ended without `missing` ("a result").
///
/// `code` is what the adapter makes of `prose`, the words the tool left. An end from outside needs no words.
#[must_use]
pub fn failure(exit: &Exit, tool: &str, missing: &str, code: Option<&str>, prose: &str) -> Failure {
    let words = if prose.is_empty() {
        String::new()
    } else {
        format!(": {}", snippet(prose.as_bytes(), 2_000))
    };
    // Not a word about it: all that is known is that it broke down.
    let silent = prose.is_empty().then_some("crashed");
    let (code, how) = match (exit.reason.as_str(), signal(exit), exit.code) {
        ("cancelled" | "timeout" | "over-budget" | "lingered", _, _) => {
            (Some("aborted"), format!("was stopped ({})", exit.reason))
        }
        (_, Some(signal), _) if ASKING.contains(&signal) || FORCING.contains(&signal) => {
            (Some("aborted"), format!("was ended by signal {signal}"))
        }
        (_, Some(signal), _) => (Some("crashed"), format!("crashed with signal {signal}")),
        (_, None, Some(0)) => (
            code.or(Some("protocol")),
            "ended with exit status 0".to_owned(),
        ),
        (_, None, Some(status)) => (code.or(silent), format!("ended with exit status {status}")),
        (_, None, None) => (code.or(silent), "ended".to_owned()),
    };
    make(
        code.unwrap_or("unknown"),
        format!("{tool} {how} without {missing}{words}"),
        true,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(code: Option<i32>, signal: Option<i32>, reason: &str) -> Exit {
        Exit {
            code,
            signal,
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn ends_from_outside_are_told_from_crashes() {
        for (end, code, outcome_is) in [
            (exit(Some(143), None, "exited"), "aborted", "cancelled"),
            (exit(None, Some(15), "exited"), "aborted", "cancelled"),
            (exit(None, Some(9), "exited"), "aborted", "failed"),
            (exit(None, Some(9), "timeout"), "aborted", "failed"),
            (exit(Some(0), None, "cancelled"), "aborted", "cancelled"),
            (exit(None, Some(11), "exited"), "crashed", "failed"),
            (exit(Some(0), None, "exited"), "protocol", "failed"),
            (exit(Some(1), None, "exited"), "crashed", "failed"),
        ] {
            assert_eq!(
                failure(&end, "x", "a result", None, "").code,
                code,
                "{end:?}"
            );
            assert_eq!(outcome(&end), outcome_is, "{end:?}");
        }
        let odd = failure(
            &exit(Some(1), None, "exited"),
            "x",
            "a result",
            None,
            "odd words",
        );
        assert_eq!(odd.code, "unknown");
        let known = failure(
            &exit(Some(1), None, "exited"),
            "x",
            "a result",
            Some("auth"),
            "no key",
        );
        assert_eq!(
            (known.code.as_str(), known.message.as_str()),
            (
                "auth",
                "x ended with exit status 1 without a result: no key"
            )
        );
    }

    #[test]
    fn the_tail_is_bounded() {
        let mut tail = Tail::default();
        for _ in 0..1000 {
            tail.push(&[b'x'; 10_000]);
        }
        assert!(tail.text().len() <= 20 * 501);
    }
}
