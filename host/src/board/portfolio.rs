//! Initiative, specification, feature, task: how far each is, and what belongs nowhere.
//!
//! Pure functions of the board. What runs and what money went into it is added by who asks.

use std::collections::BTreeMap;

use serde::Serialize;

use super::progress::{ProgressBasis, Tally, mean};
use super::spec::{Feature, Spec};
use super::status::TaskStatus;
use super::task::Task;
use super::view::{BoardView, OrphanReason};
use super::words::{SpecStatus, TaskPriority};

/// All initiatives, and the tasks that belong to none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Portfolio {
    /// The most urgent first, then by title.
    pub initiatives: Vec<Initiative>,
    /// Those that can be given a specification first, then the most urgent.
    pub orphans: Vec<Orphan>,
}

/// A group of specifications that name the same initiative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Initiative {
    /// Its title in lower case with `-` for spaces.
    pub id: String,
    /// As the first of its specifications writes it.
    pub title: String,
    /// Over when all of its specifications are, begun when any is.
    pub status: SpecStatus,
    /// That of its furthest specification: what the origin calls its status.
    #[serde(skip)]
    pub most_advanced: SpecStatus,
    /// That of its most urgent specification.
    pub priority: TaskPriority,
    /// The mean of its specifications, in percent.
    pub progress: u8,
    /// Manual when that of one of its specifications is.
    pub progress_basis: ProgressBasis,
    /// Tasks that are done.
    pub done: usize,
    /// Tasks in all.
    pub total: usize,
    /// The most urgent first, then by title.
    pub specifications: Vec<SpecProgress>,
    /// How many they are.
    pub spec_count: usize,
    /// Tasks in all, again: the origin's name for it.
    pub task_count: usize,
}

/// A specification, and how far its tasks are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpecProgress {
    /// Its identity.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How far it says it is.
    pub status: SpecStatus,
    /// How urgent it is.
    pub priority: TaskPriority,
    /// The initiative, as it writes it.
    pub initiative: String,
    /// A group of initiatives.
    pub epic: Option<String>,
    /// How far its tasks are, in percent; what somebody wrote down instead, if they did.
    pub progress: u8,
    /// Which of the two.
    pub progress_basis: ProgressBasis,
    /// Tasks that are done.
    pub done: usize,
    /// Tasks in all.
    pub total: usize,
    /// Tasks by where they stand; what there is none of is left out.
    pub by_status: BTreeMap<TaskStatus, usize>,
    /// Tasks in all, again: the origin's name for it.
    pub task_count: usize,
    /// Its file, below the folder of specifications.
    pub specification_path: String,
    /// Whether its status and its tasks tell different stories.
    pub stale: bool,
    /// Which.
    pub stale_why: Option<String>,
    /// Its parts, in its order.
    pub features: Vec<FeatureProgress>,
    /// Its tasks, the most urgent first.
    pub tasks: Vec<TaskLine>,
}

/// A part of a specification, and how far its tasks are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeatureProgress {
    /// Its identity within the specification.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How far it says it is.
    pub status: Option<SpecStatus>,
    /// How far its tasks are, in percent.
    pub progress: u8,
    /// Tasks that are done.
    pub done: usize,
    /// Tasks in all.
    pub total: usize,
}

/// A task in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskLine {
    /// Its identity.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// Where it stands.
    pub status: TaskStatus,
    /// How urgent it is.
    pub priority: TaskPriority,
    /// Whose it is.
    pub agent: Option<String>,
    /// The part of the specification, as its file says.
    pub feature: Option<String>,
}

/// A task that belongs to no specification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Orphan {
    /// The task.
    #[serde(flatten)]
    pub task: Task,
    /// Why, in a word.
    pub orphan_reason: OrphanReason,
    /// Why, in a sentence.
    pub orphan_why: String,
}

impl BoardView {
    /// How far everything is.
    #[must_use]
    pub fn portfolio(&self) -> Portfolio {
        let mut tasks_of: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
        let mut orphans = Vec::new();
        for task in &self.tasks {
            match self.spec_of(task) {
                Ok(spec) => tasks_of.entry(&spec.path).or_default().push(task),
                Err(reason) => orphans.push(orphan(task, reason)),
            }
        }
        orphans.sort_by_key(|orphan| (!orphan.task.editable, orphan.task.priority));
        let mut groups: BTreeMap<String, Vec<SpecProgress>> = BTreeMap::new();
        for spec in &self.specs {
            let tasks = tasks_of.remove(spec.path.as_str()).unwrap_or_default();
            let group = groups.entry(slug(&spec.initiative)).or_default();
            group.push(spec_progress(spec, tasks));
        }
        let mut initiatives: Vec<Initiative> = groups
            .into_iter()
            .map(|(id, specs)| initiative(id, specs))
            .collect();
        initiatives.sort_by(|a, b| (a.priority, &a.title).cmp(&(b.priority, &b.title)));
        Portfolio {
            initiatives,
            orphans,
        }
    }
}

fn orphan(task: &Task, reason: OrphanReason) -> Orphan {
    let named = task.specification.as_deref().unwrap_or_default();
    let named = crate::model::excerpt(named);
    let orphan_why = match reason {
        OrphanReason::NoSpecification => "it names no specification".to_owned(),
        OrphanReason::NotAPath => {
            format!("it names `{named}`, which leads to no file among the specifications")
        }
        OrphanReason::NoSuchFile => format!("it names `{named}`, which does not exist"),
        OrphanReason::NoFrontMatter => format!("it names `{named}`, which has no front matter"),
        OrphanReason::BadFrontMatter => {
            format!("it names `{named}`, whose front matter cannot be used")
        }
    };
    Orphan {
        task: task.clone(),
        orphan_reason: reason,
        orphan_why,
    }
}

fn slug(title: &str) -> String {
    let words: Vec<String> = title.split_whitespace().map(str::to_lowercase).collect();
    words.join("-")
}

/// Over when all of it is, begun when any of it is; the origin's rule, the most advanced of all,
/// calls an initiative implemented of which one part is.
fn status(specs: &[SpecProgress]) -> SpecStatus {
    let is_over = |it: SpecStatus| matches!(it, SpecStatus::Implemented | SpecStatus::Deprecated);
    let open = specs.iter().map(|spec| spec.status);
    let begun = specs.iter().any(|spec| is_over(spec.status));
    match open.filter(|it| !is_over(*it)).max() {
        Some(most) if begun => most.max(SpecStatus::InProgress),
        Some(most) => most,
        None => (specs.iter().map(|spec| spec.status).min()).unwrap_or(SpecStatus::Unknown),
    }
}

fn initiative(id: String, mut specs: Vec<SpecProgress>) -> Initiative {
    let title = specs.first().map(|spec| spec.initiative.clone());
    specs.sort_by(|a, b| (a.priority, &a.title).cmp(&(b.priority, &b.title)));
    let is_manual = |spec: &SpecProgress| spec.progress_basis == ProgressBasis::Manual;
    let total = specs.iter().map(|spec| spec.total).sum();
    Initiative {
        title: title.unwrap_or_default(),
        status: status(&specs),
        most_advanced: (specs.iter().map(|spec| spec.status).max()).unwrap_or(SpecStatus::Unknown),
        priority: (specs.iter().map(|spec| spec.priority).min()).unwrap_or(TaskPriority::Medium),
        progress: mean(
            specs.iter().map(|spec| usize::from(spec.progress)).sum(),
            specs.len(),
        ),
        progress_basis: if specs.iter().any(is_manual) {
            ProgressBasis::Manual
        } else {
            ProgressBasis::Weighted
        },
        done: specs.iter().map(|spec| spec.done).sum(),
        total,
        spec_count: specs.len(),
        task_count: total,
        specifications: specs,
        id,
    }
}

fn spec_progress(spec: &Spec, mut tasks: Vec<&Task>) -> SpecProgress {
    tasks.sort_by_key(|task| task.priority);
    let tally = Tally::of(tasks.iter().map(|task| task.status));
    let stale_why = stale(spec.status, &tally);
    SpecProgress {
        id: spec.id.clone(),
        title: spec.title.clone(),
        status: spec.status,
        priority: spec.priority,
        initiative: spec.initiative.clone(),
        epic: spec.epic.clone(),
        progress: spec.completion.unwrap_or_else(|| tally.percent()),
        progress_basis: match spec.completion {
            Some(_) => ProgressBasis::Manual,
            None => ProgressBasis::Weighted,
        },
        done: tally.done(),
        total: tally.total(),
        task_count: tally.total(),
        specification_path: spec.path.clone(),
        stale: stale_why.is_some(),
        stale_why,
        features: (spec.features.iter())
            .map(|feature| feature_progress(feature, &tasks))
            .collect(),
        tasks: tasks.into_iter().map(line).collect(),
        by_status: tally.by_status,
    }
}

/// Stale is a specification whose tasks are all done while it does not say so, or that says so while
/// some are open. What was put aside counts for neither; a failed task is neither done nor open.
fn stale(status: SpecStatus, tally: &Tally) -> Option<String> {
    let n_done = tally.done();
    let is_all_done = n_done > 0 && n_done + tally.n(TaskStatus::Frozen) == tally.total();
    let n_open = tally.n_open();
    match status {
        SpecStatus::Implemented if n_open > 0 => Some(format!(
            "it says `implemented`, but {n_open} of its {} tasks are open",
            tally.total()
        )),
        SpecStatus::Draft
        | SpecStatus::Review
        | SpecStatus::Approved
        | SpecStatus::Planned
        | SpecStatus::InProgress
            if is_all_done =>
        {
            Some(format!(
                "all of its tasks are done ({n_done}), but it says `{}`",
                status.as_str()
            ))
        }
        SpecStatus::Unknown
        | SpecStatus::Archived
        | SpecStatus::Deprecated
        | SpecStatus::Draft
        | SpecStatus::Review
        | SpecStatus::Approved
        | SpecStatus::Planned
        | SpecStatus::InProgress
        | SpecStatus::Implemented => None,
    }
}

fn feature_progress(feature: &Feature, tasks: &[&Task]) -> FeatureProgress {
    let is_of = |task: &&&Task| {
        task.feature
            .as_deref()
            .is_some_and(|name| feature.is_named(name))
    };
    let tally = Tally::of(tasks.iter().filter(is_of).map(|task| task.status));
    FeatureProgress {
        id: feature.id.clone(),
        title: feature.title.clone(),
        status: feature.status,
        progress: tally.percent(),
        done: tally.done(),
        total: tally.total(),
    }
}

fn line(task: &Task) -> TaskLine {
    TaskLine {
        id: task.id.clone(),
        title: task.title.clone(),
        status: task.status,
        priority: task.priority,
        agent: task.agent.clone(),
        feature: task.feature.clone(),
    }
}
