//! Tasks and specifications, with what the runs for them cost.
//!
//! The files are the board's; the sums are the record's. Both are put together here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::board::{Board, BoardError, BoardView, Fingerprint, Move, Orphan, Task};
use crate::cli::board::{BoardArgs, folders};
use crate::cli::failure::Failure;
use crate::cli::open::Ground;
use crate::cli::run::record::{OnRecord, failed};
use crate::engine::TaskFiles;
use crate::model::{SystemClock, TaskId, sentence};
use crate::query::TaskRuns;
use crate::web::{Answer, Command, Done, Problem, TaskMove};

use super::house::House;
use super::overview::money;
use super::problem::problem;

/// Runs of a task that are named.
const RUNS: u32 = 20;

/// The board, and what it looked like when pages were last told of it.
pub(super) struct Boards {
    args: BoardArgs,
    board: Board,
    told: Mutex<Option<Fingerprint>>,
}

impl Boards {
    pub(super) fn new(ground: &Ground, asked: &super::BoardArgs) -> Self {
        let (root, folders) = folders(ground, asked);
        Self {
            args: asked.clone(),
            board: Board::open(&root, &folders, Arc::new(SystemClock)),
            told: Mutex::new(None),
        }
    }

    /// Whether its files changed since the last time that this was asked.
    pub(super) fn changed(&self) -> bool {
        let now = self.board.fingerprint();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = told.as_ref().is_some_and(|told| *told != now);
        *told = Some(now);
        changed
    }

    /// The files of tasks that a request is for.
    pub(super) fn files_of(&self, ground: &Ground, tasks: Vec<TaskId>) -> Option<TaskFiles> {
        crate::cli::board::files_of(ground, &self.args, tasks)
    }

    pub(super) fn view(&self) -> Arc<BoardView> {
        self.board.load()
    }
}

/// Initiatives with their specifications, tasks, runs, and costs.
pub(super) fn initiatives(house: &House, record: &OnRecord) -> Result<Value, Failure> {
    let view = house.board.view();
    let portfolio = view.portfolio();
    let sums = record.query.initiatives(
        &tasks_by_initiative(house)?,
        &crate::query::StatsFilter::default(),
    );
    let sums = sums.map_err(|error| failed(&error))?.groups;
    let mut document = serde_json::to_value(&portfolio).unwrap_or_default();
    for initiative in document["initiatives"].as_array_mut().into_iter().flatten() {
        let id = initiative["id"].as_str().unwrap_or_default();
        let sum = sums.get(id).cloned().unwrap_or_default();
        initiative["cost"] = money(&sum.totals);
        initiative["runs"] = json!(sum.n_runs);
    }
    document["orphans"] = orphans(&portfolio.orphans, record)?;
    document["problems"] = serde_json::to_value(&view.problems).unwrap_or_default();
    document["has_specifications"] = json!(view.has_specifications);
    document["has_tasks"] = json!(view.has_tasks);
    document["timestamp"] = json!(now());
    Ok(document)
}

/// Tasks that belong to no specification, with the runs for them.
fn orphans(orphans: &[Orphan], record: &OnRecord) -> Result<Value, Failure> {
    let tasks: Vec<&Task> = orphans.iter().map(|it| &it.task).collect();
    let told = with_runs(record, &tasks)?;
    let whole = orphans.iter().zip(told).map(|(orphan, mut line)| {
        line["orphan_reason"] = json!(orphan.orphan_reason);
        line["orphan_why"] = json!(orphan.orphan_why);
        line
    });
    Ok(whole.collect())
}

/// Tasks with the runs for them, in the same order.
fn with_runs(record: &OnRecord, tasks: &[&Task]) -> Result<Vec<Value>, Failure> {
    let ids: Vec<TaskId> = tasks.iter().map(|it| TaskId::new(it.id.as_str())).collect();
    let runs = record.query.task_runs(&ids, RUNS);
    let runs = runs.map_err(|error| failed(&error))?;
    let pairs = tasks.iter().zip(&ids);
    Ok(pairs
        .map(|(task, id)| document(task, runs.get(id)))
        .collect())
}

pub(super) fn now() -> String {
    use crate::model::Clock as _;
    SystemClock.now().to_string()
}

/// Which tasks belong to which initiative.
pub(super) fn tasks_by_initiative(house: &House) -> Result<BTreeMap<String, Vec<TaskId>>, Failure> {
    let portfolio = house.board.view().portfolio();
    let of = portfolio.initiatives.into_iter().map(|initiative| {
        let tasks = initiative.specifications.iter().flat_map(|it| &it.tasks);
        let tasks = tasks.map(|task| TaskId::new(task.id.as_str())).collect();
        (initiative.id, tasks)
    });
    Ok(of.collect())
}

/// The tasks of one initiative; none when there is no such initiative.
pub(super) fn tasks_of(house: &House, initiative: &str) -> Result<Vec<TaskId>, Failure> {
    let mut all = tasks_by_initiative(house)?;
    Ok(all.remove(initiative).unwrap_or_default())
}

/// The tasks of the board.
pub(super) fn tasks(
    house: &House,
    record: &OnRecord,
    include_done: bool,
) -> Result<Value, Failure> {
    let view = house.board.view();
    let wanted = |task: &&Task| include_done || task.status.is_open();
    let tasks: Vec<&Task> = view.tasks.iter().filter(wanted).collect();
    let documents = with_runs(record, &tasks)?;
    Ok(json!({ "tasks": documents, "problems": view.problems, "has_tasks": view.has_tasks }))
}

fn document(task: &Task, runs: Option<&TaskRuns>) -> Value {
    let mut document = serde_json::to_value(task).unwrap_or_default();
    let runs = runs.cloned().unwrap_or_default();
    document["runs"] = json!(runs.runs);
    document["cost"] = money(&runs.totals.totals);
    document
}

/// One task with its text.
pub(super) fn task(house: &House, record: &OnRecord, id: &str) -> Result<Answer, Problem> {
    let found = house
        .board
        .board
        .task(id)
        .map_err(|error| refused(&error))?;
    let etag = found.task.etag.clone();
    let ids = [TaskId::new(id)];
    let runs = record.query.task_runs(&ids, RUNS).unwrap_or_default();
    let mut document = document(&found.task, runs.get(&ids[0]));
    document["text"] = json!(found.text);
    document["fields"] = found.fields;
    Ok(Answer::json(document).version(etag))
}

/// One specification.
pub(super) fn spec(house: &House, path: &str) -> Result<Answer, Problem> {
    let found = house.board.board.spec_text(path);
    let found = found.map_err(|error| refused(&error))?;
    let etag = found.etag.clone();
    Ok(Answer::json(serde_json::to_value(&found).unwrap_or_default()).version(etag))
}

/// Change a task.
pub(super) fn perform(house: &House, command: Command) -> Result<Done, Problem> {
    let board = &house.board.board;
    let changed = match command {
        Command::SetPriority {
            task,
            priority,
            if_match,
        } => {
            let etag = etag(house, &task, if_match)?;
            board.set_priority(&task, priority.as_str(), &etag)
        }
        Command::SetSpecification {
            task,
            specification,
            feature,
            if_match,
        } => {
            let etag = etag(house, &task, if_match)?;
            match specification {
                Some(path) => board.set_specification(&task, &path, feature.as_deref(), &etag),
                None => board.clear_specification(&task, &etag),
            }
        }
        Command::MoveTask {
            task,
            to,
            agent,
            summary,
            if_match,
        } => board.move_task(&task, &step(to, agent, summary), if_match.as_deref()),
        other => {
            let what = format!("nobody does {other:?}");
            return Err(Problem::new("internal", what));
        }
    };
    let task = changed.map_err(|error| refused(&error))?;
    house.hub.board_changed();
    let etag = task.etag.clone();
    let told = house
        .record()
        .and_then(|record| with_runs(&record, &[&task]));
    let told = told.map_err(|failure| problem(&failure))?;
    Ok(Done::ok(Value::from_iter(told)[0].take()).version(etag))
}

fn step(to: TaskMove, agent: Option<String>, summary: Option<String>) -> Move {
    match to {
        TaskMove::Start => Move::Start { agent },
        TaskMove::Complete => Move::Complete {
            summary,
            artefacts: Vec::new(),
        },
        TaskMove::Freeze => Move::Freeze {
            reason: summary.unwrap_or_else(|| "set aside on the dashboard".to_owned()),
        },
    }
}

/// The version that was seen; on the origin's paths, which name none, the one there is.
fn etag(house: &House, task: &str, if_match: Option<String>) -> Result<String, Problem> {
    match if_match {
        Some(etag) => Ok(etag),
        None => {
            let found = house.board.board.task(task);
            Ok(found.map_err(|error| refused(&error))?.task.etag)
        }
    }
}

/// Why the board did not do it.
pub(super) fn refused(error: &BoardError) -> Problem {
    let code = match error {
        BoardError::Changed { .. } => "precondition_failed",
        BoardError::NoSuchTask { .. } => "unknown_task",
        BoardError::NoSuchSpec { .. } => "unknown_specification",
        BoardError::Outside { .. } => "not_found",
        BoardError::NotEditable { .. }
        | BoardError::Transition(_)
        | BoardError::Exists { .. }
        | BoardError::Malformed(_)
        | BoardError::Busy => "conflict",
        BoardError::Invalid { .. } => "invalid_request",
        _ => "io",
    };
    let detail = match error {
        BoardError::Transition(_) => error.to_string(),
        _ => format!("failed to {}", sentence(error)),
    };
    Problem {
        fix: error.fix().into_iter().collect(),
        ..Problem::new(code, detail)
    }
}

/// What of the board waits for a person.
pub(super) fn needs(house: &House) -> Vec<Value> {
    let view = house.board.view();
    let n_orphans = view
        .portfolio()
        .orphans
        .iter()
        .filter(|it| it.task.editable)
        .count();
    let mut needs = Vec::new();
    if view.has_specifications && n_orphans > 0 {
        needs.push(json!({
            "kind": "orphans",
            "title": counted(n_orphans, "task", "belongs", "belong") + " to no specification",
            "detail": "assign them on the page of initiatives",
        }));
    }
    let n_bad = view.problems.len();
    if n_bad > 0 {
        needs.push(json!({
            "kind": "board",
            "title": counted(n_bad, "file", "needs", "need") + " a look",
            "detail": "each is named with its mistake on the page of initiatives",
        }));
    }
    needs
}

fn counted(n: usize, what: &str, one: &str, many: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {what}{plural} {}", if n == 1 { one } else { many })
}
