//! Where a task stands: the folder it lies in, the word in its file, and what both come to.
//!
//! The folder decides the lane. The word only tells, among assigned tasks, which are in progress or
//! blocked; where the two disagree, that is a problem to show. Pure.

use std::fmt;

use serde::Serialize;

/// A folder of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Waits for an agent.
    Inbox,
    /// Put aside; keeps its word.
    Fridge,
    /// In an agent's folder.
    Assigned,
    /// Ended with an error.
    Error,
    /// Finished, in an agent's folder.
    Done,
    /// Finished and put away.
    Archive,
}

impl Lane {
    /// All of them, those with open tasks first: this is the order of reading.
    pub const ALL: [Self; 6] = [
        Self::Inbox,
        Self::Assigned,
        Self::Error,
        Self::Fridge,
        Self::Done,
        Self::Archive,
    ];

    /// The name of its folder.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Fridge => "fridge",
            Self::Assigned => "assigned",
            Self::Error => "error",
            Self::Done => "done",
            Self::Archive => "archive",
        }
    }

    /// Whether its folder has a folder for each agent.
    pub(super) fn has_agents(self) -> bool {
        matches!(self, Self::Assigned | Self::Done)
    }
}

/// How a task is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Nobody has it.
    Inbox,
    /// An agent has it and has not begun.
    Assigned,
    /// An agent works on it.
    InProgress,
    /// It waits for something else.
    Blocked,
    /// Finished.
    Done,
    /// Ended with an error.
    Error,
    /// Put aside.
    Frozen,
}

impl TaskStatus {
    /// The word used in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Assigned => "assigned",
            Self::InProgress => "in_progress",
            Self::Blocked => "blocked",
            Self::Done => "done",
            Self::Error => "error",
            Self::Frozen => "frozen",
        }
    }

    /// Whether somebody still has to do something about it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::Inbox | Self::Assigned | Self::InProgress | Self::Blocked
        )
    }
}

/// The word in a task's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WrittenStatus {
    /// Just made.
    New,
    /// In the inbox.
    Inbox,
    /// An agent has it.
    Assigned,
    /// An agent works on it.
    InProgress,
    /// It waits for something else.
    Blocked,
    /// Finished.
    Done,
    /// Ended with an error.
    Error,
}

impl WrittenStatus {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::New,
        Self::Inbox,
        Self::Assigned,
        Self::InProgress,
        Self::Blocked,
        Self::Done,
        Self::Error,
    ];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Inbox => "inbox",
            Self::Assigned => "assigned",
            Self::InProgress => "in_progress",
            Self::Blocked => "blocked",
            Self::Done => "done",
            Self::Error => "error",
        }
    }

    /// The status of this word, in capitals or not.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str().eq_ignore_ascii_case(word))
    }

    /// What may follow, in the order of the alphabet.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::New => &[Self::Assigned, Self::Error, Self::Inbox],
            Self::Inbox => &[Self::Assigned, Self::Error],
            Self::Assigned => &[Self::Blocked, Self::Error, Self::InProgress],
            Self::InProgress => &[Self::Blocked, Self::Done, Self::Error],
            Self::Blocked => &[Self::Error, Self::InProgress],
            Self::Done | Self::Error => &[],
        }
    }

    /// Whether `to` may follow.
    ///
    /// # Errors
    /// [`Transition`], which names what may.
    pub fn check(self, to: Self) -> Result<(), Transition> {
        if self.next().contains(&to) {
            Ok(())
        } else {
            Err(Transition { from: self, to })
        }
    }
}

/// A step that no task may take. Its text is the origin's, word for word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// Where the task stands.
    pub from: WrittenStatus,
    /// Where it was to go.
    pub to: WrittenStatus,
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capitals = |status: WrittenStatus| status.as_str().to_ascii_uppercase();
        let next: Vec<String> = self.from.next().iter().copied().map(capitals).collect();
        let valid = if next.is_empty() {
            "none (terminal state)".to_owned()
        } else {
            next.join(", ")
        };
        let (from, to) = (capitals(self.from), capitals(self.to));
        write!(
            f,
            "Invalid transition from {from} to {to}. Valid transitions: {valid}"
        )
    }
}

/// What folder and word come to.
pub(super) fn shown(lane: Lane, written: Option<WrittenStatus>) -> TaskStatus {
    match (lane, written) {
        (Lane::Inbox, _) => TaskStatus::Inbox,
        (Lane::Fridge, _) => TaskStatus::Frozen,
        (Lane::Assigned, Some(WrittenStatus::InProgress)) => TaskStatus::InProgress,
        (Lane::Assigned, Some(WrittenStatus::Blocked)) => TaskStatus::Blocked,
        (Lane::Assigned, _) => TaskStatus::Assigned,
        (Lane::Error, _) | (Lane::Archive, Some(WrittenStatus::Error)) => TaskStatus::Error,
        (Lane::Done, _) | (Lane::Archive, Some(WrittenStatus::Done)) => TaskStatus::Done,
        // Put away without having been finished: counting it as done would be a lie.
        (Lane::Archive, _) => TaskStatus::Frozen,
    }
}

/// Where a task stands as far as its next step goes.
pub(super) fn standing(lane: Lane, written: Option<WrittenStatus>) -> WrittenStatus {
    match shown(lane, written) {
        TaskStatus::Inbox if written == Some(WrittenStatus::New) => WrittenStatus::New,
        TaskStatus::Inbox => WrittenStatus::Inbox,
        TaskStatus::Assigned => WrittenStatus::Assigned,
        TaskStatus::InProgress => WrittenStatus::InProgress,
        TaskStatus::Blocked => WrittenStatus::Blocked,
        TaskStatus::Done => WrittenStatus::Done,
        TaskStatus::Error => WrittenStatus::Error,
        TaskStatus::Frozen if lane == Lane::Archive => WrittenStatus::Done,
        TaskStatus::Frozen => written.unwrap_or(WrittenStatus::Inbox),
    }
}

/// Whether a file with this word may lie in this folder.
pub(super) fn agree(lane: Lane, written: WrittenStatus) -> bool {
    use WrittenStatus::{Assigned, Blocked, Done, Error, InProgress, Inbox, New};
    match lane {
        Lane::Inbox => matches!(written, New | Inbox),
        Lane::Assigned => matches!(written, Assigned | InProgress | Blocked),
        Lane::Done => written == Done,
        Lane::Error => written == Error,
        Lane::Archive => matches!(written, Done | Error),
        Lane::Fridge => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_refused_step_are_the_origins() {
        let said = |from: WrittenStatus, to| from.check(to).unwrap_err().to_string();
        assert_eq!(
            said(WrittenStatus::Assigned, WrittenStatus::Done),
            "Invalid transition from ASSIGNED to DONE. Valid transitions: BLOCKED, ERROR, IN_PROGRESS"
        );
        assert_eq!(
            said(WrittenStatus::Done, WrittenStatus::Assigned),
            "Invalid transition from DONE to ASSIGNED. Valid transitions: none (terminal state)"
        );
    }

    #[test]
    fn every_step_of_the_origin_is_allowed_and_no_other() {
        let allowed = [
            "new>inbox new>assigned new>error inbox>assigned inbox>error",
            "assigned>in_progress assigned>blocked assigned>error",
            "in_progress>done in_progress>blocked in_progress>error",
            "blocked>in_progress blocked>error",
        ]
        .join(" ");
        for from in WrittenStatus::ALL {
            for to in WrittenStatus::ALL {
                let step = format!("{}>{}", from.as_str(), to.as_str());
                let is_listed = allowed.split(' ').any(|listed| listed == step);
                assert_eq!(from.check(to).is_ok(), is_listed, "{step}");
            }
        }
    }

    #[test]
    fn the_folder_decides_the_lane_and_the_word_only_the_shade() {
        use WrittenStatus as W;
        let table = [
            (Lane::Inbox, Some(W::Done), TaskStatus::Inbox),
            (Lane::Assigned, None, TaskStatus::Assigned),
            (Lane::Assigned, Some(W::Done), TaskStatus::Assigned),
            (Lane::Assigned, Some(W::InProgress), TaskStatus::InProgress),
            (Lane::Assigned, Some(W::Blocked), TaskStatus::Blocked),
            (Lane::Done, Some(W::InProgress), TaskStatus::Done),
            (Lane::Error, None, TaskStatus::Error),
            (Lane::Fridge, Some(W::InProgress), TaskStatus::Frozen),
            (Lane::Archive, Some(W::Done), TaskStatus::Done),
            (Lane::Archive, Some(W::Error), TaskStatus::Error),
            (Lane::Archive, Some(W::Assigned), TaskStatus::Frozen),
        ];
        for (lane, written, status) in table {
            assert_eq!(shown(lane, written), status, "{lane:?} {written:?}");
        }
    }

    #[test]
    fn words_may_be_in_capitals() {
        assert_eq!(
            WrittenStatus::from_word("IN_PROGRESS"),
            Some(WrittenStatus::InProgress)
        );
        assert_eq!(WrittenStatus::from_word("complete"), None);
    }
}
