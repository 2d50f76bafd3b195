//! What a route takes is checked whole, and what is wrong is said whole.

use serde_json::json;

use super::house::House;
use crate::web::{
    Command, CostFormat, CostGroup, CostsQuery, Permission, Question, RunRequest, RunStatus,
    RunsQuery,
};

const RUN: &str = "POST /api/v1/runs";
const KEY: &[&str] = &["Idempotency-Key: k-1"];

#[test]
fn a_whole_request_arrives_whole() {
    let house = House::new();
    let body = json!({
        "agent": "architect", "prompt": "Say\nhello \u{1f600}.", "task_type": "review",
        "tool": "claude-code", "model": "llama3:8b", "max_cost_usd": "1.50", "timeout": "10m",
        "resume": null, "tasks": ["T-1", "T-2"], "consent": true, "force": false,
        "justification": "because",
    });
    let reply = house.json(RUN, KEY, &body.to_string());
    assert_eq!(reply.status, 201);
    let text = |text: &str| Some(text.to_owned());
    let request = RunRequest {
        agent: "architect".to_owned(),
        prompt: "Say\nhello \u{1f600}.".to_owned(),
        task_type: text("review"),
        tool: text("claude-code"),
        model: text("llama3:8b"),
        max_cost_usd: text("1.50"),
        timeout: text("10m"),
        resume: None,
        tasks: vec!["T-1".to_owned(), "T-2".to_owned()],
        permission: Permission {
            consent: true,
            force: false,
            justification: text("because"),
        },
    };
    let key = "k-1".to_owned();
    assert_eq!(
        house.service.last_command(),
        Command::Submit { key, request }
    );
}

/// What is wrong with a body, by its fields.
fn faults(house: &House, line: &str, more: &[&str], body: &str) -> Vec<String> {
    let reply = house.json(line, more, body);
    assert_eq!(reply.status, 422, "{body}");
    assert_eq!(reply.code(), "invalid_request");
    let problem = reply.json();
    let errors = problem["details"]["errors"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let field = |error: &serde_json::Value| {
        let field = error["field"].as_str().unwrap().to_owned();
        // What is wrong is said in words, too.
        assert!(problem["detail"].as_str().unwrap().contains(&field));
        field
    };
    errors.iter().map(field).collect()
}

#[test]
fn all_that_is_wrong_with_a_body_is_said_at_once() {
    let house = House::new();
    let body = r#"{"agent": 5, "tool": "a\u0007b", "max_cost_usd": 1.5, "tasks": ["../x"],
        "consent": "yes", "colour": "red"}"#;
    let wrong = faults(&house, RUN, KEY, body);
    assert_eq!(
        wrong,
        [
            "agent",
            "prompt",
            "tool",
            "max_cost_usd",
            "tasks",
            "consent",
            "colour"
        ]
    );
    assert_eq!(house.service.asked(), 0);
}

#[test]
fn bodies_that_are_no_object_are_refused() {
    let house = House::new();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deeper = format!(r#"{{"agent": {deep}}}"#);
    for body in [
        "null",
        "[]",
        "\"text\"",
        "{",
        "{}{}",
        "{\"agent\": \"a\"",
        "{\"agent\": \"a\", \"agent\": \"b\", \"prompt\": \"p\"}",
        "{\"agent\": \"\\ud800\", \"prompt\": \"p\"}",
        "{agent: 'a'}",
        "{\"agent\": NaN}",
        &deep,
        &deeper,
    ] {
        let wrong = faults(&house, RUN, KEY, body);
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    let mut request = house.request(
        RUN,
        &[
            "Content-Type: application/json",
            KEY[0],
            "Content-Length: 2",
        ],
        "",
    );
    request.extend_from_slice(&[0xff, 0xfe]);
    assert_eq!(house.send(&request).status, 422);
    assert_eq!(house.service.asked(), 0);
}

#[test]
fn a_key_is_needed_to_start_a_run_once() {
    let house = House::new();
    let body = r#"{"agent":"a","prompt":"p"}"#;
    let long = format!("Idempotency-Key: {}", "k".repeat(201));
    for more in [
        vec![],
        vec!["Idempotency-Key: "],
        vec!["Idempotency-Key: two words"],
        vec!["Idempotency-Key: caf\u{e9}"],
        vec!["Idempotency-Key: a", "Idempotency-Key: b"],
        vec![long.as_str()],
    ] {
        let wrong = faults(&house, RUN, &more, body);
        assert_eq!(wrong, ["idempotency-key"], "{more:?}");
    }
    assert_eq!(house.service.asked(), 0);
}

#[test]
fn a_repeated_key_is_answered_and_not_made_anew() {
    let house = House::new();
    let body = r#"{"agent":"a","prompt":"p"}"#;
    let reply = house.json(RUN, &["Idempotency-Key: again"], body);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["replayed"], true);
    let reply = house.json(RUN, KEY, body);
    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("location"), Some("/api/v1/runs/RUN-1"));
    assert_eq!(reply.header("x-index-seq"), Some("8"));
}

#[test]
fn questions_of_policies_come_with_the_problem() {
    let house = House::new();
    let reply = house.json(RUN, KEY, r#"{"agent":"asked","prompt":"p"}"#);
    assert_eq!(reply.status, 409);
    assert_eq!(reply.code(), "needs_confirmation");
    assert_eq!(reply.json()["details"]["questions"][0]["text"], "really?");
}

#[test]
fn a_query_is_read_whole_or_refused() {
    let house = House::new();
    let reply = house.get(
        "/api/v1/runs?status=failed&agent=a+b&tool=t%2Fu&q=%F0%9F%98%80&before=RUN-2&limit=200&model=",
    );
    assert_eq!(reply.status, 200);
    let query = RunsQuery {
        status: Some(RunStatus::Failed),
        agent: Some("a b".to_owned()),
        tool: Some("t/u".to_owned()),
        q: Some("\u{1f600}".to_owned()),
        before: Some("RUN-2".to_owned()),
        limit: 200,
        ..RunsQuery::default()
    };
    assert_eq!(house.service.last_question(), Question::Runs(query));
    let asked = house.service.asked();
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=+5", "limit"),
        ("limit=5.0", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=5&limit=6", "limit"),
        ("status=odd", "status"),
        ("before=..%2f..", "before"),
        ("agent=%00", "agent"),
        ("agent=a%0Ab", "agent"),
        ("agent=%zz", "agent"),
        ("agent=%ff", "agent"),
        ("agent=%4", "agent"),
        ("since=2026-01-01", "since"),
        ("colour", "colour"),
        ("__proto__=1", "__proto__"),
    ] {
        let wrong = faults_of_get(&house, &format!("/api/v1/runs?{query}"));
        assert_eq!(wrong, [field], "{query}");
    }
    let long = format!("/api/v1/runs?q={}", "q".repeat(101));
    assert_eq!(faults_of_get(&house, &long), ["q"]);
    assert_eq!(house.service.asked(), asked);
}

fn faults_of_get(house: &House, path: &str) -> Vec<String> {
    let reply = house.get(path);
    assert_eq!(reply.status, 422, "{path}");
    let errors = reply.json()["details"]["errors"]
        .as_array()
        .unwrap()
        .clone();
    let field = |error: &serde_json::Value| error["field"].as_str().unwrap().to_owned();
    errors.iter().map(field).collect()
}

#[test]
fn defaults_are_those_of_the_documents() {
    let house = House::new();
    house.get("/api/v1/runs");
    let query = RunsQuery {
        limit: 50,
        ..RunsQuery::default()
    };
    assert_eq!(house.service.last_question(), Question::Runs(query));
    house.get("/api/v1/costs");
    let query = CostsQuery {
        group: CostGroup::Day,
        since: None,
        until: None,
        agent: None,
        format: CostFormat::Json,
    };
    assert_eq!(house.service.last_question(), Question::Costs(query));
}

#[test]
fn a_change_of_a_file_names_the_version_that_was_seen() {
    let house = House::new();
    let (line, body) = ("PATCH /api/v1/tasks/T-1/priority", r#"{"priority":"high"}"#);
    let reply = house.json(line, &[], body);
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (428, "precondition_required")
    );
    for bad in ["v1", "*", "W/\"v1\"", "\"a\", \"b\"", "\"\"", "\"a b\""] {
        let reply = house.json(line, &[&format!("If-Match: {bad}")], body);
        assert_eq!(reply.status, 422, "{bad}");
    }
    assert_eq!(house.service.asked(), 0);
    let reply = house.json(line, &["If-Match: \"v0\""], body);
    assert_eq!(
        (reply.status, reply.code().as_str()),
        (412, "precondition_failed")
    );
    let reply = house.json(line, &["If-Match: \"v1\""], body);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("etag"), Some("\"v2\""));
    assert_eq!(
        house
            .json(line, &["If-Match: \"v1\""], r#"{"priority":"HIGH"}"#)
            .status,
        422
    );
}

#[test]
fn the_paths_of_the_program_that_came_before_speak_its_way() {
    let house = House::new();
    let line = "PATCH /api/tasks/T-1/priority";
    assert_eq!(house.json(line, &[], r#"{"priority":"HIGH"}"#).status, 200);
    let reply = house.json(line, &[], r#"{"priority":"urgent"}"#);
    assert_eq!(reply.status, 400);
    assert_eq!(reply.code(), "invalid_request");
    assert_eq!(reply.json()["error"], reply.json()["detail"]);
    let health = house
        .send(&house.bare_request("GET /health", &[], ""))
        .json();
    assert_eq!(health["service"], "tollgate");
    assert_eq!(health["timestamp"], "2026-11-23T10:00:00Z");
}

#[test]
fn routes_without_fields_take_no_body_or_an_empty_one() {
    let house = House::new();
    for line in [
        "POST /api/v1/runs/RUN-1/cancel",
        "POST /api/v1/index/rebuild",
    ] {
        assert!(
            house.send(&house.request(line, &[], "")).status < 300,
            "{line}"
        );
    }
    assert_eq!(
        house
            .json("POST /api/v1/runs/RUN-1/cancel", &[], "{}")
            .status,
        202
    );
    assert_eq!(
        house
            .json("POST /api/v1/index/rebuild", &[], "{\"a\":1}")
            .status,
        422
    );
    let reply = house.json(
        "POST /api/v1/runs/RUN-1/kill",
        &[],
        r#"{"invocation":"i2"}"#,
    );
    assert_eq!(reply.status, 202);
    let stop = Command::Stop {
        run: "RUN-1".to_owned(),
        invocation: Some("i2".to_owned()),
        kill: true,
    };
    assert_eq!(house.service.last_command(), stop);
}

#[test]
fn files_to_check_are_names_and_texts() {
    let house = House::new();
    let line = "POST /api/v1/config/validate";
    let reply = house.json(line, &[], r#"{"files":{"agents.yaml":"agents: {}"}}"#);
    assert_eq!(reply.status, 200);
    let files = Some(vec![("agents.yaml".to_owned(), "agents: {}".to_owned())]);
    assert_eq!(
        house.service.last_command(),
        Command::ValidateConfig { files }
    );
    for files in [
        r#"{"../a":"x"}"#,
        r#"{"/etc/passwd":"x"}"#,
        r#"{"a":5}"#,
        r#"["a"]"#,
    ] {
        let wrong = faults(&house, line, &[], &format!(r#"{{"files":{files}}}"#));
        assert_eq!(wrong, ["files"]);
    }
}
