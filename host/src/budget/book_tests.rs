use crate::model::{
    AttemptLost, BudgetLimit, Cost, LimitKind, LimitScope, LostReason, Metric, Period,
};

use super::super::scene::{
    Scene, asking, attempt, attempt_of, exited, known, limit, marker, reserved, target, time, usd,
};
use super::super::{Asking, CapRefusal, Refusal, Window};
use super::*;

const DAY: &str = "2026-11-22T12:00:00Z";

fn coder() -> AgentName {
    AgentName::new("coder")
}

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
fn limits_count_what_is_in_their_scope() {
    let mut scene = Scene::at(DAY);
    let other = BudgetReserved {
        agent: AgentName::new("reviewer"),
        target: target("codex:mini"),
        ..reserved(2, usd(5))
    };
    scene.reserve(1, usd(40));
    scene.write(&attempt(2), other);
    scene.settle(2, usd(3));
    let scoped = |agent: Option<&str>, tool: Option<&str>| {
        let mut limit = limit(Period::Day, 100);
        limit.scope = LimitScope {
            agent: agent.map(Into::into),
            tool: tool.map(Into::into),
            model: None,
        };
        limit
    };
    let limits = [
        scoped(None, None),
        scoped(Some("coder"), None),
        scoped(Some("reviewer"), None),
        scoped(None, Some("claude")),
    ];
    let (agent, target) = (coder(), target("claude:opus"));
    let asked = asking(&agent, &target, scene.now);
    let windows = scene.book.windows(&limits, &asked);
    let taken: Vec<u64> = windows.iter().map(Window::taken).collect();
    assert_eq!(
        taken,
        [43, 40, 40],
        "the reviewer's limit does not cover a coder"
    );
    let standing: Vec<u64> = scene
        .book
        .stand(&limits, scene.now)
        .iter()
        .map(|it| it.window.taken())
        .collect();
    assert_eq!(standing, [43, 40, 3, 40]);
}

#[test]
fn metrics_are_counted_apart() {
    let mut scene = Scene::at(DAY);
    let amounts = Amounts {
        uusd: 10,
        billed_uusd: 4,
        tokens: 900,
        requests: 1,
    };
    scene.reserve(1, amounts);
    scene.settle(1, amounts);
    scene.reserve(2, amounts);
    for (metric, taken) in [
        (Metric::Usd, (10, 10)),
        (Metric::UsdBilled, (4, 4)),
        (Metric::Tokens, (900, 900)),
        (Metric::Requests, (1, 1)),
    ] {
        let mut limit = limit(Period::Minute, 5_000);
        limit.metric = metric;
        assert_eq!(scene.taken(&limit), taken, "{metric:?}");
    }
}

#[test]
fn the_first_hard_limit_in_the_way_is_named_and_soft_ones_are_not() {
    let mut scene = Scene::at(DAY);
    scene.reserve(1, usd(90));
    let mut soft = limit(Period::Day, 50);
    soft.kind = LimitKind::Soft;
    let limits = [soft, limit(Period::Month, 100), limit(Period::Day, 100)];
    let (agent, target) = (coder(), target("claude:opus"));
    let asked = asking(&agent, &target, scene.now);
    assert_eq!(scene.book.refusal(&limits, &asked, &usd(10)), None);
    let refused = scene.book.refusal(&limits, &asked, &usd(11));
    let Some(Refusal::Limit(refused)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(refused.stand.limit, "month");
    assert_eq!(refused.source, "policies.default.month");
    assert_eq!((refused.stand.cap, refused.stand.taken), (100, 90));
    assert_eq!(refused.fits_at, Some(time("2026-12-01T00:00:00Z")));
    assert_eq!(refused.resets_at, refused.fits_at);
    let refused = scene.book.refusal(&limits, &asked, &usd(101));
    let Some(Refusal::Limit(refused)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(refused.fits_at, None, "more than the limit never fits");
    assert_eq!(scene.book.room(&limits, &asked).uusd, Some(10));
    assert_eq!(
        scene.book.room(&limits[..1], &asked).uusd,
        None,
        "unlimited"
    );
}

#[test]
fn what_takes_nothing_is_not_refused_where_a_limit_was_passed() {
    let mut scene = Scene::at(DAY);
    scene.reserve(1, usd(10));
    scene.settle(1, usd(500));
    let mut billed = limit(Period::Day, 0);
    billed.metric = Metric::UsdBilled;
    let limits = [limit(Period::Day, 100), billed];
    let (agent, target) = (coder(), target("ollama:llama3:8b"));
    let asked = asking(&agent, &target, scene.now);
    assert_eq!(
        scene.book.refusal(&limits, &asked, &usd(0)),
        None,
        "a free model"
    );
    assert!(scene.book.refusal(&limits, &asked, &usd(1)).is_some());
    assert_eq!(scene.book.room(&limits, &asked).uusd, Some(0));
}

#[test]
fn a_sliding_window_tells_when_the_same_would_fit() {
    let mut scene = Scene::at(DAY);
    let limits = [limit(Period::Minute, 100)];
    scene.reserve(1, usd(60));
    scene.settle(1, usd(60));
    scene.now = time("2026-11-22T12:00:20Z");
    scene.reserve(2, usd(30));
    scene.now = time("2026-11-22T12:00:30Z");
    let (agent, target) = (coder(), target("claude:opus"));
    let fits_at = |scene: &Scene, wanted| {
        let asked = asking(&agent, &target, scene.now);
        match scene.book.refusal(&limits, &asked, &usd(wanted)) {
            Some(Refusal::Limit(refused)) => refused.fits_at,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(fits_at(&scene, 50), Some(time("2026-11-22T12:01:01Z")));
    assert_eq!(fits_at(&scene, 80), Some(time("2026-11-22T12:01:21Z")));
    assert_eq!(fits_at(&scene, 101), None);
    scene.now = time("2026-11-22T12:01:01Z");
    let asked = asking(&agent, &target, scene.now);
    assert_eq!(
        scene.book.refusal(&limits, &asked, &usd(50)),
        None,
        "and it does"
    );
    assert_eq!(scene.taken(&limits[0]), (0, 30));
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
    assert_eq!(refused(&scene, 51), Some(Refusal::Cap(expected)));
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

#[test]
fn a_window_is_told_to_policies_and_events() {
    let mut scene = Scene::at(DAY);
    scene.reserve(1, usd(40));
    let limits = [limit(Period::Day, 100)];
    let (agent, target) = (coder(), target("claude:opus"));
    let window = scene
        .book
        .windows(&limits, &asking(&agent, &target, scene.now))[0];
    let told = window.to_policy(None);
    assert_eq!(
        (&*told.metric, &*told.period, &*told.scope),
        ("microusd", "day", "all")
    );
    assert_eq!(
        (told.cap, told.settled, told.reserved, told.wanted),
        (100, 0, 40, None)
    );
    assert!(told.hard);
    let midnight = time("2026-11-23T00:00:00Z").as_millisecond();
    assert_eq!(told.resets_at_ms, u64::try_from(midnight).ok());
    let stand = window.stand(70);
    assert_eq!((stand.taken, stand.wanted, stand.cap), (40, 70, 100));
    assert!(window.fits(60) && !window.fits(61) && !window.fits(u64::MAX));
}
