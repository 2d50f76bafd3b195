//! What holds of every policy, for its tests.
//!
//! Owns made-up requests, most of them absurd, and the properties themselves. Not part of a component: switch the feature
//! `testing` on among the `dev-dependencies` only.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::contract::{Attempt, Decision, Request, Target, Verdict, Window};
use crate::policy::{Policy, evaluate, validate};

/// Asks the policy with each of `configs` (all of them right) about `cases` made-up requests: it answers, answers the same
/// again, and names only targets that there are. Answers about a configuration that is not right are errors.
///
/// # Panics
/// One of these does not hold.
pub fn holds<P: Policy>(configs: &[&str], cases: u32) {
    for config in configs {
        let mistakes = validate::<P>(config);
        assert!(mistakes.is_empty(), "{config} is not right: {mistakes:?}");
        judged::<P>(config, cases, |_, _| Ok(()));
    }
    let about = P::about();
    assert!(!about.id.is_empty() && !about.version.is_empty() && !about.summary.is_empty());
    assert!(!about.phases.is_empty(), "it wants never to be asked");
    for config in ["[", "[]", "3", r#"{"no such setting": 1}"#] {
        assert!(!validate::<P>(config).is_empty(), "{config} is not right");
        let answer = evaluate::<P>(config, &Request::empty("run-start"));
        assert!(answer.is_err(), "{config} is not right, and yet {answer:?}");
    }
}

/// Asks the policy about `cases` made-up requests and hands each verdict to `also`.
///
/// # Panics
/// The policy gave no verdict, or not the same one twice, or `also` found fault.
#[expect(clippy::panic, reason = "this is how a test says what it found")]
pub fn judged<P: Policy>(
    config: &str,
    cases: u32,
    also: impl Fn(&Request, &Verdict) -> Result<(), TestCaseError>,
) {
    let settings = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(settings).run(&request(), |request| {
        let verdict = evaluate::<P>(config, &request).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&evaluate::<P>(config, &request), &Ok(verdict.clone()));
        if let Decision::Reroute(reroute) = &verdict.decision {
            prop_assert!(request.target(reroute.target).is_some(), "no such target");
        }
        if verdict.decision == Decision::Deny {
            prop_assert!(!verdict.reasons.is_empty(), "denied without a reason");
        }
        also(&request, &verdict)
    });
    if let Err(error) = outcome {
        panic!("with {config}: {error}");
    }
}

/// Any request: known and unknown words, numbers at their bounds, indices that point nowhere.
pub fn request() -> impl Strategy<Value = Request> {
    let who = (
        word(&["run-start", "run-event", "run-failed", "run-end"]),
        amount(),
        word(&["architect", "worker"]),
        option::of(word(&["review"])),
        option::of(amount()),
    );
    let targets = (
        vec(target(), 0..5),
        option::of(0_u32..6),
        option::of(0_u32..6),
        any::<bool>(),
    );
    let command = (
        option::of(path()),
        vec(argument(), 0..6),
        option::of(path()),
        option::of(event()),
        vec((word(&["justified"]), word(&["true"])), 0..3),
    );
    let standing = (vec(window(), 0..6), vec(attempt(), 0..3));
    (who, targets, command, standing).prop_map(|(who, targets, command, standing)| Request {
        now_ms: who.1,
        agent: who.2,
        task_type: who.3,
        prompt_tokens: who.4,
        targets: targets.0,
        chosen: targets.1,
        sticky: targets.2,
        pinned: targets.3,
        program: command.0,
        args: command.1,
        cwd: command.2,
        event: command.3,
        facts: command.4,
        windows: standing.0,
        attempts: standing.1,
        ..Request::empty(&who.0)
    })
}

/// Any window.
pub fn window() -> impl Strategy<Value = Window> {
    let metrics = ["microusd", "microusd-billed", "tokens", "requests"];
    let periods = [
        "minute",
        "hour",
        "day",
        "month",
        "rolling-5h",
        "rolling-7d",
        "run",
    ];
    let words = (
        word(&["daily", "monthly"]),
        word(&metrics),
        word(&periods),
        word(&["all", "agent architect", "tool codex"]),
    );
    let amounts = (amount(), amount(), amount(), option::of(amount()));
    let rest = (any::<bool>(), option::of(0_u32..130), option::of(amount()));
    (words, amounts, rest).prop_map(|(words, amounts, rest)| Window {
        name: words.0,
        metric: words.1,
        period: words.2,
        scope: words.3,
        hard: rest.0,
        warn_percent: rest.1,
        cap: amounts.0,
        settled: amounts.1,
        reserved: amounts.2,
        wanted: amounts.3,
        resets_at_ms: rest.2,
        extra: Vec::new(),
    })
}

/// Any target.
pub fn target() -> impl Strategy<Value = Target> {
    let words = (
        word(&["claude-code", "codex"]),
        word(&["gpt-6-luna", "claude-haiku-5-5"]),
        vec(word(&["origin:preferred", "origin:fallback"]), 0..3),
    );
    let prices = vec((word(&["input", "output"]), amount()), 0..3);
    let rest = (any::<bool>(), option::of(amount()), option::of(amount()));
    (words, prices, rest).prop_map(|(words, prices, rest)| Target {
        adapter: words.0.clone(),
        tool: words.0,
        model: words.1,
        available: rest.0,
        prices,
        estimate_microusd: rest.1,
        context_window: rest.2,
        tags: words.2,
        extra: Vec::new(),
    })
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let codes = option::of(word(&["rate-limited", "auth"]));
    let outcome = word(&["failed", "timed_out"]);
    (0_u32..6, outcome, codes, option::of(amount())).prop_map(|(target, outcome, code, wait)| {
        Attempt {
            target,
            outcome,
            code,
            at_ms: 0,
            retry_after_ms: wait,
            resets_at_ms: None,
            changed_files: None,
            extra: Vec::new(),
        }
    })
}

fn event() -> impl Strategy<Value = String> {
    let kind = word(&["command", "tool-call", "usage"]);
    let known = (kind, word(&["Bash", "WebFetch"]))
        .prop_map(|(kind, name)| format!(r#"{{"kind":{kind:?},"name":{name:?}}}"#));
    prop_oneof![4 => known, 1 => any::<String>()]
}

fn argument() -> impl Strategy<Value = String> {
    word(&[
        "--model",
        "--yolo",
        "--yolo=true",
        "{prompt}",
        "-s",
        "danger-full-access",
    ])
}

fn path() -> impl Strategy<Value = String> {
    word(&[
        "/",
        "/home/ann/code",
        "/home/ann/../bob",
        "relative",
        "/usr/bin/claude",
        "//etc//passwd/",
    ])
}

/// Mostly one of `known`, otherwise anything.
fn word(known: &[&'static str]) -> BoxedStrategy<String> {
    let known = proptest::sample::select(known.to_vec()).prop_map(str::to_owned);
    prop_oneof![6 => known, 1 => any::<String>()].boxed()
}

/// Small amounts, real ones, and the bounds.
fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![
        0_u64..4,
        0_u64..20_000_000,
        any::<u64>(),
        Just(0),
        Just(u64::MAX)
    ]
}
