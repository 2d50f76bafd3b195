//! Where limits stand, and where they are going.

use super::super::scene::{Scene, attempt_of, limit, reserved, time, usd};
use crate::model::Period;

#[test]
fn a_day_is_forecast_from_its_pace_so_far() {
    let mut scene = Scene::at("2026-11-22T01:00:00Z");
    scene.reserve(1, usd(6_000_000));
    scene.settle(1, usd(6_000_000));
    scene.now = time("2026-11-22T05:59:59Z");
    scene.reserve(2, usd(1_000_000));
    let limits = [
        limit(Period::Day, 15_000_000),
        limit(Period::Day, 30_000_000),
    ];
    let standings = scene.book.stand(&limits, scene.now);
    let tight = &standings[0];
    assert_eq!(
        (tight.window.settled, tight.window.reserved),
        (6_000_000, 1_000_000)
    );
    assert_eq!(tight.per_hour, Some(1_000_000), "six dollars in six hours");
    assert_eq!(tight.last_hour, 0);
    assert_eq!(tight.forecast, Some(7_000_000 + 18_000_000));
    assert_eq!(tight.reached_at, Some(time("2026-11-22T13:59:59Z")));
    assert_eq!(tight.window.resets_at, Some(time("2026-11-23T00:00:00Z")));
    assert_eq!(standings[1].reached_at, None, "not within the day");
}

#[test]
fn nothing_spent_is_never_reached_and_what_is_reached_is_reached_now() {
    let mut scene = Scene::at("2026-11-22T00:00:00Z");
    let limits = [limit(Period::Month, 100)];
    let idle = &scene.book.stand(&limits, scene.now)[0];
    assert_eq!(
        (idle.per_hour, idle.forecast, idle.reached_at),
        (Some(0), Some(0), None)
    );
    scene.reserve(1, usd(100));
    let full = &scene.book.stand(&limits, scene.now)[0];
    assert_eq!(full.reached_at, Some(scene.now));
}

#[test]
fn a_sliding_window_goes_by_the_last_hour() {
    let mut scene = Scene::at("2026-11-22T12:00:00Z");
    for number in 1..=4 {
        scene.reserve(number, usd(25));
        scene.settle(number, usd(25));
    }
    scene.now = time("2026-11-22T12:30:00Z");
    let limits = [limit(Period::Rolling5h, 300)];
    let standing = &scene.book.stand(&limits, scene.now)[0];
    assert_eq!((standing.last_hour, standing.forecast), (100, None));
    assert_eq!(standing.reached_at, Some(time("2026-11-22T14:30:00Z")));
    assert_eq!(
        standing.window.resets_at,
        Some(time("2026-11-22T17:00:01Z"))
    );
}

#[test]
fn a_limit_on_runs_shows_the_open_run_nearest_to_it() {
    let mut scene = Scene::at("2026-11-22T12:00:00Z");
    let limits = [limit(Period::Run, 100)];
    let none = &scene.book.stand(&limits, scene.now)[0];
    assert_eq!((&none.run, none.window.taken()), (&None, 0));
    for (run, amount) in [(1, 30), (2, 70), (3, 50)] {
        scene.write(&attempt_of(run, 1), reserved(run, usd(amount)));
    }
    let standing = &scene.book.stand(&limits, scene.now)[0];
    assert_eq!(standing.run, Some(attempt_of(2, 1).run));
    assert_eq!(standing.window.taken(), 70);
}

#[test]
fn absurd_figures_are_no_panic() {
    let mut scene = Scene::at("2026-11-22T12:00:00Z");
    scene.reserve(1, usd(u64::MAX));
    scene.settle(1, usd(u64::MAX));
    scene.reserve(2, usd(u64::MAX));
    let all: Vec<_> = Period::ALL.map(|it| limit(it, u64::MAX)).into();
    for standing in scene.book.stand(&all, scene.now) {
        if standing.window.limit.period != Period::Run {
            assert_eq!(standing.window.taken(), u64::MAX);
        }
    }
}
