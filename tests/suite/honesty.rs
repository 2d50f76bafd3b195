//! Nothing is lost, left out, or assumed without a word.

use rustix::process::{Pid, Signal, kill_process};
use tollgate_tests::house::TestHouse;
use tollgate_tests::pids::{read_pid, wait_until_gone};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

fn answering(answer: &str) -> TestHouse {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &Claude::says(answer).script());
    house
}

#[test]
fn an_answer_that_could_not_be_written_is_no_success() {
    let house = answering("ok");
    for args in [
        &["exec", "-a", "dev", "hi"][..],
        &["exec", "-a", "dev", "hi", "--json"],
        &["stats"],
    ] {
        house
            .call(args.iter().copied())
            .stdout_to("/dev/full")
            .run()
            .exit(1);
    }
    let outcome = house
        .call(["exec", "-a", "dev", "hi"])
        .stdout_to("/dev/full")
        .run();
    let _ = outcome.says("could not be written to standard output");
}

#[test]
fn a_run_that_was_cut_off_is_not_counted_as_free() {
    let house = answering("ok");
    house.tool("claude", &["--pid-file", "pid", "--hang"]);
    let mut host = house.call(["exec", "-a", "dev", "hi"]).start();
    let tool: Pid = wait_for_start(&house);
    let host_pid = Pid::from_child(&host);
    kill_process(host_pid, Signal::KILL).unwrap();
    host.wait().unwrap();
    wait_until_gone(tool, std::time::Duration::from_secs(10));
    let table = house.run(["stats"]).success().stdout;
    assert!(table.contains("1 without an end on record"), "{table}");
    assert!(!table.contains("$0.00"), "{table}");
    let document = house.run(["stats", "--json"]).success().json();
    assert_eq!(document["totals"]["unfinished"], 1);
    assert!(
        document["totals"]["cost_usd_micros"].is_null(),
        "{document:#}"
    );
}

/// The tool's pid, once its start is on record.
fn wait_for_start(house: &TestHouse) -> Pid {
    let path = house.path("work/pid");
    let give_up = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !path.exists() || house.read("work/pid").trim().is_empty() {
        assert!(
            std::time::Instant::now() < give_up,
            "the tool did not start"
        );
        std::thread::yield_now();
    }
    read_pid(&path)
}

#[test]
fn a_cap_that_was_not_kept_is_said_so() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &Claude::says("ok").script());
    let document = house
        .run([
            "exec",
            "-a",
            "dev",
            "hi",
            "--json",
            "--max-cost",
            "0.000001",
        ])
        .json();
    let codes: Vec<&str> = document["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|warning| warning["code"].as_str())
        .collect();
    let over = document["outcome"] == "over_budget" || codes.contains(&"over_cap");
    assert!(over || codes.contains(&"cap_not_checked"), "{document:#}");
}

#[test]
fn an_adapter_that_nobody_has_is_a_mistake_of_the_configuration() {
    let house = answering("ok");
    let tools = house.read("config/tools.yaml");
    house.write(
        "config/tools.yaml",
        tools.replace("claude-code", "claude-cod"),
    );
    for command in [&["config", "validate"][..], &["exec", "-a", "dev", "hi"]] {
        let outcome = house.run(command.iter().copied()).exit(1);
        let _ = outcome.says("there is no adapter 'claude-cod'");
    }
}

#[test]
fn a_task_type_that_changes_nothing_is_said_so() {
    let house = answering("ok");
    let outcome = house.run(["exec", "-a", "dev", "--task-type", "revieww", "hi"]);
    let _ = outcome.success().says("revieww");
}

#[test]
fn a_project_keeps_one_record_however_it_is_named() {
    let house = answering("ok");
    for name in ["agents", "tools", "models", "policies"] {
        let text = house.read(&format!("config/{name}.yaml"));
        house.write(&format!("work/.tollgate/{name}.yaml"), text);
    }
    house
        .call(["--config-dir", ".tollgate", "exec", "-a", "dev", "hi"])
        .unnamed_dirs()
        .run()
        .success();
    assert!(house.path("work/.tollgate/state/log").is_dir());
    std::fs::remove_file(house.path("work/.tollgate/agents.yaml")).unwrap();
    let outcome = house.call(["config", "validate"]).unnamed_dirs().run();
    let _ = outcome
        .exit(1)
        .says("Missing required file: .tollgate/agents.yaml");
}

#[test]
fn an_answer_that_cannot_be_kept_does_not_cost_the_record_of_its_attempt() {
    let house = answering("the answer");
    house.write("config/telemetry.yaml", "privacy_level: full\n");
    house.run(["exec", "-a", "dev", "hi"]).success();
    let kept = std::fs::read_dir(house.path("state/content"))
        .unwrap()
        .count();
    assert_eq!(kept, 2, "prompt and answer");
    // A folder stands where the next answer's file would be named.
    let answer = house
        .events()
        .into_iter()
        .find(|e| e["type"] == "attempt.exited")
        .unwrap();
    let path = answer["data"]["output"]["path"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = house.path("state").join(path);
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let outcome = house.run(["exec", "-a", "dev", "hi"]).success();
    let _ = outcome.says("the answer was not kept");
    let types = house.event_types();
    assert_eq!(types.iter().filter(|t| *t == "attempt.exited").count(), 2);
    assert_eq!(types.iter().filter(|t| *t == "run.finished").count(), 2);
}
