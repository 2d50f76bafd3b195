//! What others do to the files is noticed; what nobody touched is not read again.

use std::fs::{self, File, FileTimes};
use std::sync::Arc;
use std::time::Duration;

use super::super::TaskStatus;
use super::Yard;

#[test]
fn everything_that_happens_to_a_file_changes_the_fingerprint() {
    let yard = Yard::new();
    let mut last = yard.board.fingerprint();
    let mut changes = |what: &str| {
        let now = yard.board.fingerprint();
        assert_ne!(now, last, "{what}");
        assert_eq!(now, yard.board.fingerprint(), "{what}: it settles");
        last = now;
    };
    yard.task("inbox/a.yaml", "new", "");
    changes("a task is added");
    yard.task("inbox/a.yaml", "new", "priority: low\n");
    changes("it is written anew");
    let root = yard.dir.path().join("work/collaboration");
    fs::create_dir_all(root.join("assigned/amy")).unwrap();
    fs::rename(root.join("inbox/a.yaml"), root.join("assigned/amy/a.yaml")).unwrap();
    changes("it is moved");
    yard.spec("x.md", "X", "");
    changes("a specification is added");
    fs::remove_file(root.join("assigned/amy/a.yaml")).unwrap();
    changes("it is removed");
}

#[test]
fn what_is_no_part_of_the_board_does_not_change_the_fingerprint() {
    let yard = Yard::new();
    yard.task("inbox/a.yaml", "new", "");
    let before = yard.board.fingerprint();
    yard.put("work/collaboration/inbox/.a.yaml.swp", "x");
    yard.put("work/collaboration/inbox/README.md", "x");
    yard.put("work/collaboration/notes.yaml", "x");
    yard.put("src/main.rs", "x");
    drop((yard.board.load(), yard.board.task("a")));
    assert_eq!(yard.board.fingerprint(), before);
}

#[test]
fn what_nobody_touched_is_the_same_answer() {
    let yard = Yard::new();
    yard.task("inbox/a.yaml", "new", "");
    yard.spec("x.md", "X", "status: draft\ninitiative: I\n");
    let first = yard.view();
    assert!(Arc::ptr_eq(&first, &yard.view()));
    yard.task("inbox/b.yaml", "new", "");
    let second = yard.view();
    assert!(!Arc::ptr_eq(&first, &second));
    assert_eq!((first.tasks.len(), second.tasks.len()), (1, 2));
    fs::remove_file(yard.dir.path().join("specifications/x.md")).unwrap();
    assert!(yard.view().specs.is_empty());
}

#[test]
fn an_edit_that_left_size_and_times_as_they_were_is_seen_while_it_is_fresh() {
    let yard = Yard::new();
    // The clock of this board stands where the files were written: their times prove nothing.
    let fresh = super::Board::open(
        yard.dir.path(),
        &super::Folders::default(),
        Arc::new(crate::model::FixedClock::at(super::file_time(
            yard.dir.path(),
        ))),
    );
    yard.task("assigned/amy/a.yaml", "assigned", "");
    assert_eq!(fresh.load().task("a").unwrap().status, TaskStatus::Assigned);
    let path = yard
        .dir
        .path()
        .join("work/collaboration/assigned/amy/a.yaml");
    let file = File::options().write(true).open(&path).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("assigned", "blocked ");
    fs::write(&path, text).unwrap();
    file.set_times(FileTimes::new().set_modified(modified))
        .unwrap();
    assert_eq!(fresh.load().task("a").unwrap().status, TaskStatus::Blocked);
}

#[test]
fn a_file_that_cannot_be_read_is_tried_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let yard = Yard::new();
    yard.task("inbox/a.yaml", "new", "");
    let path = yard.dir.path().join("work/collaboration/inbox/a.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let hidden = yard.view();
    // Root reads it all the same.
    assert_eq!(hidden.tasks.len() + hidden.problems.len(), 1);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(yard.view().tasks.len(), 1);
}

#[test]
fn a_move_by_somebody_else_in_the_middle_of_ours_is_noticed() {
    let yard = Yard::new();
    yard.task("inbox/a.yaml", "new", "");
    let etag = yard.etag("a");
    let root = yard.dir.path().join("work/collaboration");
    fs::create_dir_all(root.join("assigned/amy")).unwrap();
    fs::rename(root.join("inbox/a.yaml"), root.join("assigned/amy/a.yaml")).unwrap();
    // The file is the same, only elsewhere: the change finds it there.
    let task = yard.board.set_priority("a", "high", &etag).unwrap();
    assert_eq!(task.path, "work/collaboration/assigned/amy/a.yaml");
    yard.clock.advance(Duration::from_secs(1));
    assert!(!yard.has("inbox/a.yaml"));
}
