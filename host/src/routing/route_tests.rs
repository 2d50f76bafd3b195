//! Tables for the routing decision.

use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::model::{AdapterSource, CostOptimization, Model, Price, Tool};

fn tool(binary: &str, models: &[&str]) -> Tool {
    Tool {
        binary: binary.to_owned(),
        adapter: AdapterSource::Id("template".to_owned()),
        models: models
            .iter()
            .map(|name| (ModelName::new(*name), (*name).to_owned()))
            .collect(),
        capabilities: Vec::new(),
        timeout: Duration::from_secs(60),
        env: BTreeMap::new(),
        env_required: Vec::new(),
        account: binary.to_owned(),
        assumed_per_minute: None,
        env_inherit: Vec::new(),
        prompt_as_value_of: None,
        options: "{}".to_owned(),
    }
}

fn model(input: u64, output: u64, context_window: u64) -> Model {
    Model {
        provider: "test".to_owned(),
        prices: Prices {
            input: Some(Price(input)),
            output: Some(Price(output)),
            ..Prices::default()
        },
        later: Vec::new(),
        context_window,
        task_suitability: Vec::new(),
        deprecated: false,
    }
}

pub(in crate::routing) fn target(text: &str) -> Target {
    Target::parse(text).expect("a target")
}

/// The house of the acceptance tests: cursor with gpt, claude with sonnet, opus and haiku, gemini.
pub(in crate::routing) fn house() -> Settings {
    let mut settings = Settings::default();
    for (name, entry) in [
        ("cursor", tool("cursor", &["gpt-4-turbo"])),
        (
            "claude",
            tool("claude", &["sonnet", "opus", "haiku", "nano"]),
        ),
        ("gemini", tool("gemini", &["pro", "llama3:8b"])),
    ] {
        settings.tools.insert(ToolName::new(name), entry);
    }
    for (name, entry) in [
        ("gpt-4-turbo", model(10_000_000, 30_000_000, 128_000)),
        ("sonnet", model(3_000_000, 15_000_000, 200_000)),
        ("opus", model(15_000_000, 75_000_000, 200_000)),
        ("haiku", model(250_000, 1_250_000, 200_000)),
        ("nano", model(100_000, 400_000, 4_000)),
        ("pro", model(2_000_000, 8_000_000, 1_000_000)),
        ("llama3:8b", model(0, 0, 8_000)),
    ] {
        settings.models.insert(ModelName::new(name), entry);
    }
    for (name, preferred, chain) in [
        (
            "architect",
            "cursor:gpt-4-turbo",
            vec!["claude:opus", "gemini:pro"],
        ),
        (
            "backend-dev",
            "claude:sonnet",
            vec!["gemini:pro", "gemini:llama3:8b"],
        ),
    ] {
        settings.agents.insert(
            AgentName::new(name),
            Agent {
                preferred: target(preferred),
                fallback_chain: chain.into_iter().map(target).collect(),
                task_types: BTreeMap::from([("review".to_owned(), ModelName::new("opus"))]),
                daily_budget: None,
            },
        );
    }
    settings.cost_optimization = Some(CostOptimization {
        simple_task_threshold_tokens: 1500,
        simple_task_models: vec![ModelName::new("haiku"), ModelName::new("nano")],
        complex_task_models: Vec::new(),
    });
    settings
}

fn present(names: &[&str]) -> BTreeMap<ToolName, Availability> {
    names
        .iter()
        .map(|name| {
            let path = PathBuf::from(format!("/bin/{name}"));
            (ToolName::new(*name), Availability::Available(path))
        })
        .collect()
}

pub(in crate::routing) fn all() -> BTreeMap<ToolName, Availability> {
    present(&["cursor", "claude", "gemini"])
}

fn ask(agent: &str) -> RouteRequest {
    RouteRequest {
        agent: agent.to_owned(),
        ..RouteRequest::default()
    }
}

#[test]
fn the_preferred_target_is_taken_when_nothing_speaks_against_it() {
    let decision = route(&ask("architect"), &house(), &all()).expect("a decision");
    assert_eq!(decision.target, target("cursor:gpt-4-turbo"));
    assert_eq!(decision.reason.code, "preferred");
    assert_eq!(decision.next, [target("claude:opus"), target("gemini:pro")]);
    assert!(!decision.fallback_used);
}

#[test]
fn an_unknown_agent_is_told_the_names_there_are() {
    let error = route(&ask("achitect"), &house(), &all()).expect_err("an error");
    assert_eq!(
        error.to_string(),
        "agent 'achitect' not found; available: architect, backend-dev"
    );
}

#[test]
fn a_task_type_changes_the_model_and_nothing_else() {
    let request = RouteRequest {
        task_type: Some("review".to_owned()),
        ..ask("backend-dev")
    };
    let decision = route(&request, &house(), &all()).expect("a decision");
    assert_eq!(decision.target, target("claude:opus"));
    assert_eq!(decision.reason.code, "task_type");
}

#[test]
fn what_is_kept_from_use_is_passed_by_unless_the_user_names_it() {
    let closed = vec![(
        target("cursor:gpt-4-turbo"),
        Rejection {
            code: "breaker_open".to_owned(),
            message: "its quota is used up".to_owned(),
        },
    )];
    let request = RouteRequest {
        closed: closed.clone(),
        ..ask("architect")
    };
    let decision = route(&request, &house(), &all()).expect("a decision");
    assert_eq!(decision.target, target("claude:opus"));
    let code = |it: &Candidate| it.rejected.as_ref().map(|it| it.code.clone());
    assert_eq!(
        code(&decision.candidates[0]).as_deref(),
        Some("breaker_open")
    );
    let pinned = RouteRequest {
        tool: Some(ToolName::new("cursor")),
        ..request
    };
    let decision = route(&pinned, &house(), &all()).expect("a decision");
    assert_eq!(decision.target, target("cursor:gpt-4-turbo"));
}

#[test]
fn a_missing_tool_means_the_next_in_the_chain() {
    let decision =
        route(&ask("architect"), &house(), &present(&["claude", "gemini"])).expect("a decision");
    assert_eq!(decision.target, target("claude:opus"));
    assert_eq!(decision.reason.code, "fallback");
    assert_eq!(decision.original, Some(target("cursor:gpt-4-turbo")));
    assert_eq!(decision.next, [target("gemini:pro")]);
    let taken: Vec<_> = decision
        .candidates
        .iter()
        .filter(|candidate| candidate.rejected.is_none())
        .map(|candidate| &candidate.target)
        .collect();
    assert_eq!(taken, [&target("claude:opus")], "exactly one is taken");
}

#[test]
fn a_file_that_may_not_be_executed_is_not_available() {
    let mut availability = all();
    availability.insert(
        ToolName::new("cursor"),
        Availability::NotExecutable(PathBuf::from("/opt/cursor")),
    );
    let decision = route(&ask("architect"), &house(), &availability).expect("a decision");
    assert_eq!(decision.target, target("claude:opus"));
    assert_eq!(
        decision.candidates[0]
            .rejected
            .as_ref()
            .map(|r| r.code.as_str()),
        Some("not_executable")
    );
}

#[test]
fn nothing_available_names_every_candidate() {
    let error = route(&ask("architect"), &house(), &BTreeMap::new()).expect_err("an error");
    assert_eq!(error.to_string(), "no available tools in fallback chain");
    let RoutingError::NoneUsable { candidates } = error else {
        panic!("another error")
    };
    assert_eq!(candidates.len(), 3);
    assert!(candidates.iter().all(|c| c.rejected.is_some()));
}

#[test]
fn a_model_the_tool_does_not_offer_never_moves_to_another_vendor_by_itself() {
    let mut house = house();
    if let Some(agent) = house.agents.get_mut("backend-dev") {
        agent.fallback_chain.clear();
        agent
            .task_types
            .insert("draw".to_owned(), ModelName::new("gpt-4-turbo"));
    }
    let request = RouteRequest {
        task_type: Some("draw".to_owned()),
        ..ask("backend-dev")
    };
    let error = route(&request, &house, &all()).expect_err("an error");
    let RoutingError::NoneUsable { candidates } = error else {
        panic!("another error")
    };
    assert_eq!(
        candidates[0].rejected.as_ref().map(|r| r.code.as_str()),
        Some("model_not_offered")
    );
}

#[test]
fn a_catalogue_without_the_preferred_model_is_an_error_and_not_a_panic() {
    let mut house = house();
    house.models.remove("sonnet");
    let request = RouteRequest {
        prompt_tokens: Some(10),
        ..ask("backend-dev")
    };
    let decision = route(&request, &house, &all()).expect("a decision");
    assert_ne!(decision.target.model.as_str(), "sonnet");
}

#[test]
fn what_the_user_names_is_a_hard_pin() {
    let pin = |tool: Option<&str>, model: Option<&str>| RouteRequest {
        tool: tool.map(ToolName::new),
        model: model.map(ModelName::new),
        prompt_tokens: Some(10),
        ..ask("architect")
    };
    for (tool, model, expected) in [
        (Some("claude"), Some("sonnet"), "claude:sonnet"),
        (Some("claude"), None, "claude:opus"),
        (None, Some("pro"), "gemini:pro"),
        (None, Some("sonnet"), "claude:sonnet"),
        (None, Some("gpt-4-turbo"), "cursor:gpt-4-turbo"),
    ] {
        let decision = route(&pin(tool, model), &house(), &all()).expect("a decision");
        assert_eq!(decision.target, target(expected));
        assert_eq!(decision.reason.code, "pinned");
        assert!(decision.next.is_empty());
    }
    let error = route(&pin(Some("cursor"), Some("opus")), &house(), &all());
    assert!(
        matches!(error, Err(RoutingError::NotOffered { .. })),
        "{error:?}"
    );
    let error = route(&pin(Some("claude"), None), &house(), &present(&["cursor"]));
    assert!(
        matches!(error, Err(RoutingError::PinnedUnusable { .. })),
        "{error:?}"
    );
}

#[test]
fn no_fallback_means_the_first_choice_or_nothing() {
    let request = RouteRequest {
        no_fallback: true,
        ..ask("architect")
    };
    let decision = route(&request, &house(), &all()).expect("a decision");
    assert!(decision.next.is_empty());
    let error = route(&request, &house(), &present(&["claude"]));
    assert!(
        matches!(error, Err(RoutingError::NoneUsable { .. })),
        "{error:?}"
    );
}

#[test]
fn a_prompt_too_long_for_one_model_goes_to_the_next_that_holds_it() {
    let request = RouteRequest {
        prompt_tokens: Some(500_000),
        ..ask("backend-dev")
    };
    let decision = route(&request, &house(), &all()).expect("a decision");
    assert_eq!(decision.target, target("gemini:pro"));
    assert_eq!(
        decision.candidates[0]
            .rejected
            .as_ref()
            .map(|r| r.code.as_str()),
        Some("context_window")
    );
}
