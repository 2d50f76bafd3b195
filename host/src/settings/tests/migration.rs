//! Files of the past become files that load.

use super::*;

const OLD_TOOLS: &str = "\
tools:
  claude-code:
    binary: claude
    command_template: \"{{binary}} --model {{model}} < {{prompt_file}}\"
    models: [opus, sonnet]
    retired_by: nobody
  cursor:
    binary: cursor
    command_template: '{binary} --prompt-file {prompt_file} --model {model}'
    models: [opus]
    timeout: 30
  local:
    mode: batch
    cmd: [ollama, run, '{model}']
    timeout_sec: 1800
    models: ['llama3:8b']
";
const OLD_POLICIES: &str = "\
policies:
  default: { daily_budget_usd: 10.0, alert_threshold_percent: 70, block_over_budget: true, team_budget: 5 }
  cost_optimization: { simple_task_threshold_tokens: 800, simple_task_models: [sonnet] }
";
const OLD_MODELS: &str = "\
models:
  opus: { provider: anthropic, context_window: 1000, cost_per_1k_tokens: { input: 0.015, output: 0.0750 } }
  sonnet: { provider: anthropic, context_window: 1000, cost_per_1k_tokens: { input: 3e-3, output: 0.015 } }
  'llama3:8b': { provider: local, context_window: 8000, cost_per_1k_tokens: { input: 0.0, output: 0.0 } }
  code-davinci-002: { provider: openai, retired: true }
";

fn migrated(house: &House) -> (Vec<Diagnostic>, House) {
    let migration = migrate(&house.home.path().join("config"), &house.environment()).unwrap();
    let new = House {
        home: tempfile::tempdir().unwrap(),
    };
    write(&new.home.path().join("config"), &migration.files, false).unwrap();
    (migration.notes, new)
}

fn check(new: &House) {
    assert_eq!(new.complaints(), "");
    let settings = new.load().unwrap().settings;
    let options = |name| settings.tools[name].options.clone();
    assert_eq!(
        options("claude-code"),
        r#"{"args":["--model","{model}"],"stdin":"prompt","output":"text","fields":{}}"#
    );
    assert_eq!(
        options("cursor"),
        r#"{"args":["--prompt-file","{prompt_file}","--model","{model}"],"stdin":"none","output":"text","fields":{}}"#
    );
    assert_eq!(settings.tools["local"].binary, "ollama");
    assert_eq!(settings.tools["local"].timeout.as_secs(), 1800);
    assert_eq!(
        settings.profiles["default"].limit,
        crate::model::LimitKind::Hard
    );
    assert_eq!(settings.profiles["default"].threshold_percent, 70);
    assert_eq!(
        settings
            .cost_optimization
            .unwrap()
            .simple_task_threshold_tokens,
        800
    );
    assert_eq!(
        settings.models["sonnet"].prices.input,
        Some(crate::model::Price(3_000_000))
    );
}

#[test]
fn four_old_files_become_files_that_load() {
    let house = House::with(&[
        ("tools.yaml", OLD_TOOLS),
        ("policies.yaml", OLD_POLICIES),
        ("models.yaml", OLD_MODELS),
    ]);
    assert!(house.complaints().contains("run 'tollgate config migrate'"));
    let (notes, new) = migrated(&house);
    let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(notes.join("\n"), @r"
    config/tools.yaml:6:5: warning: 'retired_by' was left out: it is not a field of this program (tools.claude-code.retired_by)
      fix: if it mattered, say it in a 'note'
    config/models.yaml:5:3: warning: Model 'code-davinci-002' was left out: it has no price or no context_window (models.code-davinci-002)
      fix: add it again with both, if it is still needed
    config/policies.yaml:2:92: warning: 'team_budget' was left out: it has no effect: budgets are per profile (daily_budget_usd, monthly_budget_usd) and per agent (daily_budget_usd in agents.yaml) (policies.default.team_budget)
    config/policies.yaml:3:22: warning: 'cost_optimization' moved to the top level, where it takes effect (cost_optimization)
      fix: check that its values are what you want
    ");
    check(&new);
    let tools = fs::read_to_string(new.home.path().join("config/tools.yaml")).unwrap();
    assert!(
        tools.contains("# With 'adapter: claude-code' instead"),
        "{tools}"
    );
}

#[test]
fn the_single_file_becomes_several() {
    let house = House {
        home: tempfile::tempdir().unwrap(),
    };
    let models = OLD_MODELS
        .lines()
        .filter(|l| !l.contains("davinci"))
        .collect::<Vec<_>>()
        .join("\n");
    house.file(
        "generated-config.yaml",
        &format!("{AGENTS}{OLD_TOOLS}{models}\n{OLD_POLICIES}version: 1\n"),
    );
    let (notes, new) = migrated(&house);
    assert!(
        notes
            .iter()
            .any(|note| note.message.contains("'version' was left out"))
    );
    check(&new);
}

#[test]
fn the_ambiguous_is_refused_with_file_line_and_column() {
    let house = House::with(&[(
        "tools.yaml",
        "\
tools:
  a:
    binary: x
    command_template: \"{binary} {prompt_file} | tee log\"
  b:
    binary: y
    command_template: '{binary} {prompt}'
  c: { binary: z, command_template: '{binary} --version' }
  d: { mode: interactive, cmd: [z] }
",
    )]);
    let Err(SettingsError::Invalid(found)) =
        migrate(&house.home.path().join("config"), &house.environment())
    else {
        panic!("should be refused");
    };
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    config/tools.yaml:4:47: error: Cannot be migrated: '|': there is no shell to understand this (tools.a.command_template)
      fix: call a script of yours that does it, or write the arguments as a list under 'args'
    config/tools.yaml:7:33: error: Cannot be migrated: {prompt} without quotes of its own was split at every space (tools.b.command_template)
      fix: write 'stdin: prompt' and leave the prompt out of the arguments
    config/tools.yaml:8:37: error: Cannot be migrated: the prompt never reaches the tool (tools.c.command_template)
      fix: add '< {prompt_file}' at the end if it reads standard input
    config/tools.yaml:9:14: error: Cannot be migrated: mode is the text 'interactive' (tools.d.cmd)
      fix: only tools that run without a person can be used: 'mode: batch'
    ");
}
