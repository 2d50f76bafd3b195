//! From a ticket to a numbered folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::Barrier;

use super::*;

#[test]
fn what_was_staged_is_in_its_place_with_private_modes() {
    for keep in [Keep::Durable, Keep::Fast] {
        let (dir, spool) = spool();
        let ticket = spool.stage(&vec!["secret"], "do it", keep).unwrap();
        let folder = spool
            .settle(ticket, &RunId::from(RUN), InvocationNumber(2))
            .unwrap();
        assert!(folder.path().ends_with("runs/RUN-20261122-001/i2"));
        let launch = folder.launch::<Vec<String>>().unwrap().whole();
        assert_eq!(launch.unwrap(), ["secret"]);
        assert_eq!(folder.prompt().unwrap().as_deref(), Some("do it"));
        let attempt = folder.attempt(1);
        attempt.create().unwrap();
        attempt.create().unwrap();
        attempt.write_answer("42", keep).unwrap();
        attempt.progress().append(&1);
        attempt.log(crate::model::Source::Stdout).write(b"x");
        attempt.supervisor_log().unwrap();
        attempt.claim().unwrap().unwrap();
        for name in tree(&dir.path().join("runs")) {
            let meta = fs::symlink_metadata(dir.path().join("runs").join(&name)).unwrap();
            let mode = if meta.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(meta.permissions().mode() & 0o777, mode, "{name}");
        }
    }
}

#[test]
fn settling_again_and_at_once_is_one_settling() {
    let (dir, spool) = spool();
    let run = RunId::from(RUN);
    for number in 1..=50 {
        let number = InvocationNumber(number);
        let ticket = spool.stage(&(), "prompt", Keep::Fast).unwrap();
        let start = Barrier::new(4);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    let folder = spool.settle(ticket, &run, number).unwrap();
                    assert_eq!(folder.prompt().unwrap().unwrap(), "prompt");
                });
            }
        });
    }
    assert_eq!(fs::read_dir(spool.waiting_room()).unwrap().count(), 0);
    assert_eq!(tree(dir.path()).len(), 3 + 50 * 3);
}

#[test]
fn nothing_to_settle_and_a_place_that_is_taken_are_errors() {
    let (_dir, spool) = spool();
    let run = RunId::from(RUN);
    let ticket = spool.stage(&(), "mine", Keep::Fast).unwrap();
    spool.discard(ticket).unwrap();
    spool.discard(ticket).unwrap();
    let lost = spool.settle(ticket, &run, InvocationNumber(1));
    assert!(matches!(lost, Err(SpoolError::Settle { .. })), "{lost:?}");
    assert!(!spool.run_folder(&run).exists(), "nothing was made for it");

    let folder = settled(&spool, RUN);
    let ticket = spool.stage(&(), "mine", Keep::Fast).unwrap();
    let taken = spool.settle(ticket, &run, InvocationNumber(1));
    assert!(matches!(taken, Err(SpoolError::Settle { .. })), "{taken:?}");
    assert_eq!(folder.prompt().unwrap().unwrap(), "prompt");
}

#[test]
fn no_run_id_leads_out_of_the_folder() {
    let (dir, spool) = spool();
    let runs = dir.path().join("runs");
    for id in ["../../etc", "/etc", "", ".", "..", ".new", "a/b", "a\0b"] {
        let folder = spool.run_folder(&RunId::from(id));
        assert_eq!(folder.parent(), Some(runs.as_path()), "{id}");
        assert_eq!(folder.file_name().unwrap().len(), 64, "{id}");
    }
    assert_eq!(spool.run_folder(&RunId::from(RUN)), runs.join(RUN));
}

#[test]
fn a_link_in_the_place_of_a_run_is_not_followed() {
    let (dir, spool) = spool();
    let elsewhere = TempDir::new().unwrap();
    let ticket = spool.stage(&(), "prompt", Keep::Fast).unwrap();
    symlink(
        elsewhere.path().join("gone"),
        dir.path().join("runs").join(RUN),
    )
    .unwrap();
    let settled = spool.settle(ticket, &RunId::from(RUN), InvocationNumber(1));
    assert!(
        matches!(settled, Err(SpoolError::Create { .. })),
        "{settled:?}"
    );
}

#[test]
fn what_is_forgotten_is_gone_and_may_be_forgotten_again() {
    let (_dir, spool) = spool();
    let attempt = attempt(&spool);
    let folder = spool.invocation(&RunId::from(RUN), InvocationNumber(1));
    let claim = attempt.claim().unwrap().unwrap();
    attempt.write_exit(&0, Keep::Fast).unwrap();
    attempt.write_answer("answer", Keep::Fast).unwrap();
    for _ in 0..2 {
        folder.forget_launch().unwrap();
        assert!(matches!(folder.launch::<String>(), Ok(Found::Absent)));
        assert!(
            folder
                .prompt()
                .unwrap()
                .is_some_and(|text| text == "prompt")
        );
    }
    for _ in 0..2 {
        folder.forget_prompt().unwrap();
        assert_eq!(folder.prompt().unwrap(), None);
    }
    for _ in 0..2 {
        folder.forget_all().unwrap();
        assert_eq!(tree(folder.path()), ["a1", "a1/claim"]);
    }
    assert!(attempt.is_claimed().unwrap());
    drop(claim);
}

#[test]
fn run_yaml_is_replaced_as_a_whole() {
    let (dir, spool) = spool();
    let run = RunId::from(RUN);
    spool.write_run_yaml(&run, "status: pending\n").unwrap();
    spool.write_run_yaml(&run, "status: done\n").unwrap();
    let path = dir.path().join("runs").join(RUN).join("run.yaml");
    assert_eq!(fs::read_to_string(path).unwrap(), "status: done\n");
    assert_eq!(tree(&spool.run_folder(&run)), ["run.yaml"]);
}
