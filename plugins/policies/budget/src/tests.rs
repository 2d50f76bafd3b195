//! What is decided, and the exact words.

use proptest::prelude::*;
use tollgate_policy_sdk::testing::{self, judged};
use tollgate_policy_sdk::{evaluate, validate};

use super::*;

const DOLLAR: u64 = 1_000_000;

fn daily(settled: u64) -> Window {
    Window {
        name: "daily".to_owned(),
        metric: "microusd".to_owned(),
        period: "day".to_owned(),
        scope: "all".to_owned(),
        hard: false,
        warn_percent: Some(80),
        cap: 10 * DOLLAR,
        settled,
        reserved: 0,
        wanted: Some(DOLLAR / 2),
        resets_at_ms: Some(1_000),
        extra: vec![],
    }
}

fn hard(window: Window) -> Window {
    Window {
        hard: true,
        ..window
    }
}

fn in_phase(phase: &str, windows: Vec<Window>, estimate: Option<u64>) -> Request {
    let mut request = Request::empty(phase);
    request.targets = vec![Target {
        tool: "codex".to_owned(),
        adapter: "codex".to_owned(),
        model: "gpt-6-luna".to_owned(),
        available: true,
        prices: vec![],
        estimate_microusd: estimate,
        context_window: None,
        tags: vec![],
        extra: vec![],
    }];
    request.chosen = Some(0);
    request.windows = windows;
    request
}

fn at_start(windows: Vec<Window>) -> Verdict {
    asked(&in_phase(phase::RUN_START, windows, Some(DOLLAR / 2)))
}

fn asked(request: &Request) -> Verdict {
    evaluate::<Budget>("{}", request).expect("a verdict")
}

/// Code and message of the first reason.
fn why(verdict: &Verdict) -> (&str, &str) {
    let reason = verdict.reasons.first().expect("a reason");
    (&reason.code, &reason.message)
}

/// Title and detail of the question.
fn question(verdict: &Verdict) -> (&str, &str) {
    let Decision::Ask(question) = &verdict.decision else {
        panic!("{verdict:?} asks nothing");
    };
    (&question.title, &question.detail)
}

#[test]
fn a_hard_limit_says_by_how_much() {
    let verdict = at_start(vec![hard(daily(9_800_000))]);
    assert_eq!(verdict.decision, Decision::Deny);
    assert_eq!(
        why(&verdict),
        (
            "budget_exceeded",
            "Request would exceed daily budget ($10.30 / $10.00)"
        )
    );
    let facts = [
        ("limit", "daily"),
        ("metric", "microusd"),
        ("cap", "10000000"),
        ("taken", "9800000"),
        ("wanted", "500000"),
        ("resets_at_ms", "1000"),
    ];
    assert_eq!(
        verdict.facts,
        facts.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn a_soft_limit_asks_in_these_words() {
    let verdict = at_start(vec![daily(8_100_000)]);
    assert_eq!(
        question(&verdict),
        (
            "Budget Warning: Daily spending at 81% of limit ($8.10 / $10.00)",
            "Estimated cost for this request: ~$0.50"
        )
    );
    assert_eq!(why(&verdict).0, "budget_near");
    let request = in_phase(phase::RUN_START, vec![daily(8_100_000)], None);
    assert_eq!(
        question(&asked(&request)).1,
        "The cost of this request cannot be estimated"
    );
}

#[test]
fn every_period_has_its_word() {
    for (period, small, large) in [
        ("day", "daily", "Daily"),
        ("month", "monthly", "Monthly"),
        ("hour", "hourly", "Hourly"),
        ("minute", "per-minute", "Per-minute"),
        ("rolling-5h", "5-hour", "5-hour"),
        ("rolling-7d", "7-day", "7-day"),
        ("run", "run", "Run"),
        ("week", "week", "Week"),
    ] {
        let window = Window {
            period: period.to_owned(),
            scope: "agent architect".to_owned(),
            ..daily(10 * DOLLAR)
        };
        assert_eq!(
            question(&at_start(vec![window.clone()])).0,
            format!(
                "Budget Warning: {large} spending of agent architect at 100% of limit ($10.00 / $10.00)"
            )
        );
        assert_eq!(
            why(&at_start(vec![hard(window)])).1,
            format!("Request would exceed {small} budget of agent architect ($10.50 / $10.00)")
        );
    }
}

#[test]
fn tokens_and_requests_are_counted() {
    let tokens = Window {
        metric: "tokens".to_owned(),
        cap: 10_000,
        settled: 8_000,
        reserved: 100,
        wanted: None,
        ..daily(0)
    };
    assert_eq!(
        question(&at_start(vec![tokens.clone()])).0,
        "Budget Warning: Daily spending at 81% of limit (8,100 / 10,000 tokens)"
    );
    assert_eq!(
        at_start(vec![hard(tokens.clone())]).decision,
        Decision::Allow,
        "an unknown count of tokens is no unknown price"
    );
    let requests = Window {
        metric: "requests".to_owned(),
        settled: 10_000,
        ..hard(tokens)
    };
    for (period, decision) in [
        ("day", Decision::Deny),
        ("rolling-5h", Decision::Deny),
        ("minute", Decision::Pass),
        ("hour", Decision::Pass),
    ] {
        let window = Window {
            period: period.to_owned(),
            ..requests.clone()
        };
        assert_eq!(at_start(vec![window]).decision, decision, "{period}");
    }
}

#[test]
fn a_hard_limit_close_to_its_end_is_remarked() {
    let verdict = at_start(vec![hard(daily(8_100_000))]);
    assert_eq!(verdict.decision, Decision::Allow);
    assert_eq!(
        why(&verdict),
        (
            "budget_near",
            "Daily spending at 81% of limit ($8.10 / $10.00)"
        )
    );
    let quiet = Window {
        warn_percent: None,
        ..hard(daily(9_500_000))
    };
    assert_eq!(at_start(vec![quiet]), Verdict::pass());
}

#[test]
fn the_edges_are_where_they_should_be() {
    for (settled, wanted, soft, strict) in [
        (7_999_999, Some(0), "pass", "pass"),
        (8_000_000, Some(0), "ask", "allow"),
        (8_000_000, Some(2_000_000), "ask", "allow"),
        (8_000_000, Some(2_000_001), "ask", "deny"),
        (1_000_000, Some(9_000_000), "pass", "pass"),
        (1_000_000, Some(9_000_001), "ask", "deny"),
        (10_000_000, Some(0), "ask", "deny"),
        (9_999_999, Some(1), "ask", "allow"),
        (0, None, "pass", "deny"),
        (10_000_000, None, "ask", "deny"),
    ] {
        let window = Window {
            wanted,
            ..daily(settled)
        };
        for (window, expected) in [(window.clone(), soft), (hard(window), strict)] {
            let word = match at_start(vec![window]).decision {
                Decision::Pass => "pass",
                Decision::Allow => "allow",
                Decision::Deny => "deny",
                Decision::Ask(_) => "ask",
                other => panic!("{other:?}"),
            };
            assert_eq!(word, expected, "{settled} and {wanted:?}");
        }
    }
}

#[test]
fn what_cannot_be_told_is_forbidden_by_a_hard_limit_only() {
    let window = Window {
        wanted: None,
        ..daily(0)
    };
    let verdict = at_start(vec![hard(window.clone())]);
    assert_eq!(
        why(&verdict),
        (
            "unpriced",
            "The cost of codex:gpt-6-luna cannot be told, and the hard daily budget of $10.00 forbids that; give the model a \
             price in models.yaml, or set `on_unpriced` in policies.yaml"
        )
    );
    assert_eq!(at_start(vec![window]), Verdict::pass());
    let spent = Window {
        wanted: None,
        ..hard(daily(11_000_000))
    };
    assert_eq!(
        why(&at_start(vec![spent])),
        (
            "budget_exceeded",
            "Request would exceed daily budget ($11.00 / $10.00)"
        )
    );
}

#[test]
fn the_strictest_of_several_speaks_first() {
    let monthly = Window {
        name: "monthly".to_owned(),
        period: "month".to_owned(),
        ..hard(daily(9_900_000))
    };
    let verdict = at_start(vec![daily(8_100_000), monthly.clone(), daily(1)]);
    assert_eq!(verdict.decision, Decision::Deny);
    let messages: Vec<_> = verdict.reasons.iter().map(|it| &*it.message).collect();
    assert_eq!(
        messages,
        [
            "Request would exceed monthly budget ($10.40 / $10.00)",
            "Daily spending at 81% of limit ($8.10 / $10.00)"
        ]
    );
    assert_eq!(verdict.facts[0], ("limit".to_owned(), "monthly".to_owned()));
    let second = Window {
        scope: "tool codex".to_owned(),
        ..daily(9_000_000)
    };
    let verdict = at_start(vec![daily(8_100_000), second]);
    assert!(question(&verdict).0.contains("Daily spending at 81%"));
}

#[test]
fn while_it_runs_only_what_is_gone_beyond_counts() {
    let event = |window: Window, kind: &str| {
        let mut request = in_phase(phase::RUN_EVENT, vec![window], None);
        request.event = Some(format!(r#"{{"kind":"{kind}"}}"#));
        asked(&request)
    };
    let over = event(hard(daily(10_300_000)), "usage");
    assert_eq!(over.decision, Decision::Deny);
    assert_eq!(
        why(&over),
        (
            "budget_exceeded",
            "Spending went beyond daily budget ($10.30 / $10.00)"
        )
    );
    let full = event(hard(daily(10_000_000)), "usage");
    assert_eq!(full, Verdict::pass());
    let soft = event(daily(12_000_000), "usage");
    assert_eq!(soft.decision, Decision::Allow);
    assert_eq!(
        why(&soft).1,
        "Daily spending at 120% of limit ($12.00 / $10.00)"
    );
    assert_eq!(event(daily(12_000_000), "command"), Verdict::pass());
    assert_eq!(event(daily(1), "usage"), Verdict::pass());
}

#[test]
fn the_next_attempt_is_judged_as_the_first() {
    let windows = vec![hard(daily(9_800_000))];
    let request = in_phase(phase::RUN_FAILED, windows.clone(), None);
    assert_eq!(asked(&request).decision, Decision::Deny);
    let request = in_phase(phase::RUN_END, windows, None);
    assert_eq!(asked(&request), Verdict::pass());
}

#[test]
fn a_limit_of_nothing_allows_nothing() {
    let nothing = Window {
        cap: 0,
        wanted: Some(0),
        ..daily(0)
    };
    assert_eq!(
        question(&at_start(vec![nothing.clone()])).0,
        "Budget Warning: Daily spending at 100% of limit ($0.00 / $0.00)"
    );
    assert_eq!(at_start(vec![hard(nothing)]).decision, Decision::Deny);
}

#[test]
fn there_are_no_settings() {
    let mistakes = validate::<Budget>(r#"{"daily": 3}"#);
    assert_eq!(mistakes[0].path, "daily");
    assert_eq!(
        mistakes[0].fix.as_deref(),
        Some("remove it: there are no settings")
    );
}

#[test]
fn it_is_a_sound_policy() {
    testing::holds::<Budget>(&["{}", ""], 1024);
}

#[test]
fn a_hard_limit_that_would_be_exceeded_always_denies() {
    judged::<Budget>("{}", 4096, |request, verdict| {
        let start = matches!(&*request.phase, "run-start" | "run-failed");
        let mut hard = request.windows.iter().filter(|it| it.hard && counts(it));
        let denies = hard.any(|window| {
            let taken = u128::from(window.settled) + u128::from(window.reserved);
            let wanted = u128::from(window.wanted.unwrap_or(0));
            let cap = u128::from(window.cap);
            let untold = window.is_money() && window.wanted.is_none();
            match &*request.phase {
                // What does not fit into 64 bits is as much as fits.
                "run-event" => taken.min(u64::MAX.into()) > cap,
                _ => {
                    start
                        && (taken >= cap || taken + wanted > cap && cap < u64::MAX.into() || untold)
                }
            }
        });
        prop_assert_eq!(verdict.decision == Decision::Deny, denies);
        Ok(())
    });
}
