//! Ids of traces and spans, made from what they name: what is sent again has the same ones.
//!
//! A log's own id takes part, so two machines that number their runs alike do not meet. Ids are
//! the first bytes of a SHA-256, as good as random to whoever samples by them.

use crate::model::{Digest, InvocationNumber, RunId};

/// The trace of a run: 32 lower-case hex digits.
#[must_use]
pub fn trace_id(log: &str, run: &RunId) -> String {
    hex(&["trace", log, run.as_str()], 32)
}

/// The span of a run's workflow: 16 lower-case hex digits.
#[must_use]
pub fn run_id(log: &str, run: &RunId) -> String {
    hex(&["run", log, run.as_str()], 16)
}

/// The span of a request: 16 lower-case hex digits.
#[must_use]
pub fn invocation_id(log: &str, run: &RunId, invocation: InvocationNumber) -> String {
    let number = invocation.0.to_string();
    hex(&["invocation", log, run.as_str(), &number], 16)
}

/// The span of an attempt: 16 lower-case hex digits.
#[must_use]
pub fn attempt_id(log: &str, run: &RunId, invocation: InvocationNumber, attempt: u32) -> String {
    let (number, attempt) = (invocation.0.to_string(), attempt.to_string());
    hex(&["attempt", log, run.as_str(), &number, &attempt], 16)
}

/// The first `n_digits` of the digest of `parts`, each with its length before it, so that no two
/// lists of parts are the same text.
fn hex(parts: &[&str], n_digits: usize) -> String {
    let text: String = parts
        .iter()
        .map(|part| format!("{}:{part}", part.len()))
        .collect();
    let mut digits = Digest::of(text.as_bytes()).as_str().to_owned();
    digits.truncate(n_digits);
    // All zeros is no id; whoever finds such a text may have this one.
    if digits.bytes().all(|digit| digit == b'0') {
        digits.replace_range(n_digits - 1.., "1");
    }
    digits
}
