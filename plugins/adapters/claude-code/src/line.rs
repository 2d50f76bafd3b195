//! The fields of a line that matter.
//!
//! Owns the names that Claude Code uses. Every field is kept as JSON text until it is asked for, so that one of another
//! type costs that field and not the line. Never a document tree: an answer of 5 MB comes as one line.

use tollgate_plugin_sdk::members;

members! {
    /// One line, of whatever type.
    pub(crate) struct Line {
        kind: "type",
        subtype: "subtype",
        session_id: "session_id",
        uuid: "uuid",
        parent_tool_use_id: "parent_tool_use_id",
        // system
        cwd: "cwd",
        claude_code_version: "claude_code_version",
        error_status: "error_status",
        retry_delay_ms: "retry_delay_ms",
        original_model: "original_model",
        fallback_model: "fallback_model",
        tool_name: "tool_name",
        tool_use_id: "tool_use_id",
        // assistant, user, stream_event
        message: "message",
        event: "event",
        api_message_id: "api_message_id",
        abandoned_blocks: "abandoned_blocks",
        supersedes: "supersedes",
        error: "error",
        // rate_limit_event
        rate_limit_info: "rate_limit_info",
        // result
        is_error: "is_error",
        num_turns: "num_turns",
        result: "result",
        errors: "errors",
        terminal_reason: "terminal_reason",
        stop_reason: "stop_reason",
        api_error: "api_error",
        api_error_status: "api_error_status",
        api_error_type: "api_error_type",
        usage: "usage",
        model_usage: "modelUsage",
        model_usage_since_last_result: "model_usage_since_last_result",
        total_cost_usd: "total_cost_usd",
        permission_denials: "permission_denials",
        subagent_stats: "subagent_stats",
    }
}

members! {
    /// `message` of an `assistant` or `user` line, and of `message_start`.
    pub(crate) struct Message {
        id: "id",
        model: "model",
        content: "content",
        usage: "usage",
    }
}

members! {
    /// `event` of a `stream_event` line: an event of the vendor's API as it came.
    pub(crate) struct ApiEvent {
        kind: "type",
        index: "index",
        message: "message",
        delta: "delta",
        usage: "usage",
    }
}

members! {
    /// An element of `content`, or a `delta`.
    pub(crate) struct Block {
        kind: "type",
        text: "text",
        thinking: "thinking",
        id: "id",
        name: "name",
        input: "input",
        tool_use_id: "tool_use_id",
        is_error: "is_error",
        content: "content",
    }
}

members! {
    /// `usage`, as the vendor's API names its parts.
    pub(crate) struct ApiUsage {
        input: "input_tokens",
        output: "output_tokens",
        cache_read: "cache_read_input_tokens",
        cache_write: "cache_creation_input_tokens",
    }
}

members! {
    /// An entry of `modelUsage`, which is keyed by the model that was asked for.
    pub(crate) struct ModelUsage {
        input: "inputTokens",
        output: "outputTokens",
        cache_read: "cacheReadInputTokens",
        cache_write: "cacheCreationInputTokens",
        thinking: "thinkingTokens",
        cost_usd: "costUSD",
        cost_basis: "costBasis",
    }
}

members! {
    /// `rate_limit_info`; `resetsAt` is in seconds since 1970, `utilization` a fraction.
    pub(crate) struct RateLimit {
        status: "status",
        resets_at: "resetsAt",
        rate_limit_type: "rateLimitType",
        utilization: "utilization",
    }
}

members! {
    /// `subagent_stats`.
    pub(crate) struct SubagentStats {
        spawned: "spawned",
    }
}
