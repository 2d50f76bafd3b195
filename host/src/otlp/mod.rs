//! The only room that sends anything to another machine: spans and metrics to a collector that
//! somebody configured, over OTLP/HTTP in JSON.
//!
//! It owns the connection, the tries, and `<state>/otlp/`, where it keeps how far each collector
//! has got. It sends what `telemetry` makes and nothing else, to the one address that it was given,
//! and follows no redirect. It never reads the record, never decides whether something is sent, and
//! never waits otherwise than by the pause that it was given. The choices are in `DESIGN.md`.

mod answer;
mod bookmark;
mod collector;
mod error;
mod pause;
mod push;
mod retry;
mod send;
#[cfg(test)]
mod tests;

pub use bookmark::Bookmark;
pub use collector::Collector;
pub use error::OtlpError;
pub use pause::{Pause, Stop, Waited};
pub use push::{Interrupted, PushError, Pushed, Terms, push};
pub use retry::Retries;
pub use send::{Receipt, Sender, Signal};
