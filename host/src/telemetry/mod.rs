//! What ran, as OpenTelemetry says it: spans and metrics in OTLP's JSON. Pure.
//!
//! The facts come in as values of this room, whoever knows them; what goes out is JSON that
//! `otlp` sends or a file keeps. It holds the one table of names, so the record never stores an
//! OpenTelemetry name. It never reads a file or a clock, never sends anything, and never takes in
//! a prompt, an answer, a path, or a reason in words. The choices are in `DESIGN.md`.

mod facts;
mod fold;
mod histogram;
mod ids;
mod metric;
mod names;
#[cfg(test)]
pub(crate) mod rules;
#[cfg(test)]
pub(crate) mod samples;
mod spans;
mod sums;
#[cfg(test)]
mod tests;
mod wire;

pub use facts::{AttemptSpan, Batch, End, InvocationSpan, RunSpan, Window, WorkflowSpan};
pub use fold::{is_end, run_span};
pub use ids::{attempt_id, invocation_id, run_id, trace_id};
pub use spans::spans;
pub use sums::{MOST_SERIES, Sums};
pub use wire::{Source, Span, metrics_request, run_request, traces_request};
