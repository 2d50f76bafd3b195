//! The stand-in agent, run as a program.

use std::{
    fs,
    io::Write,
    os::unix::{fs::symlink, process::ExitStatusExt},
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, getpgid, getsid, kill_process};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};
use tollgate_tests::pids::{is_running, read_pid, wait_until_gone};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fake-agent");
const SOON: Duration = Duration::from_secs(20);

fn play(flags: &[&str]) -> Output {
    play_on(flags, b"")
}

fn play_on(flags: &[&str], stdin: &[u8]) -> Output {
    let mut child = Command::new(PROGRAM)
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    child.wait_with_output().unwrap()
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

fn json_in(path: &str) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn pid_in(path: &str) -> Pid {
    read_pid(Path::new(path))
}

#[test]
fn flags_are_performed_in_their_order() {
    let done = play(&[
        "--emit",
        "a",
        "--emit-line",
        "b",
        "--emit-err",
        "c",
        "--invalid-utf8",
        "--exit",
        "9",
        "--emit",
        "d",
    ]);
    assert_eq!(done.stdout, b"ab\nnot utf-8: \xff\xfe\xc3\x28\n");
    assert_eq!(
        (done.stderr.as_slice(), done.status.code()),
        (b"c\n".as_slice(), Some(9))
    );
}

#[test]
fn floods_have_the_size_asked_for() {
    let flood = play(&["--flood", "1000003"]).stdout;
    assert_eq!((flood.len(), flood.last()), (1_000_003, Some(&b'\n')));
    assert!(
        flood
            .split(|byte| *byte == b'\n')
            .all(|line| line.len() < 80)
    );
    assert_eq!(
        play(&["--long-line", "300000"])
            .stdout
            .iter()
            .position(|byte| *byte == b'\n'),
        Some(300_000)
    );
}

#[test]
fn what_it_was_given_can_be_seen() {
    let folder = tempdir().unwrap();
    let (input, args, env) = (
        path(&folder, "in"),
        path(&folder, "args"),
        path(&folder, "env"),
    );
    let flags = [
        "--echo-stdin-to",
        &input,
        "--echo-args-to",
        &args,
        "--echo-env-to",
        &env,
        "--emit",
        "two\nlines",
    ];
    play_on(&flags, b"\x00prompt\xff");
    assert_eq!(fs::read(&input).unwrap(), b"\x00prompt\xff");
    assert_eq!(
        json_in(&args).as_array().unwrap().last(),
        Some(&json!("two\nlines"))
    );
    assert_eq!(json_in(&env)["PATH"], std::env::var("PATH").unwrap());
}

#[test]
fn stdin_can_be_read_line_by_line() {
    let folder = tempdir().unwrap();
    let (first, rest) = (path(&folder, "first"), path(&folder, "rest"));
    play_on(
        &["--echo-stdin-line-to", &first, "--echo-stdin-to", &rest],
        b"one\ntwo\nthree",
    );
    assert_eq!(fs::read(&first).unwrap(), b"one\n");
    assert_eq!(fs::read(&rest).unwrap(), b"two\nthree");
}

#[test]
fn as_a_tool_it_follows_the_script_beside_it() {
    let folder = tempdir().unwrap();
    let (claude, args, answer) = (
        path(&folder, "claude"),
        path(&folder, "args"),
        path(&folder, "answer"),
    );
    symlink(PROGRAM, &claude).unwrap();
    let script = json!([
        "--echo-args-to",
        args,
        "--write-file",
        "{after:-o}",
        "hi",
        "--exit",
        "4"
    ]);
    fs::write(path(&folder, "claude.script.json"), script.to_string()).unwrap();
    let status = Command::new(&claude)
        .args(["-p", "--exit", "0", "-o", &answer])
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(4));
    assert_eq!(
        json_in(&args),
        json!([claude, "-p", "--exit", "0", "-o", answer])
    );
    assert_eq!(fs::read_to_string(&answer).unwrap(), "hi");
    let version = Command::new(&claude).arg("--version").output().unwrap();
    assert_eq!(version.stdout, b"2.1.330 (Claude Code)\n");
}

#[test]
fn a_script_may_come_from_the_environment() {
    let folder = tempdir().unwrap();
    let file = path(&folder, "script");
    fs::write(&file, r#"["--exit","5"]"#).unwrap();
    let from_file = Command::new(PROGRAM)
        .arg("-p")
        .env("FAKE_AGENT_SCRIPT_FILE", &file)
        .status()
        .unwrap();
    let from_text = Command::new(PROGRAM)
        .arg("-p")
        .env("FAKE_AGENT_SCRIPT", r#"["--exit","6"]"#)
        .status()
        .unwrap();
    assert_eq!((from_file.code(), from_text.code()), (Some(5), Some(6)));
    let broken = Command::new(PROGRAM)
        .env("FAKE_AGENT_SCRIPT", "{")
        .output()
        .unwrap();
    assert_eq!(broken.status.code(), Some(64));
    assert!(
        broken
            .stderr
            .starts_with(b"fake-agent: unreadable script: ")
    );
}

#[test]
fn recordings_are_played_to_their_end() {
    let folder = tempdir().unwrap();
    for (exit, code, signal) in [
        ("143", Some(143), None),
        ("signal 9 (SIGKILL)", None, Some(9)),
    ] {
        fs::write(
            path(&folder, "case.json"),
            json!({"exit": exit}).to_string(),
        )
        .unwrap();
        fs::write(path(&folder, "case.stdout"), b"{}\npart").unwrap();
        fs::write(path(&folder, "case.stderr"), b"warning\n").unwrap();
        let done = play(&["--play", &path(&folder, "case.json")]);
        assert_eq!((done.status.code(), done.status.signal()), (code, signal));
        assert_eq!(
            (done.stdout.as_slice(), done.stderr.as_slice()),
            (b"{}\npart".as_slice(), b"warning\n".as_slice())
        );
    }
}

#[test]
fn an_ignored_signal_has_no_effect_and_another_has() {
    let folder = tempdir().unwrap();
    let (ready, go) = (path(&folder, "ready"), path(&folder, "go"));
    let flags = [
        "--ignore-term",
        "--ignore-int",
        "--ignore-hup",
        "--pid-file",
        &ready,
        "--wait-for-file",
        &go,
        "--exit",
        "3",
    ];
    let mut child = Command::new(PROGRAM).args(flags).spawn().unwrap();
    wait_for(&ready);
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        kill_process(pid_in(&ready), signal).unwrap();
    }
    fs::write(&go, "").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert_eq!(play(&["--kill-self", "TERM"]).status.signal(), Some(15));
}

#[test]
fn a_grandchild_lives_on_as_it_was_told_to() {
    let folder = tempdir().unwrap();
    let (plain, away) = (path(&folder, "plain"), path(&folder, "away"));
    let flags = [
        "--spawn-grandchild",
        "--pid-file",
        &plain,
        "--spawn-grandchild",
        "--setsid",
        "--ignore-term",
        "--pid-file",
        &away,
    ];
    // Neither holds stdout, so reading it to its end does not hang.
    assert!(play(&flags).status.success());
    let (plain, away) = (pid_in(&plain), pid_in(&away));
    assert_eq!(getpgid(Some(plain)), getpgid(None));
    assert_eq!(getsid(Some(away)), Ok(away));
    for grandchild in [plain, away] {
        kill_process(grandchild, Signal::TERM).unwrap();
    }
    assert!(wait_until_gone(plain, SOON));
    assert!(is_running(away));
    kill_process(away, Signal::KILL).unwrap();
    assert!(wait_until_gone(away, SOON));
}

#[test]
fn a_grandchild_can_hold_stdout_open() {
    let folder = tempdir().unwrap();
    let pid_file = path(&folder, "pid");
    let mut child = Command::new(PROGRAM)
        .args([
            "--spawn-grandchild",
            "--hold-stdout",
            "--pid-file",
            &pid_file,
            "--emit-line",
            "bye",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    assert!(child.wait().unwrap().success());
    let (end_tx, end) = std::sync::mpsc::channel();
    let mut stdout = child.stdout.take().unwrap();
    std::thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stdout, &mut text).unwrap();
        end_tx.send(text).unwrap();
    });
    assert!(end.recv_timeout(Duration::from_millis(100)).is_err());
    kill_process(pid_in(&pid_file), Signal::KILL).unwrap();
    assert_eq!(end.recv_timeout(SOON).unwrap(), "bye\n");
}

fn wait_for(path: &str) {
    let start = std::time::Instant::now();
    while !Path::new(path).exists() {
        assert!(start.elapsed() < SOON, "{path} did not come");
        std::thread::yield_now();
    }
}
