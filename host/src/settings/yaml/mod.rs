//! YAML as a tree of nodes, each with its line and column.

mod node;
mod parse;

pub(crate) use node::{Content, Entry, Node, Position, Scalar};
pub(crate) use parse::{MAX_BYTES, parse, parse_up_to};
