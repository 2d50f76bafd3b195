//! A tool in a process that exists for nothing else: whatever it leaves is ended, marked or not.
//!
//! Such a process ends all its children, so each test here runs the test program once more, for
//! itself alone.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tokio::time::Instant;

use super::*;
use crate::model::StopReason;
use crate::process::unix::testing;

/// Names the test that has this process to itself.
const ALONE: &str = "TOLLGATE_TEST_ALONE";

/// What [`stand_in`] is to be.
const ROLE: &str = "TOLLGATE_TEST_ROLE";
const FILE: &str = "TOLLGATE_TEST_FILE";
const STAND_IN: &str = "process::tests::alone::stand_in";

/// Run the test of this name in a process of its own.
pub(in crate::process) fn alone(name: &str, body: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some_and(|alone| alone == name) {
        return body();
    }
    let mut again = program(name);
    let output = again.env(ALONE, name).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complaint}");
    assert!(said.contains("1 passed"), "no such test: {name}\n{said}");
    drop(std::io::stderr().write_all(complaint.as_bytes()));
}

/// This program, as another that plays a role and keeps `file`.
pub(super) fn standing_in(role: &str, file: &Path) -> std::process::Command {
    let mut command = program(STAND_IN);
    command.env(ROLE, role).env(FILE, file);
    command
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the room that starts programs"
)]
fn program(test: &str) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    command
}

/// No test, but the program that other tests start.
#[test]
fn stand_in() {
    let Some(role) = std::env::var_os(ROLE) else {
        return;
    };
    let file = std::env::var_os(FILE).map(PathBuf::from).unwrap();
    match role.to_str().unwrap() {
        "starter" => supervisor::start_and_stay(&file),
        "hopper" => hop(&file, Duration::ZERO),
        "lazy hopper" => hop(&file, Duration::from_millis(3)),
        other => panic!("no such role: {other}"),
    }
}

/// The lock on `file` is free when the last of them is gone.
fn hop(file: &Path, pause: Duration) -> ! {
    let lock = File::open(file).unwrap();
    lock.try_lock().unwrap();
    std::io::stdout().write_all(b"\nready\n").unwrap();
    testing::hop(pause);
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

/// A shell script that starts a hopper without a mark and stays.
fn with_hopper(role: &str, file: &Path) -> CommandSpec {
    let mut spec = sh("env -u TOLLGATE_ATTEMPT setsid \"$@\" & wait");
    let command = standing_in(role, file);
    spec.args.push("sh".into());
    spec.args.push(command.get_program().into());
    spec.args.extend(command.get_args().map(OsString::from));
    let set = command
        .get_envs()
        .map(|(name, value)| (name.into(), value.unwrap().into()));
    spec.env.extend(set);
    spec
}

/// Kill the tool once it is ready; the time from there to the end.
async fn killed(tenure: Tenure, spec: CommandSpec) -> (Story, Duration) {
    let mut begun = None;
    let story = run_under(tenure, spec, Caps::default(), |child, line| {
        if line == "ready" {
            child.kill(StopReason::Interrupt);
            begun = Some(Instant::now());
        }
    })
    .await;
    (story, begun.expect("it was ready").elapsed())
}

#[cfg(target_os = "linux")]
#[test]
fn one_without_a_mark_that_holds_the_output_is_ended() {
    let name = "process::tests::alone::one_without_a_mark_that_holds_the_output_is_ended";
    alone(name, || {
        let script = "env -i setsid sh -c 'trap \"\" TERM; echo ready; exec sleep 1000' & wait";
        let (story, took) = block_on(killed(Tenure::Sole, sh(script)));
        let end = story.ended.unwrap();
        assert_eq!((end.tree_empty, end.swept), (true, 1));
        assert_eq!(story.drained, Some(true));
        assert!(took < Duration::from_millis(500), "{took:?}");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn generations_that_left_one_another_count_once_each() {
    let name = "process::tests::alone::generations_that_left_one_another_count_once_each";
    alone(name, || {
        // The first has the mark; each of the other four starts the next in a session of its own.
        let script = "export n=$1; [ $n = 0 ] && { echo ready; exec sleep 1000; }; \
                      setsid sh -c \"$0\" \"$0\" $((n - 1)) & wait";
        let first = "env -u TOLLGATE_ATTEMPT setsid sh -c \"$0\" \"$0\" 3 & wait";
        let mut spec = sh(&format!("setsid sh -c '{first}' \"$0\" & wait"));
        spec.args.push(script.into());
        let (story, _) = block_on(killed(Tenure::Sole, spec));
        let end = story.ended.unwrap();
        assert_eq!((end.tree_empty, end.swept), (true, 5));
    });
}

#[cfg(target_os = "linux")]
#[test]
fn one_that_keeps_changing_its_process_is_caught_without_a_mark() {
    let name =
        "process::tests::alone::one_that_keeps_changing_its_process_is_caught_without_a_mark";
    alone(name, || {
        for role in ["hopper", "lazy hopper"] {
            let file = tempfile::NamedTempFile::new().unwrap();
            let spec = with_hopper(role, file.path());
            let (story, _) = block_on(killed(Tenure::Sole, spec));
            let end = story.ended.unwrap();
            assert!(end.tree_empty && end.swept >= 1, "{role}: {end:?}");
            assert!(file.as_file().try_lock().is_ok(), "a {role} is left");
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn orphans_that_end_while_the_tool_runs_do_not_pile_up() {
    let name = "process::tests::alone::orphans_that_end_while_the_tool_runs_do_not_pile_up";
    alone(name, || {
        let script = "for i in 1 2 3 4 5 6 7 8; do (setsid true &); done; echo ready; read x; \
                      cat /proc/$PPID/task/*/children; echo; echo $$";
        let spec = sh(script).reading(&Input::Session(RAW), "");
        let story = block_on(async {
            let mut child = RunningChild::spawn_under(Tenure::Sole, spec, Caps::default()).unwrap();
            let mut story = Story::default();
            while story.stdout() != ["ready"] {
                story.add(child.next().await.unwrap());
            }
            // Each of them tells of its end by a signal; the tool waits until all are reaped.
            while n_children() > 1 {
                let look = tokio::time::timeout(Duration::from_millis(1), child.next());
                assert!(look.await.is_err(), "nothing happens to the tool");
            }
            child.write_stdin(b"go\n".to_vec()).unwrap();
            while let Some(event) = child.next().await {
                story.add(event);
            }
            story
        });
        let lines = story.stdout();
        assert_eq!(lines[1].trim(), lines[2], "the tool is our only child");
        assert_eq!(
            story.ended.map(|end| (end.tree_empty, end.swept)),
            Some((true, 0))
        );
    });
}

fn n_children() -> usize {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let lists = threads
        .filter_map(|thread| std::fs::read_to_string(thread.unwrap().path().join("children")).ok());
    lists
        .map(|list| list.split_ascii_whitespace().count())
        .sum()
}

/// How long the end takes from the kill on; prints what it measured.
#[cfg(target_os = "linux")]
#[test]
fn the_end_does_not_take_longer_than_it_must() {
    let name = "process::tests::alone::the_end_does_not_take_longer_than_it_must";
    alone(name, || {
        let away = "setsid sh -c 'trap \"\" TERM INT; echo ready; exec sleep 1000' & wait";
        let silent = "setsid sh -c 'trap \"\" TERM INT; echo ready; \
                      exec sleep 1000 >/dev/null 2>&1' & wait";
        let cases = [
            (
                "nothing left",
                Tenure::Shared,
                "echo ready; exec sleep 1000".to_owned(),
            ),
            ("a session of its own", Tenure::Shared, silent.to_owned()),
            ("holding the output", Tenure::Shared, away.to_owned()),
            (
                "nothing left",
                Tenure::Sole,
                "echo ready; exec sleep 1000".to_owned(),
            ),
            (
                "a session of its own",
                Tenure::Sole,
                format!("env -i {silent}"),
            ),
            ("holding the output", Tenure::Sole, format!("env -i {away}")),
        ];
        for (what, tenure, script) in cases {
            measure(&format!("{tenure:?}: {what}"), tenure, || sh(&script));
        }
        for role in ["hopper", "lazy hopper"] {
            let file = tempfile::NamedTempFile::new().unwrap();
            let spec = || with_hopper(role, file.path());
            measure(&format!("Sole: {role}"), Tenure::Sole, spec);
        }
    });
}

fn measure(what: &str, tenure: Tenure, spec: impl Fn() -> CommandSpec) {
    let mut times = Vec::new();
    for _ in 0..20 {
        let (story, took) = block_on(killed(tenure, spec()));
        assert!(story.ended.unwrap().tree_empty, "{what}");
        times.push(took);
    }
    times.sort_unstable();
    let line = format!("{what}: median {:?}, most {:?}\n", times[10], times[19]);
    drop(std::io::stderr().write_all(line.as_bytes()));
    // The longest wait that is ours to choose is 500 ms.
    assert!(times[10] < Duration::from_millis(250), "{what}: {times:?}");
}
