//! What went wrong with a tool, as a code from an open set and a sentence.
//!
//! This is what tools and adapters report; errors of our own rooms are elsewhere.

use serde::{Deserialize, Serialize};

/// A failure's kind. Open set; adapters may send codes that are not listed here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FailureCode(String);

macro_rules! well_known {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        impl FailureCode {
            $($(#[$doc])* pub const $name: &'static str = $text;)*
        }
    };
}

well_known! {
    /// Too many requests; passes by itself.
    RATE_LIMITED = "rate-limited";
    /// A subscription's quota window is used up; returns at a known time.
    USAGE_LIMIT = "usage-limit";
    /// The account has no money or no plan.
    BILLING = "billing";
    /// Not signed in, or the key is wrong.
    AUTH = "auth";
    /// The account may not do this.
    PERMISSION = "permission";
    /// The service or the program is not there.
    UNAVAILABLE = "unavailable";
    /// The service is there but overloaded.
    OVERLOADED = "overloaded";
    /// The prompt does not fit the model's context window.
    CONTEXT_LENGTH = "context-length";
    /// The request is larger than the tool or the service takes.
    TOO_LARGE = "too-large";
    /// The answer reached the model's output limit.
    OUTPUT_LIMIT = "output-limit";
    /// The service knows no such model, or not for this account.
    MODEL_NOT_FOUND = "model-not-found";
    /// The session that was to go on does not exist.
    SESSION_NOT_FOUND = "session-not-found";
    /// The tool stopped at the number of turns that it was given.
    MAX_TURNS = "max-turns";
    /// The tool stopped at the amount of money that it was given.
    MAX_COST = "max-cost";
    /// The tool does not run in this place or with these options.
    BAD_SETUP = "bad-setup";
    /// The connection failed or broke.
    NETWORK = "network";
    /// The model refused to answer.
    REFUSED = "refused";
    /// The tool was interrupted.
    ABORTED = "aborted";
    /// The tool ended without a word.
    CRASHED = "crashed";
    /// The tool's output could not be read.
    PROTOCOL = "protocol";
    /// The tool is not on PATH or not executable.
    TOOL_MISSING = "tool-missing";
    /// The tool could not be started.
    SPAWN_FAILED = "spawn-failed";
    /// Its supervisor died before anything was seen to run; nothing of it is left.
    SPAWN_UNCONFIRMED = "spawn-unconfirmed";
    /// Its time ran out.
    TIMEOUT = "timeout";
    /// Its money ran out.
    OVER_BUDGET = "over-budget";
    /// A policy is against it.
    POLICY_STOP = "policy-stop";
    /// Its adapter misbehaved and was stopped.
    ADAPTER_FAULT = "adapter-fault";
    /// Its adapter asked for something it was not granted.
    NOT_GRANTED = "not-granted";
    /// The adapter refused the task (options, prompt size, unsupported feature).
    UNSUPPORTED = "unsupported";
    /// Nothing fits.
    UNKNOWN = "unknown";
}

impl FailureCode {
    /// Wrap a code; cut to 64 bytes of lower-case letters, digits and dashes, since it may come
    /// from a plugin.
    #[must_use]
    pub fn new(code: &str) -> Self {
        let clean: String = code
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .map(|c| c.to_ascii_lowercase())
            .take(64)
            .collect();
        Self(if clean.is_empty() {
            Self::UNKNOWN.to_owned()
        } else {
            clean
        })
    }

    /// The plain text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A failure as an adapter or the host reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind.
    pub code: FailureCode,
    /// A sentence for people; hostile text, bounded where it enters.
    pub message: String,
    /// The service's HTTP status, if it told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// How long to wait before a retry, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// When the limit resets, in milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at_ms: Option<u64>,
    /// The run cannot succeed any more.
    pub fatal: bool,
}

impl Failure {
    /// A fatal failure with nothing but a code and a sentence.
    #[must_use]
    pub fn fatal(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: FailureCode::new(code),
            message: message.into(),
            http_status: None,
            retry_after_ms: None,
            resets_at_ms: None,
            fatal: true,
        }
    }
}

/// An error with its sources, joined as one sentence.
#[must_use]
pub fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
