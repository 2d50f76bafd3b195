//! Texts and tool calls, whole and in pieces.
//!
//! Owns the identity of texts: a reply is printed block by block under one id, so a text's id is the reply's id and the
//! number of the block. Keeps the last whole text, because the result line repeats it. Never takes a text of a sub-agent
//! or of the tool itself for an answer.

use std::collections::BTreeMap;

use tollgate_plugin_sdk::contract::{EventBody, Text, ToolCall, ToolOutput};
use tollgate_plugin_sdk::event::{Events, piece, snippet, text};
use tollgate_plugin_sdk::json::{self, Raw};

use crate::line::{ApiEvent, Block, Line, Message};

/// Longest tool argument or tool output that is passed on whole, in bytes.
const TOOL_BYTES: usize = 64 * 1024;

/// Tools that only look. The rest may change something, or is not known.
const READ_ONLY: &[&str] = &["Read", "Glob", "Grep", "LS", "NotebookRead"];
const CHANGING: &[&str] = &["Write", "Edit", "MultiEdit", "NotebookEdit"];

/// The texts of one run.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// The last whole text of the main conversation.
    last: Option<String>,
    /// How many blocks of the newest reply were printed.
    printed: (String, usize),
    /// The stream that is open: its reply, its model, and the block being written.
    open: Option<Open>,
    /// Texts by the line's `uuid`, for lines that later ones take back.
    by_line: BTreeMap<String, Vec<String>>,
}

#[derive(Debug)]
struct Open {
    id: String,
    model: Option<String>,
    block: usize,
    /// Blocks of which pieces were shown.
    shown: Vec<usize>,
}

impl Messages {
    /// Whether `answer` is what was already sent as the last whole text.
    pub(crate) fn is_last(&self, answer: &str) -> bool {
        self.last.as_deref() == Some(answer)
    }

    /// The reply whose stream is open.
    pub(crate) fn open_reply(&self) -> Option<String> {
        self.open.as_ref().map(|open| open.id.clone())
    }

    /// An `assistant` line: one block of a reply, or several.
    pub(crate) fn assistant(
        &mut self,
        line: &Line<'_>,
        message: &Message<'_>,
        events: &mut Events,
    ) {
        let id = json::string(message.id).unwrap_or_default();
        let model = json::string(message.model);
        let parent = json::string(line.parent_tool_use_id);
        self.take_back(line, events);
        let mut shown = Vec::new();
        for block in blocks(message.content) {
            let number = self.number(&id);
            let text_id = format!("{id}/{number}");
            match (json::string(block.kind).as_deref(), &parent) {
                (Some("text"), Some(parent)) => {
                    let said = snippet(
                        json::string(block.text).unwrap_or_default().as_bytes(),
                        TOOL_BYTES,
                    );
                    events.note("sub-agent-text", &[("tool_call", parent), ("text", &said)]);
                }
                (Some("text"), None) => {
                    let content = json::string(block.text).unwrap_or_default();
                    self.last = Some(content.clone());
                    shown.push(text_id.clone());
                    events.push(text(Some(text_id), content, model.clone()));
                }
                (Some("thinking"), None) => {
                    let content = json::string(block.thinking).unwrap_or_default();
                    events.push(EventBody::Thinking(Text {
                        id: Some(text_id),
                        content,
                        partial: false,
                        model: model.clone(),
                    }));
                }
                (Some("tool_use" | "server_tool_use" | "mcp_tool_use"), _) => {
                    events.push(call(&block));
                }
                _ => {}
            }
        }
        if let Some(uuid) = json::string(line.uuid).filter(|_| !shown.is_empty()) {
            if self.by_line.len() >= 64 {
                self.by_line.clear(); // only lines of the same moment are ever taken back
            }
            self.by_line.insert(uuid, shown);
        }
    }

    /// A line that could not be read whole: what is there of its text.
    pub(crate) fn cut_text(
        &mut self,
        id: Option<String>,
        content: String,
        model: Option<String>,
        events: &mut Events,
    ) {
        let text_id = id.map(|id| {
            let number = self.number(&id);
            format!("{id}/{number}")
        });
        self.last = Some(content.clone());
        events.push(text(text_id, content, model));
    }

    /// A `user` line: what tools put out.
    pub(crate) fn user(message: &Message<'_>, events: &mut Events) {
        for block in blocks(message.content) {
            if json::string(block.kind).as_deref() == Some("tool_result") {
                events.push(ToolOutput {
                    id: json::string(block.tool_use_id).unwrap_or_default(),
                    ok: json::flag(block.is_error).map(|error| !error),
                    content: output_text(block.content),
                });
            }
        }
    }

    /// A `stream_event` line of the main conversation: pieces of a text.
    pub(crate) fn stream(&mut self, line: &Line<'_>, event: &ApiEvent<'_>, events: &mut Events) {
        match json::string(event.kind).as_deref() {
            Some("message_start") => {
                let message: Message<'_> = json::object(event.message).unwrap_or_default();
                let id = json::string(message.id).unwrap_or_default();
                self.open = Some(Open {
                    id,
                    model: json::string(message.model),
                    block: 0,
                    shown: Vec::new(),
                });
            }
            Some("content_block_start") => {
                if let (Some(open), Some(index)) = (&mut self.open, index(event)) {
                    open.block = index;
                }
            }
            Some("content_block_delta") => self.delta(event, events),
            Some("message_stop") => {
                let open = self.open.take();
                if let Some(open) = open.filter(|_| line.abandoned_blocks.is_some()) {
                    for block in open.shown {
                        events.push(text(
                            Some(format!("{}/{block}", open.id)),
                            String::new(),
                            None,
                        ));
                    }
                }
            }
            _ => {}
        }
    }

    fn delta(&mut self, event: &ApiEvent<'_>, events: &mut Events) {
        let Some(open) = &mut self.open else { return };
        let delta: Block<'_> = json::object(event.delta).unwrap_or_default();
        let block = index(event).unwrap_or(open.block);
        let id = Some(format!("{}/{block}", open.id));
        if let Some(content) = json::string(delta.text) {
            if !open.shown.contains(&block) {
                open.shown.push(block);
            }
            events.push(piece(id, content, open.model.clone()));
        } else if let Some(content) = json::string(delta.thinking) {
            events.push(EventBody::Thinking(Text {
                id,
                content,
                partial: true,
                model: open.model.clone(),
            }));
        }
    }

    /// The number of the block that is printed now. While a reply streams, its whole block is printed before the stream
    /// says that the block stopped; otherwise blocks come one after the other.
    fn number(&mut self, id: &str) -> usize {
        if let Some(open) = self.open.as_ref().filter(|open| open.id == id) {
            return open.block;
        }
        if self.printed.0 != id {
            self.printed = (id.to_owned(), 0);
        }
        self.printed.1 += 1;
        self.printed.1 - 1
    }

    fn take_back(&mut self, line: &Line<'_>, events: &mut Events) {
        for uuid in json::strings(line.supersedes) {
            for id in self.by_line.remove(&uuid).unwrap_or_default() {
                events.push(text(Some(id), String::new(), None));
            }
        }
    }
}

/// The blocks of a `content`, which may also be a string.
fn blocks(content: Raw<'_>) -> Vec<Block<'_>> {
    json::list(content)
        .into_iter()
        .filter_map(|block| json::object(Some(block)))
        .collect()
}

fn index(event: &ApiEvent<'_>) -> Option<usize> {
    json::count(event.index).and_then(|index| usize::try_from(index).ok())
}

fn call(block: &Block<'_>) -> ToolCall {
    let name = json::string(block.name).unwrap_or_default();
    let changes_things = if READ_ONLY.contains(&name.as_str()) {
        Some(false)
    } else if CHANGING.contains(&name.as_str()) {
        Some(true)
    } else {
        None
    };
    let input = block.input.map_or("{}", |input| input.get());
    ToolCall {
        id: json::string(block.id).unwrap_or_default(),
        name,
        input_json: snippet(input.as_bytes(), TOOL_BYTES),
        changes_things,
    }
}

/// A tool's output, which is a string or a list of blocks.
fn output_text(content: Raw<'_>) -> String {
    if let Some(whole) = json::string(content) {
        return snippet(whole.as_bytes(), TOOL_BYTES);
    }
    let texts: Vec<String> = blocks(content)
        .iter()
        .filter_map(|block| json::string(block.text))
        .collect();
    snippet(texts.join("\n").as_bytes(), TOOL_BYTES)
}
