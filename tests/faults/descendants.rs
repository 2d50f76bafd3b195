//! Rows 20 and 21: what a tool leaves behind, however it hides.

use std::time::Duration;

use tollgate::model::{AttemptExited, AttemptState, Body, Event, RunId};
use tollgate_tests::house::TestHouse;
use tollgate_tests::occupants::running_from;

use super::ground::{
    assert_no_tools, between, events_of, house_of, submit, text, until_so, until_state,
};

/// Ways to get away: out of the session, out of the environment, from number to number.
const HIDING: [&[&str]; 6] = [
    &["--setsid"],
    &["--setsid", "--hold-stdout"],
    &["--clear-env", "--setsid"],
    &["--clear-env", "--hold-stdout"],
    &["--hop-pids"],
    &["--clear-env", "--hop-pids", "--hold-stdout"],
];

/// What all of those are gone in, once the last signal was sent.
const GONE: Duration = Duration::from_millis(250);

/// A tool that leaves one of each kind and then does the rest of its script.
fn house_with_hiders(rest: &[&str]) -> TestHouse {
    let house = house_of(&[]);
    let mut script = Vec::new();
    for (number, ways) in HIDING.iter().enumerate() {
        let pid_file = text(&house.path(&format!("work/hider-{number}")));
        let flags = ["--spawn-grandchild", "--ignore-int", "--ignore-term"];
        script.extend(flags.iter().chain(*ways).map(|flag| (*flag).to_owned()));
        script.extend(["--pid-file".to_owned(), pid_file]);
    }
    script.extend(rest.iter().map(|flag| (*flag).to_owned()));
    house.tool("tool", &script);
    house
}

fn exit_of(events: &[Event]) -> (&Event, &AttemptExited) {
    let exit = events.iter().find_map(|event| match &event.body {
        Body::AttemptExited(exited) => Some((event, exited)),
        _ => None,
    });
    exit.expect("an end on record")
}

fn last_signal(events: &[Event]) -> &Event {
    let is_signal = |event: &&Event| matches!(event.body, Body::AttemptSignalled(_));
    events.iter().rfind(is_signal).expect("a signal on record")
}

fn stopped(house: &TestHouse, run: &RunId, how: &str) {
    let marker = until_state(house, run, AttemptState::Running).marker;
    until_so("all descendants", || house.path("work/ready").exists());
    // The fault: they are there, the tool and all but those that are between two numbers just now.
    let n_there = running_from(&house.path("bin")).len();
    assert!(n_there > HIDING.len() - 2, "{n_there}");
    house.run(["run", how, run.as_str()]).success();
    assert_no_tools(house);
    let marked = tollgate::process::find_marked(marker.expect("a marker"));
    assert!(marked.is_empty(), "{marked:?}");
    let events = events_of(house, run);
    let (gone, exited) = exit_of(&events);
    assert_eq!(exited.tree_empty, Some(true), "{exited:?}");
    // Those outside its group; the others went with it.
    assert!(exited.swept >= 3, "{exited:?}");
    let took = between(last_signal(&events), gone);
    assert!(took <= GONE, "{took:?}");
}

#[test]
fn nothing_outlives_a_cancel_whatever_session_number_or_environment_it_has() {
    let house = house_with_hiders(&["--touch", "{arg:2}", "--hang"]);
    let run = submit(&house, &text(&house.path("work/ready")));
    stopped(&house, &run, "cancel");
}

#[test]
fn nothing_outlives_a_kill_either() {
    let house = house_with_hiders(&["--ignore-int", "--touch", "{arg:2}", "--hang"]);
    let run = submit(&house, &text(&house.path("work/ready")));
    stopped(&house, &run, "kill");
}

#[test]
fn an_attempt_ends_with_its_tool_though_a_grandchild_holds_the_output() {
    for hiding in [
        &["--hold-stdout"][..],
        &["--hold-stdout", "--setsid"],
        &["--hold-stdout", "--setsid", "--clear-env"],
    ] {
        let house = house_of(&[]);
        let pid_file = text(&house.path("work/pid"));
        let mut script = vec!["--spawn-grandchild", "--ignore-int", "--ignore-term"];
        script.extend(hiding);
        script.extend(["--pid-file", &pid_file, "--emit-line", "ok"]);
        script.extend(["--touch", "{arg:2}", "--exit", "0"]);
        house.tool("tool", &script);
        let last = house.path("work/last");
        let run = submit(&house, &text(&last));
        house.run(["run", "wait", run.as_str()]).success();
        assert_no_tools(&house);
        let events = events_of(&house, &run);
        let (event, exited) = exit_of(&events);
        assert_eq!(exited.tree_empty, Some(true), "{hiding:?}");
        // One of its own group went with it.
        let is_apart = hiding.contains(&"--setsid");
        assert_eq!(exited.swept, u32::from(is_apart), "{hiding:?}");
        // The tool's last act, and the end on record.
        let touched = last
            .metadata()
            .and_then(|it| it.modified())
            .expect("a time");
        let touched = jiff::Timestamp::try_from(touched).expect("a time");
        let took = Duration::try_from(event.at - touched).unwrap_or_default();
        assert!(took < Duration::from_millis(500), "{hiding:?}: {took:?}");
    }
}
