//! The board of one project: read as a whole, changed one task at a time.
//!
//! Owns the order of things: take the turn, read, decide, edit, check, write. What a change means is
//! decided in `moves` and `edit`, how it reaches the disk in `write`. Nothing is kept but what was
//! read; the files are the truth, and whoever else writes them is noticed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::cache::Cache;
use super::edit::{self, Change};
use super::error::BoardError;
use super::folder::Folder;
use super::links;
use super::moves::{Has, Move, Plan, invalid, plan};
use super::opened::Opened;
use super::problem::{Problem, cut};
use super::scan::{self, Folders, Seen};
use super::spec_text::{self, SpecText};
use super::task::Task;
use super::view::{BoardView, OrphanReason};
use super::words::TaskPriority;
use super::write;
use crate::model::{Clock, Digest, excerpt};

/// Longest name of a feature, in characters.
const FEATURE: usize = 300;

/// The board of one project. Shared freely between threads.
pub struct Board {
    root: PathBuf,
    folders: Folders,
    clock: Arc<dyn Clock>,
    cache: Mutex<Cache>,
    writing: Mutex<()>,
}

/// What the files of a board looked like. Two that are equal mean that nothing was touched, but for a
/// second write to a file within a tick of the system's clock that leaves its size the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint(Digest);

impl Fingerprint {
    /// 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// A task with the text of its file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskText {
    /// The task.
    #[serde(flatten)]
    pub task: Task,
    /// Its file. Somebody else wrote it: it may hold anything.
    pub text: String,
    /// All of its fields, also those that nobody here knows.
    pub fields: serde_json::Value,
}

impl std::fmt::Debug for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Board")
            .field("root", &self.root)
            .field("folders", &self.folders)
            .finish_non_exhaustive()
    }
}

impl Board {
    /// The board below `root`. Nothing is read yet, and nothing has to be there.
    #[must_use]
    pub fn open(root: &Path, folders: &Folders, clock: Arc<dyn Clock>) -> Self {
        Self {
            root: root.to_owned(),
            folders: folders.clone(),
            clock,
            cache: Mutex::default(),
            writing: Mutex::default(),
        }
    }

    /// What the files look like right now; about a millisecond for 300 files. Opens no file.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut all = Vec::new();
        let present = scan::walk(&self.root, &self.folders, &mut |seen| match seen {
            Seen::File { found, .. } => {
                all.extend_from_slice(found.path.as_bytes());
                all.push(0);
                all.extend_from_slice(&found.stamp.bytes());
            }
            Seen::Problem(problem) => {
                all.extend_from_slice(problem.path.as_bytes());
                all.push(1);
                all.extend_from_slice(problem.message.as_bytes());
                all.push(2);
            }
        });
        all.extend([u8::from(present.specifications), u8::from(present.tasks)]);
        Fingerprint(Digest::of(&all))
    }

    /// Everything on the board. Only files that were touched since the last time are read; when none
    /// was, the answer is the same allocation. What cannot be read is among its problems.
    #[must_use]
    pub fn load(&self) -> Arc<BoardView> {
        let mut cache = lock(&self.cache);
        cache.refresh(&self.root, &self.folders, self.clock.now())
    }

    /// A task with the text of its file.
    ///
    /// # Errors
    /// [`BoardError::NoSuchTask`], [`BoardError::Malformed`] when its file cannot be used, or
    /// [`BoardError::Io`].
    pub fn task(&self, id: &str) -> Result<TaskText, BoardError> {
        let view = self.load();
        let tasks = self.tasks_folder(id)?;
        let opened = Opened::open(&view, &tasks, &scan::shown(&self.folders.tasks), id)?;
        let root = opened.root();
        Ok(TaskText {
            task: opened.task,
            fields: root.map_or(serde_json::Value::Null, |root| root.to_json()),
            text: opened.text,
        })
    }

    /// A specification, or any other Markdown file among them, with its text. The path may be written
    /// with or without the folder's own name.
    ///
    /// # Errors
    /// [`BoardError::Outside`] when the path, or a symbolic link in it, could lead out of the folder;
    /// [`BoardError::NoSuchSpec`], [`BoardError::Malformed`] when the file is too large or not UTF-8,
    /// or [`BoardError::Io`].
    pub fn spec_text(&self, path: &str) -> Result<SpecText, BoardError> {
        spec_text::read(&self.root, &self.folders.specifications, path)
    }

    /// Give a task another priority.
    ///
    /// # Errors
    /// [`BoardError::Changed`] when `if_match` is not the task's etag, [`BoardError::NotEditable`]
    /// when it is in progress, done, or failed, [`BoardError::Invalid`] for a word that is no
    /// priority; else as for [`Board::task`], or when the file cannot be written.
    pub fn set_priority(
        &self,
        id: &str,
        priority: &str,
        if_match: &str,
    ) -> Result<Task, BoardError> {
        let Some(priority) = TaskPriority::from_word(priority.trim()) else {
            return Err(invalid(
                "priority",
                format!("'{}' is no priority", excerpt(priority)),
                format!("use one of {}", TaskPriority::words()),
            ));
        };
        self.change(id, Some(if_match), &|opened, _| {
            editable(&opened.task)?;
            let mut plan = opened.stay();
            let word = priority.as_str();
            let root = opened.root();
            let written = root
                .as_ref()
                .and_then(|root| root.get("priority")?.written());
            if !written.is_some_and(|written| written.eq_ignore_ascii_case(word)) {
                plan.changes.push(Change::Text("priority", word.to_owned()));
            }
            Ok(plan)
        })
    }

    /// Give a task a specification, and a feature of it. Without a feature, the one that it has stays
    /// if its specification stays, and is emptied if not.
    ///
    /// # Errors
    /// As for [`Board::set_priority`]; [`BoardError::Invalid`] when there is no such specification
    /// or it has no such feature.
    pub fn set_specification(
        &self,
        id: &str,
        specification: &str,
        feature: Option<&str>,
        if_match: &str,
    ) -> Result<Task, BoardError> {
        self.change(id, Some(if_match), &|opened, view| {
            let task = editable(&opened.task)?;
            let path = self.existing_spec(view, specification)?;
            let feature = feature
                .map(|name| known_feature(view, &path, name))
                .transpose()?;
            let stays = view.spec_of(task).is_ok_and(|spec| spec.path == path);
            let written = links::written(&path, &self.folders.specifications);
            let mut plan = opened.stay();
            if !stays {
                plan.changes.push(Change::Text("specification", written));
            }
            match feature {
                Some(feature) if task.feature.as_ref() != Some(&feature) => {
                    plan.changes.push(Change::Text("feature", feature));
                }
                None if !stays && task.feature.is_some() => {
                    plan.changes.push(Change::Null("feature"));
                }
                _ => {}
            }
            Ok(plan)
        })
    }

    /// Tie a task to no specification: it is an orphan then.
    ///
    /// # Errors
    /// As for [`Board::set_priority`].
    pub fn clear_specification(&self, id: &str, if_match: &str) -> Result<Task, BoardError> {
        self.change(id, Some(if_match), &|opened, _| {
            let task = editable(&opened.task)?;
            let mut plan = opened.stay();
            if task.specification.is_some() {
                plan.changes.push(Change::Null("specification"));
            }
            if task.feature.is_some() {
                plan.changes.push(Change::Null("feature"));
            }
            Ok(plan)
        })
    }

    /// Take a task one step further.
    ///
    /// # Errors
    /// [`BoardError::Transition`] when tasks do not go there from where it stands,
    /// [`BoardError::Exists`] when a file of its name lies in the folder it would go to; else as for
    /// [`Board::set_priority`].
    pub fn move_task(
        &self,
        id: &str,
        to: &Move,
        if_match: Option<&str>,
    ) -> Result<Task, BoardError> {
        let now = self.clock.now();
        self.change(id, if_match, &|opened, _| {
            let root = opened.root();
            let has = |key| root.as_ref().is_some_and(|root| root.get(key).is_some());
            let has = Has {
                result: has("result"),
                error: has("error"),
            };
            plan(&opened.task, to, has, now)
        })
    }

    /// Read a task, decide, and write what was decided.
    fn change(
        &self,
        id: &str,
        if_match: Option<&str>,
        decide: &dyn Fn(&Opened, &BoardView) -> Result<Plan, BoardError>,
    ) -> Result<Task, BoardError> {
        let _alone = lock(&self.writing);
        let tasks = self.tasks_folder(id)?;
        let _turn = write::take_turn(&tasks)
            .map_err(BoardError::io("lock", scan::shown(&self.folders.tasks)))?
            .ok_or(BoardError::Busy)?;
        let view = self.load();
        let opened = Opened::open(&view, &tasks, &scan::shown(&self.folders.tasks), id)?;
        if if_match.is_some_and(|etag| etag != opened.task.etag) {
            return Err(BoardError::Changed {
                id: excerpt(id),
                etag: Some(opened.task.etag),
            });
        }
        let plan = decide(&opened, &view)?;
        let text = edit::edit(&opened.text, &plan.changes).map_err(|fault| {
            let path = &opened.task.path;
            BoardError::Malformed(Problem::error(
                path,
                Some(fault.line),
                fault.message,
                fault.fix,
            ))
        })?;
        opened.put(&tasks, &scan::shown(&self.folders.tasks), &plan, &text)
    }

    /// The folder of tasks; without one there is no task of this id.
    fn tasks_folder(&self, id: &str) -> Result<Folder, BoardError> {
        scan::open(&self.root, &self.folders.tasks)
            .map_err(BoardError::io("open", scan::shown(&self.folders.tasks)))?
            .ok_or_else(|| BoardError::NoSuchTask { id: excerpt(id) })
    }

    /// The path of a specification that is on the board.
    fn existing_spec(&self, view: &BoardView, named: &str) -> Result<String, BoardError> {
        let refuse = |message: String| {
            let fix = "name a Markdown file with front matter below the folder of specifications";
            Err(invalid("specification", message, fix))
        };
        let path = match links::below(named, &self.folders.specifications) {
            Ok(path) => path,
            Err(why) => return refuse(format!("{why}: `{}`", excerpt(named))),
        };
        if view.spec(&path).is_some() {
            return Ok(path);
        }
        refuse(match view.why_no_spec(&path) {
            OrphanReason::NoFrontMatter => format!("`{}` has no front matter", excerpt(&path)),
            OrphanReason::BadFrontMatter => {
                format!("the front matter of `{}` cannot be used", excerpt(&path))
            }
            OrphanReason::NoSpecification | OrphanReason::NotAPath | OrphanReason::NoSuchFile => {
                format!("there is no specification `{}`", excerpt(&path))
            }
        })
    }
}

fn known_feature(view: &BoardView, path: &str, name: &str) -> Result<String, BoardError> {
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) || cut(name, FEATURE) != name {
        let message = format!(
            "'{}' is empty, too long, or more than one line",
            excerpt(name)
        );
        return Err(invalid(
            "feature",
            message,
            "use the id or the title of a feature",
        ));
    }
    let features = view.spec(path).map_or(&[][..], |spec| &spec.features);
    if features.is_empty() || features.iter().any(|feature| feature.is_named(name)) {
        return Ok(name.to_owned());
    }
    let ids: Vec<String> = features
        .iter()
        .map(|feature| excerpt(&feature.id))
        .collect();
    Err(invalid(
        "feature",
        format!("`{path}` has no feature '{}'", excerpt(name)),
        format!("use one of {}", ids.join(", ")),
    ))
}

/// The task, if it may be changed from outside.
fn editable(task: &Task) -> Result<&Task, BoardError> {
    match &task.why_not {
        None => Ok(task),
        Some(why) => Err(BoardError::NotEditable {
            id: task.id.clone(),
            why: why.clone(),
        }),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
