//! One request from its prompt to its recorded answer.

use std::ffi::OsString;
use std::time::Duration;

use crate::lifecycle::{exit_code, may_fall_back};
use crate::model::{
    AgentName, AttemptExited, AttemptOutcome, AttemptRef, Cost, Decision, Exactness, Failure,
    OutputRef, PrivacyLevel, Reason, RoutingDecided, RoutingFellBack, RunFinished, RunSubmitted,
    SessionTotals, Settings, Target, Usage,
};
use crate::process::Interrupts;
use crate::routing::{RouteRequest, RoutingError, estimate_tokens, route};

use super::attempt::{Attempt, AttemptEnd, millis, session_on_record};
use super::error::EngineError;
use super::house::{Engine, availability};
use super::progress::{Progress, Watcher};
use super::record::Record;
use super::report::{AttemptReport, ExecReport, UsageReport, sum_costs};
use super::request::ExecRequest;

/// What the attempts came to so far.
#[derive(Default)]
struct Course {
    attempts: Vec<AttemptReport>,
    usage: Vec<(Usage, Exactness)>,
    costs: Vec<Cost>,
}

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
            Err(error) => return self.refuse(error, record, began),
        };
        record.add(decided(&decision));
        watcher.see(Progress::Routed(decision.clone()));
        let report = self
            .run(request, &decision, record, interrupts, watcher)
            .await?;
        self.content().prune(self.clock.now());
        Ok(ExecReport {
            duration_ms: millis(self.since(began)),
            ..report
        })
    }

    /// Work through the targets until one settles the request.
    async fn run(
        &self,
        request: &ExecRequest,
        decision: &Decision,
        mut record: Record<'_>,
        interrupts: &mut Interrupts,
        watcher: &mut dyn Watcher,
    ) -> Result<ExecReport, EngineError> {
        let began = self.clock.monotonic();
        let mut course = Course::default();
        let mut targets = std::iter::once(&decision.target)
            .chain(&decision.next)
            .peekable();
        let mut number = 0;
        loop {
            // Invariant: the loop goes on only while another target is waiting.
            let target = targets.next().unwrap_or(&decision.target);
            number += 1;
            let attempt_began = self.clock.monotonic();
            let attempt = Attempt {
                engine: self,
                request,
                target,
                number,
                record: &mut record,
                watcher: &mut *watcher,
            };
            let end = attempt.make(interrupts).await?;
            course.add(number, target, &end);
            let answer = end
                .heard
                .as_ref()
                .map(|heard| heard.reading.answer.answer());
            let output = self.content().keep(answer.unwrap_or_default())?;
            self.put_on_record(&mut record, (number, target), &end, attempt_began, output);
            let next = targets
                .peek()
                .filter(|_| may_fall_back(end.outcome, end.failure.as_ref(), end.effects));
            if let (Some(next), Some(failure)) = (next, &end.failure) {
                record.add(RoutingFellBack {
                    from: target.clone(),
                    to: (*next).clone(),
                    code: failure.code.clone(),
                });
                watcher.see(fell_back(decision, target, next, failure));
                continue;
            }
            record.add(RunFinished {
                outcome: end.outcome,
                exit_code: exit_code(end.outcome),
                attempts: number,
                duration_ms: millis(self.since(began)),
            });
            record.commit()?;
            return Ok(course.report(request, decision, target, &end, &record));
        }
    }

    /// The end of one attempt, with everything that must outlive it.
    fn put_on_record(
        &self,
        record: &mut Record<'_>,
        (number, target): (u32, &Target),
        end: &AttemptEnd,
        began: Duration,
        output: Option<OutputRef>,
    ) {
        let Some(heard) = &end.heard else {
            return;
        };
        let privacy = self.settings.telemetry.privacy;
        let session = session_on_record(heard, privacy);
        let totals = session.as_ref().map(|session| {
            let totals = heard.tally.session_totals(&target.tool);
            totals.filter(|t| t.session == *session).unwrap_or_else(|| {
                // Known to have gone on, with totals that nobody told: no baseline any more.
                SessionTotals {
                    tool: target.tool.clone(),
                    session: session.clone(),
                    usage: None,
                    cost_uusd: None,
                }
            })
        });
        record.add_to(
            number,
            AttemptExited {
                target: target.clone(),
                outcome: end.outcome,
                failure_code: end.failure.as_ref().map(|failure| failure.code.clone()),
                exit_code: end.status.and_then(|status| status.code),
                signal: end.status.and_then(|status| status.signal),
                duration_ms: millis(self.since(began)),
                usage: heard.tally.usage,
                exactness: heard.tally.exactness,
                cost: heard.tally.cost,
                served_model: heard.reading.served_model.clone(),
                session_id: session,
                session_totals: totals,
                n_lines: heard.reading.n_lines,
                n_unrecognised: heard.reading.n_unrecognised,
                output,
            },
        );
    }

    fn submitted(&self, request: &ExecRequest, prompt: Option<OutputRef>) -> RunSubmitted {
        let privacy = self.settings.telemetry.privacy;
        let told = privacy != PrivacyLevel::None;
        RunSubmitted {
            agent: AgentName::new(request.route.agent.as_str()),
            task_type: request.route.task_type.clone(),
            prompt_bytes: if told { request.prompt.len() as u64 } else { 0 },
            prompt_tokens: told.then(|| estimate_tokens(&request.prompt)),
            cwd: told.then(|| request.cwd.display().to_string()),
            privacy,
            prompt,
            config: self.config.digest.clone(),
        }
    }

    /// A request for which nothing can be used is on record, too; one that makes no sense is not.
    fn refuse(
        &self,
        error: RoutingError,
        mut record: Record<'_>,
        began: Duration,
    ) -> Result<ExecReport, EngineError> {
        if let RoutingError::NoneUsable { .. } = &error {
            record.add(RunFinished {
                outcome: AttemptOutcome::Failed,
                exit_code: exit_code(AttemptOutcome::Failed),
                attempts: 0,
                duration_ms: millis(self.since(began)),
            });
            record.commit()?;
        }
        Err(error.into())
    }

    fn since(&self, began: Duration) -> Duration {
        self.clock.monotonic().saturating_sub(began)
    }
}

impl Course {
    fn add(&mut self, number: u32, target: &Target, end: &AttemptEnd) {
        self.attempts.push(AttemptReport {
            n: number,
            tool: target.tool.clone(),
            model: target.model.clone(),
            outcome: end.outcome,
            failure_code: end.failure.as_ref().map(|failure| failure.code.clone()),
            failure_message: end.failure.as_ref().map(|failure| failure.message.clone()),
        });
        // What never ran used nothing and cost nothing.
        if let Some(heard) = &end.heard {
            self.usage.push((heard.tally.usage, heard.tally.exactness));
            self.costs.push(heard.tally.cost);
        }
    }

    fn report(
        self,
        request: &ExecRequest,
        decision: &Decision,
        target: &Target,
        end: &AttemptEnd,
        record: &Record<'_>,
    ) -> ExecReport {
        let n_attempts = self.attempts.len();
        let last = record.attempt(u32::try_from(n_attempts).unwrap_or(u32::MAX));
        let heard = end.heard.as_ref();
        let reading = heard.map(|heard| &heard.reading);
        ExecReport {
            run_id: last.as_ref().map(|a| a.run.to_string()).unwrap_or_default(),
            invocation_id: last
                .as_ref()
                .map(AttemptRef::invocation_id)
                .unwrap_or_default(),
            fallback_used: decision.fallback_used || n_attempts > 1,
            usage: UsageReport::sum(&self.usage),
            cost: sum_costs(&self.costs),
            attempts: self.attempts,
            agent: AgentName::new(request.route.agent.as_str()),
            tool: target.tool.clone(),
            model: target.model.clone(),
            served_model: reading.and_then(|reading| reading.served_model.clone()),
            reason: if n_attempts > 1 {
                fallback_reason(decision, target)
            } else {
                decision.reason.clone()
            },
            outcome: end.outcome,
            exit_code: exit_code(end.outcome),
            output: reading
                .filter(|reading| reading.answer.any())
                .map(|reading| reading.answer.answer().to_owned()),
            duration_ms: 0,
            session_id: reading.and_then(|r| r.session.as_ref().map(ToString::to_string)),
            warnings: reading
                .map(|reading| reading.warnings.clone())
                .unwrap_or_default(),
        }
    }
}

fn decided(decision: &Decision) -> RoutingDecided {
    RoutingDecided {
        target: decision.target.clone(),
        reason: decision.reason.clone(),
        fallback_used: decision.fallback_used,
        original: decision.original.clone(),
        candidates: decision.candidates.clone(),
        estimate_uusd: decision.estimate,
    }
}

/// Why the target that settled the request is not the one that routing chose.
fn fallback_reason(decision: &Decision, target: &Target) -> Reason {
    Reason {
        code: "fallback".to_owned(),
        message: format!("{} failed, {target} is next in the chain", decision.target),
    }
}

fn fell_back(decision: &Decision, from: &Target, to: &Target, failure: &Failure) -> Progress {
    Progress::FellBack {
        from: from.clone(),
        to: to.clone(),
        failure: failure.clone(),
        primary: *from == decision.target && !decision.fallback_used,
    }
}
