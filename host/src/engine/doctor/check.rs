//! What a check says.

use std::path::PathBuf;

use serde::Serialize;
use uuid::Uuid;

use crate::index::IndexFile;
use crate::model::{InvocationNumber, RunId};
use crate::spool::Ticket;

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// Where everything is kept.
    State,
    /// The record.
    Journal,
    /// What is derived from it.
    Index,
    /// Attempts and workflows that go on.
    Runs,
    /// What runs leave on disk.
    Files,
    /// What tools leave running.
    Processes,
    /// The YAML files.
    Configuration,
    /// The programs that they name.
    Tools,
    /// The machine and this program.
    Host,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Verdict {
    /// In order.
    #[serde(rename = "ok")]
    Good,
    /// Worth knowing; nothing is wrong.
    #[serde(rename = "note")]
    Note,
    /// Not in order.
    #[serde(rename = "problem")]
    Problem,
}

/// What was looked at, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The check, the same in every version.
    pub id: &'static str,
    /// What it is about.
    pub area: Area,
    /// What it is about in particular, such as a tool's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// How it came out.
    pub verdict: Verdict,
    /// What was seen; may hold names that somebody else chose.
    pub message: String,
    /// What to do about it, or what a fix would do.
    pub fix: Option<String>,
    /// Whether [`Examination::mend`](super::Examination::mend) does it.
    pub fixable: bool,
    #[serde(skip)]
    pub(super) remedy: Option<Remedy>,
}

/// What would mend it. Each is looked at again before it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Let nobody else into these folders.
    Close(Vec<PathBuf>),
    /// Put the ballast aside.
    LayBallast,
    /// Make the index anew.
    RebuildIndex,
    /// Remove indexes that only older programs use.
    RemoveIndexes(Vec<IndexFile>),
    /// Put on record what became of attempts and workflows.
    Recover,
    /// Start what waits.
    Admit,
    /// Remove files with secrets of invocations that are over.
    ForgetLaunches(Vec<(RunId, InvocationNumber)>),
    /// Throw away what was staged and never used.
    Discard(Vec<Ticket>),
    /// Remove what is older than it should be.
    Prune,
    /// End the processes with these markers.
    Sweep(Vec<Uuid>),
}

impl Check {
    /// In order.
    #[must_use]
    pub fn good(id: &'static str, area: Area, message: impl Into<String>) -> Self {
        Self {
            id,
            area,
            subject: None,
            verdict: Verdict::Good,
            message: message.into(),
            fix: None,
            fixable: false,
            remedy: None,
        }
    }

    /// Worth knowing.
    #[must_use]
    pub fn note(id: &'static str, area: Area, message: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Note,
            ..Self::good(id, area, message)
        }
    }

    /// Not in order.
    #[must_use]
    pub fn problem(id: &'static str, area: Area, message: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Problem,
            ..Self::good(id, area, message)
        }
    }

    /// About this one in particular.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// What the user can do.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// What `--fix` does.
    pub(super) fn mended_by(mut self, remedy: Remedy, fix: &str) -> Self {
        self.fix = Some(format!("--fix {fix}"));
        self.fixable = true;
        self.remedy = Some(remedy);
        self
    }
}

/// The first few of many, for a sentence.
pub(super) fn some_of<T: ToString>(all: &[T]) -> String {
    let (shown, rest) = all.split_at(all.len().min(3));
    let shown: Vec<String> = shown.iter().map(ToString::to_string).collect();
    match rest.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `1 attempt`, `2 attempts`.
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_cut_and_counted() {
        assert_eq!(some_of(&[1, 2]), "1, 2");
        assert_eq!(some_of(&[1, 2, 3, 4, 5]), "1, 2, 3 and 2 more");
        assert_eq!(
            (counted(1, "run"), counted(0, "run")),
            ("1 run".to_owned(), "0 runs".to_owned())
        );
    }

    #[test]
    fn a_check_is_one_object_without_its_remedy() {
        let check = Check::note("ballast", Area::State, "there is none")
            .mended_by(Remedy::LayBallast, "puts it aside");
        assert_eq!(
            serde_json::to_string(&check).unwrap(),
            r#"{"id":"ballast","area":"state","verdict":"note","message":"there is none","fix":"--fix puts it aside","fixable":true}"#
        );
    }
}
