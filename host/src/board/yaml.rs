//! The YAML of the board's files: the first thing that is wrong ends the reading.

use crate::yaml::{Bounds, Node, Problem};

/// What is wrong with a text, or why it cannot be changed, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// From 1.
    pub(super) line: u32,
    pub(super) message: String,
    pub(super) fix: String,
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self {
            line: problem.at.line,
            message: problem.message,
            fix: problem.fix,
        }
    }
}

/// Read one YAML document; `None` when there is nothing in it.
pub(super) fn parse(text: &str, bounds: Bounds) -> Result<Option<Node>, Fault> {
    crate::yaml::parse(text, bounds)
        .sound()
        .map_err(Fault::from)
}
