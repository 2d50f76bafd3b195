//! Prose to a code, because Codex gives nothing else.
//!
//! Owns the phrases and the HTTP status inside them. Never passes on the address that Codex prints with a status: it may
//! name what lies inside someone's network.

use tollgate_plugin_sdk::contract::Failure;
use tollgate_plugin_sdk::event::snippet;

/// Phrases in lower case; the first that occurs counts.
const PROSE: &[(&str, &str)] = &[
    ("content_filter", "refused"),
    ("max_output_tokens", "output-limit"),
    ("hit your usage limit", "usage-limit"),
    ("quota exceeded", "billing"),
    ("insufficient_quota", "billing"),
    ("ran out of room", "context-length"),
    ("context window", "context-length"),
    ("context_length_exceeded", "context-length"),
    ("at capacity", "overloaded"),
    ("high demand", "overloaded"),
    ("rate limit", "rate-limited"),
    ("missing environment variable", "auth"),
    ("not logged in", "auth"),
    ("no rollout found", "session-not-found"),
    ("not inside a trusted directory", "bad-setup"),
    ("error loading config", "bad-setup"),
    ("unexpected argument", "bad-setup"),
    ("invalid value", "bad-setup"),
    ("codex_home", "bad-setup"),
    ("not valid utf-8", "bad-setup"),
    ("maximum length", "too-large"),
];

/// Phrases of a connection that broke. They come after the status: a status says more.
const NETWORK: &[&str] = &[
    "stream disconnected",
    "network error",
    "error sending request",
    "connection",
    "timeout",
    "timed out",
    "dns error",
];

/// The code of what Codex said.
pub(crate) fn code(prose: &str) -> Option<&'static str> {
    let prose = prose.to_ascii_lowercase().replace('\u{2019}', "'");
    let by_phrase = PROSE
        .iter()
        .find(|(phrase, _)| prose.contains(phrase))
        .map(|(_, code)| *code);
    let by_network = || {
        NETWORK
            .iter()
            .any(|phrase| prose.contains(phrase))
            .then_some("network")
    };
    by_phrase
        .or_else(|| status(&prose).and_then(by_status))
        .or_else(by_network)
}

fn by_status(status: u16) -> Option<&'static str> {
    match status {
        401 => Some("auth"),
        402 => Some("billing"),
        403 => Some("permission"),
        404 => Some("model-not-found"),
        408 => Some("network"),
        413 => Some("too-large"),
        429 => Some("rate-limited"),
        529 => Some("overloaded"),
        500..=599 => Some("unavailable"),
        _ => None,
    }
}

/// The HTTP status in "unexpected status 401 Unauthorized" or "last status: 429 Too Many Requests".
pub(crate) fn status(prose: &str) -> Option<u16> {
    let at = prose.find("status")? + "status".len();
    let digits = prose[at..].trim_start_matches([':', ' ']);
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end]
        .parse()
        .ok()
        .filter(|status| (100..600).contains(status))
}

/// Units in the words in which the wait is told, with their milliseconds.
const UNITS: &[(&str, u64)] = &[
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// The wait in "try again in 11.054s" or "try again in 3 days 4 hours". "try again at 8:01 AM" is an hour of the day where
/// the user lives, and no moment for anybody else.
pub(crate) fn wait(prose: &str) -> Option<u64> {
    let prose = prose.to_ascii_lowercase();
    let (_, mut rest) = prose.split_once("try again in ")?;
    let mut told = None;
    while let Some((ms, after)) = amount(rest) {
        told = Some(told.unwrap_or(0_u64).saturating_add(ms));
        rest = after.trim_start_matches([' ', ',']);
    }
    told
}

/// A number with its unit at the beginning of `text`, in milliseconds, and what follows.
fn amount(text: &str) -> Option<(u64, &str)> {
    let digits = |text: &str| {
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let (whole, mut rest) = text.split_at(digits(text));
    let mut thousandths = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let (fraction, after) = fraction.split_at(digits(fraction));
        let first: String = fraction.chars().chain("000".chars()).take(3).collect();
        thousandths = first.parse::<u64>().ok()?;
        rest = after;
    }
    let rest = rest.trim_start();
    let end = rest
        .find(|c: char| !c.is_ascii_lowercase())
        .unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    let is_unit = |unit: &str| match unit {
        "ms" => word == "ms" || word.starts_with("milli"),
        "m" => word == "m" || word.starts_with("min"),
        unit => word.starts_with(unit),
    };
    let (_, ms) = UNITS.iter().find(|(unit, _)| is_unit(unit))?;
    let whole: u64 = whole.parse().ok()?;
    let parts = whole.checked_mul(1_000)?.checked_add(thousandths)?;
    Some((parts.checked_mul(*ms)? / 1_000, after))
}

/// Whether what broke off may have cost tokens: an attempt that the API refused with a status has not.
pub(crate) fn may_have_billed(prose: &str) -> bool {
    status(prose).is_none()
        && !matches!(
            code(prose),
            Some("rate-limited" | "usage-limit" | "billing" | "overloaded")
        )
}

/// The failure for what Codex said.
pub(crate) fn failure(prose: &str, fatal: bool) -> Failure {
    Failure {
        code: code(prose).unwrap_or("unknown").to_owned(),
        message: snippet(without_address(prose).as_bytes(), 2_000),
        http_status: status(prose),
        retry_after_ms: wait(prose),
        resets_at_ms: None,
        fatal,
    }
}

fn without_address(prose: &str) -> String {
    let Some(at) = prose.find(", url: ") else {
        return prose.to_owned();
    };
    let rest = &prose[at + ", url: ".len()..];
    let rest = rest.find(", ").map_or("", |end| &rest[end..]);
    format!("{}{rest}", &prose[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDED: &[(&str, Option<&str>)] = &[
        (
            "unexpected status 401 Unauthorized: invalid x-api-key, url: http://h/v1, request id: r",
            Some("auth"),
        ),
        (
            "unexpected status 403 Forbidden: mock error 403",
            Some("permission"),
        ),
        (
            "unexpected status 404 Not Found: model: no-such-model",
            Some("model-not-found"),
        ),
        (
            "unexpected status 503 Service Unavailable: x",
            Some("unavailable"),
        ),
        (
            "exceeded retry limit, last status: 429 Too Many Requests, request id: r",
            Some("rate-limited"),
        ),
        (
            "You\u{2019}ve hit your usage limit. ... or try again at 8:01 AM.",
            Some("usage-limit"),
        ),
        (
            "Quota exceeded. Check your plan and billing details.",
            Some("billing"),
        ),
        (
            "We\u{2019}re currently experiencing high demand, which may cause temporary errors.",
            Some("overloaded"),
        ),
        (
            "Selected model is at capacity. Please try a different model.",
            Some("overloaded"),
        ),
        (
            "Codex ran out of room in the model's context window.",
            Some("context-length"),
        ),
        (
            "stream disconnected before completion: Incomplete response returned, reason: content_filter",
            Some("refused"),
        ),
        (
            "Incomplete response returned, reason: max_output_tokens",
            Some("output-limit"),
        ),
        (
            "stream disconnected before completion: stream closed before response.completed",
            Some("network"),
        ),
        ("rate limit exceeded: Overloaded", Some("rate-limited")),
        (
            "Missing environment variable: `MOCK_API_KEY`.",
            Some("auth"),
        ),
        (
            "thread/resume failed: no rollout found for thread id 0",
            Some("session-not-found"),
        ),
        ("something new", None),
    ];

    #[test]
    fn prose_as_recorded_becomes_codes() {
        for (prose, expected) in RECORDED {
            assert_eq!(code(prose), *expected, "{prose}");
        }
    }

    #[test]
    fn a_wait_is_read_and_an_hour_of_the_day_is_not() {
        for (prose, expected) in [
            (
                "Rate limit reached for m. Please try again in 11.054s.",
                Some(11_054),
            ),
            ("Please try again in 350ms", Some(350)),
            ("Please try again in 1m30s.", Some(90_000)),
            ("Try again in 3 days 4 hours 5 minutes.", Some(273_900_000)),
            ("try again in 1 day, 2 hours", Some(93_600_000)),
            ("try again in 2.5 seconds", Some(2_500)),
            ("try again in 99999999999999999999 days", None),
            ("try again in 9999999999999999 days", None),
            ("try again in 3 moons", None),
            ("try again in a while", None),
            ("or try again at 8:01 AM.", None),
            ("try again in \u{663} s", None),
            ("something new", None),
        ] {
            assert_eq!(wait(prose), expected, "{prose}");
        }
    }

    #[test]
    fn addresses_are_left_out() {
        let failed = failure(
            "unexpected status 401 Unauthorized: bad key, url: http://10.0.0.7/v1, request id: r1",
            true,
        );
        assert_eq!(
            failed.message,
            "unexpected status 401 Unauthorized: bad key, request id: r1"
        );
        assert_eq!(failed.http_status, Some(401));
        assert_eq!(failure("x, url: http://10.0.0.7/v1", true).message, "x");
    }

    #[test]
    fn only_a_reply_that_may_have_begun_costs() {
        assert!(!may_have_billed(
            "Reconnecting... 1/5 (exceeded retry limit, last status: 429 Too Many Requests)"
        ));
        assert!(!may_have_billed(
            "Reconnecting... 1/5 (unexpected status 500 Internal Server Error)"
        ));
        assert!(may_have_billed(
            "Reconnecting... 1/5 (stream disconnected before completion: network error)"
        ));
    }
}
