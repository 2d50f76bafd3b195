//! Metrics: sums over everything that was told, from the first time on.
//!
//! They are cumulative. A point that is sent twice says the same twice, so an acknowledgement that
//! got lost counts nothing double; Prometheus wants them so, too. Whoever sends keeps them beside
//! its place in the record, and moves both at once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::facts::{AttemptSpan, End, InvocationSpan, RunSpan, Window, WorkflowSpan};
use super::histogram::Histogram;
use super::metric::Metric;
use super::names::{Fact, provider};
use super::spans::{AGENT, all_input, error_of, workflow_error};
use super::wire::{Attributes, Source, bounded, metrics_request, nanos};
use crate::model::OtlpNames;

/// More series are counted as one: names come from configuration and tools, and a collector pays
/// for each.
pub const MOST_SERIES: usize = 2_000;

/// `AGGREGATION_TEMPORALITY_CUMULATIVE`.
const CUMULATIVE: u32 = 2;

/// What a series is about: facts in the order of [`Fact`], no OpenTelemetry names.
type Key = (Metric, BTreeMap<Fact, String>);

/// Sums so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Sums {
    /// When the first thing that they counted began.
    since: Option<Timestamp>,
    series: BTreeMap<Key, Histogram>,
}

/// The same as it is kept in a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    since: Option<Timestamp>,
    series: Vec<(Metric, BTreeMap<Fact, String>, Histogram)>,
}

impl Sums {
    /// Whether nothing was counted yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Count what `run` has of ends that are told now for the first time. What was never started
    /// counts nothing.
    pub fn add(&mut self, run: &RunSpan, window: Window) {
        let is_new = |end: &Option<End>| end.filter(|end| window.has_first(end));
        if let Some(workflow) = &run.workflow
            && let Some(end) = is_new(&workflow.end)
        {
            self.add_workflow(workflow, end);
        }
        for invocation in &run.invocations {
            if let Some(end) = is_new(&invocation.end) {
                self.add_invocation(invocation, end);
            }
            for attempt in invocation.attempts.iter().filter(|a| a.spawned) {
                if let Some(end) = is_new(&attempt.end) {
                    self.add_attempt(&invocation.agent, attempt, end);
                }
            }
        }
    }

    /// Bodies of requests to `/v1/metrics` that tell the sums as of `now`, with at most
    /// `most_points` points in each (at least one); none when there is nothing to tell.
    #[must_use]
    pub fn requests(
        &self,
        source: &Source,
        names: OtlpNames,
        now: Timestamp,
        most_points: usize,
    ) -> Vec<Value> {
        let mut bodies = Vec::new();
        let mut metrics: Vec<Value> = Vec::new();
        let mut n_points = 0;
        for metric in Metric::ALL {
            let Some(name) = metric.name(names) else {
                continue;
            };
            let mut points = Vec::new();
            for ((_, of), counted) in self.series.iter().filter(|((m, _), _)| *m == metric) {
                if n_points >= most_points.max(1) {
                    metrics.extend(told(metric, name, &std::mem::take(&mut points)));
                    bodies.push(metrics_request(source, names, &metrics));
                    (metrics, n_points) = (Vec::new(), 0);
                }
                points.push(self.point(metric, of, counted, (names, now)));
                n_points += 1;
            }
            metrics.extend(told(metric, name, &points));
        }
        if !metrics.is_empty() {
            bodies.push(metrics_request(source, names, &metrics));
        }
        bodies
    }

    fn point(
        &self,
        metric: Metric,
        of: &BTreeMap<Fact, String>,
        counted: &Histogram,
        (names, now): (OtlpNames, Timestamp),
    ) -> Value {
        let mut attributes = Attributes::of(names);
        for (fact, text) in of {
            match fact {
                Fact::Overflow => attributes.flag(Fact::Overflow, true),
                Fact::Provider => attributes.text(Fact::Provider, &provider(Some(text))),
                fact => attributes.text(*fact, text),
            }
        }
        let mut point = Map::new();
        point.insert("attributes".to_owned(), attributes.into_json());
        let since = self.since.unwrap_or(now).min(now);
        point.insert("startTimeUnixNano".to_owned(), nanos(since));
        point.insert("timeUnixNano".to_owned(), nanos(now));
        point.extend(counted.fields(metric));
        Value::Object(point)
    }

    fn add_workflow(&mut self, workflow: &WorkflowSpan, end: End) {
        let mut of = BTreeMap::from([(Fact::WorkflowName, workflow.name.clone())]);
        if let Some(error) = workflow_error(workflow.status) {
            of.insert(Fact::ErrorType, error.to_owned());
        }
        let took = millis(workflow.started, end.at);
        self.count(Metric::WorkflowDuration, of, took, workflow.started);
    }

    fn add_invocation(&mut self, invocation: &InvocationSpan, end: End) {
        let mut of = BTreeMap::from([(Fact::AgentName, invocation.agent.clone())]);
        let error = error_of(invocation.outcome, invocation.failure_code.as_ref());
        if let Some(error) = error {
            of.insert(Fact::ErrorType, error.to_owned());
        }
        let took = millis(invocation.started, end.at);
        self.count(Metric::AgentDuration, of, took, invocation.started);
    }

    fn add_attempt(&mut self, agent: &str, attempt: &AttemptSpan, end: End) {
        let started = attempt.started;
        let model = attempt.target.model.as_str();
        let mut of = BTreeMap::from([
            (Fact::Operation, AGENT.to_owned()),
            (Fact::Provider, attempt.provider.clone().unwrap_or_default()),
            (Fact::RequestModel, model.to_owned()),
        ]);
        if let Some(amount) = attempt.cost.amount {
            let mut of = of.clone();
            of.insert(Fact::AgentName, agent.to_owned());
            of.insert(Fact::CostBasis, attempt.cost.basis.as_str().to_owned());
            self.count(Metric::Cost, of, amount.0, started);
        }
        if let Some(served) = &attempt.served_model {
            of.insert(Fact::ResponseModel, served.clone());
        }
        let tokens = [
            ("input", all_input(&attempt.usage)),
            ("output", attempt.usage.output),
        ];
        for (kind, count) in tokens {
            let Some(count) = count else { continue };
            let mut of = of.clone();
            of.insert(Fact::TokenType, kind.to_owned());
            self.count(Metric::TokenUsage, of, count, started);
        }
        if let Some(error) = error_of(attempt.outcome, attempt.failure_code.as_ref()) {
            of.insert(Fact::ErrorType, error.to_owned());
        }
        let took = millis(started, end.at);
        self.count(Metric::OperationDuration, of, took, started);
    }

    fn count(
        &mut self,
        metric: Metric,
        mut of: BTreeMap<Fact, String>,
        value: u64,
        began: Timestamp,
    ) {
        for text in of.values_mut() {
            *text = bounded(text);
        }
        let mut key = (metric, of);
        if self.series.len() >= MOST_SERIES && !self.series.contains_key(&key) {
            key.1 = BTreeMap::from([(Fact::Overflow, String::new())]);
        }
        self.series.entry(key).or_default().add(metric, value);
        // It never moves: backends take another start for a reset.
        self.since.get_or_insert(began);
    }
}

/// A metric with its points; nothing when it has none.
fn told(metric: Metric, name: &str, points: &[Value]) -> Option<Value> {
    let first = points.first()?;
    let data = if first.get("bucketCounts").is_some() {
        (
            "histogram",
            json!({ "aggregationTemporality": CUMULATIVE, "dataPoints": points }),
        )
    } else {
        let temporality = CUMULATIVE;
        let sum = json!({
            "aggregationTemporality": temporality, "isMonotonic": true, "dataPoints": points,
        });
        ("sum", sum)
    };
    let mut fields = Map::new();
    fields.insert("name".to_owned(), name.into());
    fields.insert("description".to_owned(), metric.about().into());
    fields.insert("unit".to_owned(), metric.unit().into());
    fields.insert(data.0.to_owned(), data.1);
    Some(Value::Object(fields))
}

fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}

impl From<Kept> for Sums {
    fn from(kept: Kept) -> Self {
        let series = kept.series.into_iter();
        Self {
            since: kept.since,
            series: series
                .map(|(metric, of, counted)| ((metric, of), counted))
                .collect(),
        }
    }
}

impl From<Sums> for Kept {
    fn from(sums: Sums) -> Self {
        let series = sums.series.into_iter();
        Self {
            since: sums.since,
            series: series
                .map(|((metric, of), counted)| (metric, of, counted))
                .collect(),
        }
    }
}
