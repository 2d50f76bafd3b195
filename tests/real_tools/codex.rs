//! The real Codex against the mock API.

use std::{os::unix::process::ExitStatusExt, time::Duration};

use rustix::process::Signal;
use serde_json::{Value, json};
use tollgate_tests::{
    mock_api::{Failure, MockApi, REPLY, Scenario, numbered_text},
    real_tools::Tool,
};

use crate::direct::{Outcome, run, start, tool};

const SOON: Duration = Duration::from_secs(30);

/// What an adapter plans for a new thread, before what a test adds.
const ARGS: [&str; 8] = [
    "exec",
    "--json",
    "--color=never",
    "--skip-git-repo-check",
    "-s",
    "workspace-write",
    "-c",
    "approval_policy=\"never\"",
];

fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ARGS.iter().copied().chain(more.iter().copied()).collect()
}

fn last_message(outcome: &Outcome) -> &Value {
    let items = outcome.events.iter().rev().map(|event| &event["item"]);
    &items
        .into_iter()
        .find(|item| item["type"] == "agent_message")
        .expect("an agent message")["text"]
}

#[test]
fn a_prompt_arrives_once_and_its_answer_and_bill_come_back() {
    let api = MockApi::start(Scenario::ok());
    let Some(codex) = tool(Tool::Codex, &api) else {
        return;
    };
    let prompt = "--help; $(touch pwned) \"quotes\" \\ ünï 🦀\u{2028}\nline two\n";
    let answer = codex.home.path().join("answer");
    let outcome = run(
        &codex,
        &args(&["-o", answer.to_str().unwrap(), "-"]),
        prompt,
    );
    assert_eq!(outcome.status.code(), Some(0), "{}", outcome.stderr);
    let requests = api.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        (
            requests[0].count_exact(prompt),
            requests[0].count_within(prompt)
        ),
        (1, 1)
    );
    assert_eq!(
        requests[0].header("authorization"),
        Some("Bearer dummy-key")
    );

    let thread = outcome.event("thread.started")["thread_id"]
        .as_str()
        .unwrap();
    assert_eq!(requests[0].header("thread-id"), Some(thread));
    assert_eq!(last_message(&outcome), REPLY);
    assert_eq!(std::fs::read_to_string(answer).unwrap(), REPLY);
    let usage = json!({"input_tokens": 10_134, "cached_input_tokens": 8_900, "cache_write_input_tokens": 0,
        "output_tokens": 42, "reasoning_output_tokens": 17});
    assert_eq!(outcome.event("turn.completed")["usage"], usage);
    assert_eq!(std::fs::read_dir(codex.workspace()).unwrap().count(), 0);
}

#[test]
fn a_shell_call_runs_and_both_replies_are_billed() {
    let api = MockApi::start(Scenario::tool_call("echo done > made-by-tool; exit 3"));
    let Some(codex) = tool(Tool::Codex, &api) else {
        return;
    };
    let outcome = run(&codex, &args(&["-"]), "run it");
    assert_eq!(
        std::fs::read_to_string(codex.workspace().join("made-by-tool")).unwrap(),
        "done\n"
    );
    let ran = outcome
        .events
        .iter()
        .map(|event| &event["item"])
        .rfind(|item| item["type"] == "command_execution");
    assert_eq!(ran.unwrap()["exit_code"], 3);
    assert_eq!(last_message(&outcome), REPLY);
    assert_eq!(
        outcome.event("turn.completed")["usage"]["input_tokens"],
        2 * 10_134
    );
    assert_eq!(api.model_requests().len(), 2);
}

#[test]
fn an_api_error_is_told_in_prose() {
    let usage_limit = Failure::of_status(429)
        .coded("usage_limit_reached", "limit reached")
        .resets_at(4_102_444_800);
    for (failure, prose) in [
        (
            Failure::of_status(401),
            "unexpected status 401 Unauthorized",
        ),
        (
            Failure::of_status(429),
            "exceeded retry limit, last status: 429",
        ),
        (usage_limit, "You’ve hit your usage limit. Upgrade to Pro"),
    ] {
        let api = MockApi::start(Scenario::Status(failure));
        let Some(codex) = tool(Tool::Codex, &api) else {
            return;
        };
        let outcome = run(&codex, &args(&["-"]), "say hi");
        assert_eq!(outcome.status.code(), Some(1));
        let message = outcome.event("turn.failed")["error"]["message"]
            .as_str()
            .unwrap();
        assert!(message.contains(prose), "{message}");
        assert!(!outcome.has("turn.completed"));
    }
}

#[test]
fn a_terminated_run_dies_by_the_signal_without_a_last_word() {
    let api = MockApi::start(Scenario::slow());
    let Some(codex) = tool(Tool::Codex, &api) else {
        return;
    };
    let running = start(&codex, &args(&["-"]), "say hi");
    assert!(api.wait_for_delta(SOON));
    running.signal(Signal::TERM);
    let outcome = running.finish();
    assert_eq!(outcome.status.signal(), Some(Signal::TERM.as_raw()));
    assert!(!outcome.has("turn.completed") && !outcome.has("turn.failed"));
    assert!(api.wait_for_client_gone(SOON));
}

#[test]
fn a_broken_stream_is_a_failed_turn() {
    let api = MockApi::start(Scenario::Cut);
    let Some(codex) = tool(Tool::Codex, &api) else {
        return;
    };
    let outcome = run(&codex, &args(&["-"]), "say hi");
    let message = outcome.event("turn.failed")["error"]["message"]
        .as_str()
        .unwrap();
    assert!(
        message.contains("stream disconnected before completion"),
        "{message}"
    );
}

#[test]
fn a_five_megabyte_answer_is_whole() {
    let api = MockApi::start(Scenario::big(5_000_000));
    let Some(codex) = tool(Tool::Codex, &api) else {
        return;
    };
    let outcome = run(&codex, &args(&["-"]), "write much");
    assert!(*last_message(&outcome) == numbered_text(5_000_000).as_str());
}

#[test]
fn a_resumed_thread_reports_the_tokens_of_the_whole_thread() {
    let api = MockApi::start(Scenario::ok());
    let Some(codex) = tool(Tool::Codex, &api) else {
        return;
    };
    let first = run(&codex, &args(&["-"]), "one");
    let thread = first.event("thread.started")["thread_id"].as_str().unwrap();
    let second = run(&codex, &args(&["resume", thread, "-"]), "two");
    assert_eq!(second.event("thread.started")["thread_id"], thread);
    assert_eq!(
        second.event("turn.completed")["usage"]["input_tokens"],
        2 * 10_134
    );
    assert_eq!(api.model_requests()[1].count_exact("one"), 1);
}
