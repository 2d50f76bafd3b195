//! Time limits, Ctrl-C, and what is left behind: nothing.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::pids::{is_running, read_pid, wait_until_gone};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

const SOON: Duration = Duration::from_secs(20);

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A tool that says it is there, then does the rest of its script.
fn tool_with_pid(house: &TestHouse, rest: &[&str]) {
    Setup::claude_dev().write(house);
    let pid = text(&house.path("work/pid"));
    let mut script = vec!["--pid-file", pid.as_str()];
    script.extend(rest);
    house.tool("claude", &script);
}

fn wait_for(path: &Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < SOON, "{} did not come", path.display());
        std::thread::yield_now();
    }
}

/// Send a signal to the program under test and wait for what it leaves.
fn signalled(child: Child, signal: Signal) -> (Option<i32>, String) {
    kill_process(Pid::from_child(&child), signal).expect("a signal");
    let output = child.wait_with_output().expect("an end");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

fn event(events: &[Value], kind: &str) -> Value {
    let found: Vec<_> = events.iter().filter(|e| e["type"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind}: {found:?}");
    found[0]["data"].clone()
}

#[test]
fn a_tool_whose_time_ran_out_is_stopped_and_the_status_says_so() {
    let house = TestHouse::new();
    tool_with_pid(&house, &["--hang"]);
    let report = house
        .run(["exec", "-a", "dev", "--timeout", "300ms", "--json", "hi"])
        .exit(124)
        .json();
    assert_eq!(
        (
            &report["outcome"],
            &report["exit_code"],
            &report["attempts"][0]["failure_code"]
        ),
        (&json!("timed_out"), &json!(124), &json!("timeout"))
    );
    assert!(!is_running(read_pid(&house.path("work/pid"))));
    let events = house.events();
    assert_eq!(
        event(&events, "attempt.cancel_requested")["reason"],
        "timeout"
    );
    assert_eq!(event(&events, "attempt.exited")["outcome"], "timed_out");
    assert_eq!(event(&events, "run.finished")["exit_code"], 124);
}

#[test]
fn the_configured_limit_holds_when_none_is_given() {
    let house = TestHouse::new();
    Setup::claude_dev()
        .with("claude", json!({"timeout": "1s"}))
        .write(&house);
    house.tool("claude", &["--hang"]);
    house
        .run(["exec", "-a", "dev", "hi"])
        .exit(124)
        .says("error:");
}

#[test]
fn time_that_ran_out_is_not_followed_by_another_tool() {
    let house = TestHouse::new();
    Setup::new()
        .claude("slow", &["m1"])
        .claude("fast", &["m2"])
        .agent("dev", &["slow:m1", "fast:m2"])
        .write(&house);
    house.tool("slow", &["--hang"]);
    house.tool("fast", &Claude::says("ok").script());
    let report = house
        .run(["exec", "-a", "dev", "--timeout", "300ms", "--json", "hi"])
        .exit(124)
        .json();
    assert_eq!(report["attempts"].as_array().map(Vec::len), Some(1));
}

#[test]
fn ctrl_c_stops_the_tool_and_is_recorded() {
    let house = TestHouse::new();
    tool_with_pid(&house, &["--hang"]);
    let child = house.call(["exec", "-a", "dev", "--json", "hi"]).start();
    wait_for(&house.path("work/pid"));
    let (status, stdout) = signalled(child, Signal::INT);
    assert_eq!(status, Some(130), "{stdout}");
    let report: Value = serde_json::from_str(&stdout).expect("one document");
    assert_eq!(
        (&report["outcome"], &report["attempts"][0]["outcome"]),
        (&json!("cancelled"), &json!("cancelled"))
    );
    assert!(!is_running(read_pid(&house.path("work/pid"))));
    let events = house.events();
    assert_eq!(
        event(&events, "attempt.cancel_requested")["reason"],
        "interrupt"
    );
    let signal = event(&events, "attempt.signalled");
    assert_eq!(
        (&signal["signal"], &signal["step"]),
        (&json!("SIGINT"), &json!(1))
    );
    assert_eq!(event(&events, "attempt.exited")["outcome"], "cancelled");
    assert_eq!(event(&events, "run.finished")["exit_code"], 130);
}

#[test]
fn ctrl_c_does_not_start_the_next_tool() {
    let house = TestHouse::new();
    Setup::new()
        .claude("first", &["m1"])
        .claude("second", &["m2"])
        .agent("dev", &["first:m1", "second:m2"])
        .write(&house);
    let pid = text(&house.path("work/pid"));
    let ran = text(&house.path("work/ran"));
    house.tool("first", &["--pid-file", &pid, "--hang"]);
    house.tool("second", &["--touch", &ran]);
    let child = house.call(["exec", "-a", "dev", "hi"]).start();
    wait_for(&house.path("work/pid"));
    let (status, _) = signalled(child, Signal::INT);
    assert_eq!(status, Some(130));
    assert!(!house.path("work/ran").exists());
}

#[test]
fn a_host_that_is_terminated_takes_its_tool_along() {
    for signal in [Signal::TERM, Signal::HUP] {
        let house = TestHouse::new();
        tool_with_pid(&house, &["--hang"]);
        let child = house.call(["exec", "-a", "dev", "hi"]).start();
        wait_for(&house.path("work/pid"));
        let (status, _) = signalled(child, signal);
        assert_eq!(status, Some(130), "{signal:?}");
        assert!(
            wait_until_gone(read_pid(&house.path("work/pid")), SOON),
            "{signal:?}"
        );
    }
}

#[test]
fn no_descendant_is_left_not_even_one_with_a_session_of_its_own() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    let paths = ["near", "far", "pid"].map(|name| text(&house.path(&format!("work/{name}"))));
    house.tool(
        "claude",
        &[
            "--spawn-grandchild",
            "--ignore-int",
            "--ignore-term",
            "--pid-file",
            &paths[0],
            "--spawn-grandchild",
            "--setsid",
            "--ignore-int",
            "--ignore-term",
            "--pid-file",
            &paths[1],
            "--pid-file",
            &paths[2],
            "--hang",
        ],
    );
    let child = house.call(["exec", "-a", "dev", "hi"]).start();
    wait_for(&house.path("work/pid"));
    let (status, _) = signalled(child, Signal::INT);
    assert_eq!(status, Some(130));
    for name in ["near", "far", "pid"] {
        let pid = read_pid(&house.path(&format!("work/{name}")));
        assert!(wait_until_gone(pid, SOON), "{name} lives on");
    }
}

#[test]
fn a_grandchild_that_holds_stdout_open_does_not_hold_the_answer_back() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    let pid = text(&house.path("work/pid"));
    let mut script: Vec<String> = ["--spawn-grandchild", "--hold-stdout", "--pid-file", &pid]
        .map(str::to_owned)
        .into();
    script.extend(Claude::says("done").script());
    house.tool("claude", &script);
    let start = Instant::now();
    let outcome = house.run(["exec", "-a", "dev", "hi"]).success();
    assert_eq!(outcome.stdout, "done\n");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert!(wait_until_gone(read_pid(&house.path("work/pid")), SOON));
}

#[test]
fn a_tool_that_will_not_leave_after_its_last_word_is_done_all_the_same() {
    let house = TestHouse::new();
    let said = Claude::says("done").script();
    let rest: Vec<&str> = said.iter().map(String::as_str).chain(["--hang"]).collect();
    tool_with_pid(&house, &rest);
    let report = house
        .run(["exec", "-a", "dev", "--json", "hi"])
        .success()
        .json();
    assert_eq!(
        (&report["outcome"], &report["output"]),
        (&json!("done"), &json!("done"))
    );
    assert!(!is_running(read_pid(&house.path("work/pid"))));
    let events = house.events();
    assert_eq!(
        event(&events, "attempt.cancel_requested")["reason"],
        "lingered"
    );
    assert_eq!(event(&events, "attempt.exited")["outcome"], "done");
}

#[test]
fn money_that_ran_out_stops_the_tool() {
    let house = TestHouse::new();
    // A million tokens at $10 a million, and a cap of $1.
    let said = Claude::says("on and on").billed([1_000_000, 0, 0, 0], 0.0);
    let mut script = said.broken_off();
    script.push("--hang".to_owned());
    let script: Vec<&str> = script.iter().map(String::as_str).collect();
    tool_with_pid(&house, &script);
    let report = house
        .run(["exec", "-a", "dev", "--max-cost", "1.00", "--json", "hi"])
        .exit(1)
        .json();
    assert_eq!(
        (&report["outcome"], &report["cost"]["usd_micros"]),
        (&json!("over_budget"), &json!(10_000_030)),
        "{report:#}"
    );
    assert!(!is_running(read_pid(&house.path("work/pid"))));
    let events = house.events();
    let asked = event(&events, "attempt.cancel_requested");
    assert_eq!(asked["reason"], "over_budget");
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_a_tool_that_will_not_listen() {
    let house = TestHouse::new();
    tool_with_pid(&house, &["--ignore-int", "--touch", "deaf", "--hang"]);
    let child = house.call(["exec", "-a", "dev", "hi"]).start();
    wait_for(&house.path("work/deaf"));
    let host = Pid::from_child(&child);
    let start = Instant::now();
    kill_process(host, Signal::INT).expect("a signal");
    // Two at the very same time may count as one, so it is repeated until the host is gone.
    let output = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| child.wait_with_output().expect("an end"));
        while !waiting.is_finished() && start.elapsed() < SOON {
            let _ = kill_process(host, Signal::INT);
            std::thread::yield_now();
        }
        waiting.join().expect("no panic")
    });
    assert_eq!(output.status.code(), Some(130));
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
    assert!(!is_running(read_pid(&house.path("work/pid"))));
}

#[test]
fn tokens_told_before_a_silence_are_on_record_during_it() {
    let house = TestHouse::new();
    let reply = |n: u64| {
        json!({"type": "assistant", "message": {"id": format!("msg_{n}"), "content": [],
            "model": "claude-opus-5-5", "usage": {"input_tokens": 1_000, "output_tokens": 1}}})
        .to_string()
    };
    let go = text(&house.path("work/go"));
    let script = ["--emit-line", &reply(1), "--wait-for-file", &go];
    tool_with_pid(
        &house,
        &[&script, ["--emit-line", &reply(2), "--hang"].as_slice()].concat(),
    );
    let submitted = house.run(["run", "submit", "-a", "dev", "hi"]).success();
    let run = submitted.stdout.trim();
    let wait_for_input = |tokens: u64| {
        let start = Instant::now();
        let told = |event: &Value| {
            event["type"] == "attempt.usage" && event["data"]["usage"]["input_tokens"] == tokens
        };
        while !house.events().iter().any(told) {
            assert!(start.elapsed() < SOON, "{tokens} tokens did not come");
        }
    };
    wait_for_input(1_000);
    // Told right after the first, and nothing follows that could take it along.
    house.write("work/go", "");
    wait_for_input(2_000);
    house.run(["run", "cancel", run]).success();
    let exited = event(&house.events(), "attempt.exited");
    assert_eq!(exited["usage"]["input_tokens"], 2_000);
    assert_eq!(exited["exactness"], "at_least");
}
