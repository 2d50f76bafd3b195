//! The fields of a line that matter.
//!
//! Owns the names that Codex uses. Fields of items stay JSON text until asked for.

use serde::Deserialize;
use tollgate_plugin_sdk::json::{Count, Raw};

/// One line, of whatever type.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Line<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Raw<'a>,
    #[serde(borrow)]
    pub(crate) thread_id: Raw<'a>,
    #[serde(borrow)]
    pub(crate) item: Raw<'a>,
    #[serde(borrow)]
    pub(crate) usage: Raw<'a>,
    #[serde(borrow)]
    pub(crate) message: Raw<'a>,
    #[serde(borrow)]
    pub(crate) error: Raw<'a>,
}

/// `item`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Item<'a> {
    #[serde(borrow)]
    pub(crate) id: Raw<'a>,
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Raw<'a>,
    #[serde(borrow)]
    pub(crate) text: Raw<'a>,
    #[serde(borrow)]
    pub(crate) message: Raw<'a>,
    #[serde(borrow)]
    pub(crate) command: Raw<'a>,
    #[serde(borrow)]
    pub(crate) aggregated_output: Raw<'a>,
    #[serde(borrow)]
    pub(crate) exit_code: Raw<'a>,
    #[serde(borrow)]
    pub(crate) status: Raw<'a>,
    #[serde(borrow)]
    pub(crate) changes: Raw<'a>,
    #[serde(borrow)]
    pub(crate) server: Raw<'a>,
    #[serde(borrow)]
    pub(crate) tool: Raw<'a>,
    #[serde(borrow)]
    pub(crate) arguments: Raw<'a>,
    #[serde(borrow)]
    pub(crate) result: Raw<'a>,
    #[serde(borrow)]
    pub(crate) error: Raw<'a>,
    #[serde(borrow)]
    pub(crate) query: Raw<'a>,
}

/// `usage` of `turn.completed`: the total of the whole thread, earlier processes included.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ThreadUsage {
    /// Cached tokens included.
    pub(crate) input_tokens: Count,
    pub(crate) cached_input_tokens: Count,
    pub(crate) cache_write_input_tokens: Count,
    /// Reasoning included.
    pub(crate) output_tokens: Count,
    pub(crate) reasoning_output_tokens: Count,
}

/// `error` of `turn.failed`, and of an MCP call.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Failed<'a> {
    #[serde(borrow)]
    pub(crate) message: Raw<'a>,
}
