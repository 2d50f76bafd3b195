//! Values that several routes take.

use super::super::kind::{Kind, MAX_WHOLE};
use super::super::route::{Field, Param};

pub(super) const RUN: Param = Param::path("run", Kind::Id, "The run, as in `RUN-20261123-001`.");
pub(super) const ATTEMPT: Param = Param::path(
    "id",
    Kind::Id,
    "The attempt, as in `RUN-20261123-001.i1.a1`.",
);
pub(super) const TASK: Param = Param::path("id", Kind::Id, "The task.");

pub(super) const SEQ: Kind = Kind::Whole {
    min: 0,
    max: MAX_WHOLE,
};
pub(super) const NAME: Kind = Kind::Line { max: 200 };
pub(super) const FLAG: Kind = Kind::Flag;

pub(super) const IF_MATCH: Param = Param::header(
    "if-match",
    Kind::Tag,
    "The version that was seen, as the `ETag` header gave it.",
);
pub(super) const INCLUDE_DONE: Param = Param::query(
    "include_done",
    FLAG,
    "Whether finished tasks are wanted, too.",
)
.or("false");

pub(super) const CONSENT: Field = Field::new(
    "consent",
    FLAG,
    "Answers questions of policies with yes; see the problem `needs_confirmation`.",
);
pub(super) const FORCE: Field = Field::new("force", FLAG, "Overrides the limits that allow it.");
pub(super) const JUSTIFICATION: Field = Field::new(
    "justification",
    Kind::Line { max: 1000 },
    "Why; goes on record.",
);
pub(super) const INVOCATION: Field =
    Field::new("invocation", Kind::Id, "Only this invocation, as in `i1`.");
pub(super) const AGENT: Field = Field::new("agent", NAME, "The agent.");
