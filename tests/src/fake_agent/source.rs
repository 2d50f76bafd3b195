//! Where the script of a stand-in agent comes from.
//!
//! Owns the order of the places, the counting of invocations, and the answer to `--version`.
//! Performs no step.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::script::{Step, parse};

/// Environment variable with a script: a JSON array of flags.
pub const SCRIPT_VAR: &str = "FAKE_AGENT_SCRIPT";
/// Environment variable with the path of a script file.
pub const SCRIPT_FILE_VAR: &str = "FAKE_AGENT_SCRIPT_FILE";

/// The steps this invocation is to perform.
pub(super) fn steps(argv: &[OsString]) -> Result<Vec<Step>, String> {
    let program = PathBuf::from(argv.first().cloned().unwrap_or_default());
    let asks_version = argv.len() == 2 && argv[1] == "--version";
    let Some(source) = source(&program) else {
        return if asks_version {
            Ok(version(&program, &[]))
        } else {
            parse_words(strings(&argv[1..])?)
        };
    };
    let scripts = source.scripts()?;
    // The first script speaks for `--version`: asking for it is no invocation.
    let first = parse_words(scripts[0].clone())?;
    if asks_version && !first.contains(&Step::ScriptedVersion) {
        return Ok(version(&program, &first));
    }
    match source {
        Source::File(path) if scripts.len() > 1 => {
            let n =
                count_invocation(&path).map_err(|e| format!("cannot count invocations: {e}"))?;
            parse_words(scripts[(n - 1).min(scripts.len() - 1)].clone())
        }
        _ => Ok(first),
    }
}

enum Source {
    Text(OsString),
    File(PathBuf),
}

fn source(program: &Path) -> Option<Source> {
    if let Some(text) = std::env::var_os(SCRIPT_VAR) {
        return Some(Source::Text(text));
    }
    if let Some(path) = std::env::var_os(SCRIPT_FILE_VAR) {
        return Some(Source::File(path.into()));
    }
    let beside = with_suffix(program, ".script.json");
    beside.is_file().then_some(Source::File(beside))
}

impl Source {
    /// At least one script, as lists of flags.
    fn scripts(&self) -> Result<Vec<Vec<String>>, String> {
        let text = match self {
            Self::Text(text) => text.to_str().ok_or("it is no UTF-8")?.to_owned(),
            Self::File(path) => fs::read_to_string(path)
                .map_err(|e| format!("cannot read {}: {e}", path.display()))?,
        };
        let value: Value = serde_json::from_str(&text).map_err(|e| e.to_string())?;
        let items = value.as_array().ok_or("it is no JSON array")?;
        if !items.is_empty() && items.iter().all(Value::is_array) {
            if matches!(self, Self::Text(_)) {
                return Err(format!(
                    "a script for each invocation needs a file, not {SCRIPT_VAR}"
                ));
            }
            return items.iter().map(words).collect();
        }
        Ok(vec![words(&value)?])
    }
}

fn words(script: &Value) -> Result<Vec<String>, String> {
    let flags = script.as_array().ok_or("it is no JSON array")?;
    flags
        .iter()
        .map(|flag| {
            flag.as_str()
                .map(str::to_owned)
                .ok_or_else(|| format!("{flag} is no string"))
        })
        .collect()
}

fn parse_words(flags: Vec<String>) -> Result<Vec<Step>, String> {
    parse(flags).map_err(|e| e.to_string())
}

fn strings(args: &[OsString]) -> Result<Vec<String>, String> {
    args.iter()
        .map(|arg| {
            arg.to_str()
                .map(str::to_owned)
                .ok_or_else(|| format!("argument {} is no UTF-8", arg.display()))
        })
        .collect()
}

fn version(program: &Path, script: &[Step]) -> Vec<Step> {
    let scripted = script.iter().find_map(|step| match step {
        Step::VersionLine(line) => Some(line.as_str()),
        _ => None,
    });
    // The lines that the real tools print.
    let usual = match program.file_name().and_then(OsStr::to_str) {
        Some("claude") => "2.1.330 (Claude Code)",
        Some("codex") => "codex-cli 0.169.0",
        _ => concat!("fake-agent ", env!("CARGO_PKG_VERSION")),
    };
    vec![Step::Emit(format!("{}\n", scripted.unwrap_or(usual)))]
}

/// Takes the next number for a script file, from 1. Two invocations never get the same.
fn count_invocation(script: &Path) -> io::Result<usize> {
    for n in 1.. {
        match File::create_new(with_suffix(script, &format!(".run-{n}"))) {
            Ok(_) => return Ok(n),
            Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => {}
            Err(other) => return Err(other),
        }
    }
    unreachable!("the loop has no end of its own")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(script: &str) -> Result<Vec<Vec<String>>, String> {
        Source::Text(script.into()).scripts()
    }

    #[test]
    fn a_script_is_an_array_of_strings() {
        assert_eq!(text(r#"["--exit","3"]"#).unwrap(), [["--exit", "3"]]);
        assert_eq!(text("[]").unwrap(), [Vec::<String>::new()]);
        for broken in [
            "",
            "{}",
            "[1]",
            r#"["--exit",3]"#,
            r#"[["--exit","3"],"--exit"]"#,
            r#"[["--exit"]]"#,
        ] {
            assert!(text(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_file_may_hold_a_script_for_each_invocation() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("claude");
        fs::write(
            with_suffix(&program, ".script.json"),
            r#"[["--exit","1"],["--exit","2"]]"#,
        )
        .unwrap();
        let argv = [program.clone().into_os_string(), "-p".into()];
        let version = [program.into_os_string(), "--version".into()];
        assert_eq!(steps(&argv).unwrap(), [Step::Exit(1)]);
        assert_eq!(
            steps(&version).unwrap(),
            [Step::Emit("2.1.330 (Claude Code)\n".into())]
        );
        assert_eq!(steps(&argv).unwrap(), [Step::Exit(2)]);
        assert_eq!(steps(&argv).unwrap(), [Step::Exit(2)]);
    }

    #[test]
    fn the_version_can_be_scripted() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("codex");
        let script = with_suffix(&program, ".script.json");
        let argv = [program.into_os_string(), "--version".into()];
        fs::write(
            &script,
            r#"["--version-line","codex-cli 9.9.9","--exit","1"]"#,
        )
        .unwrap();
        assert_eq!(
            steps(&argv).unwrap(),
            [Step::Emit("codex-cli 9.9.9\n".into())]
        );
        fs::write(&script, r#"["--scripted-version","--exit","1"]"#).unwrap();
        assert_eq!(
            steps(&argv).unwrap(),
            [Step::ScriptedVersion, Step::Exit(1)]
        );
    }
}
