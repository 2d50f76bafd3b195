//! What a supervisor needs to know: everything that was settled when the request was accepted.
//!
//! Kept as `launch.json` beside the prompt until the invocation is over, because whoever starts an
//! attempt (a command, or the supervisor before it) need not be whoever asked for it, and has
//! another environment and perhaps another configuration by then. It holds the part of the
//! environment that the tools were granted, keys included: as `at(1)` keeps a job's.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{
    ConfigLoaded, Decision, MicroUsd, ModelName, Priority, SessionId, Settings, Target, ToolName,
};
use crate::process::inheritable;
use crate::routing::RouteRequest;

use super::attempt::millis;
use super::house::Engine;
use super::policy::Pinned;
use super::request::{Consent, ExecRequest};
use super::task_files::TaskFiles;

/// A request as its supervisors work on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// What was asked.
    pub asked: Asked,
    /// Where it goes, and why.
    pub decision: Decision,
    /// When it was asked.
    pub at: Timestamp,
    /// Targets in the order in which they are tried.
    pub targets: Vec<Target>,
    /// The policies that it began with.
    pub(super) policies: Vec<Pinned>,
    /// The target that the configuration prefers, when it is not the first of `targets`.
    pub preferred: Option<Target>,
    /// Nobody waits for it in the foreground.
    pub detached: bool,
    /// Its answer is needed until its workflow is over.
    pub is_step: bool,
    /// The configuration, as far as these targets need it.
    pub settings: Settings,
    /// Its identity, and the digests of the adapters that were agreed to.
    pub config: ConfigLoaded,
    /// The environment, as far as these targets were granted it.
    pub env: Vec<(OsString, OsString)>,
    /// Where compiled plugins are kept.
    pub cache_dir: PathBuf,
    /// The marker of the attempt whose agent asked for it.
    pub within: Option<Uuid>,
}

/// What stays of it when it is over: no secrets, and nothing that runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// What was asked.
    pub asked: Asked,
    /// Where it went, and why.
    pub decision: Decision,
    /// From the asking to the end, in milliseconds.
    pub took_ms: u64,
}

impl Kept {
    /// What stays of `launch` at `now`.
    pub(super) fn of(launch: Launch, now: Timestamp) -> Self {
        let took = Duration::try_from(now - launch.at).unwrap_or_default();
        Self {
            took_ms: millis(took),
            asked: launch.asked,
            decision: launch.decision,
        }
    }
}

/// What was asked, apart from the prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// Who asks.
    pub agent: String,
    /// Kind of task.
    pub task_type: Option<String>,
    /// The user insisted on this tool.
    pub tool: Option<ToolName>,
    /// The user insisted on this model.
    pub model: Option<ModelName>,
    /// The user wanted the first choice or nothing.
    pub no_fallback: bool,
    /// A session of the tool to go on with.
    pub resume: Option<SessionId>,
    /// Wall-clock limit, instead of the tool's own.
    pub timeout: Option<Duration>,
    /// Stop the tool when it has cost this much.
    pub max_cost: Option<MicroUsd>,
    /// The user gave a reason for wanting it.
    #[serde(default)]
    pub justified: bool,
    /// The user said to go beyond limits.
    #[serde(default)]
    pub forced: bool,
    /// The answer is wanted piece by piece.
    pub live_text: bool,
    /// Where the tool runs.
    pub cwd: PathBuf,
    /// Who goes first among those that wait.
    pub priority: Priority,
    /// The files of the tasks that it is for.
    #[serde(default)]
    pub board: Option<TaskFiles>,
}

impl Asked {
    fn of(request: &ExecRequest) -> Self {
        Self {
            agent: request.route.agent.clone(),
            task_type: request.route.task_type.clone(),
            tool: request.route.tool.clone(),
            model: request.route.model.clone(),
            no_fallback: request.route.no_fallback,
            resume: request.resume.clone(),
            timeout: request.timeout,
            max_cost: request.max_cost,
            justified: request.justification.is_some(),
            forced: request.consent.force,
            live_text: request.live_text,
            cwd: request.cwd.clone(),
            priority: request.priority,
            board: request.board.clone(),
        }
    }

    /// Ask it again.
    #[must_use]
    pub fn again(&self, prompt: Arc<str>) -> ExecRequest {
        ExecRequest {
            route: RouteRequest {
                agent: self.agent.clone(),
                task_type: self.task_type.clone(),
                prompt_tokens: None,
                tool: self.tool.clone(),
                model: self.model.clone(),
                no_fallback: self.no_fallback,
                closed: Vec::new(),
            },
            prompt,
            resume: self.resume.clone(),
            timeout: self.timeout,
            max_cost: self.max_cost,
            // What it is for stands on record since it was asked the first time.
            tasks: Vec::new(),
            board: self.board.clone(),
            justification: None,
            consent: Consent::default(),
            live_text: self.live_text,
            priority: self.priority,
            cwd: self.cwd.clone(),
        }
    }
}

impl Launch {
    /// Everything that `decision` on `request` needs of `engine`, and nothing else.
    pub(super) fn new(
        engine: &Engine,
        request: &ExecRequest,
        decision: &Decision,
        detached: bool,
    ) -> Self {
        let targets = targets_of(decision);
        let mut settings = engine.settings.clone();
        settings.agents.clear();
        settings
            .tools
            .retain(|name, _| targets.iter().any(|target| target.tool == *name));
        let wanted: Vec<String> = settings
            .tools
            .values()
            .flat_map(|tool| tool.env_inherit.iter().chain(&tool.env_required))
            .cloned()
            .collect();
        Self {
            asked: Asked::of(request),
            decision: decision.clone(),
            at: engine.desk.clock.now(),
            targets,
            policies: Vec::new(),
            preferred: preferred(engine, request, decision),
            detached,
            is_step: false,
            settings,
            config: engine.config.clone(),
            env: inheritable(&engine.env, &wanted),
            cache_dir: engine.cache_dir.clone(),
            within: engine.desk.within,
        }
    }

    /// The targets that may follow `target`, in order.
    #[must_use]
    pub fn after(&self, target: &Target) -> &[Target] {
        let place = self.targets.iter().position(|known| known == target);
        place.map_or(&[], |place| &self.targets[place + 1..])
    }
}

/// The targets of a decision in the order in which they are tried.
fn targets_of(decision: &Decision) -> Vec<Target> {
    let first = std::iter::once(&decision.target);
    first.chain(&decision.next).cloned().collect()
}

/// What the agent's configuration prefers, when the request goes elsewhere by no wish of the user.
pub(super) fn preferred(
    engine: &Engine,
    request: &ExecRequest,
    decision: &Decision,
) -> Option<Target> {
    if decision.reason.code == "pinned" {
        return None;
    }
    let agent = engine.settings.agents.get(request.route.agent.as_str())?;
    let task = request.route.task_type.as_ref();
    let model = task.and_then(|task| agent.task_types.get(task));
    let preferred = Target {
        tool: agent.preferred.tool.clone(),
        model: model.unwrap_or(&agent.preferred.model).clone(),
    };
    (preferred != decision.target).then_some(preferred)
}
