//! The acceptance table, and every way to decide.

use tollgate_policy_sdk::{evaluate, validate};

use super::*;

mod properties;

const CONFIG: &str =
    r#"{"simple_task_threshold_tokens": 1500, "simple_task_models": ["haiku", "nano"]}"#;

fn target(model: &str, prices: Option<(u64, u64)>, tags: &[&str]) -> Target {
    let prices = prices.map_or(vec![], |(input, output)| {
        vec![("input".to_owned(), input), ("output".to_owned(), output)]
    });
    Target {
        tool: "claude".to_owned(),
        adapter: "claude-code".to_owned(),
        model: model.to_owned(),
        available: true,
        prices,
        estimate_microusd: None,
        context_window: Some(200_000),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        extra: vec![],
    }
}

/// Sonnet is chosen; haiku is for simple tasks, opus for complex ones.
fn asking(tokens: u64) -> Request {
    let mut request = Request::empty(phase::RUN_START);
    request.prompt_tokens = Some(tokens);
    request.targets = vec![
        target(
            "sonnet",
            Some((3_000_000, 15_000_000)),
            &["origin:preferred"],
        ),
        target("haiku", Some((250_000, 1_250_000)), &["origin:simple"]),
        target("opus", Some((15_000_000, 75_000_000)), &["origin:complex"]),
    ];
    request.chosen = Some(0);
    request
}

/// What a prompt is like: `negations` of them, otherwise plain.
fn like(mut request: Request, negations: i64) -> Request {
    request.features = vec![
        ("chars".to_owned(), 400),
        ("distinct_words_ppm".to_owned(), 700_000),
        ("long_words_ppm".to_owned(), 100_000),
        ("negations".to_owned(), negations),
        ("conditions".to_owned(), 0),
    ];
    request
}

fn asked(config: &str, request: &Request) -> Verdict {
    evaluate::<CostOptimizer>(config, request).expect("a verdict")
}

/// The decision, the place it leads to, and the code of its reason.
type Outcome = (&'static str, Option<u32>, String);
/// What is different about a request.
type Change = fn(&mut Request);
/// What is different about a target.
type Difference = fn(&mut Target);

fn outcome(config: &str, request: &Request) -> Outcome {
    let verdict = asked(config, request);
    let code = verdict.reasons.first().map_or("", |reason| &reason.code);
    let (kind, place) = match &verdict.decision {
        Decision::Pass => ("pass", None),
        Decision::Allow => ("allow", None),
        Decision::Reroute(reroute) => ("reroute", Some(reroute.target)),
        other => panic!("never {other:?}"),
    };
    (kind, place, code.to_owned())
}

fn rerouted(place: u32, code: &str) -> Outcome {
    ("reroute", Some(place), code.to_owned())
}

fn allowed(code: &str) -> Outcome {
    ("allow", None, code.to_owned())
}

const PASS: Outcome = ("pass", None, String::new());

#[test]
fn a_small_prompt_gets_the_cheap_model_and_the_threshold_itself_does_not() {
    for (tokens, expected) in [
        (0, rerouted(1, "cost_optimization")),
        (800, rerouted(1, "cost_optimization")),
        (1499, rerouted(1, "cost_optimization")),
        (1500, allowed("above_threshold")),
        (3000, allowed("above_threshold")),
    ] {
        assert_eq!(outcome(CONFIG, &asking(tokens)), expected, "{tokens}");
    }
    let mut unknown = asking(0);
    unknown.prompt_tokens = None;
    assert_eq!(outcome(CONFIG, &unknown), PASS);
}

#[test]
fn figures_are_told_in_words_and_as_facts() {
    let verdict = asked(CONFIG, &like(asking(800), 0));
    assert_eq!(
        verdict.reasons[0].message,
        "prompt 800 tokens < 1500; 'haiku' is cheaper (complexity 38)"
    );
    let facts: Vec<_> = verdict
        .facts
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(
        facts,
        // 800 tokens at 3.00 less 0.25, and 4,096 at 15.00 less 1.25 dollars per million.
        [
            ("saving_microusd", "58520"),
            ("threshold_tokens", "1500"),
            ("complexity", "38")
        ]
    );
    let verdict = asked(CONFIG, &asking(3000));
    assert_eq!(verdict.reasons[0].message, "prompt 3000 tokens >= 1500");
    assert_eq!(
        verdict.facts,
        [("threshold_tokens".to_owned(), "1500".to_owned())]
    );
}

#[test]
fn a_pinned_target_stays() {
    let mut request = asking(800);
    request.pinned = true;
    request.sticky = Some(1);
    assert_eq!(outcome(CONFIG, &request), PASS);
}

#[test]
fn the_cheapest_that_can_be_used_wins() {
    let nano = |change: Difference| {
        let mut request = asking(800);
        request
            .targets
            .push(target("nano", Some((100_000, 400_000)), &[]));
        change(&mut request.targets[3]);
        outcome(CONFIG, &request)
    };
    assert_eq!(nano(|_| {}), rerouted(3, "cost_optimization"));
    let just_room = nano(|it| it.context_window = Some(4_896));
    assert_eq!(just_room, rerouted(3, "cost_optimization"));
    let table: &[(&str, Difference)] = &[
        ("unavailable", |it| it.available = false),
        ("another tool", |it| it.tool = "codex".to_owned()),
        ("no room for an answer", |it| {
            it.context_window = Some(4_895);
        }),
        ("window not known", |it| it.context_window = None),
        ("price not known", |it| it.prices.clear()),
        ("output price not known", |it| it.prices.truncate(1)),
        ("dear output", |it| it.prices[1].1 = 99_000_000),
        ("as cheap", |it| {
            it.prices[0].1 = 250_000;
            it.prices[1].1 = 1_250_000;
        }),
    ];
    for (name, change) in table {
        assert_eq!(nano(*change), rerouted(1, "cost_optimization"), "{name}");
    }
}

#[test]
fn what_is_not_cheaper_is_left_alone() {
    let table: &[(&str, Change)] = &[
        ("as dear", |it| {
            it.targets[0].prices = it.targets[1].prices.clone();
        }),
        ("price not known", |it| it.targets[0].prices.clear()),
        ("chosen already", |it| it.chosen = Some(1)),
    ];
    for (name, change) in table {
        let mut request = asking(800);
        change(&mut request);
        assert_eq!(outcome(CONFIG, &request), PASS, "{name}");
    }
}

#[test]
fn estimates_count_more_than_list_prices() {
    let mut request = asking(800);
    request.targets[0].estimate_microusd = Some(500);
    request.targets[1].estimate_microusd = Some(501);
    request.targets[2].estimate_microusd = Some(9000);
    assert_eq!(outcome(CONFIG, &request), PASS, "it would cost more there");
    request.targets[1].estimate_microusd = Some(400);
    let verdict = asked(CONFIG, &request);
    assert_eq!(
        verdict.facts[0],
        ("saving_microusd".to_owned(), "100".to_owned())
    );
    request.targets[1].estimate_microusd = None;
    assert_eq!(
        asked(CONFIG, &request).facts[0].1,
        "58520",
        "list prices of both"
    );
}

#[test]
fn a_kind_of_task_may_decide() {
    let config = r#"{"simple_task_models": ["haiku"], "simple_task_types": ["summary"],
        "complex_task_types": ["review"], "max_complexity": 0}"#;
    let mut request = like(asking(90_000), 5);
    request.task_type = Some("summary".to_owned());
    assert_eq!(outcome(config, &request), rerouted(1, "cost_optimization"));
    let reason = &asked(config, &request).reasons[0].message;
    assert!(
        reason.starts_with("task type 'summary' is simple; 'haiku' is cheaper"),
        "{reason}"
    );
    request.prompt_tokens = Some(10);
    request.task_type = Some("review".to_owned());
    assert_eq!(outcome(config, &request), allowed("above_threshold"));
}

#[test]
fn complexity_decides_only_where_it_is_told_to() {
    let hard = like(asking(800), 9);
    assert_eq!(outcome(CONFIG, &hard), rerouted(1, "cost_optimization"));
    let config =
        |most: u64| format!(r#"{{"simple_task_models": ["haiku"], "max_complexity": {most}}}"#);
    assert_eq!(outcome(&config(86), &hard), allowed("above_threshold"));
    assert_eq!(
        asked(&config(60), &hard).reasons[0].message,
        "prompt 800 tokens < 1500, but its complexity 87 > 60"
    );
    assert_eq!(
        outcome(&config(87), &hard),
        rerouted(1, "cost_optimization")
    );
    assert_eq!(
        outcome(&config(60), &like(asking(800), 0)),
        rerouted(1, "cost_optimization")
    );
    assert_eq!(
        outcome(&config(100), &asking(800)),
        allowed("above_threshold"),
        "not known"
    );
}

#[test]
fn below_a_bound_of_its_own_any_cheaper_target_will_do() {
    let config = r#"{"simple_task_threshold_tokens": 100, "prefer_cheaper_under_tokens": 1000}"#;
    let mut request = asking(800);
    request.targets[1].tags.clear();
    assert_eq!(outcome(config, &request), rerouted(1, "cost_optimization"));
    request.prompt_tokens = Some(1000);
    assert_eq!(outcome(config, &request), allowed("above_threshold"));
}

#[test]
fn a_task_that_is_not_simple_leaves_a_model_for_simple_ones() {
    let config =
        r#"{"simple_task_models": ["haiku"], "complex_task_models": ["gone", "opus", "sonnet"]}"#;
    let mut request = asking(3000);
    request.chosen = Some(1);
    assert_eq!(outcome(config, &request), rerouted(2, "complex_task"));
    request.targets[2].available = false;
    assert_eq!(outcome(config, &request), rerouted(0, "complex_task"));
    request.targets[0].available = false;
    assert_eq!(outcome(config, &request), allowed("above_threshold"));
    assert_eq!(outcome(CONFIG, &request), allowed("above_threshold"));
}

#[test]
fn nothing_is_said_where_nothing_is_to_be_optimised() {
    let mut request = asking(3000);
    request.targets.truncate(1);
    assert_eq!(outcome("{}", &request), PASS);
    request.phase = phase::RUN_FAILED.to_owned();
    assert_eq!(outcome(CONFIG, &request), PASS);
}

#[test]
fn a_session_stays_where_its_cache_is() {
    let table: &[(&str, Change, Outcome)] = &[
        ("there already", |it| it.sticky = Some(0), allowed("sticky")),
        ("elsewhere", |_| {}, rerouted(2, "sticky")),
        (
            "too weak",
            |it| (it.sticky, it.prompt_tokens) = (Some(1), Some(3000)),
            allowed("above_threshold"),
        ),
        (
            "weak but chosen",
            |it| (it.sticky, it.chosen, it.prompt_tokens) = (Some(1), Some(1), Some(3000)),
            allowed("sticky"),
        ),
    ];
    for (name, change, expected) in table {
        let mut request = asking(800);
        request.sticky = Some(2);
        change(&mut request);
        assert_eq!(outcome(CONFIG, &request), *expected, "{name}");
    }
}

#[test]
fn a_session_does_not_go_back_where_it_must_not() {
    let table: &[(&str, Change)] = &[
        ("gone", |it| it.targets[2].available = false),
        ("too small by now", |it| {
            it.targets[2].context_window = Some(900);
        }),
        ("another tool", |it| it.targets[2].tool = "codex".to_owned()),
        ("the chosen is a fallback", |it| {
            it.targets[0].tags = vec!["origin:fallback".to_owned()];
        }),
        ("the user named a model", |it| {
            it.targets[0].tags = vec!["origin:task_type".to_owned()];
        }),
        ("no such target", |it| it.sticky = Some(9)),
    ];
    for (name, change) in table {
        let mut request = asking(800);
        request.sticky = Some(2);
        change(&mut request);
        let expected = rerouted(1, "cost_optimization");
        assert_eq!(outcome(CONFIG, &request), expected, "{name}");
    }
    let mut request = asking(800);
    request.sticky = Some(0);
    let config = r#"{"simple_task_models": ["haiku"], "sticky": false}"#;
    assert_eq!(outcome(config, &request), rerouted(1, "cost_optimization"));
}

#[test]
fn mistakes_are_named() {
    let mistakes = validate::<CostOptimizer>(
        r#"{"simple_task_threshold_token": 5, "simple_task_models": "haiku", "max_complexity": 101,
            "simple_task_types": ["a"], "complex_task_types": ["a"], "sticky": 1}"#,
    );
    let paths: Vec<_> = mistakes.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "simple_task_models",
            "sticky",
            "max_complexity",
            "complex_task_types",
            "simple_task_threshold_token"
        ]
    );
    assert_eq!(
        mistakes[4].fix.as_deref(),
        Some("did you mean `simple_task_threshold_tokens`?")
    );
}

#[test]
fn the_schema_knows_the_same_settings() {
    let schema = include_str!("../config.schema.json");
    for key in [
        "simple_task_threshold_tokens",
        "simple_task_models",
        "complex_task_models",
        "prefer_cheaper_under_tokens",
        "simple_task_types",
        "complex_task_types",
        "max_complexity",
        "answer_reserve_tokens",
        "sticky",
    ] {
        assert!(schema.contains(&format!("\"{key}\": {{")), "{key}");
        assert!(
            validate::<CostOptimizer>(&format!("{{\"{key}\": null}}")).is_empty(),
            "{key}"
        );
    }
    assert_eq!(schema.matches("\"description\"").count(), 9);
}
