//! What a workflow came to: the value behind `workflow run --json`.

use serde::Serialize;

use crate::model::{AttemptRef, AttemptState, Cost, RunId, RunStatus, Target, WorkflowStep};

use super::drive::Driver;
use super::facts::Standing;
use crate::engine::attempt::millis;
use crate::engine::error::EngineError;
use crate::engine::report::{UsageReport, sum_costs};

/// What a workflow came to. Field names are part of the documented interface.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkflowReport {
    /// Its run.
    pub run_id: RunId,
    /// Its name.
    pub workflow: String,
    /// How it ended.
    pub status: RunStatus,
    /// Its steps, in the order of the file.
    pub steps: Vec<StepReport>,
    /// Tokens of all of them together.
    pub usage: UsageReport,
    /// Money of all of them together.
    pub cost: Cost,
    /// Of this driver, from start to end.
    pub duration_ms: u64,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepReport {
    /// Its id.
    pub id: String,
    /// Where it stands; null when it was never submitted.
    pub state: Option<AttemptState>,
    /// Its invocation.
    pub invocation_id: Option<String>,
    /// What ran last.
    pub target: Option<Target>,
    /// From submission to end.
    pub duration_ms: Option<u64>,
    /// Tokens.
    pub usage: Option<UsageReport>,
    /// Money.
    pub cost: Option<Cost>,
    /// Its answer.
    pub output: Option<String>,
    /// What went wrong.
    pub failure_message: Option<String>,
}

impl Driver<'_> {
    /// What it came to.
    pub(super) fn report(&self, status: RunStatus) -> Result<WorkflowReport, EngineError> {
        let standings = self.standings()?;
        let steps: Vec<StepReport> = self
            .order
            .workflow
            .steps
            .iter()
            .zip(&standings)
            .map(|(step, standing)| self.step_report(step, standing))
            .collect();
        let usage: Vec<_> = steps
            .iter()
            .filter_map(|step| step.usage)
            .map(|usage| (usage.usage, usage.exactness))
            .collect();
        let costs: Vec<_> = steps.iter().filter_map(|step| step.cost).collect();
        let took = self
            .engine
            .desk
            .clock
            .monotonic()
            .saturating_sub(self.began);
        Ok(WorkflowReport {
            run_id: self.run.clone(),
            workflow: self.order.workflow.name.clone(),
            status,
            steps,
            usage: UsageReport::sum(&usage),
            cost: sum_costs(&costs),
            duration_ms: millis(took),
        })
    }

    fn step_report(&self, step: &WorkflowStep, standing: &Standing) -> StepReport {
        let name = standing.invocation.map(|invocation| AttemptRef {
            run: self.run.clone(),
            invocation,
            number: 1,
        });
        let report = name
            .as_ref()
            .and_then(|name| self.engine.desk.report_kept(name));
        StepReport {
            id: step.id.clone(),
            state: standing.shown,
            invocation_id: name.as_ref().map(AttemptRef::invocation_id),
            target: report.as_ref().map(|report| Target {
                tool: report.tool.clone(),
                model: report.model.clone(),
            }),
            duration_ms: report.as_ref().map(|report| report.duration_ms),
            usage: report.as_ref().map(|report| report.usage),
            cost: report.as_ref().map(|report| report.cost),
            failure_message: report
                .as_ref()
                .and_then(|report| report.attempts.last()?.failure_message.clone()),
            output: report.and_then(|report| report.output),
        }
    }
}
