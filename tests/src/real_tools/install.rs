//! Where the real tools are kept, and how they get there.
//!
//! Owns the cache folder, one lock around `npm install`, and the paths of the native programs.
//! Never runs npm unasked, and never takes another version than the pinned one.

use std::{
    env, fmt,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use super::Tool;

/// Names the cache folder.
const FOLDER_VAR: &str = "TOLLGATE_TEST_TOOLS";
/// Set to `install`, it lets npm fetch what is missing.
const FETCH_VAR: &str = "TOLLGATE_REAL_TOOLS";

/// A real tool that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Which one.
    pub tool: Tool,
    /// Its program: the native one, or else npm's launcher.
    pub program: PathBuf,
}

/// A real tool that is not here, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    tool: Tool,
    reason: String,
    asked_for: bool,
}

impl Missing {
    /// Says on stderr, past the test harness's capture, that a test is skipped.
    ///
    /// # Panics
    /// When the tool was asked for by `TOLLGATE_REAL_TOOLS=install`: whoever asks wants to know.
    pub fn skip(&self) {
        assert!(!self.asked_for, "{self}");
        // Nobody may be listening, and there is nobody else to tell.
        drop(writeln!(io::stderr(), "{self}"));
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "skipped: real {} is not here ({})",
            self.tool, self.reason
        )
    }
}

/// Finds a tool, or fetches it when that is asked for.
///
/// # Errors
/// When it is not here and may not, or could not, be fetched.
pub fn find(tool: Tool) -> Result<Installed, Missing> {
    let asked_for = env::var_os(FETCH_VAR).is_some_and(|value| value == "install");
    let missing = |reason| Missing {
        tool,
        reason,
        asked_for,
    };
    let prefix = cache_folder().join(format!("{}-{}", tool.program_name(), tool.version()));
    if let Some(program) = program_in(&prefix, tool) {
        return Ok(Installed { tool, program });
    }
    if !asked_for {
        return Err(missing(format!(
            "set {FETCH_VAR}=install to fetch it with npm"
        )));
    }
    fetch(tool, &prefix).map_err(missing)?;
    let program = program_in(&prefix, tool).ok_or_else(|| {
        missing(format!(
            "npm left no program of version {} in {}",
            tool.version(),
            prefix.display()
        ))
    })?;
    Ok(Installed { tool, program })
}

fn cache_folder() -> PathBuf {
    if let Some(folder) = env::var_os(FOLDER_VAR) {
        return folder.into();
    }
    // Cargo marks its target folder with this file, wherever it was told to put it.
    let exe = env::current_exe().unwrap_or_default();
    let target = exe
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target
        .map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
            Path::to_owned,
        )
        .join("real-tools")
}

/// The tool's program under an npm prefix, if it is of the pinned version.
fn program_in(prefix: &Path, tool: Tool) -> Option<PathBuf> {
    let modules = prefix.join("node_modules");
    let manifest = fs::read(modules.join(tool.package()).join("package.json")).ok()?;
    let manifest: Value = serde_json::from_slice(&manifest).ok()?;
    if manifest["version"] != tool.version() {
        return None;
    }
    let launcher = modules.join(".bin").join(tool.program_name());
    let native =
        native_program(tool, env::consts::OS, env::consts::ARCH).map(|path| modules.join(path));
    native
        .into_iter()
        .chain([launcher])
        .find(|path| path.is_file())
}

/// Path of the native program under `node_modules`. The launchers need Node and add a process
/// that does not pass SIGKILL on.
fn native_program(tool: Tool, os: &str, arch: &str) -> Option<String> {
    let (os, vendor) = match os {
        "linux" => ("linux", "unknown-linux-musl"),
        "macos" => ("darwin", "apple-darwin"),
        _ => return None,
    };
    let short = match arch {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        _ => return None,
    };
    Some(match tool {
        Tool::ClaudeCode => format!("@anthropic-ai/claude-code-{os}-{short}/claude"),
        Tool::Codex => format!("@openai/codex-{os}-{short}/vendor/{arch}-{vendor}/bin/codex"),
    })
}

fn fetch(tool: Tool, prefix: &Path) -> Result<(), String> {
    let at = |e: io::Error| format!("cannot use {}: {e}", prefix.display());
    fs::create_dir_all(prefix).map_err(at)?;
    // Tests run side by side; one of them fetches and the others wait here.
    let lock = File::create(prefix.join("lock")).map_err(at)?;
    lock.lock().map_err(at)?;
    if program_in(prefix, tool).is_some() {
        return Ok(());
    }
    let spec = format!("{}@{}", tool.package(), tool.version());
    // Scripts are off: the native programs are in packages of their own and need none.
    let done = Command::new("npm")
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--no-update-notifier",
            "--prefix",
        ])
        .arg(prefix)
        .arg(&spec)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("cannot start npm: {e}"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let last = said
        .lines()
        .rev()
        .find(|line| line.contains("npm error"))
        .unwrap_or("it said nothing");
    Err(format!("npm install {spec} failed: {last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_programs_are_where_the_packages_put_them() {
        assert_eq!(
            native_program(Tool::Codex, "linux", "x86_64").unwrap(),
            "@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex"
        );
        assert_eq!(
            native_program(Tool::ClaudeCode, "macos", "aarch64").unwrap(),
            "@anthropic-ai/claude-code-darwin-arm64/claude"
        );
        assert_eq!(native_program(Tool::Codex, "plan9", "x86_64"), None);
    }

    #[test]
    fn only_the_pinned_version_will_do() {
        let prefix = tempfile::tempdir().unwrap();
        let modules = prefix.path().join("node_modules");
        fs::create_dir_all(modules.join(".bin")).unwrap();
        fs::write(modules.join(".bin/codex"), "").unwrap();
        let package = modules.join("@openai/codex");
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("package.json"), r#"{"version": "0.1.0"}"#).unwrap();
        assert_eq!(program_in(prefix.path(), Tool::Codex), None);
        fs::write(package.join("package.json"), r#"{"version": "0.169.0"}"#).unwrap();
        assert_eq!(
            program_in(prefix.path(), Tool::Codex),
            Some(modules.join(".bin/codex"))
        );
    }

    #[test]
    fn a_skip_says_what_to_do() {
        let missing = Missing {
            tool: Tool::ClaudeCode,
            reason: format!("set {FETCH_VAR}=install to fetch it with npm"),
            asked_for: false,
        };
        assert_eq!(
            missing.to_string(),
            "skipped: real Claude Code is not here (set TOLLGATE_REAL_TOOLS=install to fetch it with npm)"
        );
    }
}
