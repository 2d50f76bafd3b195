//! The surroundings of one real tool: a scratch home, its settings, its environment.
//!
//! Owns what keeps a tool from looking up anything outside. Starts nothing.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{Installed, Tool};

/// The model of Codex's runs. It is in the tool's own catalogue, which keeps away the warning
/// about missing metadata.
const CODEX_MODEL: &str = "gpt-6.1-sol";

/// How patient a tool is with a failing API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retries {
    /// As it comes: up to 10 tries over three minutes.
    Usual,
    /// One try, for tests of faults.
    None,
}

/// A real tool with a home of its own, which is deleted with it.
#[derive(Debug)]
pub struct RealTool {
    /// Which one.
    pub tool: Tool,
    /// Its program.
    pub program: PathBuf,
    /// All of its environment; nothing of the test's own may be added but what a host must.
    pub env: Vec<(String, String)>,
    /// Its home.
    pub home: TempDir,
}

impl RealTool {
    /// An empty folder for it to work in.
    pub fn workspace(&self) -> PathBuf {
        self.home.path().join("work")
    }

    /// One variable of its environment.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Installed {
    /// Makes a home in which the tool asks the API at `api_url` (without a slash at the end) and nobody else.
    ///
    /// # Errors
    /// When the home cannot be written.
    pub fn at_home(&self, api_url: &str, retries: Retries) -> io::Result<RealTool> {
        let home = tempfile::Builder::new().prefix("real-tool-").tempdir()?;
        // Its folder for scratch files must not hold its home: Codex warns about that on every run.
        for folder in ["work", "tmp", ".codex"] {
            fs::create_dir(home.path().join(folder))?;
        }
        let mut env = common_env(home.path());
        match self.tool {
            Tool::ClaudeCode => env.extend(claude_env(api_url, retries)),
            Tool::Codex => {
                fs::write(
                    home.path().join(".codex/config.toml"),
                    codex_config(api_url, retries),
                )?;
                env.push(("CODEX_HOME".to_owned(), text(&home.path().join(".codex"))));
                env.push(("MOCK_API_KEY".to_owned(), "dummy-key".to_owned()));
            }
        }
        Ok(RealTool {
            tool: self.tool,
            program: self.program.clone(),
            env,
            home,
        })
    }
}

fn common_env(home: &Path) -> Vec<(String, String)> {
    [
        ("HOME", text(home)),
        ("LANG", "C.UTF-8".to_owned()),
        ("NO_PROXY", "127.0.0.1,localhost".to_owned()),
        ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ("TMPDIR", text(&home.join("tmp"))),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn claude_env(api_url: &str, retries: Retries) -> Vec<(String, String)> {
    let mut env = vec![
        ("ANTHROPIC_API_KEY", "dummy-key"),
        ("ANTHROPIC_BASE_URL", api_url),
        // Without this one it looks up its vendor's host whatever the base URL is.
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("DISABLE_AUTOUPDATER", "1"),
        ("DISABLE_ERROR_REPORTING", "1"),
        ("DISABLE_TELEMETRY", "1"),
    ];
    if retries == Retries::None {
        env.push(("CLAUDE_CODE_MAX_RETRIES", "0"));
    }
    env.into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Every opt-out is needed: with any of them missing it looks up four hosts and, when it cannot
/// reach them, takes six seconds longer.
fn codex_config(api_url: &str, retries: Retries) -> String {
    let patience = match retries {
        Retries::Usual => "",
        Retries::None => {
            "request_max_retries = 0\nstream_max_retries = 0\nstream_idle_timeout_ms = 5000\n"
        }
    };
    format!(
        r#"model = "{CODEX_MODEL}"
model_provider = "mock"
check_for_update_on_startup = false
approval_policy = "never"

[model_providers.mock]
name = "mock"
base_url = "{api_url}/v1"
wire_api = "responses"
env_key = "MOCK_API_KEY"
{patience}
[analytics]
enabled = false

[otel]
exporter = "none"
trace_exporter = "none"
metrics_exporter = "none"

[features]
plugins = false
apps = false
"#
    )
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_home(tool: Tool, retries: Retries) -> RealTool {
        let installed = Installed {
            tool,
            program: "/bin/true".into(),
        };
        installed.at_home("http://127.0.0.1:1", retries).unwrap()
    }

    #[test]
    fn claude_finds_only_the_mock() {
        let claude = at_home(Tool::ClaudeCode, Retries::None);
        assert_eq!(claude.var("ANTHROPIC_BASE_URL"), Some("http://127.0.0.1:1"));
        assert_eq!(claude.var("CLAUDE_CODE_MAX_RETRIES"), Some("0"));
        assert_eq!(
            at_home(Tool::ClaudeCode, Retries::Usual).var("CLAUDE_CODE_MAX_RETRIES"),
            None
        );
    }

    #[test]
    fn codex_finds_only_the_mock() {
        let codex = at_home(Tool::Codex, Retries::None);
        let folder = codex.var("CODEX_HOME").unwrap();
        assert!(!folder.starts_with(codex.var("TMPDIR").unwrap()));
        let config = fs::read_to_string(Path::new(folder).join("config.toml")).unwrap();
        assert!(
            config.contains("base_url = \"http://127.0.0.1:1/v1\"\n"),
            "{config}"
        );
        assert!(config.contains("request_max_retries = 0\n"), "{config}");
    }
}
