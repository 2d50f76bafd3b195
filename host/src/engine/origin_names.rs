//! The table between our events and the names of the origin. Pure.
//!
//! Four vocabularies name the same things there. This is the one place that knows them all; what a
//! line says beside its name is written in `origin.rs`. Some of our events are planned and have
//! their names already.

use crate::model::{AttemptOutcome, Body};

/// A set of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vocabulary {
    /// The specification of the control plane (SPEC-CTRL-001).
    Specification,
    /// The enumeration in its code.
    Code,
    /// The event bus (ADR-032), with dots.
    Bus,
    /// The dashboard's web socket.
    Socket,
}

/// What happened, as the origin sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OriginKind {
    /// A task began.
    Started,
    /// It was done.
    Completed,
    /// It failed.
    Failed,
    /// It was called off.
    Cancelled,
    /// It was put aside.
    Frozen,
    /// What it cost so far.
    Cost,
    /// It may cost too much.
    CostWarning,
    /// A tool and a model were chosen.
    Routed,
    /// Somebody must agree before it goes on.
    Checkpoint,
}

use OriginKind as Kind;
use Vocabulary as V;

/// Every name of every kind: the default first.
const NAMES: [(Kind, &[(V, &str)]); 9] = [
    (
        Kind::Started,
        &[
            (V::Specification, "task_started"),
            (V::Code, "execution_start"),
            (V::Bus, "task.started"),
            (V::Bus, "execution.start"),
        ],
    ),
    (
        Kind::Completed,
        &[
            (V::Specification, "task_completed"),
            (V::Code, "execution_complete"),
            (V::Bus, "task.completed"),
            (V::Bus, "execution.complete"),
            (V::Socket, "task.completed"),
        ],
    ),
    (
        Kind::Failed,
        &[
            (V::Specification, "task_error"),
            (V::Code, "task_failed"),
            (V::Bus, "task.failed"),
            (V::Bus, "execution.error"),
        ],
    ),
    (Kind::Cancelled, &[(V::Specification, "task_cancelled")]),
    (Kind::Frozen, &[(V::Specification, "task_frozen")]),
    (
        Kind::Cost,
        &[
            (V::Code, "cost_update"),
            (V::Bus, "cost.update"),
            (V::Socket, "cost.update"),
        ],
    ),
    (Kind::CostWarning, &[(V::Bus, "cost.warning")]),
    (
        Kind::Routed,
        &[(V::Bus, "routing.decision"), (V::Bus, "model.selected")],
    ),
    (
        Kind::Checkpoint,
        &[(V::Specification, "checkpoint_required")],
    ),
];

/// Our events that mean one thing whatever they say, by the name of their type.
const KINDS: [(&str, Kind); 10] = [
    ("routing.decided", Kind::Routed),
    ("attempt.started", Kind::Started),
    ("attempt.usage", Kind::Cost),
    ("attempt.spawn_failed", Kind::Failed),
    ("attempt.withdrawn", Kind::Cancelled),
    ("attempt.lost", Kind::Failed),
    ("budget.settled", Kind::Cost),
    ("budget.warned", Kind::CostWarning),
    ("task.frozen", Kind::Frozen),
    ("checkpoint.required", Kind::Checkpoint),
];

impl OriginKind {
    /// What an event is to the origin; `None` when it has no name there.
    #[must_use]
    pub fn of(body: &Body) -> Option<Self> {
        if let Body::AttemptExited(exited) = body {
            return Some(match exited.outcome {
                AttemptOutcome::Done => Self::Completed,
                AttemptOutcome::Cancelled => Self::Cancelled,
                AttemptOutcome::Failed
                | AttemptOutcome::TimedOut
                | AttemptOutcome::OverBudget
                | AttemptOutcome::Lost => Self::Failed,
            });
        }
        let known = KINDS.iter().find(|(name, _)| *name == body.name());
        known.map(|(_, kind)| *kind)
    }

    /// The name in an export: the specification's where it has one.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.all().first().map_or("", |(_, name)| name)
    }

    /// Its names in one vocabulary, in order.
    pub fn names_in(self, vocabulary: Vocabulary) -> impl Iterator<Item = &'static str> {
        let names = self.all().iter();
        names
            .filter(move |(of, _)| *of == vocabulary)
            .map(|(_, name)| *name)
    }

    fn all(self) -> &'static [(Vocabulary, &'static str)] {
        let row = NAMES.iter().find(|(kind, _)| *kind == self);
        row.map_or(&[], |(_, names)| names)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_of_the_mapping_is_there() {
        let names: BTreeSet<&str> = NAMES
            .iter()
            .flat_map(|(_, names)| names.iter().map(|(_, name)| *name))
            .collect();
        let wanted = "task_started execution_start task.started execution.start task_completed \
                      execution_complete task.completed task_error task_failed task.failed \
                      execution.error task_cancelled task_frozen cost_update cost.update \
                      cost.warning routing.decision model.selected checkpoint_required \
                      execution.complete";
        assert_eq!(names, wanted.split_whitespace().collect());
    }

    #[test]
    fn every_kind_has_a_name_and_comes_from_an_event() {
        for (kind, names) in NAMES {
            assert!(!names.is_empty());
            let ends = [Kind::Completed, Kind::Cancelled, Kind::Failed];
            let is_told = KINDS.iter().any(|(_, told)| *told == kind);
            assert!(is_told || ends.contains(&kind), "{kind:?}");
        }
        assert_eq!(Kind::Cost.name(), "cost_update");
        let bus: Vec<_> = Kind::Started.names_in(V::Bus).collect();
        assert_eq!(bus, ["task.started", "execution.start"]);
    }
}
