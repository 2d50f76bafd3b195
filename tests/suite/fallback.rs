//! What happens when a tool fails: who takes over, and when nobody may.
//!
//! Only an attempt that did nothing may be followed by another; redoing half a job does things
//! twice.

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::{Claude, recording};

/// `first`, then `second`, then `third`; all speak like Claude Code.
fn chain(house: &TestHouse) {
    Setup::new()
        .claude("first", &["m1"])
        .claude("second", &["m2"])
        .claude("third", &["m3"])
        .agent("dev", &["first:m1", "second:m2", "third:m3"])
        .write(house);
    house.tool("second", &Claude::says("from second").script());
    house.tool("third", &Claude::says("from third").script());
}

fn report(house: &TestHouse, status: i32, more: &[&str]) -> Value {
    let call = ["exec", "-a", "dev", "--json", "hi"];
    house
        .run(call.into_iter().chain(more.iter().copied()))
        .exit(status)
        .json()
}

/// Tool, outcome, and failure code of each attempt.
fn attempts(report: &Value) -> Vec<(String, String, Option<String>)> {
    let word = |value: &Value| value.as_str().map(str::to_owned);
    report["attempts"]
        .as_array()
        .unwrap_or_else(|| panic!("no attempts: {report:#}"))
        .iter()
        .map(|attempt| {
            (
                word(&attempt["tool"]).unwrap_or_default(),
                word(&attempt["outcome"]).unwrap_or_default(),
                word(&attempt["failure_code"]),
            )
        })
        .collect()
}

fn attempt(tool: &str, outcome: &str, code: Option<&str>) -> (String, String, Option<String>) {
    (tool.into(), outcome.into(), code.map(str::to_owned))
}

#[test]
fn a_tool_that_fails_before_it_did_anything_is_followed_by_the_next() {
    let house = TestHouse::new();
    chain(&house);
    house.tool("first", &["--exit", "1"]);
    let outcome = house
        .run(["exec", "-a", "dev", "hi"])
        .success()
        .says("warning: Primary tool first unavailable, trying fallback");
    assert_eq!(outcome.stdout, "from second\n");

    let report = report(&house, 0, &[]);
    assert_eq!(
        attempts(&report),
        [
            attempt("first", "failed", Some("crashed")),
            attempt("second", "done", None)
        ]
    );
    assert_eq!(
        (
            &report["tool"],
            &report["model"],
            &report["outcome"],
            &report["fallback_used"],
            &report["reason"]["code"],
            &report["output"]
        ),
        (
            &json!("second"),
            &json!("m2"),
            &json!("done"),
            &json!(true),
            &json!("fallback"),
            &json!("from second")
        )
    );
    assert_eq!(report["attempts"][0]["n"], 1);
    assert_eq!(report["attempts"][1]["n"], 2);
    let types = house.event_types();
    let fell: Vec<_> = types.iter().filter(|t| *t == "routing.fell_back").collect();
    assert_eq!(fell.len(), 2, "{types:?}");
}

#[test]
fn each_step_down_the_chain_is_said() {
    let house = TestHouse::new();
    chain(&house);
    house.tool("first", &["--exit", "1"]);
    house.tool("second", &["--exit", "1"]);
    let outcome = house
        .run(["exec", "-a", "dev", "hi"])
        .success()
        .says("warning: Primary tool first unavailable, trying fallback")
        .says("warning: Fallback tool second unavailable, trying next");
    assert_eq!(outcome.stdout, "from third\n");
}

#[test]
fn trouble_of_the_service_is_followed_by_the_next() {
    for (name, code) in [
        ("claude/429-noretry", "rate-limited"),
        ("claude/529-noretry", "overloaded"),
        ("claude/401-noretry", "auth"),
        ("claude/400-credit", "billing"),
    ] {
        let house = TestHouse::new();
        chain(&house);
        house.tool("first", &recording(name));
        let report = report(&house, 0, &[]);
        assert_eq!(
            attempts(&report),
            [
                attempt("first", "failed", Some(code)),
                attempt("second", "done", None)
            ],
            "{name}"
        );
    }
}

#[test]
fn when_all_fail_all_were_tried_and_the_report_names_each() {
    let house = TestHouse::new();
    chain(&house);
    house.tool("first", &["--exit", "1"]);
    house.tool("second", &recording("claude/401-noretry"));
    house.tool("third", &recording("claude/429-noretry"));
    let report = report(&house, 1, &[]);
    assert_eq!(
        attempts(&report),
        [
            attempt("first", "failed", Some("crashed")),
            attempt("second", "failed", Some("auth")),
            attempt("third", "failed", Some("rate-limited"))
        ]
    );
    assert_eq!(
        (&report["outcome"], &report["exit_code"]),
        (&json!("failed"), &json!(1))
    );
    let outcome = house
        .run(["exec", "-a", "dev", "hi"])
        .exit(1)
        .says("error:");
    assert_eq!(outcome.stdout, "");
}

#[test]
fn after_words_of_an_answer_nobody_takes_over() {
    let house = TestHouse::new();
    chain(&house);
    let mut script = Claude::says("half an ans").broken_off();
    script.extend(["--exit", "1"].map(str::to_owned));
    house.tool("first", &script);
    let report = report(&house, 1, &[]);
    assert_eq!(
        attempts(&report),
        [attempt("first", "failed", Some("crashed"))]
    );
    assert_eq!(report["fallback_used"], false);
}

#[test]
fn after_a_change_to_the_world_nobody_takes_over_and_after_a_look_somebody_may() {
    for (tool, input, n_attempts) in [
        ("Bash", json!({"command": "rm -rf build"}), 1),
        ("Write", json!({"file_path": "/x", "content": "y"}), 1),
        ("SomethingNew", json!({}), 1),
        ("Read", json!({"file_path": "/x"}), 2),
        ("Grep", json!({"pattern": "x"}), 2),
    ] {
        let house = TestHouse::new();
        chain(&house);
        let mut script = Claude::says("").acted(tool, &input);
        script.extend(["--exit", "1"].map(str::to_owned));
        house.tool("first", &script);
        let report = report(&house, i32::from(n_attempts == 1), &[]);
        assert_eq!(attempts(&report).len(), n_attempts, "{tool}: {report:#}");
    }
}

#[test]
fn a_refusal_is_an_answer_and_not_asked_again_elsewhere() {
    let house = TestHouse::new();
    chain(&house);
    house.tool("first", &recording("claude/refusal"));
    let report = report(&house, 1, &[]);
    assert_eq!(
        attempts(&report),
        [attempt("first", "failed", Some("refused"))]
    );
}

#[test]
fn a_pin_or_no_fallback_keeps_others_out() {
    let house = TestHouse::new();
    chain(&house);
    house.tool("first", &["--exit", "1"]);
    for more in [
        &["--tool", "first"][..],
        &["--model", "m1"],
        &["--no-fallback"],
    ] {
        let report = report(&house, 1, more);
        assert_eq!(
            attempts(&report),
            [attempt("first", "failed", Some("crashed"))],
            "{more:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_program_that_cannot_be_started_is_followed_by_the_next() {
    use std::os::unix::fs::PermissionsExt;
    let house = TestHouse::new();
    chain(&house);
    let path = house.write("bin/first", "#!/no/such/interpreter\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let report = report(&house, 0, &[]);
    assert_eq!(
        attempts(&report),
        [
            attempt("first", "failed", Some("spawn-failed")),
            attempt("second", "done", None)
        ]
    );
    let types = house.event_types();
    let at = |name: &str| types.iter().position(|found| found == name);
    assert!(
        at("attempt.intent") < at("attempt.spawn_failed"),
        "{types:?}"
    );
    assert!(
        at("attempt.spawn_failed") < at("routing.fell_back"),
        "{types:?}"
    );
}

#[test]
fn tokens_of_an_attempt_that_failed_still_count() {
    let house = TestHouse::new();
    chain(&house);
    // Two replies of the model were billed before it gave up.
    house.tool("first", &recording("claude/429-noretry"));
    house.tool(
        "second",
        &Claude::says("ok").billed([10, 5, 0, 0], 0.25).script(),
    );
    let report = report(&house, 0, &[]);
    assert_eq!(
        (
            &report["usage"]["input_tokens"],
            &report["usage"]["exactness"],
            &report["cost"]["usd_micros"],
            &report["cost"]["basis"]
        ),
        (
            &json!(10),
            &json!("exact"),
            &json!(250_000),
            &json!("reported")
        )
    );
    // What failed is left out for a while, so this is another house.
    let house = TestHouse::new();
    chain(&house);
    house.tool("first", &["--exit", "1"]);
    house.tool(
        "second",
        &Claude::says("ok").billed([10, 5, 0, 0], 0.25).script(),
    );
    let report = self::report(&house, 0, &[]);
    assert_eq!(
        (
            &report["usage"]["input_tokens"],
            &report["usage"]["exactness"]
        ),
        (&json!(10), &json!("at_least")),
        "what the silent one used is not known"
    );
}
