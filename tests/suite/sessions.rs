//! Tokens of a session that is resumed: what this run used, or unknown, never the session's total.

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::{Claude, CodexTotals, codex};

const ONE: &str = "01a2020d-2a91-7c70-a125-5b5d2a81252f";
const TWO: &str = "01a2020e-7562-7802-9267-4bad5dc2e2df";

fn house() -> TestHouse {
    let house = TestHouse::new();
    Setup::new()
        .codex("codex", &["gpt"])
        .cache_prices("gpt", 1.0, 12.5)
        .agent("dev", &["codex:gpt"])
        .write(&house);
    house
}

/// A turn of a session whose totals are then those of so many turns.
fn turn(house: &TestHouse, session: &str, turns: u64, resumes: bool) -> Value {
    house.tool("codex", &codex(session, "ok", &CodexTotals::after(turns)));
    let resume = format!("--resume={session}");
    let call = ["exec", "-a", "dev", "--json", "hi"].map(str::to_owned);
    let args = call.into_iter().chain(resumes.then_some(resume));
    house.run(args).success().json()
}

fn told(report: &Value) -> Value {
    let usage = &report["usage"];
    json!([
        usage["input_tokens"],
        usage["cache_read_tokens"],
        usage["output_tokens"],
        usage["reasoning_tokens"],
        usage["exactness"],
        report["cost"]["usd_micros"]
    ])
}

/// One turn of the recorded kind, and what it costs.
fn one_turn() -> Value {
    json!([1_234, 8_900, 42, 17, "exact", 12_340 + 8_900 + 1_260])
}

#[test]
fn each_turn_is_told_by_itself() {
    let house = house();
    for turns in 1..=3 {
        let report = turn(&house, ONE, turns, turns > 1);
        assert_eq!(told(&report), one_turn(), "turn {turns}");
        assert_eq!(report["session_id"], ONE);
    }
    let total: u64 = house
        .events()
        .iter()
        .filter(|event| event["type"] == "attempt.exited")
        .filter_map(|event| event["data"]["usage"]["input_tokens"].as_u64())
        .sum();
    assert_eq!(total, 3 * 1_234);
}

#[test]
fn sessions_do_not_mix() {
    let house = house();
    assert_eq!(told(&turn(&house, ONE, 1, false)), one_turn());
    assert_eq!(told(&turn(&house, TWO, 1, false)), one_turn());
    assert_eq!(told(&turn(&house, ONE, 2, true)), one_turn());
    assert_eq!(told(&turn(&house, TWO, 2, true)), one_turn());
}

#[test]
fn a_session_that_began_elsewhere_is_unknown_once_and_known_from_then_on() {
    let house = house();
    let report = turn(&house, ONE, 5, true);
    assert_eq!(
        told(&report),
        json!([null, null, null, null, "unknown", null])
    );
    assert_eq!(told(&turn(&house, ONE, 6, true)), one_turn());
}

#[test]
fn a_turn_in_between_that_nobody_saw_does_not_make_a_wrong_number_exact() {
    let house = house();
    assert_eq!(
        told(&turn(&house, ONE, 3, false)),
        json!([3_702, 26_700, 126, 51, "exact", 67_500])
    );
    // The totals went backwards: these are not the same session's.
    let report = turn(&house, ONE, 1, true);
    assert_eq!(report["usage"]["exactness"], "unknown", "{report:#}");
    assert_eq!(report["usage"]["input_tokens"], Value::Null);
}

#[test]
fn a_run_that_was_stopped_leaves_the_session_unknown() {
    let house = house();
    assert_eq!(told(&turn(&house, ONE, 1, false)), one_turn());
    // It used what nobody told, then broke off.
    let begun = json!({"type": "thread.started", "thread_id": ONE}).to_string();
    house.tool("codex", &["--emit-line", &begun, "--exit", "1"]);
    let resume = format!("--resume={ONE}");
    house
        .run(["exec", "-a", "dev", "--json", &resume, "hi"])
        .exit(1);
    let report = turn(&house, ONE, 3, true);
    assert_eq!(report["usage"]["exactness"], "unknown", "{report:#}");
    assert_eq!(told(&turn(&house, ONE, 4, true)), one_turn());
}

#[test]
fn a_session_is_never_handed_to_another_tool() {
    let house = TestHouse::new();
    Setup::new()
        .codex("codex", &["gpt"])
        .claude("claude", &["opus"])
        .agent("dev", &["codex:gpt", "claude:opus"])
        .write(&house);
    let args = house.path("work/args").to_string_lossy().into_owned();
    house.tool("codex", &["--read-stdin", "--exit", "1"]);
    let mut script = vec!["--echo-args-to".to_owned(), args];
    script.extend(Claude::says("ok").script());
    house.tool("claude", &script);
    let resume = format!("--resume={ONE}");
    let _ = house.run(["exec", "-a", "dev", &resume, "go on"]);
    // Whether nobody takes over or somebody begins anew, this one cannot go on.
    if house.path("work/args").exists() {
        let given = house.read("work/args");
        assert!(
            !given.contains(ONE),
            "claude was given codex's session: {given}"
        );
    }
}
