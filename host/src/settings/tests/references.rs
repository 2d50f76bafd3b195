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
    insta::assert_snapshot!(house.complaints(), @"");
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
    insta::assert_snapshot!(house.complaints(), @"");
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
