//! Budgets hold: before a request, while it runs, for what takes over, and for an agent's agents.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

/// Two models on one tool: one whose runs are told to cost what a test wants, and one at $20 per
/// million tokens of input and nothing for output, so that 25,000 tokens are $0.50.
fn two_models() -> Setup {
    Setup::new()
        .model("big", 10.0, 30.0, 1_000_000)
        .model("flat", 20.0, 0.0, 1_000_000)
        .claude("claude", &["big", "flat"])
        .agent("spender", &["claude:big"])
        .agent("dev", &["claude:flat"])
}

/// Spend this much today.
fn spend(house: &TestHouse, usd: f64) {
    house.tool(
        "claude",
        &Claude::says("ok").billed([1_000, 100, 0, 0], usd).script(),
    );
    house
        .run(["exec", "-a", "spender", "--yes", "spend"])
        .success();
    house.tool("claude", &Claude::says("ok").script());
}

/// A prompt of 25,000 tokens.
fn half_a_dollar() -> String {
    "word".repeat(25_000)
}

fn data(house: &TestHouse, kind: &str) -> Vec<Value> {
    let events = house.events().into_iter();
    let of_kind = events.filter(|event| event["type"] == kind);
    of_kind.map(|event| event["data"].clone()).collect()
}

#[test]
fn a_hard_limit_refuses_with_the_sum_and_three_ways_around_it() {
    let house = TestHouse::new();
    two_models().daily(10.0, "hard").write(&house);
    spend(&house, 9.80);
    house
        .call(["exec", "-a", "dev"])
        .stdin(half_a_dollar())
        .run()
        .exit(1)
        .says("❌ Budget Exceeded: Request would exceed daily budget ($10.30 / $10.00)")
        .says("hint: raise the limit: policies.default.daily_budget_usd in policies.yaml")
        .says("--force --justification")
        .says("hint: or wait: it resets at midnight UTC");
    let denied = data(&house, "budget.denied");
    assert_eq!(denied.len(), 1, "{denied:?}");
    assert_eq!(
        (&denied[0]["cap"], &denied[0]["taken"], &denied[0]["wanted"]),
        (&json!(10_000_000), &json!(9_800_000), &json!(500_000))
    );
    assert_eq!(
        data(&house, "attempt.started").len(),
        1,
        "the refused one never ran"
    );
}

#[test]
fn going_beyond_a_hard_limit_takes_force_and_a_reason_and_is_on_record() {
    let house = TestHouse::new();
    two_models().daily(10.0, "hard").write(&house);
    spend(&house, 9.80);
    house
        .call(["exec", "-a", "dev", "--force"])
        .stdin(half_a_dollar())
        .run()
        .exit(2)
        .says("--justification");
    house
        .call([
            "exec",
            "-a",
            "dev",
            "--force",
            "--justification",
            "release day",
        ])
        .stdin(half_a_dollar())
        .run()
        .success();
    let overridden = data(&house, "budget.overridden");
    assert_eq!(overridden.len(), 1);
    assert_eq!(overridden[0]["justification"], "release day");
}

#[test]
fn a_soft_limit_without_a_terminal_answers_as_configured() {
    let house = TestHouse::new();
    two_models().daily(10.0, "soft").write(&house);
    spend(&house, 8.10);
    house
        .call(["exec", "-a", "dev"])
        .stdin(half_a_dollar())
        .run()
        .success();
    let judged = data(&house, "policy.judged");
    let asked: Vec<&Value> = judged.iter().filter(|it| it["ruling"] == "ask").collect();
    assert_eq!(asked[0]["answer"], "unattended_proceed", "{asked:?}");
    let warned = data(&house, "budget.warned");
    assert_eq!(warned[0]["percent"], 81);

    two_models()
        .daily(10.0, "soft")
        .policies(
            "chain",
            json!([{"policy": "budget", "when_unattended": "refuse"}]),
        )
        .write(&house);
    house
        .call(["exec", "-a", "dev"])
        .stdin(half_a_dollar())
        .run()
        .exit(1)
        .says("not confirmed: Budget Warning: Daily spending at");
    house
        .call(["exec", "-a", "dev", "--yes"])
        .stdin(half_a_dollar())
        .run()
        .success();
}

#[test]
fn a_tool_that_spends_past_its_cap_is_stopped_and_goes_beyond_it_by_one_reply_at_most() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    // 1,000 tokens in and 5,000 out: $0.16 for each reply.
    house.tool("claude", &Claude::says("more").spending(50, 5_000));
    let report = house
        .run(["exec", "-a", "dev", "--max-cost", "0.50", "--json", "go"])
        .exit(1)
        .json();
    let details = &report["error"]["details"];
    let attempt = if details.is_null() { &report } else { details };
    assert_eq!(attempt["outcome"], "over_budget", "{report}");
    let settled = data(&house, "budget.settled");
    let cap = data(&house, "budget.reserved")[0]["cap_uusd"].clone();
    assert_eq!(cap, json!(500_000));
    assert_eq!(settled.len(), 1);
    // One reply is $0.16; a second may be told while the first stop is on its way.
    let spent = settled[0]["uusd"].as_u64().expect("an amount");
    assert!(spent <= 500_000 + 2 * 160_000, "{settled:?}");
}

#[test]
fn a_hard_limit_stops_a_running_tool_that_started_within_it() {
    let house = TestHouse::new();
    Setup::claude_dev().daily(1.0, "hard").write(&house);
    house.tool("claude", &Claude::says("more").spending(1, 5_000));
    // The tool tells of more only once the first was taken in.
    let report = house.run(["exec", "-a", "dev", "--timeout", "2s", "--json", "go"]);
    assert_eq!(
        report.status,
        Some(124),
        "one reply fits: {}",
        report.stderr
    );
    house.tool("claude", &Claude::says("more").spending(50, 5_000));
    let report = house
        .run(["exec", "-a", "dev", "--json", "go"])
        .exit(1)
        .json();
    let details = &report["error"]["details"];
    let attempt = if details.is_null() { &report } else { details };
    assert_eq!(attempt["outcome"], "over_budget", "{report}");
    let reserved = data(&house, "budget.reserved");
    let most = reserved.iter().filter_map(|it| it["uusd"].as_u64()).max();
    assert!(most <= Some(1_000_000), "{reserved:?}");
}

#[test]
fn a_tool_that_tells_nothing_is_refused_under_a_hard_limit_unless_a_sum_is_set_aside() {
    let house = TestHouse::new();
    let setup = Setup::new()
        .template("plain", &["m"], &[])
        .agent("dev", &["plain:m"])
        .daily(10.0, "hard");
    setup.write(&house);
    house.tool("plain", &["--read-stdin", "--emit-line", "done"]);
    house
        .run(["exec", "-a", "dev", "hi"])
        .exit(1)
        .says("on_unpriced");
    setup
        .policies("on_unpriced", json!({"reserve_usd": 6.0}))
        .write(&house);
    house.run(["exec", "-a", "dev", "hi"]).success();
    // What nobody told counts as what was set aside.
    house
        .run(["exec", "-a", "dev", "hi"])
        .exit(1)
        .says("($12.00 / $10.00)");
}

#[test]
fn what_takes_over_is_asked_about_its_money_too() {
    let house = TestHouse::new();
    Setup::new()
        .model("cheap", 1.0, 1.0, 200_000)
        .model("dear", 1_000.0, 1_000.0, 200_000)
        .claude("first", &["cheap"])
        .claude("second", &["dear"])
        .agent("dev", &["first:cheap", "second:dear"])
        .policies("fallback", json!({"retries": 0}))
        .daily(0.50, "hard")
        .write(&house);
    house.tool("first", &["--read-stdin", "--exit", "1"]);
    house.tool("second", &Claude::says("dear").script());
    house
        .run(["exec", "-a", "dev", "hi"])
        .exit(1)
        .says("second:dear cannot take over");
    let denied = data(&house, "budget.denied");
    assert_eq!(denied[0]["what"], "fallback");
    assert_eq!(data(&house, "attempt.started").len(), 1);
}

#[test]
fn a_retry_that_a_limit_refuses_is_on_record_and_changes_nothing_else() {
    let house = TestHouse::new();
    two_models().daily(1.0, "hard").write(&house);
    house.tool("claude", &["--read-stdin", "--exit", "1"]);
    let submitted = house
        .call(["run", "submit", "-a", "dev", "--json"])
        .stdin(half_a_dollar())
        .run()
        .success()
        .json();
    let run = submitted["run_id"].as_str().expect("a run").to_owned();
    house.run(["run", "wait", &run]).exit(1);
    spend(&house, 0.40);
    let kinds = |house: &TestHouse, kind: &str| data(house, kind).len();
    let before = ["run.finished", "routing.decided", "attempt.queued"];
    let counts = before.map(|kind| kinds(&house, kind));
    house
        .run(["run", "retry", &run])
        .exit(1)
        .says("Budget Exceeded: Request would exceed daily budget ($1.40 / $1.00)")
        .says(&format!("tollgate policy explain {run}"));
    let denied = data(&house, "budget.denied");
    assert_eq!(denied.len(), 1, "{denied:?}");
    assert_eq!(
        (
            &denied[0]["what"],
            &denied[0]["taken"],
            &denied[0]["wanted"]
        ),
        (&json!("retry"), &json!(900_000), &json!(500_000))
    );
    let judged = data(&house, "policy.judged");
    assert_eq!(judged.last().map(|it| &it["ruling"]), Some(&json!("deny")));
    assert_eq!(before.map(|kind| kinds(&house, kind)), counts);
    let launches = house.state_files().into_iter();
    let mut launches = launches.filter(|(path, _)| path.ends_with("launch.json"));
    assert!(launches.next().is_none(), "nothing with keys in it stays");
    let shown = house.run(["run", "show", &run, "--json"]).success().json();
    assert_eq!(shown["status"], "failed", "{shown:#}");
    let page = house.run(["why", &run]).success().stdout;
    assert!(page.contains("tried again, and refused: "), "{page}");
    assert!(page.contains("was in the way of trying it again"), "{page}");
}

#[test]
fn every_reservation_ends_with_its_attempt() {
    let house = TestHouse::new();
    two_models().daily(10.0, "hard").write(&house);
    spend(&house, 0.10);
    house.tool("claude", &["--read-stdin", "--exit", "1"]);
    house.run(["exec", "-a", "dev", "hi"]).exit(1);
    // One that grows is told again.
    let events = house.events();
    let reserved = events.iter().filter(|it| it["type"] == "budget.reserved");
    let reserved: BTreeSet<String> = reserved
        .map(|it| format!("{} {} {}", it["run_id"], it["inv"], it["att"]))
        .collect();
    let reserved = reserved.len();
    let settled = data(&house, "budget.settled").len();
    let released = data(&house, "budget.released").len();
    assert_eq!(reserved, settled + released);
}
