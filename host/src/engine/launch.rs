//! What a supervisor needs to know: everything that was settled when the request was accepted.
//!
//! Kept as `launch.json` beside the prompt until the invocation is over, because whoever starts an
//! attempt (a command, or the supervisor before it) need not be whoever asked for it, and has
//! another environment and perhaps another configuration by then. It holds the part of the
//! environment that the tools were granted, keys included: as `at(1)` keeps a job's.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{
    AgentName, ConfigLoaded, Decision, MicroUsd, Priority, SessionId, Settings, Target,
};
use crate::process::inheritable;

use super::house::Engine;
use super::request::ExecRequest;

/// A request as its supervisors work on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// Who asks.
    pub agent: AgentName,
    /// Targets in the order in which they are tried.
    pub targets: Vec<Target>,
    /// The first of them is itself a fallback, decided before anything ran.
    pub fallback_used: bool,
    /// A session of the tool to go on with.
    pub resume: Option<SessionId>,
    /// Wall-clock limit, instead of the tool's own.
    pub timeout: Option<Duration>,
    /// Stop the tool when it has cost this much.
    pub max_cost: Option<MicroUsd>,
    /// The answer is wanted piece by piece.
    pub live_text: bool,
    /// Where the tool runs.
    pub cwd: PathBuf,
    /// Nobody waits for it in the foreground.
    pub detached: bool,
    /// Who goes first among those that wait.
    pub priority: Priority,
    /// The configuration, as far as these targets need it.
    pub settings: Settings,
    /// Its identity, and the digests of the adapters that were agreed to.
    pub config: ConfigLoaded,
    /// The environment, as far as these targets were granted it.
    pub env: Vec<(OsString, OsString)>,
    /// Where compiled plugins are kept.
    pub cache_dir: PathBuf,
}

impl Launch {
    /// Everything that `decision` on `request` needs of `engine`, and nothing else.
    pub(super) fn new(
        engine: &Engine,
        request: &ExecRequest,
        decision: &Decision,
        detached: bool,
    ) -> Self {
        let targets: Vec<Target> = std::iter::once(&decision.target)
            .chain(&decision.next)
            .cloned()
            .collect();
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
            agent: AgentName::new(request.route.agent.as_str()),
            targets,
            fallback_used: decision.fallback_used,
            resume: request.resume.clone(),
            timeout: request.timeout,
            max_cost: request.max_cost,
            live_text: request.live_text,
            cwd: request.cwd.clone(),
            detached,
            priority: request.priority,
            settings,
            config: engine.config.clone(),
            env: inheritable(&engine.env, &wanted),
            cache_dir: engine.cache_dir.clone(),
        }
    }

    /// The target of the attempt with this number.
    #[must_use]
    pub fn target(&self, number: u32) -> Option<&Target> {
        self.targets.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }
}
