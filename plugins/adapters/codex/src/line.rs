//! The fields of a line that matter.
//!
//! Owns the names that Codex uses. Fields of items stay JSON text until asked for.

use tollgate_plugin_sdk::members;

members! {
    /// One line, of whatever type.
    pub(crate) struct Line {
        kind: "type",
        thread_id: "thread_id",
        item: "item",
        usage: "usage",
        message: "message",
        error: "error",
    }
}

members! {
    /// `item`.
    pub(crate) struct Item {
        id: "id",
        kind: "type",
        text: "text",
        message: "message",
        command: "command",
        aggregated_output: "aggregated_output",
        exit_code: "exit_code",
        status: "status",
        changes: "changes",
        server: "server",
        tool: "tool",
        arguments: "arguments",
        result: "result",
        error: "error",
        query: "query",
    }
}

members! {
    /// `usage` of `turn.completed`: the total of the whole thread, earlier processes included. Input includes what was
    /// cached, output includes reasoning.
    pub(crate) struct ThreadUsage {
        input: "input_tokens",
        cached: "cached_input_tokens",
        written: "cache_write_input_tokens",
        output: "output_tokens",
        reasoning: "reasoning_output_tokens",
    }
}

members! {
    /// `error` of `turn.failed`, and of an MCP call.
    pub(crate) struct Failed {
        message: "message",
    }
}
