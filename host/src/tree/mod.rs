//! What the files below a working directory looked like, and what changed since.
//!
//! Looks at a directory before and after an attempt, within bounds, and says whether the two are
//! identical, different, or not known. It reads metadata, and the content of files only where their
//! times cannot prove anything. It never writes, never follows a symbolic link, never leaves the
//! file system that it began on, and never decides what a change means. The choices are in
//! `DESIGN.md`.

mod changes;
mod error;
mod fingerprint;
mod git;
mod index_entries;
mod stamp;
#[cfg(test)]
mod tests;
mod walk;

pub use changes::changes;
pub use error::TreeError;
pub use fingerprint::{Fingerprint, Tree, fingerprint, fingerprint_after};
pub use walk::TreeLimits;
