//! A task, and how it is read from its file.
//!
//! A file whose identity is in doubt is refused; whatever else is wrong with it is a problem to show
//! beside the task. Pure: from text to value.

use jiff::Timestamp;
use serde::Serialize;

use super::fields::Fields;
use super::problem::Problem;
use super::status::{Lane, TaskStatus, WrittenStatus, agree, shown};
use super::words::{MODES, TaskPriority};
use super::yaml::parse;
use crate::model::excerpt;
use crate::yaml::{Bounds, Node};

/// Largest file of a task, in bytes.
pub(super) const MAX_BYTES: u64 = 1 << 20;
/// How deep and how large a task's YAML may be.
pub(super) const BOUNDS: Bounds = Bounds {
    depth: 64,
    values: 50_000,
    is_strict: false,
};
/// Longest beginning of a description, in characters.
const DESCRIPTION: usize = 200;

/// A task of the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    /// Its identity, which is also the name of its file.
    pub id: String,
    /// What it is about; its id when it has no title.
    pub title: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// The word in its file; `None` when it has none that is known.
    pub written_status: Option<WrittenStatus>,
    /// The folder it is in.
    pub lane: Lane,
    /// How urgent it is.
    pub priority: TaskPriority,
    /// Whose it is: the agent whose folder it is in, or the one that the file names.
    pub agent: Option<String>,
    /// The specification it belongs to, as its file says.
    pub specification: Option<String>,
    /// The feature of that specification, by its id or its title.
    pub feature: Option<String>,
    /// How the agent is to work.
    pub mode: Option<String>,
    /// The files it is about.
    pub artefacts: Vec<String>,
    /// The beginning of its description, at most 200 characters.
    pub description: Option<String>,
    /// When it was made, as its file says.
    pub created_at: Option<String>,
    /// When an agent began, as its file says.
    pub started_at: Option<String>,
    /// When it was finished, as its file says.
    pub completed_at: Option<String>,
    /// Why it was put aside, for a task in the fridge.
    pub freeze_reason: Option<String>,
    /// What went wrong, for a task that ended with an error.
    pub error: Option<String>,
    /// What came of it, for a task that is done.
    pub summary: Option<String>,
    /// Its file, below the root.
    pub path: String,
    /// SHA-256 of its file.
    pub etag: String,
    /// Whether its priority and specification may be changed from outside.
    pub editable: bool,
    /// Why not.
    pub why_not: Option<String>,
    /// When its file was written last.
    pub updated_at: Timestamp,
}

/// Where a task's file lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) path: &'a str,
    pub(super) lane: Lane,
    /// The agent whose folder it is in.
    pub(super) agent: Option<&'a str>,
    pub(super) etag: &'a str,
    pub(super) updated_at: Timestamp,
}

/// Read a task; `None` when the file cannot be used, and why among the problems.
pub(super) fn read(text: &str, place: Place<'_>) -> (Option<Task>, Vec<Problem>) {
    let parsed = parse(text.strip_prefix('\u{feff}').unwrap_or(text), BOUNDS);
    let refused = |line, message: &str, fix: &str| {
        (None, vec![Problem::error(place.path, line, message, fix)])
    };
    let root = match parsed {
        Ok(Some(root)) if root.is_map() => root,
        Ok(None) => {
            return refused(
                None,
                "The file is empty",
                "write a task, or delete the file",
            );
        }
        Ok(Some(root)) => {
            let message = format!("The file is {}, not a map of fields", root.describe());
            return refused(Some(root.at.line), &message, "write `id: …`, `status: …`");
        }
        Err(fault) => return refused(Some(fault.line), &fault.message, &fault.fix),
    };
    let mut fields = Fields::new(&root, place.path, 0);
    let task = identity(&mut fields, place.path).map(|id| task(&mut fields, id, place));
    (task, fields.into_problems())
}

/// The id, if it is one and the file is named after it.
fn identity(fields: &mut Fields<'_>, path: &str) -> Option<String> {
    let has_old_name = fields.map().get("id").is_none() && fields.map().get("task_id").is_some();
    let key = if has_old_name { "task_id" } else { "id" };
    let id = fields.required(key)?;
    if has_old_name {
        let message = "`task_id` is the old name of `id`";
        fields.warn_at(key, message, format!("write `id: {}`", excerpt(&id)));
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if id == stem {
        return Some(id);
    }
    let (shown, stem) = (excerpt(&id), excerpt(stem));
    fields.refuse_at(
        key,
        format!("The id '{shown}' is not the name of the file, '{stem}'"),
        format!("write `id: {stem}`, or rename the file to `{shown}.yaml`"),
    );
    None
}

fn task(fields: &mut Fields<'_>, id: String, place: Place<'_>) -> Task {
    let written = written_status(fields, place);
    let status = shown(place.lane, written);
    let artefacts = fields.list(["artefacts", "artifacts"]);
    if artefacts.is_none() && fields.map().get("artefacts").is_none() {
        fields.missing("artefacts");
    }
    let why_not = why_not(place.lane, status, written);
    let result = fields.map().get("result");
    let error = fields.map().get("error");
    let inner = |map: Option<&Node>, key: &str| {
        let text = map?.get(key)?.written()?;
        Some(super::problem::cut(text, super::fields::LINE))
    };
    let task = Task {
        title: fields.text("title").unwrap_or_else(|| id.clone()),
        status,
        written_status: written,
        lane: place.lane,
        priority: fields
            .word("priority", TaskPriority::from_word, &TaskPriority::words())
            .unwrap_or(TaskPriority::Normal),
        agent: agent(fields, place),
        specification: fields.text("specification"),
        feature: fields.text("feature"),
        mode: mode(fields),
        artefacts: artefacts.unwrap_or_default(),
        description: fields.long_text("description", DESCRIPTION),
        created_at: moment(fields, "created_at"),
        started_at: moment(fields, "started_at"),
        completed_at: moment(fields, "completed_at").or_else(|| inner(result, "completed_at")),
        // Stays in the file when the task is taken out again, and means nothing then.
        freeze_reason: (fields.text("freeze_reason")).filter(|_| place.lane == Lane::Fridge),
        error: inner(error, "message"),
        summary: inner(result, "summary"),
        path: place.path.to_owned(),
        etag: place.etag.to_owned(),
        editable: why_not.is_none(),
        why_not,
        updated_at: place.updated_at,
        id,
    };
    check_rest(fields, written);
    task
}

/// The word, and what the folder says to it.
fn written_status(fields: &mut Fields<'_>, place: Place<'_>) -> Option<WrittenStatus> {
    let words = WrittenStatus::ALL.map(WrittenStatus::as_str).join(", ");
    if fields.map().get("status").is_none() {
        fields.missing("status");
    }
    let written = fields.word("status", WrittenStatus::from_word, &words)?;
    if !agree(place.lane, written) {
        let (folder, word) = (place.lane.folder(), written.as_str());
        fields.warn_at(
            "status",
            format!("The task is in `{folder}/` but its status says `{word}`; the folder counts"),
            disagreement_fix(place.lane, written),
        );
    }
    Some(written)
}

fn disagreement_fix(lane: Lane, written: WrittenStatus) -> String {
    let other = match written {
        WrittenStatus::New | WrittenStatus::Inbox => "inbox/",
        WrittenStatus::Assigned | WrittenStatus::InProgress | WrittenStatus::Blocked => {
            "assigned/AGENT/"
        }
        WrittenStatus::Done => "done/AGENT/",
        WrittenStatus::Error => "error/",
    };
    let word = match lane {
        Lane::Inbox => "inbox",
        Lane::Assigned => "assigned",
        Lane::Error => "error",
        Lane::Done | Lane::Archive | Lane::Fridge => "done",
    };
    format!("write `status: {word}`, or move the file to `{other}`")
}

fn agent(fields: &mut Fields<'_>, place: Place<'_>) -> Option<String> {
    let named = fields.text("agent");
    if fields.map().get("agent").is_none() {
        fields.missing("agent");
    }
    if let (Some(folder), Some(named)) = (place.agent, &named)
        && folder != named
    {
        let (folder, named) = (excerpt(folder), excerpt(named));
        fields.warn_at(
            "agent",
            format!(
                "The task is in the folder of '{folder}' but names '{named}'; the folder counts"
            ),
            format!("write `agent: {folder}`, or move the file to the folder of '{named}'"),
        );
    }
    if place.agent.is_none() && place.lane == Lane::Assigned {
        fields.warn_at(
            "agent",
            "The task is assigned but in nobody's folder",
            "move the file to `assigned/AGENT/`",
        );
    }
    place.agent.map(ToOwned::to_owned).or(named)
}

fn mode(fields: &mut Fields<'_>) -> Option<String> {
    let known = |word: &str| MODES.iter().find(|mode| **mode == word).copied();
    fields
        .word("mode", known, &MODES.join(", "))
        .map(ToOwned::to_owned)
}

fn moment(fields: &mut Fields<'_>, key: &str) -> Option<String> {
    fields.moment(fields.map(), "", key)
}

/// Why priority and specification may not be changed.
fn why_not(lane: Lane, status: TaskStatus, written: Option<WrittenStatus>) -> Option<String> {
    let why = match (status, written) {
        (TaskStatus::InProgress, _) => "it is in progress",
        (TaskStatus::Done, _) => "it is done",
        (TaskStatus::Error, _) => "it ended with an error",
        _ if lane == Lane::Archive => "it is in the archive",
        (_, Some(WrittenStatus::InProgress)) => "its status says that it is in progress",
        (_, Some(WrittenStatus::Done)) => "its status says that it is done",
        (_, Some(WrittenStatus::Error)) => "its status says that it ended with an error",
        (
            TaskStatus::Inbox | TaskStatus::Assigned | TaskStatus::Blocked | TaskStatus::Frozen,
            _,
        ) => return None,
    };
    Some(why.to_owned())
}

/// What is not shown but must be as agreed all the same.
fn check_rest(fields: &mut Fields<'_>, written: Option<WrittenStatus>) {
    moment(fields, "assigned_at");
    moment(fields, "frozen_at");
    let map = fields.map();
    if let Some(context) = map.get("context").filter(|context| !context.is_map()) {
        let message = format!("`context` is {}, not a map", context.describe());
        fields.warn(context, message, "write it as `KEY: VALUE` lines");
    }
    if let Some(left_out) = map
        .get("artefacts_not_created")
        .or_else(|| map.get("artifacts_not_created"))
    {
        let is_whole = |item: &Node| {
            let has = |key| item.get(key).and_then(Node::written).is_some();
            has("name") && has("rationale")
        };
        if !left_out
            .list()
            .is_some_and(|items| items.iter().all(is_whole))
        {
            fields.warn(
                left_out,
                "`artefacts_not_created` is not a list of `name` and `rationale`",
                "write each item as `- name: …` with `rationale: …` below it",
            );
        }
    }
    check_result(fields, written);
    check_error(fields, written);
}

fn check_result(fields: &mut Fields<'_>, written: Option<WrittenStatus>) {
    let map = fields.map();
    let is_done = written == Some(WrittenStatus::Done);
    match map.get("result") {
        None if is_done => fields.warn_at(
            "status",
            "The task is done but has no `result`",
            "add `result:` with `summary`, `artefacts`, and `completed_at`",
        ),
        None => {}
        Some(result) if !is_done => fields.warn(
            result,
            "`result` is for tasks whose status is `done`",
            "remove it, or write `status: done`",
        ),
        Some(result) => {
            if result.get("summary").and_then(Node::written).is_none() {
                fields.warn(result, "`result.summary` is missing", "say what was done");
            }
            let artefacts = result.get("artefacts").or_else(|| result.get("artifacts"));
            let texts = |items: &[Node]| items.iter().all(|item| item.written().is_some());
            if !artefacts.and_then(Node::list).is_some_and(texts) {
                let message = "`result.artefacts` is not a list of texts";
                fields.warn(result, message, "write `artefacts: []` if there are none");
            }
            fields.moment(result, "result.", "completed_at");
        }
    }
}

fn check_error(fields: &mut Fields<'_>, written: Option<WrittenStatus>) {
    let has_failed = written == Some(WrittenStatus::Error);
    match fields.map().get("error") {
        None if has_failed => fields.warn_at(
            "status",
            "The task ended with an error but has no `error`",
            "add `error:` with `message` and `timestamp`",
        ),
        None => {}
        Some(error) if !has_failed => fields.warn(
            error,
            "`error` is for tasks whose status is `error`",
            "remove it, or write `status: error`",
        ),
        Some(error) => {
            if error.get("message").and_then(Node::written).is_none() {
                fields.warn(error, "`error.message` is missing", "say what went wrong");
            }
            fields.moment(error, "error.", "timestamp");
        }
    }
}
