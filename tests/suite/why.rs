//! Why a request went where it went: one page that answers, and what it rests on.

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::{Claude, recording};

use crate::policy_forge;

/// One model at $20 per million tokens of input and nothing for output: 25,000 tokens are $0.50.
fn flat() -> Setup {
    Setup::new()
        .model("flat", 20.0, 0.0, 1_000_000)
        .claude("claude", &["flat"])
        .agent("dev", &["claude:flat"])
}

fn half_a_dollar() -> String {
    "word".repeat(25_000)
}

/// Spend this much on one request.
fn spend(house: &TestHouse, usd: f64) {
    let said = Claude::says("ok").billed([1_000, 100, 0, 0], usd);
    house.tool("claude", &said.served_by("flat").script());
    house.run(["exec", "-a", "dev", "--yes", "spend"]).success();
}

/// The newest run on record.
fn last_run(house: &TestHouse) -> String {
    let list = house.run(["run", "list", "-n", "1", "--json"]).success();
    let run = list.json()["runs"][0]["run_id"].clone();
    run.as_str().expect("a run").to_owned()
}

fn why(house: &TestHouse) -> String {
    house.run(["why", &last_run(house)]).success().stdout
}

fn why_document(house: &TestHouse) -> Value {
    let document = house.run(["why", &last_run(house), "--json"]).success();
    document.json()["requests"][0].clone()
}

/// The line that begins with this word.
fn line<'p>(page: &'p str, word: &str) -> &'p str {
    let found = page
        .lines()
        .find(|line| line.trim_start().starts_with(word));
    found.unwrap_or_else(|| panic!("no line {word}:\n{page}"))
}

#[test]
fn a_refusal_names_the_limit_the_figures_and_where_it_would_have_gone() {
    let house = TestHouse::new();
    flat().daily(10.0, "hard").write(&house);
    spend(&house, 9.80);
    let refused = house
        .call(["exec", "-a", "dev"])
        .stdin(half_a_dollar())
        .run()
        .exit(1);
    let run = last_run(&house);
    let _ = refused.says(&format!("tollgate policy explain {run}"));
    let page = why(&house);
    let first = page.lines().next().unwrap_or_default();
    assert!(first.starts_with(&format!("{run}.i1 · failed")), "{page}");
    assert!(
        line(&page, "Asked").contains("dev, about 25,000 tokens"),
        "{page}"
    );
    let went = line(&page, "Went to");
    assert!(went.contains("nowhere: it was not taken on"), "{page}");
    assert!(went.contains("claude:flat"), "{page}");
    let limits = line(&page, "Limits");
    for figure in [
        "was in the way of the request",
        "$9.80 of $10.00 taken",
        // What the agent's last request cost is what the next one is expected to.
        "$9.80 more wanted",
    ] {
        assert!(limits.contains(figure), "{figure}:\n{page}");
    }
    assert!(line(&page, "Policies").contains("deny by budget"), "{page}");
    assert!(page.contains("none: nothing was started"), "{page}");
    // What the answer rests on: the window as the policies saw it.
    let told = page.lines().find(|line| line.contains("98 %"));
    let told = told.unwrap_or_else(|| panic!("no window:\n{page}"));
    for figure in ["all", "day", "hard", "$9.80", "$0.00", "$10.00"] {
        assert!(told.contains(figure), "{figure}: {told}");
    }
    let document = why_document(&house);
    assert_eq!(
        document["limit_events"][0]["kind"], "denied",
        "{document:#}"
    );
    assert_eq!(
        document["limits_told"][0]["settled"],
        json!(9_800_000),
        "{document:#}"
    );
    assert_eq!(document["attempts"], json!([]));
}

#[test]
fn a_question_has_its_answer_and_an_override_its_reason() {
    let house = TestHouse::new();
    flat().daily(10.0, "soft").write(&house);
    spend(&house, 8.10);
    let ask = |more: &[&str]| {
        let args = ["exec", "-a", "dev"].iter().chain(more).copied();
        house.call(args).stdin(half_a_dollar()).run().success();
        why(&house)
    };
    let page = ask(&["--yes"]);
    let question = line(&page, "Question");
    assert!(question.contains("budget:"), "{page}");
    assert!(question.ends_with("answered yes"), "{page}");
    let page = ask(&[]);
    assert!(
        line(&page, "Question").contains("nobody could be asked"),
        "{page}"
    );

    flat().daily(8.0, "hard").write(&house);
    let page = ask(&["--force", "--justification", "release \u{1b}[31mday"]);
    let over = line(&page, "Override");
    assert!(over.contains("was passed knowingly"), "{page}");
    assert!(over.contains("release \\u{1b}[31mday"), "{page}");
    assert!(!page.contains('\u{1b}'), "{page}");
}

#[test]
fn another_model_than_the_one_asked_for_is_flagged() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &Claude::says("ok").script());
    house.run(["exec", "-a", "dev", "hi"]).success();
    assert!(!why(&house).contains('❗'));
    house.tool(
        "claude",
        &Claude::says("ok").served_by("claude-haiku-5-5").script(),
    );
    house.run(["exec", "-a", "dev", "hi"]).success();
    let page = why(&house);
    let model = line(&page, "Model");
    assert!(
        model.contains("❗ a1 asked for claude-opus-5-5, served by claude-haiku-5-5"),
        "{page}"
    );
    assert_eq!(why_document(&house)["attempts"][0]["model_differs"], true);
}

#[test]
fn what_followed_a_failure_and_what_it_closed_off_are_told() {
    let house = TestHouse::new();
    Setup::new()
        .claude("first", &["m1"])
        .claude("second", &["m2"])
        .agent("dev", &["first:m1", "second:m2"])
        .write(&house);
    house.tool("first", &recording("claude/401-noretry"));
    house.tool("second", &Claude::says("ok").served_by("m2").script());
    house.run(["exec", "-a", "dev", "hi"]).success();
    let page = why(&house);
    assert!(
        line(&page, "Then").contains("first:m1 failed (auth), second:m2 took over"),
        "{page}"
    );
    let breaker = line(&page, "Breaker");
    assert!(
        breaker.contains("its failure (auth) keeps account first from use"),
        "{page}"
    );
    let attempts: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("  a"))
        .collect();
    assert!(attempts[0].contains("failed (auth)"), "{page}");

    // The next one does not even try it, and says why.
    house.run(["exec", "-a", "dev", "hi"]).success();
    let page = why(&house);
    assert!(
        line(&page, "Breaker").contains("first:m1 was kept out: account first failed (auth)"),
        "{page}"
    );
    let looked_at = page.lines().find(|line| line.contains("breaker open"));
    assert!(
        looked_at.is_some_and(|line| line.contains("first:m1")),
        "{page}"
    );

    // It can be looked at, and used again.
    let list = house.run(["breaker", "list"]).success().stdout;
    assert!(list.contains("first") && list.contains("auth"), "{list}");
    let known = house.run(["breaker", "list", "--json"]).success().json();
    assert_eq!(known["breakers"][0]["key"], "first");
    assert_eq!(known["breakers"][0]["state"], "open");
    let _ = house
        .run(["breaker", "reset", "frist"])
        .exit(2)
        .says("'frist' is not kept from use")
        .says("these are: first");
    house.run(["breaker", "reset", "first"]).success();
    let closed = house.events();
    let closed = closed
        .iter()
        .rfind(|event| event["type"] == "breaker.closed");
    assert_eq!(
        closed.map(|it| &it["data"]["reason"]),
        Some(&json!("reset"))
    );
    let list = house.run(["breaker", "list"]).success().stdout;
    assert_eq!(list, "nothing is kept from use\n");
    let report = house.run(["exec", "-a", "dev", "--json", "hi"]).success();
    assert_eq!(report.json()["attempts"][0]["tool"], "first");
}

#[test]
fn one_request_of_a_run_can_be_named_and_a_wrong_one_is_told() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &Claude::says("ok").script());
    house.run(["exec", "-a", "dev", "hi"]).success();
    let run = last_run(&house);
    house
        .run(["exec", "-a", "dev", "--run", &run, "more"])
        .success();
    let both = house.run(["why", &run]).success().stdout;
    assert!(both.contains(&format!("{run}.i1 ·")) && both.contains(&format!("{run}.i2 ·")));
    let second = house.run(["why", &format!("{run}.i2")]).success().stdout;
    assert!(second.starts_with(&format!("{run}.i2 ·")), "{second}");
    let _ = house
        .run(["why", &format!("{run}.i3")])
        .exit(1)
        .says("has no request i3")
        .says("it has: i1, i2");
    let _ = house
        .run(["why", "RUN-20200101-001"])
        .exit(1)
        .says("there is no run");
    let _ = house.run(["why", "yesterday"]).exit(2);
}

#[test]
fn every_policy_that_was_asked_has_its_row_and_its_words() {
    let house = TestHouse::new();
    Setup::new()
        .model("dear", 10.0, 30.0, 200_000)
        .model("cheap", 1.0, 3.0, 200_000)
        .claude("claude", &["dear", "cheap"])
        .agent("dev", &["claude:dear"])
        .cheap_below(1_500, &["cheap"])
        .daily(10.0, "soft")
        .policies(
            "rate_limiting",
            json!({"max_requests_per_minute": {"claude": 50}}),
        )
        .write(&house);
    let said = Claude::says("ok").served_by("cheap");
    house.tool("claude", &said.billed([1_000, 100, 0, 0], 0.001_3).script());
    house.run(["exec", "-a", "dev", "hi"]).success();
    let run = last_run(&house);
    let page = house.run(["policy", "explain", &run]).success().stdout;
    let rows = page.lines().filter(|line| line.contains(" µs "));
    let rows: Vec<Vec<&str>> = rows.map(|line| line.split_whitespace().collect()).collect();
    assert!(rows.len() >= 3, "{page}");
    for name in ["budget", "rate-limit", "cost-optimizer"] {
        let row = rows.iter().find(|row| row[0] == name);
        let row = row.unwrap_or_else(|| panic!("no row for {name}:\n{page}"));
        assert_eq!(row[2].len(), 12, "a digest: {row:?}");
        assert!(row[2].chars().all(|c| c.is_ascii_hexdigit()), "{row:?}");
    }
    assert!(
        page.contains("led from claude:dear to claude:cheap"),
        "{page}"
    );
    let document = house.run(["policy", "explain", &run, "--json"]).success();
    let judged = &document.json()["judged"][0];
    assert_eq!(judged["phase"], "run-start");
    assert_eq!(judged["path"][1]["model"], "cheap", "{judged:#}");
    let first = &judged["opinions"][0];
    assert_eq!(first["about"]["model"], "dear", "{judged:#}");
    assert!(
        first["fuel"].as_u64().is_some_and(|fuel| fuel > 0),
        "{judged:#}"
    );

    // What was saved by it is counted, in whole micro-dollars: $0.013 there, $0.0013 here.
    let totals = house.run(["stats", "--json"]).success().json()["totals"].clone();
    assert_eq!(
        totals["saved_usd_micros"],
        json!(13_000 - 1_300),
        "{totals:#}"
    );
    assert_eq!(totals["compared_attempts"], 1);
    let table = house.run(["stats"]).success().stdout;
    assert!(
        line(&table, "Saved").contains("$0.0117 in 1 attempt"),
        "{table}"
    );
    let shown = house.run(["run", "show", &run]).success().stdout;
    assert!(
        line(&shown, "policies:").contains("reroute by cost-optimizer"),
        "{shown}"
    );
}

#[test]
fn the_words_of_a_hostile_policy_are_bounded_and_harmless() {
    let house = TestHouse::new();
    let message = format!("\u{1b}]0;owned\u{7}\u{202e}{}", "x".repeat(5_000));
    let denying = policy_forge::denying(&[(b"no\nway".to_vec(), message.into_bytes())]);
    house.write("config/mine.wasm", denying.build());
    Setup::claude_dev()
        .policies("chain", json!([{"policy": "./mine.wasm"}]))
        .write(&house);
    house.tool("claude", &Claude::says("ok").script());
    house.run(["exec", "-a", "dev", "hi"]).exit(1);
    let run = last_run(&house);
    for args in [["why", &run].to_vec(), ["policy", "explain", &run].to_vec()] {
        let page = house.run(args.clone()).success().stdout;
        assert!(page.contains("]0;owned"), "{args:?}:\n{page}");
        let raw = page
            .chars()
            .any(|c| c != '\n' && (c.is_control() || c == '\u{202e}'));
        assert!(!raw, "{args:?}: {page:?}");
        let longest = page.lines().map(|line| line.chars().count()).max();
        assert!(longest.is_some_and(|n| n < 900), "{args:?}: {longest:?}");
    }
}

#[test]
fn at_the_strictest_privacy_level_the_page_says_what_is_not_kept() {
    let house = TestHouse::new();
    flat().daily(10.0, "hard").privacy("none").write(&house);
    spend(&house, 1.0);
    let page = why(&house);
    assert!(
        page.contains("what the policies were told is not kept"),
        "{page}"
    );
    assert!(
        line(&page, "Went to").contains("claude:flat (preferred)"),
        "{page}"
    );
    assert!(line(&page, "Money").contains("spent"), "{page}");
}
