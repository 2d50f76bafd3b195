//! References between the files.

use super::*;

#[test]
fn model_names_may_contain_colons() {
    let loaded = House::with(&[]).load().unwrap();
    let chain = &loaded.settings.agents["architect"].fallback_chain;
    assert_eq!(
        (chain[0].tool.as_str(), chain[0].model.as_str()),
        ("local", "llama3:8b")
    );
    assert!(loaded.warnings.is_empty());
}

#[test]
fn every_reference_is_checked() {
    let house = House::with(&[
        (
            "agents.yaml",
            "\
agents:
  one:
    preferred_tool: claude-code
    preferred_model: 'llama3:8b'
    fallback_chain: [local:opus, sonnet, 'nope:nada', ':x']
    task_types: { docs: haiku, code: 'llama3:8b' }
",
        ),
        (
            "tools.yaml",
            &TOOLS.replace("[opus, sonnet]", "[opus, sonnet, gpt-5]"),
        ),
    ]);
    insta::assert_snapshot!(house.complaints(), @r"
    config/agents.yaml:4:22: error: Model 'llama3:8b' is not among the models of tool 'claude-code' (agents.one.preferred_model)
      allowed: gpt-5, opus, sonnet
      fix: use one of these, or add 'llama3:8b' to the tool's models
    config/agents.yaml:5:22: error: Model 'opus' is not among the models of tool 'local' (agents.one.fallback_chain[0])
      allowed: llama3:8b
      fix: use one of these, or add 'opus' to the tool's models
    config/agents.yaml:5:34: error: 'sonnet' is not of the form tool:model (agents.one.fallback_chain[1])
      fix: write the tool's name, a colon, and the model's name
    config/agents.yaml:5:42: error: Unknown tool 'nope' (agents.one.fallback_chain[2])
      allowed: claude-code, local
      fix: use one of these, or add it to tools.yaml
    config/agents.yaml:5:42: error: Unknown model 'nada' (agents.one.fallback_chain[2])
      allowed: llama3:8b, opus, sonnet
      fix: use one of these, or add it to models.yaml
    config/agents.yaml:5:55: error: ':x' is not of the form tool:model (agents.one.fallback_chain[3])
      fix: write the tool's name, a colon, and the model's name
    config/agents.yaml:6:25: error: Unknown model 'haiku' (agents.one.task_types.docs)
      allowed: llama3:8b, opus, sonnet
      fix: use one of these, or add it to models.yaml
    config/agents.yaml:6:38: warning: Model 'llama3:8b' is not among the models of tool 'claude-code' (agents.one.task_types.code)
      allowed: gpt-5, opus, sonnet
      fix: use one of these, or add 'llama3:8b' to the tool's models
    config/tools.yaml:5:28: warning: Model 'gpt-5' is not in models.yaml, so no agent can use it (tools.claude-code.models)
      allowed: llama3:8b, opus, sonnet
      fix: add it to models.yaml, or remove it here
    ");
}

#[test]
fn what_is_retired_or_deprecated_is_pointed_out() {
    let house = House::with(&[
        (
            "tools.yaml",
            &TOOLS.replace(
                "binary: claude\n",
                "binary: claude\n    retired: 2026-01-01\n",
            ),
        ),
        (
            "models.yaml",
            &MODELS.replace(
                "opus: { ",
                "opus: { deprecated: true, superseded_by: sonnet, ",
            ),
        ),
    ]);
    insta::assert_snapshot!(house.complaints(), @r"
    config/agents.yaml:3:21: warning: Tool 'claude-code' is marked as retired (agents.architect.preferred_tool)
      fix: choose another tool
    config/agents.yaml:4:22: warning: Model 'opus' is marked as deprecated (agents.architect.preferred_model)
      fix: use 'sonnet'
    ");
}

#[test]
fn names_defined_by_a_broken_entry_still_count() {
    let house = House::with(&[(
        "tools.yaml",
        &TOOLS.replace("binary: claude\n", "binary: []\n"),
    )]);
    let complaints = house.complaints();
    assert_eq!(complaints.matches("error:").count(), 1, "{complaints}");
}
