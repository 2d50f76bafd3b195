//! Batches, and how far a collector has got.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::server::{Act, Request, ok, serve};
use super::{Noted, clock, otlp, sender};
use crate::model::{Cursor, Otlp, OtlpEndpoint};
use crate::otlp::{Bookmark, Interrupted, OtlpError, PushError, Pushed, Terms, push};
use crate::telemetry::Batch;
use crate::telemetry::rules::{check_metrics, check_traces};
use crate::telemetry::samples::{end, failed_workflow, plain_run, source};

const LOG: &str = "5f3a9c01";

fn cursor(seq: u64) -> Cursor {
    Cursor {
        log: LOG.to_owned(),
        segment: 1,
        offset: seq * 100,
        seq,
        crc: 7,
    }
}

fn batch(runs: Vec<crate::telemetry::RunSpan>, upto: u64) -> Result<Batch, Infallible> {
    let upto = cursor(upto);
    Ok(Batch { runs, upto })
}

/// Two batches: events up to 15, and the rest.
fn two() -> Vec<Result<Batch, Infallible>> {
    vec![
        batch(vec![failed_workflow()], 15),
        batch(vec![failed_workflow()], 30),
    ]
}

type Came = Result<Pushed, Box<Interrupted<Infallible>>>;

fn push_to(otlp: &Otlp, state: &Path, batches: Vec<Result<Batch, Infallible>>) -> Came {
    let (clock, noted) = (clock(), Noted::default());
    let mut bookmark = Bookmark::open(state, &otlp.endpoint, LOG).unwrap();
    let sender = sender(otlp, &clock, &noted);
    push(batches, &Terms::of(otlp, source()), &sender, &mut bookmark)
}

fn spans(request: &Request) -> Vec<Value> {
    let spans = &request.body["resourceSpans"][0]["scopeSpans"][0]["spans"];
    spans.as_array().cloned().unwrap_or_default()
}

fn ids(requests: &[Request]) -> BTreeSet<String> {
    let spans = requests.iter().flat_map(spans);
    spans.map(|span| span["spanId"].to_string()).collect()
}

fn is_metrics(request: &Request) -> bool {
    request.line.contains("/v1/metrics")
}

#[test]
fn batches_arrive_and_the_place_is_kept() {
    let state = TempDir::new().unwrap();
    let (pushed, requests) = serve(|_, _| ok(), |url| push_to(&otlp(url), state.path(), two()));
    let pushed = pushed.unwrap();
    assert_eq!((pushed.n_spans, pushed.n_rejected), (6, 0));
    assert_eq!(pushed.at, Some(cursor(30)));
    let n_spans: Vec<usize> = requests
        .iter()
        .map(|request| spans(request).len())
        .collect();
    assert_eq!(n_spans, [2, 4, 0], "two batches, then the sums");
    assert_eq!(ids(&requests).len(), 6);
    for request in &requests {
        let checked = match is_metrics(request) {
            true => check_metrics(&request.body),
            false => check_traces(&request.body),
        };
        assert_eq!(checked, Ok(()));
    }
    assert!(is_metrics(&requests[2]));
}

#[test]
fn what_was_acknowledged_is_not_sent_again() {
    let state = TempDir::new().unwrap();
    let (_, requests) = serve(
        |_, _| ok(),
        |url| {
            push_to(&otlp(url), state.path(), two()).unwrap();
            let again = push_to(&otlp(url), state.path(), two()).unwrap();
            assert_eq!((again.n_spans, again.n_metrics), (0, 0));
        },
    );
    assert_eq!(requests.len(), 3);
}

#[test]
fn what_was_not_acknowledged_is_sent_again_as_it_was() {
    let state = TempDir::new().unwrap();
    let ((), requests) = serve(
        |n, _| match n {
            1 => ok(),
            // The second batch arrives, and the answer gets lost.
            2..7 => Act::Hang,
            _ => ok(),
        },
        |url| {
            let Err(interrupted) = push_to(&otlp(url), state.path(), two()) else {
                panic!("it was down")
            };
            assert_eq!(interrupted.pushed.n_spans, 2);
            assert_eq!(interrupted.pushed.at, Some(cursor(15)));
            assert!(matches!(
                interrupted.why,
                PushError::Send(OtlpError::Unreachable { .. })
            ));
            let bookmark = Bookmark::open(state.path(), &otlp(url).endpoint, LOG).unwrap();
            assert_eq!(bookmark.seq(), 15);
            drop(bookmark);
            let rest = vec![batch(vec![failed_workflow()], 30)];
            assert_eq!(push_to(&otlp(url), state.path(), rest).unwrap().n_spans, 4);
        },
    );
    assert_eq!(
        requests[1].body, requests[6].body,
        "the same ids, the same all"
    );
    assert_eq!(ids(&requests).len(), 6);
    let counts = requests[7].body.to_string();
    assert!(
        !counts.contains(r#""count":"2""#),
        "nothing counts twice: {counts}"
    );
}

#[test]
fn sums_go_on_where_they_were() {
    let state = TempDir::new().unwrap();
    let counted = |requests: &[Request], n: usize| -> String {
        let metrics = &requests[n].body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
        let all = metrics.as_array().unwrap().iter();
        let found = all
            .clone()
            .find(|m| m["name"] == "gen_ai.invoke_agent.duration");
        found.unwrap()["histogram"]["dataPoints"][0]["count"].to_string()
    };
    let ((), requests) = serve(
        |_, _| ok(),
        |url| {
            for n in 1..=2 {
                let mut run = plain_run(&format!("RUN-20261122-00{n}"));
                run.invocations[0].end = end(31, n * 20);
                run.invocations[0].attempts[0].end = end(30, n * 20 - 1);
                push_to(&otlp(url), state.path(), vec![batch(vec![run], n * 20)]).unwrap();
            }
        },
    );
    assert_eq!(counted(&requests, 1), r#""1""#);
    assert_eq!(counted(&requests, 3), r#""2""#);
}

#[test]
fn requests_are_no_larger_than_was_said() {
    let state = TempDir::new().unwrap();
    let ((), requests) = serve(
        |_, _| ok(),
        |url| {
            let mut otlp = otlp(url);
            otlp.batch = 4;
            push_to(
                &otlp,
                state.path(),
                vec![batch(vec![failed_workflow()], 30)],
            )
            .unwrap();
        },
    );
    let (metrics, traces): (Vec<_>, Vec<_>) = requests.iter().partition(|r| is_metrics(r));
    let n_spans: Vec<usize> = traces.iter().map(|request| spans(request).len()).collect();
    assert_eq!(n_spans, [4, 2]);
    assert_eq!(metrics.len(), 3, "12 points");
}

#[test]
fn what_it_cannot_use_is_found_and_left_out() {
    let state = TempDir::new().unwrap();
    let is_bad = |span: &Value| span["name"] == "invoke_agent gemini";
    let (pushed, requests) = serve(
        |_, request| match spans(request).iter().any(is_bad) {
            true => Act::Answer(400, "", r#"{"message":"no gemini here"}"#.to_owned()),
            false => ok(),
        },
        |url| {
            push_to(
                &otlp(url),
                state.path(),
                vec![batch(vec![failed_workflow()], 30)],
            )
        },
    );
    let pushed = pushed.unwrap();
    assert_eq!((pushed.n_spans, pushed.n_rejected), (5, 1));
    assert!(pushed.messages[0].contains("no gemini here"));
    assert_eq!(pushed.at, Some(cursor(30)), "and it goes on");
    assert!(requests.len() < 10, "{}", requests.len());
}

#[test]
fn a_collector_that_never_took_anything_is_not_believed() {
    let state = TempDir::new().unwrap();
    let (pushed, requests) = serve(
        |_, _| Act::Answer(400, "", String::new()),
        |url| push_to(&otlp(url), state.path(), two()),
    );
    let interrupted = pushed.unwrap_err();
    assert!(matches!(
        interrupted.why,
        PushError::Send(OtlpError::Rejected { .. })
    ));
    assert_eq!(
        interrupted.pushed.at, None,
        "nothing is skipped for its sake"
    );
    assert!(requests.len() < 10, "{}", requests.len());
}

#[test]
fn without_a_place_sums_are_not_told() {
    let state = TempDir::new().unwrap();
    let (clock, noted) = (clock(), Noted::default());
    let (pushed, requests) = serve(
        |_, _| ok(),
        |url| {
            let otlp = otlp(url);
            let mut bookmark = Bookmark::unkept(&otlp.endpoint, Some(cursor(15)));
            let sender = sender(&otlp, &clock, &noted);
            push(two(), &Terms::of(&otlp, source()), &sender, &mut bookmark).unwrap()
        },
    );
    assert_eq!((pushed.n_spans, pushed.n_metrics), (4, 0));
    assert!(!requests.iter().any(is_metrics));
    assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
}

#[test]
fn one_signal_can_be_left_out() {
    for (traces, metrics) in [(true, false), (false, true), (false, false)] {
        let state = TempDir::new().unwrap();
        let (_, requests) = serve(
            |_, _| ok(),
            |url| {
                let mut otlp = otlp(url);
                (otlp.traces, otlp.metrics) = (traces, metrics);
                push_to(&otlp, state.path(), two()).unwrap()
            },
        );
        assert_eq!(requests.iter().any(is_metrics), metrics);
        assert_eq!(requests.iter().any(|r| !is_metrics(r)), traces);
    }
}

#[test]
fn a_batch_that_cannot_be_had_ends_it() {
    let state = TempDir::new().unwrap();
    let (clock, noted) = (clock(), Noted::default());
    let (came, _) = serve(
        |_, _| ok(),
        |url| {
            let otlp = otlp(url);
            let mut bookmark = Bookmark::open(state.path(), &otlp.endpoint, LOG).unwrap();
            let sender = sender(&otlp, &clock, &noted);
            let first = Batch {
                runs: vec![failed_workflow()],
                upto: cursor(15),
            };
            let batches = vec![Ok(first), Err(std::fmt::Error)];
            push(batches, &Terms::of(&otlp, source()), &sender, &mut bookmark)
        },
    );
    let interrupted = came.unwrap_err();
    assert!(matches!(interrupted.why, PushError::Batch(_)));
    assert_eq!(interrupted.pushed.at, Some(cursor(15)));
}

fn endpoint() -> OtlpEndpoint {
    OtlpEndpoint::parse("http://localhost:4318").unwrap()
}

/// Where the place is kept, with something in it.
fn with_a_place(state: &Path) -> std::path::PathBuf {
    let (_, _) = serve(
        |_, _| ok(),
        |url| {
            push_to(&otlp(url), state, two()).unwrap();
        },
    );
    let files = fs::read_dir(state.join("otlp")).unwrap();
    let mut paths = files.map(|file| file.unwrap().path());
    let found = paths.find(|path| path.extension().is_some_and(|e| e == "json"));
    found.unwrap()
}

#[test]
fn the_place_is_private_and_leaves_nothing_aside() {
    let state = TempDir::new().unwrap();
    let path = with_a_place(state.path());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert!(!path.with_extension("new").exists());
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        !text.contains("hunter2") && !text.contains("gen_ai"),
        "{text}"
    );
}

#[test]
fn two_processes_do_not_send_the_same() {
    let state = TempDir::new().unwrap();
    let held = Bookmark::open(state.path(), &endpoint(), LOG).unwrap();
    let second = Bookmark::open(state.path(), &endpoint(), LOG);
    assert!(matches!(second, Err(OtlpError::InUse { .. })));
    let other = OtlpEndpoint::parse("http://localhost:4319").unwrap();
    Bookmark::open(state.path(), &other, LOG).unwrap();
    drop(held);
    Bookmark::open(state.path(), &endpoint(), LOG).unwrap();
}

#[test]
fn another_log_begins_at_its_beginning() {
    let state = TempDir::new().unwrap();
    let path = with_a_place(state.path());
    let text = fs::read_to_string(&path).unwrap();
    let kept: Value = serde_json::from_str(&text).unwrap();
    let endpoint = OtlpEndpoint::parse(kept["endpoint"].as_str().unwrap()).unwrap();
    let seq = |log| Bookmark::open(state.path(), &endpoint, log).unwrap().seq();
    assert_eq!((seq(LOG), seq("00000000"), seq(LOG)), (30, 0, 30));
}

#[test]
fn a_damaged_place_is_told_and_not_overwritten() {
    let state = TempDir::new().unwrap();
    let path = with_a_place(state.path());
    let good = fs::read_to_string(&path).unwrap();
    let kept: Value = serde_json::from_str(&good).unwrap();
    let endpoint = OtlpEndpoint::parse(kept["endpoint"].as_str().unwrap()).unwrap();
    let newer = good.replacen(r#""version":1"#, r#""version":2"#, 1);
    for text in ["", "{", "[]", &good[..good.len() / 2], &newer] {
        fs::write(&path, text).unwrap();
        let error = Bookmark::open(state.path(), &endpoint, LOG).unwrap_err();
        assert!(matches!(error, OtlpError::Damaged { .. }), "{error}");
        assert!(error.fix().unwrap().contains("sent again"));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}
