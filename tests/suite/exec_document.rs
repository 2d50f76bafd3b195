//! `exec --json`: the one document, every field of it.

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::{Claude, SESSION, recording};

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"))
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

#[test]
fn every_field_is_there_and_no_other() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool(
        "claude",
        &Claude::says("the answer")
            .billed([1_234, 42, 8_900, 567], 0.010391)
            .script(),
    );
    let report = house
        .run(["exec", "-a", "dev", "--json", "hi"])
        .success()
        .json();
    let fields = [
        "agent",
        "attempts",
        "cost",
        "duration_ms",
        "exit_code",
        "fallback_used",
        "invocation_id",
        "model",
        "outcome",
        "output",
        "reason",
        "run_id",
        "served_model",
        "session_id",
        "tool",
        "usage",
        "warnings",
    ];
    assert_eq!(keys(&report), fields);
    assert_eq!(
        report["usage"],
        json!({"input_tokens": 1_234, "output_tokens": 42, "cache_read_tokens": 8_900,
            "cache_write_tokens": 567, "reasoning_tokens": null, "total_tokens": 10_743,
            "exactness": "exact"})
    );
    assert_eq!(
        report["cost"],
        json!({"usd_micros": 10_391, "basis": "reported"})
    );
    assert_eq!(keys(&report["reason"]), ["code", "message"]);
    assert_eq!(report["reason"]["code"], "preferred");
    assert_eq!(
        report["attempts"],
        json!([{"n": 1, "tool": "claude", "model": "claude-opus-5-5", "outcome": "done",
            "failure_code": null, "failure_message": null}])
    );
    let plain = json!({"agent": "dev", "tool": "claude", "model": "claude-opus-5-5",
        "served_model": "claude-opus-5-5", "fallback_used": false, "outcome": "done",
        "exit_code": 0, "output": "the answer", "session_id": SESSION, "warnings": []});
    for (field, value) in plain.as_object().unwrap() {
        assert_eq!(&report[field], value, "{field}");
    }
    assert!(report["duration_ms"].is_u64());
    let run = report["run_id"].as_str().unwrap();
    assert!(run.starts_with("RUN-") && run.ends_with("-001"), "{run}");
    assert_eq!(report["invocation_id"], format!("{run}.i1"));
}

#[test]
fn an_attempt_that_failed_is_told_in_the_same_document() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &recording("claude/401-noretry"));
    let report = house
        .run(["exec", "-a", "dev", "--json", "hi"])
        .exit(1)
        .json();
    assert!(report.get("error").is_none(), "{report:#}");
    assert_eq!(
        (
            &report["outcome"],
            &report["exit_code"],
            &report["attempts"][0]["failure_code"]
        ),
        (&json!("failed"), &json!(1), &json!("auth"))
    );
    let message = report["attempts"][0]["failure_message"].as_str().unwrap();
    assert!(!message.is_empty());
    house
        .run(["exec", "-a", "dev", "hi"])
        .exit(1)
        .says("error:")
        .says("Invalid API key");
}

#[test]
fn stdout_holds_the_document_and_stderr_nothing() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &recording("claude/model-served-differs"));
    let outcome = house.run(["exec", "-a", "dev", "--json", "hi"]).success();
    assert_eq!(outcome.stderr, "");
    assert!(outcome.stdout.ends_with("}\n"));
}

#[test]
fn a_model_that_serves_in_the_place_of_another_is_pointed_out() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    house.tool("claude", &recording("claude/model-served-differs"));
    let report = house
        .run(["exec", "-a", "dev", "--json", "hi"])
        .success()
        .json();
    assert_eq!(report["served_model"], "claude-haiku-4-5-20251001");
    assert_eq!(report["model"], "claude-opus-5-5");
    let warning = &report["warnings"][0];
    assert_eq!(warning["code"], "model_differs");
    for name in ["claude-opus-5-5", "claude-haiku-4-5-20251001"] {
        assert!(
            warning["message"].as_str().unwrap().contains(name),
            "{warning}"
        );
    }
    house
        .run(["exec", "-a", "dev", "hi"])
        .success()
        .says("warning:")
        .says("claude-opus-5-5")
        .says("claude-haiku-4-5-20251001");
    let warned = house
        .events()
        .into_iter()
        .find(|event| event["type"] == "attempt.warned")
        .expect("the warning is on record");
    assert_eq!(warned["data"]["code"], "model_differs");
}

#[test]
fn a_dated_name_of_the_same_model_is_no_difference() {
    let house = TestHouse::new();
    Setup::new()
        .claude("claude", &["claude-haiku-4-5"])
        .agent("dev", &["claude:claude-haiku-4-5"])
        .write(&house);
    let script = Claude::says("ok")
        .served_by("claude-haiku-4-5-20251001")
        .script();
    house.tool("claude", &script);
    let report = house
        .run(["exec", "-a", "dev", "--json", "hi"])
        .success()
        .json();
    assert_eq!(report["warnings"], json!([]));
}

#[test]
fn a_cost_is_reported_or_imputed_or_unknown_and_never_zero_for_unknown() {
    let house = TestHouse::new();
    Setup::new()
        .codex("codex", &["priced", "unpriced"])
        .cache_prices("priced", 1.0, 12.5)
        .template("text", &["plain"], &[])
        .agent("codex", &["codex:priced"])
        .agent("text", &["text:plain"])
        .write(&house);
    house.tool("codex", &recording("codex/ok-json"));
    house.tool("text", &["--emit-line", "hi"]);
    let cost = |args: &[&str]| {
        let mut report = house.run(args.iter().copied()).success().json();
        report["cost"].take()
    };
    // 1,234 x $10 + 8,900 x $1 + 42 x $30, each per million.
    assert_eq!(
        cost(&["exec", "-a", "codex", "--json", "hi"]),
        json!({"usd_micros": 12_340 + 8_900 + 1_260, "basis": "imputed"})
    );
    // Tokens were read from a cache, and nobody said what those cost.
    assert_eq!(
        cost(&["exec", "-a", "codex", "--model", "unpriced", "--json", "hi"]),
        json!({"usd_micros": null, "basis": "unknown"})
    );
    assert_eq!(
        cost(&["exec", "-a", "text", "--json", "hi"]),
        json!({"usd_micros": null, "basis": "unknown"})
    );
}

#[test]
fn an_answer_of_five_megabytes_on_one_line_is_whole() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    let text = "0123456789abcde\n".repeat(5_000_000 / 16);
    // Too long for an argument: the script prints a file.
    let lines: Vec<String> = Claude::says(&text).script();
    let stream: String = lines
        .iter()
        .filter(|word| !word.starts_with("--"))
        .map(|line| format!("{line}\n"))
        .collect();
    let stream = house.write("work/stream", stream);
    house.tool(
        "claude",
        &["--read-stdin", "--emit-file", stream.to_str().unwrap()],
    );
    let outcome = house.run(["exec", "-a", "dev", "hi"]).success();
    assert!(outcome.stdout == text, "{} bytes", outcome.stdout.len());
    let report = house
        .run(["exec", "-a", "dev", "--json", "hi"])
        .success()
        .json();
    assert!(report["output"] == text.as_str());
    assert_eq!(report["usage"]["exactness"], "exact");
}

#[test]
fn lines_that_nobody_can_read_are_counted_and_hurt_nothing() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    let mut script = [
        "--emit-line",
        "not json",
        "--invalid-utf8",
        "--emit-line",
        r#"{"type":"new_kind"}"#,
    ]
    .map(str::to_owned)
    .to_vec();
    script.extend(Claude::says("ok").script());
    house.tool("claude", &script);
    let report = house
        .run(["exec", "-a", "dev", "--json", "hi"])
        .success()
        .json();
    assert_eq!(report["output"], "ok");
    let exited = house
        .events()
        .into_iter()
        .find(|event| event["type"] == "attempt.exited")
        .expect("an end");
    assert_eq!(exited["data"]["n_unrecognised"], 3, "{exited:#}");
}
