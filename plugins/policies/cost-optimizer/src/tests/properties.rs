//! What must hold whatever is asked.

use proptest::prelude::*;
use tollgate_policy_sdk::prelude::*;
use tollgate_policy_sdk::testing;

use super::{CONFIG, asked};
use crate::{CostOptimizer, score, weights};

const CONFIGS: [&str; 4] = [
    "{}",
    CONFIG,
    r#"{"simple_task_models": ["gpt-6-luna"], "complex_task_models": ["claude-haiku-5-5"],
        "complex_task_types": ["review"], "max_complexity": 50}"#,
    r#"{"prefer_cheaper_under_tokens": 20000000, "answer_reserve_tokens": 0, "sticky": false}"#,
];

#[test]
fn it_is_a_sound_policy() {
    testing::holds::<CostOptimizer>(&CONFIGS, 256);
}

#[test]
fn the_weights_are_in_order() {
    let weights = &weights::WEIGHTS;
    assert!(!weights.steps.is_empty());
    assert!(
        weights
            .steps
            .iter()
            .all(|step| step.feature < score::FEATURES.len())
    );
    assert_eq!(weights.cuts.len(), 100);
    assert!(weights.cuts.is_sorted());
}

/// A request whose targets come from where this policy looks, with numbers of any size.
fn request() -> impl Strategy<Value = Request> {
    let origins = [
        "origin:simple",
        "origin:complex",
        "origin:fallback",
        "origin:preferred",
    ];
    let origin = proptest::sample::select(origins.to_vec());
    let tool = proptest::sample::select(vec!["claude", "claude", "claude", "codex"]);
    let marks = proptest::collection::vec((origin, tool), 6);
    let numbers = proptest::collection::vec(any::<i64>(), score::FEATURES.len());
    let sizes = (0_u64..3000, 0_usize..7);
    (testing::request(), marks, numbers, sizes).prop_map(|(mut request, marks, numbers, sizes)| {
        request.phase = phase::RUN_START.to_owned();
        request.prompt_tokens = Some(sizes.0);
        for (target, (origin, tool)) in request.targets.iter_mut().zip(marks) {
            target.tags.push(origin.to_owned());
            target.tool = tool.to_owned();
        }
        let names = score::FEATURES.iter().map(|name| (*name).to_owned());
        // Some of them may be missing.
        request.features = names.zip(numbers).take(sizes.1).collect();
        request
    })
}

/// Full price: estimates of all, or list prices for the prompt and an answer.
fn is_cheaper(request: &Request, to: &Target, from: &Target, answer: u64) -> bool {
    let mut of_tool = request.targets.iter().filter(|it| it.tool == from.tool);
    if of_tool.all(|it| it.estimate_microusd.is_some()) {
        return to.estimate_microusd < from.estimate_microusd;
    }
    let tokens = request.prompt_tokens.unwrap_or(0);
    let price = |target: &Target| {
        let input = u128::from(target.price("input")?) * u128::from(tokens);
        Some(input + u128::from(target.price("output")?) * u128::from(answer))
    };
    price(to)
        .zip(price(from))
        .is_some_and(|(to, from)| to < from)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_request_goes_where_it_must_not(request in request(), config in 0..CONFIGS.len()) {
        let verdict = asked(CONFIGS[config], &request);
        let Decision::Reroute(reroute) = &verdict.decision else {
            prop_assert!(matches!(verdict.decision, Decision::Pass | Decision::Allow));
            return Ok(());
        };
        prop_assert!(!request.pinned);
        let from = request.chosen_target().expect("a reroute has a beginning");
        let to = request.target(reroute.target).expect("a reroute has an end");
        prop_assert!(Some(reroute.target) != request.chosen);
        prop_assert!(to.available);
        prop_assert_eq!(&to.tool, &from.tool);
        let code = verdict.reasons[0].code.as_str();
        if code == "cost_optimization" {
            let answer = if config == 3 { 0 } else { 4096 };
            let tokens = request.prompt_tokens.unwrap_or(0);
            prop_assert!(is_cheaper(&request, to, from, answer));
            prop_assert!(to.context_window.is_some_and(|window| tokens + answer <= window));
        } else {
            prop_assert!(["sticky", "complex_task"].contains(&code), "{}", code);
        }
    }

    /// The host asks again with the new target chosen, and gives up what it came from.
    #[test]
    fn where_it_leads_it_is_content(request in request(), config in 0..CONFIGS.len()) {
        let verdict = asked(CONFIGS[config], &request);
        if let Decision::Reroute(reroute) = verdict.decision {
            let mut again = request;
            again.chosen = Some(reroute.target);
            let second = asked(CONFIGS[config], &again);
            let is_content = !matches!(second.decision, Decision::Reroute(_));
            prop_assert!(is_content, "{:?}, then {:?}", verdict.reasons, second.reasons);
        }
    }
}
