//! A collector is told what ended: once, all of it, and nothing that was not to be told.
//!
//! The collector is one of the test's own on the loopback interface.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tollgate_tests::collector::{Answer, Collector, Received, attribute, spans};
use tollgate_tests::house::{Outcome, TestHouse};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::{Claude, SESSION, recording};

const PROMPT: &str = "xyzzy-the-prompt";
const ANSWER: &str = "plugh-the-answer";
const REASON: &str = "frotz-the-reason";

/// A house whose `dev` asks Claude Code, which answers; with this collector, if any.
fn house(otlp: Option<Value>) -> TestHouse {
    let house = TestHouse::new();
    let setup = Setup::claude_dev();
    match otlp {
        Some(otlp) => setup.collector(otlp),
        None => setup,
    }
    .write(&house);
    house.tool("claude", &Claude::says(ANSWER).script());
    house
}

fn telling(collector: &Collector) -> TestHouse {
    house(Some(json!({ "endpoint": collector.url() })))
}

fn exec(house: &TestHouse) -> Outcome {
    house.run(["exec", "-a", "dev", "--justification", REASON, PROMPT])
}

/// `telemetry push --json`, without a second try: nobody waits for it.
fn push(house: &TestHouse) -> Outcome {
    house.run(["telemetry", "push", "--json", "--tries", "1"])
}

fn all_spans(received: &[Received]) -> Vec<Value> {
    received.iter().flat_map(Received::spans).collect()
}

fn ids(spans: &[Value]) -> Vec<&str> {
    let ids = spans.iter().map(|span| span["spanId"].as_str());
    ids.map(|id| id.expect("an id")).collect()
}

/// A port on which nobody listens, as of now.
fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[test]
fn nothing_is_sent_unless_a_collector_is_named() {
    let collector = Collector::start();
    let house = house(None);
    exec(&house).success();
    // What other programs take for a wish to send is none.
    let pushed = house
        .call(["telemetry", "push", "--json"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url())
        .run()
        .exit(1)
        .json();
    assert_eq!(pushed["error"]["code"], "export_off", "{pushed}");
    let hints = pushed["error"]["hints"].to_string();
    assert!(
        hints.contains("telemetry.yaml") && hints.contains("otlp: { endpoint:"),
        "{hints}"
    );
    assert_eq!(
        house.run(["telemetry", "show", "--json"]).success().json(),
        json!({ "on": false })
    );
    let serving = Serving::start(&house);
    serving.get("/api/v1/overview");
    serving.stop();
    assert!(collector.received().is_empty());
    assert!(!house.path("state/otlp").exists());
}

#[test]
fn what_ran_arrives_once_under_the_names_of_the_conventions() {
    let collector = Collector::start();
    let house = telling(&collector);
    exec(&house).success();
    let pushed = push(&house).success().json();
    assert_eq!(
        (&pushed["spans"], &pushed["rejected"]),
        (&json!(2), &json!(0)),
        "{pushed}"
    );
    let received = collector.received();
    let paths: Vec<&str> = received.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["/v1/traces", "/v1/metrics"]);
    let told = all_spans(&received);
    request_span(&told[0]);
    attempt_span(&told[1], &told[0]);
    metrics(&received[1].body);
    for it in &received {
        let text = it.body.to_string();
        for word in [PROMPT, ANSWER, REASON, "xyzzy", "plugh", "frotz"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
    // Nothing new, nothing sent.
    let again = push(&house).success().json();
    assert_eq!(
        (&again["spans"], &again["metric_requests"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(again["up_to_event"], pushed["up_to_event"]);
    assert!(collector.received().is_empty());
    // The export of the run is what was sent.
    let export = house.run(["run", "export", &run_of(&told[0]), "--format", "otlp"]);
    assert_eq!(export.success().json(), received[0].body);
}

fn run_of(span: &Value) -> String {
    let run = attribute(span, "tollgate.run.id");
    run.as_str().expect("a run").to_owned()
}

fn request_span(span: &Value) {
    assert_eq!(span["name"], "invoke_agent dev");
    assert_eq!(span["kind"], 1);
    assert_eq!(span.get("parentSpanId"), None);
    assert_eq!(span.get("status"), None);
    for (name, value) in [
        ("gen_ai.operation.name", json!("invoke_agent")),
        ("gen_ai.provider.name", json!("test")),
        ("gen_ai.agent.name", json!("dev")),
        ("gen_ai.request.model", json!("claude-opus-5-5")),
        ("tollgate.outcome", json!("done")),
        // Tokens and money stand on attempts alone.
        ("gen_ai.usage.input_tokens", Value::Null),
        ("tollgate.cost.usd_micros", Value::Null),
    ] {
        assert_eq!(attribute(span, name), value, "{name}: {span}");
    }
}

fn attempt_span(span: &Value, above: &Value) {
    assert_eq!(span["name"], "invoke_agent claude");
    assert_eq!(span["kind"], 3);
    assert_eq!(span["traceId"], above["traceId"]);
    assert_eq!(span["parentSpanId"], above["spanId"]);
    let number = |n: u64| json!(n.to_string());
    for (name, value) in [
        ("gen_ai.operation.name", json!("invoke_agent")),
        ("gen_ai.provider.name", json!("test")),
        ("gen_ai.request.model", json!("claude-opus-5-5")),
        ("gen_ai.response.model", json!("claude-opus-5-5")),
        ("gen_ai.conversation.id", json!(SESSION)),
        ("gen_ai.usage.input_tokens", number(1_000)),
        ("gen_ai.usage.output_tokens", number(100)),
        ("tollgate.cost.usd_micros", number(10_000)),
        ("tollgate.outcome", json!("done")),
        ("error.type", Value::Null),
    ] {
        assert_eq!(attribute(span, name), value, "{name}: {span}");
    }
}

fn metrics(body: &Value) {
    let all = &body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
    let names: Vec<&str> = all
        .as_array()
        .expect("metrics")
        .iter()
        .map(|metric| metric["name"].as_str().expect("a name"))
        .collect();
    for name in [
        "gen_ai.client.token.usage",
        "gen_ai.client.operation.duration",
        "gen_ai.invoke_agent.duration",
        "tollgate.cost.usage",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
}

#[test]
fn what_failed_has_an_error_and_what_came_later_comes_later() {
    let collector = Collector::start();
    let house = telling(&collector);
    exec(&house).success();
    push(&house).success();
    let before = all_spans(&collector.received());
    house.tool("claude", &recording("claude/refusal"));
    exec(&house).exit(1);
    push(&house).success();
    let told = all_spans(&collector.received());
    assert_eq!(told.len(), 2);
    assert!(ids(&told).iter().all(|id| !ids(&before).contains(id)));
    for span in &told {
        assert_eq!(span["status"], json!({ "code": 2 }), "{span}");
        assert_eq!(attribute(span, "error.type"), "refused");
        assert_eq!(attribute(span, "tollgate.outcome"), "failed");
    }
}

/// A collector that is down loses nothing, and what is sent when it is up again is sent once.
#[test]
fn a_collector_that_is_down_is_told_later_and_once() {
    let address = nobody();
    let house = house(Some(json!({ "endpoint": format!("http://{address}") })));
    exec(&house).success();
    for _ in 0..2 {
        let failed = push(&house).exit(1).json();
        let error = &failed["error"];
        assert_eq!(error["code"], "collector", "{failed}");
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains("failed to reach http://"),
            "{failed}"
        );
        assert_eq!(error["details"]["spans"], 0);
    }
    let shown = house.run(["telemetry", "show", "--json"]).success().json();
    assert_eq!(shown["up_to_event"], 0, "{shown}");
    assert!(shown["events_behind"].as_u64() > Some(5), "{shown}");
    let collector = Collector::at(address);
    assert_eq!(push(&house).success().json()["spans"], 2);
    assert_eq!(push(&house).success().json()["spans"], 0);
    let received = collector.received();
    assert_eq!(all_spans(&received).len(), 2);
    assert_eq!(received.len(), 2, "one with spans, one with metrics");
    let shown = house.run(["telemetry", "show", "--json"]).success().json();
    assert_eq!(shown["events_behind"], 0, "{shown}");
}

/// Killed before it was answered: nobody knows whether it arrived, so it comes again, the same.
#[test]
fn a_push_that_is_killed_sends_the_same_again_and_then_no_more() {
    let collector = Collector::start();
    let house = telling(&collector);
    exec(&house).success();
    collector.answer(Answer::Silence);
    let mut child = house.call(["telemetry", "push"]).start();
    let first = collector.wait();
    // While it sends, nobody else does.
    let other = push(&house).exit(1).json();
    assert_eq!(other["error"]["code"], "collector");
    assert!(
        other["error"]["message"]
            .to_string()
            .contains("another process")
    );
    child.kill().unwrap();
    child.wait().unwrap();
    collector.answer(Answer::With(200, "", "{}"));
    assert_eq!(push(&house).success().json()["spans"], 2);
    let received = collector.received();
    assert_eq!(received[0].body, first.body, "the same ids, the same all");
    assert_eq!(push(&house).success().json()["spans"], 0);
    assert!(collector.received().is_empty());
    // And all of it once more for whoever asks for it.
    let again = house.run(["telemetry", "push", "--json", "--again"]);
    assert_eq!(again.success().json()["spans"], 2);
    assert_eq!(collector.wait().body, first.body);
}

#[test]
fn a_refusal_is_loud_and_keeps_the_place() {
    let collector = Collector::start();
    let house = telling(&collector);
    exec(&house).success();
    collector.answer(Answer::With(401, "", r#"{"message":"who are you?"}"#));
    let refused = push(&house).exit(1).json();
    assert_eq!(refused["error"]["code"], "collector");
    let text = refused["error"].to_string();
    assert!(
        text.contains("401: who are you?") && text.contains("otlp.headers"),
        "{text}"
    );
    let _ = house
        .run(["telemetry", "push"])
        .exit(1)
        .says("it answers 401: who are you?");
    collector.answer(Answer::With(200, "", "{}"));
    assert_eq!(push(&house).success().json()["spans"], 2);
}

#[test]
fn what_a_collector_does_not_take_is_told() {
    let collector = Collector::start();
    let house = telling(&collector);
    exec(&house).success();
    collector.answer(Answer::With(
        200,
        "",
        r#"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}"#,
    ));
    let pushed = push(&house).success().json();
    // The same answer came to the metrics.
    assert_eq!(
        (&pushed["spans"], &pushed["rejected"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(pushed["messages"], json!(["too old"]));
    assert_eq!(collector.received().len(), 2);
    exec(&house).success();
    let _ = house
        .run(["telemetry", "push"])
        .success()
        .says("did not take 2 spans or data points")
        .says("the collector says: too old");
    assert_eq!(
        all_spans(&collector.received()).len(),
        2,
        "only what is new"
    );
}

#[test]
fn a_key_is_filled_in_when_it_is_sent_and_shown_nowhere() {
    let collector = Collector::start();
    let house = house(Some(json!({
        "endpoint": collector.url(), "headers": { "authorization": "Bearer ${OTLP_KEY}" },
    })));
    exec(&house).success();
    let missing = push(&house).exit(1).json();
    assert_eq!(missing["error"]["code"], "invalid_config");
    assert!(
        missing["error"]["message"]
            .to_string()
            .contains("'OTLP_KEY' is not set")
    );
    assert!(collector.received().is_empty());
    let pushed = house
        .call(["telemetry", "push", "--verbose"])
        .env("OTLP_KEY", "hunter2")
        .run()
        .success();
    assert!(!format!("{}{}", pushed.stdout, pushed.stderr).contains("hunter2"));
    let sent = collector.wait();
    let sent = sent
        .headers
        .iter()
        .find(|(name, _)| name == "authorization");
    assert_eq!(
        sent.map(|(_, value)| value.as_str()),
        Some("Bearer hunter2")
    );
    for (path, bytes) in house.state_files() {
        assert!(
            !String::from_utf8_lossy(&bytes).contains("hunter2"),
            "{path:?}"
        );
    }
}

/// A project that arrives with a collector of its own is asked about, like one with programs.
#[test]
fn a_projects_own_collector_has_to_be_trusted() {
    let collector = Collector::start();
    let house = TestHouse::new();
    Setup::claude_dev()
        .collector(json!({ "endpoint": collector.url() }))
        .write_to(&house, "work/.tollgate");
    let call = |args: &[&str]| house.call(args.iter().copied()).unnamed_dirs();
    for command in [["telemetry", "push"], ["telemetry", "show"]] {
        let refused = call(&command).run().exit(1);
        let address = collector.url();
        let _ = refused.says("is not trusted yet").says(&address);
    }
    // The server does not take it either, and says so.
    let mut serving = Serving::begin(call(&["serve", "--port", "0"]).start());
    serving.until("is not trusted yet");
    let needs = serving.get("/api/v1/overview")["needs"].to_string();
    assert!(
        needs.contains("the collector is not told what ran"),
        "{needs}"
    );
    serving.stop();
    assert!(collector.received().is_empty());
    let trusted = call(&["config", "trust"]).run().success();
    let said = format!("{}{}", trusted.stdout, trusted.stderr);
    assert!(said.contains(&collector.url()), "{said}");
    house.tool("claude", &Claude::says(ANSWER).script());
    call(&["exec", "-a", "dev", PROMPT]).run().success();
    call(&["telemetry", "push"]).run().success();
    assert_eq!(all_spans(&collector.received()).len(), 2);
}

#[test]
fn a_run_is_exported_without_a_collector() {
    let house = house(None);
    exec(&house).success();
    let run = house.run(["run", "list", "--json"]).success().json()["runs"][0]["run_id"].clone();
    let run = run.as_str().unwrap();
    let export = house
        .run(["run", "export", run, "--format", "otlp"])
        .success();
    assert_eq!(
        export.stdout.lines().count(),
        1,
        "one line, for a file of lines"
    );
    assert_eq!(spans(&export.json()).len(), 2);
    assert!(!export.stdout.contains("xyzzy") && !export.stdout.contains("plugh"));
    let missing = house.run([
        "run",
        "export",
        "RUN-20200101-001",
        "--format",
        "otlp",
        "--json",
    ]);
    assert_eq!(missing.exit(1).json()["error"]["code"], "unknown_run");
}

#[test]
fn the_server_tells_what_ended_and_what_is_in_the_way() {
    let collector = Collector::start();
    let house = telling(&collector);
    collector.answer(Answer::With(503, "", ""));
    exec(&house).success();
    let mut serving = Serving::start(&house);
    // It fails once and says so; pages are served as ever.
    assert_eq!(collector.wait().path, "/v1/traces");
    serving.until("it answers 503");
    let overview = serving.get("/api/v1/overview");
    let need = overview["needs"].as_array().unwrap().iter();
    let need = need.clone().find(|it| it["kind"] == "record");
    let detail = need.expect("something needs somebody")["detail"].to_string();
    assert!(detail.contains("it answers 503"), "{detail}");
    // It tries again by itself.
    collector.answer(Answer::With(200, "", "{}"));
    let traces = loop {
        let it = collector.wait();
        if it.path == "/v1/traces" && it.spans().len() == 2 {
            break it;
        }
    };
    serving.until("the collector takes what it is sent again");
    let needs = serving.get("/api/v1/overview")["needs"].to_string();
    assert!(!needs.contains("collector"), "{needs}");
    // The interface exports the same.
    let run = run_of(&traces.spans()[0]);
    let export = serving.get(&format!("/api/v1/runs/{run}/export?format=otlp"));
    assert_eq!(spans(&export).len(), 2);
    // What ends while it serves is told without a word.
    drop(collector.received());
    exec(&house).success();
    let later = loop {
        let it = collector.wait();
        if it.path == "/v1/traces" {
            break it;
        }
    };
    assert_ne!(run_of(&later.spans()[0]), run);
    serving.stop();
}

/// A collector that never answers keeps nobody from stopping the server.
#[test]
fn a_silent_collector_does_not_hold_the_server() {
    let collector = Collector::start();
    let house = house(Some(
        json!({ "endpoint": collector.url(), "timeout": "60s" }),
    ));
    collector.answer(Answer::Silence);
    exec(&house).success();
    let serving = Serving::start(&house);
    drop(collector.wait());
    let began = Instant::now();
    serving.get("/api/v1/overview");
    serving.stop();
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
}

/// `tollgate serve`, and somebody who reads what it says.
struct Serving {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    address: String,
    token: String,
}

impl Serving {
    fn start(house: &TestHouse) -> Self {
        Self::begin(house.call(["serve", "--port", "0"]).start())
    }

    fn begin(mut child: Child) -> Self {
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://");
        let (address, token) = address
            .and_then(|it| it.split_once("/#k="))
            .expect("an address");
        Self {
            stderr: BufReader::new(child.stderr.take().unwrap()),
            address: address.to_owned(),
            token: token.to_owned(),
            child,
        }
    }

    /// Read on until it has said this.
    fn until(&mut self, said: &str) {
        let mut all = String::new();
        while !all.contains(said) {
            let n = self.stderr.read_line(&mut all).unwrap();
            assert!(n > 0, "it never said {said:?}: {all}");
        }
    }

    /// Ask its API.
    fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (host, token) = (&self.address, &self.token);
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
             Connection: close\r\n\r\n"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{text}");
        serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    fn stop(mut self) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).unwrap();
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success(), "{rest}");
        assert!(rest.contains("stopped"), "{rest}");
    }
}
