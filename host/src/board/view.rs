//! The board as it is right now: specifications, tasks, and what is wrong with their files.
//!
//! Puts together what was read file by file and finds what only shows between files: an id twice, a
//! feature that its specification does not have. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::links;
use super::problem::Problem;
use super::scan::Present;
use super::spec::Spec;
use super::status::Lane;
use super::task::Task;
use crate::model::excerpt;

/// Most problems that are kept.
const MAX_PROBLEMS: usize = 1_000;

/// Everything on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BoardView {
    /// In the order of their paths.
    pub specs: Vec<Spec>,
    /// In the order of their ids, which are unique.
    pub tasks: Vec<Task>,
    /// In the order of paths and lines, at most 1,000.
    pub problems: Vec<Problem>,
    /// Markdown files without front matter, below the folder of specifications. They are documents
    /// and no problem; a task that names one is an orphan.
    pub documents: Vec<String>,
    /// Whether there is a folder of specifications.
    pub has_specifications: bool,
    /// Whether there is a folder of tasks.
    pub has_tasks: bool,
    /// Files whose front matter cannot be used.
    #[serde(skip)]
    pub(super) bad_specs: BTreeSet<String>,
    /// Where the specifications are, as configured.
    #[serde(skip)]
    pub(super) folder: PathBuf,
}

/// What was read file by file.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) specs: Vec<Spec>,
    pub(super) tasks: Vec<Task>,
    pub(super) problems: Vec<Problem>,
    pub(super) documents: Vec<String>,
    pub(super) bad_specs: BTreeSet<String>,
}

/// Why a task belongs to no specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrphanReason {
    /// It names none.
    NoSpecification,
    /// What it names does not lead to a file among the specifications.
    NotAPath,
    /// It names a file that is not there.
    NoSuchFile,
    /// It names a document without front matter.
    NoFrontMatter,
    /// It names a file whose front matter cannot be used.
    BadFrontMatter,
}

impl BoardView {
    pub(super) fn new(parts: Parts, present: Present, folder: &Path) -> Self {
        let Parts {
            mut specs,
            tasks,
            mut problems,
            documents,
            bad_specs,
        } = parts;
        specs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        problems.extend(same_spec_ids(&specs, folder));
        let tasks = without_doubles(tasks, &mut problems);
        let mut view = Self {
            specs,
            tasks,
            problems: Vec::new(),
            documents,
            has_specifications: present.specifications,
            has_tasks: present.tasks,
            bad_specs,
            folder: folder.to_owned(),
        };
        problems.extend(view.unknown_features());
        view.problems = bounded(problems);
        view
    }

    /// The task of this id.
    #[must_use]
    pub fn task(&self, id: &str) -> Option<&Task> {
        let index = self
            .tasks
            .binary_search_by(|task| task.id.as_str().cmp(id))
            .ok()?;
        self.tasks.get(index)
    }

    /// The specification of this path below the folder of specifications.
    #[must_use]
    pub fn spec(&self, path: &str) -> Option<&Spec> {
        let index = self
            .specs
            .binary_search_by(|spec| spec.path.as_str().cmp(path))
            .ok()?;
        self.specs.get(index)
    }

    /// The specification that a task belongs to.
    ///
    /// # Errors
    /// Why it belongs to none.
    pub fn spec_of(&self, task: &Task) -> Result<&Spec, OrphanReason> {
        let written = task
            .specification
            .as_deref()
            .ok_or(OrphanReason::NoSpecification)?;
        let path = links::below(written, &self.folder).map_err(|_| OrphanReason::NotAPath)?;
        self.spec(&path).ok_or_else(|| self.why_no_spec(&path))
    }

    /// Why there is no specification at a path.
    pub(super) fn why_no_spec(&self, path: &str) -> OrphanReason {
        if self.bad_specs.contains(path) {
            OrphanReason::BadFrontMatter
        } else if self.documents.iter().any(|document| document == path) {
            OrphanReason::NoFrontMatter
        } else {
            OrphanReason::NoSuchFile
        }
    }

    fn unknown_features(&self) -> Vec<Problem> {
        let unknown = |task: &Task| {
            let feature = task.feature.as_deref()?;
            let spec = self.spec_of(task).ok()?;
            let is_known = spec.features.iter().any(|known| known.is_named(feature));
            if is_known || spec.features.is_empty() {
                return None;
            }
            let ids: Vec<String> = spec.features.iter().map(|f| excerpt(&f.id)).collect();
            let message = format!(
                "`feature` is '{}', which `{}` does not have",
                excerpt(feature),
                spec.path
            );
            let fix = format!("use one of {}", ids.join(", "));
            Some(Problem::warning(&task.path, None, message, fix))
        };
        self.tasks.iter().filter_map(unknown).collect()
    }
}

fn same_spec_ids(specs: &[Spec], folder: &Path) -> Vec<Problem> {
    let mut first: BTreeMap<&str, &Spec> = BTreeMap::new();
    let mut problems = Vec::new();
    for spec in specs {
        if let Some(other) = first.get(spec.id.as_str()) {
            problems.push(Problem::warning(
                &links::written(&spec.path, folder),
                None,
                format!(
                    "The id '{}' is also that of `{}`",
                    excerpt(&spec.id),
                    other.path
                ),
                "give one of the two another id",
            ));
        } else {
            first.insert(&spec.id, spec);
        }
    }
    problems
}

/// One task for each id. Of two files the one that is further on its way counts, since a move that
/// was interrupted leaves the older one behind; in the same lane the one that was written later.
fn without_doubles(mut tasks: Vec<Task>, problems: &mut Vec<Problem>) -> Vec<Task> {
    tasks.sort_unstable_by(|a, b| {
        let newest = (b.lane, b.updated_at).cmp(&(a.lane, a.updated_at));
        (a.id.cmp(&b.id)).then(newest).then(a.path.cmp(&b.path))
    });
    let mut kept: Vec<Task> = Vec::with_capacity(tasks.len());
    for task in tasks {
        match kept.last() {
            Some(last) if last.id == task.id => problems.push(Problem::error(
                &task.path,
                None,
                format!(
                    "The task '{}' is also in `{}`, which counts",
                    excerpt(&task.id),
                    last.path
                ),
                format!(
                    "compare the two and delete one; an interrupted move leaves the one in `{}/` behind",
                    older(last.lane, task.lane).folder()
                ),
            )),
            _ => kept.push(task),
        }
    }
    kept
}

fn older(a: Lane, b: Lane) -> Lane {
    a.min(b)
}

fn bounded(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_unstable();
    let n = problems.len();
    if n > MAX_PROBLEMS {
        problems.truncate(MAX_PROBLEMS - 1);
        let left_out = n - problems.len();
        problems.push(Problem::error(
            "",
            None,
            format!("{left_out} more problems are not listed"),
            "put these right first",
        ));
    }
    problems
}
