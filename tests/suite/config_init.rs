//! From nothing to a configuration that runs: `init`, templates, schemas, migration.

use std::path::Path;

use serde_json::Value;
use tollgate_tests::house::{Outcome, TestHouse};
use tollgate_tests::speech::{Claude, CodexTotals, SESSION, codex};

const FILES: [&str; 4] = ["agents", "models", "policies", "tools"];

/// A house with an empty configuration directory and these tools on PATH.
fn house_with(tools: &[&str]) -> TestHouse {
    let house = TestHouse::new();
    std::fs::remove_dir(house.path("config")).unwrap();
    for tool in tools {
        let script = match *tool {
            "codex" => codex(SESSION, "from codex", &CodexTotals::after(1)),
            "claude" => Claude::says("from claude").script(),
            other => ["--emit-line".to_owned(), format!("from {other}")].into(),
        };
        house.tool(tool, &script);
    }
    house
}

fn exec(house: &TestHouse, agent: &str) -> Outcome {
    house.run(["exec", "-a", agent, "hi"])
}

fn agents(house: &TestHouse) -> Vec<String> {
    let agents: Value = serde_yaml::from_str(&house.read("config/agents.yaml")).unwrap();
    agents["agents"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect()
}

#[test]
fn init_then_validate_then_exec_needs_no_editing() {
    for (tools, answer) in [
        (&["claude"][..], "from claude"),
        (&["codex"], "from codex"),
        (&["gemini"], "from gemini"),
        (&["claude", "codex", "gemini"], "from claude"),
    ] {
        let house = house_with(tools);
        house.run(["init"]).success();
        for file in FILES {
            assert!(
                house.path(&format!("config/{file}.yaml")).is_file(),
                "{tools:?}: {file}"
            );
        }
        house.run(["config", "validate"]).success();
        for agent in agents(&house) {
            let outcome = exec(&house, &agent).success();
            assert_eq!(outcome.stdout.trim_end(), answer, "{tools:?}: {agent}");
        }
    }
}

#[test]
fn with_no_tool_at_all_the_files_are_valid_and_the_lack_is_said() {
    let house = house_with(&[]);
    let outcome = house.run(["init"]).success();
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains("claude") && said.contains("codex"), "{said}");
    house.run(["config", "validate"]).success();
    let agent = agents(&house).remove(0);
    exec(&house, &agent)
        .exit(1)
        .says("No available tools in fallback chain");
}

#[test]
fn every_template_gives_files_that_validate_and_run() {
    let listed = house_with(&[])
        .run(["config", "templates"])
        .success()
        .stdout;
    for template in [
        "quick-start",
        "claude-only",
        "codex-only",
        "cost-optimized",
        "development",
    ] {
        assert!(listed.contains(template), "{template}: {listed}");
        let house = house_with(&["claude", "codex"]);
        house
            .run(["config", "init", "--template", template])
            .success();
        house.run(["config", "validate"]).success();
        for agent in agents(&house) {
            exec(&house, &agent).success();
        }
    }
    let house = house_with(&[]);
    let refused = house
        .run(["init", "--template", "quickstart", "--json"])
        .exit(2)
        .json();
    assert!(refused.to_string().contains("quick-start"), "{refused}");
}

#[test]
fn files_that_are_there_are_kept_unless_told_otherwise() {
    let house = house_with(&["claude"]);
    house.write("config/agents.yaml", "precious");
    house.run(["init"]).exit(1).says("--force");
    assert_eq!(house.read("config/agents.yaml"), "precious");
    assert!(!house.path("config/tools.yaml").exists(), "all or nothing");
    house.run(["init", "--force"]).success();
    house.run(["config", "validate"]).success();
}

#[test]
fn without_a_named_directory_init_makes_a_project_that_is_trusted() {
    let house = house_with(&["claude"]);
    house.call(["init"]).unnamed_dirs().run().success();
    assert!(house.path("work/.tollgate/agents.yaml").is_file());
    house
        .call(["exec", "-a", "scribe", "hi"])
        .unnamed_dirs()
        .run()
        .success();
}

#[test]
fn keys_are_told_found_or_missing_and_never_shown() {
    let house = house_with(&["claude"]);
    let outcome = house
        .call(["init"])
        .env("ANTHROPIC_API_KEY", "sk-ant-secret")
        .run()
        .success();
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains("ANTHROPIC_API_KEY"), "{said}");
    assert!(!said.contains("sk-ant-secret"), "{said}");
    for file in FILES {
        assert!(
            !house
                .read(&format!("config/{file}.yaml"))
                .contains("sk-ant-secret")
        );
    }
}

#[test]
fn schemas_are_there_for_every_file_and_the_files_name_them() {
    let house = house_with(&["claude"]);
    house.run(["init"]).success();
    for file in FILES.into_iter().chain(["telemetry"]) {
        let schema = house.run(["config", "schema", file]).success().json();
        assert!(
            schema["$schema"]
                .as_str()
                .unwrap()
                .contains("json-schema.org"),
            "{file}"
        );
        assert!(schema["properties"].is_object(), "{file}");
    }
    for file in FILES {
        let text = house.read(&format!("config/{file}.yaml"));
        let first = text.lines().next().unwrap_or_default();
        let schema = first
            .strip_prefix("# yaml-language-server: $schema=")
            .unwrap_or_else(|| panic!("{file}: {first}"));
        assert!(
            house.path("config").join(Path::new(schema)).is_file(),
            "{file} names {schema}, which is not there"
        );
    }
}

#[test]
fn what_is_in_force_can_be_shown() {
    let house = house_with(&["claude"]);
    house.run(["init"]).success();
    let file = house.run(["config", "show", "tools"]).success().stdout;
    assert_eq!(file, house.read("config/tools.yaml"));
    let all = house.run(["config", "show", "--json"]).success().json();
    assert_eq!(
        all["settings"]["tools"]["claude-code"]["binary"], "claude",
        "{all:#}"
    );
    for command in ["agent", "tool", "model"] {
        let list = house.run([command, "list"]).success().stdout;
        assert!(!list.trim().is_empty());
        assert!(
            !house
                .run([command, "list", "--json"])
                .success()
                .json()
                .is_null()
        );
    }
    let tools = house.run(["tool", "list"]).success().stdout;
    assert!(tools.contains("claude-code"), "{tools}");
}

/// Files as the older program shipped them.
fn old_files(house: &TestHouse, template: &str) {
    house.write(
        "old/agents.yaml",
        "agents:\n  dev:\n    preferred_tool: claude\n    preferred_model: opus\n    fallback_chain: []\n    task_types: {}\n",
    );
    house.write(
        "old/tools.yaml",
        format!("tools:\n  claude:\n    binary: claude\n    command_template: \"{template}\"\n    models: [opus]\n    capabilities: [code_generation]\n"),
    );
    house.write(
        "old/models.yaml",
        "models:\n  opus:\n    provider: anthropic\n    cost_per_1k_tokens: {input: 0.015, output: 0.075}\n    context_window: 200000\n    task_suitability: []\n",
    );
    house.write(
        "old/policies.yaml",
        "policies:\n  default:\n    daily_budget_usd: 10.0\n    limit: {type: soft, threshold_percent: 80}\n",
    );
}

#[test]
fn files_of_the_past_are_turned_into_files_that_run() {
    let house = house_with(&[]);
    old_files(&house, "{binary} {prompt_file} --model {model}");
    let args = house.path("work/args").to_string_lossy().into_owned();
    house.tool("claude", &["--echo-args-to", &args, "--emit-line", "ok"]);
    let (old, new) = (house.path("old"), house.path("config"));
    house
        .run([
            "config".into(),
            "migrate".into(),
            old.into_os_string(),
            "--output".into(),
            new.into_os_string(),
        ])
        .success();
    house.run(["config", "validate"]).success();
    assert_eq!(exec(&house, "dev").success().stdout, "ok\n");
    let argv: Vec<String> = serde_json::from_str(&house.read("work/args")).unwrap();
    assert_eq!(
        (argv.len(), argv[2].as_str(), argv[3].as_str()),
        (4, "--model", "opus")
    );
}

#[test]
fn an_ambiguous_template_is_refused_and_nothing_is_written() {
    for template in [
        "{binary} --prompt={prompt} | tee log",
        "{binary} {prompt}",
        "sh -c '{binary} {prompt_file}'",
    ] {
        let house = house_with(&[]);
        old_files(&house, template);
        let (old, new) = (house.path("old"), house.path("config"));
        let outcome = house
            .run([
                "config".into(),
                "migrate".into(),
                old.into_os_string(),
                "--output".into(),
                new.into_os_string(),
            ])
            .exit(1);
        assert!(
            outcome.stderr.contains("tools.yaml:4"),
            "{template}: {}",
            outcome.stderr
        );
        assert!(!house.path("config/tools.yaml").exists(), "{template}");
    }
}
