//! The configured tools: where each is, and what it says of itself.
//!
//! Runs the version command that a tool's adapter names, all tools at once, each with a limit of
//! its own. Only for a configuration that the user agreed to.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use tokio::task::{JoinSet, LocalSet};
use uuid::Uuid;

use crate::engine::house::{availability, load_adapter, temp_dir};
use crate::model::{
    Availability, Command, ConfigLoaded, Detection, ProbeOutput, Settings, Tool, ToolName, sentence,
};
use crate::process::{EnvGrants, PROBE_LIMIT, ProbeInputs, probe};
use crate::sandbox::{Adapter, Sandbox};

use super::check::{Area, Check};

const ID: &str = "tool";

/// What asking the tools needs.
pub struct ToolProbe<'a> {
    /// The configuration, checked and trusted.
    pub settings: &'a Settings,
    /// Its identity, with the adapters that were agreed to.
    pub config: &'a ConfigLoaded,
    /// The environment of the command.
    pub env: &'a [(OsString, OsString)],
    /// Where compiled plugins are kept; `None`: nowhere.
    pub cache_dir: Option<PathBuf>,
}

/// A tool that can be asked.
struct Askable {
    name: ToolName,
    tool: Tool,
    program: PathBuf,
    adapter: Adapter,
    commands: Vec<Command>,
}

/// A tool, and what asking it came to.
type Answer = (ToolName, Result<Detection, String>);

/// Look for every configured tool and ask it for its version.
#[must_use]
pub fn tool_checks(probe: &ToolProbe<'_>) -> Vec<Check> {
    let sandbox = Sandbox::new(probe.cache_dir.clone());
    let found = availability(probe.settings, probe.env);
    let mut askable = Vec::new();
    let mut answers: BTreeMap<ToolName, Result<Detection, String>> = BTreeMap::new();
    for (name, tool) in &probe.settings.tools {
        if let Some(Availability::Available(program)) = found.get(name) {
            match prepare(probe, &sandbox, (name, tool), program.clone()) {
                Ok(ready) => askable.push(ready),
                Err(why) => drop(answers.insert(name.clone(), Err(why))),
            }
        }
    }
    answers.extend(ask_all(askable, probe.env));
    let mut checks: Vec<Check> = found
        .iter()
        .map(|(name, found)| {
            let binary = probe.settings.tools.get(name).map(|it| it.binary.as_str());
            of(name, binary.unwrap_or_default(), found, answers.get(name))
        })
        .collect();
    let is_here = |found: &Availability| matches!(found, Availability::Available(_));
    if !found.is_empty() && !found.values().any(is_here) {
        let message = "none of the configured tools can be started";
        checks.push(
            Check::problem("no-tool", Area::Tools, message)
                .fix("install one of them, or run tollgate init for those that are here"),
        );
    }
    checks
}

fn prepare(
    probe: &ToolProbe<'_>,
    sandbox: &Sandbox,
    (name, tool): (&ToolName, &Tool),
    program: PathBuf,
) -> Result<Askable, String> {
    let adapter =
        load_adapter(sandbox, probe.config, &tool.adapter).map_err(|failure| failure.message)?;
    let commands = adapter
        .probe(&tool.binary)
        .map_err(|error| format!("its adapter failed: {}", sentence(&error)))?;
    Ok(Askable {
        name: name.clone(),
        tool: tool.clone(),
        program,
        adapter,
        commands,
    })
}

fn ask_all(askable: Vec<Askable>, env: &[(OsString, OsString)]) -> Vec<Answer> {
    let names: Vec<ToolName> = askable.iter().map(|it| it.name.clone()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let failed = |name| (name, Err(format!("it cannot be waited for: {error}")));
            return names.into_iter().map(failed).collect();
        }
    };
    // On one thread: a tool dies with the thread that started it.
    LocalSet::new().block_on(&runtime, async {
        let mut asked = JoinSet::new();
        for one in askable {
            let env = env.to_vec();
            asked.spawn_local(async move {
                let answer = ask(&one, &env).await;
                (one.name, answer)
            });
        }
        asked.join_all().await
    })
}

async fn ask(one: &Askable, env: &[(OsString, OsString)]) -> Result<Detection, String> {
    let cwd = temp_dir(env);
    let mut outputs: Vec<ProbeOutput> = Vec::new();
    for command in &one.commands {
        let inputs = ProbeInputs {
            binary: &one.tool.binary,
            program: &one.program,
            env: EnvGrants {
                inherit: &one.tool.env_inherit,
                set: &one.tool.env,
                secrets: &BTreeMap::new(),
            },
            host_env: env,
            cwd: &cwd,
            marker: Uuid::now_v7(),
            limit: PROBE_LIMIT,
        };
        let output = probe(command.clone(), &inputs).await;
        outputs.push(output.map_err(|error| format!("failed to {}", sentence(&error)))?);
    }
    one.adapter
        .detect(&outputs)
        .map_err(|fault| format!("its adapter failed: {}", sentence(&fault)))
}

fn of(
    name: &ToolName,
    binary: &str,
    found: &Availability,
    answer: Option<&Result<Detection, String>>,
) -> Check {
    let note = |message: String| Check::note(ID, Area::Tools, message).about(name.as_str());
    let path = match found {
        Availability::Available(path) => path.display(),
        Availability::NotFound => {
            let message = format!("{name}: '{binary}' is not on PATH");
            return note(message).fix("install it, or take it out of tools.yaml");
        }
        Availability::NotExecutable(path) => {
            return note(format!("{name}: {} is not executable", path.display()))
                .fix(format!("chmod +x {}", path.display()));
        }
        Availability::VariableMissing(variable) => {
            return note(format!(
                "{name}: the environment variable {variable} is not set"
            ))
            .fix(format!("set {variable}"));
        }
    };
    match answer {
        Some(Ok(detection)) => {
            let version = detection.version.as_deref().unwrap_or("version unknown");
            let mut message = format!("{name} {version}, {path}");
            for remark in &detection.notes {
                message = format!("{message}; {remark}");
            }
            if detection.version.is_some() && detection.usable && detection.notes.is_empty() {
                Check::good(ID, Area::Tools, message).about(name.as_str())
            } else if detection.usable || detection.version.is_none() {
                note(message)
            } else {
                let message = format!("{message}; its adapter says that it cannot drive it");
                Check::problem(ID, Area::Tools, message)
                    .about(name.as_str())
                    .fix("install a version that the adapter knows")
            }
        }
        Some(Err(why)) => note(format!("{name} version unknown, {path}: {why}")),
        None => note(format!("{name} version unknown, {path}")),
    }
}
