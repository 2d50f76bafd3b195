//! The collector: off by default, checked when it is read, secrets filled in when they are used.

use std::time::Duration;

use super::*;
use crate::model::{Otlp, OtlpNames};

fn with(text: &str) -> House {
    House::with(&[("telemetry.yaml", text)])
}

fn otlp(text: &str) -> Otlp {
    let loaded = with(text).load().unwrap();
    loaded.settings.telemetry.otlp.unwrap()
}

#[test]
fn nothing_is_sent_unless_somebody_says_where() {
    let shipped = include_str!("../../../../config/telemetry.yaml");
    let off = "enabled: false\notlp: { endpoint: http://localhost }\n";
    for text in ["", "enabled: true\n", "otlp:\n", shipped, off] {
        let loaded = with(text).load().unwrap();
        assert_eq!(loaded.settings.telemetry.otlp, None, "{text}");
    }
}

/// What stands commented out in the shipped file is what it says: valid, and the defaults.
#[test]
fn the_example_in_the_shipped_file_is_good() {
    let shipped = include_str!("../../../../config/telemetry.yaml");
    let (_, example) = shipped.split_once("# otlp:\n").unwrap();
    let lines: Vec<&str> = example.lines().map(|line| &line[1..]).collect();
    let house = with(&format!("otlp:\n{}\n", lines.join("\n")));
    assert_eq!(house.complaints(), "");
    let mut written = house.load().unwrap().settings.telemetry.otlp.unwrap();
    assert_eq!(written.headers.len(), 1);
    written.headers.clear();
    assert_eq!(written, otlp("otlp: { endpoint: http://localhost:4318 }\n"));
}

#[test]
fn every_part_can_be_said() {
    let otlp = otlp(
        "otlp:\n  endpoint: https://otel.example.com/api/\n  headers: { x-key: '${KEY}' }\n  \
         signals: [metrics]\n  names: genai-1.36\n  batch: 10\n  timeout: 1500ms\n  note: x\n",
    );
    assert_eq!(otlp.endpoint.as_str(), "https://otel.example.com/api");
    assert_eq!((otlp.traces, otlp.metrics), (false, true));
    assert_eq!(otlp.names, OtlpNames::GenAi136);
    assert_eq!(
        (otlp.batch, otlp.timeout),
        (10, Duration::from_millis(1500))
    );
}

#[test]
fn mistakes_are_told_with_their_place() {
    insta::assert_snapshot!(with("\
otlp:
  endpoint: http://me:hunter2@localhost
  headers: { 'a b': x, ok: '${KEY', other: '${a-b}' }
  signals: [logs]
  names: genai
  batch: 0
  timout: 3
").complaints(), @r#"
    config/telemetry.yaml:2:13: error: Not the address of a collector: it holds a user or a password (otlp.endpoint)
      fix: put them into 'headers', from a variable
    config/telemetry.yaml:3:14: error: 'a b' is not the name of a header (otlp.headers.a b)
      fix: use letters, digits and dashes
    config/telemetry.yaml:3:28: error: '${' is not closed (otlp.headers.ok)
      fix: add the closing brace; $${ stands for a literal ${
    config/telemetry.yaml:3:44: error: '${a-b}' does not name an environment variable (otlp.headers.other)
      fix: write ${VAR} or ${VAR:default}; $${ stands for a literal ${
    config/telemetry.yaml:4:13: error: 'logs' is not allowed here (otlp.signals[0])
      allowed: traces, metrics
      fix: use one of the allowed words
    config/telemetry.yaml:5:10: error: 'genai' is not allowed here (otlp.names)
      allowed: genai-2026-05, genai-1.36
      fix: did you mean 'genai-1.36'?
    config/telemetry.yaml:6:10: error: 0 is out of range (otlp.batch)
      fix: write a whole number from 1 to 2048
    config/telemetry.yaml:7:3: error: Unknown field 'timout' (otlp.timout)
      allowed: endpoint, headers, signals, names, batch, timeout, note
      fix: did you mean 'timeout'?
    "#);
    insta::assert_snapshot!(with("otlp: {}\n").complaints(), @r#"
    config/telemetry.yaml:1:7: error: Missing required field 'endpoint' (otlp.endpoint)
      fix: add 'endpoint:'. Its address, such as `http://localhost:4318`; `/v1/traces` and `/v1/metrics` are added.
    "#);
    insta::assert_snapshot!(with("enabled: false\notlp: { endpoint: http://localhost }\n").complaints(), @r#"
    config/telemetry.yaml:2:7: warning: 'otlp' has no effect beside 'enabled: false': nothing is sent (otlp)
      fix: remove one of the two
    "#);
    insta::assert_snapshot!(with("otlp: { endpoint: 'http://otel.example.com:4318' }\n").complaints(), @r#"
    config/telemetry.yaml:1:19: warning: What is sent, headers with secrets among it, can be read on its way (otlp.endpoint)
      fix: use an address that begins with https://
    "#);
}

#[test]
fn a_missing_key_stops_nothing_but_sending() {
    let house = with(
        "otlp:\n  endpoint: http://localhost\n  headers: { authorization: 'Bearer ${KEY}', x: '${NO:d}' }\n",
    );
    let otlp = house.load().unwrap().settings.telemetry.otlp.unwrap();
    let filled = |vars| otlp_headers(&otlp, &environment(house.home.path(), vars));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        filled(&[("KEY", "hunter2")]).unwrap(),
        [pair("authorization", "Bearer hunter2"), pair("x", "d")]
    );
    let error = filled(&[]).unwrap_err().to_string();
    assert!(
        error.contains("'authorization'") && error.contains("'KEY' is not set"),
        "{error}"
    );
}

#[test]
fn headers_are_not_shown_but_their_variables_are() {
    let house = with(
        "otlp: { endpoint: 'http://localhost:1', headers: { x: hunter2, y: '${KEY}', z: '${KEY:hunter2}' } }\n",
    );
    let shown = show(&house.load().unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(
        shown.contains("${KEY}") && shown.contains("timeout: 10\n"),
        "{shown}"
    );
}

#[test]
fn whoever_trusts_a_configuration_sees_where_it_sends() {
    let loaded = with("otlp: { endpoint: 'https://evil.example' }\n")
        .load()
        .unwrap();
    assert!(
        programs(&loaded)
            .iter()
            .any(|what| what.contains("https://evil.example"))
    );
    let without = with("").load().unwrap().settings.digest();
    assert_ne!(loaded.settings.digest(), without);
}
