//! The room as its callers see it: facts in, OTLP out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::names::{ATTRIBUTES, Fact};
use super::rules::{check_metrics, check_traces};
use super::samples::{at, attempt, end, failed_workflow, plain_run, source};
use super::*;
use crate::model::{AttemptOutcome, InvocationNumber, OtlpNames, RunId, Usage};

const NEW: OtlpNames = OtlpNames::GenAi2026May;
const OLD: OtlpNames = OtlpNames::GenAi136;

fn sums_of(run: &RunSpan) -> Sums {
    let mut sums = Sums::default();
    sums.add(run, Window::ALL);
    sums
}

fn told(sums: &Sums, names: OtlpNames) -> Value {
    let mut bodies = sums.requests(&source(), names, at(100), 10_000);
    assert_eq!(bodies.len(), 1);
    bodies.remove(0)
}

/// Attributes of something, by name.
fn attributes(of: &Value) -> BTreeMap<String, String> {
    let all = of["attributes"].as_array().unwrap().iter();
    all.map(|one| {
        let value = one["value"].as_object().unwrap().values().next().unwrap();
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        (one["key"].as_str().unwrap().to_owned(), text)
    })
    .collect()
}

fn points<'a>(body: &'a Value, metric: &str) -> &'a Vec<Value> {
    let metrics = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array();
    let found = metrics
        .unwrap()
        .iter()
        .find(|m| m["name"] == metric)
        .unwrap();
    let data = found.get("histogram").unwrap_or(&found["sum"]);
    data["dataPoints"].as_array().unwrap()
}

#[test]
fn everything_told_keeps_the_rules() {
    for names in OtlpNames::ALL {
        for run in [failed_workflow(), plain_run("RUN-20261122-001")] {
            let body = run_request(&source(), names, &run);
            assert_eq!(check_traces(&body), Ok(()), "{body:#}");
            let body = told(&sums_of(&run), names);
            assert_eq!(check_metrics(&body), Ok(()), "{body:#}");
        }
    }
}

#[test]
fn a_run_as_a_collector_gets_it() {
    let body = run_request(&source(), NEW, &failed_workflow());
    insta::assert_snapshot!("traces", format!("{body:#}"));
    let body = told(&sums_of(&failed_workflow()), NEW);
    insta::assert_snapshot!("metrics", format!("{body:#}"));
}

#[test]
fn spans_hang_where_they_belong() {
    let run = failed_workflow();
    let spans = spans("5f3a9c01", NEW, &run, Window::ALL);
    let field = |n: usize, name: &str| spans[n].as_json()[name].clone();
    let shape: Vec<(Value, Value)> = (0..spans.len())
        .map(|n| (field(n, "name"), field(n, "kind")))
        .collect();
    let (internal, client) = (Value::from(1), Value::from(3));
    let named = |name: &str, kind: &Value| (Value::from(name), kind.clone());
    assert_eq!(
        shape,
        [
            named("invoke_workflow release", &internal),
            named("invoke_agent reviewer", &internal),
            named("invoke_agent claude-code", &client),
            named("invoke_agent reviewer", &internal),
            named("invoke_agent claude-code", &client),
            named("invoke_agent gemini", &client),
        ]
    );
    assert_eq!(field(0, "parentSpanId"), Value::Null);
    for (child, parent) in [(1, 0), (2, 1), (3, 0), (4, 3), (5, 3)] {
        assert_eq!(field(child, "parentSpanId"), field(parent, "spanId"));
    }
    assert_eq!(field(3, "links")[0]["spanId"], field(1, "spanId"));
    let traces: BTreeSet<String> = (0..6).map(|n| field(n, "traceId").to_string()).collect();
    assert_eq!(traces.len(), 1);
    let alone = super::spans("5f3a9c01", NEW, &plain_run("RUN-20261122-001"), Window::ALL);
    assert_eq!(
        alone[0].as_json().get("parentSpanId"),
        None,
        "no workflow, no span for it"
    );
}

#[test]
fn ids_depend_on_what_they_name_and_on_nothing_else() {
    let run = RunId::new("RUN-20261122-007");
    let i = InvocationNumber;
    // As they were when they were first sent; a change would make everything appear twice.
    assert_eq!(
        trace_id("5f3a9c01", &run),
        "a4463740b2407acdc4decd7d5a632e53"
    );
    assert_eq!(run_id("5f3a9c01", &run), "c5104503b0542522");
    assert_eq!(invocation_id("5f3a9c01", &run, i(2)), "558603aba6a2d151");
    assert_eq!(attempt_id("5f3a9c01", &run, i(2), 1), "c84d52feee6c261c");
    let mut all = BTreeSet::from([
        run_id("5f3a9c01", &run),
        run_id("5f3a9c02", &run),
        run_id("5f3a9c01", &RunId::new("RUN-20261122-008")),
        invocation_id("5f3a9c01", &run, i(1)),
        invocation_id("5f3a9c01", &run, i(11)),
        attempt_id("5f3a9c01", &run, i(1), 11),
        attempt_id("5f3a9c01", &run, i(11), 1),
    ]);
    assert_eq!(all.len(), 7);
    all.insert(trace_id("5f3a9c01", &run)[..16].to_owned());
    assert_eq!(all.len(), 8);
}

#[test]
fn a_window_tells_each_end_once() {
    let run = failed_workflow();
    let n_between = |after, upto| spans("x", NEW, &run, Window { after, upto }).len();
    assert_eq!(n_between(0, u64::MAX), 6);
    let n_each: usize = (0..30).map(|seq| n_between(seq, seq + 1)).sum();
    assert_eq!(n_each, 6);
    assert_eq!(n_between(23, u64::MAX), 0);
}

#[test]
fn sums_are_the_same_however_they_were_cut() {
    let run = failed_workflow();
    let whole = sums_of(&run);
    let mut cut = Sums::default();
    for after in 0..30 {
        cut.add(
            &run,
            Window {
                after,
                upto: after + 1,
            },
        );
    }
    // Where they begin is where the first thing to end began, and that depends on the cut.
    let scrubbed = |sums: &Sums| {
        let text = told(sums, NEW).to_string();
        let begins = [at(0), at(1)].map(|at| at.as_nanosecond().to_string());
        begins
            .iter()
            .fold(text, |text, begin| text.replace(begin, "BEGIN"))
    };
    assert_eq!(scrubbed(&whole), scrubbed(&cut));
}

#[test]
fn what_ends_again_is_told_again_and_counted_once() {
    let mut run = plain_run("RUN-20261122-001");
    let mut sums = sums_of(&run);
    let before = told(&sums, NEW);
    // Tried again: another attempt, and the request ends for the second time.
    run.invocations[0].attempts.push(attempt(2, 60, 25));
    run.invocations[0].end = Some(End {
        seq: 26,
        first_seq: 11,
        at: at(61),
    });
    let later = Window {
        after: 11,
        upto: u64::MAX,
    };
    let again = spans("x", NEW, &run, later);
    assert_eq!(again.len(), 2, "the request and its new attempt");
    sums.add(&run, later);
    let after = told(&sums, NEW);
    let count = |body: &Value, metric| points(body, metric)[0]["count"].clone();
    let agent = "gen_ai.invoke_agent.duration";
    assert_eq!(count(&before, agent), count(&after, agent));
    assert_eq!(count(&after, "gen_ai.client.operation.duration"), "2");
}

#[test]
fn cached_tokens_are_input_tokens_here() {
    let spans = spans("x", NEW, &plain_run("R"), Window::ALL);
    let told = attributes(spans[1].as_json());
    assert_eq!(told["gen_ai.usage.input_tokens"], "21500");
    assert_eq!(told["gen_ai.usage.cache_read.input_tokens"], "20000");
    assert_eq!(told["gen_ai.usage.output_tokens"], "300");
    assert_eq!(told["tollgate.cost.usd_micros"], "39000");
    assert!(
        !attributes(spans[0].as_json())
            .keys()
            .any(|name| name.contains("tokens") || name.contains("cost")),
        "a request would count them twice"
    );
}

#[test]
fn what_is_not_known_is_absent_and_never_zero() {
    let mut run = plain_run("R");
    let one = &mut run.invocations[0].attempts[0];
    one.usage = Usage {
        output: Some(0),
        ..Usage::default()
    };
    one.cost.amount = None;
    one.provider = None;
    let spans = spans("x", NEW, &run, Window::ALL);
    let told = attributes(spans[1].as_json());
    assert!(!told.contains_key("gen_ai.usage.input_tokens"));
    assert_eq!(told["gen_ai.usage.output_tokens"], "0");
    assert!(!told.contains_key("tollgate.cost.usd_micros"));
    assert_eq!(told["gen_ai.provider.name"], "unknown");
    let body = self::told(&sums_of(&run), NEW);
    let kinds = points(&body, "gen_ai.client.token.usage");
    assert_eq!(kinds.len(), 1);
    assert_eq!(attributes(&kinds[0])["gen_ai.token.type"], "output");
}

#[test]
fn what_never_started_is_told_and_not_counted() {
    let mut run = plain_run("R");
    let one = &mut run.invocations[0].attempts[0];
    one.spawned = false;
    one.outcome = Some(AttemptOutcome::Cancelled);
    let spans = spans("x", NEW, &run, Window::ALL);
    let told = attributes(spans[1].as_json());
    assert_eq!(told["tollgate.attempt.spawned"], "false");
    assert!(!told.contains_key("error.type"), "a cancel is no error");
    assert_eq!(spans[1].as_json().get("status"), None);
    let metrics = self::told(&sums_of(&run), NEW).to_string();
    assert!(!metrics.contains("gen_ai.client"), "{metrics}");
}

#[test]
fn failures_are_errors_with_their_code() {
    let spans = spans("x", NEW, &failed_workflow(), Window::ALL);
    let error = |n: usize| {
        let span = spans[n].as_json();
        let is_error = span.get("status").map(|status| status["code"] == 2);
        (attributes(span).get("error.type").cloned(), is_error)
    };
    assert_eq!(error(0), (Some("failed".to_owned()), Some(true)));
    assert_eq!(error(1), (None, None));
    assert_eq!(error(4), (Some("rate-limited".to_owned()), Some(true)));
    assert_eq!(error(5), (Some("timed_out".to_owned()), Some(true)));
}

#[test]
fn hostile_texts_are_bounded_and_stay_text() {
    let mut run = plain_run("R");
    let one = &mut run.invocations[0].attempts[0];
    one.served_model = Some("\u{1b}[31m\"}],\u{0}".repeat(1_000));
    run.invocations[0].agent = "ä".repeat(1_000);
    let body = run_request(&source(), NEW, &run);
    assert_eq!(check_traces(&body), Ok(()));
    let again: Value = serde_json::from_str(&body.to_string()).unwrap();
    assert_eq!(again, body);
    let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
    for span in spans.as_array().unwrap() {
        let longest = attributes(span)
            .values()
            .map(|text| text.chars().count())
            .max();
        assert!(longest.unwrap() <= 256);
        assert!(span["name"].as_str().unwrap().chars().count() <= 300);
    }
}

#[test]
fn too_many_series_become_one() {
    let mut sums = Sums::default();
    let mut run = plain_run("R");
    run.invocations[0].attempts.clear();
    for n in 0..(MOST_SERIES as u64 + 500) {
        run.invocations[0].agent = format!("agent-{n}");
        run.invocations[0].end = end(1, n + 1);
        sums.add(
            &run,
            Window {
                after: n,
                upto: n + 1,
            },
        );
    }
    let body = told(&sums, NEW);
    assert_eq!(check_metrics(&body), Ok(()));
    let points = points(&body, "gen_ai.invoke_agent.duration");
    assert_eq!(points.len(), MOST_SERIES + 1);
    let rest = points
        .iter()
        .find(|p| attributes(p).contains_key("otel.metric.overflow"));
    assert_eq!(rest.unwrap()["count"], "500");
    let parts = sums.requests(&source(), NEW, at(100), 512);
    assert_eq!(parts.len(), 4, "2,001 points");
    assert!(parts.iter().all(|part| check_metrics(part) == Ok(())));
}

#[test]
fn sums_survive_a_file() {
    let sums = sums_of(&failed_workflow());
    let text = serde_json::to_string(&sums).unwrap();
    assert!(
        !text.contains("gen_ai"),
        "no names of OpenTelemetry are kept: {text}"
    );
    assert_eq!(serde_json::from_str::<Sums>(&text).unwrap(), sums);
    assert!(
        Sums::default()
            .requests(&source(), NEW, at(0), 1)
            .is_empty()
    );
}

#[test]
fn the_older_names_are_the_older_ones() {
    let body = run_request(&source(), OLD, &failed_workflow()).to_string();
    assert!(body.contains("gen_ai.system") && !body.contains("gen_ai.provider.name"));
    let metrics = told(&sums_of(&failed_workflow()), OLD).to_string();
    assert!(!metrics.contains("gen_ai.workflow") && metrics.contains("schemas/1.36.0"));
}

#[test]
fn every_fact_has_one_name_in_every_version() {
    let facts: BTreeSet<Fact> = ATTRIBUTES.iter().map(|(fact, _, _)| *fact).collect();
    assert_eq!(facts.len(), ATTRIBUTES.len());
    // The last fact, counted from zero.
    assert_eq!(
        facts.len(),
        Fact::WorkflowSteps as usize + 1,
        "a fact has no row"
    );
    for column in 0..2 {
        let names: BTreeSet<&str> = ATTRIBUTES.iter().map(|(_, all, _)| all[column]).collect();
        assert_eq!(names.len(), ATTRIBUTES.len());
    }
}

/// The names as the page shows them. `TOLLGATE_BLESS=1` writes them anew.
#[test]
fn the_page_has_every_name() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/opentelemetry.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once("<!-- names -->\n").unwrap();
    let (between, after) = rest.split_once("<!-- end -->").unwrap();
    let mut table = "\n| `genai-2026-05` | `genai-1.36` | |\n|---|---|---|\n".to_owned();
    for (fact, _, about) in ATTRIBUTES {
        let old = match (fact.name(NEW), fact.name(OLD)) {
            (new, old) if new == old => "the same".to_owned(),
            (_, old) => format!("`{old}`"),
        };
        table += &format!("| `{}` | {old} | {about} |\n", fact.name(NEW));
    }
    table += "\n";
    if std::env::var_os("TOLLGATE_BLESS").is_some() {
        let whole = format!("{before}<!-- names -->\n{table}<!-- end -->{after}");
        std::fs::write(path, whole).unwrap();
        return;
    }
    assert_eq!(
        between, table,
        "docs/opentelemetry.md is stale; run the tests with TOLLGATE_BLESS=1"
    );
}
