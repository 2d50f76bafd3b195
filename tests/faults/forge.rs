//! A record of attempts that nobody looks after, written through the journal itself.
//!
//! Owns the events that lead up to where an attempt was left. Never starts anything.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tollgate::engine::ProcessFile;
use tollgate::journal::{CommitRequest, Journal, JournalOptions, boot_id};
use tollgate::model::{
    Actor, AttemptRef, Body, Clock, Digest, Draft, InvocationNumber, ProcessRef, RunId,
    SystemClock, Via,
};
use tollgate_tests::house::TestHouse;
use uuid::Uuid;

use super::ground::{events_of, state, submit};

/// An attempt as its dead supervisor left it.
pub(crate) struct Forged {
    /// Its name.
    pub(crate) name: AttemptRef,
    /// What its processes carry.
    pub(crate) marker: Uuid,
}

/// How it was left.
pub(crate) struct Left {
    /// The boot in which it ran; this one unless told.
    pub(crate) boot: Option<&'static str>,
    /// How long ago.
    pub(crate) age: Duration,
    /// It is on record what was to be started.
    pub(crate) intended: bool,
    /// Its process is on record.
    pub(crate) started: Option<u32>,
}

impl Left {
    /// Just admitted.
    pub(crate) const ADMITTED: Self = Self {
        boot: None,
        age: Duration::ZERO,
        intended: false,
        started: None,
    };
}

/// The machine's clock, some time ago.
struct Ago(Duration);

impl Clock for Ago {
    fn now(&self) -> Timestamp {
        SystemClock.now() - self.0
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic() - self.0
    }
}

/// The name by which records of this machine go, taken from one.
pub(crate) fn node(house: &TestHouse) -> String {
    let run = submit(house, "hi");
    let _ = house.run(["run", "wait", run.as_str()]);
    events_of(house, &run)[0].node.clone()
}

/// Put `left` on record as run number `number` of a day long ago.
pub(crate) fn forge(house: &TestHouse, node: &str, number: u32, left: &Left) -> Forged {
    let clock = Arc::new(Ago(left.age));
    let mut options = JournalOptions::new(state(house), clock, node, "0.0.0");
    options.boot = left.boot.map_or_else(boot_id, str::to_owned);
    let journal = Journal::<()>::open(options).expect("a journal");
    let forged = Forged {
        name: AttemptRef {
            run: RunId::new(format!("RUN-20200101-{number:03}")),
            invocation: InvocationNumber(1),
            number: 1,
        },
        marker: Uuid::now_v7(),
    };
    let drafts = drafts(&forged, left);
    journal
        .commit(&CommitRequest::by(actor()), |(), _| Ok::<_, String>(drafts))
        .expect("it is on record");
    std::fs::create_dir_all(folder(house, &forged)).expect("a folder");
    forged
}

/// Write down who ran.
pub(crate) fn write_process(house: &TestHouse, forged: &Forged, process: ProcessRef, boot: &str) {
    let file = ProcessFile {
        pid: process.pid,
        start_ticks: process.start_ticks,
        supervisor: ProcessRef {
            pid: u32::MAX >> 8,
            start_ticks: Some(1),
        },
        boot: boot.to_owned(),
        marker: forged.marker,
    };
    let text = serde_json::to_string(&file).expect("JSON");
    std::fs::write(folder(house, forged).join("process.json"), text).expect("a file");
}

fn folder(house: &TestHouse, forged: &Forged) -> PathBuf {
    state(house)
        .join("runs")
        .join(forged.name.run.as_str())
        .join("i1/a1")
}

fn actor() -> Actor {
    Actor {
        kind: "system".to_owned(),
        name: "test".to_owned(),
        via: Via::Shim,
    }
}

fn drafts(forged: &Forged, left: &Left) -> Vec<Draft> {
    let marker = forged.marker;
    let digest = Digest::of(b"");
    let target = json!({"tool": "tool", "model": "m"});
    let with = |more: Value| {
        let mut all = target.clone();
        let more = more.as_object().cloned().unwrap_or_default();
        all.as_object_mut().expect("an object").extend(more);
        all
    };
    let mut bodies = vec![
        (
            "run.submitted",
            json!({"agent": "dev", "privacy": "metadata", "config": digest}),
        ),
        ("attempt.queued", with(json!({"marker": marker}))),
        ("attempt.admitted", target.clone()),
    ];
    if left.intended {
        let adapter = json!({"id": "template", "version": "1", "sha256": digest});
        let intent = json!({"adapter": adapter, "n_args": 0, "timeout_ms": 1, "marker": marker});
        bodies.push(("attempt.intent", with(intent)));
    }
    if let Some(pid) = left.started {
        let started = json!({"pid": pid, "pgid": pid, "start_ticks": 1});
        bodies.push(("attempt.started", started));
    }
    let draft = |(name, data): (&str, Value)| {
        let body = Body::from_parts(name, 1, data);
        assert!(!matches!(body, Body::Unknown(_)), "{body:?}");
        Draft {
            run: Some(forged.name.run.clone()),
            invocation: Some(forged.name.invocation),
            attempt: name.starts_with("attempt.").then_some(1),
            body,
        }
    };
    bodies.into_iter().map(draft).collect()
}
