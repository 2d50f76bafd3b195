//! Opening what a command needs: places, configuration, trust, record, sandbox.
//!
//! Each command opens as little as it can: a list reads no journal, and nothing here compiles a
//! plugin.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{
    Desk, Engine, EngineError, EngineOptions, Examination, JournalError, MARKER, RoutingError,
    adapter_ids,
};
use crate::model::{
    Actor, AdapterSource, AttemptState, Candidate, Clock, Concurrency, ConfigLoaded, Settings,
    SystemClock, Via, sentence,
};
use crate::settings::{
    Environment, Loaded, Overrides, Places, SettingsError, TrustState, check_trust, load,
};

use super::args::Global;
use super::failure::{Code, Failure};
use super::refusal;
use super::screen::Screen;

/// Where things are, and the environment that says so.
pub(super) struct Ground {
    pub(super) places: Places,
    pub(super) environment: Environment,
}

impl Ground {
    /// Find the directories.
    pub(super) fn find(global: &Global) -> Result<Self, Failure> {
        let environment = Environment::capture().map_err(|error| {
            Failure::new(
                Code::Io,
                format!("cannot tell the working directory: {error}"),
            )
        })?;
        let overrides = Overrides {
            config_dir: global.config_dir.clone(),
            state_dir: global.state_dir.clone(),
        };
        let places =
            Places::find(&overrides, &environment).map_err(|e| settings(&e, &environment))?;
        Ok(Self {
            places,
            environment,
        })
    }

    /// Load the configuration, and say what is odd about it.
    pub(super) fn load(&self, screen: Screen) -> Result<Loaded, Failure> {
        let loaded =
            load(&self.places, &self.environment).map_err(|e| settings(&e, &self.environment))?;
        for warning in &loaded.warnings {
            screen.warn(&warning.to_string());
        }
        require_adapters(&loaded.settings)?;
        Ok(loaded)
    }

    /// Refuse a project's configuration that the user has not agreed to.
    pub(super) fn require_trust(&self, loaded: &Loaded) -> Result<(), Failure> {
        let state =
            check_trust(&self.places, loaded).map_err(|e| settings(&e, &self.environment))?;
        let (path, programs, what) = match state {
            TrustState::Trusted => return Ok(()),
            TrustState::Untrusted { path, programs } => (path, programs, "is not trusted yet"),
            TrustState::Changed { path, programs } => {
                (path, programs, "changed since you trusted it")
            }
        };
        Err(Failure::new(
            Code::Untrusted,
            format!(
                "the configuration in {} {what}; it would run: {}",
                self.environment.display(&path),
                super::escape::one_line(&programs.join(", "), 1_000)
            ),
        )
        .hint("look at it, then run: tollgate config trust")
        .hint("or name it: tollgate --config-dir DIR ..."))
    }

    /// The environment as the engine takes it.
    pub(super) fn variables(&self) -> Vec<(OsString, OsString)> {
        self.environment
            .vars
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Open the engine: the record and the sandbox, on a configuration that is trusted.
    pub(super) fn engine(&self, loaded: Loaded) -> Result<Engine, Failure> {
        let mut opened = Engine::open(self.options(loaded)).map_err(|error| engine(&error))?;
        opened.desk.within = self.within();
        Ok(opened)
    }

    /// What an engine is opened with.
    pub(super) fn options(&self, loaded: Loaded) -> EngineOptions {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let config = ConfigLoaded {
            digest: loaded.settings.digest(),
            files: loaded.files,
        };
        EngineOptions {
            settings: loaded.settings,
            config,
            clock,
            env: self.variables(),
            state_dir: self.places.state_dir.clone(),
            cache_dir: self.places.cache_dir.clone(),
            actor: self.actor(),
        }
    }

    /// Open the record and the files of attempts, for what can be done to runs that exist: that
    /// needs no configuration.
    pub(super) fn desk(&self) -> Result<Desk, Failure> {
        let mut desk = Desk::open(&self.places.state_dir, Arc::new(SystemClock), self.actor())
            .map_err(|error| engine(&error))?;
        desk.within = self.within();
        Ok(desk)
    }

    /// What a look at the state directory needs; of the configuration only what may be used.
    pub(super) fn examination<'a>(&'a self, settings: Option<&'a Settings>) -> Examination<'a> {
        let days = settings.map(|settings| u64::from(settings.telemetry.retention_days));
        let days = days.filter(|days| *days > 0);
        Examination {
            state_dir: &self.places.state_dir,
            clock: Arc::new(SystemClock),
            actor: self.actor(),
            within: self.within(),
            limits: settings.map(|settings| &settings.concurrency),
            retention: days.map(|days| Duration::from_secs(days * 86_400)),
        }
    }

    /// The marker of the attempt whose agent runs this command, if one does.
    fn within(&self) -> Option<uuid::Uuid> {
        let marker = self.environment.get(MARKER)?;
        marker.to_str()?.parse().ok()
    }

    /// How many attempts may run, if there is a configuration that may be used and says so.
    pub(super) fn limits(&self) -> Option<Concurrency> {
        Some(self.usable_settings()?.concurrency)
    }

    /// The configuration, if there is one and it may be used: for what goes on without it.
    pub(super) fn usable_settings(&self) -> Option<Settings> {
        let loaded = load(&self.places, &self.environment).ok()?;
        self.require_trust(&loaded).ok()?;
        Some(loaded.settings)
    }

    /// Who gives the command.
    pub(super) fn actor(&self) -> Actor {
        let name = ["USER", "LOGNAME"]
            .iter()
            .find_map(|name| self.environment.get(name))
            .map_or_else(
                || "unknown".to_owned(),
                |name| name.to_string_lossy().into_owned(),
            );
        Actor {
            kind: "user".to_owned(),
            name: name.chars().take(64).collect(),
            via: Via::Cli,
        }
    }
}

/// Refuse adapters by an id that nobody has; the ids are not the configuration's to know.
pub(super) fn require_adapters(settings: &Settings) -> Result<(), Failure> {
    for (name, tool) in &settings.tools {
        if let AdapterSource::Id(id) = &tool.adapter
            && !adapter_ids().contains(&id.as_str())
        {
            let message = format!("tools.{name}.adapter: there is no adapter '{id}'");
            return Err(Failure::new(Code::InvalidConfig, message).hint(format!(
                "built in: {}; one of your own is named by its path, such as ./{id}.wasm",
                adapter_ids().join(", ")
            )));
        }
    }
    Ok(())
}

/// What the settings room could not do, for people.
pub(super) fn settings(error: &SettingsError, environment: &Environment) -> Failure {
    match error {
        SettingsError::Invalid(diagnostics) => super::config::invalid("configuration", diagnostics),
        SettingsError::InvalidWorkflow(diagnostics) => {
            super::config::invalid("workflow", diagnostics)
        }
        SettingsError::DirectoryMissing { path } => Failure::new(
            Code::NoConfig,
            format!("no configuration in {}", environment.display(path)),
        )
        .hint("tollgate init writes one for the tools found here")
        .hint("tollgate demo shows how it works without one"),
        SettingsError::Exists(paths) => Failure::new(
            Code::Io,
            format!(
                "{} file{} there already: {}",
                paths.len(),
                if paths.len() == 1 { " is" } else { "s are" },
                names(
                    &paths
                        .iter()
                        .map(|path| environment.display(path))
                        .collect::<Vec<_>>()
                )
            ),
        )
        .hint("--force replaces them"),
        SettingsError::NoHome => Failure::new(Code::Io, format!("failed to {}", sentence(error)))
            .hint("set HOME, or name the directories: --config-dir, --state-dir"),
        SettingsError::Header { .. } => Failure::new(
            Code::InvalidConfig,
            format!("failed to {}", sentence(error)),
        )
        .hint("set the variable, or give it a default: ${VAR:default}"),
        SettingsError::NotADirectory { .. } => Failure::new(Code::NoConfig, sentence(error)),
        _ => Failure::new(Code::Io, format!("failed to {}", sentence(error))),
    }
}

/// What the engine could not do, for people.
pub(super) fn engine(error: &EngineError) -> Failure {
    match error {
        EngineError::Routing(routing) => route(routing),
        EngineError::Denied(denied) => refusal::denied(denied),
        EngineError::PolicyConfig { problems } => refusal::policy_config(problems),
        EngineError::Crowded => Failure::new(
            Code::BudgetExceeded,
            format!("failed to {}", sentence(error)),
        ),
        EngineError::Record(JournalError::KeyReused { key }) => Failure::new(
            Code::KeyReused,
            format!("the key '{key}' was used for another request"),
        )
        .hint("a key stands for one request; use another key for another one"),
        EngineError::Record(_) => {
            Failure::new(Code::Record, format!("failed to {}", sentence(error)))
                .hint("nothing was started that is not on record")
                .hint("--state-dir names another place; tollgate journal verify checks this one")
        }
        EngineError::ReadRecord(_) => {
            Failure::new(Code::Record, format!("failed to {}", sentence(error)))
                .hint("tollgate journal verify tells what is wrong")
        }
        EngineError::NoSuchRun { run } => Failure::new(
            Code::UnknownRun,
            format!("there is no run {run} here, or it ended too long ago to be changed"),
        )
        .hint("tollgate run list shows the runs on record"),
        EngineError::NoSuchBreaker { key, known } => breaker(key, known),
        EngineError::RunCancelled { run } => {
            Failure::new(Code::RunOver, format!("run {run} was cancelled"))
        }
        _ => of_a_run(error),
    }
}

/// Nothing of this name is kept from use.
fn breaker(key: &str, known: &[String]) -> Failure {
    let key = super::escape::one_line(key, 100);
    let failure = Failure::new(Code::Usage, format!("'{key}' is not kept from use"));
    if known.is_empty() {
        return failure.hint("nothing is: tollgate breaker list");
    }
    let known = super::escape::one_line(&known.join(", "), 400);
    failure.hint(format!("these are: {known}"))
}

/// What cannot be done to a run, for people.
fn of_a_run(error: &EngineError) -> Failure {
    match error {
        EngineError::NotOver { run } => {
            Failure::new(Code::RunOver, format!("run {run} is not over yet"))
                .hint(format!("tollgate run cancel {run}"))
        }
        EngineError::NotRepeated { run, state } => {
            let why = match state {
                AttemptState::Done => "is done",
                _ => "was lost: nobody knows how far it got, and what it did may be done twice",
            };
            Failure::new(Code::RunOver, format!("run {run} {why}")).hint(format!(
                "tollgate run retry --force {run} does it again all the same"
            ))
        }
        EngineError::Driven { run } => {
            Failure::new(Code::RunOver, format!("somebody else drives run {run}"))
                .hint(format!("tollgate run logs -f {run} shows what it does"))
        }
        EngineError::NoWorkflow { run } => {
            Failure::new(Code::RunOver, format!("run {run} follows no workflow")).hint(format!(
                "tollgate run retry {run} tries a single request again"
            ))
        }
        EngineError::WorkflowChanged { run } => Failure::new(
            Code::RunOver,
            format!("the workflow changed since run {run} began"),
        )
        .hint("a resume repeats nothing, so it needs the same steps and prompts")
        .hint("start it anew: tollgate workflow run FILE"),
        EngineError::NothingToResume { run } => {
            Failure::new(Code::RunOver, format!("all of run {run} is done"))
        }
        EngineError::NotKept { run } => {
            Failure::new(Code::NotKept, format!("what run {run} asked is not kept"))
                .hint("only runs that were submitted keep their prompt, until retention_days")
        }
        _ => Failure::new(Code::Io, format!("failed to {}", sentence(error))),
    }
}

/// Why no target could be chosen, for people.
pub(super) fn route(error: &RoutingError) -> Failure {
    let text = sentence(error);
    match error {
        RoutingError::AgentNotFound { agent, available } => Failure::new(
            Code::UnknownAgent,
            format!("Agent '{agent}' not found. Available: {}", names(available)),
        )
        .hint("agents live in agents.yaml; tollgate agent list shows them"),
        RoutingError::ToolNotFound { .. } | RoutingError::ModelNotFound { .. } => {
            Failure::new(Code::BadTarget, text)
        }
        RoutingError::NotOffered { tools, models, .. } => {
            let failure = Failure::new(Code::BadTarget, text)
                .hint(format!("the tool offers: {}", names(models)));
            if tools.is_empty() {
                failure
            } else {
                failure.hint(format!("the model is offered by: {}", names(tools)))
            }
        }
        RoutingError::PinnedUnusable { .. } => Failure::new(Code::BadTarget, text).hint(
            "what --tool and --model name is used or nothing is; leave them out for a fallback",
        ),
        RoutingError::NoneUsable { candidates } => none_usable(candidates),
    }
}

/// Nothing can be used; says why, target by target. Cheaper models that were only looked at are
/// not among the targets that were wanted.
fn none_usable(candidates: &[Candidate]) -> Failure {
    let mut failure = Failure::new(Code::NoTool, "No available tools in fallback chain");
    let wanted = candidates
        .iter()
        .filter(|candidate| candidate.origin != "cost_optimization");
    for candidate in wanted {
        if let Some(rejected) = &candidate.rejected {
            let hint = format!("{}: {}", candidate.target, rejected.message);
            failure = failure.hint(hint);
        }
    }
    failure.details = serde_json::to_value(candidates)
        .ok()
        .map(|candidates| Box::new(serde_json::json!({ "candidates": candidates })));
    let too_long = candidates.iter().any(|c| {
        c.rejected
            .as_ref()
            .is_some_and(|r| r.code == "context_window")
    });
    if too_long {
        return failure.hint("shorten the prompt, or add a model with a larger context window");
    }
    failure.hint("install one of them, or add a tool that is here to fallback_chain")
}

fn names<T: ToString>(names: &[T]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(", ")
}
