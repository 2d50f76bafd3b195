//! `tollgate serve`: what is asked over HTTP is what the commands say, and what is done is done once.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::served::{Reply, Served};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

const SOON: Duration = Duration::from_secs(20);

fn house() -> TestHouse {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &Claude::says("ok").script());
    house
}

/// A tool that works until somebody ends it.
fn at_work(house: &TestHouse) {
    let pid = house.path("work/pid").display().to_string();
    house.tool(
        "claude",
        &["--emit-err", "at work", "--pid-file", &pid, "--hang"],
    );
}

fn submit(server: &Served, key: &str, body: &Value) -> Reply {
    let key = format!("Idempotency-Key: {key}");
    server.send("POST", "/api/v1/runs", &[&key], Some(body))
}

fn submitted(server: &Served, key: &str) -> String {
    let reply = submit(server, key, &json!({"agent": "dev", "prompt": "hi"})).of(201);
    reply.json()["run_id"].as_str().unwrap().to_owned()
}

/// Ask until it is so.
fn until(server: &Served, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let said = server.json(path);
        if is_so(&said) {
            return said;
        }
        assert!(start.elapsed() < SOON, "it did not come: {said}");
        std::thread::yield_now();
    }
}

fn finished(server: &Served, run: &str) -> Value {
    let path = format!("/api/v1/runs/{run}");
    until(server, &path, |it| {
        ["done", "failed", "cancelled"].contains(&it["status"].as_str().unwrap())
    })
}

/// Events of the stream from `since` on, until one of this type about this run.
fn followed(server: &Served, since: u64, run: &str, last: &str) -> Vec<Value> {
    let path = format!("/api/v1/events?since={since}");
    let stream = server.open("GET", &path, &[], None);
    let mut events = Vec::new();
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap();
        let Some(data) = line.strip_prefix("data: ") else {
            continue;
        };
        let event: Value = serde_json::from_str(data).unwrap();
        let is_last = event["type"] == last && event["run_id"] == run;
        events.push(event);
        if is_last {
            return events;
        }
    }
    panic!("the stream ended: {events:?}");
}

#[test]
fn answers_are_the_documents_that_commands_print() {
    let house = house();
    let server = Served::new(&house);
    let run = submitted(&server, "one");
    assert_eq!(finished(&server, &run)["status"], "done");
    for (path, command) in [
        (format!("/api/v1/runs/{run}"), vec!["run", "show", &run]),
        (format!("/api/v1/runs/{run}/why"), vec!["why", &run]),
        ("/api/v1/agents".to_owned(), vec!["agent", "list"]),
        ("/api/v1/tools".to_owned(), vec!["tool", "list"]),
        ("/api/v1/models".to_owned(), vec!["model", "list"]),
        ("/api/v1/breakers".to_owned(), vec!["breaker", "list"]),
    ] {
        let command = command.into_iter().chain(["--json"]);
        let printed = house.run(command).success().json();
        assert_eq!(server.json(&path), printed, "{path}");
    }
    let answer = server.get(&format!("/api/v1/attempts/{run}.i1.a1/answer"));
    assert_eq!(answer.of(200).body, "ok");
    let costs = server.json("/api/v1/costs?group=agent");
    let stats = house.run(["stats", "--by", "agent", "--json"]).success();
    let mut rows = stats.json()["by"]["agent"].clone();
    // There, a row names its kind of group; here all kinds have one shape.
    for row in rows.as_array_mut().unwrap() {
        row["name"] = row.as_object_mut().unwrap().remove("agent").unwrap();
    }
    assert_eq!(costs["groups"], rows);
    assert_eq!(costs["totals"], stats.json()["totals"]);
}

#[test]
fn looking_changes_nothing() {
    let house = house();
    let run = house.run(["run", "submit", "-a", "dev", "hi"]).success();
    let run = run.stdout.trim().to_owned();
    house.run(["run", "wait", &run]).success();
    let server = Served::new(&house);
    let until_now = server.json("/api/v1/overview");
    assert_eq!(until_now["counts"]["done"], 1, "{until_now}");
    let journal = || {
        let mut files = house.state_files();
        // The index follows by itself; what it says is derived.
        files.retain(|(path, _)| !path.to_string_lossy().contains("index"));
        files
    };
    let before = journal();
    for page in [
        "overview",
        "runs",
        "agents",
        "tools",
        "models",
        "policies",
        "plugins",
        "breakers",
        "budgets",
        "costs",
        "initiatives",
        "tasks",
        "doctor",
    ] {
        let reply = server.get(&format!("/api/v1/{page}")).of(200);
        assert!(reply.header("content-type").unwrap().contains("json"));
    }
    for page in ["", "/why", "/events", "/export?format=json"] {
        drop(server.get(&format!("/api/v1/runs/{run}{page}")).of(200));
    }
    for log in ["log?stream=stdout", "log?stream=stderr", "answer"] {
        drop(
            server
                .get(&format!("/api/v1/attempts/{run}.i1.a1/{log}"))
                .of(200),
        );
    }
    drop(server.get("/metrics").of(200));
    assert!(journal() == before, "a look changed the record");
}

#[test]
fn a_key_is_good_for_one_request() {
    let house = house();
    let server = Served::new(&house);
    let body = json!({"agent": "dev", "prompt": "hi"});
    let first = submit(&server, "k", &body).of(201);
    let run = first.json()["run_id"].clone();
    let place = format!("/api/v1/runs/{}", run.as_str().unwrap());
    assert_eq!(first.header("location"), Some(place.as_str()));
    let again = submit(&server, "k", &body).of(200).json();
    assert_eq!((&again["run_id"], &again["replayed"]), (&run, &json!(true)));
    let other = json!({"agent": "dev", "prompt": "something else"});
    let refused = submit(&server, "k", &other).of(409);
    assert_eq!(refused.json()["code"], "key_reused");
    finished(&server, run.as_str().unwrap());
    let runs = server.json("/api/v1/runs");
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn a_limit_without_room_is_402_and_on_record() {
    let house = TestHouse::new();
    Setup::claude_dev().daily(0.000_001, "hard").write(&house);
    house.tool("claude", &Claude::says("ok").script());
    let server = Served::new(&house);
    let reply = submit(&server, "k", &json!({"agent": "dev", "prompt": "hi"})).of(402);
    let problem = reply.json();
    assert_eq!(problem["code"], "budget_exceeded", "{problem}");
    assert!(!problem["fix"].as_array().unwrap().is_empty(), "{problem}");
    assert_eq!(server.json("/api/v1/overview")["counts"]["failed"], 1);
}

#[test]
fn mistakes_name_their_field_and_nothing_runs() {
    let house = house();
    let server = Served::new(&house);
    for (body, code, word) in [
        (
            json!({"agent": "nobody", "prompt": "x"}),
            "unknown_agent",
            "dev",
        ),
        (
            json!({"agent": "dev", "prompt": "x", "max_cost_usd": "much"}),
            "invalid_request",
            "max_cost_usd",
        ),
        (
            json!({"agent": "dev", "prompt": "x", "timeout": "-3"}),
            "invalid_request",
            "timeout",
        ),
        (
            json!({"agent": "dev", "prompt": "x", "colour": "red"}),
            "invalid_request",
            "colour",
        ),
        (json!({"agent": "dev"}), "invalid_request", "prompt"),
        (
            json!({"agent": "dev", "prompt": "x", "force": true}),
            "invalid_request",
            "justification",
        ),
    ] {
        let reply = submit(&server, "k", &body);
        assert!((400..500).contains(&reply.status), "{body}: {}", reply.body);
        assert_eq!(reply.json()["code"], code, "{body}: {}", reply.body);
        assert!(reply.body.contains(word), "{body}: {}", reply.body);
    }
    let reply = server.get("/api/v1/runs/RUN-20200101-001").of(404);
    assert_eq!(reply.json()["code"], "unknown_run");
    assert!(
        server.json("/api/v1/runs")["runs"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_run_outlives_the_server_and_the_next_one_goes_on() {
    let house = house();
    at_work(&house);
    let server = Served::new(&house);
    let run = submitted(&server, "one");
    let seen = followed(&server, 0, &run, "attempt.started");
    let last = seen.last().unwrap()["seq"].as_u64().unwrap();
    let (port, token) = (server.port, server.token.clone());
    assert!(server.stop().success(), "it ends in order");
    let status = house.run(["run", "show", &run, "--json"]).success().json();
    assert_eq!(status["status"], "running");
    // Somebody does something while no server is there.
    house.tool("claude", &Claude::says("ok").script());
    let other = house.run(["run", "submit", "-a", "dev", "hi"]).success();
    let other = other.stdout.trim().to_owned();
    let server = Served::on(&house, port);
    assert_eq!(server.token, token, "an open page goes on");
    drop(
        server
            .post(&format!("/api/v1/runs/{run}/cancel"), &json!({}))
            .of(202),
    );
    let rest = followed(&server, last, &run, "run.finished");
    let seqs = seen
        .iter()
        .chain(&rest)
        .map(|it| it["seq"].as_u64().unwrap());
    let seqs: Vec<u64> = seqs.collect();
    let all: Vec<u64> = (seqs[0]..seqs[0] + seqs.len() as u64).collect();
    assert_eq!(seqs, all, "each event once, in order, without a gap");
    assert!(rest.iter().any(|it| it["run_id"] == other.as_str()));
    assert_eq!(finished(&server, &run)["status"], "cancelled");
    let twice = server.post(&format!("/api/v1/runs/{run}/cancel"), &json!({}));
    assert_eq!(twice.of(202).json()["requested"], json!([]));
    let again = server
        .post(&format!("/api/v1/runs/{run}/retry"), &json!({}))
        .of(202);
    assert_eq!(again.json()["run_id"], run.as_str());
    assert_eq!(finished(&server, &run)["status"], "done");
    let late = server.post(&format!("/api/v1/runs/{run}/cancel"), &json!({}));
    assert_eq!(late.of(409).json()["code"], "run_over");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let house = house();
    let server = Served::new(&house);
    let port = server.port.to_string();
    drop(
        house
            .run(["serve", "--port", port.as_str()])
            .exit(1)
            .says("cannot listen on 127.0.0.1")
            .says("--port 0"),
    );
}

#[test]
fn a_damaged_record_is_told_on_the_first_page() {
    let house = house();
    house.run(["exec", "-a", "dev", "hi"]).success();
    let segment = "state/log/00000000000000000001.jsonl";
    let mut bytes = fs::read(house.path(segment)).unwrap();
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    bytes[line + 40] = 0xff;
    fs::write(house.path(segment), bytes).unwrap();
    house.run(["index", "rebuild"]).success();
    let server = Served::new(&house);
    let trust = &server.json("/api/v1/overview")["trust"];
    assert_eq!(trust["missing_events"], 1, "{trust}");
    // What comes later is counted as before.
    drop(finished(&server, &submitted(&server, "later")));
    let trust = &server.json("/api/v1/overview")["trust"];
    assert_eq!(trust["missing_events"], 1, "{trust}");
}

#[test]
fn figures_for_prometheus() {
    let house = house();
    let server = Served::new(&house);
    let run = submitted(&server, "one");
    finished(&server, &run);
    let reply = server.get("/metrics").of(200);
    let kind = reply.header("content-type").unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    for line in [
        "tollgate_runs{status=\"done\"} 1",
        "tollgate_attempts{state=\"active\"} 0",
        "# TYPE tollgate_cost_usd_total counter",
    ] {
        assert!(
            reply.body.lines().any(|it| it == line),
            "{line}\n{}",
            reply.body
        );
    }
}
