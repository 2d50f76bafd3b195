//! The driver: one process at a time drives a run, and holds a claim on it meanwhile.

use std::time::Duration;

use crate::lifecycle::{Next, StepState, next_steps};
use crate::model::{
    AttemptOutcome, AttemptState, InvocationNumber, PrivacyLevel, RunId, RunStatus, StepName,
    WorkflowFinished, WorkflowResumed, WorkflowStarted, WorkflowStep, sentence,
};
use crate::process::{Interrupt, Interrupts};
use crate::routing::RouteRequest;
use crate::spool::{Claim, Watch};

use super::answers::{answer_of, prompt_of};
use super::facts::{Standing, facts, standings};
use super::order::{StepEvent, Steps, WorkflowOrder};
use super::report::WorkflowReport;
use crate::engine::attempt::millis;
use crate::engine::cancel::Cancel;
use crate::engine::error::EngineError;
use crate::engine::house::Engine;
use crate::engine::ledger::{KnownPlan, PlanState};
use crate::engine::recover::of_run;
use crate::engine::request::{Consent, ExecRequest};
use crate::engine::submit::Submission;

/// How often the driver looks around unasked.
const TICK: Duration = Duration::from_secs(1);

impl Engine {
    /// Drive a workflow to its end. Ctrl-C cancels it; the death of this process leaves it to be
    /// resumed.
    ///
    /// # Errors
    /// When it cannot be begun or resumed, or the record cannot be written. A step that fails is a
    /// report, not an error.
    pub async fn drive(
        &self,
        order: &WorkflowOrder,
        interrupts: &mut Interrupts,
        watcher: &mut dyn Steps,
    ) -> Result<WorkflowReport, EngineError> {
        self.desk.recover(Some(&self.settings.concurrency))?;
        let mut driver = match &order.resume {
            None => Driver::begin(self, order)?,
            Some(run) => Driver::resume(self, order, run)?,
        };
        watcher.see("", &StepEvent::Run(&driver.run));
        driver.work(interrupts, watcher).await
    }
}

/// Drives one run.
pub(super) struct Driver<'e> {
    pub(super) engine: &'e Engine,
    pub(super) order: &'e WorkflowOrder,
    pub(super) run: RunId,
    pub(super) began: Duration,
    /// The last invocation of earlier drivers.
    before: u32,
    skipped: Vec<bool>,
    /// Steps that nothing can take: as failed, though nothing is on record to wait for.
    refused: Vec<bool>,
    shown: Vec<Option<AttemptState>>,
    /// Held for as long as this drives.
    _claim: Claim,
}

impl<'e> Driver<'e> {
    fn begin(engine: &'e Engine, order: &'e WorkflowOrder) -> Result<Self, EngineError> {
        let private = engine.settings.telemetry.privacy == PrivacyLevel::None;
        let workflow = &order.workflow;
        let started = WorkflowStarted {
            name: workflow.name.clone(),
            sha256: order.sha256.clone(),
            path: (!private).then(|| order.path.display().to_string()),
            steps: workflow
                .steps
                .iter()
                .map(WorkflowStep::step_name)
                .collect::<Vec<StepName>>(),
            on_failure: workflow.on_failure,
        };
        let written = engine.desk.write(&engine.desk.actor, |ledger, now| {
            vec![of_run(&ledger.next_run(now), started)]
        })?;
        let run = written.events.iter().find_map(|event| event.run.clone());
        Self::take(engine, order, run.ok_or(EngineError::NothingWritten)?, 0)
    }

    fn resume(
        engine: &'e Engine,
        order: &'e WorkflowOrder,
        run: &RunId,
    ) -> Result<Self, EngineError> {
        let (plan, last) = known_plan(engine, run)?;
        if plan.sha256 != order.sha256 {
            return Err(EngineError::WorkflowChanged { run: run.clone() });
        }
        let driver = Self::take(engine, order, run.clone(), last)?;
        let standings = driver.standings()?;
        let done = StepState::Ended(AttemptOutcome::Done);
        let n_done = standings.iter().filter(|it| it.state == done).count();
        if n_done == standings.len() && plan.state == PlanState::Finished {
            return Err(EngineError::NothingToResume { run: run.clone() });
        }
        let resumed = WorkflowResumed {
            n_done: u32::try_from(n_done).unwrap_or(u32::MAX),
        };
        engine
            .desk
            .write(&engine.desk.actor, |_, _| vec![of_run(run, resumed)])?;
        Ok(driver)
    }

    fn take(
        engine: &'e Engine,
        order: &'e WorkflowOrder,
        run: RunId,
        before: u32,
    ) -> Result<Self, EngineError> {
        let claim = engine.desk.spool.drive(&run).map_err(EngineError::Spool)?;
        let n_steps = order.workflow.steps.len();
        Ok(Self {
            engine,
            order,
            began: engine.desk.clock.monotonic(),
            before,
            skipped: vec![false; n_steps],
            refused: vec![false; n_steps],
            shown: vec![None; n_steps],
            _claim: claim.ok_or_else(|| EngineError::Driven { run: run.clone() })?,
            run,
        })
    }

    async fn work(
        &mut self,
        interrupts: &mut Interrupts,
        watcher: &mut dyn Steps,
    ) -> Result<WorkflowReport, EngineError> {
        let mut watch = Watch::new(&[&self.engine.desk.log_dir()]);
        let mut interrupted = false;
        loop {
            let standings = self.standings()?;
            self.tell(&standings, watcher);
            let next = self.next(&standings)?;
            for place in &next.skipped {
                self.skipped[*place] = true;
                watcher.see(self.id(*place), &StepEvent::Skipped);
            }
            if next.stop {
                self.stop_what_runs(&standings)?;
            }
            for place in &next.ready {
                self.submit(*place, &standings, watcher)?;
            }
            if let Some(verdict) = next.verdict {
                return self.finish(verdict);
            }
            // Whatever was submitted or skipped just now may decide more.
            if !next.ready.is_empty() || !next.skipped.is_empty() {
                continue;
            }
            tokio::select! {
                changed = watch.changed(TICK) => if !changed {
                    self.look_after(&standings, watcher)?;
                },
                interrupt = interrupts.next() => {
                    let kill = interrupted && interrupt == Interrupt::CtrlC;
                    interrupted = true;
                    self.cancel(None, kill, "interrupt")?;
                }
            }
        }
    }

    pub(super) fn standings(&self) -> Result<Vec<Standing>, EngineError> {
        let workflow = &self.order.workflow;
        let mut standings = self.engine.desk.view(|ledger| {
            standings(workflow, ledger.run(&self.run), self.before, &self.skipped)
        })?;
        for (standing, refused) in standings.iter_mut().zip(&self.refused) {
            if *refused {
                standing.state = StepState::Ended(AttemptOutcome::Failed);
            }
        }
        Ok(standings)
    }

    fn next(&self, standings: &[Standing]) -> Result<Next, EngineError> {
        let cancelled = self.engine.desk.view(|ledger| {
            let known = ledger.run(&self.run);
            known.is_some_and(|known| known.cancel_requested)
        })?;
        let workflow = &self.order.workflow;
        let facts = facts(workflow, standings);
        Ok(next_steps(&facts, workflow.on_failure, cancelled))
    }

    fn id(&self, place: usize) -> &str {
        &self.order.workflow.steps[place].id
    }

    /// Tell what moved, and the answers of what is done.
    fn tell(&mut self, standings: &[Standing], watcher: &mut dyn Steps) {
        for (place, standing) in standings.iter().enumerate() {
            let before = self.shown[place];
            if standing.shown == before {
                continue;
            }
            self.shown[place] = standing.shown;
            let (Some(state), Some(number)) = (standing.shown, standing.invocation) else {
                continue;
            };
            let fresh = number.0 > self.before;
            if state == AttemptState::Done {
                let answer = answer_of(&self.engine.desk, &self.run, number);
                let answer = answer.as_deref();
                watcher.see(self.id(place), &StepEvent::Done { answer, fresh });
            } else if fresh || !state.is_terminal() {
                watcher.see(self.id(place), &StepEvent::Moved(state));
            }
        }
    }

    fn submit(
        &mut self,
        place: usize,
        standings: &[Standing],
        watcher: &mut dyn Steps,
    ) -> Result<(), EngineError> {
        let submission = self.submission(place, standings)?;
        match self.engine.submit(&submission) {
            Ok(submitted) => {
                let event = StepEvent::Submitted {
                    name: &submitted.first,
                    decision: &submitted.decision,
                    started: submitted.started,
                };
                watcher.see(self.id(place), &event);
                Ok(())
            }
            Err(EngineError::Routing(error)) => {
                self.refused[place] = true;
                watcher.see(self.id(place), &StepEvent::Refused(&sentence(&error)));
                Ok(())
            }
            // Cancelled while this was put together: the next look at the record tells.
            Err(EngineError::RunCancelled { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn submission(&self, place: usize, standings: &[Standing]) -> Result<Submission, EngineError> {
        let step = &self.order.workflow.steps[place];
        let number_of = |id: &str| -> Option<InvocationNumber> {
            let steps = &self.order.workflow.steps;
            let place = steps.iter().position(|other| other.id == id)?;
            standings[place].invocation
        };
        let inputs: Vec<(String, InvocationNumber)> = step
            .inputs
            .iter()
            .filter_map(|id| Some((id.clone(), number_of(id)?)))
            .collect();
        let prompt = &self.order.prompts[&step.id];
        let request = ExecRequest {
            route: RouteRequest {
                agent: step.agent.to_string(),
                task_type: step.task_type.clone(),
                prompt_tokens: None,
                tool: step.tool.clone(),
                model: step.model.clone(),
                no_fallback: false,
                closed: Vec::new(),
            },
            prompt: prompt_of(&self.engine.desk, &self.run, step, prompt, &inputs)?,
            resume: None,
            timeout: step.timeout,
            max_cost: step.max_cost,
            tasks: Vec::new(),
            board: None,
            justification: None,
            consent: Consent::default(),
            // What is told on the way is on record when a step is cut off.
            live_text: true,
            priority: self.order.priority,
            cwd: self.order.cwd.clone(),
        };
        Ok(Submission {
            run: Some(self.run.clone()),
            step: Some(step.id.clone()),
            follows: step.all_needs().into_iter().filter_map(number_of).collect(),
            ..Submission::new(request, true)
        })
    }

    /// A step failed and nothing is to go on: stop the others, but not the run, which has a verdict
    /// of its own.
    fn stop_what_runs(&self, standings: &[Standing]) -> Result<(), EngineError> {
        for standing in standings {
            let runs = standing.state == StepState::Running
                && standing.shown != Some(AttemptState::Cancelling);
            if let Some(number) = standing.invocation.filter(|_| runs) {
                self.cancel(Some(number), false, "step_failed")?;
            }
        }
        Ok(())
    }

    fn cancel(
        &self,
        invocation: Option<InvocationNumber>,
        kill: bool,
        reason: &'static str,
    ) -> Result<(), EngineError> {
        let cancel = Cancel {
            run: self.run.clone(),
            invocation,
            kill,
            reason,
        };
        self.engine.desk.cancel(&cancel).map(drop)
    }

    /// Nobody tells when a supervisor is killed.
    fn look_after(
        &self,
        standings: &[Standing],
        watcher: &mut dyn Steps,
    ) -> Result<(), EngineError> {
        self.engine
            .desk
            .recover(Some(&self.engine.settings.concurrency))?;
        let at_work: Vec<&str> = standings
            .iter()
            .enumerate()
            .filter(|(_, standing)| standing.state == StepState::Running)
            .map(|(place, _)| self.id(place))
            .collect();
        watcher.see("", &StepEvent::Waiting(&at_work));
        Ok(())
    }

    fn finish(&self, status: RunStatus) -> Result<WorkflowReport, EngineError> {
        let desk = &self.engine.desk;
        desk.write(&desk.actor, |ledger, now| {
            let plan = ledger.run(&self.run).and_then(|known| known.plan.as_ref());
            let began = plan.map_or(now, |plan| plan.at);
            let took = Duration::try_from(now - began).unwrap_or_default();
            let duration_ms = millis(took);
            vec![of_run(
                &self.run,
                WorkflowFinished {
                    status,
                    duration_ms,
                },
            )]
        })?;
        desk.write_page(&self.run);
        let report = self.report(status)?;
        if self.engine.settings.telemetry.privacy == PrivacyLevel::None {
            for standing in self.standings()? {
                if let Some(number) = standing.invocation {
                    drop(desk.spool.invocation(&self.run, number).forget_all());
                }
            }
        }
        self.engine.prune();
        Ok(report)
    }
}

fn known_plan(engine: &Engine, run: &RunId) -> Result<(KnownPlan, u32), EngineError> {
    engine.desk.view(|ledger| {
        let known = ledger
            .run(run)
            .ok_or_else(|| EngineError::NoSuchRun { run: run.clone() })?;
        let plan = known
            .plan
            .clone()
            .ok_or_else(|| EngineError::NoWorkflow { run: run.clone() })?;
        let last = known.parts.keys().next_back().copied().unwrap_or(0);
        Ok((plan, last))
    })?
}
