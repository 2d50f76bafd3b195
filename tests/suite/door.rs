//! The first things anybody tries: version, help, completions, the demo.

use std::time::{Duration, Instant};

use tollgate_tests::house::TestHouse;

/// A house in which nothing that is read would be any good.
fn ruined() -> TestHouse {
    let house = TestHouse::new();
    house.write("config/agents.yaml", "[");
    std::fs::remove_dir(house.path("state")).unwrap();
    house.write("state", "not a folder");
    house
}

#[test]
fn version_and_help_need_nothing_of_the_machine() {
    let house = ruined();
    let version = env!("CARGO_PKG_VERSION");
    for args in [&["version"][..], &["--version"]] {
        let said = house.run(args.iter().copied()).success().stdout;
        assert!(
            said.contains("tollgate") && said.contains(version),
            "{said}"
        );
    }
    let document = house.run(["version", "--json"]).success().json();
    assert_eq!(document["version"], version, "{document:#}");
    for args in [&["--help"][..], &["exec", "--help"], &["stats", "-h"]] {
        let said = house.run(args.iter().copied()).success().stdout;
        assert!(said.contains("Usage:"), "{said}");
    }
    let help = house.run(["--help"]).success().stdout;
    for word in ["124 timed out", "130 cancelled", "tollgate demo"] {
        assert!(help.contains(word), "{word}:\n{help}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = house.run(["completions", shell]).success().stdout;
        assert!(script.contains("tollgate"), "{shell}");
    }
    for command in ["config schema agents", "config templates"] {
        house.run(command.split(' ')).success();
    }
}

#[test]
fn without_a_command_the_way_in_is_shown() {
    let house = ruined();
    let outcome = house.run([] as [&str; 0]).exit(2);
    assert!(
        outcome.stderr.contains("tollgate demo"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_record_that_cannot_be_written_stops_the_run_before_the_tool() {
    let house = TestHouse::new();
    tollgate_tests::setup::Setup::claude_dev().write(&house);
    std::fs::remove_dir(house.path("state")).unwrap();
    house.write("state", "not a folder");
    let ran = house.path("work/ran").to_string_lossy().into_owned();
    house.tool("claude", &["--touch", &ran]);
    let refused = house
        .run(["exec", "-a", "dev", "--json", "hi"])
        .exit(74)
        .json();
    assert_eq!(refused["error"]["code"], "record", "{refused}");
    assert!(!house.path("work/ran").exists());
}

#[test]
fn the_demo_shows_everything_in_seconds_and_leaves_nothing() {
    let house = TestHouse::new();
    let start = Instant::now();
    let outcome = house.call(["demo"]).unnamed_dirs().run().success();
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    for word in ["fallback", "cost", "tollgate init"] {
        assert!(said.contains(word), "{word}:\n{said}");
    }
    for folder in ["tmp", "home", "work", "config", "state"] {
        let left: Vec<_> = house.path(folder).read_dir().unwrap().collect();
        assert!(left.is_empty(), "left in {folder}: {left:?}");
    }
}

#[test]
fn what_is_closed_early_is_no_bug() {
    let house = TestHouse::new();
    let mut child = house.call(["--help"]).start();
    drop(child.stdout.take());
    drop(child.stderr.take());
    let status = child.wait().unwrap().code();
    assert!(matches!(status, Some(0 | 1)), "{status:?}");
}
