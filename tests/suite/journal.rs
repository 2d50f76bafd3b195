//! The journal survives what happens to files, and the index can be thrown away.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use rustix::process::{Pid, Signal, kill_process};
use tollgate_tests::house::TestHouse;
use tollgate_tests::pids::{is_running, read_pid};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

const SEGMENT: &str = "state/log/00000000000000000001.jsonl";

/// A house with three runs on record.
fn lived_in() -> TestHouse {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &Claude::says("ok").script());
    for _ in 0..3 {
        house.run(["exec", "-a", "dev", "hi"]).success();
    }
    house
}

fn n_finished(house: &TestHouse) -> usize {
    let types = house.event_types();
    types.iter().filter(|kind| *kind == "run.finished").count()
}

fn stats(house: &TestHouse) -> String {
    house.run(["stats", "--daily"]).success().stdout
}

fn index_files(house: &TestHouse) -> Vec<PathBuf> {
    let files: Vec<PathBuf> = house
        .state_files()
        .into_iter()
        .filter(|(_, bytes)| bytes.starts_with(b"SQLite format 3\0"))
        .map(|(path, _)| path)
        .collect();
    assert!(!files.is_empty(), "there is no index");
    files
}

#[test]
fn a_sound_journal_is_counted_and_called_sound() {
    let house = lived_in();
    let n_events = house.events().len();
    let outcome = house.run(["journal", "verify"]).success();
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains(&n_events.to_string()), "{n_events} in {said}");
    let document = house.run(["journal", "verify", "--json"]).success().json();
    assert_eq!(document.get("error"), None, "{document:#}");
}

#[test]
fn an_export_is_the_journal_as_it_stands() {
    let house = lived_in();
    let exported = house.run(["journal", "export"]).success().stdout;
    assert_eq!(exported, house.read(SEGMENT));
}

#[test]
fn an_empty_place_has_an_empty_journal_and_no_error() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    assert_eq!(house.run(["journal", "export"]).success().stdout, "");
    house.run(["journal", "verify"]).success();
    house.run(["stats", "--daily"]).success();
}

#[test]
fn a_torn_last_line_costs_nothing_that_came_later() {
    let house = lived_in();
    let mut file = OpenOptions::new()
        .append(true)
        .open(house.path(SEGMENT))
        .unwrap();
    file.write_all(br#"{"v":1,"log":"torn"#).unwrap();
    drop(file);
    house.run(["exec", "-a", "dev", "hi"]).success();
    assert_eq!(n_finished(&house), 4);
    assert!(house.event_types().contains(&"log.repaired".to_owned()));
}

#[test]
fn one_bad_byte_is_one_bad_record_and_the_rest_is_served() {
    let house = lived_in();
    let mut bytes = fs::read(house.path(SEGMENT)).unwrap();
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    bytes[line + 40] = 0xff;
    fs::write(house.path(SEGMENT), bytes).unwrap();
    let document = house.run(["journal", "verify", "--json"]).exit(1).json();
    assert_eq!(document["error"]["code"], "damaged_record", "{document:#}");
    house.run(["journal", "verify"]).exit(1).says("error:");
    assert_eq!(n_finished(&house), 3);
    house.run(["exec", "-a", "dev", "hi"]).success();
    assert_eq!(n_finished(&house), 4);
}

#[test]
fn an_index_that_is_gone_or_broken_is_made_anew_with_the_same_answers() {
    let house = lived_in();
    let before = stats(&house);
    assert!(before.contains('3'), "{before}");
    for path in index_files(&house) {
        fs::remove_file(path).unwrap();
    }
    assert_eq!(stats(&house), before);
    for path in index_files(&house) {
        let mut bytes = fs::read(&path).unwrap();
        for (number, byte) in bytes.iter_mut().enumerate().skip(100) {
            *byte = u8::try_from(number % 251).unwrap();
        }
        fs::write(&path, bytes).unwrap();
    }
    assert_eq!(stats(&house), before);
    for path in index_files(&house) {
        fs::write(&path, "not a database").unwrap();
    }
    assert_eq!(stats(&house), before);
    house.run(["index", "rebuild"]).success();
    assert_eq!(stats(&house), before);
}

#[test]
fn an_index_of_another_journal_is_not_believed() {
    let (house, other) = (lived_in(), lived_in());
    let before = stats(&house);
    other.run(["exec", "-a", "dev", "hi"]).success();
    let _ = stats(&other);
    let ours = index_files(&house);
    for path in index_files(&other) {
        fs::copy(&path, &ours[0]).unwrap();
    }
    assert_eq!(stats(&house), before);
}

#[test]
fn a_command_killed_in_the_middle_takes_nothing_with_it() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    let (pid, go) = (house.path("work/pid"), house.path("work/go"));
    let mut script = vec!["--pid-file", pid.to_str().unwrap()];
    script.extend(["--wait-for-file", go.to_str().unwrap()]);
    let says = Claude::says("late").script();
    script.extend(says.iter().map(String::as_str));
    house.tool("claude", &script);
    let mut child = house.call(["exec", "-a", "dev", "hi"]).start();
    let start = std::time::Instant::now();
    while !pid.exists() {
        assert!(start.elapsed().as_secs() < 20, "the tool did not start");
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    child.wait().unwrap();
    assert!(is_running(read_pid(&pid)), "the run goes on without it");
    house.write("work/go", "");
    let run = house.events().iter().find_map(|event| {
        let run = event["run_id"].as_str()?;
        Some(run.to_owned())
    });
    let waited = house.run(["run", "wait", &run.unwrap()]).success();
    assert_eq!(waited.stdout, "late\n");
    house.run(["journal", "verify"]).success();
    house.tool("claude", &Claude::says("ok").script());
    house.run(["exec", "-a", "dev", "hi"]).success();
    house.run(["journal", "verify"]).success();
    assert_eq!(n_finished(&house), 2);
}
