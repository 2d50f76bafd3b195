//! What went wrong, as a code of the contract.
//!
//! Owns the table from Claude Code's several ways of saying it. Fields come first and prose last, because prose changes
//! with every version. Never decides whether something went wrong.

/// What a failing result or its last message said, field by field.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said<'a> {
    pub(crate) subtype: Option<&'a str>,
    pub(crate) terminal: Option<&'a str>,
    pub(crate) stop: Option<&'a str>,
    pub(crate) api_error: Option<&'a str>,
    /// The `type` of the vendor's own error.
    pub(crate) api_type: Option<&'a str>,
    /// `error` of the synthetic message that carries the text for people.
    pub(crate) error: Option<&'a str>,
    pub(crate) status: Option<u16>,
    /// A quota was hit, as the line about quotas said.
    pub(crate) quota_hit: bool,
    pub(crate) prose: &'a str,
}

/// The code of a failed result.
pub(crate) fn code(said: Said<'_>) -> &'static str {
    let by_field = by_terminal(said.terminal.unwrap_or_default())
        .or_else(|| by_subtype(said.subtype.unwrap_or_default()))
        .or_else(|| by_api_error(said.api_error.unwrap_or_default()))
        .or_else(|| (said.stop == Some("refusal")).then_some("refused"))
        .or_else(|| by_api_type(said.api_type.unwrap_or_default()))
        .or_else(|| said.status.and_then(by_precise_status))
        .or_else(|| by_error(said.error.unwrap_or_default()))
        .or_else(|| said.status.and_then(by_status));
    match by_field.or_else(|| by_prose(said.prose)) {
        // Versions differ in whether they tell a window that is used up from too many requests a minute.
        Some("rate-limited") if said.quota_hit => "usage-limit",
        code => code.unwrap_or("unknown"),
    }
}

fn by_terminal(reason: &str) -> Option<&'static str> {
    match reason {
        "prompt_too_long" => Some("context-length"),
        "image_error" => Some("too-large"),
        "max_turns" => Some("max-turns"),
        "budget_exhausted" => Some("max-cost"),
        reason if reason.starts_with("aborted") => Some("aborted"),
        _ => None,
    }
}

fn by_subtype(subtype: &str) -> Option<&'static str> {
    match subtype {
        "error_max_turns" => Some("max-turns"),
        "error_max_budget_usd" => Some("max-cost"),
        _ => None,
    }
}

fn by_api_error(error: &str) -> Option<&'static str> {
    match error {
        "connection_failed" => Some("network"),
        "usage_limit_reached" => Some("usage-limit"),
        "max_output_tokens" => Some("output-limit"),
        _ => None,
    }
}

/// The vendor's types that mean one thing. `invalid_request_error` is of many kinds, `not_found_error` of several.
fn by_api_type(kind: &str) -> Option<&'static str> {
    match kind {
        "authentication_error" => Some("auth"),
        "billing_error" => Some("billing"),
        "permission_error" => Some("permission"),
        "rate_limit_error" => Some("rate-limited"),
        "overloaded_error" => Some("overloaded"),
        "request_too_large" => Some("too-large"),
        "api_error" => Some("unavailable"),
        _ => None,
    }
}

/// Statuses that say more than the `error` beside them: a 529 comes as `server_error`, a 403 as `authentication_failed`.
fn by_precise_status(status: u16) -> Option<&'static str> {
    match status {
        403 => Some("permission"),
        413 => Some("too-large"),
        529 => Some("overloaded"),
        _ => None,
    }
}

/// The code for `error` of a message or of an `api_retry` line.
pub(crate) fn by_error(error: &str) -> Option<&'static str> {
    match error {
        "authentication_failed" | "oauth_org_not_allowed" => Some("auth"),
        "billing_error" => Some("billing"),
        "rate_limit" => Some("rate-limited"),
        "overloaded" => Some("overloaded"),
        "server_error" => Some("unavailable"),
        "model_not_found" => Some("model-not-found"),
        "max_output_tokens" => Some("output-limit"),
        _ => None,
    }
}

/// The code for an HTTP status.
pub(crate) fn by_status(status: u16) -> Option<&'static str> {
    match status {
        401 => Some("auth"),
        402 => Some("billing"),
        404 => Some("model-not-found"),
        408 => Some("network"),
        429 => Some("rate-limited"),
        500..=599 => Some("unavailable"),
        status => by_precise_status(status),
    }
}

/// Phrases that Claude Code prints for people, in lower case. The first that occurs counts.
const PROSE: &[(&str, &str)] = &[
    ("no conversation found", "session-not-found"),
    ("credit balance", "billing"),
    ("invalid api key", "auth"),
    ("not logged in", "auth"),
    ("failed to authenticate", "auth"),
    ("please run /login", "auth"),
    ("hit your limit", "usage-limit"),
    ("usage limit", "usage-limit"),
    ("rate limit", "rate-limited"),
    ("(429)", "rate-limited"),
    ("overloaded", "overloaded"),
    ("prompt is too long", "context-length"),
    ("input exceeds 10mb", "too-large"),
    ("request too large", "too-large"),
    ("issue with the selected model", "model-not-found"),
    ("output token maximum", "output-limit"),
    ("safeguards", "refused"),
    ("usage policy", "refused"),
    ("connection dropped", "network"),
    ("connection error", "network"),
    ("unable to connect", "network"),
    ("connection refused", "network"),
    ("econn", "network"),
    ("enotfound", "network"),
    ("request timed out", "network"),
    ("maximum number of turns", "max-turns"),
    ("maximum budget", "max-cost"),
    ("execution error", "aborted"),
    ("unknown option", "bad-setup"),
    ("must be a valid uuid", "bad-setup"),
    ("already in use", "bad-setup"),
    ("cannot be used with root", "bad-setup"),
    ("requires --verbose", "bad-setup"),
    ("input must be provided", "bad-setup"),
    ("error: option", "bad-setup"),
];

/// The code for a text that Claude Code printed for people.
pub(crate) fn by_prose(prose: &str) -> Option<&'static str> {
    let prose = prose.to_ascii_lowercase();
    PROSE
        .iter()
        .find(|(phrase, _)| prose.contains(phrase))
        .map(|(_, code)| *code)
}

/// When the quota is refilled, as versions of 2025 print it: "usage limit reached|" and seconds since 1970. Newer ones
/// name an hour of the day where the user lives, which is no moment for anybody else.
pub(crate) fn resets_at(prose: &str) -> Option<u64> {
    let (_, rest) = prose.split_once("limit reached|")?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let seconds: u64 = rest[..end].parse().ok()?;
    seconds.checked_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendors_own_type_tells_what_a_status_leaves_open() {
        let said = |api_type, error| {
            code(Said {
                api_type: Some(api_type),
                error: Some(error),
                ..Said::default()
            })
        };
        // As an event inside a stream, without a status.
        assert_eq!(said("overloaded_error", "server_error"), "overloaded");
        assert_eq!(
            said("permission_error", "authentication_failed"),
            "permission"
        );
        assert_eq!(said("invalid_request_error", "billing_error"), "billing");
        assert_eq!(
            said("not_found_error", "model_not_found"),
            "model-not-found"
        );
        assert_eq!(said("brand_new_error", "rate_limit"), "rate-limited");
    }

    #[test]
    fn a_quota_that_was_hit_is_no_passing_limit() {
        let said = |quota_hit, error| {
            code(Said {
                quota_hit,
                error: Some(error),
                status: Some(429),
                ..Said::default()
            })
        };
        assert_eq!(said(true, "rate_limit"), "usage-limit");
        assert_eq!(said(false, "rate_limit"), "rate-limited");
        assert_eq!(said(true, "billing_error"), "billing");
    }

    #[test]
    fn a_moment_in_prose_is_read_and_an_hour_of_the_day_is_not() {
        assert_eq!(
            resets_at("Claude AI usage limit reached|1795330000"),
            Some(1_795_330_000_000)
        );
        assert_eq!(resets_at("You've hit your limit \u{b7} resets 3pm"), None);
        assert_eq!(resets_at("usage limit reached|99999999999999999999"), None);
        assert_eq!(resets_at("usage limit reached|soon"), None);
    }

    #[test]
    fn fields_come_before_prose() {
        let said = |status, error, prose| {
            code(Said {
                status,
                error,
                prose,
                ..Said::default()
            })
        };
        assert_eq!(said(Some(529), Some("server_error"), ""), "overloaded");
        assert_eq!(
            said(
                Some(403),
                Some("authentication_failed"),
                "Failed to authenticate."
            ),
            "permission"
        );
        assert_eq!(said(Some(400), Some("billing_error"), ""), "billing");
        assert_eq!(
            said(None, Some("authentication_failed"), "Not logged in"),
            "auth"
        );
        assert_eq!(said(Some(500), Some("brand_new"), ""), "unavailable");
        assert_eq!(
            said(None, None, "Invalid API key · Fix external API key"),
            "auth"
        );
        assert_eq!(said(None, None, "something new"), "unknown");
    }

    #[test]
    fn the_way_it_ended_comes_first() {
        let ended = |terminal, api_error| {
            code(Said {
                terminal,
                api_error,
                status: Some(400),
                ..Said::default()
            })
        };
        assert_eq!(ended(Some("prompt_too_long"), None), "context-length");
        assert_eq!(ended(Some("aborted_tools"), None), "aborted");
        assert_eq!(
            ended(Some("api_error"), Some("connection_failed")),
            "network"
        );
        assert_eq!(
            ended(Some("api_error"), Some("usage_limit_reached")),
            "usage-limit"
        );
    }
}
