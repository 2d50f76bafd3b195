//! Which variables a tool sees: those on a list, and no others.

use std::collections::BTreeMap;

use serde_json::json;
use tollgate_tests::house::TestHouse;
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

fn echo_env(house: &TestHouse, tool: &str) {
    let path = house.path("work/env").to_string_lossy().into_owned();
    let mut script = vec!["--echo-env-to".to_owned(), path];
    script.extend(Claude::says("ok").script());
    house.tool(tool, &script);
}

fn seen(house: &TestHouse) -> BTreeMap<String, String> {
    serde_json::from_str(&house.read("work/env")).expect("an environment")
}

#[test]
fn the_list_is_exact_and_no_secret_leaks() {
    let house = TestHouse::new();
    Setup::claude_dev()
        .with("claude", json!({"env_inherit": ["ANTHROPIC_*", "MY_CA"]}))
        .write(&house);
    echo_env(&house, "claude");
    let mut call = house.call(["exec", "-a", "dev", "hi"]);
    for (name, value) in [
        ("ANTHROPIC_API_KEY", "sk-ant-mine"),
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:1"),
        ("MY_CA", "ca"),
        ("LANG", "C.UTF-8"),
        ("LC_ALL", "C.UTF-8"),
        ("OPENAI_API_KEY", "sk-openai"),
        ("GOOGLE_API_KEY", "google"),
        ("AWS_SECRET_ACCESS_KEY", "aws"),
        ("GITHUB_TOKEN", "gh"),
        ("DATABASE_URL", "postgres://secret"),
        ("LD_LIBRARY_PATH", "/tmp"),
        ("NODE_OPTIONS", "--inspect"),
        ("CLAUDECODE", "1"),
        ("TOLLGATE_ATTEMPT", "forged"),
        ("SSH_AUTH_SOCK", "/tmp/agent"),
    ] {
        call = call.env(name, value);
    }
    let _ = call.run().success();
    let seen = seen(&house);
    let names: Vec<&str> = seen.keys().map(String::as_str).collect();
    let expected = [
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BASE_URL",
        "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS",
        "HOME",
        "LANG",
        "LC_ALL",
        "MY_CA",
        "PATH",
        "TMPDIR",
        "TOLLGATE_ATTEMPT",
    ];
    assert_eq!(names, expected);
    assert_eq!(seen["ANTHROPIC_API_KEY"], "sk-ant-mine");
    assert_eq!(seen["PATH"], house.path("bin").to_string_lossy());
}

#[test]
fn without_a_grant_not_even_the_tools_own_key_is_passed_on() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    echo_env(&house, "claude");
    house
        .call(["exec", "-a", "dev", "hi"])
        .env("ANTHROPIC_API_KEY", "sk-ant-mine")
        .run()
        .success();
    assert!(!seen(&house).contains_key("ANTHROPIC_API_KEY"));
}

#[test]
fn the_marker_in_the_process_is_the_one_on_record() {
    let house = TestHouse::new();
    Setup::claude_dev().write(&house);
    echo_env(&house, "claude");
    house.run(["exec", "-a", "dev", "hi"]).success();
    let intent = house
        .events()
        .into_iter()
        .find(|event| event["type"] == "attempt.intent")
        .expect("an intent");
    assert_eq!(seen(&house)["TOLLGATE_ATTEMPT"], intent["data"]["marker"]);
}

#[test]
fn variables_of_the_configuration_are_set_and_filled_in() {
    let house = TestHouse::new();
    Setup::claude_dev()
        .with(
            "claude",
            json!({"env_vars": {"REGION": "${MY_REGION}", "MODE": "${MY_MODE:careful}",
                "PLAIN": "$HOME is not filled in"}}),
        )
        .write(&house);
    echo_env(&house, "claude");
    house
        .call(["exec", "-a", "dev", "hi"])
        .env("MY_REGION", "eu-1")
        .run()
        .success();
    let seen = seen(&house);
    assert_eq!(
        (
            seen["REGION"].as_str(),
            seen["MODE"].as_str(),
            seen["PLAIN"].as_str()
        ),
        ("eu-1", "careful", "$HOME is not filled in")
    );
    assert!(!seen.contains_key("MY_REGION"));
}

#[test]
fn a_variable_that_is_required_and_not_set_is_named() {
    let house = TestHouse::new();
    Setup::claude_dev()
        .with(
            "claude",
            json!({"env_required": ["MY_LICENCE"], "env_inherit": ["MY_LICENCE"]}),
        )
        .write(&house);
    echo_env(&house, "claude");
    house
        .run(["exec", "-a", "dev", "hi"])
        .exit(1)
        .says("MY_LICENCE");
    assert!(!house.path("work/env").exists());
    house
        .call(["exec", "-a", "dev", "hi"])
        .env("MY_LICENCE", "x")
        .run()
        .success();
}

#[test]
fn what_was_filled_in_from_the_environment_is_not_shown() {
    let house = TestHouse::new();
    Setup::claude_dev()
        .with("claude", json!({"env_vars": {"API_KEY": "${MY_KEY}"}}))
        .write(&house);
    echo_env(&house, "claude");
    for args in [
        &["config", "show"][..],
        &["config", "show", "--json"],
        &["config", "validate", "--json"],
        &["tool", "list", "--json"],
        &["exec", "-a", "dev", "--json", "hi"],
        &["exec", "-a", "dev", "-v", "hi"],
    ] {
        let outcome = house
            .call(args.iter().copied())
            .env("MY_KEY", "sk-very-secret")
            .run()
            .success();
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(!said.contains("sk-very-secret"), "{args:?}");
    }
    assert_eq!(seen(&house)["API_KEY"], "sk-very-secret");
    for (path, bytes) in house.state_files() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("sk-very-secret"), "{}", path.display());
    }
}
