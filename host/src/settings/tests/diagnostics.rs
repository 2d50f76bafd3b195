//! Mistakes in files: each with its place, all of them at once.

use proptest::prelude::*;

use super::*;

#[test]
fn three_mistakes_in_one_file_are_reported_at_once() {
    let house = House::with(&[(
        "agents.yaml",
        "\
agents:
  architect:
    prefered_tool: claude-code
    preferred_model: opos
    fallback_chain: [nonexistent-tool:opus]
    preferred_tool: claude-code
",
    )]);
    insta::assert_snapshot!(house.complaints(), @r"
    config/agents.yaml:3:5: error: Unknown field 'prefered_tool' (agents.architect.prefered_tool)
      allowed: preferred_tool, preferred_model, fallback_chain, task_types, daily_budget_usd, description, note
      fix: did you mean 'preferred_tool'?
    config/agents.yaml:4:22: error: Unknown model 'opos' (agents.architect.preferred_model)
      allowed: llama3:8b, opus, sonnet
      fix: did you mean 'opus'?
    config/agents.yaml:5:22: error: Unknown tool 'nonexistent-tool' (agents.architect.fallback_chain[0])
      allowed: claude-code, local
      fix: use one of these, or add it to tools.yaml
    ");
}

#[test]
fn the_acceptance_text_for_an_unknown_tool() {
    let house = House::with(&[(
        "agents.yaml",
        "agents:\n  architect:\n    preferred_tool: nonexistent-tool\n    preferred_model: opus\n",
    )]);
    let Err(SettingsError::Invalid(diagnostics)) = house.load() else {
        panic!("should be invalid")
    };
    let [only] = diagnostics.as_slice() else {
        panic!("{diagnostics:?}")
    };
    assert_eq!(
        format!("Error in {}: {}", only.file, only.message),
        "Error in config/agents.yaml: Unknown tool 'nonexistent-tool'"
    );
    assert_eq!(only.allowed, ["claude-code", "local"]);
    assert_eq!((only.line, only.column), (3, 21));
}

#[test]
fn missing_files_directories_and_contents_are_told_apart() {
    let house = House::with(&[("models.yaml", ""), ("policies.yaml", "# nothing\n")]);
    house.remove("agents.yaml");
    insta::assert_snapshot!(house.complaints(), @r"
    config/agents.yaml: error: Missing required file: config/agents.yaml
      fix: Run 'tollgate init' to create default configuration
    config/models.yaml: error: The file is empty
      fix: add 'models:', or run 'tollgate init --force'
    config/policies.yaml: error: The file is empty
      fix: add 'policies:', or run 'tollgate init --force'
    ");

    let places = |dir: &str| Places {
        config_dir: house.home.path().join(dir),
        ..house.places()
    };
    let fails = |dir| load(&places(dir), &house.environment()).unwrap_err();
    assert!(matches!(
        fails("nowhere"),
        SettingsError::DirectoryMissing { .. }
    ));
    assert!(matches!(
        fails("config/tools.yaml"),
        SettingsError::NotADirectory { .. }
    ));
}

#[test]
fn a_broken_file_does_not_hide_the_mistakes_of_others() {
    let house = House::with(&[
        ("tools.yaml", "tools:\n  claude-code: [1, 2\n"),
        ("models.yaml", "models:\n  opus: { provider: anthropic }\n"),
        ("telemetry.yaml", "retention_days: -1\n"),
    ]);
    insta::assert_snapshot!(house.complaints(), @r"
    config/agents.yaml:5:22: error: Unknown model 'llama3:8b' (agents.architect.fallback_chain[0])
      allowed: opus
      fix: use one of these, or add it to models.yaml
    config/tools.yaml:3:1: error: Invalid YAML: while parsing a flow sequence, expected ',' or ']'
      fix: check indentation, colons and quotes here and on the line before
    config/models.yaml:2:9: error: Missing 'price_per_million_tokens' or 'cost_per_1k_tokens'; no price list knows this model (models.opus)
      fix: add its prices, or look them up with 'tollgate model update-prices'
    config/models.yaml:2:9: error: Missing required field 'context_window' (models.opus.context_window)
      fix: add 'context_window:'; no price list knows it
    config/telemetry.yaml:1:17: error: -1 is out of range (retention_days)
      fix: write a whole number from 0 to 36500
    ");
}

#[test]
fn bytes_that_are_not_utf8_and_twins_have_a_place() {
    let house = House::with(&[("agents.yml", AGENTS)]);
    fs::write(
        house.home.path().join("config/tools.yaml"),
        b"tools:\n  a: \xff",
    )
    .unwrap();
    insta::assert_snapshot!(house.complaints(), @r"
    config/agents.yaml: error: config/agents.yml stands beside it; only one may be there
      fix: remove one of the two
    config/tools.yaml:2:6: error: Not UTF-8
      fix: save the file as UTF-8
    ");
}

#[test]
fn only_yml_is_fine() {
    let house = House::with(&[("agents.yml", AGENTS)]);
    house.remove("agents.yaml");
    assert_eq!(house.load().unwrap().files[0].name, "agents.yml");
}

#[test]
fn large_files_and_pipes_are_not_read() {
    let house = House::with(&[("policies.yaml", &"#".repeat(1024 * 1024 + 1))]);
    assert!(
        house
            .complaints()
            .contains("config/policies.yaml: error: Larger than 1 MiB")
    );
    house.remove("policies.yaml");
    fs::create_dir(house.home.path().join("config/policies.yaml")).unwrap();
    assert!(house.complaints().contains("Not a regular file"));
}

/// A mistake in a tool (put on line 4), and the beginning of the report.
const TOOL_MISTAKES: &[(&str, &str)] = &[
    (
        "command_template: '{binary} x'",
        "4:5: error: 'command_template' is not supported here (tools.t.command_template)",
    ),
    ("cmd: [x]", "4:5: error: 'cmd' is not supported here"),
    (
        "timeout: 0",
        "4:14: error: Expected a time, found the number 0",
    ),
    (
        "timeout: soon",
        "4:14: error: Expected a time, found the text 'soon'",
    ),
    (
        "env_vars: { K: '${NOPE}' }",
        "4:20: error: Environment variable 'NOPE' is not set (tools.t.env_vars.K)",
    ),
    (
        "env_vars: { 1K: x }",
        "4:17: error: '1K' is not the name of an environment variable",
    ),
    (
        "env_inherit: ['*']",
        "4:19: error: '*' would hand every secret",
    ),
    (
        "env_inherit: [A*B]",
        "4:19: error: 'A*B' is not the name of",
    ),
    (
        "args: ['--file={prompt_file}']",
        "4:12: error: {prompt_file} must be an element of its own (tools.t.args[0])",
    ),
    (
        "args: ['{prompt}']",
        "4:12: error: A prompt here could be taken for a flag",
    ),
    (
        "args: [-p, '{prompt}']",
        "4:16: error: A prompt here could be taken for a flag",
    ),
    (
        "args: ['{binary}']",
        "4:12: error: {binary} is not an argument",
    ),
    (
        "args: ['{{model}}']",
        "4:12: error: Placeholders have single braces",
    ),
    (
        "args: ['{modle}']",
        "4:12: error: Unknown placeholder '{modle}'",
    ),
    (
        "args: [1]",
        "4:12: error: Expected text, found the number 1",
    ),
    (
        "args: claude -p",
        "4:11: error: Expected a list, found the text 'claude -p'",
    ),
    (
        "stdin: none",
        "4:12: error: The prompt would never reach the tool",
    ),
    ("stdin: file", "4:12: error: 'file' is not allowed here"),
    (
        "adapter: codex\n    args: [x]",
        "5:5: error: 'args' belongs to 'adapter: template'",
    ),
    (
        "adapter: ./nope.wasm",
        "4:14: error: Adapter file './nope.wasm' cannot be read",
    ),
    (
        "adapter: Codex",
        "4:14: error: 'Codex' is neither an adapter's id nor a file",
    ),
    (
        "options: { args: [] }",
        "4:22: error: 'args' is a field of the tool, not one of 'options'",
    ),
    ("options: [1]", "4:14: error: Expected a map, found a list"),
    ("binary_path: ''", "4:18: error: The text is empty"),
    (
        "platforms: { beos: x }",
        "4:18: error: Unknown field 'beos'",
    ),
    (
        "binary: y",
        "4:5: error: Duplicate key 'binary', first on line 3",
    ),
    (
        "args: [run, '{prompt}']\n    prompt_as_value_of: run",
        "5:25: error: 'run' is not a flag (tools.t.prompt_as_value_of)",
    ),
];

#[test]
fn every_mistake_in_a_tool_has_its_place() {
    for (line, expected) in TOOL_MISTAKES {
        let text = format!("tools:\n  t:\n    binary: x\n    {line}\n    models: [opus]\n");
        let house = House::with(&[("tools.yaml", &text), ("agents.yaml", "agents: {}\n")]);
        let complaints = house.complaints();
        assert!(
            complaints.contains(&format!("config/tools.yaml:{expected}")),
            "{line}\n{complaints}"
        );
    }
}

const MODEL_MISTAKES: &[&str] = &[
    "models:\n  m: { provider: x, context_window: 5 }\n",
    "models:\n  m:\n    provider: x\n    context_window: 1.5\n    cost_per_1k_tokens: { input: -1, output: '2' }\n    price_per_million_tokens: { input: 1e-9, output: 99999999 }\n",
    "models:\n  -m: { provider: [], context_window: many, cost_per_1k_tokens: 3 }\n",
];
const POLICY_MISTAKES: &[&str] = &[
    "policies:\n  default:\n    limit: { type: harsh, threshold_percent: 101 }\n    log_prompts: yes\n    daily_budget_usd: 1.0000001\n",
    "policies:\n  cost_optimization: { simple_task_threshold_tokens: 5 }\n",
    "policies: {}\nrate_limiting:\n  max_requests_per_minute: { claude-cod: 5, local: 0 }\ncost_optimization:\n  simple_task_models: [haiku]\n",
    "policies: {}\nconcurrency:\n  max_runing: 2\n  max_running: 0\n  per_tool: { claude-cod: 5, local: 1001, claude-code: 0 }\n",
    "policies:\n  default: { concurrency: {} }\nconcurrency: { per_tool: { local: 5 } }\n",
    "policies: {}\n---\npolicies: {}\n",
];

#[test]
fn every_mistake_in_a_model_has_its_place() {
    let complaints = |text: &&str| {
        House::with(&[
            ("models.yaml", text),
            ("agents.yaml", "agents: {}\n"),
            ("tools.yaml", "tools: {}\n"),
        ])
        .complaints()
    };
    let complaints: Vec<String> = MODEL_MISTAKES.iter().map(complaints).collect();
    insta::assert_snapshot!(complaints.join("\n\n"), @r"
    config/models.yaml:2:6: error: Missing 'price_per_million_tokens' or 'cost_per_1k_tokens'; no price list knows this model (models.m)
      fix: add its prices, or look them up with 'tollgate model update-prices'

    config/models.yaml:4:21: error: 1.5 is not a whole number (models.m.context_window)
      fix: write a whole number from 1 to 1000000000000
    config/models.yaml:5:5: error: Only one of 'price_per_million_tokens' or 'cost_per_1k_tokens' may be given (models.m.cost_per_1k_tokens)
      fix: remove one of the two
    config/models.yaml:5:34: error: -1 is below zero (models.m.cost_per_1k_tokens.input)
      fix: write a number from 0 to 1000 with at most 9 decimals
    config/models.yaml:5:46: error: Expected a number, found the text '2' (models.m.cost_per_1k_tokens.output)
      fix: write US dollars as a plain number, such as 2.5, without sign or quotes
    config/models.yaml:6:40: error: 1e-9 has more decimals than can be kept (models.m.price_per_million_tokens.input)
      fix: write a number from 0 to 1000000 with at most 6 decimals
    config/models.yaml:6:54: error: 99999999 is too large (models.m.price_per_million_tokens.output)
      fix: write a number from 0 to 1000000 with at most 6 decimals

    config/models.yaml:2:3: error: The name '-m' starts with '-', so a program would take it for a flag (models.-m)
      fix: choose another name
    config/models.yaml:2:19: error: Expected text, found a list (models.-m.provider)
      fix: write a text
    config/models.yaml:2:39: error: Expected a whole number, found the text 'many' (models.-m.context_window)
      fix: write a number from 1 to 1000000000000
    config/models.yaml:2:65: error: Expected a map, found the number 3 (models.-m.cost_per_1k_tokens)
      fix: write fields such as 'input:' under it
    ");
}

#[test]
fn every_mistake_in_a_policy_has_its_place() {
    let complaints = |text: &&str| House::with(&[("policies.yaml", text)]).complaints();
    let complaints: Vec<String> = POLICY_MISTAKES.iter().map(complaints).collect();
    insta::assert_snapshot!(complaints.join("\n\n"), @r"
    config/policies.yaml:3:20: error: 'harsh' is not allowed here (policies.default.limit.type)
      allowed: soft, hard
      fix: use one of the allowed words
    config/policies.yaml:3:46: error: 101 is out of range (policies.default.limit.threshold_percent)
      fix: write a whole number from 0 to 100
    config/policies.yaml:4:18: error: Expected true or false, found the text 'yes' (policies.default.log_prompts)
      allowed: true, false
      fix: write true, without quotes
    config/policies.yaml:5:23: error: 1.0000001 has more decimals than can be kept (policies.default.daily_budget_usd)
      fix: write a number from 0 to 1000000000 with at most 6 decimals

    config/policies.yaml:2:3: error: 'cost_optimization' does not belong here (policies.cost_optimization)
      fix: move it to the top level of policies.yaml

    config/policies.yaml:3:30: error: Unknown tool 'claude-cod' (rate_limiting.max_requests_per_minute.claude-cod)
      allowed: claude-code, local
      fix: did you mean 'claude-code'?
    config/policies.yaml:3:52: error: 0 is out of range (rate_limiting.max_requests_per_minute.local)
      fix: write a whole number from 1 to 4294967295
    config/policies.yaml:5:24: error: Unknown model 'haiku' (cost_optimization.simple_task_models[0])
      allowed: llama3:8b, opus, sonnet
      fix: use one of these, or add it to models.yaml

    config/policies.yaml:3:3: error: Unknown field 'max_runing' (concurrency.max_runing)
      allowed: max_running, per_tool, note
      fix: did you mean 'max_running'?
    config/policies.yaml:4:16: error: 0 is out of range (concurrency.max_running)
      fix: write a whole number from 1 to 1000
    config/policies.yaml:5:15: error: Unknown tool 'claude-cod' (concurrency.per_tool.claude-cod)
      allowed: claude-code, local
      fix: did you mean 'claude-code'?
    config/policies.yaml:5:37: error: 1001 is out of range (concurrency.per_tool.local)
      fix: write a whole number from 1 to 1000
    config/policies.yaml:5:56: error: 0 is out of range (concurrency.per_tool.claude-code)
      fix: write a whole number from 1 to 1000

    config/policies.yaml:2:14: error: 'concurrency' is not supported here (policies.default.concurrency)
      fix: move it to the top level of policies.yaml
    config/policies.yaml:3:35: warning: Has no effect: max_running is 4 (concurrency.per_tool.local)
      fix: raise max_running, or lower this

    config/policies.yaml:2:1: error: More than one document in the file
      fix: remove the `---` on this line; a text that holds one needs a block (`KEY: |`)
    ");
}

#[test]
fn spellings_of_the_past_work_and_are_pointed_out() {
    let house = House::with(&[(
        "policies.yaml",
        "\
policies:
  default:
    alert_threshold_percent: 70
    block_over_budget: true
    enforcement: { require_justification_over_usd: 2.5 }
    team_budget: 100
    log_prompts: true
",
    )]);
    insta::assert_snapshot!(house.complaints(), @r"
    config/policies.yaml:3:5: warning: 'alert_threshold_percent' is an older spelling (policies.default.alert_threshold_percent)
      fix: write limit.threshold_percent
    config/policies.yaml:4:5: warning: 'block_over_budget' is an older spelling (policies.default.block_over_budget)
      fix: write limit.type: hard (or soft)
    config/policies.yaml:5:5: warning: 'enforcement' is an older spelling (policies.default.enforcement)
      fix: write limit.type and require_justification_over_usd
    config/policies.yaml:6:5: warning: 'team_budget' has no effect: budgets are per profile (daily_budget_usd, monthly_budget_usd) and per agent (daily_budget_usd in agents.yaml) (policies.default.team_budget)
      fix: remove it
    config/policies.yaml:7:18: warning: 'log_prompts: true' has no effect: privacy_level is metadata (policies.default.log_prompts)
      fix: set 'privacy_level: full' in telemetry.yaml, or remove this line
    ");
    let policy = &house.load().unwrap().settings.profiles["default"];
    assert_eq!(policy.threshold_percent, 70);
    assert_eq!(policy.limit, crate::model::LimitKind::Hard);
    assert_eq!(
        policy.require_justification_over,
        Some(crate::model::MicroUsd(2_500_000))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_panics_anywhere(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "agents:", "tools:", "models:", "policies:", "\n", "\n  ", "\n    ", " a:", " binary:", " args:", " - ", "[", "]",
                "{", "}", ", ", "'{prompt}'", "{{x", "&a", " *a", "1e999", "-1", ".5", "${X", "\"", "'", "preferred_tool: ", "a:b:c",
                "models: ", "limit: ", "timeout: ", "env_vars: ", "options: ", "null", "true", "!!str ", "\u{0}", "\u{feff}", "é",
                "cost_per_1k_tokens: ", "input: ", "policies: {default: {}}",
            ]),
            0..40,
        ),
        file in prop::sample::select(vec!["agents.yaml", "tools.yaml", "models.yaml", "policies.yaml", "telemetry.yaml"]),
    ) {
        let house = House::with(&[(file, &pieces.concat())]);
        let _unused = house.load();
    }
}
