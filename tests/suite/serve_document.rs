//! The document that describes the interface, taken at its word: every operation is asked with
//! values made from its schemas, right ones and wrong ones.
//!
//! Whatever is asked, the answer has a status that the document names, none of them is the server's
//! fault, and what is refused is a problem document. Routes that do not end by themselves (events,
//! sockets) have tests of their own.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::served::{Reply, Served};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

/// Requests per operation.
const CASES: u32 = 24;
/// Operations whose answers do not end.
const ENDLESS: [&str; 2] = ["/api/v1/events", "/api/v1/live"];
const VERBS: [&str; 4] = ["get", "post", "patch", "delete"];

const TASK: &str = "id: keep-prices\nagent: dev\ntitle: Keep\nstatus: inbox\nartefacts: []\n";
const SPEC: &str =
    "---\nid: S-1\ntitle: Fast\nstatus: in_progress\ninitiative: Checkout\n---\n# F\n";

/// A request as it goes out.
#[derive(Debug, Clone)]
struct Asked {
    path: String,
    head: Vec<String>,
    body: Option<Value>,
}

/// Names that mean something in this house, so that not everything is refused at the door.
struct Known(Vec<String>);

#[test]
fn whatever_the_document_allows_or_forbids_is_answered_as_it_says() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &Claude::says("ok").script());
    // In the project `work`, the folder `work/collaboration`.
    let inbox = ["work", "work/collaboration/inbox/keep-prices.yaml"];
    house.write(&inbox.join("/"), TASK);
    house.write("work/specifications/fast.md", SPEC);
    let server = Served::new(&house);
    let known = known(&server);
    let document = server.json("/api/v1/openapi.json");

    let (asked, succeeded) = (Cell::new(0), RefCell::new(BTreeSet::new()));
    for (path, verb, operation) in operations(&document) {
        let mut runner = runner();
        let requests = request(path, operation, &known);
        let name = format!("{verb} {path}");
        let ended = runner.run(&requests, |request| {
            let verb = verb.to_uppercase();
            let head: Vec<&str> = request.head.iter().map(String::as_str).collect();
            let reply = server.send(&verb, &request.path, &head, request.body.as_ref());
            check(operation, &reply)?;
            asked.set(asked.get() + 1);
            if reply.status < 400 {
                succeeded.borrow_mut().insert(name.clone());
            }
            Ok(())
        });
        ended.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let (asked, succeeded) = (asked.get(), succeeded.into_inner());
    assert!(asked > 1_000, "only {asked} requests");
    assert!(succeeded.len() > 35, "few can succeed: {succeeded:?}");
}

/// A run that is over, an attempt of it, and names from the files.
fn known(server: &Served) -> Known {
    let body = json!({"agent": "dev", "prompt": "hi"});
    let head = ["Idempotency-Key: first"];
    let reply = server.send("POST", "/api/v1/runs", &head, Some(&body));
    let run = reply.of(201).json()["run_id"].as_str().map(str::to_owned);
    let names = ["dev", "claude", "keep-prices", "fast.md", "S-1", "app.js"];
    let mut known: Vec<String> = names.map(str::to_owned).into();
    known.extend(run);
    Known(known)
}

/// The same requests every time.
fn runner() -> TestRunner {
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng)
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let ends = |path: &&String| !ENDLESS.contains(&path.as_str());
    paths.keys().filter(ends).flat_map(move |path| {
        let item = &paths[path];
        let verbs = VERBS.iter().filter(|verb| item.get(**verb).is_some());
        verbs.map(move |verb| (path.as_str(), *verb, &item[*verb]))
    })
}

fn check(operation: &Value, reply: &Reply) -> Result<(), TestCaseError> {
    let status = reply.status;
    let said = format!("{}\n\n{}", reply.head, reply.body);
    prop_assert!(status < 500, "the server's fault: {}", said);
    let named = &operation["responses"][status.to_string()];
    prop_assert!(
        named.is_object(),
        "no such status in the document: {}",
        said
    );
    if status >= 400 {
        let kind = reply.header("content-type");
        prop_assert_eq!(kind, Some("application/problem+json"), "{}", said);
        prop_assert_eq!(&reply.json()["status"], &json!(status));
    }
    Ok(())
}

/// Requests for an operation: each parameter, and the body, as the document has them or not.
fn request(path: &str, operation: &Value, known: &Known) -> BoxedStrategy<Asked> {
    let parameters = operation["parameters"].as_array().cloned();
    let parameters = parameters.unwrap_or_default();
    let values: Vec<_> = parameters
        .iter()
        .map(|it| maybe(it["required"] == true, scalar(&it["schema"], known)))
        .collect();
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let body = match schema {
        Value::Null => Just(None).boxed(),
        schema => maybe(
            operation["requestBody"]["required"] == true,
            value(schema, known),
        ),
    };
    let path = path.to_owned();
    (values, body)
        .prop_map(move |(values, body)| {
            let mut asked = Asked {
                path: path.clone(),
                head: Vec::new(),
                body,
            };
            let mut query = Vec::new();
            for (parameter, value) in parameters.iter().zip(values) {
                let name = parameter["name"].as_str().expect("a name");
                let text = value.as_ref().map(plain);
                match (parameter["in"].as_str(), text) {
                    (Some("path"), text) => {
                        let text = encoded(&text.unwrap_or_default());
                        asked.path = asked.path.replace(&format!("{{{name}}}"), &text);
                    }
                    (Some("query"), Some(text)) => query.push(format!("{name}={}", encoded(&text))),
                    (Some("header"), Some(text)) => asked.head.push(line(name, &text)),
                    _ => {}
                }
            }
            if !query.is_empty() {
                asked.path = format!("{}?{}", asked.path, query.join("&"));
            }
            asked
        })
        .boxed()
}

/// What is required is there nearly always, the rest half the time.
fn maybe(is_required: bool, value: BoxedStrategy<Value>) -> BoxedStrategy<Option<Value>> {
    let chance = if is_required { 0.95 } else { 0.5 };
    proptest::option::weighted(chance, value).boxed()
}

/// A value of a schema, and now and then one of another kind.
fn value(schema: &Value, known: &Known) -> BoxedStrategy<Value> {
    let right = if let Some(choices) = schema["anyOf"].as_array() {
        proptest::strategy::Union::new(choices.iter().map(|it| value(it, known))).boxed()
    } else {
        match schema["type"].as_str() {
            Some("object") => object(schema, known),
            Some("array") => proptest::collection::vec(value(&schema["items"], known), 0..4)
                .prop_map(Value::from)
                .boxed(),
            _ => scalar(schema, known),
        }
    };
    let wrong = select(vec![
        json!(null),
        json!([]),
        json!({"a": 1}),
        json!(-1),
        json!(""),
    ]);
    prop_oneof![9 => right, 1 => wrong].boxed()
}

fn object(schema: &Value, known: &Known) -> BoxedStrategy<Value> {
    let is_required = |key: &String| {
        let required = schema["required"].as_array();
        required.is_some_and(|all| all.iter().any(|it| it == key.as_str()))
    };
    let fields = schema["properties"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let values: Vec<_> = fields
        .iter()
        .map(|(key, field)| maybe(is_required(key), value(field, known)))
        .collect();
    let keys: Vec<String> = fields.keys().cloned().collect();
    let is_strange = proptest::bool::weighted(0.1);
    (values, is_strange)
        .prop_map(move |(values, is_strange)| {
            let given = keys.iter().cloned().zip(values);
            let mut object: Map<_, _> = given.filter_map(|(key, it)| Some((key, it?))).collect();
            if is_strange {
                object.insert("no such field".to_owned(), json!(1));
            }
            Value::Object(object)
        })
        .boxed()
}

/// A single value: one that is allowed, one at a bound, or one that is not.
fn scalar(schema: &Value, known: &Known) -> BoxedStrategy<Value> {
    if let Some(choices) = schema["enum"].as_array() {
        return prop_oneof![8 => select(choices.clone()), 1 => odd_text()].boxed();
    }
    match schema["type"].as_str() {
        Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
        Some("null") => Just(Value::Null).boxed(),
        Some("integer") => {
            let bounds = [&schema["minimum"], &schema["maximum"]];
            let bounds = bounds.map(|it| it.as_i64().unwrap_or_default());
            let at = vec![bounds[0], bounds[0] - 1, bounds[1], bounds[1] + 1, 3, 7];
            prop_oneof![select(at).prop_map(Value::from), odd_text()].boxed()
        }
        _ => {
            let known = select(known.0.clone()).prop_map(Value::from);
            prop_oneof![6 => known, 2 => odd_text(), 1 => any::<String>().prop_map(Value::from)]
                .boxed()
        }
    }
}

/// Texts that have broken programs before.
fn odd_text() -> BoxedStrategy<Value> {
    let odd = [
        "",
        " ",
        "0",
        "-1",
        "null",
        "NaN",
        "1e999",
        "2026-02-30",
        "2026-01-01",
        "\"00\"",
        "10m",
        "../../etc/passwd",
        "a/../b",
        "%2e%2e",
        "C:\\x",
        "'; DROP TABLE runs; --",
        "<script>",
        "{}",
        "\u{0}",
        "a\r\nX: y",
        "\u{1b}[2J",
        "\u{202e}x",
        "\u{feff}",
        "🦀",
        "0.000001",
        "18446744073709551616",
        "RUN-99999999-999",
    ];
    let long = ["x".repeat(201), "9".repeat(400), "é".repeat(600)];
    let all: Vec<String> = odd.map(str::to_owned).into_iter().chain(long).collect();
    select(all).prop_map(Value::from).boxed()
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A line of a head, without what no head may hold: that would be no HTTP.
fn line(name: &str, text: &str) -> String {
    format!("{name}: {}", text.replace(char::is_control, ""))
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
