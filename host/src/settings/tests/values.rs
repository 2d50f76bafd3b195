//! Values as they reach the rest of the program.

use std::time::Duration;

use super::*;
use crate::model::{AdapterSource, MicroUsd, ModelName, Price, PrivacyLevel};

fn tool(text: &str, vars: &[(&str, &str)]) -> crate::model::Tool {
    let house = House::with(&[
        (
            "tools.yaml",
            &format!("tools:\n  t:\n    models: [opus]\n{text}"),
        ),
        ("agents.yaml", "agents: {}\n"),
    ]);
    house.file("mine.wasm", "component");
    let environment = environment(house.home.path(), vars);
    match load(&house.places(), &environment) {
        Ok(mut loaded) => {
            let mut tool = loaded.settings.tools.remove("t").unwrap();
            let home = house.home.path().to_str().unwrap();
            tool.binary = tool.binary.replace(home, "HOME");
            if let AdapterSource::File(path) = &mut tool.adapter {
                *path = path.strip_prefix(home).unwrap().to_owned();
            }
            tool
        }
        Err(SettingsError::Invalid(found)) => panic!("{}", found[0]),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn prices_in_both_forms_are_exact() {
    let settings = House::with(&[]).load().unwrap().settings;
    let opus = settings.models["opus"].prices;
    assert_eq!(
        (opus.input, opus.output, opus.cache_read),
        (Some(Price(15_000_000)), Some(Price(75_000_000)), None)
    );
    assert_eq!(
        settings.models["sonnet"].prices.input,
        Some(Price(3_000_000))
    );
    assert_eq!(
        settings.profiles["default"].daily_budget,
        MicroUsd(10_000_000)
    );
}

#[test]
fn template_fields_are_packed_into_the_options() {
    let tool = tool(
        "    binary: x\n    args: [run, -m, '{model}', '{prompt_file}']\n    output: json\n    fields: { text: response }\n    options: { retries: 2, nested: { on: true } }\n",
        &[],
    );
    assert_eq!(tool.adapter, AdapterSource::Id("template".to_owned()));
    assert_eq!(
        tool.options,
        r#"{"args":["run","-m","{model}","{prompt_file}"],"stdin":"none","output":"json","fields":{"text":"response"},"retries":2,"nested":{"on":true}}"#
    );
    assert_eq!(tool.timeout, Duration::from_secs(1800));
}

#[test]
fn the_prompt_may_follow_a_named_flag_or_two_dashes() {
    let named = tool(
        "    binary: x\n    args: [--message, '{prompt}']\n    prompt_as_value_of: --message\n",
        &[],
    );
    assert_eq!(named.prompt_as_value_of.as_deref(), Some("--message"));
    tool("    binary: x\n    args: [--, '{prompt}']\n", &[]);
}

#[test]
fn programs_and_adapters_are_found_where_the_file_says() {
    assert_eq!(
        tool(
            "    binary: x\n    platforms: { linux: /opt/x, macos: /opt/x, windows: /opt/x }\n",
            &[]
        )
        .binary,
        "/opt/x"
    );
    assert_eq!(
        tool(
            "    binary: x\n    binary_path: bin/x\n    platforms: { linux: /opt/x }\n",
            &[]
        )
        .binary,
        "HOME/config/bin/x"
    );
    assert_eq!(tool("    binary: ~/bin/x\n", &[]).binary, "HOME/bin/x");
    let file = tool(
        "    binary: x\n    adapter: mine.wasm\n    options: { a: 1 }\n",
        &[],
    );
    assert_eq!(file.adapter, AdapterSource::File("config/mine.wasm".into()));
    assert_eq!(file.options, r#"{"a":1}"#);
}

#[test]
fn variables_are_filled_in_and_names_kept() {
    let tool = tool(
        "    binary: x\n    timeout: 90s\n    env_vars: { A: '${KEY}', B: 5, C: '${NO:d}', D: }\n    env_required: [KEY]\n    env_inherit: [X_*]\n",
        &[("KEY", "v")],
    );
    let env: Vec<(&str, &str)> = tool
        .env
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(env, [("A", "v"), ("B", "5"), ("C", "d"), ("D", "")]);
    assert_eq!(
        (tool.env_required, tool.env_inherit, tool.timeout),
        (
            vec!["KEY".to_owned()],
            vec!["X_*".to_owned()],
            Duration::from_secs(90)
        )
    );
}

#[test]
fn models_can_have_another_name_for_the_tool() {
    let house = House::with(&[
        (
            "tools.yaml",
            "tools:\n  t:\n    binary: x\n    models: { opus: vendor/opus-1, sonnet: }\n",
        ),
        ("agents.yaml", "agents: {}\n"),
    ]);
    let models = house.load().unwrap().settings.tools["t"].models.clone();
    assert_eq!(models[&ModelName::new("opus")], "vendor/opus-1");
    assert_eq!(models[&ModelName::new("sonnet")], "sonnet");
}

#[test]
fn telemetry_is_metadata_unless_said_otherwise() {
    let privacy = |text| {
        House::with(&[("telemetry.yaml", text)])
            .load()
            .unwrap()
            .settings
            .telemetry
    };
    assert_eq!(privacy("# nothing\n").privacy, PrivacyLevel::Metadata);
    assert_eq!(
        privacy("privacy_level: full\nretention_days: 0\n").retention_days,
        0
    );
    assert_eq!(privacy("enabled: false\n").privacy, PrivacyLevel::None);
}

#[test]
fn four_run_at_once_unless_said_otherwise() {
    let concurrency = |text: &str| {
        House::with(&[("policies.yaml", &format!("{POLICIES}{text}"))])
            .load()
            .unwrap()
            .settings
            .concurrency
    };
    for text in ["", "concurrency:\n", "concurrency: { note: x }\n"] {
        let defaults = concurrency(text);
        assert_eq!(
            (defaults.max_running, defaults.per_tool.len()),
            (4, 0),
            "{text}"
        );
    }
    let own = concurrency("concurrency: { max_running: 1000, per_tool: { local: 1 } }\n");
    assert_eq!((own.max_running, own.per_tool["local"]), (1000, 1));
}

#[test]
fn shown_settings_hide_secrets() {
    let house = House::with(&[("tools.yaml", &TOOLS.replace("binary: claude\n", "binary: claude\n    env_vars: { API_KEY: hunter2, MODE: fast }\n    options: { token: hunter2, depth: 2 }\n"))]);
    let shown = show(&house.load().unwrap());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(
        shown.contains("MODE: fast")
            && shown.contains("depth: 2")
            && shown.contains("API_KEY: '***'"),
        "{shown}"
    );
}

#[test]
fn digests_follow_bytes_and_settings_follow_meaning() {
    let (one, two) = (
        House::with(&[]).load().unwrap(),
        House::with(&[("agents.yaml", &format!("# more\n{AGENTS}"))])
            .load()
            .unwrap(),
    );
    assert_eq!(one.settings.digest(), two.settings.digest());
    assert_ne!(one.files[0].sha256, two.files[0].sha256);
}
