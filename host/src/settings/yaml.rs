//! The YAML of the configuration: how much of it is read, and how strictly.

use crate::yaml::{Bounds, Parsed, parse as parse_within};

pub(crate) use crate::yaml::{Content, Entry, Node, Position, Scalar};

/// Largest file that is read.
pub(crate) const MAX_BYTES: u64 = 1024 * 1024;
/// Deepest nesting; configuration needs about seven levels.
const MAX_DEPTH: usize = 64;
/// Most values in a file of the configuration, with aliases expanded.
const MAX_VALUES: usize = 100_000;

/// Read one YAML document.
pub(crate) fn parse(text: &str) -> Parsed {
    parse_up_to(text, MAX_VALUES)
}

/// Read one YAML document, or one of JSON, which is YAML, with at most so many values.
pub(crate) fn parse_up_to(text: &str, most: usize) -> Parsed {
    let bounds = Bounds {
        depth: MAX_DEPTH,
        values: most,
        is_strict: true,
    };
    parse_within(text, bounds)
}
