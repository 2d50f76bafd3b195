//! Errors as people and programs see them: RFC 9457 documents. The only place that knows which
//! code has which status.
//!
//! It decides nothing: whoever answers names a code, and this table says the rest.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Why something was not read or done.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// For programs: a word of [`CODES`]. One that is not there has status 500.
    pub code: String,
    /// For people: what is wrong, where; one or two sentences.
    pub detail: String,
    /// What to do about it.
    pub fix: Vec<String>,
    /// More facts for programs.
    pub details: Option<Box<Value>>,
}

impl Problem {
    /// A problem without hints.
    pub fn new(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            detail: detail.into(),
            fix: Vec::new(),
            details: None,
        }
    }

    /// The same with one more thing to do about it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix.push(fix.into());
        self
    }

    /// The same with facts for programs.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    /// Status and title of its code.
    pub(super) fn class(&self) -> Class {
        class(&self.code)
    }
}

/// What a code means in HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// The code.
    pub code: &'static str,
    /// The status.
    pub status: u16,
    /// A few words for people.
    pub title: &'static str,
}

const fn row(code: &'static str, status: u16, title: &'static str) -> Class {
    Class {
        code,
        status,
        title,
    }
}

/// Every code with its status and title. First those of the command line, then the server's own.
/// Append-only: clients depend on both columns.
pub const CODES: &[Class] = &[
    row("invalid_config", 503, "The configuration is wrong"),
    row("no_config", 503, "There is no configuration"),
    row("untrusted_config", 503, "The configuration is not trusted"),
    row("unknown_agent", 422, "No such agent"),
    row("bad_target", 422, "The tool or model cannot be used"),
    row("no_tool", 503, "No tool can be used"),
    row("bad_prompt", 422, "The prompt cannot be sent"),
    row("tool_failed", 502, "The tool failed"),
    row("over_budget", 402, "The money ran out"),
    row("plugin", 503, "A plugin cannot be used"),
    row("io", 500, "A file cannot be read or written"),
    row("usage", 422, "The request makes no sense"),
    row("record", 503, "The record cannot be written"),
    row("damaged_record", 503, "The record is damaged"),
    row("timed_out", 504, "The time ran out"),
    row("cancelled", 409, "It was cancelled"),
    row("unknown_run", 404, "No such run"),
    row("run_over", 409, "The run is over"),
    row("key_reused", 409, "The key belongs to another request"),
    row("not_kept", 410, "It is not kept"),
    row("unfit", 503, "Something is not in order"),
    row("denied", 403, "A policy is against it"),
    row("policy_denied", 403, "A policy is against it"),
    row("budget_exceeded", 402, "A limit is in the way"),
    row("needs_confirmation", 409, "A policy wants to be asked"),
    row("unknown_attempt", 404, "No such attempt"),
    row("unknown_task", 404, "No such task"),
    row("unknown_specification", 404, "No such specification"),
    row("bad_request", 400, "The request is malformed"),
    row("unauthorized", 401, "A token is needed"),
    row(
        "forbidden_origin",
        403,
        "The request comes from another page",
    ),
    row("not_found", 404, "There is nothing here"),
    row(
        "method_not_allowed",
        405,
        "The method does not fit the path",
    ),
    row("request_timeout", 408, "The request took too long"),
    row("conflict", 409, "It does not fit what is there"),
    row("length_required", 411, "The length of the body is needed"),
    row("precondition_failed", 412, "It has changed in between"),
    row("too_large", 413, "The body is too large"),
    row("uri_too_long", 414, "The address is too long"),
    row("unsupported_media_type", 415, "The body must be JSON"),
    row("range_not_satisfiable", 416, "There are no such bytes"),
    row("misdirected", 421, "The request names another server"),
    row("invalid_request", 422, "The request is not valid"),
    row("upgrade_required", 426, "This is a WebSocket"),
    row("precondition_required", 428, "The version is needed"),
    row("too_many_requests", 429, "Too many at once"),
    row("internal", 500, "A bug of ours"),
    row("unavailable", 503, "It cannot be done now"),
];

const UNKNOWN: Class = row("internal", 500, "A bug of ours");

/// What `code` means in HTTP; status 500 when nobody told this table.
#[must_use]
pub fn class(code: &str) -> Class {
    CODES
        .iter()
        .copied()
        .find(|class| class.code == code)
        .unwrap_or(UNKNOWN)
}

/// A problem and a header that its answer must carry.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) problem: Problem,
    pub(super) header: Option<Box<(HeaderName, HeaderValue)>>,
    /// Whether it goes to a client of the program that came before.
    pub(super) to_origin: bool,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let header = match problem.code.as_str() {
            "unauthorized" => Some((header::WWW_AUTHENTICATE, "Bearer realm=\"tollgate\"")),
            "upgrade_required" => Some((header::UPGRADE, "websocket")),
            "too_many_requests" | "unavailable" => Some((header::RETRY_AFTER, "1")),
            _ => None,
        };
        Self {
            problem,
            header: header.map(|(name, value)| Box::new((name, HeaderValue::from_static(value)))),
            to_origin: false,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let class = self.problem.class();
        let status = match class.status {
            422 if self.to_origin => StatusCode::BAD_REQUEST,
            status => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        };
        let mut document = json!({
            "type": "about:blank",
            "title": class.title,
            "status": status.as_u16(),
            "detail": self.problem.detail,
            "code": self.problem.code,
            "fix": self.problem.fix,
        });
        if let Some(details) = self.problem.details {
            document["details"] = *details;
        }
        if self.to_origin {
            document["error"] = document["detail"].clone();
        }
        let mut response = Response::new(Body::from(document.to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(header) = self.header {
            let (name, value) = *header;
            headers.insert(name, value);
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        Refusal::from(self).into_response()
    }
}
