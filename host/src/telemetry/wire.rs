//! OTLP's JSON: attributes, and the envelopes of requests.
//!
//! As the protocol asks: field names in lowerCamelCase, ids in hex, 64-bit numbers as texts,
//! enumerations as numbers. Texts are bounded; whatever else is in them is JSON's to escape.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::facts::{RunSpan, Window};
use super::names::{Fact, schema_url};
use super::spans::spans;
use crate::model::OtlpNames;

/// No attribute's text is longer, in characters.
const LONGEST: usize = 256;

/// Whose record it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The log's id: 8 hex digits.
    pub log: String,
    /// Version of this program.
    pub version: String,
}

/// A span in OTLP's JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Span(pub(super) Value);

impl Span {
    /// The JSON.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.0
    }
}

/// The body of a request to `/v1/traces`.
#[must_use]
pub fn traces_request(source: &Source, names: OtlpNames, spans: &[Span]) -> Value {
    let spans: Vec<&Value> = spans.iter().map(|span| &span.0).collect();
    let mut scope = scope(source, names);
    scope.insert("spans".to_owned(), json!(spans));
    json!({ "resourceSpans": [{ "resource": resource(source, names), "scopeSpans": [scope] }] })
}

/// The body of a request to `/v1/metrics`.
#[must_use]
pub fn metrics_request(source: &Source, names: OtlpNames, metrics: &[Value]) -> Value {
    let mut scope = scope(source, names);
    scope.insert("metrics".to_owned(), json!(metrics));
    json!({ "resourceMetrics": [{ "resource": resource(source, names), "scopeMetrics": [scope] }] })
}

/// Everything of a run that has ended, as one body of a request to `/v1/traces`.
#[must_use]
pub fn run_request(source: &Source, names: OtlpNames, run: &RunSpan) -> Value {
    let spans = spans(&source.log, names, run, Window::ALL);
    traces_request(source, names, &spans)
}

fn resource(source: &Source, names: OtlpNames) -> Value {
    let mut attributes = Attributes::of(names);
    attributes.text(Fact::ServiceName, "tollgate");
    attributes.text(Fact::ServiceVersion, &source.version);
    attributes.text(Fact::ServiceInstance, &source.log);
    attributes.text(Fact::Log, &source.log);
    json!({ "attributes": attributes.into_json() })
}

fn scope(source: &Source, names: OtlpNames) -> Map<String, Value> {
    let mut scope = Map::new();
    let itself = json!({ "name": "tollgate", "version": source.version });
    scope.insert("scope".to_owned(), itself);
    if let Some(url) = schema_url(names) {
        scope.insert("schemaUrl".to_owned(), url.into());
    }
    scope
}

/// Nanoseconds since the epoch, as a text; what is before it counts as zero.
pub(super) fn nanos(at: Timestamp) -> Value {
    at.as_nanosecond().max(0).to_string().into()
}

/// `text` as far as it may be told.
pub(super) fn bounded(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// What is told about a span, a point, or a source.
#[derive(Debug)]
pub(super) struct Attributes {
    names: OtlpNames,
    list: Vec<Value>,
}

impl Attributes {
    pub(super) fn of(names: OtlpNames) -> Self {
        let list = Vec::new();
        Self { names, list }
    }

    pub(super) fn text(&mut self, fact: Fact, text: &str) {
        self.add(fact, &json!({ "stringValue": bounded(text) }));
    }

    pub(super) fn text_if(&mut self, fact: Fact, text: Option<&str>) {
        if let Some(text) = text {
            self.text(fact, text);
        }
    }

    pub(super) fn count(&mut self, fact: Fact, count: u64) {
        self.number(fact, i64::try_from(count).unwrap_or(i64::MAX));
    }

    pub(super) fn count_if(&mut self, fact: Fact, count: Option<u64>) {
        if let Some(count) = count {
            self.count(fact, count);
        }
    }

    pub(super) fn number(&mut self, fact: Fact, number: i64) {
        self.add(fact, &json!({ "intValue": number.to_string() }));
    }

    pub(super) fn number_if(&mut self, fact: Fact, number: Option<i32>) {
        if let Some(number) = number {
            self.number(fact, number.into());
        }
    }

    pub(super) fn flag(&mut self, fact: Fact, flag: bool) {
        self.add(fact, &json!({ "boolValue": flag }));
    }

    pub(super) fn into_json(self) -> Value {
        Value::Array(self.list)
    }

    fn add(&mut self, fact: Fact, value: &Value) {
        let name = fact.name(self.names);
        self.list.push(json!({ "key": name, "value": value }));
    }
}
