//! Row 28, with real processes: a cancel meets a tool that is just done.

use std::time::Duration;

use tollgate::model::{AttemptOutcome, AttemptState, Body, RunId};
use tollgate_tests::Lcg;
use tollgate_tests::house::TestHouse;

use super::ground::{assert_no_tools, events_of, house_of, submit, text, told, until_state};

const RACES: usize = 40;

/// A cancel needs about this long until it is on record; the tool's end is spread over it.
const SPREAD_US: u64 = 40_000;

#[test]
fn a_cancel_that_meets_an_end_leaves_one_end_and_can_be_repeated() {
    let house = house_of(&["--wait-for-file", "{arg:2}", "--emit-line", "ok"]);
    let mut random = Lcg::new(28);
    let mut n_done = 0;
    for race in 0..RACES {
        let gate = house.path(&format!("work/gate-{race}"));
        let run = submit(&house, &text(&gate));
        until_state(&house, &run, AttemptState::Running);
        let open = || std::fs::write(&gate, "").expect("a gate");
        // Both ends of the spread are sure: one that is done, and one that never would be.
        if race % 10 == 0 {
            open();
            until_state(&house, &run, AttemptState::Done);
        }
        let cancel = house.call(["run", "cancel", run.as_str()]).start();
        if race % 10 != 5 {
            // Where in the cancel it falls is left to the seed, not waited for.
            std::thread::sleep(Duration::from_micros(random.below(SPREAD_US)));
            open();
        }
        let output = cancel.wait_with_output().expect("an end");
        let outcome = one_end(&house, &run);
        n_done += usize::from(outcome == AttemptOutcome::Done);
        // One that lost the race by a whole run is told so; nobody is told a lie.
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        match output.status.code() {
            Some(0) => assert!(said.contains(outcome.as_str()), "{outcome:?}: {output:?}"),
            _ => assert_eq!(outcome, AttemptOutcome::Done, "{output:?}"),
        }
        again(&house, &run, outcome);
    }
    assert_no_tools(&house);
    // The fault: it went both ways.
    assert!(
        (1..RACES).contains(&n_done),
        "{n_done} of {RACES} were done"
    );
}

/// The one end of a run, by the rule: its order on record, and the tool's own end.
fn one_end(house: &TestHouse, run: &RunId) -> AttemptOutcome {
    let told = told(house);
    let attempt = told.first(run).expect("an attempt");
    assert_eq!(attempt.n_ends, 1, "{attempt:?}");
    let outcome = told.outcome(run).expect("an end");
    assert_eq!(AttemptState::from(outcome), attempt.state);
    let events = events_of(house, run);
    let place = |wanted: fn(&Body) -> bool| events.iter().position(|event| wanted(&event.body));
    let end = place(|body| matches!(body, Body::AttemptExited(_))).expect("an exit");
    let wish = place(|body| matches!(body, Body::AttemptCancelRequested(_)));
    let Body::AttemptExited(exited) = &events[end].body else {
        unreachable!("it was looked for")
    };
    assert!(wish.is_none_or(|wish| wish < end), "a wish after the end");
    assert_eq!(exited.cancel_requested, wish.is_some());
    match outcome {
        AttemptOutcome::Cancelled => assert!(wish.is_some()),
        // It ended by itself, whether or not somebody had asked.
        AttemptOutcome::Done => assert_eq!(exited.exit_code, Some(0)),
        other => panic!("{other:?}: {exited:?}"),
    }
    outcome
}

/// Asked again, nothing is added; one that was cancelled stays so, and what is done stays done.
fn again(house: &TestHouse, run: &RunId, outcome: AttemptOutcome) {
    let n_events = events_of(house, run).len();
    let second = house.run(["run", "cancel", run.as_str()]);
    match outcome {
        AttemptOutcome::Cancelled => {
            assert_eq!(second.success().stdout, format!("{run}: cancelled\n"))
        }
        _ => assert!(second.exit(1).stderr.contains("is over already: done")),
    }
    assert_eq!(events_of(house, run).len(), n_events);
}

#[test]
fn many_who_cancel_at_once_make_one_cancel() {
    let house = house_of(&["--hang"]);
    let run = submit(&house, "hi");
    until_state(&house, &run, AttemptState::Running);
    let all = [(); 4].map(|()| house.call(["run", "cancel", run.as_str()]).start());
    for cancel in all {
        let output = cancel.wait_with_output().expect("an end");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let events = events_of(&house, &run);
    let count = |wanted: fn(&Body) -> bool| events.iter().filter(|it| wanted(&it.body)).count();
    assert_eq!(
        count(|body| matches!(body, Body::AttemptCancelRequested(_))),
        1
    );
    assert_eq!(count(|body| matches!(body, Body::RunCancelRequested(_))), 1);
    assert_eq!(count(|body| matches!(body, Body::AttemptSignalled(_))), 1);
    assert_eq!(told(&house).outcome(&run), Some(AttemptOutcome::Cancelled));
}

#[test]
fn a_cancel_right_after_a_submit_finds_whatever_there_is() {
    let house = house_of(&["--hang"]);
    let mut random = Lcg::new(29);
    let (mut n_ran, mut n_never) = (0, 0);
    for _ in 0..RACES / 2 {
        let run = submit(&house, "hi");
        std::thread::sleep(Duration::from_micros(random.below(SPREAD_US)));
        let cancelled = house.run(["run", "cancel", run.as_str()]).success();
        assert_eq!(cancelled.stdout, format!("{run}: cancelled\n"));
        let told = told(&house);
        let attempt = told.first(&run).expect("an attempt");
        assert_eq!(
            (attempt.n_ends, attempt.state),
            (1, AttemptState::Cancelled)
        );
        let ran = events_of(&house, &run)
            .iter()
            .any(|event| matches!(event.body, Body::AttemptStarted(_)));
        n_ran += usize::from(ran);
        n_never += usize::from(!ran);
        assert_no_tools(&house);
    }
    println!("{n_ran} had been started, {n_never} had not");
}

#[test]
fn a_kill_overtakes_a_cancel_that_is_still_polite() {
    let house = house_of(&[
        "--ignore-int",
        "--ignore-term",
        "--touch",
        "{arg:2}",
        "--hang",
    ]);
    let deaf = house.path("work/deaf");
    let run = submit(&house, &text(&deaf));
    super::ground::until_so("a deaf tool", || deaf.exists());
    let asked = ["run", "cancel", "--no-wait", run.as_str()];
    house.run(asked).success();
    house.run(["run", "kill", run.as_str()]).success();
    let signals: Vec<String> = events_of(&house, &run)
        .iter()
        .filter_map(|event| match &event.body {
            Body::AttemptSignalled(step) => Some(step.signal.clone()),
            _ => None,
        })
        .collect();
    // The supervisor may hear of both at once.
    assert!(
        signals == ["SIGINT", "SIGKILL"] || signals == ["SIGKILL"],
        "{signals:?}"
    );
    assert_eq!(told(&house).outcome(&run), Some(AttemptOutcome::Cancelled));
    assert_no_tools(&house);
}
