//! Checking a house from outside: what is in order, what is not, and what can be done about it.
//!
//! A check only looks: it changes no file of the state directory, makes none, and signals nobody.
//! What it says is data ([`Check`]); what can be mended safely carries the remedy with it, and
//! nothing is mended that was not found first. It never reads the configuration: whoever asks hands
//! in what matters of it.

mod check;
mod examine;
mod files;
mod host;
mod index;
mod journal;
mod mend;
mod processes;
mod runs;
mod state;
mod tools;

pub use check::{Area, Check, Verdict};
pub use examine::Examination;
pub use mend::Mended;
pub use tools::{ToolProbe, tool_checks};
