//! YAML as a tree of nodes, each with the place where it is written.

mod node;
mod parse;

pub(super) use node::{Content, Entry, Node, Style};
pub(super) use parse::{Bounds, Fault, parse};
