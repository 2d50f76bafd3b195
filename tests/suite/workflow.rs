//! Workflows: order, inputs, failures, and what a crash in the middle costs.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tollgate_tests::house::TestHouse;
use tollgate_tests::occupants::supervisors;
use tollgate_tests::pids::{read_pid, wait_until_gone};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::{Claude, reading_to};

const SOON: Duration = Duration::from_secs(20);

/// A first step, two side by side, and a last one that reads both.
const DIAMOND: &str = "
name: release
steps:
  - {id: collect, agent: a, prompt: List the changes.}
  - {id: draft, agent: b, inputs: [collect], prompt: Write them up.}
  - {id: check, agent: c, needs: [collect], prompt: Check them.}
  - {id: publish, agent: d, inputs: [draft, check], prompt: Publish., output: notes.md}
";

/// A house with an agent and a tool of its own for each of `a` to `d`, each answering its name.
fn four() -> TestHouse {
    let house = TestHouse::new();
    let mut setup = Setup::new();
    for name in ["a", "b", "c", "d"] {
        let tool = format!("tool-{name}");
        let target = format!("{tool}:m");
        setup = setup.claude(&tool, &["m"]).agent(name, &[target.as_str()]);
        house.tool(&tool, &Claude::says(&format!("answer of {name}")).script());
    }
    setup.write(&house);
    house.write("work/flow.yaml", DIAMOND);
    house
}

fn wait_for(path: &Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < SOON, "{} did not come", path.display());
        std::thread::yield_now();
    }
}

/// A tool that says it is there, waits to be let go, and answers.
fn held(house: &TestHouse, name: &str) -> (std::path::PathBuf, std::path::PathBuf) {
    let (pid, go) = (
        house.path(&format!("work/{name}.pid")),
        house.path(&format!("work/{name}.go")),
    );
    let mut script = vec!["--pid-file".to_owned(), pid.display().to_string()];
    script.extend(["--wait-for-file".to_owned(), go.display().to_string()]);
    script.extend(Claude::says(&format!("answer of {name}")).script());
    house.tool(&format!("tool-{name}"), &script);
    (pid, go)
}

fn kill(pid: Pid) {
    kill_process(pid, Signal::KILL).expect("a signal");
}

/// How often each step's tool was started.
fn starts(events: &[Value]) -> Vec<(String, usize)> {
    let step_of = |inv: &Value| {
        let submitted = events
            .iter()
            .find(|event| event["type"] == "run.submitted" && event["inv"] == *inv);
        submitted.unwrap()["data"]["step"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let mut counts = std::collections::BTreeMap::new();
    for event in events {
        if event["type"] == "attempt.started" {
            *counts.entry(step_of(&event["inv"])).or_default() += 1;
        }
    }
    counts.into_iter().collect()
}

fn state_of<'r>(report: &'r Value, step: &str) -> &'r Value {
    let steps = report["steps"].as_array().expect("steps");
    let found = steps.iter().find(|it| it["id"] == step);
    &found.unwrap_or_else(|| panic!("no step {step}"))["state"]
}

#[test]
fn steps_run_in_order_and_hand_their_answers_on() {
    let house = four();
    let read = house.path("work/prompt-of-d");
    let says = Claude::says("published").script();
    house.tool("tool-d", &reading_to(&read, says));
    let report = house
        .run(["workflow", "run", "flow.yaml", "--json"])
        .success()
        .json();
    assert_eq!(report["status"], "done");
    assert_eq!(report["steps"][3]["output"], "published");
    assert_eq!(house.read("work/notes.md"), "published\n");
    let prompt = std::fs::read_to_string(read).unwrap();
    assert!(
        prompt.contains("answer of b") && prompt.contains("answer of c"),
        "{prompt}"
    );
    assert!(prompt.trim_end().ends_with("Publish."), "{prompt}");
    let events = house.events();
    let submitted: Vec<_> = events
        .iter()
        .filter(|event| event["type"] == "run.submitted")
        .collect();
    assert_eq!(submitted.len(), 4);
    assert!(
        submitted
            .iter()
            .all(|it| it["run_id"] == submitted[0]["run_id"])
    );
    assert_eq!(submitted[0]["data"]["step"], "collect");
    assert_eq!(submitted[3]["data"]["follows"].as_array().unwrap().len(), 2);
}

#[test]
fn steps_that_nothing_separates_run_side_by_side() {
    let house = four();
    let (b, c) = (held(&house, "b"), held(&house, "c"));
    let child = house.call(["workflow", "run", "flow.yaml"]).start();
    wait_for(&b.0);
    wait_for(&c.0);
    for go in [b.1, c.1] {
        std::fs::write(go, "").unwrap();
    }
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn a_crash_of_everything_in_the_middle_repeats_no_finished_step() {
    let house = four();
    let (b, c) = (held(&house, "b"), held(&house, "c"));
    let mut driver = house.call(["workflow", "run", "flow.yaml"]).start();
    wait_for(&b.0);
    wait_for(&c.0);
    std::fs::write(&b.1, "").unwrap();
    let start = Instant::now();
    while !house
        .events()
        .iter()
        .any(|event| event["type"] == "run.finished" && event["inv"] == house_inv(&house, "draft"))
    {
        assert!(start.elapsed() < SOON, "step draft did not end");
    }
    crash(&house, &mut driver, &[read_pid(&c.0)]);
    std::fs::write(&c.1, "").unwrap();

    let run = run_id(&house);
    let shown = house.run(["workflow", "run", "--resume", &run, "--json"]);
    let report = shown.success().json();
    assert_eq!(
        (&report["status"], &report["run_id"]),
        (&"done".into(), &run.clone().into())
    );
    let count = |n| move |step: &str| (step.to_owned(), n);
    let wanted = [
        count(2)("check"),
        count(1)("collect"),
        count(1)("draft"),
        count(1)("publish"),
    ];
    let events = house.events();
    assert_eq!(starts(&events), wanted, "only what was killed ran again");
    let types: Vec<_> = events
        .iter()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    for kind in ["attempt.lost", "workflow.interrupted", "workflow.resumed"] {
        assert_eq!(types.iter().filter(|it| **it == kind).count(), 1, "{kind}");
    }
    house.run(["journal", "verify"]).success();
    // What was tried twice is one step, and what it was before does not count.
    let list = house.run(["run", "list"]).success().stdout;
    assert!(list.contains("4/4 done"), "{list}");
    house.run(["run", "wait", &run]).success();
    let page = house.read(&format!("state/runs/{run}/run.yaml"));
    assert_eq!(page.matches("task_id").count(), 4, "{page}");
    assert!(
        page.contains("status: completed") && page.contains("4/4 done"),
        "{page}"
    );
    // There is nothing left to go on with.
    house
        .run(["workflow", "run", "--resume", &run])
        .exit(1)
        .says("all of run");
}

#[test]
fn a_driver_that_dies_alone_leaves_its_steps_running() {
    let house = four();
    let (pid, go) = held(&house, "a");
    let mut driver = house.call(["workflow", "run", "flow.yaml"]).start();
    wait_for(&pid);
    kill(Pid::from_child(&driver));
    driver.wait().unwrap();
    std::fs::write(go, "").unwrap();
    let run = run_id(&house);
    house
        .run(["workflow", "run", "--resume", &run])
        .success()
        .says("publish");
    assert!(starts(&house.events()).iter().all(|(_, n)| *n == 1));
}

#[test]
fn a_failed_step_stops_the_others_and_a_resume_tries_it_again() {
    let house = four();
    let (b, _) = held(&house, "b");
    house.tool(
        "tool-c",
        &["--wait-for-file", &b.display().to_string(), "--exit", "3"],
    );
    let outcome = house
        .run(["workflow", "run", "flow.yaml", "--json"])
        .exit(1);
    let report = &outcome.json()["error"]["details"];
    assert_eq!(report["status"], "failed", "{}", outcome.stdout);
    assert_eq!(state_of(report, "check"), "failed");
    assert_eq!(
        state_of(report, "draft"),
        "cancelled",
        "it ran when the other failed"
    );
    assert_eq!(state_of(report, "publish"), &Value::Null);

    house.tool("tool-b", &Claude::says("now").script());
    house.tool("tool-c", &Claude::says("well").script());
    let run = report["run_id"].as_str().unwrap();
    let report = house
        .run(["workflow", "run", "--resume", run, "--json"])
        .success()
        .json();
    assert_eq!(state_of(&report, "publish"), "done");
    let count = starts(&house.events());
    assert!(count.contains(&("collect".to_owned(), 1)), "{count:?}");
    house.run(["run", "wait", run]).success();
}

#[test]
fn a_failed_step_may_leave_the_others_alone() {
    let house = four();
    house.write("work/flow.yaml", format!("on_failure: continue{DIAMOND}"));
    house.tool("tool-c", &["--exit", "3"]);
    let outcome = house
        .run(["workflow", "run", "flow.yaml", "--json"])
        .exit(1);
    let report = &outcome.json()["error"]["details"];
    assert_eq!(state_of(report, "draft"), "done");
    assert_eq!(state_of(report, "publish"), &Value::Null);
}

#[test]
fn ctrl_c_cancels_all_of_it() {
    let house = four();
    let (b, c) = (held(&house, "b"), held(&house, "c"));
    let child = house.call(["workflow", "run", "flow.yaml"]).start();
    wait_for(&b.0);
    wait_for(&c.0);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    for pid in [b.0, c.0] {
        assert!(wait_until_gone(read_pid(&pid), Duration::from_millis(500)));
    }
    let types = house.event_types();
    assert_eq!(types.last().map(String::as_str), Some("workflow.finished"));
}

#[test]
fn one_drives_and_only_the_same_workflow_goes_on() {
    let house = four();
    let (pid, go) = held(&house, "a");
    let driver = house.call(["workflow", "run", "flow.yaml"]).start();
    wait_for(&pid);
    let run = run_id(&house);
    house
        .run(["workflow", "run", "--resume", &run])
        .exit(1)
        .says("somebody else drives");
    house.write("work/flow.yaml", DIAMOND.replace("Publish.", "Publish it."));
    house
        .run(["workflow", "run", "--resume", &run])
        .exit(1)
        .says("the workflow changed");
    std::fs::write(go, "").unwrap();
    assert!(driver.wait_with_output().unwrap().status.success());
    house
        .run(["workflow", "run", "--resume", "RUN-20200101-001"])
        .exit(1)
        .says("there is no run RUN-20200101-001");
}

#[test]
fn mistakes_are_told_before_anything_runs() {
    let house = four();
    house.write(
        "work/flow.yaml",
        "steps:\n  - {id: x, agent: a, needs: [y], prompt: one}\n  - {id: y, agent: nobody, needs: [x], prompt: two}\n",
    );
    for command in [["workflow", "run"], ["workflow", "check"]] {
        let args = command.iter().copied().chain(["flow.yaml"]);
        house.run(args).exit(1).says("nobody");
    }
    assert!(!house.path("state/log").exists(), "nothing is on record");
}

/// Kill everything at once, as a machine without power would: driver, supervisors, tools.
fn crash(house: &TestHouse, driver: &mut Child, tools: &[Pid]) {
    kill(Pid::from_child(driver));
    driver.wait().unwrap();
    for supervisor in supervisors(&house.path("state")) {
        kill(supervisor.pid);
        assert!(wait_until_gone(supervisor.pid, SOON));
    }
    for tool in tools {
        assert!(
            wait_until_gone(*tool, SOON),
            "a tool outlived its supervisor"
        );
    }
}

fn run_id(house: &TestHouse) -> String {
    let events = house.events();
    let run = events.iter().find_map(|event| event["run_id"].as_str());
    run.expect("a run").to_owned()
}

/// The invocation of a step.
fn house_inv(house: &TestHouse, step: &str) -> Value {
    let events = house.events();
    let found = events
        .iter()
        .find(|event| event["type"] == "run.submitted" && event["data"]["step"] == step);
    found.map_or(Value::Null, |event| event["inv"].clone())
}
