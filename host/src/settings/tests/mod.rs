//! The room as its callers see it: files in, settings or diagnostics out.

mod chain;
mod diagnostics;
mod limits;
mod migration;
mod otlp;
mod places;
mod prices;
mod references;
mod shipped;
mod trust;
mod values;
mod workflows;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;

const TOOLS: &str = "\
tools:
  claude-code:
    binary: claude
    adapter: claude-code
    models: [opus, sonnet]
  local:
    binary: ollama
    args: [run, '{model}']
    models: ['llama3:8b']
";
const MODELS: &str = "\
models:
  opus: { provider: anthropic, context_window: 1000, cost_per_1k_tokens: { input: 0.015, output: 0.075 } }
  sonnet: { provider: anthropic, context_window: 1000, price_per_million_tokens: { input: 3, output: 15 } }
  'llama3:8b': { provider: local, context_window: 8000, price_per_million_tokens: { input: 0, output: 0 } }
";
const POLICIES: &str = "policies:\n  default: { daily_budget_usd: 10.0 }\n";
const AGENTS: &str = "\
agents:
  architect:
    preferred_tool: claude-code
    preferred_model: opus
    fallback_chain: ['local:llama3:8b']
";

/// A sealed home with a configuration in `config/`.
struct House {
    home: TempDir,
}

impl House {
    /// A valid configuration, with the given files replaced.
    fn with(files: &[(&str, &str)]) -> Self {
        let house = Self {
            home: tempfile::tempdir().unwrap(),
        };
        for (name, text) in [
            ("agents.yaml", AGENTS),
            ("tools.yaml", TOOLS),
            ("models.yaml", MODELS),
            ("policies.yaml", POLICIES),
        ] {
            house.file(name, text);
        }
        for (name, text) in files {
            house.file(name, text);
        }
        house
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.home.path().join("config").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.home.path().join("config").join(name)).unwrap();
    }

    fn environment(&self) -> Environment {
        environment(self.home.path(), &[])
    }

    fn places(&self) -> Places {
        let overrides = Overrides {
            config_dir: Some("config".into()),
            state_dir: None,
        };
        Places::find(&overrides, &self.environment()).unwrap()
    }

    fn load(&self) -> Result<Loaded, SettingsError> {
        load(&self.places(), &self.environment())
    }

    /// All diagnostics as people see them, errors and warnings.
    fn complaints(&self) -> String {
        let diagnostics = match self.load() {
            Ok(loaded) => loaded.warnings,
            Err(SettingsError::Invalid(diagnostics)) => diagnostics,
            Err(other) => panic!("{other}"),
        };
        let lines: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }
}

fn environment(home: &Path, vars: &[(&str, &str)]) -> Environment {
    let mut environment = Environment {
        cwd: home.to_path_buf(),
        ..Environment::default()
    };
    environment
        .vars
        .insert("HOME".into(), home.as_os_str().to_owned());
    for (name, value) in vars {
        environment.vars.insert(name.into(), value.into());
    }
    environment
}
