//! What a mock API was asked, and how each answer ended.
//!
//! Owns the list of requests and the waiting for it to change. Never reads a socket.

use std::{
    sync::{Condvar, Mutex, MutexGuard},
    time::Duration,
};

use serde_json::Value;

/// How the answer to a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It is still being written.
    Open,
    /// All of it was written; a model's reply was billed.
    Complete,
    /// The client went away first.
    ClientGone,
    /// The scenario broke it off.
    Cut,
}

/// One request, as it arrived.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers in the order they came, their names lower-cased.
    pub headers: Vec<(String, String)>,
    /// The body, as it is.
    pub body: Vec<u8>,
    /// How the answer ended.
    pub ending: Ending,
    /// How many pieces of the model's text were sent so far.
    pub n_deltas: usize,
}

impl Recorded {
    /// The value of the first header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// It asked for a reply of the model, rather than for a count or a list.
    pub fn is_model_request(&self) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        self.method == "POST" && matches!(path, "/v1/messages" | "/v1/responses")
    }

    /// How often `text` is the whole of a string somewhere in the body, byte for byte.
    pub fn count_exact(&self, text: &str) -> usize {
        count_strings(&self.json(), &|found| usize::from(found == text))
    }

    /// How often `text` occurs inside the strings of the body.
    pub fn count_within(&self, text: &str) -> usize {
        count_strings(&self.json(), &|found| found.matches(text).count())
    }
}

fn count_strings(value: &Value, count: &dyn Fn(&str) -> usize) -> usize {
    match value {
        Value::String(found) => count(found),
        Value::Array(items) => items.iter().map(|item| count_strings(item, count)).sum(),
        Value::Object(fields) => fields
            .values()
            .map(|field| count_strings(field, count))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// The requests of one server, shared by its threads.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    requests: Mutex<Vec<Recorded>>,
    changed: Condvar,
}

impl Ledger {
    /// Adds a request and tells its index.
    pub(super) fn open(&self, request: Recorded) -> usize {
        let mut requests = self.lock();
        requests.push(request);
        self.changed.notify_all();
        requests.len() - 1
    }

    pub(super) fn delta_sent(&self, index: usize) {
        self.lock()[index].n_deltas += 1;
        self.changed.notify_all();
    }

    pub(super) fn close(&self, index: usize, ending: Ending) {
        self.lock()[index].ending = ending;
        self.changed.notify_all();
    }

    pub(super) fn requests(&self) -> Vec<Recorded> {
        self.lock().clone()
    }

    /// Waits until the requests satisfy `enough`; false when `limit` passed first.
    pub(super) fn wait_until(&self, limit: Duration, enough: impl Fn(&[Recorded]) -> bool) -> bool {
        let (_requests, timed_out) = self
            .changed
            .wait_timeout_while(self.lock(), limit, |requests| !enough(requests))
            .expect("no thread panics while it holds the ledger");
        !timed_out.timed_out()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.requests
            .lock()
            .expect("no thread panics while it holds the ledger")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_body(body: &str) -> Recorded {
        Recorded {
            method: "POST".into(),
            path: "/v1/messages?beta=true".into(),
            headers: vec![("x-api-key".into(), "dummy".into())],
            body: body.as_bytes().to_vec(),
            ending: Ending::Open,
            n_deltas: 0,
        }
    }

    #[test]
    fn a_prompt_is_counted_wherever_it_stands() {
        let request = with_body(r#"{"a":"hi","b":[{"c":"hi"},{"d":"say hi, hi"}],"hi":1}"#);
        assert_eq!(
            (request.count_exact("hi"), request.count_within("hi")),
            (2, 4)
        );
    }

    #[test]
    fn a_query_does_not_hide_a_model_request() {
        let mut request = with_body("{}");
        assert!(request.is_model_request());
        request.path = "/v1/messages/count_tokens?beta=true".into();
        assert!(!request.is_model_request());
    }

    #[test]
    fn waiting_ends_at_its_limit() {
        let ledger = Ledger::default();
        assert!(!ledger.wait_until(Duration::from_millis(1), |requests| !requests.is_empty()));
        ledger.open(with_body("{}"));
        assert!(ledger.wait_until(Duration::from_millis(1), |requests| !requests.is_empty()));
    }
}
