//! Six at once and four slots: who starts, who waits, and that a slot is never given twice.

use std::process::Child;

use tollgate::model::{AttemptOutcome, AttemptState, RunId};
use tollgate_tests::house::TestHouse;

use super::ground::{
    house_of, kill_supervisor, run_of, setup, submit, supervisor_of, text, told, until, until_so,
    until_state,
};

/// A tool that runs until its own gate is open.
fn gated_house() -> TestHouse {
    house_of(&["--wait-for-file", "{arg:2}", "--emit-line", "ok"])
}

fn gate(house: &TestHouse, number: usize) -> String {
    text(&house.path(&format!("work/gate-{number}")))
}

fn open(house: &TestHouse, number: usize) {
    std::fs::write(gate(house, number), "").expect("a gate");
}

fn in_state(house: &TestHouse, runs: &[RunId], wanted: AttemptState) -> Vec<usize> {
    let told = told(house);
    let is_it = |run: &RunId| told.first(run).is_some_and(|it| it.state == wanted);
    (0..runs.len()).filter(|at| is_it(&runs[*at])).collect()
}

fn until_all_are_over(house: &TestHouse) {
    until_so("the end of all", || told(house).is_over());
}

fn assert_all_done(house: &TestHouse, runs: &[RunId]) {
    let told = told(house);
    for run in runs {
        assert_eq!(told.outcome(run), Some(AttemptOutcome::Done), "{run}");
    }
}

#[test]
fn four_of_six_start_and_each_end_starts_one_more() {
    let house = gated_house();
    let runs: Vec<RunId> = (0..6).map(|at| submit(&house, &gate(&house, at))).collect();
    until_so("four at work", || {
        in_state(&house, &runs, AttemptState::Running) == [0, 1, 2, 3]
    });
    assert_eq!(in_state(&house, &runs, AttemptState::Queued), [4, 5]);
    open(&house, 2);
    until_state(&house, &runs[4], AttemptState::Running);
    assert_eq!(in_state(&house, &runs, AttemptState::Running), [0, 1, 3, 4]);
    assert_eq!(in_state(&house, &runs, AttemptState::Queued), [5]);
    open(&house, 0);
    until_state(&house, &runs[5], AttemptState::Running);
    assert_eq!(in_state(&house, &runs, AttemptState::Running), [1, 3, 4, 5]);
    (0..6).for_each(|at| open(&house, at));
    until_all_are_over(&house);
    assert_all_done(&house, &runs);
    assert_eq!(told(&house).most_held, 4);
}

#[test]
fn six_from_three_processes_at_once_are_numbered_admitted_and_done() {
    let house = gated_house();
    for round in 0..5 {
        let path = gate(&house, round);
        let send = |_| -> Child {
            let args = ["run", "submit", "-a", "dev", &path];
            house.call(args).start()
        };
        let mut runs = Vec::new();
        for _ in 0..2 {
            let senders: Vec<Child> = (0..3).map(send).collect();
            for sender in senders {
                let output = sender.wait_with_output().expect("an end");
                assert!(output.status.success(), "{output:?}");
                runs.push(RunId::new(
                    String::from_utf8_lossy(&output.stdout).trim_end(),
                ));
            }
        }
        let mut names: Vec<&str> = runs.iter().map(RunId::as_str).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 6);
        until_so("four at work", || {
            in_state(&house, &runs, AttemptState::Running).len() == 4
        });
        assert_eq!(in_state(&house, &runs, AttemptState::Queued).len(), 2);
        open(&house, round);
        until_all_are_over(&house);
        assert_all_done(&house, &runs);
    }
    assert_eq!(told(&house).most_held, 4);
}

#[test]
fn a_tool_with_one_slot_runs_one_at_a_time_and_holds_nobody_else_up() {
    let house = TestHouse::new();
    setup()
        .template("x", &["m"], &["--", "{prompt}"])
        .agent("sole", &["x:m"])
        .at_once(4, &[("x", 1)])
        .write(&house);
    for tool in ["tool", "x"] {
        house.tool(tool, &["--wait-for-file", "{arg:2}", "--emit-line", "ok"]);
    }
    let submit_to = |agent: &str, at: usize| {
        let path = gate(&house, at);
        run_of(&house.run(["run", "submit", "-a", agent, &path]).success())
    };
    let agents = ["sole", "sole", "sole", "dev", "dev", "dev"];
    let runs: Vec<RunId> = agents
        .iter()
        .enumerate()
        .map(|(at, agent)| submit_to(agent, at))
        .collect();
    until_so("one of x and three others", || {
        in_state(&house, &runs, AttemptState::Running) == [0, 3, 4, 5]
    });
    assert_eq!(in_state(&house, &runs, AttemptState::Queued), [1, 2]);
    // A slot is free, but not for x.
    open(&house, 3);
    until_state(&house, &runs[3], AttemptState::Done);
    assert_eq!(in_state(&house, &runs, AttemptState::Queued), [1, 2]);
    (0..6).for_each(|at| open(&house, at));
    until_all_are_over(&house);
    assert_all_done(&house, &runs);
    let told = told(&house);
    assert_eq!((told.most_of_tool["x"], told.most_held), (1, 4));
}

#[test]
fn a_high_priority_goes_first_and_a_low_one_last() {
    let house = TestHouse::new();
    setup().at_once(1, &[]).write(&house);
    house.tool("tool", &["--wait-for-file", "{arg:2}", "--emit-line", "ok"]);
    let path = gate(&house, 0);
    let submit_as = |priority: &str| {
        let args = ["run", "submit", "-a", "dev", "--priority", priority, &path];
        run_of(&house.run(args).success())
    };
    let runs = ["normal", "low", "normal", "high", "low", "high"].map(submit_as);
    open(&house, 0);
    until_all_are_over(&house);
    assert_all_done(&house, &runs);
    let told = told(&house);
    let order: Vec<&RunId> = told.admitted.iter().map(|name| &name.run).collect();
    let expected = [0, 3, 5, 2, 1, 4].map(|at: usize| &runs[at]);
    assert_eq!(order, expected);
    assert_eq!(told.most_held, 1);
}

#[test]
fn the_slots_of_killed_supervisors_are_given_away_by_whoever_waits() {
    let house = gated_house();
    let runs: Vec<RunId> = (0..6).map(|at| submit(&house, &gate(&house, at))).collect();
    until_so("four at work", || {
        in_state(&house, &runs, AttemptState::Running).len() == 4
    });
    let waiting = house.call(["run", "wait", runs[5].as_str()]).start();
    for run in &runs[..2] {
        kill_supervisor(&house, &supervisor_of(&house, run));
    }
    for run in &runs[4..] {
        until_state(&house, run, AttemptState::Running);
    }
    (0..6).for_each(|at| open(&house, at));
    let waited = waiting.wait_with_output().expect("an end");
    assert!(waited.status.success(), "{waited:?}");
    until_all_are_over(&house);
    assert_all_done(&house, &runs[2..]);
    let told = told(&house);
    assert_eq!(told.in_state(AttemptState::Lost).len(), 2);
    assert_eq!(told.most_held, 4);
}

#[test]
fn what_waits_can_be_withdrawn_and_never_starts() {
    let house = gated_house();
    let runs: Vec<RunId> = (0..6).map(|at| submit(&house, &gate(&house, at))).collect();
    house.run(["run", "cancel", runs[4].as_str()]).success();
    (0..6).for_each(|at| open(&house, at));
    until_all_are_over(&house);
    let told = told(&house);
    assert_eq!(told.outcome(&runs[4]), Some(AttemptOutcome::Cancelled));
    assert!(told.admitted.iter().all(|name| name.run != runs[4]));
    let last = until("the last of them", || told.outcome(&runs[5]));
    assert_eq!(last, AttemptOutcome::Done);
}
