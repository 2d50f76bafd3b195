//! Rows 23 and 24: a supervisor is killed, while its tool runs and between its last two acts.

use std::fs::File;

use tollgate::engine::{End, ExitFile};
use tollgate::model::{
    AttemptLost, AttemptOutcome, AttemptState, Body, Exactness, LostReason, MicroUsd, RunId,
};
use tollgate_tests::house::TestHouse;
use tollgate_tests::pids::{is_running, read_pid, wait_until_gone};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

use super::ground::{
    SOON, assert_no_tools, events_of, kill_9, kill_supervisor, run_of, submit, supervisor_of, text,
    told, until, until_so, until_state,
};

fn losses(house: &TestHouse, run: &RunId) -> Vec<AttemptLost> {
    let bodies = events_of(house, run).into_iter().map(|event| event.body);
    bodies
        .filter_map(|body| match body {
            Body::AttemptLost(lost) => Some(lost),
            _ => None,
        })
        .collect()
}

/// Claude's stand-in says what it used so far, leaves a grandchild, and goes on for ever.
fn house_with_straggler() -> TestHouse {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    let paths = ["straggler", "leader"].map(|name| text(&house.path(&format!("work/{name}"))));
    let said = Claude::says("working").billed([1_000, 0, 0, 0], 0.0);
    let mut script = said.broken_off();
    let rest = [
        "--spawn-grandchild",
        "--setsid",
        "--ignore-int",
        "--ignore-term",
        "--pid-file",
        &paths[0],
        "--pid-file",
        &paths[1],
        "--hang",
    ];
    script.extend(rest.map(str::to_owned));
    house.tool("claude", &script);
    house
}

#[test]
fn a_killed_supervisor_takes_its_tool_along_and_the_next_command_ends_the_rest() {
    let house = house_with_straggler();
    let run = run_of(&house.run(["run", "submit", "-a", "dev", "hi"]).success());
    until_so("the tool's pid", || house.path("work/leader").exists());
    until_so("tokens on record", || {
        let events = events_of(&house, &run);
        events
            .iter()
            .any(|event| matches!(event.body, Body::AttemptUsage(_)))
    });
    let marker = until_state(&house, &run, AttemptState::Running).marker;
    kill_supervisor(&house, &supervisor_of(&house, &run));
    let [straggler, leader] =
        ["straggler", "leader"].map(|name| read_pid(&house.path(&format!("work/{name}"))));
    assert!(wait_until_gone(leader, SOON), "the tool lives on");
    // The fault: nobody looks after what is left, and it is there.
    assert!(is_running(straggler));

    let waited = house.run(["run", "wait", run.as_str()]).exit(1);
    assert!(wait_until_gone(straggler, SOON), "{waited:?}");
    assert!(tollgate::process::find_marked(marker.unwrap()).is_empty());
    assert_no_tools(&house);
    let lost = losses(&house, &run);
    let [lost] = lost.as_slice() else {
        panic!("{lost:?}")
    };
    assert_eq!(
        (lost.reason, lost.swept, lost.tree_empty),
        (LostReason::SupervisorDied, 1, true)
    );
    // What was used is a lower bound, and never nothing.
    assert_eq!(lost.exactness, Exactness::AtLeast);
    assert_eq!(lost.usage.input, Some(1_000));
    let cost = lost.cost;
    assert!(cost.at_least && cost.amount > Some(MicroUsd(0)), "{cost:?}");
    assert_eq!(told(&house).outcome(&run), Some(AttemptOutcome::Lost));

    // Its slot is free, and the record is closed: nothing is added by looking again.
    let n_events = house.events().len();
    let _ = house.run(["run", "wait", run.as_str()]).exit(1);
    assert_eq!(house.events().len(), n_events);
}

#[test]
fn a_loss_without_a_word_on_tokens_is_unknown_and_not_free() {
    let house = super::ground::house_of(&["--hang"]);
    let run = submit(&house, "hi");
    until_state(&house, &run, AttemptState::Running);
    kill_supervisor(&house, &supervisor_of(&house, &run));
    let _ = house.run(["run", "wait", run.as_str()]).exit(1);
    let lost = losses(&house, &run);
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].exactness, Exactness::Unknown);
    assert_eq!((lost[0].cost.amount, lost[0].usage.input), (None, None));
}

#[test]
fn a_follower_notices_the_death_of_a_supervisor_by_itself() {
    let house = super::ground::house_of(&["--hang"]);
    let run = submit(&house, "hi");
    until_state(&house, &run, AttemptState::Running);
    let waiting = house.call(["run", "wait", run.as_str()]).start();
    kill_supervisor(&house, &supervisor_of(&house, &run));
    let waited = waiting.wait_with_output().expect("an end");
    assert_eq!(waited.status.code(), Some(1), "{waited:?}");
    assert_eq!(told(&house).outcome(&run), Some(AttemptOutcome::Lost));
}

#[test]
fn an_end_that_was_left_in_its_file_is_put_on_record_once_as_it_stands() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    let gate = text(&house.path("work/gate"));
    let mut script = Claude::says("forty-two").script();
    script.extend(["--wait-for-file".to_owned(), gate]);
    house.tool("claude", &script);
    let run = run_of(&house.run(["run", "submit", "-a", "dev", "hi"]).success());
    // All that the tool says is on record; what is left to write is its end.
    until_so("tokens on record", || {
        let events = events_of(&house, &run);
        events
            .iter()
            .any(|event| matches!(event.body, Body::AttemptUsage(_)))
    });
    let supervisor = supervisor_of(&house, &run);
    let lock = File::options()
        .write(true)
        .open(house.path("state/log/LOCK"))
        .expect("the lock of the record");
    lock.lock().expect("a lock");
    std::fs::write(house.path("work/gate"), "").expect("a gate");
    let path = house.path(&format!("state/runs/{run}/i1/a1/exit.json"));
    let exit: ExitFile = until("exit.json", || {
        serde_json::from_slice(&std::fs::read(&path).ok()?).ok()
    });
    kill_supervisor(&house, &supervisor);
    // The fault: the file says it, the record does not.
    assert_eq!(told(&house).outcome(&run), None);
    lock.unlock().expect("no lock");

    let waited = house.run(["run", "wait", run.as_str()]).success();
    assert_eq!(waited.stdout, "forty-two\n");
    let events = events_of(&house, &run);
    let exits: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.body {
            Body::AttemptExited(exited) => Some(exited),
            _ => None,
        })
        .collect();
    let End::Exited(expected) = &exit.end else {
        panic!("{exit:?}")
    };
    assert_eq!(exits, [expected.as_ref()]);
    assert_eq!(told(&house).outcome(&run), Some(AttemptOutcome::Done));
    let n_events = events.len();
    let _ = house.run(["run", "wait", run.as_str()]).success();
    assert_eq!(events_of(&house, &run).len(), n_events);
}

#[test]
fn many_who_recover_at_once_write_one_loss() {
    let house = house_with_straggler();
    for _ in 0..5 {
        let run = run_of(&house.run(["run", "submit", "-a", "dev", "hi"]).success());
        until_state(&house, &run, AttemptState::Running);
        until_so("the tool's pid", || house.path("work/leader").exists());
        std::fs::remove_file(house.path("work/leader")).expect("a pid file");
        kill_supervisor(&house, &supervisor_of(&house, &run));
        let all = [(); 5].map(|()| house.call(["run", "wait", run.as_str()]).start());
        for wait in all {
            let waited = wait.wait_with_output().expect("an end");
            assert_eq!(waited.status.code(), Some(1), "{waited:?}");
        }
        let lost = losses(&house, &run);
        assert_eq!(lost.len(), 1, "{lost:?}");
        assert_eq!((lost[0].swept, lost[0].tree_empty), (1, true));
        assert_no_tools(&house);
    }
}

#[test]
fn a_recovery_that_is_killed_is_finished_by_the_next() {
    let house = super::ground::house_of(&["--hang"]);
    let run = submit(&house, "hi");
    until_state(&house, &run, AttemptState::Running);
    kill_supervisor(&house, &supervisor_of(&house, &run));
    let lock = File::options()
        .write(true)
        .open(house.path("state/log/LOCK"))
        .expect("the lock of the record");
    lock.lock().expect("a lock");
    let recovering = house.call(["run", "wait", run.as_str()]).start();
    let exit = house.path(&format!("state/runs/{run}/i1/a1/exit.json"));
    until_so("exit.json", || exit.exists());
    kill_9(recovering);
    // The fault: it had decided, and told nobody.
    assert_eq!(told(&house).outcome(&run), None);
    lock.unlock().expect("no lock");
    let _ = house.run(["run", "wait", run.as_str()]).exit(1);
    assert_eq!(losses(&house, &run).len(), 1);
    assert_eq!(told(&house).outcome(&run), Some(AttemptOutcome::Lost));
}

#[test]
fn an_end_whose_file_cannot_be_written_is_on_record_all_the_same() {
    let house = super::ground::house_of(&["--wait-for-file", "{arg:2}", "--emit-line", "ok"]);
    let gate = house.path("work/gate");
    let run = submit(&house, &text(&gate));
    until_state(&house, &run, AttemptState::Running);
    // The fault: as on a full disk, but for this file alone.
    let exit = house.path(&format!("state/runs/{run}/i1/a1/exit.json"));
    std::fs::create_dir(&exit).expect("a folder in its place");
    std::fs::write(&gate, "").expect("a gate");
    until_state(&house, &run, AttemptState::Done);
    assert!(exit.is_dir());
    assert_eq!(told(&house).outcome(&run), Some(AttemptOutcome::Done));
    house.run(["run", "wait", run.as_str()]).success();
}
