//! The fields of a line that matter.
//!
//! Owns the names that Claude Code uses. Every field is kept as JSON text until it is asked for, so that one of another
//! type costs that field and not the line. Never a document tree: an answer of 5 MB comes as one line.

use serde::Deserialize;
use serde_json::value::RawValue;
use tollgate_plugin_sdk::json::{Count, Raw};

/// Declares a struct whose fields are all optional JSON text.
macro_rules! raw_fields {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, Deserialize)]
        #[serde(default)]
        pub(crate) struct $name<'a> {
            $($(#[$field_meta])* #[serde(borrow)] pub(crate) $field: Option<&'a RawValue>,)*
        }
    };
}

raw_fields! {
    /// One line, of whatever type.
    Line {
        #[serde(rename = "type")] kind,
        subtype,
        session_id,
        uuid,
        parent_tool_use_id,
        // system
        cwd,
        claude_code_version,
        error_status,
        retry_delay_ms,
        original_model,
        fallback_model,
        tool_name,
        tool_use_id,
        // assistant, user, stream_event
        message,
        event,
        api_message_id,
        abandoned_blocks,
        supersedes,
        error,
        // rate_limit_event
        rate_limit_info,
        // result
        is_error,
        num_turns,
        result,
        errors,
        terminal_reason,
        stop_reason,
        api_error,
        api_error_status,
        usage,
        #[serde(rename = "modelUsage")] model_usage,
        model_usage_since_last_result,
        total_cost_usd,
        permission_denials,
        subagent_stats,
    }
}

raw_fields! {
    /// `message` of an `assistant` or `user` line, and of `message_start`.
    Message { id, model, content, usage, }
}

raw_fields! {
    /// `event` of a `stream_event` line: an event of the vendor's API as it came.
    ApiEvent {
        #[serde(rename = "type")] kind,
        index,
        message,
        content_block,
        delta,
        usage,
    }
}

raw_fields! {
    /// An element of `content`, a `content_block`, or a `delta`.
    Block {
        #[serde(rename = "type")] kind,
        text,
        thinking,
        id,
        name,
        input,
        tool_use_id,
        is_error,
        content,
    }
}

/// `usage`, as the vendor's API names its parts.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ApiUsage {
    pub(crate) input_tokens: Count,
    pub(crate) output_tokens: Count,
    pub(crate) cache_read_input_tokens: Count,
    pub(crate) cache_creation_input_tokens: Count,
}

/// An entry of `modelUsage`, which is keyed by the model that was asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ModelUsage<'a> {
    pub(crate) input_tokens: Count,
    pub(crate) output_tokens: Count,
    pub(crate) cache_read_input_tokens: Count,
    pub(crate) cache_creation_input_tokens: Count,
    pub(crate) thinking_tokens: Count,
    #[serde(borrow, rename = "costUSD")]
    pub(crate) cost_usd: Raw<'a>,
    #[serde(borrow)]
    pub(crate) cost_basis: Raw<'a>,
}

/// `rate_limit_info`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct RateLimit<'a> {
    #[serde(borrow)]
    pub(crate) status: Raw<'a>,
    /// Seconds since 1970.
    pub(crate) resets_at: Count,
    #[serde(borrow)]
    pub(crate) rate_limit_type: Raw<'a>,
    /// A fraction, 0 to 1.
    pub(crate) utilization: Option<f64>,
}

/// `subagent_stats`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SubagentStats {
    pub(crate) spawned: Count,
}
