//! What a step of a task's life changes: fields of its file, and the folder it lies in.
//!
//! Pure: it says what is to be written and where; `board` does it.

use jiff::Timestamp;

use super::edit::{Change, Value};
use super::error::BoardError;
use super::moment;
use super::status::{Lane, TaskStatus, Transition, WrittenStatus, standing};
use super::task::Task;
use crate::model::excerpt;

/// Longest summary or message, in characters.
const LONG: usize = 10_000;
/// Longest reason and name of an artefact, in characters.
const SHORT: usize = 1_000;
/// Most artefacts.
const MAX_ARTEFACTS: usize = 1_000;
/// Longest name of an agent, in bytes.
const AGENT: usize = 100;

/// A step of a task's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// An agent begins, or goes on: to `assigned/AGENT/`, status `in_progress`. From the inbox this
    /// is being assigned and beginning at once; from the fridge, taking it out.
    Start {
        /// Who; unless told, the agent that the task names.
        agent: Option<String>,
    },
    /// To `done/AGENT/`, status `done`, with a `result`.
    Complete {
        /// What was done. `None` when the file has a `result` already.
        summary: Option<String>,
        /// What came of it.
        artefacts: Vec<String>,
    },
    /// To `fridge/`; the status stays.
    Freeze {
        /// Why.
        reason: String,
    },
    /// To `error/`, status `error`, with an `error`.
    Fail {
        /// What went wrong.
        message: String,
    },
}

impl Move {
    /// What the beginning of a run for a task makes of it; nothing of one that is begun.
    #[must_use]
    pub fn of_begun_run(status: TaskStatus) -> Option<Self> {
        (status != TaskStatus::InProgress).then_some(Self::Start { agent: None })
    }

    /// What the success of a run for a task makes of it; nothing of one that its agent completed or
    /// that somebody took elsewhere meanwhile.
    #[must_use]
    pub fn of_done_run(status: TaskStatus, summary: &str) -> Option<Self> {
        (status == TaskStatus::InProgress).then(|| Self::Complete {
            summary: Some(summary.to_owned()),
            artefacts: Vec::new(),
        })
    }
}

/// What is to be written, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) changes: Vec<Change>,
    pub(super) lane: Lane,
    /// The folder within the lane.
    pub(super) agent: Option<String>,
}

/// Plan a step; `has_result` and `has_error` say which of the two maps the file has.
pub(super) fn plan(task: &Task, to: &Move, has: Has, now: Timestamp) -> Result<Plan, BoardError> {
    let at = moment::written(now);
    match to {
        Move::Start { agent } => start(task, agent.as_deref(), &at),
        Move::Complete { summary, artefacts } => {
            complete(task, summary.as_deref(), artefacts, has, &at)
        }
        Move::Freeze { reason } => freeze(task, reason, &at),
        Move::Fail { message } => fail(task, message, has, &at),
    }
}

/// Which maps a file has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Has {
    pub(super) result: bool,
    pub(super) error: bool,
}

fn start(task: &Task, agent: Option<&str>, at: &str) -> Result<Plan, BoardError> {
    let from = standing(task.lane, task.written_status);
    let is_fresh = matches!(from, WrittenStatus::New | WrittenStatus::Inbox);
    // What was frozen while in progress goes on.
    let goes_on = task.lane == Lane::Fridge && from == WrittenStatus::InProgress;
    if is_fresh {
        step(from, WrittenStatus::Assigned)?;
    } else if !goes_on {
        step(from, WrittenStatus::InProgress)?;
    }
    let agent = folder_of(agent.or(task.agent.as_deref()))?;
    let mut changes = vec![status(WrittenStatus::InProgress)];
    if task.agent.as_deref() != Some(agent.as_str()) {
        changes.push(Change::Text("agent", agent.clone()));
    }
    if is_fresh {
        changes.push(Change::Text("assigned_at", at.to_owned()));
    }
    changes.push(Change::Text("started_at", at.to_owned()));
    Ok(Plan {
        changes,
        lane: Lane::Assigned,
        agent: Some(agent),
    })
}

fn complete(
    task: &Task,
    summary: Option<&str>,
    artefacts: &[String],
    has: Has,
    at: &str,
) -> Result<Plan, BoardError> {
    step(
        standing(task.lane, task.written_status),
        WrittenStatus::Done,
    )?;
    let agent = folder_of(task.agent.as_deref())?;
    let mut changes = vec![status(WrittenStatus::Done)];
    match (summary, has.result) {
        (Some(_), true) => {
            return Err(invalid(
                "summary",
                "the file has a `result` already",
                "complete the task without a summary, or remove `result` from the file",
            ));
        }
        (None, true) if task.summary.is_none() || !artefacts.is_empty() => {
            return Err(invalid(
                "result",
                "the `result` in the file has no summary, or artefacts were given besides",
                "write `result.summary` and `result.artefacts` into the file",
            ));
        }
        (None, true) => {}
        (None, false) => {
            return Err(invalid(
                "summary",
                "a task is completed with a summary of what was done",
                "give a summary, or write a `result` into the file",
            ));
        }
        (Some(summary), false) => changes.push(result(summary, artefacts, at)?),
    }
    changes.push(Change::Text("completed_at", at.to_owned()));
    Ok(Plan {
        changes,
        lane: Lane::Done,
        agent: Some(agent),
    })
}

fn result(summary: &str, artefacts: &[String], at: &str) -> Result<Change, BoardError> {
    let summary = bounded("summary", summary, LONG)?;
    if artefacts.len() > MAX_ARTEFACTS {
        let message = format!("there are more than {MAX_ARTEFACTS}");
        return Err(invalid("artefacts", message, "name the most important"));
    }
    let artefacts: Result<Vec<String>, BoardError> = artefacts
        .iter()
        .map(|artefact| bounded("artefacts", artefact, SHORT))
        .collect();
    Ok(Change::Map(
        "result",
        vec![
            ("summary", Value::Text(summary)),
            ("artefacts", Value::List(artefacts?)),
            ("completed_at", Value::Text(at.to_owned())),
        ],
    ))
}

fn freeze(task: &Task, reason: &str, at: &str) -> Result<Plan, BoardError> {
    let not = |why: &str| BoardError::NotEditable {
        id: task.id.clone(),
        why: why.to_owned(),
    };
    match task.status {
        TaskStatus::Done => return Err(not("it is done")),
        TaskStatus::Error => return Err(not("it ended with an error")),
        TaskStatus::Frozen => return Err(not("it is frozen already")),
        TaskStatus::Inbox | TaskStatus::Assigned | TaskStatus::InProgress | TaskStatus::Blocked => {
        }
    }
    Ok(Plan {
        changes: vec![
            Change::Text("frozen_at", at.to_owned()),
            Change::Text("freeze_reason", bounded("reason", reason, SHORT)?),
        ],
        lane: Lane::Fridge,
        agent: None,
    })
}

fn fail(task: &Task, message: &str, has: Has, at: &str) -> Result<Plan, BoardError> {
    step(
        standing(task.lane, task.written_status),
        WrittenStatus::Error,
    )?;
    if has.error {
        return Err(invalid(
            "error",
            "the file has an `error` already",
            "remove it from the file",
        ));
    }
    let message = bounded("message", message, LONG)?;
    Ok(Plan {
        changes: vec![
            status(WrittenStatus::Error),
            Change::Map(
                "error",
                vec![
                    ("message", Value::Text(message)),
                    ("timestamp", Value::Text(at.to_owned())),
                ],
            ),
        ],
        lane: Lane::Error,
        agent: None,
    })
}

fn step(from: WrittenStatus, to: WrittenStatus) -> Result<(), BoardError> {
    from.check(to)
        .map_err(|refused: Transition| BoardError::Transition(refused))
}

fn status(to: WrittenStatus) -> Change {
    Change::Text("status", to.as_str().to_owned())
}

/// The name of an agent's folder: one component that nobody takes for anything else.
fn folder_of(agent: Option<&str>) -> Result<String, BoardError> {
    let Some(agent) = agent.map(str::trim).filter(|agent| !agent.is_empty()) else {
        return Err(invalid(
            "agent",
            "the task names no agent",
            "name one, or write `agent: …` into the file",
        ));
    };
    let is_odd = agent.starts_with('.')
        || agent.len() > AGENT
        || agent
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\'));
    if is_odd {
        let message = format!("'{}' cannot be the name of a folder", excerpt(agent));
        return Err(invalid(
            "agent",
            message,
            "use letters, digits, `-`, and `_`",
        ));
    }
    Ok(agent.to_owned())
}

fn bounded(field: &'static str, text: &str, most: usize) -> Result<String, BoardError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(invalid(field, "it is empty", "write a sentence"));
    }
    if text.chars().nth(most).is_some() {
        let message = format!("it is longer than {most} characters");
        return Err(invalid(field, message, "shorten it"));
    }
    Ok(text.to_owned())
}

pub(super) fn invalid(
    field: &'static str,
    message: impl Into<String>,
    fix: impl Into<String>,
) -> BoardError {
    BoardError::Invalid {
        field,
        message: message.into(),
        fix: fix.into(),
    }
}
