//! Driving a workflow: submit what is ready, wait, ask again, until it is over.
//!
//! What is ready, skipped, or to be stopped is decided in `lifecycle`; where every step stands is
//! read from the record each time. So there is nothing to lose: whoever drives can die at any
//! moment, and whoever resumes knows as much.

mod answers;
mod drive;
mod facts;
mod order;
mod report;

pub use order::{StepEvent, Steps, WorkflowOrder};
pub use report::{StepReport, WorkflowReport};
