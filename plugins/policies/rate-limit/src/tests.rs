//! What is decided, and the words.

use proptest::prelude::*;
use tollgate_policy_sdk::testing::{self, judged};
use tollgate_policy_sdk::{evaluate, validate};

use super::*;

fn window(period: &str, settled: u64, reserved: u64) -> Window {
    Window {
        name: format!("codex per {period}"),
        metric: "requests".to_owned(),
        period: period.to_owned(),
        scope: "tool codex".to_owned(),
        hard: true,
        warn_percent: Some(100),
        cap: 50,
        settled,
        reserved,
        wanted: Some(1),
        resets_at_ms: Some(100_000 + 41_500),
        extra: vec![],
    }
}

fn target(tool: &str, available: bool) -> Target {
    Target {
        tool: tool.to_owned(),
        adapter: tool.to_owned(),
        model: "m".to_owned(),
        available,
        prices: vec![],
        estimate_microusd: None,
        context_window: None,
        tags: vec![],
        extra: vec![],
    }
}

/// Codex is chosen; another model of it comes first, a broken tool next.
fn request(windows: Vec<Window>) -> Request {
    let mut request = Request::empty(phase::RUN_START);
    request.now_ms = 100_000;
    request.targets = vec![
        target("codex", true),
        target("broken", false),
        target("codex", true),
        target("claude-code", true),
    ];
    request.chosen = Some(2);
    request.windows = windows;
    request
}

fn asked(config: &str, request: &Request) -> Verdict {
    evaluate::<RateLimit>(config, request).expect("a verdict")
}

#[test]
fn a_full_tool_makes_way_for_another() {
    let verdict = asked("{}", &request(vec![window("minute", 40, 10)]));
    let expected = Verdict::reroute(3)
        .because(
            "rate_limited",
            "codex had 50 of 50 requests per minute; there is room again in 42 s; claude-code is asked instead",
        )
        .fact("limit", "codex per minute")
        .fact("cap", 50)
        .fact("taken", 50)
        .fact("resets_at_ms", 141_500);
    assert_eq!(verdict, expected);
}

#[test]
fn without_another_it_is_denied() {
    let full = || request(vec![window("minute", 50, 0)]);
    let mut pinned = full();
    pinned.pinned = true;
    let mut alone = full();
    alone.targets.truncate(3);
    let mut nowhere = full();
    nowhere.chosen = None;
    for (config, request) in [
        ("{}", &pinned),
        ("{}", &alone),
        ("{}", &nowhere),
        (r#"{"when_full": "deny"}"#, &full()),
    ] {
        let verdict = asked(config, request);
        assert_eq!(verdict.decision, Decision::Deny);
        assert_eq!(verdict.reasons[0].code, "rate_limited");
    }
    assert_eq!(
        asked("{}", &alone).reasons[0].message,
        "codex had 50 of 50 requests per minute; there is room again in 42 s"
    );
}

#[test]
fn only_full_rates_count() {
    let others = vec![
        window("minute", 49, 0),
        window("day", 60, 0),
        Window {
            metric: "tokens".to_owned(),
            ..window("minute", 60, 0)
        },
    ];
    assert_eq!(asked("{}", &request(others)), Verdict::pass());
}

#[test]
fn a_soft_rate_asks() {
    let soft = Window {
        hard: false,
        resets_at_ms: None,
        ..window("hour", 50, 0)
    };
    let Decision::Ask(question) = asked("{}", &request(vec![soft])).decision else {
        panic!("asks nothing");
    };
    assert_eq!(
        question.title,
        "Rate Warning: codex had 50 of 50 requests per hour; when there is room again is not known"
    );
}

#[test]
fn of_several_the_one_that_holds_longest_is_named() {
    let hour = Window {
        resets_at_ms: Some(100_000 + 1_000_000),
        ..window("hour", 50, 0)
    };
    let soft = Window {
        hard: false,
        resets_at_ms: None,
        ..window("hour", 50, 0)
    };
    let verdict = asked(
        r#"{"when_full": "deny"}"#,
        &request(vec![window("minute", 50, 0), hour, soft]),
    );
    assert_eq!(
        verdict.reasons[0].message,
        "codex had 50 of 50 requests per hour; there is room again in 17 min"
    );
    assert_eq!(verdict.reasons.len(), 1);
}

#[test]
fn waits_are_rounded_up() {
    for (ms, text) in [
        (0, "1 s"),
        (1, "1 s"),
        (120_000, "120 s"),
        (120_001, "3 min"),
        (u64::MAX, "307445734561826 min"),
    ] {
        assert_eq!(wait(ms), text);
    }
}

#[test]
fn mistakes_are_named() {
    let mistakes = validate::<RateLimit>(r#"{"when_full": "rerout", "full": 1}"#);
    let fixes: Vec<_> = mistakes.iter().filter_map(|it| it.fix.as_deref()).collect();
    assert_eq!(
        fixes,
        ["did you mean `reroute`?", "remove it; known are: when_full"]
    );
}

#[test]
fn it_is_a_sound_policy() {
    testing::holds::<RateLimit>(&["{}", r#"{"when_full": "deny"}"#], 1024);
}

#[test]
fn a_hard_rate_that_is_met_never_passes() {
    judged::<RateLimit>("{}", 4096, |request, verdict| {
        let full = request.windows.iter().any(|it| it.hard && is_full(it));
        let stopped = matches!(verdict.decision, Decision::Deny | Decision::Reroute(_));
        prop_assert_eq!(full, stopped, "{:?}", verdict);
        if let Decision::Reroute(reroute) = &verdict.decision {
            prop_assert!(!request.pinned);
            let tool = |target: Option<&Target>| target.map(|it| it.tool.clone());
            prop_assert!(tool(request.target(reroute.target)) != tool(request.chosen_target()));
        }
        Ok(())
    });
}
