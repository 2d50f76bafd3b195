//! Row 22: whoever asked, or watched, is killed; the work goes on and can be watched again.

use std::process::Child;

use tollgate::model::{AttemptOutcome, AttemptState, Body, MicroUsd, RunId};
use tollgate_tests::house::TestHouse;
use tollgate_tests::occupants::{running_from, supervisors};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

use super::ground::{
    assert_no_tools, events_of, kill_9, run_of, state, text, told, until, until_so,
};

/// A stand-in for Claude Code that says all it has to say once the gate is open.
fn house_with_gate() -> TestHouse {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    let gate = text(&house.path("work/gate"));
    let said = Claude::says("forty-two").script();
    let (read, words) = said.split_first().expect("it reads its prompt");
    let mut script = vec![read.clone(), "--wait-for-file".to_owned(), gate];
    script.extend(words.iter().cloned());
    house.tool("claude", &script);
    house
}

fn n_running(house: &TestHouse) -> usize {
    told(house).in_state(AttemptState::Running).len()
}

fn follower(house: &TestHouse, args: &[&str]) -> Child {
    house.call(args.iter().copied()).start()
}

#[test]
fn runs_go_on_when_everybody_who_waits_for_them_is_killed() {
    let house = house_with_gate();
    let mut waiting: Vec<Child> = (0..4)
        .map(|_| follower(&house, &["exec", "-a", "dev", "hi"]))
        .collect();
    until_so("four at work", || n_running(&house) == 4);
    let submit = |_| run_of(&house.run(["run", "submit", "-a", "dev", "hi"]).success());
    let queued: Vec<RunId> = (0..2).map(submit).collect();
    for run in &queued {
        waiting.push(follower(&house, &["run", "wait", run.as_str()]));
        waiting.push(follower(&house, &["run", "logs", "-f", run.as_str()]));
    }
    // The fault: they are all at work, and all are killed.
    waiting.into_iter().for_each(kill_9);
    assert_eq!(supervisors(&state(&house)).len(), 4);
    assert_eq!(running_from(&house.path("bin")).len(), 4);
    assert_eq!(told(&house).in_state(AttemptState::Queued).len(), 2);

    let again: Vec<(RunId, Child, Child)> = told(&house)
        .attempts
        .values()
        .map(|attempt| {
            let run = attempt.name.run.clone();
            let wait = follower(&house, &["run", "wait", run.as_str()]);
            let logs = follower(&house, &["run", "logs", "-f", run.as_str()]);
            (run, wait, logs)
        })
        .collect();
    assert_eq!(again.len(), 6);
    std::fs::write(house.path("work/gate"), "").expect("a gate");
    for (run, wait, logs) in again {
        let [wait, logs] = [wait, logs].map(|it| it.wait_with_output().expect("an end"));
        assert_eq!(wait.status.code(), Some(0), "{run}: {wait:?}");
        assert_eq!(logs.status.code(), Some(0), "{run}: {logs:?}");
        let shown = String::from_utf8_lossy(&logs.stdout);
        assert!(shown.contains("forty-two"), "{run}: {logs:?}");
        if queued.contains(&run) {
            assert_eq!(wait.stdout, b"forty-two\n", "{run}: {wait:?}");
        }
        assert_complete(&house, &run);
    }
    let told = told(&house);
    assert_eq!((told.most_held, told.is_over()), (4, true));
    assert_no_tools(&house);
}

/// All tokens and all money of the run are on record.
fn assert_complete(house: &TestHouse, run: &RunId) {
    let exited = events_of(house, run)
        .into_iter()
        .find_map(|event| match event.body {
            Body::AttemptExited(exited) => Some(exited),
            _ => None,
        });
    let exited = exited.expect("an end on record");
    assert_eq!(exited.outcome, AttemptOutcome::Done);
    assert_eq!(exited.cost.amount, Some(MicroUsd(10_000)), "{exited:?}");
    assert!(!exited.cost.at_least, "{exited:?}");
    assert_eq!(
        (exited.usage.input, exited.usage.output),
        (Some(1_000), Some(100))
    );
}

#[test]
fn those_that_wait_for_a_slot_get_one_though_nobody_watches() {
    let house = house_with_gate();
    let runs: Vec<RunId> = (0..6)
        .map(|_| run_of(&house.run(["run", "submit", "-a", "dev", "hi"]).success()))
        .collect();
    until_so("four at work", || n_running(&house) == 4);
    std::fs::write(house.path("work/gate"), "").expect("a gate");
    let told = until("the end of all", || {
        let told = told(&house);
        told.is_over().then_some(told)
    });
    for run in &runs {
        assert_eq!(told.outcome(run), Some(AttemptOutcome::Done), "{run}");
    }
    assert_eq!(told.most_held, 4);
}
