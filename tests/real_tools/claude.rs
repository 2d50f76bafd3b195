//! The real Claude Code against the mock API.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use tollgate_tests::{
    mock_api::{MockApi, Play, REPLY, Scenario, numbered_text},
    real_tools::Tool,
};

use crate::direct::{run, start, tool};

const SESSION: &str = "0b5e1f54-3c1d-4c58-9a43-0d6f2f2b7a11";
const SOON: Duration = Duration::from_secs(30);

/// What an adapter plans, before what a test adds.
const ARGS: [&str; 10] = [
    "-p",
    "--output-format",
    "stream-json",
    "--verbose",
    "--permission-mode",
    "dontAsk",
    "--strict-mcp-config",
    "--setting-sources",
    "",
    "--model=claude-opus-5-5",
];

fn args<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ARGS.iter().copied().chain(more.iter().copied()).collect()
}

#[test]
fn a_prompt_arrives_once_and_its_answer_and_bill_come_back() {
    let api = MockApi::start(Scenario::ok());
    let Some(claude) = tool(Tool::ClaudeCode, &api) else {
        return;
    };
    let prompt = "--help; $(touch pwned) \"quotes\" \\ ünï 🦀\u{2028}\nline two\n";
    let outcome = run(&claude, &args(&["--session-id", SESSION]), prompt);
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
    assert_eq!(requests[0].header("x-api-key"), Some("dummy-key"));

    let init = outcome.event("system");
    assert_eq!(
        (&init["subtype"], &init["session_id"], &init["model"]),
        (&json!("init"), &json!(SESSION), &json!("claude-opus-5-5"))
    );
    assert_eq!(init["claude_code_version"], Tool::ClaudeCode.version());
    let result = outcome.event("result");
    assert_eq!(
        (&result["result"], &result["is_error"]),
        (&json!(REPLY), &json!(false))
    );
    let usage = &result["usage"];
    assert_eq!(usage["input_tokens"], 1_234);
    assert_eq!(usage["cache_creation_input_tokens"], 567);
    assert_eq!(usage["cache_read_input_tokens"], 8_900);
    assert_eq!(usage["output_tokens"], 42);
    assert_eq!(std::fs::read_dir(claude.workspace()).unwrap().count(), 0);
}

#[test]
fn the_model_that_served_is_told() {
    let api = MockApi::perform(Play::always(Scenario::ok()).served_by("claude-haiku-4-5"));
    let Some(claude) = tool(Tool::ClaudeCode, &api) else {
        return;
    };
    let outcome = run(&claude, &args(&[]), "say hi");
    assert_eq!(
        outcome.event("assistant")["message"]["model"],
        "claude-haiku-4-5"
    );
    assert_eq!(outcome.event("system")["model"], "claude-opus-5-5");
}

#[test]
fn a_shell_call_runs_and_both_replies_are_billed() {
    let api = MockApi::start(Scenario::tool_call("echo done > made-by-tool; exit 3"));
    let Some(claude) = tool(Tool::ClaudeCode, &api) else {
        return;
    };
    let outcome = run(&claude, &args(&["--allowedTools", "Bash"]), "run it");
    assert_eq!(
        std::fs::read_to_string(claude.workspace().join("made-by-tool")).unwrap(),
        "done\n"
    );
    let told = &outcome.event("user")["message"]["content"][0];
    assert_eq!(
        (&told["type"], &told["is_error"]),
        (&json!("tool_result"), &json!(true))
    );
    let result = outcome.event("result");
    assert_eq!(
        (&result["result"], &result["usage"]["input_tokens"]),
        (&json!(REPLY), &json!(2 * 1_234))
    );
    assert_eq!(api.model_requests().len(), 2);
}

#[test]
fn a_denied_shell_call_is_a_success_with_a_denial() {
    let api = MockApi::start(Scenario::tool_call("touch made-by-tool"));
    let Some(claude) = tool(Tool::ClaudeCode, &api) else {
        return;
    };
    let outcome = run(&claude, &args(&[]), "run it");
    let result = outcome.event("result");
    assert_eq!(
        (outcome.status.code(), &result["is_error"]),
        (Some(0), &json!(false))
    );
    assert_eq!(result["permission_denials"][0]["tool_name"], "Bash");
    assert!(!claude.workspace().join("made-by-tool").exists());
}

#[test]
fn an_api_error_is_called_a_success_with_an_error() {
    for status in [403, 429, 529] {
        let api = MockApi::start(Scenario::status(status));
        let Some(claude) = tool(Tool::ClaudeCode, &api) else {
            return;
        };
        let outcome = run(&claude, &args(&[]), "say hi");
        let result = outcome.event("result");
        assert_eq!(outcome.status.code(), Some(1));
        assert_eq!(
            (&result["subtype"], &result["is_error"]),
            (&json!("success"), &json!(true))
        );
        assert_eq!(result["api_error_status"], status);
        assert_eq!(
            outcome.event("assistant")["message"]["model"],
            "<synthetic>"
        );
    }
}

#[test]
fn a_terminated_run_exits_143_without_a_result() {
    let api = MockApi::start(Scenario::slow());
    let Some(claude) = tool(Tool::ClaudeCode, &api) else {
        return;
    };
    let running = start(&claude, &args(&["--include-partial-messages"]), "say hi");
    assert!(api.wait_for_delta(SOON));
    running.signal(Signal::TERM);
    let outcome = running.finish();
    assert_eq!(outcome.status.code(), Some(143));
    assert!(!outcome.has("result"));
    assert!(api.wait_for_client_gone(SOON));
}

#[test]
fn a_five_megabyte_answer_is_whole_and_comes_twice() {
    let api = MockApi::start(Scenario::big(5_000_000));
    let Some(claude) = tool(Tool::ClaudeCode, &api) else {
        return;
    };
    let outcome = run(&claude, &args(&[]), "write much");
    let text = numbered_text(5_000_000);
    assert!(outcome.event("result")["result"] == text.as_str());
    assert!(outcome.event("assistant")["message"]["content"][0]["text"] == text.as_str());
}

#[test]
fn a_resumed_run_reports_its_own_tokens_and_the_sessions_cost() {
    let api = MockApi::start(Scenario::ok());
    let Some(claude) = tool(Tool::ClaudeCode, &api) else {
        return;
    };
    let first = run(&claude, &args(&["--session-id", SESSION]), "one");
    let second = run(&claude, &args(&["--resume", SESSION]), "two");
    let (first, second) = (first.event("result"), second.event("result"));
    assert_eq!(second["session_id"], SESSION);
    assert_eq!(second["usage"]["input_tokens"], 1_234);
    let ratio =
        second["total_cost_usd"].as_f64().unwrap() / first["total_cost_usd"].as_f64().unwrap();
    assert!((ratio - 2.0).abs() < 1e-6, "{ratio}");
    assert_eq!(api.model_requests()[1].count_exact("one"), 1);
}

#[test]
fn a_prompt_that_begins_with_a_slash_never_leaves_the_house() {
    let api = MockApi::start(Scenario::ok());
    let Some(claude) = tool(Tool::ClaudeCode, &api) else {
        return;
    };
    let taken = run(&claude, &args(&[]), "/cost of living, please");
    assert_eq!(
        (taken.status.code(), &taken.event("result")["num_turns"]),
        (Some(0), &json!(0))
    );
    assert_eq!(api.requests().len(), 0);
    run(&claude, &args(&[]), " /cost of living, please");
    assert_eq!(
        api.model_requests()[0].count_within("/cost of living, please"),
        1
    );
}
