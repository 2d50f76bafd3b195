//! What this room could not do.

use std::io;

use super::problem::Problem;
use super::status::Transition;

/// Something that could not be done with a task or a specification.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BoardError {
    /// The file is not what the caller last read.
    #[error("change the task `{id}`: its file was changed in the meantime; read it again")]
    Changed {
        /// The task.
        id: String,
        /// What it is now; `None` when it is gone.
        etag: Option<String>,
    },
    /// No file of the board has this id.
    #[error("find the task `{id}`: no file of the board has that id")]
    NoSuchTask {
        /// What was looked for.
        id: String,
    },
    /// No specification has this path.
    #[error("find the specification `{path}`: there is no such file")]
    NoSuchSpec {
        /// What was looked for.
        path: String,
    },
    /// The task stands where nobody may change it from outside.
    #[error("change the task `{id}`: {why}")]
    NotEditable {
        /// The task.
        id: String,
        /// Why not, as the page shows it.
        why: String,
    },
    /// What was asked for makes no sense.
    #[error("set {field}: {message}")]
    Invalid {
        /// What was to be set.
        field: &'static str,
        /// What is wrong with it.
        message: String,
        /// What to do about it.
        fix: String,
    },
    /// No task takes this step.
    #[error("{0}")]
    Transition(Transition),
    /// The file cannot be read, or not be changed without changing more than was asked for.
    #[error("use `{}`{}: {}", .0.path, line(.0), .0.message)]
    Malformed(Problem),
    /// A file is in the way; files are never written over.
    #[error("write `{path}`: there is such a file already")]
    Exists {
        /// The file, below the root.
        path: String,
    },
    /// The path does not stay in the folder of specifications.
    #[error("open `{path}`: {why}")]
    Outside {
        /// What was named.
        path: String,
        /// Why it is refused.
        why: &'static str,
    },
    /// Another process is writing, and did not finish within two seconds.
    #[error("change the board: another process is writing to it")]
    Busy,
    /// The system refused.
    #[error("{action} `{path}`")]
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// On what, below the root.
        path: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

impl BoardError {
    /// Wrap a system error with what was tried on what.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<String>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn fix(&self) -> Option<String> {
        match self {
            Self::Changed { .. } => Some("read the task again and repeat the change".to_owned()),
            Self::Invalid { fix, .. } => Some(fix.clone()),
            Self::Malformed(problem) => Some(problem.fix.clone()),
            Self::Exists { path } => Some(format!(
                "look at `{path}`; if an interrupted move left it behind, delete it"
            )),
            Self::Outside { .. } => {
                Some("name a Markdown file below the folder of specifications".to_owned())
            }
            Self::Busy => Some("try again in a moment".to_owned()),
            Self::NoSuchTask { .. }
            | Self::NoSuchSpec { .. }
            | Self::NotEditable { .. }
            | Self::Transition(_)
            | Self::Io { .. } => None,
        }
    }
}

fn line(problem: &Problem) -> String {
    problem
        .line
        .map_or_else(String::new, |line| format!(" at line {line}"))
}
