//! 25 specifications and 250 tasks, one in ten of them broken.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use tollgate::board::{Board, BoardView, Folders, Move, Severity, TaskStatus};
use tollgate::model::SystemClock;
use tollgate_tests::board_tree::{Planted, plant};

fn planted() -> (TempDir, Planted) {
    let dir = tempfile::tempdir().unwrap();
    let planted = plant(dir.path(), 25, 250, 1);
    (dir, planted)
}

fn open(root: &Path) -> Board {
    Board::open(root, &Folders::default(), Arc::new(SystemClock))
}

/// Every file with what is in it.
fn everything(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    all
}

fn ids<'a>(ids: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
    ids.into_iter().cloned().collect()
}

#[test]
fn all_that_can_be_used_is_shown_and_all_that_cannot_is_named() {
    let (dir, planted) = planted();
    let before = everything(dir.path());
    let board = open(dir.path());
    let view = board.load();
    assert_eq!(ids(view.tasks.iter().map(|task| &task.id)), planted.tasks);
    assert_eq!(ids(view.specs.iter().map(|spec| &spec.path)), planted.specs);
    assert_eq!(ids(&view.documents), planted.documents);
    assert!(
        planted.broken.len() > 15 && planted.odd.len() > 5,
        "{planted:?}"
    );

    let named: BTreeMap<&str, Severity> = view
        .problems
        .iter()
        .map(|problem| (problem.path.as_str(), problem.severity))
        .collect();
    for path in &planted.broken {
        assert_eq!(named.get(path.as_str()), Some(&Severity::Error), "{path}");
    }
    let paths_of = |ids: &BTreeSet<String>| -> BTreeSet<String> {
        ids.iter()
            .map(|id| view.task(id).unwrap().path.clone())
            .collect()
    };
    let expected: BTreeSet<String> = planted
        .broken
        .union(&paths_of(&planted.odd))
        .cloned()
        .collect();
    let all: BTreeSet<String> = named.keys().map(|path| (*path).to_owned()).collect();
    assert_eq!(all, expected, "no problem is made up");

    let portfolio = view.portfolio();
    let orphans = ids(portfolio.orphans.iter().map(|orphan| &orphan.task.id));
    assert_eq!(orphans, planted.orphans);
    let n_linked: usize = portfolio.initiatives.iter().map(|one| one.total).sum();
    assert_eq!(n_linked + orphans.len(), planted.tasks.len());
    let editable = view.tasks.iter().filter(|task| task.editable);
    assert_eq!(ids(editable.map(|task| &task.id)), planted.editable);

    for task in &view.tasks {
        assert_eq!(board.task(&task.id).unwrap().task, *task);
    }
    for spec in &view.specs {
        assert!(
            board
                .spec_text(&spec.path)
                .unwrap()
                .front_matter
                .is_object()
        );
    }
    drop(board.fingerprint());
    assert!(everything(dir.path()) == before, "reading writes nothing");
}

#[test]
fn each_priority_changes_alone() {
    let (dir, planted) = planted();
    let board = open(dir.path());
    for id in &planted.editable {
        let before = everything(dir.path());
        let task = board.task(id).unwrap();
        let changed = board.set_priority(id, "critical", &task.task.etag).unwrap();
        let mut after = everything(dir.path());
        let text = String::from_utf8(after.insert(changed.path.clone(), Vec::new()).unwrap());
        let text = text.unwrap();
        assert!(is_one_line_apart(&task.text, &text), "{id}:\n{text}");
        let mut others = before;
        others.insert(changed.path, Vec::new());
        assert!(after == others, "{id}: another file changed");
    }
}

/// Whether `new` is `old` with one line changed or one line more.
fn is_one_line_apart(old: &str, new: &str) -> bool {
    let (old, new): (Vec<&str>, Vec<&str>) = (
        old.split_inclusive('\n').collect(),
        new.split_inclusive('\n').collect(),
    );
    let n_same_before = old
        .iter()
        .zip(&new)
        .take_while(|(old, new)| old == new)
        .count();
    let (old, new) = (&old[n_same_before..], &new[n_same_before..]);
    let behind = |lines: &[&str], n: usize| lines.get(n..).map(<[&str]>::concat);
    let changed = behind(old, 1) == behind(new, 1);
    let added = behind(old, 0) == behind(new, 1);
    new.first().is_some_and(|line| line.contains("priority: ")) && (changed || added)
}

#[test]
fn each_task_of_the_inbox_lives_its_life() {
    let (dir, planted) = planted();
    let board = open(dir.path());
    let before = board.load();
    assert!(planted.inbox.len() > 20);
    for (n, id) in planted.inbox.iter().enumerate() {
        let start = Move::Start {
            agent: Some("amy".to_owned()),
        };
        let started = board.move_task(id, &start, None).unwrap();
        assert_eq!(started.status, TaskStatus::InProgress);
        let end = match n % 2 {
            0 => Move::Complete {
                summary: Some("It is done: \"all\" of it.".to_owned()),
                artefacts: vec!["a b.rs".to_owned()],
            },
            _ => Move::Fail {
                message: "it broke".to_owned(),
            },
        };
        let ended = board.move_task(id, &end, Some(&started.etag)).unwrap();
        assert!(matches!(ended.status, TaskStatus::Done | TaskStatus::Error));
    }
    let after = board.load();
    assert_eq!(count(&before, TaskStatus::Inbox), planted.inbox.len());
    assert_eq!(count(&after, TaskStatus::Inbox), 0);
    assert_eq!(after.tasks.len(), before.tasks.len());
    assert!(
        after.problems.len() <= before.problems.len(),
        "{:#?}",
        after.problems
    );
}

fn count(view: &BoardView, status: TaskStatus) -> usize {
    let tasks = view.tasks.iter();
    tasks.filter(|task| task.status == status).count()
}
