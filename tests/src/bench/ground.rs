//! Where measuring happens: the programs, and a sealed folder for one configuration and its record.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::Trouble;

/// A file system in memory, where syncs cost nothing.
pub(super) const MEMORY: &str = "/dev/shm";

const AGENTS: &str = "\
agents:
  dev: { preferred_tool: claude, preferred_model: claude-opus-5-5 }
";
const TOOLS: &str = "\
tools:
  claude: { binary: claude, adapter: claude-code, models: [claude-opus-5-5] }
";
const MODELS: &str = "\
models:
  claude-opus-5-5:
    provider: anthropic
    price_per_million_tokens: { input: 5, output: 25 }
    context_window: 200000
";
const POLICIES: &str = "\
policies:
  default: { daily_budget_usd: 10.0 }
";

/// The folder of this program and of those that are measured.
pub(super) fn programs_dir() -> PathBuf {
    std::env::current_exe()
        .ok()
        .and_then(|path| Some(path.parent()?.to_owned()))
        .unwrap_or_default()
}

/// A program that was built beside this one.
pub(super) fn program(name: &str) -> Result<PathBuf, Trouble> {
    let path = programs_dir().join(name);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("{} was not built", path.display()).into())
    }
}

/// Build what is measured: `cargo run --bin bench` builds only this program.
pub(super) fn build_programs() -> Result<(), Trouble> {
    // Set by cargo for the programs that it runs.
    let Some(cargo) = std::env::var_os("CARGO") else {
        return Ok(());
    };
    let built = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--quiet",
            "-p",
            "tollgate-tests",
            "--bins",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if built.success() {
        Ok(())
    } else {
        Err("the programs that are measured cannot be built".into())
    }
}

/// A temporary folder on the device that is measured.
pub(super) fn folder(on: &Path) -> Result<TempDir, Trouble> {
    Ok(TempDir::with_prefix_in("tollgate-bench-", on)?)
}

/// A configuration with one agent and one tool, and room for a record.
pub(super) struct Ground {
    folder: TempDir,
}

impl Ground {
    pub(super) fn new(on: &Path) -> Result<Self, Trouble> {
        let ground = Self {
            folder: folder(on)?,
        };
        for inside in ["bin", "cache", "config", "home", "state", "tmp", "work"] {
            fs::create_dir(ground.path(inside))?;
        }
        for (name, text) in [
            ("agents", AGENTS),
            ("tools", TOOLS),
            ("models", MODELS),
            ("policies", POLICIES),
        ] {
            fs::write(ground.path(&format!("config/{name}.yaml")), text)?;
        }
        Ok(ground)
    }

    pub(super) fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    /// Let the tool play `script`, flags of `fake-agent`.
    pub(super) fn tool(&self, script: &[&str]) -> Result<PathBuf, Trouble> {
        let path = self.path("bin/claude");
        if !path.exists() {
            fs::copy(program("fake-agent")?, &path)?;
        }
        fs::write(
            self.path("bin/claude.script.json"),
            serde_json::to_string(script)?,
        )?;
        Ok(path)
    }

    /// The program under test with its record in `state`, saying nothing to anybody.
    pub(super) fn tollgate<S: AsRef<OsStr>>(
        &self,
        state: &Path,
        arguments: &[S],
    ) -> Result<Command, Trouble> {
        let mut command = self.bare(&program("host-under-test")?);
        command
            .args(arguments)
            .env("TOLLGATE_CACHE_DIR", self.path("cache"))
            .env("TOLLGATE_CONFIG_DIR", self.path("config"))
            .env("TOLLGATE_STATE_DIR", state);
        Ok(command)
    }

    /// Any program, in the same surroundings.
    pub(super) fn bare(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .current_dir(self.path("work"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}
