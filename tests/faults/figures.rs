//! How long it takes: from a wish to an empty tree, to be accepted, to put the record right.
//!
//! A few of each by default, which must all come out right; `TOLLGATE_TEST_CANCELS=100` makes
//! figures of them, shown with `--nocapture`. Times are printed, never asserted.

use std::time::{Duration, Instant};

use tollgate::model::{AttemptOutcome, AttemptState, Body, RunId};
use tollgate_tests::house::TestHouse;

use super::ground::{
    amount, assert_no_tools, between, events_of, house_of, kill_supervisor, submit, supervisor_of,
    text, told, until_state,
};

fn n_times() -> usize {
    amount("TOLLGATE_TEST_CANCELS", 5)
}

fn show(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "{what}: n {} p50 {:.1?} p95 {:.1?} max {:.1?}",
        times.len(),
        at(50),
        at(95),
        at(100)
    );
}

/// From the wish to the end, both on record.
fn to_empty(house: &TestHouse, run: &RunId) -> Duration {
    let events = events_of(house, run);
    let wish = events
        .iter()
        .find(|event| matches!(event.body, Body::AttemptCancelRequested(_)));
    let end = events.iter().find_map(|event| match &event.body {
        Body::AttemptExited(exited) => Some((event, exited)),
        _ => None,
    });
    let (end, exited) = end.expect("an end");
    assert_eq!(exited.outcome, AttemptOutcome::Cancelled);
    assert_eq!(exited.tree_empty, Some(true));
    between(wish.expect("a wish"), end)
}

fn cancel_all(what: &str, house: &TestHouse) {
    let (mut wishes, mut commands, mut submits) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..n_times() {
        let path = house.path(&format!("work/ready-{number}"));
        let start = Instant::now();
        let run = submit(house, &text(&path));
        submits.push(start.elapsed());
        super::ground::until_so("the tool", || path.exists());
        until_state(house, &run, AttemptState::Running);
        let start = Instant::now();
        house.run(["run", "cancel", run.as_str()]).success();
        commands.push(start.elapsed());
        wishes.push(to_empty(house, &run));
    }
    assert_no_tools(house);
    show(&format!("{what}, wish to empty tree"), wishes);
    show(&format!("{what}, `run cancel` as a whole"), commands);
    show(&format!("{what}, `run submit` as a whole"), submits);
}

#[test]
fn an_obedient_tool_is_gone() {
    let house = house_of(&["--touch", "{arg:2}", "--hang"]);
    cancel_all("obedient", &house);
}

#[test]
fn a_tool_with_stubborn_grandchildren_is_gone() {
    let house = house_of(&[]);
    let mut script = Vec::new();
    for number in 0..3 {
        let pid_file = text(&house.path(&format!("work/stubborn-{number}")));
        let flags = [
            "--spawn-grandchild",
            "--setsid",
            "--ignore-int",
            "--ignore-term",
            "--hold-stdout",
            "--pid-file",
        ];
        script.extend(flags.map(str::to_owned));
        script.push(pid_file);
    }
    script.extend(["--touch", "{arg:2}", "--hang"].map(str::to_owned));
    house.tool("tool", &script);
    cancel_all("stubborn", &house);
}

#[test]
fn recovery_is_over_soon() {
    let house = house_of(&[]);
    let pid_file = text(&house.path("work/straggler"));
    let script = ["--spawn-grandchild", "--setsid", "--pid-file", &pid_file];
    let script: Vec<&str> = script.into_iter().chain(["--hang"]).collect();
    house.tool("tool", &script);
    let (mut one, mut none) = (Vec::new(), Vec::new());
    for _ in 0..n_times() {
        let run = submit(&house, "hi");
        until_state(&house, &run, AttemptState::Running);
        super::ground::until_so("the straggler", || house.path("work/straggler").exists());
        kill_supervisor(&house, &supervisor_of(&house, &run));
        for times in [&mut one, &mut none] {
            let start = Instant::now();
            let _ = house.run(["run", "wait", run.as_str()]).exit(1);
            times.push(start.elapsed());
        }
        assert_eq!(told(&house).outcome(&run), Some(AttemptOutcome::Lost));
        assert_no_tools(&house);
        std::fs::remove_file(&pid_file).expect("a pid file");
    }
    show("`run wait` that declares one lost and sweeps", one);
    show("`run wait` that finds nothing to do", none);
}
