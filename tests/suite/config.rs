//! `config validate`: every mistake at once, each with its place, what is allowed, and a fix.

use serde_json::{Value, json};
use tollgate_tests::house::{Outcome, TestHouse};
use tollgate_tests::setup::Setup;
use tollgate_tests::speech::Claude;

const AGENTS: &str = "\
agents:
  architect:
    preferred_tool: claude
    preferred_model: opus
    fallback_chain: []
";

const TOOLS: &str = "\
tools:
  claude:
    binary: claude
    adapter: claude-code
    models: [opus]
";

const MODELS: &str = "\
models:
  opus:
    provider: anthropic
    price_per_million_tokens: {input: 15, output: 75}
    context_window: 200000
";

const POLICIES: &str = "policies:\n  default: {daily_budget_usd: 10.0}\n";

fn with(file: &str, text: &str) -> TestHouse {
    let house = TestHouse::new();
    house.configure(AGENTS, TOOLS, MODELS, POLICIES);
    house.write(&format!("config/{file}.yaml"), text);
    house
}

/// From where the configuration is `config/`.
fn validate(house: &TestHouse, more: &[&str]) -> Outcome {
    let args = ["config", "validate"];
    house
        .call(args.into_iter().chain(more.iter().copied()))
        .within("")
        .run()
}

fn diagnostics(house: &TestHouse) -> Vec<Value> {
    let document = validate(house, &["--json"]).exit(1).json();
    assert_eq!(document["error"]["code"], "invalid_config", "{document:#}");
    let list = document["error"]["details"]["diagnostics"].as_array();
    list.unwrap_or_else(|| panic!("no diagnostics: {document:#}"))
        .clone()
}

#[test]
fn a_good_configuration_is_called_valid_and_counted() {
    let house = TestHouse::new();
    house.configure(AGENTS, TOOLS, MODELS, POLICIES);
    let outcome = validate(&house, &[]).success();
    assert!(
        outcome.stdout.starts_with("✅ Configuration valid"),
        "{}",
        outcome.stdout
    );
    for word in ["1 agent", "1 tool", "1 model", "1 policy"] {
        let counted = outcome.stdout.to_lowercase();
        let name = word.split(' ').next_back().unwrap();
        assert!(
            counted.contains(&name[..name.len() - 1]),
            "{word}: {counted}"
        );
    }
    let document = validate(&house, &["--json"]).success().json();
    assert_eq!(document.get("error"), None, "{document:#}");
}

#[test]
fn an_unknown_tool_is_pointed_at_with_the_tools_there_are() {
    let agents = AGENTS.replace("preferred_tool: claude", "preferred_tool: nonexistent-tool");
    let house = with("agents", &agents);
    let outcome = validate(&house, &[]).exit(1);
    let report = &outcome.stderr;
    let head = "❌ Error in config/agents.yaml: Unknown tool 'nonexistent-tool'";
    let rest = report
        .split_once(head)
        .unwrap_or_else(|| panic!("{report}"))
        .1;
    let mut lines = rest.lines().skip(1).map(str::trim_start);
    assert_eq!(
        lines.next(),
        Some("at config/agents.yaml:3:21 (agents.architect.preferred_tool)")
    );
    assert_eq!(lines.next(), Some("allowed: claude"));
    assert!(
        lines.next().is_some_and(|line| line.starts_with("fix: ")),
        "{report}"
    );
    assert!(
        rest.lines()
            .nth(1)
            .is_some_and(|line| line.starts_with(' ')),
        "indented"
    );
}

#[test]
fn a_missing_file_is_named_with_what_to_run() {
    let house = TestHouse::new();
    house.configure(AGENTS, TOOLS, MODELS, POLICIES);
    std::fs::remove_file(house.path("config/agents.yaml")).unwrap();
    validate(&house, &[])
        .exit(1)
        .says("❌ Missing required file: config/agents.yaml")
        .says("Run 'tollgate init' to create default configuration");
}

#[test]
fn three_mistakes_are_told_at_once_with_their_lines() {
    let agents = "\
agents:
  architect:
    preferred_tool: nonexistent-tool
    preferred_model: opus
    fallback_chain: [\"claude:gone\"]
  scribe:
    prefered_tool: claude
    preferred_tool: claude
    preferred_model: opus
";
    let house = with("agents", agents);
    let found: Vec<(u64, String)> = diagnostics(&house)
        .iter()
        .map(|d| {
            assert_eq!(d["file"], "config/agents.yaml");
            assert!(d["column"].as_u64() > Some(0), "{d}");
            assert!(d["allowed"].is_array() && d["fix"].is_string(), "{d}");
            (
                d["line"].as_u64().unwrap(),
                d["path"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let expected = [
        (3, "agents.architect.preferred_tool"),
        (5, "agents.architect.fallback_chain[0]"),
        (7, "agents.scribe.prefered_tool"),
    ];
    let mut sorted = found.clone();
    sorted.sort();
    assert_eq!(sorted, expected.map(|(line, path)| (line, path.to_owned())));
    let report = validate(&house, &[]).exit(1).stderr;
    assert_eq!(
        report.matches("❌ Error in config/agents.yaml").count(),
        3,
        "{report}"
    );
    for place in [
        "config/agents.yaml:3:",
        "config/agents.yaml:5:",
        "config/agents.yaml:7:",
    ] {
        assert!(report.contains(place), "{place}\n{report}");
    }
    assert!(report.contains("preferred_tool"), "a suggestion\n{report}");
}

#[test]
fn mistakes_of_all_files_are_told_together() {
    let house = TestHouse::new();
    house.configure(
        "agents:\n  a: {preferred_tool: claude, preferred_model: gone}\n",
        "tools:\n  claude: {binary: claude, adapter: claude-code, models: [opus], timeout: soon}\n",
        "models:\n  opus: {provider: x, price_per_million_tokens: {input: -1, output: 1}, context_window: 0}\n",
        "policies:\n  default: {limit: {type: squishy}}\n",
    );
    let found = diagnostics(&house);
    let mut files: Vec<&str> = found.iter().filter_map(|d| d["file"].as_str()).collect();
    files.sort_unstable();
    files.dedup();
    assert_eq!(
        files,
        [
            "config/agents.yaml",
            "config/models.yaml",
            "config/policies.yaml",
            "config/tools.yaml"
        ]
    );
    assert!(found.len() >= 5, "{found:#?}");
}

#[test]
fn a_broken_file_is_told_with_its_line_and_does_not_hide_the_others() {
    let house = TestHouse::new();
    house.configure("agents:\n  a: [unclosed\n", TOOLS, "models: 3\n", POLICIES);
    let found = diagnostics(&house);
    let of = |file: &str| found.iter().find(|d| d["file"] == file);
    assert!(
        of("config/agents.yaml").is_some_and(|d| d["line"].as_u64() > Some(0)),
        "{found:#?}"
    );
    assert!(of("config/models.yaml").is_some(), "{found:#?}");
    let empty = with("tools", "");
    let report = validate(&empty, &[]).exit(1).stderr;
    assert!(report.contains("config/tools.yaml"), "{report}");
}

#[test]
fn a_string_template_of_the_past_is_refused_with_the_way_out() {
    let tools = "\
tools:
  claude:
    binary: claude
    command_template: \"{{binary}} {{prompt}} --model {{model}}\"
    models: [opus]
";
    let found = diagnostics(&with("tools", tools));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["line"], 4);
    assert!(
        found[0]["fix"].as_str().unwrap().contains("config migrate"),
        "{found:#?}"
    );
}

#[test]
fn how_much_runs_at_once_is_checked_and_shown() {
    let policies = |concurrency: &str| format!("{POLICIES}concurrency: {concurrency}\n");
    let wrong = with(
        "policies",
        &policies("{max_running: 0, per_tool: {cluade: 2}}"),
    );
    let found: Vec<_> = diagnostics(&wrong)
        .iter()
        .map(|d| {
            assert_eq!(
                (&d["file"], &d["line"]),
                (&json!("config/policies.yaml"), &json!(3))
            );
            [&d["path"], &d["message"], &d["fix"]].map(|field| field.as_str().unwrap().to_owned())
        })
        .collect();
    let expected = [
        [
            "concurrency.max_running",
            "0 is out of range",
            "write a whole number from 1 to 1000",
        ],
        [
            "concurrency.per_tool.cluade",
            "Unknown tool 'cluade'",
            "did you mean 'claude'?",
        ],
    ];
    assert_eq!(found, expected.map(|each| each.map(str::to_owned)));

    let unused = with(
        "policies",
        &policies("{max_running: 2, per_tool: {claude: 3}}"),
    );
    validate(&unused, &[])
        .success()
        .says("Has no effect: max_running is 2 (concurrency.per_tool.claude)");

    let right = with(
        "policies",
        &policies("{max_running: 6, per_tool: {claude: 2}}"),
    );
    assert_eq!(
        validate(&right, &[])
            .success()
            .stderr
            .matches("warning")
            .count(),
        0
    );
    let shown = |house: &TestHouse| {
        let document = house.run(["config", "show", "--json"]).success().json();
        document["settings"]["concurrency"].clone()
    };
    assert_eq!(
        shown(&right),
        json!({"max_running": 6, "per_tool": {"claude": 2}})
    );
    let unsaid = with("policies", POLICIES);
    assert_eq!(shown(&unsaid), json!({"max_running": 4, "per_tool": {}}));
}

#[test]
fn nothing_runs_on_a_configuration_with_mistakes() {
    let agents = AGENTS.replace("preferred_model: opus", "preferred_model: gone");
    let house = with("agents", &agents);
    let ran = house.path("work/ran").to_string_lossy().into_owned();
    house.tool("claude", &["--touch", &ran]);
    let refused = house
        .run(["exec", "-a", "architect", "--json", "hi"])
        .exit(1)
        .json();
    assert_eq!(refused["error"]["code"], "invalid_config");
    assert!(!house.path("work/ran").exists());
}

#[test]
fn no_configuration_at_all_says_where_to_begin() {
    let house = TestHouse::new();
    let refused = house
        .call(["exec", "-a", "dev", "--json", "hi"])
        .unnamed_dirs()
        .run()
        .exit(1)
        .json();
    assert_eq!(refused["error"]["code"], "no_config", "{refused}");
    assert!(
        refused["error"]["hints"]
            .to_string()
            .contains("tollgate init"),
        "{refused}"
    );
}

/// A project that brings its own configuration.
fn project(folder: &str) -> TestHouse {
    let house = TestHouse::new();
    Setup::claude_dev().write_to(&house, &format!("work/{folder}"));
    house.tool("claude", &Claude::says("ok").script());
    house
}

fn unnamed(house: &TestHouse, args: &[&str]) -> Outcome {
    house.call(args.iter().copied()).unnamed_dirs().run()
}

#[test]
fn a_projects_own_configuration_is_asked_about_once_and_after_every_change() {
    for folder in [".tollgate", "config"] {
        let house = project(folder);
        let exec = ["exec", "-a", "dev", "--json", "hi"];
        let refused = unnamed(&house, &exec).exit(1).json();
        assert_eq!(
            refused["error"]["code"], "untrusted_config",
            "{folder}: {refused}"
        );
        let hints = refused["error"]["hints"].to_string();
        assert!(hints.contains("tollgate config trust"), "{hints}");

        let said = unnamed(&house, &["config", "trust"]).success();
        let said = format!("{}{}", said.stdout, said.stderr);
        assert!(said.contains("claude"), "the programs are named: {said}");
        assert_eq!(unnamed(&house, &exec).success().json()["output"], "ok");

        let tools = house.read(&format!("work/{folder}/tools.yaml"));
        let changed = tools.replace("binary: claude", "binary: sh");
        assert_ne!(tools, changed);
        house.write(&format!("work/{folder}/tools.yaml"), changed);
        let refused = unnamed(&house, &exec).exit(1).json();
        assert_eq!(refused["error"]["code"], "untrusted_config", "{folder}");

        house.write(&format!("work/{folder}/tools.yaml"), tools);
        unnamed(&house, &exec).success();
    }
}

#[test]
fn reading_an_untrusted_configuration_is_allowed() {
    let house = project(".tollgate");
    unnamed(&house, &["config", "validate"]).success();
    unnamed(&house, &["tool", "list"]).success();
}

#[test]
fn what_is_named_is_trusted_by_being_named() {
    let house = project("config");
    let exec = [
        "exec",
        "-a",
        "dev",
        "--config-dir",
        "config",
        "--state-dir",
        "s",
        "hi",
    ];
    assert_eq!(unnamed(&house, &exec).success().stdout, "ok\n");
    let by_variable = house
        .call(["exec", "-a", "dev", "hi"])
        .unnamed_dirs()
        .env("TOLLGATE_CONFIG_DIR", "config")
        .run()
        .success();
    assert_eq!(by_variable.stdout, "ok\n");
}

#[test]
fn a_project_is_found_from_its_folders_and_keeps_its_state() {
    let house = project(".tollgate");
    house.write("work/src/deep/file", "");
    unnamed(&house, &["config", "trust"]).success();
    let outcome = house
        .call(["exec", "-a", "dev", "hi"])
        .unnamed_dirs()
        .within("work/src/deep")
        .run()
        .success();
    assert_eq!(outcome.stdout, "ok\n");
    assert!(house.path("work/.tollgate/state/log").is_dir());
}

#[test]
fn a_component_that_changes_is_a_change_of_the_configuration() {
    let house = TestHouse::new();
    Setup::new()
        .tool(
            "t",
            json!({"binary": "t", "adapter": "./mine.wasm", "models": ["m"]}),
        )
        .agent("dev", &["t:m"])
        .write_to(&house, "work/.tollgate");
    house.write("work/.tollgate/mine.wasm", "one");
    house.tool("t", &["--emit-line", "ok"]);
    let exec = ["exec", "-a", "dev", "--json", "hi"];
    unnamed(&house, &["config", "trust"]).success();
    let before = unnamed(&house, &exec).exit(1).stdout;
    assert!(!before.contains("untrusted_config"), "{before}");
    house.write("work/.tollgate/mine.wasm", "two");
    let after = unnamed(&house, &exec).exit(1).json();
    assert_eq!(after["error"]["code"], "untrusted_config");
}
