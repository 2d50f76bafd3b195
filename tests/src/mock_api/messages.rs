//! Anthropic's Messages format: the events of a streamed reply, and its whole form.
//!
//! Owns the shapes, as the vendor's streaming reference describes them and as the recorded
//! tools read them. Writes to nothing.

use serde_json::{Value, json};

use super::{
    answer::Turn,
    scenario::{Failure, billed},
};

fn usage(output: u64) -> Value {
    json!({
        "input_tokens": billed::INPUT,
        "cache_creation_input_tokens": billed::CACHE_WRITE,
        "cache_read_input_tokens": billed::CACHE_READ,
        "cache_creation": {"ephemeral_5m_input_tokens": billed::CACHE_WRITE, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "service_tier": "standard",
    })
}

fn message(turn: &Turn, content: &Value, stop_reason: &Value, output: u64) -> Value {
    json!({
        "id": format!("msg_mock_{:04}", turn.n),
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": usage(output),
    })
}

pub(super) fn opening(turn: &Turn) -> Vec<Value> {
    vec![
        json!({"type": "message_start", "message": message(turn, &json!([]), &Value::Null, 1)}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
    ]
}

pub(super) fn delta(piece: &str) -> Value {
    json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}})
}

pub(super) fn closing() -> Vec<Value> {
    let mut events = vec![json!({"type": "content_block_stop", "index": 0})];
    events.extend(stop("end_turn"));
    events
}

/// The end of a reply whose text was streamed and which then calls the shell.
pub(super) fn closing_with_call(turn: &Turn, command: &str) -> Vec<Value> {
    let input = shell_input(command).to_string();
    let mut events = vec![
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "content_block_start", "index": 1, "content_block":
            {"type": "tool_use", "id": call_id(turn), "name": "Bash", "input": {}}}),
        json!({"type": "content_block_delta", "index": 1, "delta":
            {"type": "input_json_delta", "partial_json": input}}),
        json!({"type": "content_block_stop", "index": 1}),
    ];
    events.extend(stop("tool_use"));
    events
}

fn stop(reason: &str) -> [Value; 2] {
    [
        json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null},
            "usage": {"output_tokens": billed::OUTPUT}}),
        json!({"type": "message_stop"}),
    ]
}

/// A reply that was not asked for as a stream.
pub(super) fn whole(turn: &Turn, text: &str, command: Option<&str>) -> Value {
    let mut content = vec![json!({"type": "text", "text": text})];
    if let Some(command) = command {
        content
            .push(json!({"type": "tool_use", "id": call_id(turn), "name": "Bash", "input": shell_input(command)}));
    }
    let reason = if command.is_some() {
        "tool_use"
    } else {
        "end_turn"
    };
    message(turn, &content.into(), &reason.into(), billed::OUTPUT)
}

pub(super) fn error(failure: &Failure) -> Value {
    json!({"type": "error", "error": {"type": failure.code, "message": failure.message}})
}

/// The newest message of the user brings the result of a tool.
pub(super) fn brings_tool_result(request: &Value) -> bool {
    let newest = request["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .rev()
        .find(|message| message["role"] == "user");
    newest
        .and_then(|message| message["content"].as_array())
        .is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "tool_result"))
}

fn shell_input(command: &str) -> Value {
    json!({"command": command, "description": "mock command"})
}

fn call_id(turn: &Turn) -> String {
    format!("toolu_mock_{:04}", turn.n)
}
