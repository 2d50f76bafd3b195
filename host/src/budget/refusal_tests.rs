//! What is refused, and how much room there is.

use super::super::scene::{DAY, Scene, asking, coder, limit, target, time, usd};
use super::*;

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
