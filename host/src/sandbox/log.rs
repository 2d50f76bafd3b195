//! What a plugin says about itself.
//!
//! Owns the counting, cutting, and escaping of log lines. Never prints them.

use super::fault::GuestFault;
use super::limits::Limits;
use super::text::{head, reorders};

/// Bytes of one line that are kept.
const LINE: usize = 4 << 10;

/// How important a plugin finds its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something broke.
    Error,
    /// Something may be wrong.
    Warn,
    /// Anything else, unknown levels included.
    Info,
    /// For authors of plugins.
    Debug,
    /// For authors of plugins, in detail.
    Trace,
}

impl LogLevel {
    /// The word used in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "error" => Self::Error,
            "warn" => Self::Warn,
            "debug" => Self::Debug,
            "trace" => Self::Trace,
            _ => Self::Info,
        }
    }
}

/// One line from a plugin: no control characters, at most about 4 KiB before escaping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginLog {
    /// How important.
    pub level: LogLevel,
    /// Escaped text.
    pub message: String,
}

/// Collects the lines of one run.
#[derive(Debug, Default)]
pub(super) struct LogBook {
    lines: Vec<PluginLog>,
    calls: usize,
    bytes: usize,
    last_error: Option<String>,
}

impl LogBook {
    /// Note a line.
    ///
    /// # Errors
    /// [`GuestFault::LogFlood`] when the run has said too much.
    pub(super) fn note(
        &mut self,
        limits: &Limits,
        level: &str,
        message: &str,
    ) -> Result<(), GuestFault> {
        self.calls += 1;
        self.bytes = self.bytes.saturating_add(message.len());
        if self.calls > limits.log_calls || self.bytes > limits.log_bytes {
            return Err(GuestFault::LogFlood {
                calls: limits.log_calls,
                bytes: limits.log_bytes,
            });
        }
        let level = LogLevel::of(level);
        let message = escape(message);
        if level == LogLevel::Error {
            self.last_error = Some(message.clone());
        }
        self.lines.push(PluginLog { level, message });
        Ok(())
    }

    /// The lines since the last time.
    pub(super) fn take(&mut self) -> Vec<PluginLog> {
        std::mem::take(&mut self.lines)
    }

    /// The newest error since the last time; a guest's panic hook logs one just before it traps.
    pub(super) fn take_error(&mut self) -> Option<String> {
        self.last_error.take()
    }
}

/// Cut to 4 KiB, with everything written out that would move the cursor, change colours, reorder
/// text, or look like a line of its own.
fn escape(message: &str) -> String {
    let kept = head(message, LINE);
    let mut line = String::with_capacity(kept.len());
    for c in kept.chars() {
        if c.is_control() || reorders(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    if kept.len() < message.len() {
        line.push_str(&format!(" [cut from {} bytes]", message.len()));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_leave_its_line() {
        assert_eq!(
            escape("a\n[other] \u{1b}[31m\0\u{202e}z"),
            "a\\n[other] \\u{1b}[31m\\u{0}\\u{202e}z"
        );
        assert_eq!(escape("grüße 日本"), "grüße 日本");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let line = escape(&"é".repeat(LINE));
        assert!(line.starts_with("éé"), "{line}");
        assert!(line.ends_with(" [cut from 8192 bytes]"), "{line}");
        assert!(line.len() < LINE + 30);
    }

    #[test]
    fn unknown_levels_are_information() {
        assert_eq!(LogLevel::of("fatal"), LogLevel::Info);
        for level in ["error", "warn", "info", "debug", "trace"] {
            assert_eq!(LogLevel::of(level).as_str(), level);
        }
    }

    #[test]
    fn a_flood_ends() {
        let limits = Limits {
            log_calls: 2,
            log_bytes: 10,
            ..Limits::ADAPTER
        };
        let mut book = LogBook::default();
        book.note(&limits, "info", "one").unwrap();
        assert!(book.note(&limits, "info", "too long").is_err());
        let mut book = LogBook::default();
        book.note(&limits, "error", "1").unwrap();
        book.note(&limits, "info", "2").unwrap();
        assert!(book.note(&limits, "info", "3").is_err());
        assert_eq!(book.take().len(), 2);
        assert_eq!(book.take_error().as_deref(), Some("1"));
    }
}
