//! Workflow files: from a path to a workflow, or to the list of everything that is wrong.
//!
//! The shape of a workflow is a table like those of the configuration; what the table cannot say
//! (steps that name each other, names of the configuration, files) is checked here.

mod files;
mod graph;
mod load;
mod references;

pub use load::{LoadedWorkflow, load_workflow};
