//! What whoever uses the library gets: a handle on work, and no hold over its life.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tollgate::model::{AttemptOutcome, AttemptState, RunId};
use tollgate_tests::house::{TestHouse, built};
use tollgate_tests::occupants::supervisors;

use super::ground::{house_of, state, text, told, until, until_state};

/// A program that uses the library, asked line by line.
struct Dispatcher {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Dispatcher {
    fn start(house: &TestHouse, prompt: &str) -> Self {
        let mut child = Command::new(built("dispatcher"))
            .arg(prompt)
            .current_dir(house.path("work"))
            .env_clear()
            .env("PATH", house.path("bin"))
            .env("HOME", house.path("home"))
            .env("TMPDIR", house.path("tmp"))
            .env("TOLLGATE_CACHE_DIR", house.path("cache"))
            .env("TOLLGATE_CONFIG_DIR", house.path("config"))
            .env("TOLLGATE_STATE_DIR", house.path("state"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a program that uses the library");
        Self {
            stdin: child.stdin.take().expect("a pipe"),
            stdout: BufReader::new(child.stdout.take().expect("a pipe")),
            child,
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.stdin, "{what}").expect("it listens");
        self.line()
    }
}

fn gated_house() -> (TestHouse, std::path::PathBuf) {
    let house = house_of(&[
        "--emit-line",
        "first",
        "--wait-for-file",
        "{arg:2}",
        "--emit-line",
        "second",
    ]);
    let gate = house.path("work/gate");
    (house, gate)
}

#[test]
fn work_is_handed_over_before_it_is_done_and_its_output_grows() {
    let (house, gate) = gated_house();
    let mut dispatcher = Dispatcher::start(&house, &text(&gate));
    let run = RunId::new(dispatcher.line());
    // It came back, and the tool cannot be done: its gate is shut.
    assert_eq!(dispatcher.ask("running"), "true");
    until("its first words", || {
        (dispatcher.ask("output") == "first|").then_some(())
    });
    std::fs::write(&gate, "").expect("a gate");
    assert_eq!(dispatcher.ask("wait"), "done");
    assert_eq!(dispatcher.ask("output"), "first|second|");
    assert_eq!(dispatcher.ask("running"), "false");
    assert_eq!(told(&house).outcome(&run), Some(AttemptOutcome::Done));
    drop(dispatcher.stdin);
    assert!(dispatcher.child.wait().expect("an end").success());
}

#[test]
fn a_handle_that_is_dropped_stops_nothing() {
    let (house, gate) = gated_house();
    let mut dispatcher = Dispatcher::start(&house, &text(&gate));
    let run = RunId::new(dispatcher.line());
    until_state(&house, &run, AttemptState::Running);
    // The fault: the handle goes, then the wait that was given up, then the whole program.
    assert_eq!(dispatcher.ask("give up waiting"), "gave up");
    assert_eq!(dispatcher.ask("drop"), "dropped");
    drop(dispatcher.stdin);
    assert!(dispatcher.child.wait().expect("an end").success());
    assert_eq!(supervisors(&state(&house)).len(), 1);
    std::fs::write(&gate, "").expect("a gate");
    until_state(&house, &run, AttemptState::Done);
}

#[test]
fn a_handle_cancels_its_own_work() {
    let (house, gate) = gated_house();
    let mut dispatcher = Dispatcher::start(&house, &text(&gate));
    let run = RunId::new(dispatcher.line());
    until_state(&house, &run, AttemptState::Running);
    assert_eq!(dispatcher.ask("cancel"), "1 asked");
    assert_eq!(dispatcher.ask("wait"), "cancelled");
    assert_eq!(told(&house).outcome(&run), Some(AttemptOutcome::Cancelled));
    drop(dispatcher.stdin);
    assert!(dispatcher.child.wait().expect("an end").success());
}
