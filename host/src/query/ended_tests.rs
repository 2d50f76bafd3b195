//! Batches from a real journal and its index.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::index::{IndexWriter, catch_up};
use crate::journal::{CommitRequest, Journal, JournalError, JournalOptions, SeededIds};
use crate::model::{Actor, Body, Draft, FixedClock, InvocationNumber, Via};
use crate::telemetry::Window;

struct House {
    state: tempfile::TempDir,
    journal: Journal<()>,
}

impl House {
    fn new() -> Self {
        let state = tempfile::tempdir().unwrap();
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let clock = Arc::new(FixedClock::at(now));
        let mut options = JournalOptions::new(state.path(), clock, "here", "0.1.0");
        options.ids = Arc::new(SeededIds::default());
        let journal = Journal::open(options).unwrap();
        Self { state, journal }
    }

    /// Put one event of a run on record.
    fn write(&self, run: u32, attempt: Option<u32>, name: &str, data: serde_json::Value) {
        let body = Body::from_parts(name, 1, data);
        assert!(!matches!(body, Body::Unknown(_)), "{name}");
        let draft = Draft {
            run: Some(RunId::new(format!("RUN-20261122-00{run}"))),
            invocation: Some(InvocationNumber(1)),
            attempt,
            body,
        };
        let actor = Actor {
            kind: "user".to_owned(),
            name: "me".to_owned(),
            via: Via::Cli,
        };
        let request = CommitRequest::by(actor);
        let written = self
            .journal
            .commit(&request, |(), _| Ok::<_, String>(vec![draft]));
        written.unwrap();
    }

    fn submit(&self, run: u32) {
        let data = json!({ "agent": "reviewer", "privacy": "metadata", "config": "c" });
        self.write(run, None, "run.submitted", data);
        let queued = json!({ "tool": "codex", "model": "gpt", "marker": uuid::Uuid::nil() });
        self.write(run, Some(1), "attempt.queued", queued);
    }

    /// Two ends: of the attempt and of the request.
    fn finish(&self, run: u32, outcome: &str) {
        let code = json!({ "code": "tool-missing" });
        self.write(run, Some(1), "attempt.spawn_failed", code);
        self.end(run, outcome);
    }

    fn end(&self, run: u32, outcome: &str) {
        let data = json!({ "outcome": outcome, "exit_code": 0, "attempts": 1, "duration_ms": 1 });
        self.write(run, None, "run.finished", data);
    }

    /// Bring the index up to date and ask it.
    fn query(&self) -> Query {
        let log = self.journal.log().unwrap();
        let mut writer = IndexWriter::open(self.state.path(), &log, |_| true).unwrap();
        let mut reader = match writer.cursor() {
            Some(cursor) => Reader::open_at(self.state.path(), cursor).unwrap(),
            None => Reader::open(self.state.path()).unwrap(),
        };
        let records = std::iter::from_fn(|| {
            let record = reader.next_record().transpose()?;
            Some(record.map(|record| (record.cursor, record.event)))
        });
        catch_up::<JournalError, _>(&mut writer, records).unwrap();
        drop(writer);
        Query::open(self.state.path(), Some(&log)).unwrap()
    }
}

fn nobody(_: &ModelName) -> Option<String> {
    None
}

fn batches(query: &Query, after: Option<&Cursor>, most: usize) -> Vec<Batch> {
    let ended = query.ended(after, most, &nobody).unwrap();
    ended.map(Result::unwrap).collect()
}

fn runs(batch: &Batch) -> Vec<&str> {
    batch.runs.iter().map(|run| run.run.as_str()).collect()
}

#[test]
fn what_ended_comes_in_batches_and_once() {
    let house = House::new();
    for run in 1..=3 {
        house.submit(run);
        house.finish(run, "failed");
    }
    house.submit(4);
    let query = house.query();
    let all = batches(&query, None, 4);
    assert_eq!(all.len(), 2);
    assert_eq!(runs(&all[0]), ["RUN-20261122-001", "RUN-20261122-002"]);
    assert_eq!(runs(&all[1]), ["RUN-20261122-003"]);
    let last = all[1].upto.clone();
    assert_eq!(query.cursor().unwrap(), Some(last.clone()), "up to the end");
    assert!(batches(&query, Some(&last), 4).is_empty());
    // Every end once, whatever the size.
    for most in 1..8 {
        let mut after = 0;
        let mut n_spans = 0;
        for batch in batches(&query, None, most) {
            let window = Window {
                after,
                upto: batch.upto.seq,
            };
            after = batch.upto.seq;
            for run in &batch.runs {
                let names = crate::model::OtlpNames::default();
                n_spans += crate::telemetry::spans("x", names, run, window).len();
            }
        }
        assert_eq!(n_spans, 6, "{most}");
    }
}

/// Whoever sends keeps the place of each batch, and may be killed behind any of them.
#[test]
fn every_place_can_be_gone_on_from() {
    let house = House::new();
    for run in 1..=3 {
        house.submit(run);
        house.finish(run, "failed");
    }
    let query = house.query();
    for most in 1..4 {
        let all = batches(&query, None, most);
        for n_told in 1..=all.len() {
            let rest = batches(&query, Some(&all[n_told - 1].upto), most);
            assert_eq!(rest, all[n_told..], "{most}, {n_told}");
        }
    }
}

/// A record that was cut, or put back from a copy, does not look as if all was told.
#[test]
fn a_place_that_is_not_there_is_an_error() {
    let house = House::new();
    house.submit(1);
    let query = house.query();
    let mut place = query.cursor().unwrap().unwrap();
    place.crc ^= 1;
    let ended = query.ended(Some(&place), 10, &nobody);
    assert!(matches!(ended.err(), Some(QueryError::Record(_))));
}

#[test]
fn nothing_ended_where_nothing_is_on_record() {
    let state = tempfile::tempdir().unwrap();
    let query = Query::open(state.path(), None).unwrap();
    assert!(batches(&query, None, 10).is_empty());
}

#[test]
fn what_came_later_is_told_later() {
    let house = House::new();
    house.submit(1);
    house.finish(1, "failed");
    house.end(1, "done");
    let query = house.query();
    let all = batches(&query, None, 2);
    let outcomes: Vec<_> = all
        .iter()
        .map(|batch| batch.runs[0].invocations[0].outcome.unwrap().as_str())
        .collect();
    assert_eq!(outcomes, ["failed", "done"]);
    let end = all[1].runs[0].invocations[0].end.unwrap();
    assert!(end.first_seq < end.seq);
}

#[test]
fn what_the_index_does_not_know_waits() {
    let house = House::new();
    house.submit(1);
    let query = house.query();
    let known = query.cursor().unwrap().unwrap();
    house.finish(1, "failed");
    let all = batches(&query, None, 10);
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].runs.len(), &all[0].upto), (0, &known));
    let later = batches(&house.query(), Some(&known), 10);
    assert_eq!(runs(&later[0]), ["RUN-20261122-001"]);
}
