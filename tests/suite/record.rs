//! What is on record of a run, in which order, and who may read it.

use std::thread;

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::{Claude, recording};

/// The first segment of a journal.
const SEGMENT: &str = "state/log/00000000000000000001.jsonl";

fn one_claude() -> TestHouse {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &Claude::says("ok").script());
    house
}

#[test]
fn a_run_is_told_from_its_request_to_its_end() {
    let house = one_claude();
    house.run(["exec", "-a", "dev", "hi"]).success();
    let types = house.event_types();
    let story = [
        "log.opened",
        "config.loaded",
        "policy.loaded",
        "policy.loaded",
        "run.submitted",
        "routing.decided",
        "policy.judged",
        "attempt.queued",
        "budget.reserved",
        "attempt.admitted",
        "policy.judged",
        "attempt.intent",
        "attempt.started",
        "attempt.exited",
        "budget.settled",
        "run.finished",
    ];
    let told: Vec<&str> = types
        .iter()
        .map(String::as_str)
        .filter(|name| *name != "attempt.usage")
        .collect();
    assert_eq!(told, story);

    house.run(["exec", "-a", "dev", "hi"]).success();
    let again: Vec<String> = house.event_types().split_off(types.len());
    assert!(
        !again.contains(&"config.loaded".to_owned()),
        "the same configuration is not told twice: {again:?}"
    );
}

#[test]
fn events_are_numbered_without_a_gap_and_carry_who_and_what() {
    let house = one_claude();
    for _ in 0..3 {
        house.run(["exec", "-a", "dev", "hi"]).success();
    }
    let events = house.events();
    let mut runs = Vec::new();
    for (number, event) in (1..).zip(&events) {
        assert_eq!(event["seq"], number, "{event}");
        assert_eq!((&event["v"], &event["log"]), (&json!(1), &events[0]["log"]));
        let by_hand = ["attempt.queued", "attempt.admitted"];
        let kind = event["type"].as_str().unwrap();
        let own = ["run.finished", "budget.settled"].contains(&kind)
            || event["data"]["phase"] == "run-event"
            || (kind.starts_with("attempt.") && !by_hand.contains(&kind));
        let via = if own { "shim" } else { "cli" };
        assert_eq!(event["actor"]["via"], via, "{event}");
        assert!(event["crc"].is_string(), "{event}");
        if event["type"] == "run.submitted" {
            runs.push(event["run_id"].as_str().unwrap().to_owned());
            assert_eq!(event["data"]["prompt_bytes"], 2);
            assert_eq!(event["data"]["agent"], "dev");
        }
        if event["type"].as_str().unwrap().starts_with("attempt.") {
            assert_eq!((&event["inv"], &event["att"]), (&json!("i1"), &json!(1)));
        }
    }
    let ends: Vec<&str> = runs.iter().map(|run| &run[run.len() - 4..]).collect();
    assert_eq!(ends, ["-001", "-002", "-003"]);
}

#[test]
fn the_intent_is_on_disk_before_the_tool_starts() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    let (from, to) = (
        house.path(SEGMENT),
        house.path("work/log-as-the-tool-saw-it"),
    );
    let mut script = [
        "--copy-prompt-file",
        from.to_str().unwrap(),
        to.to_str().unwrap(),
    ]
    .map(str::to_owned)
    .to_vec();
    script.extend(Claude::says("ok").script());
    house.tool("claude", &script);
    house.run(["exec", "-a", "dev", "hi"]).success();
    let log = house.read("work/log-as-the-tool-saw-it");
    let intent = log
        .split_inclusive('\n')
        .find(|line| line.contains(r#""type":"attempt.intent""#))
        .expect("the intent");
    assert!(intent.ends_with('\n'), "a whole line");
    let intent: Value = serde_json::from_str(intent).unwrap();
    assert_eq!(
        (&intent["data"]["tool"], &intent["data"]["adapter"]["id"]),
        (&json!("claude"), &json!("claude-code"))
    );
    assert!(!log.contains("attempt.exited"));
}

#[test]
fn the_end_holds_what_was_used_and_what_it_cost() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &recording("claude/ok-streamjson"));
    house.run(["exec", "-a", "dev", "hi"]).success();
    let events = house.events();
    let data = |kind: &str| {
        let event = events.iter().find(|event| event["type"] == kind);
        event.unwrap_or_else(|| panic!("no {kind}"))["data"].clone()
    };
    let exited = data("attempt.exited");
    assert_eq!(
        exited["usage"],
        json!({"input_tokens": 1_234, "output_tokens": 42, "cache_read_tokens": 8_900,
            "cache_write_tokens": 567, "reasoning_tokens": null})
    );
    assert_eq!(
        exited["cost"],
        json!({"usd_micros": 10_391, "basis": "reported"})
    );
    assert_eq!(
        (
            &exited["outcome"],
            &exited["exit_code"],
            &exited["served_model"]
        ),
        (&json!("done"), &json!(0), &json!("claude-opus-5-5"))
    );
    let finished = data("run.finished");
    assert_eq!(
        (&finished["outcome"], &finished["attempts"]),
        (&json!("done"), &json!(1))
    );
}

#[test]
fn what_was_refused_before_it_began_leaves_nothing_or_a_whole_run() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.run(["exec", "-a", "dev", "hi"]).exit(1);
    let types = house.event_types();
    let count = |name: &str| types.iter().filter(|found| *found == name).count();
    assert_eq!(count("run.submitted"), count("run.finished"), "{types:?}");
    assert_eq!(count("attempt.intent"), 0);
}

#[test]
fn many_at_once_are_all_on_record() {
    let house = one_claude();
    house.run(["exec", "-a", "dev", "hi"]).success();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| house.run(["exec", "-a", "dev", "hi"]).success());
        }
    });
    house.run(["journal", "verify"]).success();
    let events = house.events();
    let mut runs: Vec<&str> = events
        .iter()
        .filter(|event| event["type"] == "run.finished" && event["data"]["outcome"] == "done")
        .filter_map(|event| event["run_id"].as_str())
        .collect();
    runs.sort_unstable();
    runs.dedup();
    assert_eq!(runs.len(), 9);
    for (number, event) in (1..).zip(&events) {
        assert_eq!(event["seq"], number);
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_look() {
    use std::os::unix::fs::PermissionsExt;
    let house = TestHouse::new();
    Setup::claude_dev().privacy("full").write(&house);
    house.tool("claude", &Claude::says("ok").script());
    // The house makes its own; the program must make one that is not there.
    std::fs::remove_dir(house.path("state")).unwrap();
    house.run(["exec", "-a", "dev", "hi"]).success();
    house.run(["stats", "--daily"]).success();
    let mut paths = vec![house.path("state")];
    while let Some(path) = paths.pop() {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        if path.is_dir() {
            assert_eq!(mode, 0o700, "{}", path.display());
            paths.extend(std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().path()));
        } else {
            assert_eq!(mode, 0o600, "{}", path.display());
        }
    }
}
