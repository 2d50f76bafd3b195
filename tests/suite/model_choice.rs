//! Which model a request gets: by kind of task, by size, by what fits.

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

#[test]
fn a_task_type_changes_the_model_and_not_the_tool() {
    let house = TestHouse::new();
    Setup::new()
        .claude("claude", &["claude-opus", "claude-haiku"])
        .agent("dev", &["claude:claude-opus"])
        .task_type("dev", "summary", "claude-haiku")
        .write(&house);
    house.tool("claude", &Claude::says("ok").script());
    let report = house
        .run([
            "exec",
            "-a",
            "dev",
            "--task-type",
            "summary",
            "--json",
            "hi",
        ])
        .success()
        .json();
    assert_eq!(
        (&report["model"], &report["reason"]["code"]),
        (&json!("claude-haiku"), &json!("task_type"))
    );
    let report = house
        .run(["exec", "-a", "dev", "--task-type", "other", "--json", "hi"])
        .success()
        .json();
    assert_eq!(
        (&report["model"], &report["reason"]["code"]),
        (&json!("claude-opus"), &json!("preferred"))
    );
}

#[test]
fn a_small_prompt_gets_the_cheap_model_and_the_threshold_itself_does_not() {
    let house = TestHouse::new();
    Setup::new()
        .model("claude-sonnet", 3.0, 15.0, 200_000)
        .model("claude-haiku", 0.25, 1.25, 200_000)
        .claude("claude", &["claude-sonnet", "claude-haiku"])
        .agent("dev", &["claude:claude-sonnet"])
        .cheap_below(1_500, &["claude-haiku"])
        .write(&house);
    house.tool("claude", &Claude::says("ok").script());
    for (tokens, model, code) in [
        (800, "claude-haiku", "cost_optimization"),
        (1_499, "claude-haiku", "cost_optimization"),
        (1_500, "claude-sonnet", "above_threshold"),
        (3_000, "claude-sonnet", "above_threshold"),
    ] {
        let prompt = "word".repeat(tokens);
        let report = house
            .call(["exec", "-a", "dev", "--json"])
            .stdin(prompt)
            .run()
            .success()
            .json();
        assert_eq!(
            (&report["model"], &report["reason"]["code"]),
            (&json!(model), &json!(code)),
            "{tokens} tokens"
        );
    }
    let decided: Vec<Value> = house
        .events()
        .into_iter()
        .filter(|event| event["type"] == "routing.decided")
        .map(|event| json!([event["data"]["model"], event["data"]["reason"]["code"]]))
        .collect();
    assert_eq!(decided[0], json!(["claude-haiku", "cost_optimization"]));
    assert_eq!(decided[3], json!(["claude-sonnet", "above_threshold"]));
}

#[test]
fn a_prompt_that_does_not_fit_is_sent_to_a_model_where_it_does() {
    let house = TestHouse::new();
    Setup::new()
        .model("small", 10.0, 30.0, 1_000)
        .model("large", 10.0, 30.0, 1_000_000)
        .template("a", &["small"], &[])
        .template("b", &["large"], &[])
        .agent("dev", &["a:small", "b:large"])
        .write(&house);
    house.tool("a", &["--emit-line", "from a"]);
    house.tool("b", &["--emit-line", "from b"]);
    let outcome = house
        .call(["exec", "-a", "dev"])
        .stdin("word".repeat(1_001))
        .run()
        .success();
    assert_eq!(outcome.stdout, "from b\n");
    let outcome = house
        .call(["exec", "-a", "dev"])
        .stdin("word".repeat(1_000))
        .run()
        .success();
    assert_eq!(outcome.stdout, "from a\n");
}
