//! A run's events as the origin's programs read them: one JSON object a line.
//!
//! The fields are those of the origin's specification, nothing is renamed, and what is not known
//! is left out. The names of the events are in `origin_names.rs`. Nothing is read but whether a log
//! is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::model::{
    AgentName, AttemptExited, AttemptRef, AttemptState, AttemptUsage, Body, Event, FailureCode,
    InvocationNumber, MicroUsd, Source, Target,
};
use crate::spool::Spool;

use super::origin_names::OriginKind;
use super::page::task_word;

/// One line of such an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OriginLine {
    /// Global identity of the event.
    pub event_id: String,
    /// When, in UTC.
    pub ts: String,
    /// The run.
    pub run_id: String,
    /// The step of its workflow, or the number of the request.
    pub task_id: String,
    /// The part of the work it belongs to; nobody tells us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// The role it was given to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_role: Option<String>,
    /// The program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// `batch`: nobody types while it runs.
    pub mode: &'static str,
    /// What happened.
    pub event: &'static str,
    /// Where the task stands then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    /// What the tool wrote, while it is kept.
    #[serde(skip_serializing_if = "LogPaths::is_empty")]
    pub log_paths: LogPaths,
    /// What happened, in a sentence.
    pub summary: String,
    /// Exit status of the process, when it ended by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// From its start to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// What it left, as paths within the state directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifacts: Option<Vec<String>>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_class: Option<String>,
}

/// Paths within the state directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LogPaths {
    /// Its standard output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    /// Its standard error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stderr: Option<String>,
}

impl LogPaths {
    fn is_empty(&self) -> bool {
        self.stdout.is_none() && self.stderr.is_none()
    }
}

/// Turns the events of a run, handed over in order, into lines.
#[derive(Debug)]
pub struct OriginLines {
    state_dir: PathBuf,
    tasks: BTreeMap<InvocationNumber, Task>,
}

/// What earlier events said of a request.
#[derive(Debug, Default)]
struct Task {
    step: Option<String>,
    agent: Option<AgentName>,
    target: Option<Target>,
}

impl OriginLines {
    /// For the runs of a state directory.
    #[must_use]
    pub fn new(state_dir: &Path) -> Self {
        Self {
            state_dir: state_dir.to_owned(),
            tasks: BTreeMap::new(),
        }
    }

    /// The line for an event; `None` when the origin has no name for it.
    #[must_use]
    pub fn line(&mut self, event: &Event) -> Option<OriginLine> {
        let run = event.run.as_ref()?;
        let number = event.invocation?;
        let task = self.tasks.entry(number).or_default();
        task.take(&event.body);
        let kind = OriginKind::of(&event.body)?;
        let task = &self.tasks[&number];
        let mut line = OriginLine {
            event_id: event.id.to_string(),
            ts: event.at.to_string(),
            run_id: run.to_string(),
            task_id: task.step.clone().unwrap_or_else(|| number.to_string()),
            phase: None,
            agent_role: task.agent.as_ref().map(ToString::to_string),
            tool: task.target.as_ref().map(|target| target.tool.to_string()),
            mode: "batch",
            event: kind.name(),
            status: status(kind),
            log_paths: LogPaths::default(),
            summary: summary(kind, &event.body, task.target.as_ref()),
            exit_code: None,
            duration_ms: None,
            artifacts: None,
            error_class: error_class(&event.body),
        };
        if let Some(attempt) = event.attempt {
            line.log_paths = self.logs(&AttemptRef {
                run: run.clone(),
                invocation: number,
                number: attempt,
            });
        }
        if let Body::AttemptExited(exited) = &event.body {
            line.complete(exited);
        }
        Some(line)
    }

    fn logs(&self, name: &AttemptRef) -> LogPaths {
        let folder = Spool::new(&self.state_dir)
            .invocation(&name.run, name.invocation)
            .attempt(name.number);
        let within = |source| {
            let path = folder.log_path(source)?;
            let path = path.strip_prefix(&self.state_dir).ok()?;
            Some(path.to_string_lossy().into_owned())
        };
        LogPaths {
            stdout: within(Source::Stdout),
            stderr: within(Source::Stderr),
        }
    }
}

impl OriginLine {
    fn complete(&mut self, exited: &AttemptExited) {
        self.exit_code = exited.exit_code;
        self.duration_ms = Some(exited.duration_ms);
        self.artifacts = exited
            .output
            .as_ref()
            .map(|output| vec![output.path.clone()]);
    }
}

impl Task {
    fn take(&mut self, body: &Body) {
        let target = match body {
            Body::RunSubmitted(submitted) => {
                self.step.clone_from(&submitted.step);
                self.agent = Some(submitted.agent.clone());
                return;
            }
            Body::RoutingDecided(decided) => &decided.target,
            Body::RoutingFellBack(fell_back) => &fell_back.to,
            Body::AttemptQueued(queued) => &queued.target,
            Body::AttemptAdmitted(admitted) => &admitted.target,
            Body::AttemptIntent(intent) => &intent.target,
            Body::AttemptExited(exited) => &exited.target,
            Body::AttemptLost(lost) => &lost.target,
            _ => return,
        };
        self.target = Some(target.clone());
    }
}

/// The origin's word for where a task stands after this.
fn status(kind: OriginKind) -> Option<&'static str> {
    let state = match kind {
        OriginKind::Routed => AttemptState::Queued,
        OriginKind::Started | OriginKind::Cost => AttemptState::Running,
        OriginKind::Completed => AttemptState::Done,
        OriginKind::Failed => AttemptState::Failed,
        OriginKind::Cancelled => AttemptState::Cancelled,
        OriginKind::Frozen => return Some("frozen"),
        OriginKind::CostWarning | OriginKind::Checkpoint => return None,
    };
    Some(task_word(state))
}

fn error_class(body: &Body) -> Option<String> {
    Some(match body {
        Body::AttemptExited(exited) => match &exited.failure_code {
            Some(code) => code.as_str().to_owned(),
            None if OriginKind::of(body) == Some(OriginKind::Failed) => {
                exited.outcome.as_str().to_owned()
            }
            None => return None,
        },
        Body::AttemptSpawnFailed(failed) => failed.code.as_str().to_owned(),
        Body::AttemptLost(lost) => lost.reason.as_str().to_owned(),
        _ => return None,
    })
}

fn summary(kind: OriginKind, body: &Body, target: Option<&Target>) -> String {
    let target = target.map_or_else(|| "it".to_owned(), ToString::to_string);
    match body {
        Body::RoutingDecided(decided) => format!("{target}: {}", decided.reason.message),
        Body::AttemptStarted(_) => format!("{target} began"),
        Body::AttemptExited(exited) => {
            let how = exited.outcome.as_str().replace('_', " ");
            let why = exited.failure_code.as_ref().map(FailureCode::as_str);
            let why = why.map_or_else(String::new, |code| format!(" ({code})"));
            format!("{target} {how} after {} ms{why}", exited.duration_ms)
        }
        Body::AttemptSpawnFailed(failed) => {
            format!("{target} was not started ({})", failed.code.as_str())
        }
        Body::AttemptWithdrawn(_) => format!("{target} was taken out of the queue"),
        Body::AttemptLost(lost) => format!("{target} was lost ({})", lost.reason.as_str()),
        Body::AttemptUsage(usage) => format!("{target} so far: {}", spent(usage)),
        Body::BudgetSettled(settled) => format!(
            "{target} counts for {} tokens, {}",
            settled.amounts.tokens,
            MicroUsd(settled.amounts.uusd)
        ),
        // Types that this version has no more to say about.
        _ => kind.name().replace(['_', '.'], " "),
    }
}

fn spent(usage: &AttemptUsage) -> String {
    let tokens = usage.usage.total().map_or_else(
        || "tokens unknown".to_owned(),
        |total| format!("{total} tokens"),
    );
    let cost = match usage.cost.amount {
        Some(amount) => format!("{amount} {}", usage.cost.basis.as_str()),
        None => "cost unknown".to_owned(),
    };
    format!("{tokens}, {cost}")
}

#[cfg(test)]
#[path = "origin_tests.rs"]
mod tests;
