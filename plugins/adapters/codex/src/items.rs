//! Messages, reasoning, and tool calls.
//!
//! Owns the reading of `item.*` lines. Never takes an item of type `error` for a failure: Codex prints warnings that way.

use std::collections::BTreeSet;

use tollgate_plugin_sdk::contract::{EventBody, Text, ToolCall, ToolOutput};
use tollgate_plugin_sdk::event::{Events, snippet, text};
use tollgate_plugin_sdk::json;

use crate::line::{Failed, Item};

/// Longest tool argument or tool output that is passed on whole, in bytes.
const TOOL_BYTES: usize = 64 * 1024;

/// The items of one turn.
#[derive(Debug, Default)]
pub(crate) struct Items {
    /// Tool calls that were told already.
    called: BTreeSet<String>,
}

impl Items {
    /// Reads an item; false when its type is not known.
    pub(crate) fn read(&mut self, item: &Item<'_>, completed: bool, events: &mut Events) -> bool {
        let id = json::string(item.id).unwrap_or_default();
        match json::string(item.kind).as_deref() {
            Some("agent_message") if completed => {
                events.push(text(
                    Some(id),
                    json::string(item.text).unwrap_or_default(),
                    None,
                ));
            }
            Some("reasoning") if completed => {
                let content = json::string(item.text).unwrap_or_default();
                events.push(EventBody::Thinking(Text {
                    id: Some(id),
                    content,
                    partial: false,
                    model: None,
                }));
            }
            Some("error") => {
                let message = snippet(
                    json::string(item.message).unwrap_or_default().as_bytes(),
                    2_000,
                );
                events.note("warning", &[("message", &message)]);
            }
            Some(kind @ ("command_execution" | "file_change" | "mcp_tool_call" | "web_search")) => {
                if self.called.insert(id.clone()) {
                    events.push(call(kind, &id, item));
                }
                if completed {
                    events.push(output(kind, id, item));
                }
            }
            // Unfinished messages, and the tool's own to-do list.
            Some("agent_message" | "reasoning" | "todo_list" | "plan") => {}
            _ => return false,
        }
        true
    }
}

fn call(kind: &str, id: &str, item: &Item<'_>) -> ToolCall {
    let (name, input, changes_things) = match kind {
        // What a command does is not known, also in a sandbox: it may reach the network.
        "command_execution" => ("shell".to_owned(), item.command, None),
        "file_change" => ("apply_patch".to_owned(), item.changes, Some(true)),
        "web_search" => ("web_search".to_owned(), item.query, Some(false)),
        _ => {
            let part = |raw| json::string(raw).unwrap_or_default();
            (
                format!("{}.{}", part(item.server), part(item.tool)),
                item.arguments,
                None,
            )
        }
    };
    let input = input.map_or("{}", |input| input.get());
    ToolCall {
        id: id.to_owned(),
        name,
        input_json: snippet(input.as_bytes(), TOOL_BYTES),
        changes_things,
    }
}

fn output(kind: &str, id: String, item: &Item<'_>) -> ToolOutput {
    let status = json::string(item.status);
    let exited_well = item.exit_code.is_none_or(|code| code.get() == "0");
    let content = match kind {
        "command_execution" => json::string(item.aggregated_output).unwrap_or_default(),
        "mcp_tool_call" => {
            let failed: Failed<'_> = json::object(item.error).unwrap_or_default();
            let result = || item.result.map(|result| result.get().to_owned());
            json::string(failed.message)
                .or_else(result)
                .unwrap_or_default()
        }
        _ => String::new(),
    };
    let ok = status
        .as_deref()
        .map(|status| status == "completed" && exited_well);
    ToolOutput {
        id,
        ok,
        content: snippet(content.as_bytes(), TOOL_BYTES),
    }
}
