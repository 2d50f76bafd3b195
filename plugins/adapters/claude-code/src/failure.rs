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
    /// `error` of the synthetic message that carries the text for people.
    pub(crate) error: Option<&'a str>,
    pub(crate) status: Option<u16>,
    pub(crate) prose: &'a str,
}

/// The code of a failed result.
pub(crate) fn code(said: Said<'_>) -> &'static str {
    let by_field = by_terminal(said.terminal.unwrap_or_default())
        .or_else(|| by_subtype(said.subtype.unwrap_or_default()))
        .or_else(|| by_api_error(said.api_error.unwrap_or_default()))
        .or_else(|| (said.stop == Some("refusal")).then_some("refused"))
        .or_else(|| said.status.and_then(by_precise_status))
        .or_else(|| by_error(said.error.unwrap_or_default()))
        .or_else(|| said.status.and_then(by_status));
    by_field
        .or_else(|| by_prose(said.prose))
        .unwrap_or("unknown")
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

#[cfg(test)]
mod tests {
    use super::*;

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
