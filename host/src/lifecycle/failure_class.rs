//! What kind of trouble a failure's code stands for.
//!
//! Owns the table from codes to classes. What follows a failure is decided in `next`, and what is
//! kept away from use in `breaker`; both go by class, so that a new code is placed once, here.

use crate::model::FailureCode;

/// What kind of trouble a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// It passes by itself: too many requests, overload, an outage, a broken connection.
    Passing,
    /// A quota window is used up and returns at some time.
    Quota,
    /// The account cannot pay, is not signed in, or may not do this.
    Account,
    /// The request itself cannot be served as it is, at least not there.
    Request,
    /// The tool or its adapter does not work.
    Tool,
    /// Somebody or some limit ended it on purpose.
    Stopped,
    /// A code that this version does not know.
    Unknown,
}

/// The class of `code`.
#[must_use]
pub fn class(code: &FailureCode) -> FailureClass {
    match code.as_str() {
        FailureCode::RATE_LIMITED
        | FailureCode::OVERLOADED
        | FailureCode::NETWORK
        | FailureCode::UNAVAILABLE => FailureClass::Passing,
        FailureCode::USAGE_LIMIT => FailureClass::Quota,
        FailureCode::AUTH | FailureCode::BILLING | FailureCode::PERMISSION => FailureClass::Account,
        FailureCode::CONTEXT_LENGTH
        | FailureCode::TOO_LARGE
        | FailureCode::OUTPUT_LIMIT
        | FailureCode::MODEL_NOT_FOUND
        | FailureCode::SESSION_NOT_FOUND
        | FailureCode::REFUSED
        | FailureCode::UNSUPPORTED => FailureClass::Request,
        FailureCode::TOOL_MISSING
        | FailureCode::SPAWN_FAILED
        | FailureCode::SPAWN_UNCONFIRMED
        | FailureCode::CRASHED
        | FailureCode::PROTOCOL
        | FailureCode::ADAPTER_FAULT
        | FailureCode::NOT_GRANTED
        | FailureCode::BAD_SETUP => FailureClass::Tool,
        FailureCode::ABORTED
        | FailureCode::TIMEOUT
        | FailureCode::OVER_BUDGET
        | FailureCode::POLICY_STOP
        | FailureCode::MAX_TURNS
        | FailureCode::MAX_COST => FailureClass::Stopped,
        _ => FailureClass::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_class() {
        use FailureClass::{Account, Passing, Quota, Request, Stopped, Tool, Unknown};
        for (code, expected) in [
            ("rate-limited", Passing),
            ("overloaded", Passing),
            ("unavailable", Passing),
            ("network", Passing),
            ("usage-limit", Quota),
            ("auth", Account),
            ("billing", Account),
            ("permission", Account),
            ("context-length", Request),
            ("too-large", Request),
            ("output-limit", Request),
            ("model-not-found", Request),
            ("session-not-found", Request),
            ("refused", Request),
            ("unsupported", Request),
            ("tool-missing", Tool),
            ("spawn-failed", Tool),
            ("spawn-unconfirmed", Tool),
            ("crashed", Tool),
            ("protocol", Tool),
            ("adapter-fault", Tool),
            ("not-granted", Tool),
            ("bad-setup", Tool),
            ("aborted", Stopped),
            ("timeout", Stopped),
            ("over-budget", Stopped),
            ("policy-stop", Stopped),
            ("max-turns", Stopped),
            ("max-cost", Stopped),
            ("unknown", Unknown),
            ("brand-new", Unknown),
        ] {
            assert_eq!(class(&FailureCode::new(code)), expected, "{code}");
        }
    }
}
