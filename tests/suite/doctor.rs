//! `doctor`: what it sees, that looking changes nothing, and that `--fix` mends what it says.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{Access, access};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tollgate_tests::house::TestHouse;
use tollgate_tests::pids::{is_running, read_pid, wait_until_gone};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

const SOON: Duration = Duration::from_secs(20);
const SEGMENT: &str = "state/log/00000000000000000001.jsonl";

/// A house as the program itself would make it: nobody else may look in.
fn house() -> TestHouse {
    let house = TestHouse::new();
    close(&house.path("state"));
    house
}

fn close(folder: &Path) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("a mode");
}

/// A house with a request on record that was submitted and is done, and an index.
fn lived_in() -> TestHouse {
    let house = house();
    Setup::claude_dev().write(&house);
    house.tool("claude", &Claude::says("ok").script());
    let run = submit(&house);
    house.run(["run", "wait", &run]).success();
    settle(&house, &run);
    house.run(["stats"]).success();
    house
}

fn submit(house: &TestHouse) -> String {
    let submitted = house.run(["run", "submit", "-a", "dev", "hi"]).success();
    submitted.stdout.trim().to_owned()
}

/// The supervisor puts things in order after the end is on record.
fn settle(house: &TestHouse, run: &str) {
    let launch = house.path(&format!("state/runs/{run}/i1/launch.json"));
    wait_for(&launch, |path| !path.exists());
    let process = house.path(&format!("state/runs/{run}/i1/a1/process.json"));
    assert!(wait_until_gone(supervisor(&process), SOON));
}

fn wait_for(path: &Path, is_so: impl Fn(&Path) -> bool) {
    let start = Instant::now();
    while !is_so(path) {
        assert!(start.elapsed() < SOON, "{} stayed as it is", path.display());
        std::thread::yield_now();
    }
}

fn supervisor(process: &Path) -> Pid {
    let text = fs::read_to_string(process).expect("a process file");
    let process: Value = serde_json::from_str(&text).expect("JSON");
    let pid = process["supervisor"]["pid"].as_i64().expect("a number");
    Pid::from_raw(i32::try_from(pid).expect("a small number")).expect("a pid")
}

/// What doctor says with `--json`, and its exit status.
fn doctor(house: &TestHouse, more: &[&str]) -> (Option<i32>, Value) {
    let args = ["doctor", "--json"].into_iter().chain(more.iter().copied());
    let outcome = house.run(args);
    assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    (outcome.status, outcome.json())
}

/// The checks with this id.
fn all<'a>(document: &'a Value, id: &str) -> Vec<&'a Value> {
    let checks = document["checks"].as_array().expect("checks");
    checks.iter().filter(|check| check["id"] == id).collect()
}

#[track_caller]
fn one<'a>(document: &'a Value, id: &str) -> &'a Value {
    let found = all(document, id);
    assert_eq!(found.len(), 1, "{id} in {document:#}");
    found[0]
}

/// Ids of what is not in order.
fn problems(document: &Value) -> Vec<&str> {
    let checks = document["checks"].as_array().expect("checks");
    let problems = checks.iter().filter(|check| check["verdict"] == "problem");
    problems.filter_map(|check| check["id"].as_str()).collect()
}

#[track_caller]
fn is_healthy(house: &TestHouse) -> Value {
    let (status, document) = doctor(house, &[]);
    assert_eq!(
        (status, problems(&document)),
        (Some(0), vec![]),
        "{document:#}"
    );
    assert_eq!(document["healthy"], true);
    document
}

/// It finds this problem; `--fix` mends it; then it is gone.
#[track_caller]
fn is_mended(house: &TestHouse, id: &str) -> Value {
    let before = everything(house);
    let (status, document) = doctor(house, &[]);
    assert_eq!(status, Some(1), "{document:#}");
    assert!(problems(&document).contains(&id), "{document:#}");
    assert_eq!(one(&document, id)["fixable"], true);
    assert_eq!(everything(house), before, "looking changed something");
    let (status, mended) = doctor(house, &["--fix"]);
    assert_eq!(status, Some(0), "{mended:#}");
    assert_eq!(mended["healthy"], true);
    let done = mended["mended"].as_array().expect("what was done");
    assert!(
        done.iter().any(|it| it["id"] == id && it["done"] == true),
        "{mended:#}"
    );
    is_healthy(house);
    mended
}

/// A file or folder: name, mode, time of change, bytes.
type Entry = (PathBuf, u32, SystemTime, Vec<u8>);

/// Everything in the state directory.
fn everything(house: &TestHouse) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut paths = vec![house.path("state")];
    while let Some(path) = paths.pop() {
        let meta = fs::symlink_metadata(&path).expect("a file");
        let mut bytes = Vec::new();
        if meta.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder");
            paths.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else {
            bytes = fs::read(&path).expect("bytes");
        }
        let changed = meta.modified().expect("a time");
        found.push((path, meta.permissions().mode(), changed, bytes));
    }
    found.sort();
    found
}

#[test]
fn a_house_that_is_in_order_is_told_so_line_by_line() {
    let house = lived_in();
    let document = is_healthy(&house);
    assert_eq!(document.get("error"), None);
    for id in [
        "state-directory",
        "file-system",
        "privacy",
        "ballast",
        "clock",
        "journal",
        "index",
        "runs",
        "files",
        "left-processes",
        "configuration",
        "trust",
        "tool",
        "version",
        "system",
    ] {
        let check = one(&document, id);
        assert_eq!(check["verdict"], "ok", "{check:#}");
        assert_eq!(
            (&check["fixable"], &check["fix"]),
            (&Value::Bool(false), &Value::Null)
        );
    }
    let tool = one(&document, "tool");
    assert_eq!(tool["subject"], "claude");
    let text = house.run(["doctor"]).success().stdout;
    for line in [
        "State directory\n  ok       ",
        "\nJournal\n  ok       ",
        "\nIndex\n  ok       up to the last event\n",
        "\nRuns\n  ok       nothing at work, nothing waiting\n",
    ] {
        assert!(text.contains(line), "{line:?} in\n{text}");
    }
}

#[test]
fn looking_changes_nothing() {
    let house = lived_in();
    house.run(["exec", "-a", "dev", "more"]).success();
    let before = everything(&house);
    house.run(["doctor"]).success();
    assert_eq!(everything(&house), before);
    // With the files that SQLite makes for itself, and without.
    for (path, ..) in &before {
        if path.to_string_lossy().ends_with("-shm") {
            fs::remove_file(path).expect("removed");
        }
    }
    let before = everything(&house);
    house.run(["doctor"]).success();
    assert_eq!(everything(&house), before);
}

#[test]
fn an_empty_house_without_configuration_is_looked_at_and_left_empty() {
    let house = house();
    fs::remove_dir(house.path("config")).unwrap();
    for more in [&[][..], &["--fix"]] {
        let (status, document) = doctor(&house, more);
        assert_eq!(status, Some(0), "{document:#}");
        assert_eq!(one(&document, "configuration")["verdict"], "note");
        assert_eq!(all(&document, "tool").len(), 0);
        assert_eq!(house.state_files(), vec![]);
    }
    fs::remove_dir(house.path("state")).unwrap();
    house.run(["doctor", "--fix"]).success();
    assert!(!house.path("state").exists());
}

#[test]
fn a_broken_configuration_is_a_problem_and_the_rest_is_looked_at_all_the_same() {
    let house = lived_in();
    house.write("config/tools.yaml", "tools: [");
    let (status, document) = doctor(&house, &[]);
    assert_eq!(status, Some(1));
    assert_eq!(problems(&document), ["configuration"], "{document:#}");
    assert_eq!(document["error"]["code"], "unfit");
    assert_eq!(document["healthy"], false);
    assert_eq!(one(&document, "journal")["verdict"], "ok");
    assert_eq!(all(&document, "tool").len(), 0);
    let text = house.run(["doctor"]).exit(1).stdout;
    assert!(text.contains("fix: tollgate config validate"), "{text}");
    assert!(text.trim_end().ends_with("1 problem"), "{text}");
}

#[test]
fn the_tools_of_a_configuration_that_is_not_trusted_are_not_run() {
    let house = house();
    let ran = house.path("work/ran");
    let touch = ran.to_string_lossy().into_owned();
    Setup::claude_dev().write_to(&house, "work/.tollgate");
    house.tool("claude", &["--scripted-version", "--touch", &touch]);
    let ask = || house.call(["doctor", "--json"]).unnamed_dirs().run();
    let document = ask().exit(0).json();
    assert_eq!(one(&document, "trust")["verdict"], "note");
    assert_eq!(all(&document, "tool").len(), 0);
    assert!(!ran.exists());
    house
        .call(["config", "trust"])
        .unnamed_dirs()
        .run()
        .success();
    let document = ask().exit(0).json();
    assert_eq!(one(&document, "trust")["verdict"], "ok");
    assert_eq!(all(&document, "tool").len(), 1);
    assert!(ran.exists(), "{document:#}");
}

#[test]
fn tools_are_asked_at_the_same_time_and_one_that_hangs_is_given_up() {
    let house = house();
    Setup::new()
        .claude("good", &["m"])
        .claude("bad", &["m"])
        .claude("slow", &["m"])
        .claude("slower", &["m"])
        .claude("gone", &["m"])
        .agent("dev", &["good:m"])
        .write(&house);
    house.tool("good", &["--version-line", "2.1.330 (Claude Code)"]);
    house.tool("bad", &["--scripted-version", "--exit", "3"]);
    house.tool("slow", &["--scripted-version", "--hang"]);
    house.tool("slower", &["--scripted-version", "--hang"]);
    let start = Instant::now();
    let (status, document) = doctor(&house, &[]);
    assert_eq!(status, Some(0), "{document:#}");
    assert!(
        start.elapsed() < Duration::from_secs(9),
        "one after the other"
    );
    let tools = all(&document, "tool");
    let said = |name: &str| {
        let tool = tools.iter().find(|tool| tool["subject"] == name);
        tool.expect("the tool")["message"]
            .as_str()
            .expect("text")
            .to_owned()
    };
    assert!(
        said("good").starts_with("good 2.1.330, "),
        "{}",
        said("good")
    );
    assert!(said("bad").contains("version unknown"), "{}", said("bad"));
    assert!(said("bad").contains("exit status 3"), "{}", said("bad"));
    assert!(said("slow").contains("version unknown"), "{}", said("slow"));
    assert!(said("gone").contains("not on PATH"), "{}", said("gone"));
}

#[test]
fn a_damaged_line_is_told_and_left_as_it_is() {
    let house = lived_in();
    let mut bytes = fs::read(house.path(SEGMENT)).unwrap();
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    bytes[line + 40] ^= 1;
    fs::write(house.path(SEGMENT), &bytes).unwrap();
    for more in [&[][..], &["--fix"]] {
        let (status, document) = doctor(&house, more);
        assert_eq!(status, Some(1), "{document:#}");
        let journal = one(&document, "journal");
        assert_eq!(
            (&journal["verdict"], &journal["fixable"]),
            (&"problem".into(), &false.into())
        );
        assert_eq!(fs::read(house.path(SEGMENT)).unwrap(), bytes);
    }
}

#[test]
fn a_journal_that_is_gone_or_cut_is_missed_by_the_index() {
    let house = lived_in();
    let whole = house.read(SEGMENT);
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let cut = lines[..lines.len() - 3].concat();
    house.write(SEGMENT, cut);
    fs::remove_file(house.path("state/log/snapshot.json")).unwrap_or_default();
    let (_, document) = doctor(&house, &[]);
    assert!(problems(&document).contains(&"journal-cut"), "{document:#}");

    fs::remove_dir_all(house.path("state/log")).unwrap();
    let (status, document) = doctor(&house, &["--fix"]);
    assert_eq!(
        (status, problems(&document)),
        (Some(1), vec!["journal-gone"])
    );

    // Or the new journal would give its first run the name of an old one.
    fs::remove_dir_all(house.path("state/runs")).unwrap();
    house.run(["exec", "-a", "dev", "hi"]).success();
    let (_, document) = doctor(&house, &[]);
    assert_eq!(one(&document, "journal-replaced")["verdict"], "note");
}

#[test]
fn an_index_that_is_gone_is_made_and_one_of_garbage_is_made_anew() {
    let house = lived_in();
    let indexes = || -> Vec<PathBuf> {
        let files = house.state_files().into_iter().map(|(path, _)| path);
        files
            .filter(|path| path.to_string_lossy().contains(".sqlite3"))
            .collect()
    };
    for path in indexes() {
        fs::remove_file(path).unwrap();
    }
    let (status, document) = doctor(&house, &[]);
    assert_eq!(
        (status, &one(&document, "index")["verdict"]),
        (Some(0), &"note".into())
    );
    assert_eq!(indexes(), Vec::<PathBuf>::new());
    doctor(&house, &["--fix"]);
    assert_eq!(one(&is_healthy(&house), "index")["verdict"], "ok");
    for path in indexes() {
        fs::write(path, "not a database").unwrap();
    }
    is_mended(&house, "index");
    house.run(["stats"]).success();
}

#[test]
fn indexes_of_older_versions_are_removed() {
    let house = lived_in();
    let old = house.write("state/index/0190-v1.sqlite3", "old");
    let newer = house.write("state/index/0190-v999.sqlite3", "newer");
    let (status, document) = doctor(&house, &[]);
    assert_eq!(
        (status, &one(&document, "old-indexes")["verdict"]),
        (Some(0), &"note".into())
    );
    doctor(&house, &["--fix"]);
    assert!(!old.exists() && newer.exists());
    assert_eq!(all(&is_healthy(&house), "old-indexes").len(), 0);
}

#[test]
fn an_attempt_whose_supervisor_was_killed_is_found_and_put_right() {
    let house = house();
    Setup::claude_dev().write(&house);
    let pid = house.path("work/pid").to_string_lossy().into_owned();
    let child = house.path("work/child").to_string_lossy().into_owned();
    house.tool(
        "claude",
        &[
            "--pid-file",
            &pid,
            "--spawn-grandchild",
            "--setsid",
            "--pid-file",
            &child,
            "--hang",
        ],
    );
    let run = submit(&house);
    for file in [&pid, &child] {
        wait_for(Path::new(file), |path| {
            fs::read(path).is_ok_and(|text| !text.is_empty())
        });
    }
    let process = house.path(&format!("state/runs/{run}/i1/a1/process.json"));
    wait_for(&process, Path::exists);
    let (_, document) = doctor(&house, &[]);
    let runs = one(&document, "runs")["message"].as_str().unwrap();
    assert!(
        runs.starts_with("1 attempt at work, its supervisor alive"),
        "{runs}"
    );

    let supervisor = supervisor(&process);
    kill_process(supervisor, Signal::KILL).unwrap();
    assert!(wait_until_gone(supervisor, SOON));
    assert!(wait_until_gone(read_pid(Path::new(&pid)), SOON));
    assert!(is_running(read_pid(Path::new(&child))));
    is_mended(&house, "lost");
    assert!(wait_until_gone(read_pid(Path::new(&child)), SOON));
    assert!(house.event_types().contains(&"attempt.lost".to_owned()));
    let launch = house.path(&format!("state/runs/{run}/i1/launch.json"));
    assert!(!launch.exists());
}

#[test]
fn what_waits_beside_a_free_slot_is_started() {
    let house = house();
    Setup::claude_dev().write(&house);
    let policies = house.read("config/policies.yaml");
    let limit = |limit: u32| {
        let limited = format!("{policies}\nconcurrency: {{max_running: {limit}}}\n");
        house.write("config/policies.yaml", limited);
    };
    limit(1);
    house.tool("claude", &["--hang"]);
    let runs = [submit(&house), submit(&house)];
    let (_, document) = doctor(&house, &[]);
    let said = one(&document, "runs")["message"].as_str().unwrap();
    assert!(said.ends_with("; 1 waiting"), "{said}");
    assert_eq!(all(&document, "waiting").len(), 0);
    limit(2);
    let (status, document) = doctor(&house, &[]);
    assert_eq!(
        (status, &one(&document, "waiting")["verdict"]),
        (Some(0), &"note".into())
    );
    let (_, document) = doctor(&house, &["--fix"]);
    assert_eq!(document["mended"][0]["message"], "started 1 attempt");
    assert_eq!(all(&document, "waiting").len(), 0);
    for run in runs {
        house.run(["run", "kill", &run]).success();
    }
}

#[test]
fn secrets_and_tickets_that_were_left_are_removed() {
    let house = lived_in();
    let long_ago = SystemTime::now() - Duration::from_secs(3 * 86_400);
    let run = fs::read_dir(house.path("state/runs")).unwrap();
    let run = run.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let run = run
        .into_iter()
        .find(|name| name.starts_with("RUN-"))
        .unwrap();
    let launch = house.write(&format!("state/runs/{run}/i1/launch.json"), "{}");
    is_healthy(&house);
    File::options()
        .write(true)
        .open(&launch)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    is_mended(&house, "left-secrets");
    assert!(!launch.exists());

    let ticket = "state/runs/.new/01939b5e-0000-7000-8000-000000000000";
    house.write(&format!("{ticket}/launch.json"), "{}");
    close(&house.path("state/runs/.new"));
    is_healthy(&house);
    File::open(house.path(ticket))
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    is_mended(&house, "stale-tickets");
    assert!(!house.path(ticket).exists());
}

#[test]
fn folders_that_others_can_enter_are_closed() {
    let house = lived_in();
    let state = house.path("state");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).unwrap();
    let document = is_healthy(&house);
    assert_eq!(one(&document, "privacy")["verdict"], "note");
    let runs = house.path("state/runs");
    fs::set_permissions(&runs, fs::Permissions::from_mode(0o755)).unwrap();
    is_mended(&house, "privacy");
    for folder in [state, runs] {
        assert_eq!(
            fs::metadata(folder).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }
}

#[test]
fn the_ballast_is_laid_again() {
    let house = lived_in();
    fs::remove_file(house.path("state/ballast")).unwrap();
    let (status, document) = doctor(&house, &[]);
    assert_eq!(
        (status, &one(&document, "ballast")["verdict"]),
        (Some(0), &"note".into())
    );
    assert!(!house.path("state/ballast").exists());
    doctor(&house, &["--fix"]);
    assert!(house.path("state/ballast").exists());
}

#[test]
fn what_a_supervisor_had_to_say_is_shown() {
    let house = lived_in();
    let run = house
        .run(["stats", "--by", "run", "--format", "json"])
        .success()
        .json();
    let run = run["by"]["run"][0]["run"].as_str().unwrap().to_owned();
    let log = format!("state/runs/{run}/i1/a1/supervisor.log");
    house.write(&log, "first\nerror: the last words\n\n");
    let document = is_healthy(&house);
    let note = one(&document, "supervisor-log");
    let said = note["message"].as_str().unwrap();
    assert!(
        said.ends_with(&format!("in {run}.i1.a1: error: the last words")),
        "{said}"
    );
}

#[test]
fn what_cannot_be_written_is_looked_at_and_told() {
    let house = lived_in();
    let folders: Vec<PathBuf> = ["state", "state/log", "state/index", "state/runs"]
        .iter()
        .map(|folder| house.path(folder))
        .collect();
    let mode = |mode| {
        for folder in &folders {
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    mode(0o500);
    let before = everything(&house);
    let (status, document) = doctor(&house, &[]);
    let unwritable = access(house.path("state"), Access::WRITE_OK).is_err();
    assert_eq!(everything(&house), before);
    mode(0o700);
    assert_eq!(one(&document, "journal")["verdict"], "ok", "{document:#}");
    assert_eq!(one(&document, "index")["verdict"], "ok", "{document:#}");
    // Root may write everywhere.
    if unwritable {
        assert_eq!(
            (status, problems(&document)),
            (Some(1), vec!["state-directory"])
        );
    }

    // A file where a folder should be.
    let elsewhere = house.write("work/file", "");
    let args = ["doctor", "--json", "--fix", "--state-dir"].map(PathBuf::from);
    let outcome = house.run(args.into_iter().chain([elsewhere])).exit(1);
    assert!(problems(&outcome.json()).contains(&"state-directory"));
}

#[test]
fn left_over_processes_of_attempts_that_are_over_are_found_and_ended() {
    let house = lived_in();
    let queued = house.events();
    let queued = queued
        .iter()
        .find(|event| event["type"] == "attempt.queued");
    let marker = queued.unwrap()["data"]["marker"]
        .as_str()
        .unwrap()
        .to_owned();
    // As a tool would, which left something behind that nobody found.
    let pid = house.path("work/left");
    let file = pid.to_string_lossy().into_owned();
    house.tool("left", &["--pid-file", &file, "--hang"]);
    let mut children = Vec::new();
    for mark in [marker.as_str(), "01939b5e-0000-7000-8000-000000000001"] {
        fs::remove_file(&pid).unwrap_or_default();
        let mut command = std::process::Command::new(house.path("bin/left"));
        command.env("TOLLGATE_ATTEMPT", mark);
        children.push(command.spawn().unwrap());
        wait_for(&pid, |path| {
            fs::read(path).is_ok_and(|text| !text.is_empty())
        });
    }
    let (status, document) = doctor(&house, &[]);
    assert_eq!(
        (status, problems(&document)),
        (Some(1), vec!["left-processes"])
    );
    let said = one(&document, "left-processes")["message"]
        .as_str()
        .unwrap();
    assert!(
        said.contains(&format!("{} of RUN-", children[0].id())),
        "{said}"
    );
    let (status, mended) = doctor(&house, &["--fix"]);
    assert_eq!(status, Some(0), "{mended:#}");
    children[0].wait().unwrap();
    // The other is nobody's that this record knows.
    assert!(is_running(Pid::from_child(&children[1])));
    children[1].kill().unwrap();
    children[1].wait().unwrap();
}
