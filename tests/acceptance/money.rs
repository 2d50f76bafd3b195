//! Steps of the scenarios about limits: what was spent, what is asked at a terminal, what is on
//! record of the answer.

use cucumber::gherkin::Step;
use cucumber::{given, then, when};
use serde_json::json;
use tollgate_tests::speech::Claude;

use crate::world::World;

#[given(
    regex = r#"^a "(soft|hard)" limit of \$([\d.]+) a day, which warns from (\d+) percent on$"#
)]
fn limit(world: &mut World, kind: String, usd: f64, percent: u32) {
    world.daily = json!({
        "daily_budget_usd": usd,
        "limit": {"type": kind, "threshold_percent": percent},
    });
}

/// Somebody else spent it, with a tool that tells what it cost.
#[given(regex = r"^\$([\d.]+) were spent today$")]
fn spent(world: &mut World, usd: f64) {
    world.offer("spending:dear");
    world.tool("spending")["adapter"] = json!("claude-code");
    let target = "spending:dear".to_owned();
    world.agents.insert("spender".to_owned(), vec![target]);
    let said = Claude::says("ok").billed([1_000, 100, 0, 0], usd);
    let said = said.served_by("dear");
    world.house.tool("spending", &said.script());
    world.run("tollgate exec --agent spender --yes Hello");
    assert_eq!(world.last().status, Some(0), "{}", world.last().stderr);
}

#[when(expr = "I run {string} at a terminal, which asks")]
fn run_at_terminal(world: &mut World, command: String) {
    world.run_at_terminal(&command);
    world.terminal().until("[y/N] ");
}

#[when(expr = "I answer {string}")]
fn types(world: &mut World, answer: String) {
    world.terminal().types(&format!("{answer}\n"));
    world.leave_terminal();
}

#[then("the terminal shows these lines")]
fn shows(world: &mut World, step: &Step) {
    let table = step.table.as_ref().expect("lines");
    let wanted: Vec<&str> = table.rows.iter().map(|row| row[0].as_str()).collect();
    let shown = world.terminal().shown();
    let shown: Vec<&str> = shown.lines().map(str::trim_end).collect();
    assert_eq!(shown, wanted);
}

#[then(expr = "nothing was started for {string}")]
fn nothing_started(world: &mut World, agent: String) {
    let events = world.house.events();
    let submitted = events
        .iter()
        .filter(|event| event["type"] == "run.submitted" && event["data"]["agent"] == agent);
    for submitted in submitted {
        let started = events.iter().any(|event| {
            event["type"] == "attempt.started" && event["run_id"] == submitted["run_id"]
        });
        assert!(!started, "{events:#?}");
    }
}

#[then(expr = "the record says that the question was answered {string}")]
fn answered(world: &mut World, answer: String) {
    let events = world.house.events().into_iter();
    let asked: Vec<_> = events
        .filter(|event| event["data"]["ruling"] == "ask")
        .collect();
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert_eq!(asked[0]["data"]["answer"], answer);
    assert_eq!(asked[0]["actor"]["kind"], "user", "{:#}", asked[0]);
}
