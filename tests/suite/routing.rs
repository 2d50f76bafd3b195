//! Which tool and model a request gets, and what is said about it.

use serde_json::{Value, json};
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

/// The arguments after the program's name, as a stand-in wrote them down.
fn args_in(house: &TestHouse, file: &str) -> Vec<String> {
    let argv: Vec<String> = serde_json::from_str(&house.read(file)).expect("an argv");
    argv[1..].to_vec()
}

fn echo(house: &TestHouse, args_to: &str, answer: &str) -> Vec<String> {
    let path = house.path(args_to).to_string_lossy().into_owned();
    ["--echo-args-to", &path, "--emit-line", answer]
        .map(str::to_owned)
        .into()
}

/// Three tools in a chain; `cursor` and `gemini` print text, `claude` prints its stream.
fn chain_of_three() -> Setup {
    Setup::new()
        .template("cursor", &["gpt-4-turbo"], &["--model", "{model}"])
        .claude("claude", &["claude-opus"])
        .template("gemini", &["gemini-pro"], &["-m", "{model}"])
        .agent(
            "architect",
            &[
                "cursor:gpt-4-turbo",
                "claude:claude-opus",
                "gemini:gemini-pro",
            ],
        )
}

#[test]
fn an_agent_gets_its_tool_with_exactly_its_arguments() {
    let house = TestHouse::new();
    Setup::new()
        .template(
            "cursor",
            &["gpt-4-turbo"],
            &["--prompt-file", "{prompt_file}", "--model", "{model}"],
        )
        .tool(
            "claude",
            json!({"binary": "claude", "adapter": "template",
                "args": ["/code-review", "{prompt_file}", "--model", "{model}"],
                "models": {"claude-sonnet": "claude-sonnet-20240229"}}),
        )
        .agent("architect", &["cursor:gpt-4-turbo"])
        .agent("backend-dev", &["claude:claude-sonnet"])
        .write(&house);
    let seen = house
        .path("work/seen-prompt")
        .to_string_lossy()
        .into_owned();
    for (tool, file) in [("cursor", "{after:--prompt-file}"), ("claude", "{arg:2}")] {
        let mut script = echo(&house, &format!("work/{tool}-args"), "reviewed");
        let copy = ["--copy-prompt-file", file, &seen].map(str::to_owned);
        script.splice(0..0, copy);
        house.tool(tool, &script);
    }
    house.write("work/test.md", "# Design\nthe thing\n");

    let outcome = house
        .run(["exec", "-a", "architect", "--prompt-file", "test.md"])
        .success();
    assert_eq!(outcome.stdout, "reviewed\n");
    let args = args_in(&house, "work/cursor-args");
    assert_eq!(
        (args.len(), args[0].as_str(), &args[2..]),
        (
            4,
            "--prompt-file",
            &["--model".to_owned(), "gpt-4-turbo".to_owned()][..]
        )
    );
    assert_eq!(house.read("work/seen-prompt"), "# Design\nthe thing\n");

    house.write("work/code.md", "fn main() {}\n");
    let outcome = house
        .run(["exec", "-a", "backend-dev", "--prompt-file", "code.md"])
        .success();
    assert_eq!(outcome.stdout, "reviewed\n");
    let args = args_in(&house, "work/claude-args");
    assert_eq!(
        (args[0].as_str(), &args[2..]),
        (
            "/code-review",
            &["--model".to_owned(), "claude-sonnet-20240229".to_owned()][..]
        )
    );
    assert_eq!(house.read("work/seen-prompt"), "fn main() {}\n");
}

#[test]
fn a_tool_that_is_not_on_path_is_passed_over_with_a_warning() {
    let house = TestHouse::new();
    chain_of_three().write(&house);
    house.tool("claude", &Claude::says("from claude").script());
    house.tool("gemini", &["--emit-line", "from gemini"]);
    let outcome = house
        .run(["exec", "-a", "architect", "hi"])
        .success()
        .says("warning: Primary tool cursor unavailable, trying fallback");
    assert_eq!(outcome.stdout, "from claude\n");

    let report = house
        .run(["exec", "-a", "architect", "--json", "hi"])
        .success()
        .json();
    assert_eq!(
        (
            &report["tool"],
            &report["model"],
            &report["reason"]["code"],
            &report["fallback_used"]
        ),
        (
            &json!("claude"),
            &json!("claude-opus"),
            &json!("fallback"),
            &json!(true)
        )
    );
    let events = house.events();
    let decided = events
        .iter()
        .find(|event| event["type"] == "routing.decided")
        .expect("a decision");
    let candidates = decided["data"]["candidates"]
        .as_array()
        .expect("candidates");
    let of = |tool: &str| {
        candidates
            .iter()
            .find(|candidate| candidate["tool"] == tool)
            .unwrap_or_else(|| panic!("{tool} was not looked at: {candidates:?}"))
    };
    assert_eq!(of("cursor")["rejected"]["code"], "not_on_path");
    assert_eq!(of("claude")["rejected"], Value::Null);
    assert_eq!(of("gemini")["rejected"]["code"], "not_needed");
}

#[test]
fn a_file_that_may_not_be_executed_is_no_tool() {
    let house = TestHouse::new();
    chain_of_three().write(&house);
    house.write("bin/cursor", "not a program");
    house.tool("claude", &Claude::says("from claude").script());
    let outcome = house
        .run(["exec", "-a", "architect", "hi"])
        .success()
        .says("Primary tool cursor unavailable, trying fallback");
    assert_eq!(outcome.stdout, "from claude\n");
}

#[test]
fn with_nothing_available_every_tool_was_tried_and_it_says_so() {
    let house = TestHouse::new();
    chain_of_three().write(&house);
    let outcome = house
        .run(["exec", "-a", "architect", "hi"])
        .exit(1)
        .says("error: No available tools in fallback chain");
    assert_eq!(outcome.stdout, "");
    for tool in ["cursor", "claude", "gemini"] {
        assert!(
            outcome.stderr.contains(tool),
            "{tool} is not named:\n{}",
            outcome.stderr
        );
    }
    let refused = house
        .run(["exec", "-a", "architect", "--json", "hi"])
        .exit(1)
        .json();
    assert_eq!(refused["error"]["code"], "no_tool");
    assert_eq!(
        refused["error"]["message"],
        "No available tools in fallback chain"
    );
}

#[test]
fn no_fallback_means_the_first_choice_or_nothing() {
    let house = TestHouse::new();
    chain_of_three().write(&house);
    let ran = house.path("work/ran").to_string_lossy().into_owned();
    house.tool("claude", &["--touch", &ran]);
    let refused = house
        .run(["exec", "-a", "architect", "--no-fallback", "--json", "hi"])
        .exit(1)
        .json();
    assert_eq!(refused["error"]["code"], "no_tool");
    assert!(!house.path("work/ran").exists());
}

#[test]
fn a_pinned_target_is_used_or_refused_and_never_replaced() {
    let house = TestHouse::new();
    chain_of_three().write(&house);
    house.tool("claude", &Claude::says("from claude").script());
    house.tool("gemini", &["--emit-line", "from gemini"]);
    let report = house
        .run([
            "exec",
            "-a",
            "architect",
            "--tool",
            "gemini",
            "--model",
            "gemini-pro",
            "--json",
            "hi",
        ])
        .success()
        .json();
    assert_eq!(
        (
            &report["tool"],
            &report["reason"]["code"],
            &report["fallback_used"],
            &report["output"]
        ),
        (
            &json!("gemini"),
            &json!("pinned"),
            &json!(false),
            &json!("from gemini")
        )
    );
    for (args, named) in [
        (
            &["--tool", "cursor", "--model", "gpt-4-turbo"][..],
            "cursor",
        ),
        (&["--tool", "ghost"], "ghost"),
        (&["--model", "ghost"], "ghost"),
        (&["--tool", "claude", "--model", "gemini-pro"], "gemini-pro"),
    ] {
        let call = ["exec", "-a", "architect", "--json", "hi"];
        let refused = house
            .run(call.into_iter().chain(args.iter().copied()))
            .exit(1)
            .json();
        assert_eq!(refused["error"]["code"], "bad_target", "{args:?}");
        let message = refused["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(named), "{args:?}: {message}");
    }
}

#[test]
fn an_unknown_agent_is_told_which_there_are() {
    let house = TestHouse::new();
    chain_of_three()
        .agent("scribe", &["claude:claude-opus"])
        .write(&house);
    let refused = house
        .run(["exec", "-a", "architekt", "--json", "hi"])
        .exit(1)
        .json();
    let error = &refused["error"];
    assert_eq!(error["code"], "unknown_agent");
    assert_eq!(
        error["message"],
        "Agent 'architekt' not found. Available: architect, scribe"
    );
    assert!(error["hints"].is_array(), "{error}");
    house
        .run(["exec", "-a", "architekt", "hi"])
        .exit(1)
        .says("error: Agent 'architekt' not found. Available: architect, scribe");
}

#[test]
fn a_model_name_may_hold_colons() {
    let house = TestHouse::new();
    Setup::new()
        .template("ollama", &["llama3:8b"], &["run", "{model}"])
        .template("gone", &["x"], &[])
        .agent("dev", &["gone:x", "ollama:llama3:8b"])
        .write(&house);
    house.tool("ollama", &echo(&house, "work/args", "ok"));
    house.run(["exec", "-a", "dev", "hi"]).success();
    assert_eq!(args_in(&house, "work/args"), ["run", "llama3:8b"]);
}

#[test]
fn a_dry_run_explains_and_neither_runs_nor_records() {
    let house = TestHouse::new();
    chain_of_three().write(&house);
    let ran = house.path("work/ran").to_string_lossy().into_owned();
    house.tool("claude", &["--touch", &ran]);
    house.tool("gemini", &["--touch", &ran]);
    let outcome = house
        .run(["exec", "-a", "architect", "--dry-run", "hi"])
        .success();
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    for word in ["cursor", "not on PATH", "claude:claude-opus", "gemini"] {
        assert!(said.contains(word), "{word} is missing:\n{said}");
    }
    let decision = house
        .run(["exec", "-a", "architect", "--dry-run", "--json", "hi"])
        .success()
        .json();
    let text = decision.to_string();
    for word in ["claude-opus", "fallback", "not_on_path", "not_needed"] {
        assert!(text.contains(word), "{word} is missing:\n{decision:#}");
    }
    assert!(!house.path("work/ran").exists());
    assert!(house.state_files().is_empty(), "{:?}", house.state_files());
}
