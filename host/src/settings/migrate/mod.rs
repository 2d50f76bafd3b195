//! Files of the past, rewritten for today.
//!
//! The forms that are understood: four files whose tools have a string `command_template`; one
//! `generated-config.yaml` with everything in it; and tools of the form `{mode, cmd, timeout_sec}`.
//! What a string could mean in more than one way is refused with its place and what to write
//! instead. Nothing is written here: the result goes through [`write`](fn@super::write).

mod command_line;
mod emit;
mod policies;
mod source;
mod tools;
mod tree;

pub use source::{Migration, migrate};
