//! The engine itself: what it holds for the length of a command.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use crate::lifecycle::Accounts;
use crate::model::{
    Actor, AdapterIdentity, AdapterSource, Availability, Clock, ConfigLoaded, Digest, Failure,
    FailureCode, Settings, Tool, ToolName, sentence,
};
use crate::process;
use crate::sandbox::{Adapter, LoadError, Sandbox};

use super::content::Content;
use super::desk::Desk;
use super::error::EngineError;

/// Largest component file that is read at all; the sandbox has a limit of its own below this.
const COMPONENT_CAP: u64 = 64 << 20;

/// What new work needs, on top of the [`Desk`].
pub struct Engine {
    /// The record and the files of attempts.
    pub desk: Desk,
    /// The configuration.
    pub settings: Settings,
    /// Its identity, for the record.
    pub config: ConfigLoaded,
    /// Where plugins run.
    pub sandbox: Sandbox,
    /// The environment of the command.
    pub env: Vec<(OsString, OsString)>,
    /// Where compiled plugins are kept.
    pub cache_dir: PathBuf,
}

/// What an engine is opened with.
pub struct EngineOptions {
    /// The configuration, checked and trusted.
    pub settings: Settings,
    /// Its identity, for the record.
    pub config: ConfigLoaded,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The environment of the command.
    pub env: Vec<(OsString, OsString)>,
    /// Where the record lives.
    pub state_dir: PathBuf,
    /// Where compiled plugins are kept.
    pub cache_dir: PathBuf,
    /// Who gives the command.
    pub actor: Actor,
}

impl Engine {
    /// Open the record. Plugins are not touched before one is needed.
    ///
    /// # Errors
    /// When the record cannot be opened.
    pub fn open(options: EngineOptions) -> Result<Self, EngineError> {
        Ok(Self {
            desk: Desk::open(&options.state_dir, options.clock, options.actor)?,
            sandbox: Sandbox::new(Some(options.cache_dir.clone())),
            settings: options.settings,
            config: options.config,
            env: options.env,
            cache_dir: options.cache_dir,
        })
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.desk.clock)
    }

    /// Where temporary files go.
    pub(super) fn temp_dir(&self) -> PathBuf {
        temp_dir(&self.env)
    }

    /// Load the adapter of a tool.
    pub(super) fn adapter(
        &self,
        source: &AdapterSource,
    ) -> Result<(Adapter, AdapterIdentity), Failure> {
        let adapter = load_adapter(&self.sandbox, &self.config, source)?;
        let identity = AdapterIdentity {
            id: adapter.about().id.clone(),
            version: adapter.about().version.clone(),
            sha256: adapter.digest().clone(),
        };
        Ok((adapter, identity))
    }

    pub(super) fn content(&self) -> Content {
        Content::new(&self.desk.state_dir, &self.settings.telemetry)
    }
}

/// Which account each tool uses.
pub(super) fn accounts(settings: &Settings) -> Accounts {
    let tools = settings.tools.iter();
    tools
        .map(|(name, tool)| (name.clone(), tool.account.clone()))
        .collect()
}

/// Load an adapter that the configuration names, as it was when the configuration was read.
pub(super) fn load_adapter(
    sandbox: &Sandbox,
    config: &ConfigLoaded,
    source: &AdapterSource,
) -> Result<Adapter, Failure> {
    let (bytes, name) = component_of(source)?;
    require_as_configured(config, source, &bytes, &name)?;
    sandbox
        .load_adapter(&bytes, &name)
        .map_err(|error| not_loaded(&name, &error))
}

/// What the user agreed to is what was there when the configuration was read.
fn require_as_configured(
    config: &ConfigLoaded,
    source: &AdapterSource,
    bytes: &[u8],
    name: &str,
) -> Result<(), Failure> {
    let digest = Digest::of(bytes);
    let known = config.files.iter().any(|file| file.sha256 == digest);
    if matches!(source, AdapterSource::Id(_)) || known {
        return Ok(());
    }
    Err(Failure::fatal(
        FailureCode::ADAPTER_FAULT,
        format!("adapter {name} changed while this command was starting; run it again"),
    ))
}

/// The adapters that are built in, by id.
#[must_use]
pub fn adapter_ids() -> &'static [&'static str] {
    &crate::sandbox::BUILTIN_IDS
}

/// Which tools of `settings` can be started, by the PATH and the variables of `env`.
#[must_use]
pub fn availability(
    settings: &Settings,
    env: &[(OsString, OsString)],
) -> BTreeMap<ToolName, Availability> {
    settings
        .tools
        .iter()
        .map(|(name, tool)| (name.clone(), availability_of(tool, env)))
        .collect()
}

/// Where temporary files go.
pub(super) fn temp_dir(env: &[(OsString, OsString)]) -> PathBuf {
    variable(env, "TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from)
}

/// Whether one tool can be started.
pub(super) fn availability_of(tool: &Tool, env: &[(OsString, OsString)]) -> Availability {
    let cwd = std::env::current_dir().unwrap_or_default();
    let found = process::locate(&tool.binary, variable(env, "PATH"), &cwd);
    match (found, missing_variable(tool, env)) {
        (Availability::Available(_), Some(variable)) => {
            Availability::VariableMissing(variable.to_owned())
        }
        (found, _) => found,
    }
}

/// The first variable that `tool` must have and the environment lacks.
fn missing_variable<'t>(tool: &'t Tool, env: &[(OsString, OsString)]) -> Option<&'t str> {
    tool.env_required
        .iter()
        .map(String::as_str)
        .find(|name| variable(env, name).is_none() && !tool.env.contains_key(*name))
}

fn variable<'e>(env: &'e [(OsString, OsString)], name: &str) -> Option<&'e OsStr> {
    env.iter()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.as_os_str())
}

/// The component's bytes and its name for people.
pub(super) fn component_of(
    source: &AdapterSource,
) -> Result<(std::borrow::Cow<'static, [u8]>, String), Failure> {
    match source {
        AdapterSource::Id(id) => crate::sandbox::builtin(id)
            .map(|bytes| (bytes.into(), id.clone()))
            .ok_or_else(|| {
                Failure::fatal(
                    FailureCode::ADAPTER_FAULT,
                    format!(
                        "there is no adapter '{id}'; built in: {}",
                        crate::sandbox::BUILTIN_IDS.join(", ")
                    ),
                )
            }),
        AdapterSource::File(path) => {
            let name = path.display().to_string();
            let unreadable = |why: String| {
                Failure::fatal(
                    FailureCode::ADAPTER_FAULT,
                    format!("adapter {name} cannot be read: {why}"),
                )
            };
            let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
            if size.len() > COMPONENT_CAP {
                return Err(unreadable(format!("it has {} bytes", size.len())));
            }
            // Read once: these bytes are hashed, recorded, and loaded.
            let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
            Ok((bytes.into(), name))
        }
    }
}

fn not_loaded(name: &str, error: &LoadError) -> Failure {
    Failure::fatal(
        FailureCode::ADAPTER_FAULT,
        format!("adapter {name} cannot be used: {}", sentence(error)),
    )
}
