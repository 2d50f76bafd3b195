//! The chain at work: a policy of somebody else's in place of a built-in one, swapped, broken, and
//! asked; and what follows a failure.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::{Claude, recording};

use crate::policy_forge;

fn freeze() -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples/policy-js/freeze.wasm");
    fs::read(path).expect("the prebuilt policy")
}

fn data(house: &TestHouse, kind: &str) -> Vec<Value> {
    let events = house.events().into_iter();
    let of_kind = events.filter(|event| event["type"] == kind);
    of_kind.map(|event| event["data"].clone()).collect()
}

/// `mine.wasm` in the place of the policy `budget`.
fn house_with(component: &[u8], required: bool) -> TestHouse {
    let house = TestHouse::new();
    house.write("config/mine.wasm", component);
    Setup::claude_dev()
        .agent("tester", &["claude:claude-opus-5-5"])
        .policies(
            "chain",
            json!([{"policy": "./mine.wasm", "name": "budget", "required": required,
                "config": {"agents": ["tester"], "reason": "the audit is on"}}]),
        )
        .write(&house);
    house.tool("claude", &Claude::says("ok").script());
    house
}

#[test]
fn a_policy_in_javascript_replaces_a_built_in_one_without_a_rebuild() {
    let house = house_with(&freeze(), true);
    house.run(["exec", "-a", "dev", "hi"]).success();
    house
        .run(["exec", "-a", "tester", "hi"])
        .exit(1)
        .says("the agent tester may not be asked: the audit is on");
    let judged = data(&house, "policy.judged");
    let denied: Vec<&Value> = judged.iter().filter(|it| it["ruling"] == "deny").collect();
    assert_eq!(denied[0]["by"], "budget");
}

#[test]
fn a_component_that_breaks_leaves_the_one_before_in_its_place() {
    let house = house_with(&freeze(), true);
    house.run(["exec", "-a", "dev", "hi"]).success();
    house.write("config/mine.wasm", b"no component at all");
    house
        .run(["exec", "-a", "tester", "hi"])
        .exit(1)
        .says("the audit is on");
    let rejected = data(&house, "policy.rejected");
    assert_eq!(rejected.len(), 1, "{rejected:?}");
    assert_eq!(
        rejected[0]["kept"],
        data(&house, "policy.loaded")[0]["sha256"]
    );
}

#[test]
fn a_component_that_never_worked_denies_when_it_is_required_and_is_left_out_when_not() {
    let house = house_with(b"no component at all", true);
    house
        .run(["exec", "-a", "dev", "hi"])
        .exit(1)
        .says("policy 'budget'");
    let house = house_with(b"no component at all", false);
    house
        .run(["exec", "-a", "dev", "hi"])
        .success()
        .says("policy 'budget' was left out");
}

#[test]
fn a_dangerous_flag_in_the_configuration_never_reaches_the_tool() {
    let house = TestHouse::new();
    Setup::new()
        .template("plain", &["m"], &["--dangerously-skip-permissions"])
        .agent("dev", &["plain:m"])
        .write(&house);
    house.tool("plain", &["--read-stdin", "--emit-line", "done"]);
    house
        .run(["exec", "-a", "dev", "hi"])
        .exit(1)
        .says("--dangerously-skip-permissions");
    assert!(data(&house, "attempt.started").is_empty());
}

#[test]
fn a_tool_with_its_share_of_requests_leaves_the_next_to_another() {
    let house = TestHouse::new();
    Setup::new()
        .claude("first", &["m1"])
        .claude("second", &["m2"])
        .agent("dev", &["first:m1", "second:m2"])
        .policies(
            "rate_limiting",
            json!({"max_requests_per_minute": {"first": 2}}),
        )
        .write(&house);
    house.tool("first", &Claude::says("first").script());
    house.tool("second", &Claude::says("second").script());
    let answers: Vec<String> = (0..3)
        .map(|_| house.run(["exec", "-a", "dev", "hi"]).success().stdout)
        .collect();
    assert_eq!(answers, ["first\n", "first\n", "second\n"]);
}

#[test]
fn what_passes_by_itself_is_tried_again_on_the_same_target() {
    let house = TestHouse::new();
    Setup::claude_dev()
        .policies("fallback", json!({"retries": 1, "first_wait": "10ms"}))
        .write(&house);
    let busy = recording("claude/529-noretry");
    let busy: Vec<&str> = busy.iter().map(String::as_str).collect();
    let fine = Claude::says("ok").script();
    let fine: Vec<&str> = fine.iter().map(String::as_str).collect();
    house.tool_scripts("claude", &[&busy, &fine]);
    house.run(["exec", "-a", "dev", "hi"]).success();
    let retried = data(&house, "attempt.retried");
    assert_eq!(retried[0]["code"], "overloaded", "{retried:?}");
    assert_eq!(data(&house, "budget.settled").len(), 2);
}

#[test]
fn whoever_goes_on_after_changes_is_told_what_changed() {
    let house = TestHouse::new();
    let setup = Setup::new()
        .claude("first", &["m1"])
        .claude("second", &["m2"])
        .agent("dev", &["first:m1", "second:m2"]);
    let mut acting = Claude::says("").acted("Bash", &json!({"command": "make"}));
    let changed = house.path("work/half.txt").display().to_string();
    for word in ["--write-file", &changed, "half", "--exit", "1"] {
        acting.push(word.to_owned());
    }
    house.tool("first", &acting);
    let heard = house.path("tmp/heard").display().to_string();
    let mut second = vec!["--echo-stdin-to".to_owned(), heard];
    second.extend(Claude::says("done").script());
    house.tool("second", &second);

    setup
        .clone()
        .policies("fallback", json!({"retries": 0, "after_changes": "stop"}))
        .write(&house);
    house.run(["exec", "-a", "dev", "hi"]).exit(1);
    assert!(!house.path("tmp/heard").exists());

    fs::remove_file(house.path("work/half.txt")).expect("the half-done file");
    setup
        .policies(
            "fallback",
            json!({"retries": 0, "after_changes": "continue"}),
        )
        .write(&house);
    house.run(["exec", "-a", "dev", "hi"]).success();
    let heard = house.read("tmp/heard");
    assert!(heard.contains("<handoff>"), "{heard}");
    assert!(heard.contains("half.txt"), "{heard}");
    assert!(heard.contains("hi"), "{heard}");
}

#[test]
fn who_looks_back_is_asked_once_at_the_end_and_stops_nothing() {
    let house = TestHouse::new();
    let words = (b"too_dear".to_vec(), b"that was \x1b[31mdear".to_vec());
    let denying = policy_forge::denying(&[words]).phases(&["run-end"]);
    house.write("config/mine.wasm", denying.build());
    Setup::new()
        .claude("first", &["m1"])
        .claude("second", &["m2"])
        .agent("dev", &["first:m1", "second:m2"])
        .policies(
            "chain",
            json!([{"policy": "./mine.wasm", "name": "own", "required": true}]),
        )
        .write(&house);
    house.tool("first", &recording("claude/401-noretry"));
    house.tool("second", &Claude::says("ok").script());
    let outcome = house.run(["exec", "-a", "dev", "hi"]).success();
    assert_eq!(outcome.stdout, "ok\n");
    let _ = outcome.says("policy 'own': that was ");
    let events = house.events();
    let kinds = |kind: &str| {
        let of_kind = events.iter().filter(|event| event["type"] == kind);
        of_kind.collect::<Vec<_>>()
    };
    let back: Vec<_> = kinds("policy.judged")
        .into_iter()
        .filter(|event| event["data"]["phase"] == "run-end")
        .collect();
    assert_eq!(back.len(), 1, "not after the attempt that was followed");
    assert_eq!(back[0]["data"]["ruling"], "deny");
    let told: Value = serde_json::from_str(
        back[0]["data"]["request"]["event"]
            .as_str()
            .expect("what happened"),
    )
    .expect("JSON");
    assert_eq!(told["kind"], "end", "{told}");
    assert_eq!(
        (&told["outcome"], &told["attempts"]),
        (&json!("done"), &json!(2))
    );
    assert!(told["tokens"].as_u64().is_some_and(|it| it > 0), "{told}");
    let finished = kinds("run.finished");
    assert_eq!(finished[0]["data"]["outcome"], "done");
    let run = finished[0]["run_id"].as_str().expect("a run");
    let page = house.run(["why", run]).success().stdout;
    assert!(page.contains("run-end: 1 asked: deny by own"), "{page}");

    // One that fails has the same end.
    house.tool("second", &["--read-stdin", "--exit", "1"]);
    house.run(["exec", "-a", "dev", "hi"]).exit(1);
    let judged = data(&house, "policy.judged");
    let back = judged.iter().filter(|it| it["phase"] == "run-end");
    assert_eq!(back.count(), 2);
}

#[test]
fn policies_that_say_more_than_fits_on_record_are_cut_and_deny_all_the_same() {
    let house = TestHouse::new();
    // Quotes take two bytes each on record.
    let message = "\"".repeat(4 << 10).into_bytes();
    let reasons = vec![(b"no".to_vec(), message); 16];
    house.write("config/mine.wasm", policy_forge::denying(&reasons).build());
    let chain: Vec<Value> = (0..12)
        .map(|n| json!({"policy": "./mine.wasm", "name": format!("own-{n}")}))
        .collect();
    Setup::claude_dev()
        .policies("chain", Value::Array(chain))
        .write(&house);
    house.tool("claude", &Claude::says("ok").script());
    house.run(["exec", "-a", "dev", "hi"]).exit(1).says("own-0");
    let judged = data(&house, "policy.judged");
    assert_eq!(judged.len(), 1);
    assert_eq!(
        (&judged[0]["ruling"], &judged[0]["cut"]),
        (&json!("deny"), &json!(true))
    );
    assert_eq!(judged[0]["opinions"].as_array().map(Vec::len), Some(12));
    assert!(judged[0]["request"].is_object(), "it can be judged again");
    let run = house.run(["run", "list", "--json"]).success().json();
    let run = run["runs"][0]["run_id"].as_str().expect("a run").to_owned();
    let page = house.run(["policy", "explain", &run]).success().stdout;
    assert!(
        page.contains("they said more than fits on record"),
        "{page}"
    );
    house.run(["journal", "verify"]).success();
}
