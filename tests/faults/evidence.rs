//! Rows 25 to 27: the record says that something goes on, and what is there says otherwise.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::Pid;
use tollgate::journal::boot_id;
use tollgate::model::{AttemptOutcome, AttemptState, Body, FailureCode, LostReason, ProcessRef};
use tollgate::process::{find_marked, start_ticks};
use tollgate_tests::house::{TestHouse, built};
use tollgate_tests::pids::is_running;
use uuid::Uuid;

use super::forge::{Forged, Left, forge, node, write_process};
use super::ground::{events_of, house_of, told, until_so};

/// A process of the test's own that has nothing to do with any run, or seems to.
struct Stranger(Child);

impl Stranger {
    fn new(marker: Option<Uuid>) -> Self {
        let mut command = Command::new(built("fake-agent"));
        command.arg("--hang").stdin(Stdio::null());
        if let Some(marker) = marker {
            command.env("TOLLGATE_ATTEMPT", marker.to_string());
        }
        let stranger = Self(command.spawn().expect("a process"));
        if let Some(marker) = marker {
            // Until it is what it was started as, it is still a copy of this test.
            until_so("its marker", || {
                find_marked(marker).contains(&stranger.0.id())
            });
        }
        stranger
    }

    fn lives(&self) -> bool {
        is_running(Pid::from_child(&self.0))
    }

    /// Who it is; a number too high by so many ticks makes it somebody else.
    fn as_on_record(&self, off: u64) -> ProcessRef {
        let pid = self.0.id();
        let ticks = start_ticks(pid).expect("it runs");
        ProcessRef {
            pid,
            start_ticks: Some(ticks + off),
        }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A house whose tool answers at once.
fn quick_house() -> TestHouse {
    house_of(&["--emit-line", "ok"])
}

/// Any command that looks after runs.
fn look_after(house: &TestHouse, forged: &Forged) {
    let _ = house.run([
        "run",
        "wait",
        "--timeout",
        "100ms",
        forged.name.run.as_str(),
    ]);
}

fn end_of(house: &TestHouse, forged: &Forged) -> Vec<Body> {
    let bodies = events_of(house, &forged.name.run)
        .into_iter()
        .map(|event| event.body);
    bodies
        .filter(|body| {
            matches!(
                body,
                Body::AttemptLost(_) | Body::AttemptSpawnFailed(_) | Body::AttemptExited(_)
            )
        })
        .collect()
}

fn loss(house: &TestHouse, forged: &Forged) -> (LostReason, u32) {
    let ends = end_of(house, forged);
    let [Body::AttemptLost(lost)] = ends.as_slice() else {
        panic!("{ends:?}")
    };
    let outcome = told(house).outcome(&forged.name.run);
    assert_eq!(outcome, Some(AttemptOutcome::Lost));
    (lost.reason, lost.swept)
}

#[test]
fn after_a_reboot_a_run_is_lost_and_its_number_is_nobody_s() {
    let house = quick_house();
    let node = node(&house);
    let stranger = Stranger::new(None);
    let process = stranger.as_on_record(0);
    let left = Left {
        boot: Some("0badb007"),
        intended: true,
        started: Some(process.pid),
        ..Left::ADMITTED
    };
    let forged = forge(&house, &node, 1, &left);
    write_process(&house, &forged, process, "0badb007");
    assert!(
        told(&house)
            .first(&forged.name.run)
            .is_some_and(|it| it.state == AttemptState::Running)
    );
    look_after(&house, &forged);
    assert_eq!(loss(&house, &forged), (LostReason::Reboot, 0));
    assert!(stranger.lives(), "an innocent process was ended");
}

#[test]
fn a_number_that_belongs_to_somebody_else_by_now_is_never_signalled() {
    let house = quick_house();
    let node = node(&house);
    let stranger = Stranger::new(None);
    let process = stranger.as_on_record(1);
    let left = Left {
        intended: true,
        started: Some(process.pid),
        ..Left::ADMITTED
    };
    let forged = forge(&house, &node, 1, &left);
    write_process(&house, &forged, process, &boot_id());
    look_after(&house, &forged);
    assert_eq!(loss(&house, &forged), (LostReason::IdentityMismatch, 0));
    assert!(stranger.lives(), "an innocent process was ended");
}

#[test]
fn a_process_with_the_right_number_and_no_marker_is_not_signalled_either() {
    let house = quick_house();
    let node = node(&house);
    let stranger = Stranger::new(None);
    let process = stranger.as_on_record(0);
    let left = Left {
        intended: true,
        started: Some(process.pid),
        ..Left::ADMITTED
    };
    let forged = forge(&house, &node, 1, &left);
    write_process(&house, &forged, process, &boot_id());
    look_after(&house, &forged);
    assert_eq!(loss(&house, &forged), (LostReason::SupervisorDied, 0));
    assert!(stranger.lives(), "an innocent process was ended");
}

#[test]
fn what_was_intended_and_never_seen_gives_its_slot_back() {
    let house = quick_house();
    let node = node(&house);
    let forged: Vec<Forged> = (1..=4)
        .map(|number| {
            let left = Left {
                intended: true,
                age: Duration::from_secs(11),
                ..Left::ADMITTED
            };
            forge(&house, &node, number, &left)
        })
        .collect();
    assert_eq!(told(&house).in_state(AttemptState::Starting).len(), 4);
    // Every slot is taken, by nobody; whoever submits finds that out.
    let submitted = house.run(["run", "submit", "--json", "-a", "dev", "hi"]);
    assert_eq!(submitted.success().json()["state"], "starting");
    for forged in &forged {
        let ends = end_of(&house, forged);
        let [Body::AttemptSpawnFailed(failed)] = ends.as_slice() else {
            panic!("{ends:?}")
        };
        assert_eq!(failed.code.as_str(), FailureCode::SPAWN_UNCONFIRMED);
        let outcome = told(&house).outcome(&forged.name.run);
        assert_eq!(outcome, Some(AttemptOutcome::Failed));
    }
}

#[test]
fn what_was_admitted_long_ago_gives_its_slot_back_and_what_just_was_does_not() {
    let house = quick_house();
    let node = node(&house);
    let old = Left {
        age: Duration::from_secs(11),
        ..Left::ADMITTED
    };
    let old = forge(&house, &node, 1, &old);
    let young: Vec<Forged> = (2..=4)
        .map(|number| forge(&house, &node, number, &Left::ADMITTED))
        .collect();
    let submitted = house.run(["run", "submit", "--json", "-a", "dev", "hi"]);
    assert_eq!(submitted.success().json()["state"], "starting");
    assert_eq!(end_of(&house, &old).len(), 1);
    for forged in &young {
        assert_eq!(
            end_of(&house, forged),
            [],
            "its supervisor may be on its way"
        );
    }
}

#[test]
fn what_was_started_before_it_could_be_told_is_found_by_its_marker() {
    for intended in [true, false] {
        let house = quick_house();
        let node = node(&house);
        let left = Left {
            intended,
            ..Left::ADMITTED
        };
        let forged = forge(&house, &node, 1, &left);
        let stray = Stranger::new(Some(forged.marker));
        look_after(&house, &forged);
        assert_eq!(loss(&house, &forged), (LostReason::SupervisorDied, 1));
        assert!(!stray.lives(), "it lives on");
    }
}
