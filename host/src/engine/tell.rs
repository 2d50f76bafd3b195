//! Telling a collector what ran, for the command line and the server, which see this room and not
//! those below.
//!
//! Names only: batches come from `query`, headers from `settings`; the sending is `otlp`'s.

pub use crate::otlp::{
    Bookmark, Collector, Interrupted, OtlpError, Pause, PushError, Pushed, Retries, Sender, Stop,
    Terms, Waited, push,
};
pub use crate::telemetry::{Batch, RunSpan, Source, is_end, run_request, run_span};
