//! Runs as they are looked for: by marks, by words, by tasks; and what plugins did.

use crate::model::{
    AttemptOutcome, AttemptState, FailureCode, Phase, RunId, RunStatus, TaskId, ToolName,
};

use super::tests::{
    House, Log, decided, exited, finished, intent, judged, reported, submitted, tokens,
};
use super::*;

const TO: &str = "claude:opus";

/// Four runs: one for two tasks, one for the second of them, one that failed elsewhere, one at work.
fn four() -> Log {
    let mut log = Log::new();
    let tasks = |names: &[&str]| names.iter().map(|it| TaskId::from(*it)).collect();
    let mut first = submitted("architect");
    first.tasks = tasks(&["Login", "logout"]);
    log.push("RUN-20261012-001", 0, first);
    log.push("RUN-20261012-001", 0, judged(Phase::RunStart, true));
    finish(&mut log, "RUN-20261012-001", TO, 300);
    let mut second = submitted("scribe");
    second.tasks = tasks(&["logout"]);
    log.push("RUN-20261012-002", 0, second);
    finish(&mut log, "RUN-20261012-002", TO, 50);
    log.at += jiff::SignedDuration::from_secs(60);
    log.push("RUN-20261012-003", 0, submitted("scribe"));
    log.push("RUN-20261012-003", 0, decided("codex:gpt"));
    log.push("RUN-20261012-003", 1, intent("codex:gpt"));
    let mut failed = exited(
        "codex:gpt",
        AttemptOutcome::Failed,
        tokens(1, 1),
        reported(7),
    );
    failed.failure_code = Some(FailureCode::new("adapter-fault"));
    (failed.n_lines, failed.n_unrecognised) = (40, 3);
    log.push("RUN-20261012-003", 1, failed);
    log.push("RUN-20261012-003", 0, finished(AttemptOutcome::Failed));
    log.push("RUN-20261012-004", 0, submitted("scribe"));
    log.push("RUN-20261012-004", 0, judged(Phase::RunStart, false));
    log.push("RUN-20261012-004", 1, intent(TO));
    log
}

fn finish(log: &mut Log, run: &str, to: &str, micros: u64) {
    log.at += jiff::SignedDuration::from_secs(60);
    log.push(run, 0, decided(to));
    log.push(run, 1, intent(to));
    let end = exited(to, AttemptOutcome::Done, tokens(10, 10), reported(micros));
    log.push(run, 1, end);
    log.push(run, 0, finished(AttemptOutcome::Done));
}

fn house() -> House {
    let house = House::new();
    house.update(&four());
    house
}

/// The last digits of the runs that are found, newest first.
fn found(marks: RunMarks) -> String {
    let page = RunPage {
        limit: 10,
        marks,
        ..RunPage::default()
    };
    let rows = house().reader().runs(&page).unwrap();
    rows.iter().map(|row| &row.run.as_str()[15..]).collect()
}

fn text(text: &str) -> RunMarks {
    RunMarks {
        text: Some(text.to_owned()),
        ..RunMarks::default()
    }
}

#[test]
fn a_run_is_found_by_what_somebody_remembers_of_it() {
    for (words, runs) in [
        ("login", "1"),
        ("LOGO", "21"),
        ("scribe", "432"),
        ("codex", "3"),
        ("Opus", "421"),
        ("adapter-fault", "3"),
        ("20261012-00", "4321"),
        ("12-003", "3"),
        ("gpt adapter", ""),
        ("%", ""),
        ("_", ""),
        ("' OR 1=1 --", ""),
    ] {
        assert_eq!(found(text(words)), runs, "{words}");
    }
}

#[test]
fn all_marks_of_a_question_count() {
    let status = Some(RunStatus::Done);
    assert_eq!(
        found(RunMarks {
            status,
            ..text("scribe")
        }),
        "2"
    );
    let tool = Some(ToolName::new("codex"));
    assert_eq!(
        found(RunMarks {
            tool: tool.clone(),
            ..RunMarks::default()
        }),
        "3"
    );
    assert_eq!(
        found(RunMarks {
            tool,
            ..text("architect")
        }),
        ""
    );
    let tasks = |names: &[&str]| Some(names.iter().map(|it| TaskId::from(*it)).collect());
    let for_tasks = |names| RunMarks {
        tasks: tasks(names),
        ..RunMarks::default()
    };
    assert_eq!(found(for_tasks(&["logout"])), "21");
    assert_eq!(found(for_tasks(&["Login", "logout"])), "21");
    assert_eq!(found(for_tasks(&["login"])), "", "a task is named as it is");
    assert_eq!(found(for_tasks(&[])), "");
    assert_eq!(
        found(RunMarks {
            tasks: tasks(&["logout"]),
            ..text("scribe")
        }),
        "2"
    );
    assert_eq!(
        found(RunMarks {
            active_only: true,
            ..text("scribe")
        }),
        "4"
    );
    assert_eq!(
        found(RunMarks {
            active_only: true,
            ..text("architect")
        }),
        ""
    );
}

#[test]
fn a_run_for_several_tasks_counts_once_and_in_each() {
    let reader = house().reader();
    let tasks = ["Login", "logout", "other"].map(TaskId::from);
    let all = StatsFilter::default();
    let of = |tasks: &[TaskId]| {
        let found = reader.task_totals(tasks, &all).unwrap();
        (found.n_runs, found.totals.cost_uusd)
    };
    assert_eq!(of(&tasks[..1]), (1, 300));
    assert_eq!(of(&tasks[1..2]), (2, 350));
    assert_eq!(of(&tasks), (2, 350));
    assert_eq!(of(&tasks[2..]), (0, 0));
    let by_task = reader.totals_by_task(&tasks).unwrap();
    assert_eq!(by_task.len(), 2, "{by_task:?}");
    let names = reader.runs_of_task(&tasks[1], 1).unwrap();
    assert_eq!(names, [RunId::from("RUN-20261012-002")]);
    let view = reader
        .run(&RunId::from("RUN-20261012-001"))
        .unwrap()
        .unwrap();
    assert_eq!(view.run.tasks, tasks[..2]);
    assert_eq!(view.invocations[0].tasks, tasks[..2]);
}

#[test]
fn what_plugins_did_is_counted_by_component() {
    let counts = house().reader().plugin_counts().unwrap();
    let adapters: Vec<_> = counts
        .adapters
        .iter()
        .map(|it| {
            let adapter = it.adapter.as_ref().unwrap();
            let digits = (adapter.id.as_str(), adapter.sha256_head.as_str());
            (
                it.tool.as_str(),
                digits,
                it.n_attempts,
                it.n_lines,
                it.n_unrecognised,
                it.n_faults,
            )
        })
        .collect();
    assert_eq!(
        adapters,
        [
            ("claude", ("x", "d"), 3, 2, 0, 0),
            ("codex", ("x", "d"), 1, 40, 3, 1)
        ]
    );
    let [policy] = counts.policies.as_slice() else {
        panic!("{counts:?}");
    };
    assert_eq!(
        (policy.policy.as_str(), policy.n_asked, policy.n_faults),
        ("budget", 2, 1)
    );
    let judged = house().reader().judged(1).unwrap();
    let last: Vec<_> = judged.iter().map(|it| it.cursor.seq).collect();
    assert_eq!(last, [18]);
}

#[test]
fn what_came_to_its_end_last_is_first_and_what_is_at_work_is_named() {
    let reader = house().reader();
    let finished = reader.finished(2).unwrap();
    let names: Vec<_> = finished.iter().map(|row| row.run.as_str()).collect();
    assert_eq!(names, ["RUN-20261012-003", "RUN-20261012-002"]);
    let at_work = reader.at_work(&RunId::from("RUN-20261012-004")).unwrap();
    let at_work: Vec<_> = at_work.iter().map(ToString::to_string).collect();
    assert_eq!(at_work, ["RUN-20261012-004.i1.a1"]);
    assert!(
        reader
            .at_work(&RunId::from("RUN-20261012-001"))
            .unwrap()
            .is_empty()
    );
    let view = reader
        .run(&RunId::from("RUN-20261012-004"))
        .unwrap()
        .unwrap();
    assert_eq!(view.invocations[0].state(), AttemptState::Starting);
}

#[test]
fn events_of_a_run_come_page_by_page() {
    let reader = house().reader();
    let run = RunId::from("RUN-20261012-001");
    let seqs = |after, limit| -> Vec<u64> {
        let places = reader.events_of(&run, after, limit).unwrap();
        places.iter().map(|place| place.cursor.seq).collect()
    };
    assert_eq!(seqs(0, 2), [1, 2]);
    assert_eq!(seqs(2, 10), [3, 4, 5, 6]);
    assert_eq!(seqs(6, 10), [0; 0]);
    assert_eq!(reader.event_at(7).unwrap().unwrap().name, "run.submitted");
    assert_eq!(reader.event_at(999).unwrap(), None);
}

#[test]
fn a_reader_knows_when_another_index_took_the_place_of_its_own() {
    let house = house();
    let reader = house.reader();
    assert!(reader.is_current());
    let mut writer = IndexWriter::rebuild(house.state(), "9f31c2aa").unwrap();
    let log = four();
    let records = log.records.into_iter();
    catch_up(&mut writer, records.map(Ok::<_, std::convert::Infallible>)).unwrap();
    assert!(!reader.is_current());
    assert!(house.reader().is_current());
}
