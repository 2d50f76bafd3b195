//! The file of one task, open: read as it is at this moment, and written back.
//!
//! Owns where a task's file goes. It decides nothing about the task.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use super::cache::{not_read, not_utf8, read_task};
use super::error::BoardError;
use super::folder::Folder;
use super::moves::Plan;
use super::problem::Problem;
use super::stamp::Stamp;
use super::task::{BOUNDS, MAX_BYTES, Place, Task};
use super::view::BoardView;
use super::write::{self, NotWritten, Source};
use super::yaml::parse;
use crate::model::{Digest, excerpt};
use crate::yaml::Node;

/// A task's file as it was read.
pub(super) struct Opened {
    pub(super) task: Task,
    pub(super) text: String,
    /// The agent whose folder it is in.
    agent_folder: Option<String>,
    folder: Folder,
    name: String,
    stamp: Stamp,
}

impl Opened {
    /// Read the file that the board has for a task. `shown` is the folder of tasks as it is shown.
    pub(super) fn open(
        view: &BoardView,
        tasks: &Folder,
        shown: &str,
        id: &str,
    ) -> Result<Self, BoardError> {
        let Some(known) = view.task(id) else {
            return Err(unknown(view, id));
        };
        let changed = || BoardError::Changed {
            id: excerpt(id),
            etag: None,
        };
        let inner = known.path.strip_prefix(shown).unwrap_or(&known.path);
        let inner = Path::new(inner.trim_start_matches('/'));
        let (Some(dir), Some(name)) = (inner.parent(), inner.file_name()) else {
            return Err(changed());
        };
        let cannot = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => changed(),
            _ => BoardError::io("open the folder of", known.path.as_str())(error),
        };
        let folder = tasks.below(dir).map_err(cannot)?;
        let (bytes, stamp) = folder.read(name, MAX_BYTES).map_err(|why| {
            not_read(&known.path, why).map_or_else(changed, BoardError::Malformed)
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let problem = not_utf8(&known.path, error.as_bytes(), error.utf8_error());
            BoardError::Malformed(problem)
        })?;
        let agent_folder = agent_folder(known, dir);
        let digest = Digest::of(text.as_bytes());
        let place = Place {
            path: &known.path,
            lane: known.lane,
            agent: agent_folder.as_deref(),
            etag: digest.as_str(),
            updated_at: stamp.modified(),
        };
        match read_task(text.as_bytes(), place) {
            (Some(task), _) => Ok(Self {
                task,
                text,
                agent_folder,
                folder,
                name: name.to_string_lossy().into_owned(),
                stamp,
            }),
            (None, problems) => Err(problems
                .into_iter()
                .next()
                .map_or_else(changed, BoardError::Malformed)),
        }
    }

    /// A plan that changes nothing and leaves the task where it is.
    pub(super) fn stay(&self) -> Plan {
        Plan {
            changes: Vec::new(),
            lane: self.task.lane,
            agent: self.agent_folder.clone(),
        }
    }

    /// All fields of the file.
    pub(super) fn root(&self) -> Option<Node> {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(&self.text);
        parse(text, BOUNDS).ok().flatten()
    }

    /// Write `text` where the plan says, and read it as everybody else will.
    pub(super) fn put(
        &self,
        tasks: &Folder,
        shown: &str,
        plan: &Plan,
        text: &str,
    ) -> Result<Task, BoardError> {
        let stays = self.task.lane == plan.lane && self.agent_folder == plan.agent;
        if stays && text == self.text {
            return Ok(self.task.clone());
        }
        let folder = match &plan.agent {
            Some(agent) => format!("{}/{agent}", plan.lane.folder()),
            None => plan.lane.folder().to_owned(),
        };
        let path = if stays {
            self.task.path.clone()
        } else {
            format!("{shown}/{folder}/{}", self.name)
        };
        let digest = Digest::of(text.as_bytes());
        let place = Place {
            path: &path,
            lane: plan.lane,
            agent: plan.agent.as_deref(),
            etag: digest.as_str(),
            updated_at: self.stamp.modified(),
        };
        let Some(task) = read_task(text.as_bytes(), place).0 else {
            let message = "The change would make the file unusable";
            let problem = Problem::error(&path, None, message, "change it in an editor");
            return Err(BoardError::Malformed(problem));
        };
        let stamp = if stays {
            self.replace(text, &path)
        } else {
            let to = tasks
                .made_below(Path::new(&folder))
                .map_err(BoardError::io("open the folder of", path.as_str()))?;
            self.carry(&to, text, &path)
        }?;
        Ok(Task {
            updated_at: stamp.modified(),
            ..task
        })
    }

    fn replace(&self, text: &str, path: &str) -> Result<Stamp, BoardError> {
        write::replace(self.source(), text.as_bytes())
            .map_err(|why| self.not_written(path, why))?;
        self.stamp_in(&self.folder, path)
    }

    fn carry(&self, to: &Folder, text: &str, path: &str) -> Result<Stamp, BoardError> {
        write::carry(self.source(), to, text.as_bytes())
            .map_err(|why| self.not_written(path, why))?;
        self.stamp_in(to, path)
    }

    fn source(&self) -> Source<'_> {
        Source {
            folder: &self.folder,
            name: OsStr::new(&self.name),
            bytes: self.text.as_bytes(),
        }
    }

    fn stamp_in(&self, folder: &Folder, path: &str) -> Result<Stamp, BoardError> {
        folder
            .stamp(OsStr::new(&self.name))
            .map_err(BoardError::io("look at", path))
    }

    fn not_written(&self, path: &str, why: NotWritten) -> BoardError {
        match why {
            NotWritten::Changed => BoardError::Changed {
                id: excerpt(&self.task.id),
                etag: None,
            },
            NotWritten::Exists => BoardError::Exists {
                path: path.to_owned(),
            },
            NotWritten::Io(source) => BoardError::io("write", path)(source),
        }
    }
}

/// The agent whose folder a task's file is in: `assigned/AGENT/…`.
fn agent_folder(task: &Task, dir: &Path) -> Option<String> {
    let agent = dir.components().nth(1)?.as_os_str().to_str()?;
    task.lane.has_agents().then(|| agent.to_owned())
}

/// Why no task of this id is on the board.
fn unknown(view: &BoardView, id: &str) -> BoardError {
    let is_named = |problem: &&Problem| {
        let name = problem.path.rsplit('/').next().unwrap_or_default();
        let stem = name
            .strip_suffix(".yaml")
            .or_else(|| name.strip_suffix(".yml"));
        stem == Some(id)
    };
    match view.problems.iter().find(is_named) {
        Some(problem) => BoardError::Malformed(problem.clone()),
        None => BoardError::NoSuchTask { id: excerpt(id) },
    }
}
