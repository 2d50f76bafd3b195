//! Windows, and what they show.

use super::super::scene::{DAY, Scene, asking, attempt, coder, limit, reserved, target, time, usd};
use super::*;
use crate::model::{AgentName, Amounts, BudgetReserved, LimitScope, Metric, Period};

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
    assert_eq!(
        (window.percent(0), window.percent(39), window.percent(65)),
        (40, 79, 105)
    );
    assert!(!window.is_near(39) && window.is_near(40));
    assert_eq!(window.percent(u64::MAX), u32::MAX);
    let none = limit(Period::Day, 0);
    let full = Window {
        limit: &none,
        ..window
    };
    assert_eq!(full.percent(0), 100);
}
