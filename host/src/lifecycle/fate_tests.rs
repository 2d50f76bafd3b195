//! The table of fates, line by line and as a whole.

use super::*;
use AttemptState as S;
use LostReason::{IdentityMismatch, Reboot, SupervisorDied};

/// A running attempt whose supervisor is gone.
const ORPHAN: Evidence = Evidence {
    same_node: true,
    same_boot: true,
    supervisor_alive: false,
    claimed: true,
    exit_file: false,
    state: S::Running,
    age: Some(Duration::from_mins(1)),
    intended: true,
    started: true,
    remains: false,
    identity_differs: false,
};

/// One that was admitted a moment ago, and nothing more.
const ADMITTED: Evidence = Evidence {
    claimed: false,
    state: S::Starting,
    age: Some(Duration::from_millis(9_999)),
    intended: false,
    started: false,
    ..ORPHAN
};

/// One whose supervisor wrote its intent and died.
const INTENDED: Evidence = Evidence {
    claimed: true,
    intended: true,
    ..ADMITTED
};

/// What is seen, in words and as evidence, and what becomes of it.
const TABLE: &[(&str, Evidence, Fate)] = &[
    (
        "another machine's",
        Evidence {
            same_node: false,
            ..ORPHAN
        },
        Fate::LeaveAlone,
    ),
    (
        "well",
        Evidence {
            supervisor_alive: true,
            ..ORPHAN
        },
        Fate::LeaveAlone,
    ),
    (
        "ended, and being recorded",
        Evidence {
            supervisor_alive: true,
            exit_file: true,
            ..ORPHAN
        },
        Fate::LeaveAlone,
    ),
    (
        "ended, not recorded",
        Evidence {
            exit_file: true,
            ..ORPHAN
        },
        Fate::Finish,
    ),
    (
        "ended, not recorded, then a reboot",
        Evidence {
            exit_file: true,
            same_boot: false,
            age: None,
            ..ORPHAN
        },
        Fate::Finish,
    ),
    (
        "a reboot",
        Evidence {
            same_boot: false,
            age: None,
            ..ORPHAN
        },
        Fate::Lost(Reboot),
    ),
    (
        "a reboot right after the intent",
        Evidence {
            same_boot: false,
            age: None,
            ..INTENDED
        },
        Fate::Lost(Reboot),
    ),
    (
        "a reboot before the intent",
        Evidence {
            same_boot: false,
            age: None,
            ..ADMITTED
        },
        Fate::NeverStarted,
    ),
    ("a killed supervisor", ORPHAN, Fate::Lost(SupervisorDied)),
    (
        "a killed supervisor while stopping",
        Evidence {
            state: S::Cancelling,
            ..ORPHAN
        },
        Fate::Lost(SupervisorDied),
    ),
    (
        "its pid is another's now",
        Evidence {
            identity_differs: true,
            ..ORPHAN
        },
        Fate::Lost(IdentityMismatch),
    ),
    ("on its way", ADMITTED, Fate::LeaveAlone),
    (
        "not on its way any more",
        Evidence {
            age: Some(SETTLING),
            ..ADMITTED
        },
        Fate::NeverStarted,
    ),
    (
        "of unknown age",
        Evidence {
            age: None,
            ..ADMITTED
        },
        Fate::NeverStarted,
    ),
    (
        "claimed and given up before the intent",
        Evidence {
            claimed: true,
            ..ADMITTED
        },
        Fate::NeverStarted,
    ),
    (
        "killed between intent and start",
        INTENDED,
        Fate::NeverStarted,
    ),
    (
        "killed between start and its record",
        Evidence {
            remains: true,
            ..INTENDED
        },
        Fate::Lost(SupervisorDied),
    ),
    (
        "cancelled before it was started",
        Evidence {
            state: S::Cancelling,
            ..INTENDED
        },
        Fate::NeverStarted,
    ),
    (
        "waiting",
        Evidence {
            state: S::Queued,
            ..ADMITTED
        },
        Fate::LeaveAlone,
    ),
    (
        "over",
        Evidence {
            state: S::Done,
            exit_file: true,
            ..ORPHAN
        },
        Fate::LeaveAlone,
    ),
    (
        "lost",
        Evidence {
            state: S::Lost,
            ..ORPHAN
        },
        Fate::LeaveAlone,
    ),
    (
        "lost, and then its end was found",
        Evidence {
            state: S::Lost,
            exit_file: true,
            ..ORPHAN
        },
        Fate::Finish,
    ),
];

#[test]
fn each_line_of_the_recovery_table() {
    for (why, evidence, expected) in TABLE {
        assert_eq!(fate(evidence), *expected, "{why}");
    }
}

/// Every combination of facts.
fn all() -> impl Iterator<Item = Evidence> {
    let ages = [
        None,
        Some(Duration::ZERO),
        Some(SETTLING.saturating_sub(Duration::from_nanos(1))),
        Some(SETTLING),
    ];
    (0_u32..512).flat_map(move |bits| {
        let bit = move |n: u32| bits & (1 << n) != 0;
        S::ALL.into_iter().flat_map(move |state| {
            ages.map(|age| Evidence {
                same_node: bit(0),
                same_boot: bit(1),
                supervisor_alive: bit(2),
                claimed: bit(3),
                exit_file: bit(4),
                state,
                age,
                intended: bit(5),
                started: bit(6),
                remains: bit(7),
                identity_differs: bit(8),
            })
        })
    })
}

#[test]
fn whatever_is_seen_the_promises_hold() {
    let mut n = 0;
    for seen in all() {
        n += 1;
        let fate = fate(&seen);
        let judged = fate != Fate::LeaveAlone;
        if judged {
            assert!(
                seen.same_node && !seen.supervisor_alive,
                "not ours: {seen:?}"
            );
            assert!(
                seen.state.holds_slot() || (seen.state == S::Lost && fate == Fate::Finish),
                "over or waiting: {seen:?}"
            );
        }
        if fate == Fate::NeverStarted {
            let ran = seen.started || seen.remains || seen.exit_file;
            assert!(!ran, "it ran: {seen:?}");
        }
        if judged {
            assert_eq!(fate == Fate::Finish, seen.exit_file, "{seen:?}");
            let lost = matches!(fate, Fate::Lost(_));
            assert_eq!(
                fate == Fate::Lost(Reboot),
                lost && !seen.same_boot,
                "{seen:?}"
            );
        }
        // A slot is given back at some time, unless somebody is at it.
        let orphan = seen.same_node && !seen.supervisor_alive && seen.state.holds_slot();
        if orphan && seen.age.is_none_or(|age| age >= SETTLING) {
            assert!(judged, "a slot is held for ever: {seen:?}");
        }
    }
    assert_eq!(n, 512 * 10 * 4);
}
