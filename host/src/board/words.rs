//! The words of a board: priorities, modes, and how far a specification is.
//!
//! They are read in capitals or not, and written in lower case.

use serde::Serialize;

/// How urgent a task or a specification is; the most urgent is the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskPriority {
    /// Before all others.
    Critical,
    /// Soon.
    High,
    /// Between high and normal; what a specification has unless it says otherwise.
    Medium,
    /// What a task has unless it says otherwise.
    Normal,
    /// Whenever there is time.
    Low,
}

impl TaskPriority {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 5] = [
        Self::Critical,
        Self::High,
        Self::Medium,
        Self::Normal,
        Self::Low,
    ];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }

    /// The priority of this word, in capitals or not.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|priority| priority.as_str().eq_ignore_ascii_case(word))
    }

    /// All words, for sentences.
    pub(super) fn words() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

/// How far a specification is; the furthest is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecStatus {
    /// A word that nobody knows.
    Unknown,
    /// Put away.
    Archived,
    /// No longer wanted.
    Deprecated,
    /// Being written.
    Draft,
    /// Being read by others.
    Review,
    /// Agreed on.
    Approved,
    /// To be done.
    Planned,
    /// Being done.
    InProgress,
    /// Done.
    Implemented,
}

impl SpecStatus {
    /// All that have a word of their own.
    pub const ALL: [Self; 8] = [
        Self::Draft,
        Self::Review,
        Self::Approved,
        Self::Planned,
        Self::InProgress,
        Self::Implemented,
        Self::Deprecated,
        Self::Archived,
    ];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Archived => "archived",
            Self::Deprecated => "deprecated",
            Self::Draft => "draft",
            Self::Review => "review",
            Self::Approved => "approved",
            Self::Planned => "planned",
            Self::InProgress => "in_progress",
            Self::Implemented => "implemented",
        }
    }

    /// The status of this word, in capitals or not. `complete`, `completed`, and `done` are
    /// `implemented`: the origin's files use them.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.trim().replace([' ', '-'], "_").to_ascii_lowercase();
        if matches!(word.as_str(), "complete" | "completed" | "done") {
            return Some(Self::Implemented);
        }
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// All words, for sentences.
    pub(super) fn words() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

/// The modes that an agent may be asked to work in.
pub(super) const MODES: [&str; 5] = [
    "/analysis-mode",
    "/creative-mode",
    "/meta-mode",
    "/programming",
    "/planning",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_case() {
        assert_eq!(TaskPriority::from_word("HIGH"), Some(TaskPriority::High));
        assert_eq!(TaskPriority::from_word("urgent"), None);
        assert_eq!(
            SpecStatus::from_word("In Progress"),
            Some(SpecStatus::InProgress)
        );
        assert_eq!(
            SpecStatus::from_word("COMPLETE"),
            Some(SpecStatus::Implemented)
        );
        assert_eq!(SpecStatus::from_word("someday"), None);
    }

    #[test]
    fn the_most_urgent_is_the_smallest_and_the_furthest_the_greatest() {
        assert!(TaskPriority::Critical < TaskPriority::Low);
        assert!(SpecStatus::Draft > SpecStatus::Deprecated);
        assert_eq!(
            SpecStatus::ALL.into_iter().max(),
            Some(SpecStatus::Implemented)
        );
    }
}
