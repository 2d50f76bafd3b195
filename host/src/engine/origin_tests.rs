//! The lines of an export against a golden file.

use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::model::{Actor, RunId, Via};

/// One event of every kind that has a name in the origin, and some that have none.
#[expect(clippy::too_many_lines, reason = "a table of one event of each kind")]
fn history() -> Vec<(Option<u32>, &'static str, Value)> {
    let target = json!({"tool": "codex", "model": "gpt"});
    let with = |more: Value| {
        let mut data = target.clone();
        let fields = data.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        data
    };
    let spent = json!({
        "usage": {"input_tokens": 100, "output_tokens": 20, "cache_read_tokens": null,
            "cache_write_tokens": null, "reasoning_tokens": null},
        "exactness": "at_least",
        "cost": {"usd_micros": 12_000, "basis": "reported"},
    });
    let exited = |more: Value| {
        let mut data = with(spent.clone());
        let fields = data.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        fields.extend(
            json!({"duration_ms": 1_500, "n_lines": 3, "n_unrecognised": 0})
                .as_object()
                .expect("an object")
                .clone(),
        );
        data
    };
    let nothing = json!({"input_tokens": null, "output_tokens": null, "cache_read_tokens": null,
        "cache_write_tokens": null, "reasoning_tokens": null});
    vec![
        (
            None,
            "run.submitted",
            json!({"agent": "dev", "privacy": "metadata", "config": "00", "step": "build"}),
        ),
        (
            None,
            "routing.decided",
            with(
                json!({"reason": {"code": "preferred", "message": "agent 'dev' prefers it"},
                "fallback_used": false, "candidates": []}),
            ),
        ),
        (
            Some(1),
            "attempt.spawn_failed",
            json!({"code": "tool-missing", "message": "m"}),
        ),
        (
            Some(2),
            "attempt.started",
            json!({"pid": 17, "pgid": 17, "start_ticks": 4}),
        ),
        (Some(2), "attempt.usage", spent.clone()),
        (
            Some(2),
            "attempt.exited",
            exited(json!({"outcome": "done", "exit_code": 0,
                "output": {"path": "content/ab", "bytes": 2, "sha256": "ab"}})),
        ),
        (
            Some(3),
            "attempt.exited",
            exited(json!({"outcome": "failed", "exit_code": 1, "failure_code": "auth"})),
        ),
        (
            Some(4),
            "attempt.exited",
            exited(json!({"outcome": "timed_out", "signal": 15})),
        ),
        (
            Some(5),
            "attempt.exited",
            exited(json!({"outcome": "cancelled", "signal": 2})),
        ),
        (Some(6), "attempt.withdrawn", json!({"reason": "interrupt"})),
        (
            Some(7),
            "attempt.lost",
            with(
                json!({"reason": "supervisor_died", "swept": 1, "tree_empty": true,
                "usage": nothing, "exactness": "unknown",
                "cost": {"usd_micros": null, "basis": "unknown"}}),
            ),
        ),
        (None, "budget.settled", json!({})),
        (None, "budget.warned", json!({})),
        (None, "task.frozen", json!({})),
        (None, "checkpoint.required", json!({})),
        (
            Some(2),
            "attempt.signalled",
            json!({"signal": "SIGINT", "step": 1}),
        ),
    ]
}

fn events() -> Vec<Event> {
    let history = history().into_iter().enumerate();
    let event = |(at, (attempt, name, data)): (usize, (Option<u32>, &str, Value))| Event {
        log: "00000001".to_owned(),
        seq: at as u64 + 1,
        id: Uuid::from_u128(at as u128 + 1),
        at: "2026-11-22T10:00:00.5Z".parse().expect("a time"),
        boot: "00000001".to_owned(),
        mono_us: 0,
        node: "node".to_owned(),
        batch: (0, 1),
        run: Some(RunId::from("RUN-20261122-001")),
        invocation: Some(InvocationNumber(1)),
        attempt,
        actor: Actor {
            kind: "user".to_owned(),
            name: "you".to_owned(),
            via: Via::Cli,
        },
        key: None,
        cause: None,
        body: Body::from_parts(name, 1, data),
    };
    history.map(event).collect()
}

#[test]
fn a_run_under_the_names_of_the_origin() {
    let house = tempfile::tempdir().expect("a folder");
    let folder = house.path().join("runs/RUN-20261122-001/i1/a2");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("stdout.log"), "x").expect("a file");
    std::fs::write(folder.join("stderr.log"), "x").expect("a file");
    let mut lines = OriginLines::new(house.path());
    let mut written = String::new();
    for event in events() {
        let is_planned = ["budget.", "task.", "checkpoint."]
            .iter()
            .any(|prefix| event.body.name().starts_with(prefix));
        let is_read = !matches!(event.body, Body::Unknown(_));
        assert!(is_read || is_planned, "{:?}", event.body);
        if let Some(line) = lines.line(&event) {
            written += &serde_json::to_string(&line).expect("JSON");
            written.push('\n');
        }
    }
    assert!(!written.contains("null"), "{written}");
    let golden = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/engine/origin_golden.jsonl"
    );
    let expected = std::fs::read_to_string(golden).unwrap_or_default();
    assert_eq!(
        written, expected,
        "{golden} says otherwise; what is written:\n{written}"
    );
    for name in [
        "task_started",
        "task_completed",
        "task_error",
        "task_cancelled",
        "task_frozen",
        "cost_update",
        "cost.warning",
        "routing.decision",
        "checkpoint_required",
    ] {
        assert!(written.contains(&format!("\"event\":\"{name}\"")), "{name}");
    }
}

#[test]
fn what_belongs_to_no_request_has_no_line() {
    let mut lines = OriginLines::new(Path::new("/nowhere"));
    for mut event in events() {
        event.invocation = None;
        assert_eq!(lines.line(&event), None);
    }
}
