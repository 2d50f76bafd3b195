//! `OpenAI`'s Responses format: the events of a streamed reply, and its whole form.
//!
//! Owns the shapes, as the vendor's streaming reference describes them and as the recorded
//! tools read them. Writes to nothing.

use serde_json::{Value, json};

use super::{
    answer::Turn,
    scenario::{Failure, billed},
};

fn response(turn: &Turn, status: &str, output: &[Value]) -> Value {
    let usage = (status == "completed").then(|| {
        json!({
            "input_tokens": billed::OPENAI_INPUT,
            "input_tokens_details": {"cached_tokens": billed::CACHE_READ},
            "output_tokens": billed::OUTPUT,
            "output_tokens_details": {"reasoning_tokens": billed::REASONING},
            "total_tokens": billed::OPENAI_INPUT + billed::OUTPUT,
        })
    });
    json!({
        "id": format!("resp_mock_{:04}", turn.n),
        "object": "response",
        "created_at": 1_795_000_000,
        "status": status,
        "model": turn.model,
        "output": output,
        "usage": usage,
    })
}

fn message(turn: &Turn, text: Option<&str>) -> Value {
    let status = if text.is_some() {
        "completed"
    } else {
        "in_progress"
    };
    let content: Vec<Value> = text
        .map(|text| json!({"type": "output_text", "text": text, "annotations": []}))
        .into_iter()
        .collect();
    json!({"type": "message", "id": message_id(turn), "role": "assistant", "status": status, "content": content})
}

pub(super) fn opening(turn: &Turn) -> Vec<Value> {
    vec![
        json!({"type": "response.created", "response": response(turn, "in_progress", &[])}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": message(turn, None)}),
        json!({"type": "response.content_part.added", "item_id": message_id(turn), "output_index": 0,
            "content_index": 0, "part": {"type": "output_text", "text": "", "annotations": []}}),
    ]
}

pub(super) fn delta(turn: &Turn, piece: &str) -> Value {
    json!({"type": "response.output_text.delta", "item_id": message_id(turn), "output_index": 0,
        "content_index": 0, "delta": piece})
}

/// The end of a reply; with a command, it calls the shell last.
pub(super) fn closing(turn: &Turn, text: &str, command: Option<&str>) -> Vec<Value> {
    let mut output = vec![message(turn, Some(text))];
    let mut events = vec![
        json!({"type": "response.output_text.done", "item_id": message_id(turn), "output_index": 0,
            "content_index": 0, "text": text}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": output[0]}),
    ];
    if let Some(command) = command {
        let call = shell_call(turn, command);
        events.push(json!({"type": "response.output_item.added", "output_index": 1, "item": call}));
        events.push(json!({"type": "response.output_item.done", "output_index": 1, "item": call}));
        output.push(call);
    }
    events.push(
        json!({"type": "response.completed", "response": response(turn, "completed", &output)}),
    );
    events
}

/// A reply that was not asked for as a stream.
pub(super) fn whole(turn: &Turn, text: &str, command: Option<&str>) -> Value {
    let mut output = vec![message(turn, Some(text))];
    output.extend(command.map(|command| shell_call(turn, command)));
    response(turn, "completed", &output)
}

pub(super) fn error(failure: &Failure) -> Value {
    let mut error = json!({"message": failure.message, "type": failure.code, "param": null, "code": failure.code});
    if let Some(resets_at) = failure.resets_at {
        error["plan_type"] = "plus".into();
        error["resets_at"] = resets_at.into();
    }
    json!({ "error": error })
}

/// The newest item that is not the tool's own instructions is the output of a call.
pub(super) fn brings_tool_result(request: &Value) -> bool {
    let items = request["input"].as_array().into_iter().flatten();
    let newest = items
        .rev()
        .find(|item| item["role"] != "developer" && item["role"] != "system");
    newest
        .and_then(|item| item["type"].as_str())
        .is_some_and(|kind| kind.ends_with("_call_output"))
}

/// A call of whichever shell the request offers: Codex gives newer models one JavaScript tool
/// (`exec`, with the shell inside it) and others a plain function.
fn shell_call(turn: &Turn, command: &str) -> Value {
    let id = format!("call_mock_{:04}", turn.n);
    let offered = offered_tools(turn.request);
    if offered.contains(&("custom", "exec")) {
        let script = format!(
            "text(await tools.exec_command({}))",
            json!({"cmd": command})
        );
        return json!({"type": "custom_tool_call", "id": format!("ctc_mock_{:04}", turn.n), "call_id": id,
            "name": "exec", "input": script, "status": "completed"});
    }
    let (name, arguments) = if offered.contains(&("function", "exec_command")) {
        ("exec_command", json!({"cmd": command}))
    } else if offered.contains(&("function", "shell_command")) {
        ("shell_command", json!({"command": command}))
    } else {
        ("shell", json!({"command": ["bash", "-lc", command]}))
    };
    json!({"type": "function_call", "id": format!("fc_mock_{:04}", turn.n), "call_id": id,
        "name": name, "arguments": arguments.to_string(), "status": "completed"})
}

/// Type and name of every tool, whether listed at the top or in an `additional_tools` item.
fn offered_tools(request: &Value) -> Vec<(&str, &str)> {
    let added = request["input"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| &item["tools"]);
    let lists = std::iter::once(&request["tools"]).chain(added);
    let listed = lists.filter_map(Value::as_array).flatten();
    listed
        .flat_map(|tool| match tool["tools"].as_array() {
            Some(inner) => inner.iter().collect::<Vec<_>>(),
            None => vec![tool],
        })
        .filter_map(|tool| Some((tool["type"].as_str()?, tool["name"].as_str()?)))
        .collect()
}

fn message_id(turn: &Turn) -> String {
    format!("msg_mock_{:04}", turn.n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call_for(request: &Value) -> Value {
        shell_call(
            &Turn {
                n: 1,
                model: "m".into(),
                request,
            },
            "ls \"a\"",
        )
    }

    #[test]
    fn the_shell_that_is_offered_is_called() {
        let code_mode = json!({"input": [{"type": "additional_tools", "tools": [
            {"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}]}]});
        assert_eq!(
            call_for(&code_mode)["input"],
            r#"text(await tools.exec_command({"cmd":"ls \"a\""}))"#
        );
        let function = json!({"tools": [{"type": "function", "name": "exec_command"}]});
        assert_eq!(call_for(&function)["arguments"], r#"{"cmd":"ls \"a\""}"#);
        assert_eq!(call_for(&json!({}))["name"], "shell");
    }

    #[test]
    fn only_a_result_that_is_the_newest_item_ends_a_tool_call() {
        let result = json!({"type": "custom_tool_call_output"});
        let prompt = json!({"type": "message", "role": "user"});
        let instructions = json!({"type": "message", "role": "developer"});
        assert!(brings_tool_result(
            &json!({"input": [prompt, result, instructions]})
        ));
        assert!(!brings_tool_result(&json!({"input": [result, prompt]})));
        assert!(!brings_tool_result(&json!({})));
    }
}
