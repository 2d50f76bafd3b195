//! A line, and what it sets off.
//!
//! Owns the state of one run and the choice of who reads a line. Never stops at a line it does not know: those are
//! reported, because the set grows with every version.

use tollgate_plugin_sdk::contract::{Chunk, Exit, Failure, Limit, Source, Started};
use tollgate_plugin_sdk::ending::{self, Tail};
use tollgate_plugin_sdk::event::{Events, failure, finished, text};
use tollgate_plugin_sdk::json::RawValue;
use tollgate_plugin_sdk::money::Dollars;
use tollgate_plugin_sdk::{json, scan, version};

use crate::failure as code;
use crate::ledger::Ledger;
use crate::line::{ApiEvent, Line, Message, RateLimit};
use crate::messages::Messages;
use crate::options::Format;
use crate::outcome::{self, Before};

/// Most text that format `text` may hold back, in bytes.
const MOST_TEXT: usize = 8 * 1024 * 1024;

/// One run of Claude Code.
#[derive(Debug, Default)]
pub struct ClaudeCode {
    format: Format,
    ledger: Ledger,
    messages: Messages,
    session: Option<String>,
    /// `error` of the last message that the tool wrote itself.
    error: Option<String>,
    quota_hit: bool,
    resets_at_ms: Option<u64>,
    has_result: bool,
    /// The answer in format `text`.
    plain: Vec<u8>,
    stderr: Tail,
}

impl ClaudeCode {
    pub(crate) fn new(format: Format, resumed: bool, version: Option<[u64; 3]>) -> Self {
        Self {
            format,
            ledger: Ledger::new(resumed, version),
            ..Self::default()
        }
    }

    pub(crate) fn read(&mut self, chunk: &Chunk, events: &mut Events) {
        match chunk.source {
            Source::Stdout if self.format == Format::Text => {
                let room = MOST_TEXT.saturating_sub(self.plain.len());
                self.plain.extend(chunk.data.iter().take(room));
                self.plain.push(b'\n');
            }
            Source::Stdout => self.line(chunk, events),
            Source::Stderr => self.stderr.push(&chunk.data),
            Source::OutputFile => {
                events.unrecognised(chunk.source, "no output file was asked for", &chunk.data);
            }
        }
    }

    fn line(&mut self, chunk: &Chunk, events: &mut Events) {
        if let Some(cut) = &chunk.cut {
            return self.cut_line(chunk, &cut.tail, events);
        }
        let text = json::text(&chunk.data);
        if text.trim().is_empty() {
            return;
        }
        // `--output-format json --verbose` prints all lines as one array.
        if text.starts_with('[')
            && let Ok(lines) = serde_json::from_str::<Vec<&RawValue>>(&text)
        {
            return lines
                .into_iter()
                .for_each(|line| self.object(line.get(), chunk, events));
        }
        self.object(&text, chunk, events);
    }

    fn object(&mut self, text: &str, chunk: &Chunk, events: &mut Events) {
        match json::parse::<Line<'_>>(text) {
            Some(line) => {
                if !self.known(&line, events) {
                    events.unrecognised(chunk.source, "a line of unknown type", &chunk.data);
                }
            }
            None => events.unrecognised(chunk.source, "not a line of JSON", &chunk.data),
        }
    }

    /// Reads a line; false when its type is not known.
    fn known(&mut self, line: &Line<'_>, events: &mut Events) -> bool {
        match json::string(line.kind).as_deref() {
            Some("assistant") => self.assistant(line, events),
            Some("user") => {
                let message: Message<'_> = json::object(line.message).unwrap_or_default();
                Messages::user(&message, events);
            }
            Some("stream_event") => self.stream_event(line, events),
            Some("result") => self.result(line, events),
            Some("system") => return self.system(line, events),
            Some("rate_limit_event") => self.rate_limit(line, events),
            _ => return false,
        }
        true
    }

    fn assistant(&mut self, line: &Line<'_>, events: &mut Events) {
        let message: Message<'_> = json::object(line.message).unwrap_or_default();
        let model = json::string(message.model);
        if model.as_deref() == Some("<synthetic>") {
            // The tool's own words about an error; the result line repeats them.
            self.error = json::string(line.error);
            return;
        }
        self.messages.assistant(line, &message, events);
        self.ledger.printed(&message, events);
    }

    fn stream_event(&mut self, line: &Line<'_>, events: &mut Events) {
        let event: ApiEvent<'_> = json::object(line.event).unwrap_or_default();
        match json::string(event.kind).as_deref() {
            Some("message_start") => {
                let message: Message<'_> = json::object(event.message).unwrap_or_default();
                self.ledger.began(&message, events);
            }
            Some("message_delta") => {
                // A sub-agent's stream is not the one that is open here.
                let main = line.parent_tool_use_id.is_none();
                let open = || self.messages.open_reply().filter(|_| main);
                let id = json::string(line.api_message_id).or_else(open);
                if let (Some(id), Some(usage)) = (id, json::object(event.usage)) {
                    self.ledger.ended(id, &usage, events);
                }
            }
            _ => {}
        }
        if line.parent_tool_use_id.is_none() {
            self.messages.stream(line, &event, events);
        }
    }

    fn result(&mut self, line: &Line<'_>, events: &mut Events) {
        if self.session.is_none() {
            self.session = json::string(line.session_id);
            let session = self.session.clone();
            events.push(Started {
                session,
                model: None,
                tool_version: None,
                cwd: None,
            });
        }
        let before = Before {
            session: self.session.as_deref(),
            error: self.error.as_deref(),
            quota_hit: self.quota_hit,
            resets_at_ms: self.resets_at_ms,
        };
        outcome::read(line, before, &mut self.ledger, &self.messages, events);
        self.has_result = true;
        self.error = None;
    }

    fn system(&mut self, line: &Line<'_>, events: &mut Events) -> bool {
        match json::string(line.subtype).as_deref() {
            Some("init") => {
                let tool_version = json::string(line.claude_code_version);
                self.ledger.version = tool_version
                    .as_deref()
                    .map(version::parts)
                    .or(self.ledger.version);
                self.session = json::string(line.session_id).or(self.session.take());
                // Its `model` is the one that was asked for; who serves is in the replies.
                let session = self.session.clone();
                events.push(Started {
                    session,
                    model: None,
                    tool_version,
                    cwd: json::string(line.cwd),
                });
            }
            Some("api_retry") => self.retry(line, events),
            Some("model_fallback") => {
                let name = |raw| json::string(raw).unwrap_or_default();
                let (from, to) = (name(line.original_model), name(line.fallback_model));
                events.note("model-fallback", &[("from", &from), ("to", &to)]);
            }
            Some("permission_denied") => {
                let name = |raw| json::string(raw).unwrap_or_default();
                let (tool, call) = (name(line.tool_name), name(line.tool_use_id));
                events.note(
                    "permission-denied",
                    &[("tool", &tool), ("tool_call", &call)],
                );
            }
            // Progress of things that other lines tell whole.
            Some(
                "status"
                | "thinking_tokens"
                | "informational"
                | "model_refusal_no_fallback"
                | "ui_invalidate"
                | "task_started"
                | "task_progress"
                | "task_updated"
                | "task_notification"
                | "background_tasks_changed"
                | "hook_started"
                | "hook_progress"
                | "hook_response"
                | "compact_boundary",
            ) => {}
            _ => return false,
        }
        true
    }

    fn retry(&mut self, line: &Line<'_>, events: &mut Events) {
        let status = json::count(line.error_status).and_then(|status| u16::try_from(status).ok());
        // With a status the API refused the request; without one a reply may have begun.
        if status.is_none() {
            self.ledger.lose_attempt();
        }
        let error = json::string(line.error).unwrap_or_default();
        let code = match status {
            None => "network",
            Some(529) => "overloaded",
            Some(status) => code::by_error(&error)
                .or_else(|| code::by_status(status))
                .unwrap_or("unknown"),
        };
        events.push(Failure {
            code: code.to_owned(),
            message: format!("claude tries again after `{error}`"),
            http_status: status,
            retry_after_ms: json::count(line.retry_delay_ms),
            resets_at_ms: None,
            fatal: false,
        });
    }

    fn rate_limit(&mut self, line: &Line<'_>, events: &mut Events) {
        let limit: RateLimit<'_> = json::object(line.rate_limit_info).unwrap_or_default();
        let hit = json::string(limit.status).as_deref() == Some("rejected");
        let resets_at_ms = json::count(limit.resets_at).map(|seconds| seconds.saturating_mul(1000));
        if hit {
            self.quota_hit = true;
            self.resets_at_ms = resets_at_ms.or(self.resets_at_ms);
        }
        // A fraction is to parts per million what dollars are to micro-dollars.
        let used = limit
            .utilization
            .and_then(Dollars::from_raw)
            .map(Dollars::micros);
        let used_ppm = used.map(|used| u32::try_from(used).unwrap_or(u32::MAX));
        let name = json::string(limit.rate_limit_type).unwrap_or_else(|| "subscription".to_owned());
        events.push(Limit {
            name,
            used_ppm,
            resets_at_ms,
            hit,
        });
    }

    /// A line longer than the host passes on: its counts still count, and its text is kept as far as it goes.
    fn cut_line(&mut self, chunk: &Chunk, tail: &[u8], events: &mut Events) {
        let Some(salvaged) = scan::salvage(&chunk.data, tail) else {
            return events.unrecognised(
                chunk.source,
                "a cut line with nothing whole in it",
                &chunk.data,
            );
        };
        let line: Line<'_> = json::parse(&salvaged).unwrap_or_default();
        match json::string(line.kind).as_deref() {
            Some("assistant") if line.message.is_none() && line.parent_tool_use_id.is_none() => {
                let id = scan::cut_string(&chunk.data, "id");
                let model = scan::cut_string(&chunk.data, "model");
                if let Some(content) = scan::cut_string(&chunk.data, "text") {
                    self.messages.cut_text(id, content, model, events);
                }
            }
            Some("result") if line.result.is_none() && line.is_error.is_some() => {
                self.result(&line, events);
            }
            _ if self.known(&line, events) => {}
            _ => {
                return events.unrecognised(
                    chunk.source,
                    "a cut line of unknown type",
                    &chunk.data,
                );
            }
        }
        events.note("cut-line", &[("read", "what is whole in it")]);
    }

    pub(crate) fn end(&mut self, exit: &Exit, events: &mut Events) {
        if self.format == Format::Text {
            return self.end_text(exit, events);
        }
        if self.has_result {
            return;
        }
        self.ledger.break_off(events);
        let prose = self.stderr.text();
        events.push(Failure {
            resets_at_ms: code::resets_at(&prose).or(self.resets_at_ms),
            ..ending::failure(exit, "claude", "a result", code::by_prose(&prose), &prose)
        });
        events.push(finished(ending::outcome(exit)));
    }

    fn end_text(&mut self, exit: &Exit, events: &mut Events) {
        let answer = String::from_utf8_lossy(&self.plain);
        let answer = answer.strip_suffix('\n').unwrap_or(&answer);
        // An interrupt prints this and ends with exit status 0.
        let interrupted = answer.trim() == "Execution error";
        if exit.code == Some(0) && !interrupted && !answer.trim().is_empty() {
            events.push(text(None, answer.to_owned(), None));
            events.push(finished("done"));
        } else if interrupted {
            events.push(failure("aborted", "claude was interrupted", true));
            events.push(finished("cancelled"));
        } else {
            // In this format errors, too, are on standard output.
            let prose = format!("{answer}\n{}", self.stderr.text());
            let prose = prose.trim();
            events.push(Failure {
                resets_at_ms: code::resets_at(prose),
                ..ending::failure(exit, "claude", "an answer", code::by_prose(prose), prose)
            });
            events.push(finished(ending::outcome(exit)));
        }
    }
}
