//! The stand-in itself, where other tests rely on what it leaves behind.

use std::fs;
use std::process::Command;
use std::time::Duration;

use rustix::process::{Signal, kill_process};
use tollgate::process::{MARKER, find_marked, sweep};
use tollgate_tests::pids::{read_pid, wait_until_gone};
use uuid::Uuid;

fn fake_agent() -> Command {
    Command::new(env!("CARGO_BIN_EXE_fake-agent"))
}

#[test]
fn a_grandchild_can_forget_its_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let pid_file = folder.path().join("pid");
    let status = fake_agent()
        .env(MARKER, "a mark")
        .args(["--spawn-grandchild", "--clear-env", "--pid-file"])
        .arg(&pid_file)
        .status();
    assert!(status.expect("it runs").success());
    let pid = read_pid(&pid_file);
    let environ = fs::read(format!("/proc/{}/environ", pid.as_raw_pid()));
    kill_process(pid, Signal::KILL).expect("it lives");
    let environ = String::from_utf8(environ.expect("an environment")).expect("text");
    assert!(environ.starts_with("FAKE_AGENT_SCRIPT="), "{environ}");
    assert_eq!(environ.trim_end_matches('\0').split('\0').count(), 1);
}

/// As after the death of a supervisor: nobody who is left is our child.
#[test]
fn a_grandchild_that_hops_from_process_to_process_is_swept_by_its_mark() {
    let folder = tempfile::tempdir().expect("a folder");
    let pid_file = folder.path().join("pid");
    let marker = Uuid::now_v7();
    let status = fake_agent()
        .env(MARKER, marker.to_string())
        .args(["--spawn-grandchild", "--hop-pids", "--pid-file"])
        .arg(&pid_file)
        .status();
    assert!(status.expect("it runs").success());
    let first = read_pid(&pid_file);
    assert!(wait_until_gone(first, Duration::from_secs(20)), "it hops");
    // Each look can fall between two of them.
    while find_marked(marker).is_empty() {}
    let swept = sweep(marker);
    assert!(swept.clean && swept.ended > 0, "{swept:?}");
    assert!(find_marked(marker).is_empty());
}
