//! Attempts below and above each other.

use super::super::scene::{DAY, Scene, asking, attempt, coder, marker, reserved, target, usd};
use super::super::{Asking, CapRefusal, Refusal};
use super::*;
use crate::model::{BudgetReserved, MicroUsd};

/// Attempt 1 with a cap of 100, 2 within it, 3 within 2.
fn family() -> Scene {
    let mut scene = Scene::at(DAY);
    let capped = BudgetReserved {
        cap_uusd: Some(MicroUsd(100)),
        ..reserved(1, usd(80))
    };
    scene.write(&attempt(1), capped);
    scene.uses(1, 10);
    for number in [2, 3] {
        let child = BudgetReserved {
            within: Some(marker(number - 1)),
            ..reserved(number, usd(20))
        };
        scene.write(&attempt(number), child);
    }
    scene
}

#[test]
fn what_an_attempts_agent_starts_counts_towards_its_cap() {
    let mut scene = family();
    let (agent, target) = (coder(), target("claude:opus"));
    let refused = |scene: &Scene, wanted| {
        let asked = Asking {
            within: Some(marker(2)),
            ..asking(&agent, &target, scene.now)
        };
        scene.book.refusal(&[], &asked, &usd(wanted))
    };
    assert_eq!(scene.book.under(marker(1)).uusd, 40);
    assert_eq!(scene.book.under(marker(2)).uusd, 20);
    assert_eq!(scene.book.under(marker(3)).uusd, 0);
    assert_eq!(refused(&scene, 50), None, "10 used, 40 below, 50 wanted");
    let expected = CapRefusal {
        of: Some(attempt(1)),
        cap: MicroUsd(100),
        taken: MicroUsd(50),
        wanted: MicroUsd(51),
    };
    let got = refused(&scene, 51);
    assert_eq!(got, Some(Refusal::Cap(expected)));
    let stand = got.map(|it| it.stand()).expect("a refusal");
    assert_eq!(stand.limit, "max_cost of RUN-20261122-001.i1.a1");
    assert_eq!((stand.cap, stand.taken, stand.wanted), (100, 50, 51));
    scene.settle(3, usd(15));
    assert_eq!(
        scene.book.under(marker(1)).uusd,
        35,
        "it stays while the first is open"
    );
    scene.settle(2, usd(5));
    assert_eq!(scene.book.under(marker(1)).uusd, 20);
    scene.uses(1, 60);
    let own = attempt(1);
    let more = Asking {
        except: Some(&own),
        ..asking(&agent, &target, scene.now)
    };
    assert_eq!(
        scene.book.room(&[], &more).uusd,
        Some(80),
        "its cap, less what is below"
    );
    assert!(scene.book.refusal(&[], &more, &usd(81)).is_some());
    scene.settle(1, usd(60));
    assert_eq!(
        scene.book.under(marker(1)),
        Amounts::default(),
        "nobody is above"
    );
}

#[test]
fn a_child_that_outlives_its_parent_counts_towards_the_next_above() {
    let mut scene = family();
    scene.settle(2, usd(7));
    assert_eq!(scene.book.under(marker(1)).uusd, 7 + 20);
    let child = scene.book.reservation(&attempt(3)).expect("it is open");
    assert_eq!(child.within, Some(marker(2)), "what is on record stays");
    scene.settle(3, usd(9));
    assert_eq!(scene.book.under(marker(1)).uusd, 7 + 9);
}

#[test]
fn a_circle_of_attempts_ends() {
    let mut scene = Scene::at(DAY);
    for (number, within) in [(1, 2), (2, 1), (3, 3)] {
        let odd = BudgetReserved {
            within: Some(marker(within)),
            cap_uusd: Some(MicroUsd(5)),
            ..reserved(number, usd(20))
        };
        scene.write(&attempt(number), odd);
    }
    assert_eq!(scene.book.under(marker(1)).uusd, 20);
    assert_eq!(scene.book.under(marker(3)).uusd, 0);
    let (agent, target) = (coder(), target("claude:opus"));
    let asked = Asking {
        within: Some(marker(1)),
        ..asking(&agent, &target, scene.now)
    };
    assert!(scene.book.refusal(&[], &asked, &usd(1)).is_some());
    scene.settle(1, usd(1));
    scene.settle(3, usd(1));
    scene.settle(2, usd(1));
    assert_eq!(scene.book.reservations().count(), 0);
}

#[test]
fn a_requests_own_cap_counts_before_it_has_a_reservation() {
    let scene = Scene::at(DAY);
    let (agent, target) = (coder(), target("claude:opus"));
    let asked = Asking {
        cap: Some(MicroUsd(30)),
        ..asking(&agent, &target, scene.now)
    };
    assert_eq!(scene.book.refusal(&[], &asked, &usd(30)), None);
    let refused = scene.book.refusal(&[], &asked, &usd(31));
    assert!(matches!(
        refused,
        Some(Refusal::Cap(CapRefusal { of: None, .. }))
    ));
}
