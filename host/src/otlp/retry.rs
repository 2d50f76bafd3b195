//! When to try again, and after how long. Pure.

use std::time::Duration;

use jiff::Timestamp;

/// How often a request is tried, and how long the waits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Tries in all; at least 1.
    pub n_tries: u32,
    /// The first wait; it doubles each time.
    pub first: Duration,
    /// No wait is longer. A collector that asks for a longer one is not waited for.
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            n_tries: 5,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
        }
    }
}

impl Retries {
    /// How long to wait after the try of this number, from 1; `None`: not at all, it was the last.
    /// `noise` spreads those who fail together; any number will do.
    pub(super) fn wait(
        &self,
        n_tried: u32,
        asked: Option<Duration>,
        noise: u32,
    ) -> Option<Duration> {
        if n_tried >= self.n_tries {
            return None;
        }
        if let Some(asked) = asked {
            return (asked <= self.longest).then_some(asked);
        }
        let doubled = 2_u32.saturating_pow(n_tried.saturating_sub(1));
        let wait = self.first.saturating_mul(doubled);
        // Up to a quarter more.
        let more = wait.saturating_mul(noise % 1_000) / 4_000;
        Some(wait.saturating_add(more).min(self.longest))
    }
}

/// The time that a `Retry-After` header asks for: seconds, or a moment.
pub(super) fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit is a long time all the same.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let moment = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(moment.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Retries = Retries {
        n_tries: 5,
        first: Duration::from_secs(1),
        longest: Duration::from_secs(6),
    };

    #[test]
    fn waits_double_up_to_the_longest_and_end() {
        let waits: Vec<_> = (1..=5).map(|n| RULES.wait(n, None, 0)).collect();
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(
            waits,
            [seconds(1), seconds(2), seconds(4), seconds(6), None]
        );
        assert_eq!(
            RULES.wait(1, None, 999),
            Some(Duration::from_micros(1_249_750))
        );
        assert_eq!(RULES.wait(u32::MAX, None, 0), None);
    }

    #[test]
    fn what_the_collector_asks_for_comes_first_unless_it_is_too_long() {
        let asked = |n| RULES.wait(1, Some(Duration::from_secs(n)), 7);
        assert_eq!(asked(0), Some(Duration::ZERO));
        assert_eq!(asked(6), Some(Duration::from_secs(6)));
        assert_eq!(asked(7), None);
    }

    #[test]
    fn times_and_moments_are_understood() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let after = |text| retry_after(text, now);
        assert_eq!(after(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(
            after("99999999999999999999"),
            Some(Duration::from_secs(u64::MAX))
        );
        assert_eq!(
            after("Sun, 22 Nov 2026 10:00:30 GMT"),
            Some(Duration::from_secs(30))
        );
        assert_eq!(after("Sun, 22 Nov 2026 09:00:00 GMT"), Some(Duration::ZERO));
        for text in ["", "-1", "soon", "1.5"] {
            assert_eq!(after(text), None, "{text}");
        }
    }
}
