//! Priorities and specifications, changed one at a time.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::thread;

use super::super::{BoardError, TaskPriority};
use super::Yard;

const TASK: &str = "# Written by hand.\nid: t # the name\nagent: 'amy'\n\nstatus: new\npriority: LOW   # for now\n\ncontext:\n  priority: low\nartefacts: []\n# end";

fn with_task() -> Yard {
    let yard = Yard::new();
    yard.put("work/collaboration/inbox/t.yaml", TASK);
    yard
}

#[test]
fn a_priority_changes_in_its_place_and_nothing_else() {
    let yard = with_task();
    let task = yard
        .board
        .set_priority("t", "HIGH", &yard.etag("t"))
        .unwrap();
    assert_eq!(task.priority, TaskPriority::High);
    assert_eq!(
        yard.text("inbox/t.yaml"),
        TASK.replace("LOW   #", "high   #")
    );
    assert_eq!(yard.shown("t"), task);
}

#[test]
fn a_specification_and_a_feature_are_added_beside_their_kin() {
    let yard = with_task();
    yard.spec(
        "dash/a.md",
        "A",
        "status: draft\ninitiative: I\nfeatures:\n- {id: F-1, title: 'One: more'}\n",
    );
    yard.spec("b.md", "B", "status: draft\ninitiative: I\n");
    let task = yard
        .board
        .set_specification("t", "dash/a.md", Some("One: more"), &yard.etag("t"))
        .unwrap();
    assert_eq!(
        task.specification.as_deref(),
        Some("specifications/dash/a.md")
    );
    assert_eq!(
        yard.text("inbox/t.yaml"),
        TASK.replace(
            "# for now\n",
            "# for now\nspecification: specifications/dash/a.md\nfeature: \"One: more\"\n"
        )
    );
    assert!(yard.portfolio().orphans.is_empty());
    // Another specification does not keep the feature of the first one.
    let task = yard
        .board
        .set_specification("t", "b", None, &task.etag)
        .unwrap();
    assert_eq!(
        (task.specification.as_deref(), task.feature),
        (Some("specifications/b.md"), None)
    );
    // The same one again changes nothing, not even the file's time.
    let before = fs::metadata(yard.dir.path().join(&task.path)).unwrap();
    let again = yard
        .board
        .set_specification("t", "specifications/b.md", None, &task.etag)
        .unwrap();
    let after = fs::metadata(yard.dir.path().join(&task.path)).unwrap();
    assert_eq!(again.etag, task.etag);
    assert_eq!(
        (before.ino(), before.ctime_nsec()),
        (after.ino(), after.ctime_nsec())
    );
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    let yard = with_task();
    yard.spec(
        "a.md",
        "A",
        "status: draft\ninitiative: I\nfeatures:\n- {id: F-1, title: One}\n",
    );
    yard.put("specifications/plain.md", "# T\n");
    yard.put("secret.md", "---\nid: x\n---\n");
    let before = yard.everything();
    let etag = yard.etag("t");
    let said = |error: BoardError| format!("{error} -> {}", error.fix().unwrap_or_default());
    let spec = |path: &str, feature: Option<&str>| {
        said(
            yard.board
                .set_specification("t", path, feature, &etag)
                .unwrap_err(),
        )
    };
    let answers = [
        said(
            yard.board
                .set_priority("t", "urgent\u{1b}", &etag)
                .unwrap_err(),
        ),
        spec("gone.md", None),
        spec("plain.md", None),
        spec("../secret.md", None),
        spec("/etc/passwd", None),
        spec("a.md", Some("F-9")),
        spec("a.md", Some("F-1\nstatus: done")),
    ];
    insta::assert_snapshot!(answers.join("\n"), @r"
    set priority: 'urgent\u{1b}' is no priority -> use one of critical, high, medium, normal, low
    set specification: there is no specification `gone.md` -> name a Markdown file with front matter below the folder of specifications
    set specification: `plain.md` has no front matter -> name a Markdown file with front matter below the folder of specifications
    set specification: the path leads upwards with `..`: `../secret.md` -> name a Markdown file with front matter below the folder of specifications
    set specification: the path is absolute: `/etc/passwd` -> name a Markdown file with front matter below the folder of specifications
    set feature: `a.md` has no feature 'F-9' -> use one of F-1
    set feature: 'F-1\u{a}status: done' is empty, too long, or more than one line -> use the id or the title of a feature
    ");
    assert_eq!(yard.everything(), before);
}

#[test]
fn a_task_that_is_at_work_or_over_is_not_changed() {
    let yard = Yard::new();
    yard.task("assigned/amy/a.yaml", "in_progress", "");
    yard.task("done/amy/b.yaml", "done", "");
    yard.task("error/c.yaml", "error", "");
    yard.task("assigned/amy/d.yaml", "blocked", "");
    let refuse = |id: &str| match yard.board.set_priority(id, "low", &yard.etag(id)) {
        Err(BoardError::NotEditable { why, .. }) => why,
        other => panic!("{id}: {other:?}"),
    };
    assert_eq!(refuse("a"), "it is in progress");
    assert_eq!(refuse("b"), "it is done");
    assert_eq!(refuse("c"), "it ended with an error");
    yard.board
        .set_priority("d", "low", &yard.etag("d"))
        .unwrap();
}

#[test]
fn what_was_changed_in_between_is_not_changed_again() {
    let yard = with_task();
    let etag = yard.etag("t");
    yard.put(
        "work/collaboration/inbox/t.yaml",
        TASK.replace("LOW", "normal"),
    );
    match yard.board.set_priority("t", "high", &etag) {
        Err(BoardError::Changed { id, etag: now }) => {
            assert_eq!(id, "t");
            assert_eq!(now.as_deref(), Some(yard.etag("t").as_str()));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(yard.text("inbox/t.yaml"), TASK.replace("LOW", "normal"));
}

#[test]
fn who_is_not_there_or_cannot_be_read_is_said() {
    let yard = with_task();
    yard.put(
        "work/collaboration/inbox/broken.yaml",
        "id: broken\nstatus: 'new\n",
    );
    yard.put(
        "work/collaboration/inbox/flow.yaml",
        "{id: flow, agent: a, status: new, artefacts: []}\n",
    );
    let error = |id: &str| yard.board.set_priority(id, "low", "x").unwrap_err();
    assert!(matches!(error("nobody"), BoardError::NoSuchTask { .. }));
    assert!(matches!(error("../t"), BoardError::NoSuchTask { .. }));
    match error("broken") {
        BoardError::Malformed(problem) => {
            assert_eq!(problem.path, "work/collaboration/inbox/broken.yaml");
        }
        other => panic!("{other:?}"),
    }
    let etag = yard.etag("flow");
    match yard.board.set_priority("flow", "low", &etag) {
        Err(BoardError::Malformed(problem)) => {
            assert!(problem.message.contains("one field a line"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_keeps_its_mode_and_drafts_that_a_crash_left_are_swept() {
    let yard = with_task();
    let path = yard.dir.path().join("work/collaboration/inbox/t.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    yard.put(
        "work/collaboration/inbox/.tollgate-1-1.tmp",
        "left by a crash",
    );
    yard.put("work/collaboration/inbox/.tollgate.yaml", "somebody's own");
    yard.board
        .set_priority("t", "high", &yard.etag("t"))
        .unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o640
    );
    assert!(!yard.has("inbox/.tollgate-1-1.tmp"));
    assert!(yard.has("inbox/.tollgate.yaml"));
    assert_eq!(yard.everything().len(), 2);
}

#[test]
fn of_many_that_change_the_same_one_wins_and_the_others_are_told() {
    let yard = with_task();
    let etag = yard.etag("t");
    let boards: Vec<_> = (0..8).map(|_| yard.another()).collect();
    let results: Vec<_> = thread::scope(|scope| {
        let words = ["critical", "high", "medium", "normal"];
        let handles: Vec<_> = boards
            .iter()
            .enumerate()
            .map(|(n, board)| {
                let etag = &etag;
                scope.spawn(move || board.set_priority("t", words[n % 4], etag))
            })
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap())
            .collect()
    });
    let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 7));
    assert!(
        lost.iter()
            .all(|lost| matches!(lost, Err(BoardError::Changed { .. })))
    );
    assert_eq!(yard.shown("t").etag, won[0].as_ref().unwrap().etag);
}

#[test]
fn a_task_is_shown_with_its_text_and_all_its_fields() {
    let yard = with_task();
    let task = yard.board.task("t").unwrap();
    assert_eq!(task.text, TASK);
    assert_eq!(task.fields["context"]["priority"], "low");
    let json = serde_json::to_value(&task).unwrap();
    assert_eq!((&json["id"], &json["text"]), (&"t".into(), &TASK.into()));
}
