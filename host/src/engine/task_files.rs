//! The tasks that a request is for, as their files on the board: begun with an attempt, completed
//! with its success.
//!
//! Files that cannot be moved never stop a request; whoever waits is told. A failure leaves its task in
//! progress: whether to go on, set it aside, or give it up is not for a program to say.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::board::{Board, BoardError, Folders, Move, TaskStatus};
use crate::model::{AttemptOutcome, AttemptRef, AttemptWarned, Clock, TaskId, sentence};

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
    /// The attempt begins: they are in progress.
    pub(super) fn begin(&self, clock: &Arc<dyn Clock>) -> Vec<Stayed> {
        self.each(clock, |board, id, status| match status {
            TaskStatus::InProgress => Ok(()),
            _ => board
                .move_task(id, &Move::Start { agent: None }, None)
                .map(drop),
        })
    }

    /// The attempt is over and nothing follows it: with success, they are done.
    pub(super) fn end(
        &self,
        name: &AttemptRef,
        outcome: AttemptOutcome,
        clock: &Arc<dyn Clock>,
    ) -> Vec<Stayed> {
        if outcome != AttemptOutcome::Done {
            return Vec::new();
        }
        let summary = format!("done by {}.{}", name.run, name.invocation);
        self.each(clock, |board, id, status| match status {
            // The agent completed it, or somebody set it aside meanwhile.
            TaskStatus::InProgress => {
                let step = Move::Complete {
                    summary: Some(summary.clone()),
                    artefacts: Vec::new(),
                };
                board.move_task(id, &step, None).map(drop)
            }
            _ => Ok(()),
        })
    }

    fn each(
        &self,
        clock: &Arc<dyn Clock>,
        step: impl Fn(&Board, &str, TaskStatus) -> Result<(), BoardError>,
    ) -> Vec<Stayed> {
        let folders = Folders {
            specifications: self.specifications.clone(),
            tasks: self.folder.clone(),
        };
        let board = Board::open(&self.root, &folders, Arc::clone(clock));
        let mut stayed = Vec::new();
        for task in &self.tasks {
            let found = board.task(task.as_str());
            let moved = found.and_then(|found| step(&board, task.as_str(), found.task.status));
            match moved {
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
