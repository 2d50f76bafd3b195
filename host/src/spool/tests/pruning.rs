//! What is thrown away, what stays, and how seldom anybody looks.

use std::collections::BTreeSet;
use std::fs::File;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::*;

const MONTH: Option<Duration> = Some(Duration::from_secs(30 * 86_400));

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn touch(path: &Path, time: &str) {
    let file = File::open(path).unwrap();
    file.set_modified(SystemTime::from(at(time))).unwrap();
}

/// A run with an attempt, all of it last changed at noon of its day.
fn old_run(spool: &Spool, day: &str) -> InvocationFolder {
    let date = day.replace('-', "");
    let folder = settled(spool, &format!("RUN-{date}-001"));
    let attempt = folder.attempt(1);
    attempt.create().unwrap();
    attempt.write_answer("answer", Keep::Fast).unwrap();
    drop(attempt.claim().unwrap());
    let noon = format!("{day}T12:00:00Z");
    touch(attempt.path(), &noon);
    touch(folder.path(), &noon);
    folder
}

fn prune(spool: &Spool, now: &str) -> Pruned {
    let pruned = spool.prune(at(now), MONTH, |_| false).unwrap();
    assert!(pruned.failures.is_empty(), "{pruned:?}");
    pruned
}

#[test]
fn of_an_old_run_only_run_yaml_stays() {
    let (_dir, spool) = spool();
    assert_eq!(prune(&spool, "2026-11-22T00:00:00Z").n_runs, 0, "no folder");
    old_run(&spool, "2026-01-01");
    old_run(&spool, "2026-01-02");
    let young = old_run(&spool, "2026-11-01");
    let run = RunId::from("RUN-20260101-001");
    spool.write_run_yaml(&run, "id: x\n").unwrap();
    assert_eq!(prune(&spool, "2026-11-22T00:00:00Z").n_runs, 2);
    assert_eq!(tree(&spool.run_folder(&run)), ["run.yaml"]);
    let bare = RunId::from("RUN-20260102-001");
    assert!(!spool.run_folder(&bare).exists());
    assert_eq!(tree(young.path()).len(), 5);
}

#[test]
fn one_look_a_day() {
    let (_dir, spool) = spool();
    settled(&spool, RUN);
    prune(&spool, "2026-11-22T00:00:00Z");
    old_run(&spool, "2026-10-24");
    assert_eq!(prune(&spool, "2026-11-23T00:00:00Z").n_runs, 0, "29 days");
    assert_eq!(
        prune(&spool, "2026-11-23T23:59:59Z").n_runs,
        0,
        "looked today"
    );
    assert_eq!(prune(&spool, "2026-11-24T00:00:00Z").n_runs, 1);
    // A clock that ran ahead must not keep it from ever looking again.
    prune(&spool, "2036-01-01T00:00:00Z");
    old_run(&spool, "2026-10-24");
    assert_eq!(prune(&spool, "2026-11-26T00:00:00Z").n_runs, 1);
}

#[test]
fn an_old_run_that_was_resumed_is_looked_at_again() {
    let (_dir, spool) = spool();
    let run = RunId::from("RUN-20260101-001");
    old_run(&spool, "2026-01-01");
    spool.write_run_yaml(&run, "").unwrap();
    assert_eq!(prune(&spool, "2026-11-22T00:00:00Z").n_runs, 1);
    old_run(&spool, "2026-01-01");
    assert_eq!(
        prune(&spool, "2026-11-22T01:00:00Z").n_runs,
        0,
        "looked today"
    );
    assert_eq!(prune(&spool, "2026-11-23T00:00:00Z").n_runs, 1);
}

#[test]
fn a_backlog_is_worked_off_by_the_hour() {
    let (dir, spool) = spool();
    settled(&spool, RUN);
    for number in 0..250 {
        let name = format!("RUN-20260101-{number:03}");
        std::fs::create_dir(dir.path().join("runs").join(name)).unwrap();
    }
    assert_eq!(prune(&spool, "2026-11-22T00:00:00Z").n_runs, 100);
    assert_eq!(prune(&spool, "2026-11-22T00:59:59Z").n_runs, 0);
    assert_eq!(prune(&spool, "2026-11-22T01:00:00Z").n_runs, 100);
    assert_eq!(prune(&spool, "2026-11-22T02:00:00Z").n_runs, 50);
    assert_eq!(prune(&spool, "2026-11-22T03:00:00Z").n_runs, 0);
    assert!(spool.run_folder(&RunId::from(RUN)).exists());
}

#[test]
fn what_is_active_claimed_or_fresh_waits_and_is_not_forgotten() {
    let (_dir, spool) = spool();
    let claimed = old_run(&spool, "2026-01-01");
    let active = old_run(&spool, "2026-01-02");
    let fresh = old_run(&spool, "2026-01-03");
    let resumed = old_run(&spool, "2026-01-04");
    let claim = claimed.attempt(1).claim().unwrap();
    touch(fresh.path(), "2026-11-21T00:00:00Z");
    touch(resumed.attempt(1).path(), "2026-11-21T00:00:00Z");
    let active_runs = BTreeSet::from([RunId::from("RUN-20260102-001")]);
    let first = at("2026-11-22T00:00:00Z");
    let pruned = spool.prune(first, MONTH, |run| active_runs.contains(run));
    assert_eq!(pruned.unwrap().n_runs, 0);
    for folder in [&claimed, &active, &fresh, &resumed] {
        assert!(folder.path().exists(), "{folder:?}");
    }
    drop(claim);
    assert_eq!(prune(&spool, "2026-11-23T00:00:00Z").n_runs, 2);
    assert_eq!(prune(&spool, "2026-12-22T00:00:00Z").n_runs, 2);
}

#[test]
fn tickets_of_yesterday_go_even_when_every_run_is_kept() {
    let (_dir, spool) = spool();
    let old = spool.stage(&(), "", Keep::Fast).unwrap();
    let new = spool.stage(&(), "", Keep::Fast).unwrap();
    let kept = old_run(&spool, "2026-01-01");
    let place = |ticket: Ticket| spool.waiting_room().join(ticket.to_string());
    touch(&place(old), "2026-11-20T23:00:00Z");
    touch(&place(new), "2026-11-21T01:00:00Z");
    let pruned = spool.prune(at("2026-11-22T00:00:00Z"), None, |_| false);
    assert_eq!(pruned.unwrap().n_tickets, 1);
    assert!(!place(old).exists() && place(new).exists());
    assert!(kept.path().exists());
}

#[test]
fn a_link_is_removed_and_not_what_it_points_to() {
    let (dir, spool) = spool();
    let folder = old_run(&spool, "2026-01-01");
    let victim = dir.path().join("victim");
    std::fs::create_dir(&victim).unwrap();
    std::fs::write(victim.join("file"), "").unwrap();
    std::os::unix::fs::symlink(&victim, folder.path().join("link")).unwrap();
    touch(folder.path(), "2026-01-01T12:00:00Z");
    assert_eq!(prune(&spool, "2026-11-22T00:00:00Z").n_runs, 1);
    assert!(victim.join("file").exists());
}
