//! The tasks that a request is for, as their files on the board: begun with an attempt, completed
//! with its success.
//!
//! Files that cannot be moved never stop a request; whoever waits is told. A failure leaves its task in
//! progress: whether to go on, set it aside, or give it up is not for a program to say.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::board::{Board, BoardError, Folders, Move, TaskStatus};
use crate::model::{AttemptRef, AttemptWarned, Clock, TaskId, sentence};

use super::progress::Warning;

/// Tasks, and where their files are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskFiles {
    /// The project.
    pub root: PathBuf,
    /// The folder of specifications, below it; may be absolute.
    pub specifications: PathBuf,
    /// The folder of the lanes, below it; may be absolute.
    pub folder: PathBuf,
    /// The tasks. One that has no file there is somebody else's, and no mistake.
    pub tasks: Vec<TaskId>,
}

/// Why a task stayed where it was.
pub(super) struct Stayed {
    task: TaskId,
    why: String,
}

impl TaskFiles {
    /// The attempt begins.
    pub(super) fn begin(&self, clock: &Arc<dyn Clock>) -> Vec<Stayed> {
        self.each(clock, Move::of_begun_run)
    }

    /// The attempt succeeded, and nothing follows it.
    pub(super) fn succeed(&self, name: &AttemptRef, clock: &Arc<dyn Clock>) -> Vec<Stayed> {
        let summary = format!("done by {}.{}", name.run, name.invocation);
        self.each(clock, |status| Move::of_done_run(status, &summary))
    }

    fn each(
        &self,
        clock: &Arc<dyn Clock>,
        step: impl Fn(TaskStatus) -> Option<Move>,
    ) -> Vec<Stayed> {
        let folders = Folders {
            specifications: self.specifications.clone(),
            tasks: self.folder.clone(),
        };
        let board = Board::open(&self.root, &folders, Arc::clone(clock));
        let take = |id: &str| match step(board.task(id)?.task.status) {
            Some(step) => board.move_task(id, &step, None).map(drop),
            None => Ok(()),
        };
        let mut stayed = Vec::new();
        for task in &self.tasks {
            match take(task.as_str()) {
                Ok(()) | Err(BoardError::NoSuchTask { .. }) => {}
                Err(error) => stayed.push(Stayed {
                    task: task.clone(),
                    why: sentence(&error),
                }),
            }
        }
        stayed
    }
}

impl Stayed {
    /// For whoever waits.
    pub(super) fn warning(&self) -> Warning {
        let message = format!("the file of task {} stays: {}", self.task, self.why);
        Warning::new("task_stayed", message)
    }

    /// For the record.
    pub(super) fn event(&self) -> AttemptWarned {
        let task = self.task.to_string().into();
        AttemptWarned {
            code: "task_stayed".to_owned(),
            facts: [("task".to_owned(), task)].into_iter().collect(),
        }
    }
}
