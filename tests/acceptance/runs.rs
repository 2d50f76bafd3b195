//! Runs that go on by themselves: steps of the scenarios about waiting, cancelling, and being done.
//!
//! Everything is read from the record; nothing waits for luck.

use std::time::{Duration, Instant};

use cucumber::{given, then, when};
use serde_json::Value;

use crate::world::World;

const SOON: Duration = Duration::from_secs(30);

#[given(expr = "{string} works until it is let go")]
fn works(world: &mut World, tool: String) {
    let go = world.house.path("work/go").display().to_string();
    let script = [
        "--read-stdin",
        "--wait-for-file",
        &go,
        "--emit-line",
        "Done.",
    ];
    world.house.tool(&tool, &script);
}

#[when(expr = "{string} is let go")]
fn let_go(world: &mut World, _tool: String) {
    world.house.write("work/go", "");
}

#[when(expr = "I run {string} {int} times")]
fn run_often(world: &mut World, command: String, times: usize) {
    for _ in 0..times {
        world.run(&command);
    }
}

/// How many attempts are between one kind of event and one of others, and the most there ever were.
fn between(events: &[Value], begin: &str, ends: &[&str]) -> (usize, usize) {
    let (mut now, mut most) = (0_usize, 0);
    for event in events {
        let kind = event["type"].as_str().unwrap_or_default();
        if kind == begin {
            now += 1;
        } else if ends.contains(&kind) {
            now -= 1;
        }
        most = most.max(now);
    }
    (now, most)
}

fn at_work(events: &[Value]) -> (usize, usize) {
    between(events, "attempt.started", &["attempt.exited"])
}

fn wait_until(world: &World, is_so: impl Fn(&[Value]) -> bool) {
    let start = Instant::now();
    while !is_so(&world.house.events()) {
        assert!(start.elapsed() < SOON, "{:#?}", world.house.event_types());
    }
}

#[when(regex = r"^I wait until (\d+) attempts? (?:is|are) at work$")]
fn wait_at_work(world: &mut World, n: usize) {
    wait_until(world, |events| at_work(events).0 == n);
}

#[when(expr = "I wait until {int} attempts are done")]
fn wait_done(world: &mut World, n: usize) {
    wait_until(world, |events| {
        let done = |event: &&Value| event["data"]["outcome"] == "done";
        let ended = events.iter().filter(|it| it["type"] == "run.finished");
        ended.filter(done).count() == n
    });
}

#[then(expr = "{int} attempts are waiting")]
fn waiting(world: &mut World, n: usize) {
    let events = world.house.events();
    let (now, _) = between(&events, "attempt.queued", &["attempt.admitted"]);
    assert_eq!(now, n);
}

#[then(expr = "never more than {int} attempts were at work")]
fn never_more(world: &mut World, n: usize) {
    assert_eq!(at_work(&world.house.events()).1, n);
}

#[then(expr = "the run ended {string} with nothing left of it")]
fn ended(world: &mut World, outcome: String) {
    let exited = world.events("attempt.exited");
    assert_eq!(exited.len(), 1);
    assert_eq!(exited[0]["outcome"], outcome.as_str());
    assert_eq!(exited[0]["tree_empty"], true, "{}", exited[0]);
    assert!(!world.events("attempt.signalled").is_empty());
}

#[then(expr = "it says {string}")]
fn says(world: &mut World, text: String) {
    let stdout = &world.last().stdout;
    assert!(stdout.contains(&text), "{text:?} is not in\n{stdout}");
}

#[then(expr = "{int} invocations of one run are on record")]
fn invocations(world: &mut World, n: usize) {
    let events = world.house.events();
    let submitted: Vec<_> = events
        .iter()
        .filter(|event| event["type"] == "run.submitted")
        .collect();
    assert_eq!(submitted.len(), n);
    let run = &submitted[0]["run_id"];
    assert!(submitted.iter().all(|event| event["run_id"] == *run));
    let done = world.events("run.finished");
    assert!(done.iter().all(|end| end["outcome"] == "done"), "{done:#?}");
}
