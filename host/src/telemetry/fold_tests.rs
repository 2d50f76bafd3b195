//! Events in, facts out.

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::model::{Actor, Basis, MicroUsd, Via};
use crate::telemetry::rules::check_traces;
use crate::telemetry::samples::{at, source};
use crate::telemetry::{Sums, Window, run_request, spans};

const RUN: &str = "RUN-20261122-001";

/// An event of a run, so many seconds after ten.
fn event(seq: u64, part: (u32, u32), name: &str, data: Value) -> Event {
    let body = Body::from_parts(name, 1, data);
    assert!(!matches!(body, Body::Unknown(_)), "{name} is malformed");
    let (invocation, attempt) = part;
    Event {
        log: "5f3a9c01".to_owned(),
        seq,
        id: Uuid::nil(),
        at: at(i64::try_from(seq).unwrap()),
        boot: "0".to_owned(),
        mono_us: 0,
        node: "here".to_owned(),
        batch: (1, 1),
        run: Some(RunId::new(RUN)),
        invocation: Some(InvocationNumber(invocation)).filter(|_| invocation > 0),
        attempt: Some(attempt).filter(|_| attempt > 0),
        actor: Actor {
            kind: "user".to_owned(),
            name: "me".to_owned(),
            via: Via::Cli,
        },
        key: None,
        cause: None,
        body,
    }
}

fn submitted(seq: u64, invocation: u32, mut more: Value) -> Event {
    let mut data = json!({
        "agent": "reviewer", "privacy": "metadata", "config": "c", "cwd": "/home/me/secret",
        "justification": "because of hunter2", "prompt_bytes": 12,
    });
    data.as_object_mut()
        .unwrap()
        .append(more.as_object_mut().unwrap());
    event(seq, (invocation, 0), "run.submitted", data)
}

fn intent(seq: u64, part: (u32, u32), target: &str) -> Event {
    let (tool, model) = target.split_once(':').unwrap();
    let adapter = json!({ "id": "a", "version": "1", "sha256": "d" });
    event(
        seq,
        part,
        "attempt.intent",
        json!({ "tool": tool, "model": model, "adapter": adapter, "n_args": 1, "timeout_ms": 1,
                "program": "/home/me/secret", "marker": Uuid::nil() }),
    )
}

fn exited(seq: u64, part: (u32, u32), outcome: &str, took_ms: u64) -> Event {
    event(
        seq,
        part,
        "attempt.exited",
        json!({ "tool": "codex", "model": "gpt", "outcome": outcome, "duration_ms": took_ms,
                "usage": { "input_tokens": 10, "output_tokens": 5, "cache_read_tokens": null,
                           "cache_write_tokens": null, "reasoning_tokens": null },
                "exactness": "exact", "n_lines": 3, "n_unrecognised": 0,
                "cost": { "usd_micros": 7, "basis": "imputed" } }),
    )
}

fn finished(seq: u64, invocation: u32, outcome: &str) -> Event {
    let data = json!({ "outcome": outcome, "exit_code": 0, "attempts": 1, "duration_ms": 1 });
    event(seq, (invocation, 0), "run.finished", data)
}

fn told(events: &[Event]) -> RunSpan {
    let provider = |model: &ModelName| (model.as_str() == "gpt").then(|| "openai".to_owned());
    run_span(&RunId::new(RUN), events, &provider)
}

#[test]
fn a_run_is_told_as_its_events_say() {
    let decided = json!({
        "tool": "codex", "model": "gpt", "reason": { "code": "preferred", "message": "x" },
        "fallback_used": false, "candidates": [],
    });
    let events = [
        submitted(1, 1, json!({ "task_type": "docs" })),
        event(2, (1, 0), "routing.decided", decided),
        intent(3, (1, 1), "codex:gpt"),
        exited(8, (1, 1), "done", 2_000),
        finished(9, 1, "done"),
    ];
    let run = told(&events);
    assert_eq!(run.workflow, None);
    let [invocation] = run.invocations.as_slice() else {
        panic!("{run:?}")
    };
    assert_eq!(
        (invocation.agent.as_str(), invocation.started),
        ("reviewer", at(1))
    );
    assert_eq!(invocation.task_type.as_deref(), Some("docs"));
    assert_eq!(invocation.reason_code.as_deref(), Some("preferred"));
    assert_eq!(invocation.provider.as_deref(), Some("openai"));
    assert_eq!(
        invocation.end,
        Some(End {
            at: at(9),
            seq: 9,
            first_seq: 9
        })
    );
    let attempt = &invocation.attempts[0];
    assert_eq!(
        (attempt.started, attempt.provider.as_deref()),
        (at(3), Some("openai"))
    );
    // It was written down at 8, but took two seconds from 3 on.
    assert_eq!(
        attempt.end,
        Some(End {
            at: at(5),
            seq: 8,
            first_seq: 8
        })
    );
    assert_eq!(attempt.cost.amount, Some(MicroUsd(7)));
    assert_eq!(attempt.cost.basis, Basis::Imputed);
}

/// Whatever the record holds of paths and words, nothing of it is told.
#[test]
fn nothing_but_metadata_gets_out() {
    let events = [
        submitted(1, 1, json!({})),
        intent(2, (1, 1), "codex:gpt"),
        exited(3, (1, 1), "failed", 1),
        finished(4, 1, "failed"),
    ];
    let body = run_request(
        &source(),
        crate::model::OtlpNames::default(),
        &told(&events),
    );
    assert_eq!(check_traces(&body), Ok(()));
    let text = body.to_string();
    assert!(text.contains("reviewer"), "{text}");
    for secret in ["secret", "hunter2", "/home", "here", "\"me\""] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn a_workflow_has_its_steps() {
    let started = json!({ "name": "release", "sha256": "d", "on_failure": "stop",
                          "steps": [{ "id": "draft" }, { "id": "review" }] });
    let events = [
        event(1, (0, 0), "workflow.started", started),
        submitted(2, 1, json!({ "step": "draft" })),
        finished(3, 1, "done"),
        submitted(4, 2, json!({ "step": "review", "follows": ["i1"] })),
        finished(5, 2, "failed"),
        event(
            6,
            (0, 0),
            "workflow.finished",
            json!({ "status": "failed", "duration_ms": 5 }),
        ),
    ];
    let run = told(&events);
    let workflow = run.workflow.clone().unwrap();
    assert_eq!(
        (workflow.name.as_str(), workflow.n_steps),
        ("release", Some(2))
    );
    assert_eq!(
        (workflow.started, workflow.status),
        (at(1), RunStatus::Failed)
    );
    assert_eq!(run.invocations[1].follows, [InvocationNumber(1)]);
    assert_eq!(
        spans("x", crate::model::OtlpNames::default(), &run, Window::ALL).len(),
        3
    );
}

#[test]
fn what_ends_twice_ends_first_and_last() {
    let lost = json!({ "tool": "codex", "model": "gpt", "reason": "supervisor_died", "swept": 1,
                       "tree_empty": true, "exactness": "exact",
                       "usage": { "input_tokens": 4, "output_tokens": null, "cache_read_tokens": null,
                                  "cache_write_tokens": null, "reasoning_tokens": null },
                       "cost": { "usd_micros": 3, "basis": "imputed" } });
    let events = [
        submitted(1, 1, json!({})),
        intent(2, (1, 1), "codex:gpt"),
        event(3, (1, 1), "attempt.lost", lost),
        finished(4, 1, "lost"),
        exited(5, (1, 1), "done", 1_000),
        finished(6, 1, "done"),
    ];
    let before = &told(&events[..4]).invocations[0];
    let attempt = &before.attempts[0];
    assert_eq!(attempt.outcome, Some(AttemptOutcome::Lost));
    assert_eq!(
        (attempt.exactness, attempt.cost.at_least),
        (Exactness::AtLeast, true)
    );
    assert_eq!(attempt.tree_empty, None, "no proof");
    let after = told(&events);
    let attempt = &after.invocations[0].attempts[0];
    assert_eq!(
        (attempt.outcome, attempt.lost_reason),
        (Some(AttemptOutcome::Done), None)
    );
    let end = attempt.end.unwrap();
    assert_eq!((end.seq, end.first_seq), (5, 3));
    // However the record was cut, everything counts once.
    let mut sums = Sums::default();
    sums.add(&told(&events[..4]), Window { after: 0, upto: 4 });
    sums.add(&after, Window { after: 4, upto: 6 });
    let text = serde_json::to_string(&sums).unwrap();
    assert!(!text.contains(r#""n":2"#), "{text}");
}

#[test]
fn what_never_ran_ends_too() {
    let queued = |seq, part| {
        let data = json!({ "tool": "codex", "model": "gpt", "marker": Uuid::nil() });
        event(seq, part, "attempt.queued", data)
    };
    let events = [
        submitted(1, 1, json!({})),
        queued(2, (1, 1)),
        event(
            3,
            (1, 1),
            "attempt.withdrawn",
            json!({ "reason": "interrupt" }),
        ),
        queued(4, (1, 2)),
        event(
            5,
            (1, 2),
            "attempt.spawn_failed",
            json!({ "code": "tool-missing" }),
        ),
    ];
    let run = told(&events);
    let attempts = &run.invocations[0].attempts;
    let ends: Vec<_> = attempts
        .iter()
        .map(|a| (a.spawned, a.outcome, a.target.tool.as_str()))
        .collect();
    assert_eq!(
        ends,
        [
            (false, Some(AttemptOutcome::Cancelled), "codex"),
            (false, Some(AttemptOutcome::Failed), "codex"),
        ]
    );
    assert_eq!(run.invocations[0].end, None);
    assert!(events[2..].iter().filter(|event| is_end(event)).count() == 2);
}

#[test]
fn damage_is_no_reason_to_stop() {
    // An end without a beginning, and an event of the future.
    let strange = Event {
        body: Body::from_parts("attempt.teleported", 9, json!({ "x": 1 })),
        ..exited(3, (1, 1), "done", 1)
    };
    let run = told(&[exited(1, (2, 7), "done", u64::MAX), strange]);
    assert_eq!(run.invocations.len(), 2);
    let body = run_request(&source(), crate::model::OtlpNames::default(), &run);
    assert_eq!(check_traces(&body), Ok(()));
}
