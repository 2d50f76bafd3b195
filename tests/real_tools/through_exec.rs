//! The real tools through the whole program: `exec` against the mock API.
//!
//! What is promised to users is promised here of what vendors really ship.

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_tests::{
    house::TestHouse,
    mock_api::{MockApi, Play, REPLY, Scenario, numbered_text},
    real_tools::Tool,
    setup::Setup,
};

use crate::workshop::{BOTH, CLAUDE_MODEL, CODEX_MODEL, Workshop, one_reply, tokens, workshop};

const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_prompt_is_answered_with_text_tokens_and_session() {
    for kind in BOTH {
        let api = MockApi::start(Scenario::ok());
        let Some(workshop) = workshop(kind, &api) else {
            continue;
        };
        let report = workshop.report(0, &["say hi"]);
        assert_eq!(
            (&report["output"], &report["outcome"]),
            (&json!(REPLY), &json!("done"))
        );
        assert_eq!(tokens(&report), one_reply(kind), "{kind}");
        assert_eq!(report["usage"]["exactness"], "exact");
        assert_eq!(report["warnings"], json!([]), "{kind}");
        let session = report["session_id"].as_str().expect("a session");
        assert_eq!(session.len(), 36, "{kind}: {session}");
        let basis = if kind == Tool::Codex {
            "imputed"
        } else {
            "reported"
        };
        assert_eq!(report["cost"]["basis"], basis, "{kind}");
        assert!(report["cost"]["usd_micros"].as_u64() > Some(0));
        let requests = api.model_requests();
        assert_eq!(
            (requests.len(), requests[0].count_exact("say hi")),
            (1, 1),
            "{kind}"
        );
    }
}

#[test]
fn awkward_prompts_reach_the_model_exactly_once() {
    let prompts = [
        r#"hi" --dangerously-skip-permissions "x"#,
        "-x",
        "--help",
        "--help; $(touch pwned) \"quotes\" \\ ünï 🦀\u{2028}\nline two\n",
    ];
    for kind in BOTH {
        let api = MockApi::start(Scenario::ok());
        let Some(workshop) = workshop(kind, &api) else {
            continue;
        };
        for prompt in prompts {
            let seen = api.model_requests().len();
            let report = workshop.report(0, &["--", prompt]);
            assert_eq!(report["output"], REPLY);
            let requests = api.model_requests().split_off(seen);
            assert_eq!(requests.len(), 1, "{kind}: {prompt:?}");
            assert_eq!(requests[0].count_exact(prompt), 1, "{kind}: {prompt:?}");
        }
        assert!(!workshop.house.path("work/pwned").exists());
    }
}

#[test]
fn a_leading_slash_reaches_the_model() {
    for kind in BOTH {
        let api = MockApi::start(Scenario::ok());
        let Some(workshop) = workshop(kind, &api) else {
            continue;
        };
        let report = workshop.report(0, &["/cost of living, please"]);
        assert_eq!(report["output"], REPLY, "{kind}");
        let requests = api.model_requests();
        assert_eq!(
            requests[0].count_within("/cost of living, please"),
            1,
            "{kind}"
        );
    }
}

#[test]
fn a_resumed_session_goes_on_and_each_turn_is_told_by_itself() {
    for kind in BOTH {
        let api = MockApi::start(Scenario::ok());
        let Some(workshop) = workshop(kind, &api) else {
            continue;
        };
        let first = workshop.report(0, &["the first words"]);
        let session = first["session_id"].as_str().expect("a session");
        for _ in 0..2 {
            let next = workshop.report(0, &["--resume", session, "and more"]);
            assert_eq!(next["session_id"], session, "{kind}");
            assert_eq!(tokens(&next), one_reply(kind), "{kind}");
            assert_eq!(next["cost"], first["cost"], "{kind}");
        }
        let last = api.model_requests().pop().expect("requests");
        assert_eq!(
            last.count_exact("the first words"),
            1,
            "{kind}: it remembers"
        );
    }
}

#[test]
fn a_session_that_began_elsewhere_is_never_told_with_a_wrong_number() {
    let api = MockApi::start(Scenario::ok());
    let Some(workshop) = workshop(Tool::Codex, &api) else {
        return;
    };
    let first = workshop.report(0, &["say hi"]);
    let session = first["session_id"].as_str().expect("a session");
    std::fs::remove_dir_all(workshop.house.path("state")).unwrap();
    let next = workshop.report(0, &["--resume", session, "and more"]);
    assert_eq!(next["usage"]["exactness"], "unknown", "{next:#}");
    assert_eq!(
        (&next["usage"]["input_tokens"], &next["cost"]["usd_micros"]),
        (&Value::Null, &Value::Null)
    );
    let third = workshop.report(0, &["--resume", session, "and more"]);
    assert_eq!(tokens(&third), one_reply(Tool::Codex));
}

#[test]
fn another_model_that_serves_is_pointed_out() {
    let api = MockApi::perform(Play::always(Scenario::ok()).served_by("claude-haiku-4-5"));
    let Some(workshop) = workshop(Tool::ClaudeCode, &api) else {
        return;
    };
    let report = workshop.report(0, &["say hi"]);
    assert_eq!(report["served_model"], "claude-haiku-4-5");
    assert_eq!(report["warnings"][0]["code"], "model_differs");
}

#[test]
fn what_the_service_refuses_has_its_code() {
    for kind in BOTH {
        for (status, code) in [(401, "auth"), (429, "rate-limited")] {
            let api = MockApi::start(Scenario::status(status));
            let Some(workshop) = workshop(kind, &api) else {
                continue;
            };
            let report = workshop.report(1, &["say hi"]);
            assert_eq!(
                (&report["outcome"], &report["attempts"][0]["failure_code"]),
                (&json!("failed"), &json!(code)),
                "{kind}: {report:#}"
            );
        }
    }
}

#[test]
fn a_shell_call_runs_where_the_command_was_given_and_both_replies_count() {
    for kind in BOTH {
        let api = MockApi::start(Scenario::tool_call("echo done > made-by-tool"));
        let Some(workshop) = workshop(kind, &api) else {
            continue;
        };
        let report = workshop.report(0, &["run it"]);
        assert_eq!(workshop.house.read("work/made-by-tool"), "done\n", "{kind}");
        assert_eq!(report["output"], REPLY, "{kind}");
        let twice = one_reply(kind).map(|count| count.map(|count| 2 * count));
        assert_eq!(tokens(&report), twice, "{kind}");
    }
}

#[test]
fn an_answer_of_five_megabytes_is_whole() {
    for kind in BOTH {
        let api = MockApi::start(Scenario::big(5_000_000));
        let Some(workshop) = workshop(kind, &api) else {
            continue;
        };
        let report = workshop.report(0, &["write much"]);
        let whole = report["output"] == numbered_text(5_000_000).as_str();
        let length = report["output"].as_str().map(str::len);
        assert!(whole, "{kind}: {length:?} bytes");
        assert_eq!(tokens(&report), one_reply(kind), "{kind}");
    }
}

#[test]
fn time_that_runs_out_ends_the_real_tool() {
    for kind in BOTH {
        let api = MockApi::start(Scenario::slow());
        let Some(workshop) = workshop(kind, &api) else {
            continue;
        };
        let report = workshop.report(124, &["--timeout", "4s", "say hi"]);
        assert_eq!(report["outcome"], "timed_out", "{kind}");
        assert!(api.wait_for_client_gone(SOON), "{kind} still reads");
        assert_ne!(report["usage"]["exactness"], "exact", "{kind}: {report:#}");
    }
}

#[test]
fn a_service_that_fails_is_followed_by_the_other_tool() {
    let refuses = MockApi::start(Scenario::status(401));
    let answers = MockApi::start(Scenario::ok());
    let (Some(claude), Some(codex)) = (
        workshop(Tool::ClaudeCode, &refuses),
        workshop(Tool::Codex, &answers),
    ) else {
        return;
    };
    let house = TestHouse::new();
    let binary = |workshop: &Workshop| json!(workshop.tool.program);
    let vars = |workshop: &Workshop| {
        let pairs = workshop.tool.env.iter();
        pairs
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect::<Value>()
    };
    Setup::new()
        .tool(
            "claude",
            json!({"binary": binary(&claude), "adapter": "claude-code",
                "models": [CLAUDE_MODEL], "env_vars": vars(&claude)}),
        )
        .tool(
            "codex",
            json!({"binary": binary(&codex), "adapter": "codex",
                "models": [CODEX_MODEL], "env_vars": vars(&codex)}),
        )
        .agent(
            "dev",
            &[
                &format!("claude:{CLAUDE_MODEL}"),
                &format!("codex:{CODEX_MODEL}"),
            ],
        )
        .write(&house);
    let outcome = house
        .run(["exec", "-a", "dev", "say hi"])
        .success()
        .says("Primary tool claude unavailable, trying fallback");
    assert_eq!(outcome.stdout, format!("{REPLY}\n"));
}
