//! The only room that reads and moves specification and task files.
//!
//! Specifications are Markdown files with a front matter; tasks are YAML files whose folder says where
//! they stand. People, agents, and scripts change them at any time, so the room reads them anew
//! whenever they were touched, shows what is wrong with one beside all the others, and changes a file
//! only in the field that it was asked to change. It never deletes a task, never writes over a file
//! that it did not just read, follows no symbolic link, and knows nothing of runs and money. The
//! choices are in `DESIGN.md`.

mod cache;
mod edit;
mod error;
mod facade;
mod fields;
mod folder;
mod front_matter;
mod links;
mod moment;
mod moves;
mod opened;
mod portfolio;
mod problem;
mod progress;
mod scan;
mod spec;
mod spec_text;
mod stamp;
mod status;
mod task;
#[cfg(test)]
mod tests;
mod view;
mod words;
mod write;
mod yaml;

pub use error::BoardError;
pub use facade::{Board, Fingerprint, TaskText};
pub use moves::Move;
pub use portfolio::{FeatureProgress, Initiative, Orphan, Portfolio, SpecProgress, TaskLine};
pub use problem::{Problem, Severity};
pub use progress::ProgressBasis;
pub use scan::Folders;
pub use spec::{Feature, Spec};
pub use spec_text::SpecText;
pub use status::{Lane, TaskStatus, Transition, WrittenStatus};
pub use task::Task;
pub use view::{BoardView, OrphanReason};
pub use words::{SpecStatus, TaskPriority};
