//! Waiting for a slot: what Ctrl-C does, who passes slots on, and a look that nobody reads.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tollgate_tests::house::TestHouse;
use tollgate_tests::occupants::{kill_supervisor, supervisors};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

const SOON: Duration = Duration::from_secs(20);

/// One slot, which a tool holds that does not end by itself; the next one answers.
fn one_slot_taken() -> (TestHouse, String) {
    let house = TestHouse::new();
    Setup::claude_dev().at_once(1, &[]).write(&house);
    let answer = Claude::says("ok").script();
    let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
    let pid = house.path("work/pid").display().to_string();
    let first = ["--emit-err", "at work", "--pid-file", &pid, "--hang"];
    house.tool_scripts("claude", &[&first, &answer]);
    let run = submit(&house);
    wait_until(|| house.path("work/pid").exists());
    (house, run)
}

fn submit(house: &TestHouse) -> String {
    let said = house.run(["run", "submit", "-a", "dev", "hi"]).success();
    said.stdout.trim().to_owned()
}

fn wait_until(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < SOON, "it did not come");
        std::thread::yield_now();
    }
}

#[test]
fn ctrl_c_takes_a_request_that_waits_out_of_the_queue() {
    let (house, _) = one_slot_taken();
    let child = house.call(["exec", "-a", "dev", "--json", "hi"]).start();
    let queued = || {
        house
            .event_types()
            .iter()
            .filter(|it| *it == "attempt.queued")
            .count()
    };
    wait_until(|| queued() == 2);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(
        said.contains("\"cancelled\"") && !said.contains("lost"),
        "{said}"
    );
}

#[test]
fn a_slot_of_the_dead_is_passed_on_by_whoever_looks_even_without_a_configuration() {
    let (house, _) = one_slot_taken();
    let waits = submit(&house);
    for supervisor in supervisors(&house.path("state")) {
        assert!(kill_supervisor(&house.path("state"), &supervisor));
    }
    std::fs::remove_dir_all(house.path("config")).unwrap();
    let waited = house.run(["run", "wait", &waits]).success();
    assert_eq!(waited.stdout, "ok\n");
}

#[test]
fn logs_end_when_nobody_reads_them_and_say_how_it_ended() {
    let (house, run) = one_slot_taken();
    let mut logs = house
        .call(["run", "logs", "-f", "--raw", "stderr", &run])
        .start();
    drop(logs.stdout.take());
    assert!(
        logs.wait().unwrap().success(),
        "it ends though the run goes on"
    );
    house.run(["run", "kill", &run]).success();
    house
        .run(["run", "logs", &run])
        .success()
        .says("stopped on request");
    let json = house.run(["run", "logs", "--json", &run]).success().stdout;
    assert!(json.lines().all(|line| line.starts_with('{')), "{json}");
    assert!(json.contains("starting"), "{json}");
}
