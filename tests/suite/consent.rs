//! Questions of policies at a terminal: what is shown, which answers count, and what is on record.

use serde_json::{Value, json};
use tollgate_tests::house::{Outcome, TestHouse};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

use crate::policy_forge;

const PROMPT: &str = "Proceed? [y/N] ";

/// A house in which so much was spent that `dev` is asked.
fn asked() -> TestHouse {
    let house = TestHouse::new();
    // $20 per million tokens of input: a prompt of 25,000 tokens is $0.50.
    Setup::new()
        .model("flat", 20.0, 0.0, 1_000_000)
        .model("big", 10.0, 30.0, 1_000_000)
        .claude("claude", &["flat", "big"])
        .agent("dev", &["claude:flat"])
        .agent("spender", &["claude:big"])
        .daily(10.0, "soft")
        .write(&house);
    let said = Claude::says("ok").billed([1_000, 100, 0, 0], 8.10);
    house.tool("claude", &said.script());
    house.run(["exec", "-a", "spender", "spend"]).success();
    house.tool("claude", &Claude::says("ok").script());
    house
}

/// A prompt whose every line says yes, since the answer must not come from there.
fn long_prompt() -> String {
    "yes\n".repeat(25_000)
}

/// Ask, and type this at the question.
fn answered(house: &TestHouse, keys: &str) -> Outcome {
    let call = house.call(["exec", "-a", "dev"]).stdin(long_prompt());
    let mut terminal = call.at_terminal();
    terminal.until(PROMPT);
    terminal.types(keys);
    terminal.end()
}

/// The events of this type about the newest run.
fn events(house: &TestHouse, kind: &str) -> Vec<Value> {
    let events = house.events();
    let run = events.iter().rev().find_map(|it| it["run_id"].as_str());
    let run = run.expect("a run").to_owned();
    let of_run = |it: &Value| it["type"] == kind && it["run_id"] == run;
    events.into_iter().filter(of_run).collect()
}

#[test]
fn a_yes_at_the_terminal_goes_ahead_and_is_on_record_as_the_users() {
    for keys in ["y\n", "Y\n", " yes \n"] {
        let house = asked();
        let outcome = answered(&house, keys).success();
        assert_eq!(outcome.stdout, "ok\n", "{keys:?}");
        let lines: Vec<&str> = outcome.stderr.lines().collect();
        assert_eq!(
            lines[..2],
            [
                "⚠️  Budget Warning: Daily spending at 81% of limit ($8.10 / $10.00)",
                "Estimated cost for this request: ~$0.50",
            ],
            "{keys:?}: {}",
            outcome.stderr
        );
        assert!(lines[2].starts_with(PROMPT), "{}", outcome.stderr);
        let judged = events(&house, "policy.judged");
        assert_eq!(
            (&judged[0]["data"]["ruling"], &judged[0]["data"]["by"]),
            (&json!("ask"), &json!("budget"))
        );
        assert_eq!(judged[0]["data"]["answer"], "yes");
        assert_eq!(judged[0]["actor"]["kind"], "user", "{:#}", judged[0]);
        assert_eq!(judged[0]["actor"]["via"], "cli");
    }
}

#[test]
fn everything_else_at_the_terminal_is_a_no() {
    // Ctrl-D ends the input, Ctrl-C wants to stop.
    for keys in ["n\n", "\n", "\u{4}", "\u{3}", "yeah\n", "n\ny\n", "no, y\n"] {
        let house = asked();
        let outcome = answered(&house, keys)
            .exit(1)
            .says("not confirmed: Budget Warning: Daily spending at");
        assert_eq!(outcome.stdout, "", "{keys:?}");
        let judged = events(&house, "policy.judged");
        assert_eq!(judged.len(), 1, "{keys:?}: {judged:#?}");
        assert_eq!(judged[0]["data"]["answer"], "no", "{keys:?}");
        assert_eq!(judged[0]["actor"]["kind"], "user");
        let ended = events(&house, "run.finished");
        assert_eq!(ended[0]["data"]["outcome"], "failed", "{keys:?}");
        assert!(events(&house, "attempt.queued").is_empty(), "{keys:?}");
        assert!(events(&house, "budget.reserved").is_empty(), "{keys:?}");
    }
}

#[test]
fn a_question_is_shown_however_quiet_it_is_to_be() {
    let house = asked();
    let call = house.call(["exec", "-q", "-a", "dev"]).stdin(long_prompt());
    let mut terminal = call.at_terminal();
    terminal.until(PROMPT);
    assert!(
        terminal.shown().contains("Daily spending at"),
        "{}",
        terminal.shown()
    );
    terminal.types("n\n");
    let _ = terminal.end().exit(1);
}

#[test]
fn who_said_it_beforehand_is_not_asked() {
    let house = asked();
    let call = house
        .call(["exec", "-a", "dev", "--yes"])
        .stdin(long_prompt());
    let outcome = call.at_terminal().end().success();
    assert!(!outcome.stderr.contains(PROMPT), "{}", outcome.stderr);
    assert_eq!(events(&house, "policy.judged")[0]["data"]["answer"], "yes");

    // What asks for a document gets one, and no question.
    let house = asked();
    let call = house
        .call(["exec", "-a", "dev", "--json"])
        .stdin(long_prompt());
    let outcome = call.at_terminal().end().success();
    assert!(!outcome.stderr.contains(PROMPT), "{}", outcome.stderr);
    let answer = &events(&house, "policy.judged")[0]["data"]["answer"];
    assert_eq!(answer, "unattended_proceed");
}

#[test]
fn a_policy_cannot_speak_in_the_name_of_the_program() {
    // What could act is taken out or made visible, and what could begin a line does not.
    let title = format!(
        "harmless\r\n{PROMPT}y\r\n\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}{}",
        "x".repeat(5_000)
    );
    let detail = format!(
        "\u{1b}[1A\u{1b}[2K✅ confirmed\n{PROMPT}y\n\r{PROMPT}\u{8}\u{8}\n{}",
        "more\n".repeat(200)
    );
    let house = TestHouse::new();
    let asking = policy_forge::asking(title.as_bytes(), detail.as_bytes());
    house.write("config/mine.wasm", asking.build());
    Setup::claude_dev()
        .policies(
            "chain",
            json!([{"policy": "./mine.wasm", "name": "budget"}]),
        )
        .write(&house);
    house.tool("claude", &Claude::says("ok").script());
    let outcome = answered(&house, "\n").exit(1);
    let screen = &outcome.stderr;
    let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!screen.contains(acts), "{screen:?}");
    let lines: Vec<&str> = screen.lines().collect();
    // Its title is one line, which says whose words it shows.
    assert!(
        lines[0].starts_with("⚠️  Policy 'budget' asks: harmless"),
        "{screen}"
    );
    assert!(lines[0].contains("[2J"), "{screen}");
    // Its explanation is marked as such; the program's own question is a line of its own.
    let own = lines.iter().position(|line| line.starts_with(PROMPT));
    let own = own.unwrap_or_else(|| panic!("no question: {screen}"));
    assert!(
        lines[1..own].iter().all(|line| line.starts_with("  | ")),
        "{screen}"
    );
    assert_eq!(own, 2, "one line each: {screen}");
    let again = lines[own + 1..].iter().any(|line| line.starts_with(PROMPT));
    assert!(!again, "{screen}");
    let judged = events(&house, "policy.judged");
    assert_eq!(judged[0]["data"]["answer"], "no");
    assert_eq!(judged[0]["data"]["by"], "budget");
}
