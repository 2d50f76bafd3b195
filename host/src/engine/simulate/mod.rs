//! Recorded decisions judged again: by other policies, other limits, or the ones in force now.
//!
//! | file | idea |
//! |---|---|
//! | `order` | what is to be tried, on which part of the record |
//! | `candidate` | the chain with the policies that are tried in their places |
//! | `recorded` | a decision out of the batch in which it was put on record |
//! | `history` | the record, read ahead of whoever judges |
//! | `panel` | the policies asked, with their faults and what they took |
//! | `trial` | one decision judged again |
//! | `course` | what became of a request, what would have, and whether that differs |
//! | `shadow` | the book as it would have been |
//! | `spend` | money and how well it is known |
//! | `simulation` | everything that was found |
//! | `walk` | from one end of the record to the other |
//!
//! Reads the record and writes nothing. The same record and the same candidate give the same
//! findings, times apart: policies are pure, and the order is the record's. It never guesses:
//! what cannot be told from the record is counted as unknown.

mod candidate;
mod course;
mod history;
mod order;
mod panel;
mod recorded;
mod shadow;
mod simulation;
mod spend;
mod trial;
mod walk;

pub use course::{Change, Course};
pub use order::{SimulationOrder, Swap};
pub use panel::{Faults, PolicyTimes};
pub use recorded::Unjudged;
pub use simulation::{Difference, NotJudged, Requests, Sides, Simulation, Tried};
pub use spend::Spend;
pub use walk::simulate;
