//! The book, event by event.

use crate::model::{AttemptLost, BudgetLimit, Cost, LostReason, Period};

use super::super::scene::{
    DAY, Scene, asking, attempt, attempt_of, coder, exited, known, limit, reserved, target, time,
    usd,
};
use super::super::{Asking, Refusal};
use super::*;

fn one(scene: &Scene, limit: &BudgetLimit) -> u64 {
    let (settled, reserved) = scene.taken(limit);
    settled + reserved
}

#[test]
fn set_aside_then_spent_then_nothing_left_open() {
    let mut scene = Scene::at(DAY);
    let day = limit(Period::Day, 100);
    scene.reserve(1, usd(40));
    assert_eq!(scene.taken(&day), (0, 40));
    scene.settle(1, usd(25));
    assert_eq!(scene.taken(&day), (25, 0));
    assert_eq!(scene.book.reservations().count(), 0);
    scene.reserve(2, usd(40));
    scene.release(2);
    assert_eq!(scene.taken(&day), (25, 0));
    assert_eq!(scene.book.spent_by_run(&attempt(1).run).uusd, 25);
    assert_eq!(scene.book.spent_by_run(&attempt(2).run), Amounts::default());
}

#[test]
fn a_later_reservation_replaces_and_stays_in_the_first_window() {
    let mut scene = Scene::at("2026-11-22T23:59:00Z");
    let day = limit(Period::Day, 100);
    scene.reserve(1, usd(40));
    scene.now = time("2026-11-23T00:01:00Z");
    assert_eq!(scene.taken(&day), (0, 0), "a new day");
    scene.reserve(1, usd(70));
    assert_eq!(
        scene.taken(&day),
        (0, 0),
        "an extension counts where it began"
    );
    scene.settle(1, usd(60));
    assert_eq!(scene.taken(&day), (0, 0), "and so does what it cost");
    let month = limit(Period::Month, 100);
    assert_eq!(scene.taken(&month), (60, 0));
}

#[test]
fn an_extension_is_held_against_the_day_that_it_began_in() {
    let mut scene = Scene::at("2026-11-22T23:59:00Z");
    let days = [limit(Period::Day, 100)];
    scene.reserve(1, usd(40));
    scene.reserve(2, usd(50));
    scene.now = time("2026-11-23T00:01:00Z");
    let (agent, target, own) = (coder(), target("claude:opus"), attempt(1));
    let asked = Asking {
        except: Some(&own),
        ..asking(&agent, &target, scene.now)
    };
    let room = scene.book.room(&days, &asked);
    assert_eq!(room.uusd, Some(50), "of yesterday");
    assert_eq!(scene.book.refusal(&days, &asked, &usd(50)), None);
    let refused = scene.book.refusal(&days, &asked, &usd(51));
    let Some(Refusal::Limit(refused)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((refused.stand.taken, refused.stand.wanted), (50, 51));
    assert_eq!(
        refused.fits_at, None,
        "waiting does not help what has begun"
    );
    let fresh = asking(&agent, &target, scene.now);
    assert_eq!(scene.book.room(&days, &fresh).uusd, Some(100), "of today");
}

#[test]
fn a_clock_that_goes_back_does_not_open_yesterday_again() {
    let mut scene = Scene::at("2026-11-22T12:00:00Z");
    let day = limit(Period::Day, 100);
    scene.reserve(1, usd(90));
    scene.settle(1, usd(90));
    scene.now = time("2026-11-21T12:00:00Z");
    assert_eq!(one(&scene, &day), 90, "a day back");
    scene.now = time("2026-11-23T12:00:00Z");
    assert_eq!(one(&scene, &day), 0, "a day ahead");
    scene.reserve(2, usd(30));
    scene.now = time("2026-11-22T12:00:00Z");
    assert_eq!(
        one(&scene, &day),
        30,
        "back again: it is still the later day"
    );
}

#[test]
fn a_limit_on_a_run_counts_that_run_alone_however_long_it_takes() {
    let mut scene = Scene::at(DAY);
    let limits = [limit(Period::Run, 100)];
    for number in [1, 2] {
        scene.write(&attempt_of(7, number), reserved(number, usd(30)));
    }
    scene.reserve(3, usd(99));
    let mut settled = BudgetSettled {
        target: target("claude:opus"),
        amounts: usd(20),
        basis: crate::model::Basis::Reported,
        overrun_uusd: None,
        prices: None,
    };
    scene.write(&attempt_of(7, 1), settled.clone());
    scene.now = time("2027-06-01T00:00:00Z");
    settled.amounts = usd(35);
    scene.write(&attempt_of(7, 2), settled);
    scene.write(&attempt_of(7, 3), reserved(4, usd(1)));
    let (agent, target) = (coder(), target("claude:opus"));
    let run = attempt_of(7, 1).run;
    let asked = Asking {
        run: Some(&run),
        ..asking(&agent, &target, scene.now)
    };
    let window = scene.book.windows(&limits, &asked)[0];
    assert_eq!(
        (window.settled, window.reserved, window.resets_at),
        (55, 1, None)
    );
    let unnamed = asking(&agent, &target, scene.now);
    assert_eq!(
        scene.book.windows(&limits, &unnamed)[0].taken(),
        0,
        "a new run"
    );
    assert!(scene.book.refusal(&limits, &asked, &usd(45)).is_some());
}

#[test]
fn what_an_attempt_uses_beyond_its_reservation_counts_at_once() {
    let mut scene = Scene::at(DAY);
    let day = limit(Period::Day, 100);
    scene.reserve(1, usd(10));
    scene.uses(1, 4);
    assert_eq!(scene.taken(&day), (0, 10), "within");
    scene.uses(1, 25);
    assert_eq!(scene.taken(&day), (0, 25), "beyond");
    scene.uses(1, 20);
    assert_eq!(scene.taken(&day), (0, 25), "totals never fall");
    scene.reserve(1, usd(40));
    assert_eq!(scene.taken(&day), (0, 40));
    let lost = AttemptLost {
        target: target("claude:opus"),
        reason: LostReason::Reboot,
        swept: 0,
        tree_empty: true,
        usage: crate::model::Usage::default(),
        exactness: crate::model::Exactness::Unknown,
        cost: Cost::UNKNOWN,
    };
    scene.write(&attempt(1), lost);
    assert_eq!(scene.taken(&day), (0, 40), "unknown is not zero");
}

#[test]
fn a_reservation_whose_attempt_is_over_is_found() {
    let mut scene = Scene::at(DAY);
    scene.reserve(1, usd(10));
    scene.reserve(2, usd(10));
    let orphans = scene.book.orphans(|name| *name == attempt(2));
    assert_eq!(orphans, [attempt(1)]);
    scene.settle(1, usd(10));
    assert!(scene.book.orphans(|name| *name == attempt(2)).is_empty());
}

#[test]
fn a_cost_without_a_reservation_counts_for_every_agent() {
    let mut scene = Scene::at(DAY);
    scene.settle(1, usd(9));
    let mut day = limit(Period::Day, 100);
    day.scope.agent = Some(coder());
    assert_eq!(scene.taken(&day), (9, 0));
    day.scope.agent = None;
    assert_eq!(scene.taken(&day), (9, 0));
    day.scope.tool = Some("codex".into());
    let (agent, target) = (coder(), target("codex:mini"));
    let asked = asking(&agent, &target, scene.now);
    let windows = scene.book.windows(std::slice::from_ref(&day), &asked);
    assert_eq!(windows[0].taken(), 0, "its tool is on record");
}

#[test]
fn estimates_come_from_what_was_done_and_known() {
    let mut scene = Scene::at(DAY);
    let estimate =
        |scene: &Scene, task| scene.book.estimate(&coder(), &target("claude:opus"), task);
    assert_eq!(estimate(&scene, None), None);
    let lower = Cost {
        at_least: true,
        ..known(999)
    };
    let mut failed = exited(target("claude:opus"), known(1));
    failed.outcome = AttemptOutcome::Failed;
    let ends = [
        exited(target("claude:opus"), known(50)),
        exited(target("claude:opus"), Cost::UNKNOWN),
        exited(target("claude:opus"), lower),
        failed,
    ];
    for (number, end) in (1..).zip(ends) {
        let typed = BudgetReserved {
            task_type: Some("review".to_owned()),
            ..reserved(number, usd(10))
        };
        scene.write(&attempt(number), typed);
        scene.write(&attempt(number), end);
        scene.settle(number, usd(60));
    }
    assert_eq!(estimate(&scene, Some("review")), Some(MicroUsd(50)));
    assert_eq!(estimate(&scene, Some("other")), Some(MicroUsd(50)));
    let elsewhere = scene.book.estimate(&coder(), &target("claude:haiku"), None);
    assert_eq!(elsewhere, None);
}

#[test]
fn what_went_beyond_is_listed() {
    let mut scene = Scene::at(DAY);
    let forced = |uusd| BudgetReserved {
        forced: true,
        ..reserved(1, usd(uusd))
    };
    scene.write(&attempt(1), forced(10));
    scene.write(&attempt(1), forced(15));
    scene.write(&attempt(1), reserved(1, usd(20)));
    assert!(scene.book.reservation(&attempt(1)).expect("open").forced);
    let settled = BudgetSettled {
        target: target("claude:opus"),
        amounts: usd(23),
        basis: crate::model::Basis::Reported,
        overrun_uusd: Some(MicroUsd(3)),
        prices: None,
    };
    scene.write(&attempt(1), settled);
    let beyond: Vec<(bool, u64)> = scene
        .book
        .beyond()
        .iter()
        .map(|it| (it.forced, it.uusd.0))
        .collect();
    assert_eq!(beyond, [(true, 15), (false, 3)]);
    for number in 0..200 {
        scene.write(
            &attempt(number),
            BudgetReserved {
                forced: true,
                ..reserved(number, usd(1))
            },
        );
    }
    assert_eq!(scene.book.beyond().len(), BEYOND_KEPT);
}
