//! What became of a request, or would have, and whether the two differ.

use serde::Serialize;

use crate::model::Target;

/// What becomes of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Course {
    /// Where it goes; `None` when it is refused.
    pub target: Option<Target>,
    /// A question was put to the user, or answered for the user.
    pub asked: bool,
    /// A policy led it elsewhere first.
    pub rerouted: bool,
    /// Who decided that: a policy, or `tollgate` for a limit that the host holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Code of the reason. Hostile text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// How two courses differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It goes somewhere else.
    Rerouted,
    /// It ran and would be refused.
    Refused,
    /// It was refused and would run.
    Admitted,
    /// It runs as before, but there is a question first.
    Asked,
    /// It runs as before, and a question falls away.
    NotAsked,
}

impl Change {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Rerouted,
        Self::Refused,
        Self::Admitted,
        Self::Asked,
        Self::NotAsked,
    ];

    /// The word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rerouted => "rerouted",
            Self::Refused => "refused",
            Self::Admitted => "admitted",
            Self::Asked => "asked",
            Self::NotAsked => "not_asked",
        }
    }

    /// How `would` differs from `was`. Who refuses a request that is refused either way is no
    /// difference.
    #[must_use]
    pub fn between(was: &Course, would: &Course) -> Option<Self> {
        match (&was.target, &would.target) {
            (Some(was), Some(would)) if was != would => Some(Self::Rerouted),
            (Some(_), None) => Some(Self::Refused),
            (None, Some(_)) => Some(Self::Admitted),
            (None, None) => None,
            (Some(_), Some(_)) => match (was.asked, would.asked) {
                (false, true) => Some(Self::Asked),
                (true, false) => Some(Self::NotAsked),
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(target: Option<&str>, asked: bool) -> Course {
        Course {
            target: target.and_then(Target::parse),
            asked,
            ..Course::default()
        }
    }

    #[test]
    fn every_pair_of_courses_has_its_name() {
        let (a, b, no) = (Some("t:a"), Some("t:b"), None);
        let table = [
            (to(a, false), to(a, false), None),
            (to(a, true), to(a, true), None),
            (to(no, false), to(no, true), None),
            (to(a, false), to(b, false), Some(Change::Rerouted)),
            (to(a, false), to(b, true), Some(Change::Rerouted)),
            (to(a, false), to(no, false), Some(Change::Refused)),
            (to(a, false), to(no, true), Some(Change::Refused)),
            (to(no, false), to(a, false), Some(Change::Admitted)),
            (to(a, false), to(a, true), Some(Change::Asked)),
            (to(a, true), to(a, false), Some(Change::NotAsked)),
        ];
        for (was, would, expected) in table {
            assert_eq!(Change::between(&was, &would), expected, "{was:?} {would:?}");
        }
    }

    #[test]
    fn who_refuses_is_no_difference() {
        let by = |by: &str| Course {
            by: Some(by.to_owned()),
            ..to(None, false)
        };
        assert_eq!(Change::between(&by("budget"), &by("guard")), None);
    }
}
