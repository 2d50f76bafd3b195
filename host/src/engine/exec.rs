//! One request from its prompt to its recorded answer.

use std::ffi::OsString;

use crate::lifecycle::exit_code;
use crate::model::{
    AgentName, AttemptOutcome, Decision, OutputRef, PrivacyLevel, RunFinished, RunSubmitted,
    Settings,
};
use crate::process::{Interrupts, adopt_orphans};
use crate::routing::{RouteRequest, RoutingError, estimate_tokens, route};

use super::course::Course;
use super::error::EngineError;
use super::house::{Engine, availability};
use super::progress::{Progress, Watcher};
use super::record::Record;
use super::report::ExecReport;
use super::request::ExecRequest;

/// Decide where a request would go, and do nothing else.
///
/// # Errors
/// When no target can be chosen.
pub fn decide(
    request: &ExecRequest,
    settings: &Settings,
    env: &[(OsString, OsString)],
) -> Result<Decision, RoutingError> {
    let sized = RouteRequest {
        prompt_tokens: Some(estimate_tokens(&request.prompt)),
        // A session belongs to its tool; another one would not know it.
        no_fallback: request.route.no_fallback || request.resume.is_some(),
        ..request.route.clone()
    };
    route(&sized, settings, &availability(settings, env))
}

/// Answer a request on this thread, listening to the signals of this process.
///
/// # Errors
/// As [`Engine::exec`].
pub fn block_on(
    engine: &Engine,
    request: &ExecRequest,
    watcher: &mut dyn Watcher,
) -> Result<ExecReport, EngineError> {
    // One thread: the tool dies with the thread that started it, and nothing here waits for
    // anything but the tool.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(EngineError::Runtime)?;
    runtime.block_on(async {
        let mut interrupts = Interrupts::listen().map_err(EngineError::Listen)?;
        // Without it, what a tool leaves behind is found by its mark only.
        adopt_orphans().map_err(EngineError::Runtime)?;
        engine.exec(request, &mut interrupts, watcher).await
    })
}

impl Engine {
    /// Answer a request: route it, run it, fall back where that is safe, and record all of it.
    ///
    /// # Errors
    /// When no target can be chosen, or the record cannot be written. A tool that fails is a
    /// report, not an error.
    pub async fn exec(
        &self,
        request: &ExecRequest,
        interrupts: &mut Interrupts,
        watcher: &mut dyn Watcher,
    ) -> Result<ExecReport, EngineError> {
        let began = self.clock.monotonic();
        let mut record = Record::new(&self.journal, self.actor.clone(), self.config.clone());
        let prompt = self.content().keep(&request.prompt)?;
        record.add(self.submitted(request, prompt));
        let decision = match decide(request, &self.settings, &self.env) {
            Ok(decision) => decision,
            Err(error) => return self.refuse(error, record),
        };
        watcher.see(Progress::Routed(decision.clone()));
        let course = Course::new(self, request, &decision, record, began);
        let report = course.run(interrupts, watcher).await?;
        self.content().prune(self.clock.now());
        Ok(report)
    }

    fn submitted(&self, request: &ExecRequest, prompt: Option<OutputRef>) -> RunSubmitted {
        let privacy = self.settings.telemetry.privacy;
        let told = privacy != PrivacyLevel::None;
        RunSubmitted {
            agent: AgentName::new(request.route.agent.as_str()),
            task_type: request.route.task_type.clone(),
            prompt_bytes: told.then_some(request.prompt.len() as u64),
            prompt_tokens: told.then(|| estimate_tokens(&request.prompt)),
            cwd: told.then(|| request.cwd.display().to_string()),
            justification: request.justification.clone().filter(|_| told),
            privacy,
            prompt,
            config: self.config.digest.clone(),
            ticket: None,
            step: None,
            follows: Vec::new(),
            detached: false,
        }
    }

    /// A request for which nothing can be used is on record, too; one that makes no sense is not.
    fn refuse(
        &self,
        error: RoutingError,
        mut record: Record<'_>,
    ) -> Result<ExecReport, EngineError> {
        if let RoutingError::NoneUsable { .. } = &error {
            record.add(RunFinished {
                outcome: AttemptOutcome::Failed,
                exit_code: exit_code(AttemptOutcome::Failed),
                attempts: 0,
                duration_ms: 0,
            });
            record.commit()?;
        }
        Err(error.into())
    }
}
