//! YAML as a tree of nodes, each with its place: for messages that name it, and for edits that
//! change nothing else.
//!
//! The only room that names the parser. It knows no field and reads no file; `settings` and `board`
//! bring the text and say what it means.

mod builder;
mod node;
mod parse;
mod scalar;
#[cfg(test)]
mod tests;

pub use node::{Content, Entry, Node, Position};
pub use parse::{Bounds, Parsed, Problem, parse};
pub use scalar::{Scalar, Style};
