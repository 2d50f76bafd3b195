//! How long it takes to read and check a configuration.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use tollgate::settings::{Environment, Overrides, Places, load};

use super::Trouble;
use super::ground::Ground;
use super::options::Options;
use super::table::{Table, figures};
use super::timing::repeated;

const TIMES: usize = 300;

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let mut table = Table::new(&["configuration", "least", "median", "p99", "loads", "bytes"]);
    for agents in [1, 100] {
        let ground = Ground::new(&options.dir)?;
        if agents > 1 {
            write(&ground, agents)?;
        }
        let environment = Environment {
            vars: BTreeMap::from([("HOME".into(), ground.path("home").into())]),
            cwd: ground.path("work"),
        };
        let overrides = Overrides {
            config_dir: Some(ground.path("config")),
            state_dir: Some(ground.path("state")),
        };
        let places = Places::find(&overrides, &environment)?;
        let samples = repeated(TIMES, || {
            let loaded = load(&places, &environment)?;
            assert_eq!(loaded.settings.agents.len(), agents);
            Ok(())
        })?;
        let bytes: u64 = fs::read_dir(ground.path("config"))?
            .filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len()))
            .sum();
        let [least, median, p99, loads] = figures(&samples);
        let name = format!("{agents} agents");
        table.row([name, least, median, p99, loads, bytes.to_string()]);
    }
    table.print();
    Ok(())
}

/// A team: each agent with a fallback chain, ten tools, twenty models.
fn write(ground: &Ground, n_agents: usize) -> Result<(), Trouble> {
    let mut agents = String::from("agents:\n");
    for n in 0..n_agents {
        writeln!(
            agents,
            "  agent-{n}:\n    preferred_tool: tool-{}\n    preferred_model: model-{}\n    \
             fallback_chain:\n      - \"tool-{}:model-{}\"\n      - \"tool-{}:model-{}\"",
            n % 10,
            n % 20,
            (n + 1) % 10,
            (n + 1) % 20,
            (n + 2) % 10,
            (n + 2) % 20,
        )?;
    }
    let names: Vec<String> = (0..20).map(|n| format!("model-{n}")).collect();
    let mut tools = String::from("tools:\n");
    for n in 0..10 {
        writeln!(
            tools,
            "  tool-{n}:\n    binary: tool-{n}\n    adapter: claude-code\n    models: [{}]\n    \
             timeout: 30m\n    env_inherit: [ANTHROPIC_*, HTTPS_PROXY]",
            names.join(", ")
        )?;
    }
    let mut models = String::from("models:\n");
    for name in names {
        writeln!(
            models,
            "  {name}:\n    provider: anthropic\n    context_window: 200000\n    \
             price_per_million_tokens: {{ input: 3, output: 15 }}"
        )?;
    }
    for (name, text) in [("agents", agents), ("tools", tools), ("models", models)] {
        fs::write(ground.path(&format!("config/{name}.yaml")), text)?;
    }
    Ok(())
}
