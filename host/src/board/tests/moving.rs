//! Steps of a task's life, and what a crash in the middle of one leaves.

use std::fs;

use super::super::{BoardError, Lane, Move, TaskStatus};
use super::Yard;

const TASK: &str =
    "# By hand.\nid: t\nagent: amy\nstatus: new # fresh\nartefacts:\n- a.rs # main\n";

fn with_task() -> Yard {
    let yard = Yard::new();
    yard.put("work/collaboration/inbox/t.yaml", TASK);
    yard
}

fn start(agent: Option<&str>) -> Move {
    Move::Start {
        agent: agent.map(ToOwned::to_owned),
    }
}

fn complete(summary: Option<&str>) -> Move {
    Move::Complete {
        summary: summary.map(ToOwned::to_owned),
        artefacts: vec!["a.rs".to_owned()],
    }
}

/// The text with moments replaced, which differ from run to run.
fn scrubbed(text: &str) -> String {
    text.lines()
        .map(|line| match line.split_once(": \"2") {
            Some((key, _)) if key.ends_with("_at") || key.ends_with("timestamp") => {
                format!("{key}: \"NOW\"\n")
            }
            _ => format!("{line}\n"),
        })
        .collect()
}

#[test]
fn a_whole_life() {
    let yard = with_task();
    let task = yard
        .board
        .move_task("t", &start(None), Some(&yard.etag("t")))
        .unwrap();
    assert_eq!(
        (task.status, task.lane),
        (TaskStatus::InProgress, Lane::Assigned)
    );
    assert_eq!(task.path, "work/collaboration/assigned/amy/t.yaml");
    assert!(!yard.has("inbox/t.yaml"));
    let task = yard
        .board
        .move_task("t", &complete(Some("It works.")), Some(&task.etag))
        .unwrap();
    assert_eq!(
        (task.status, task.path.as_str()),
        (TaskStatus::Done, "work/collaboration/done/amy/t.yaml")
    );
    assert!(!yard.has("assigned/amy/t.yaml"));
    insta::assert_snapshot!(scrubbed(&yard.text("done/amy/t.yaml")), @r#"
    # By hand.
    id: t
    agent: amy
    status: done # fresh
    artefacts:
    - a.rs # main
    assigned_at: "NOW"
    started_at: "NOW"
    result:
      summary: "It works."
      artefacts:
        - a.rs
      completed_at: "NOW"
    completed_at: "NOW"
    "#);
    assert_eq!(yard.problems(), "");
    assert_eq!(yard.shown("t"), task);
}

#[test]
fn frozen_and_taken_out_again() {
    let yard = with_task();
    yard.board
        .move_task("t", &start(Some("bob")), None)
        .unwrap();
    assert!(yard.text("assigned/bob/t.yaml").contains("\nagent: bob\n"));
    let freeze = Move::Freeze {
        reason: "waits for #7: it's blocked".to_owned(),
    };
    let task = yard.board.move_task("t", &freeze, None).unwrap();
    assert_eq!(
        (task.status, task.path.as_str()),
        (TaskStatus::Frozen, "work/collaboration/fridge/t.yaml")
    );
    assert_eq!(
        task.freeze_reason.as_deref(),
        Some("waits for #7: it's blocked")
    );
    assert!(
        yard.text("fridge/t.yaml")
            .contains("\nstatus: in_progress # fresh\n")
    );
    let again = yard.board.move_task("t", &freeze, None).unwrap_err();
    assert_eq!(
        again.to_string(),
        "change the task `t`: it is frozen already"
    );
    let task = yard.board.move_task("t", &start(None), None).unwrap();
    assert_eq!(
        (task.status, task.path.as_str()),
        (
            TaskStatus::InProgress,
            "work/collaboration/assigned/bob/t.yaml"
        )
    );
    assert_eq!(yard.problems(), "");
}

#[test]
fn failed() {
    let yard = with_task();
    let fail = Move::Fail {
        message: "exit 1\n\u{1b}[31mred".to_owned(),
    };
    let task = yard.board.move_task("t", &fail, None).unwrap();
    assert_eq!(
        (task.status, task.path.as_str()),
        (TaskStatus::Error, "work/collaboration/error/t.yaml")
    );
    insta::assert_snapshot!(scrubbed(&yard.text("error/t.yaml")), @r#"
    # By hand.
    id: t
    agent: amy
    status: error # fresh
    artefacts:
    - a.rs # main
    error:
      message: "exit 1\n\u001b[31mred"
      timestamp: "NOW"
    "#);
    assert_eq!(yard.problems(), "");
    let after = yard.board.move_task("t", &start(None), None).unwrap_err();
    assert_eq!(
        after.to_string(),
        "Invalid transition from ERROR to IN_PROGRESS. Valid transitions: none (terminal state)"
    );
}

#[test]
fn a_step_that_no_task_takes_is_refused_in_the_origins_words() {
    let yard = with_task();
    let before = yard.everything();
    let said = |to: &Move| yard.board.move_task("t", to, None).unwrap_err().to_string();
    assert_eq!(
        said(&complete(Some("s"))),
        "Invalid transition from NEW to DONE. Valid transitions: ASSIGNED, ERROR, INBOX"
    );
    assert_eq!(yard.everything(), before);
    yard.board.move_task("t", &start(None), None).unwrap();
    assert_eq!(
        said(&start(None)),
        "Invalid transition from IN_PROGRESS to IN_PROGRESS. Valid transitions: BLOCKED, DONE, ERROR"
    );
    assert_eq!(
        said(&complete(None)),
        "set summary: a task is completed with a summary of what was done"
    );
    assert_eq!(
        said(&Move::Freeze {
            reason: " ".to_owned()
        }),
        "set reason: it is empty"
    );
}

#[test]
fn an_agent_is_a_folder_and_nothing_else() {
    let yard = with_task();
    let before = yard.everything();
    for odd in [
        "../../etc",
        "a/b",
        ".hidden",
        "..",
        "a\nb",
        &"x".repeat(101),
    ] {
        let error = yard
            .board
            .move_task("t", &start(Some(odd)), None)
            .unwrap_err();
        assert!(
            matches!(error, BoardError::Invalid { field: "agent", .. }),
            "{odd}: {error}"
        );
    }
    assert_eq!(yard.everything(), before);
}

#[test]
fn a_result_that_the_agent_wrote_is_kept() {
    let yard = Yard::new();
    let result = "result:\n  summary: mine # by amy\n  artefacts: [x]\n";
    yard.task("assigned/amy/t.yaml", "in_progress", result);
    let refused = yard
        .board
        .move_task("t", &complete(Some("other")), None)
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "set summary: the file has a `result` already"
    );
    let keep = Move::Complete {
        summary: None,
        artefacts: Vec::new(),
    };
    let task = yard.board.move_task("t", &keep, None).unwrap();
    assert_eq!(task.summary.as_deref(), Some("mine"));
    assert!(yard.text("done/amy/t.yaml").contains(result));
}

#[test]
fn a_file_in_the_way_is_never_written_over() {
    let yard = with_task();
    yard.put("work/collaboration/assigned/amy/t.yaml", "not: a task\n");
    let before = yard.everything();
    match yard.board.move_task("t", &start(None), None) {
        Err(BoardError::Exists { path }) => {
            assert_eq!(path, "work/collaboration/assigned/amy/t.yaml");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(yard.everything(), before);
}

#[test]
fn a_folder_that_is_a_link_is_not_written_into() {
    let yard = with_task();
    fs::create_dir_all(yard.dir.path().join("outside")).unwrap();
    fs::create_dir_all(yard.dir.path().join("work/collaboration/assigned")).unwrap();
    std::os::unix::fs::symlink(
        yard.dir.path().join("outside"),
        yard.dir.path().join("work/collaboration/assigned/amy"),
    )
    .unwrap();
    let error = yard.board.move_task("t", &start(None), None).unwrap_err();
    assert!(matches!(error, BoardError::Io { .. }), "{error}");
    assert!(
        fs::read_dir(yard.dir.path().join("outside"))
            .unwrap()
            .next()
            .is_none()
    );
    assert!(yard.has("inbox/t.yaml"));
}

#[test]
fn a_task_that_cannot_be_removed_is_not_left_twice() {
    let yard = with_task();
    let inbox = yard.dir.path().join("work/collaboration/inbox");
    let lock = |mode: u32| {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&inbox, fs::Permissions::from_mode(mode)).unwrap();
    };
    lock(0o555);
    let result = yard.board.move_task("t", &start(None), None);
    lock(0o755);
    // Root may remove it all the same; anybody else must find the task where it was.
    match result {
        Ok(task) => assert_eq!(task.lane, Lane::Assigned),
        Err(error) => {
            assert!(matches!(error, BoardError::Io { .. }), "{error}");
            assert!(yard.has("inbox/t.yaml") && !yard.has("assigned/amy/t.yaml"));
        }
    }
    assert_eq!(yard.view().tasks.len(), 1);
    assert_eq!(yard.problems(), "");
}

/// What a crash between the two halves of a move leaves: the new file is whole, the old one is there.
#[test]
fn a_move_that_was_cut_off_leaves_the_task_twice_and_the_newer_one_counts() {
    use super::super::folder::Folder;
    use super::super::write::{Source, publish};
    let yard = with_task();
    let root = Folder::open(&yard.dir.path().join("work/collaboration")).unwrap();
    let source = Source {
        folder: &root.below("inbox".as_ref()).unwrap(),
        name: "t.yaml".as_ref(),
        bytes: TASK.as_bytes(),
    };
    let to = root.made_below("assigned/amy".as_ref()).unwrap();
    let text = TASK.replace("new", "in_progress");
    assert!(publish(source, &to, text.as_bytes()).is_ok());
    assert_eq!(yard.text("inbox/t.yaml"), TASK);
    assert_eq!(
        yard.shown("t").path,
        "work/collaboration/assigned/amy/t.yaml"
    );
    let problems = &yard.view().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].path, "work/collaboration/inbox/t.yaml");
    // The task can go on, and whoever reads the problem removes the old file.
    yard.board
        .move_task("t", &complete(Some("s")), None)
        .unwrap();
    assert_eq!(yard.shown("t").status, TaskStatus::Done);
    fs::remove_file(yard.dir.path().join("work/collaboration/inbox/t.yaml")).unwrap();
    assert_eq!(yard.problems(), "");
}

#[test]
fn a_run_begins_what_is_not_begun_and_completes_what_it_left_in_progress() {
    use TaskStatus as It;
    for status in [
        It::Inbox,
        It::Assigned,
        It::Blocked,
        It::Done,
        It::Error,
        It::Frozen,
    ] {
        assert_eq!(Move::of_begun_run(status), Some(start(None)), "{status:?}");
        assert_eq!(Move::of_done_run(status, "x"), None, "{status:?}");
    }
    assert_eq!(Move::of_begun_run(It::InProgress), None);
    let done = Move::Complete {
        summary: Some("x".to_owned()),
        artefacts: Vec::new(),
    };
    assert_eq!(Move::of_done_run(It::InProgress, "x"), Some(done));
}
