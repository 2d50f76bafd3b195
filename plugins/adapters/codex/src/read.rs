//! A line, and what it sets off.
//!
//! Owns the state of one run. A run succeeded when its turn completed, and not otherwise: `error` lines come with every
//! attempt to reconnect, and the exit status says less than the lines. Never stops at a line it does not know.

use tollgate_plugin_sdk::contract::{Action, Chunk, Exit, Source, Started, Usage};
use tollgate_plugin_sdk::ending::{self, Tail};
use tollgate_plugin_sdk::event::{Events, failure, finished, text};
use tollgate_plugin_sdk::{json, scan};

use crate::failure as prose;
use crate::items::Items;
use crate::line::{Failed, Item, Line, ThreadUsage};
use crate::options::Format;

/// Most text that format `text` may hold back, in bytes.
const MOST_TEXT: usize = 8 * 1024 * 1024;

/// One run of Codex.
#[derive(Debug, Default)]
pub struct Codex {
    format: Format,
    /// The thread that was asked for.
    resume: Option<String>,
    thread: Option<String>,
    items: Items,
    in_turn: bool,
    ended: bool,
    /// An attempt broke off whose tokens Codex does not count.
    lost: bool,
    /// The last `error` line that was no attempt to reconnect.
    error: Option<String>,
    /// The answer in format `text`.
    plain: Vec<u8>,
    stderr: Tail,
}

impl Codex {
    pub(crate) fn new(format: Format, resume: Option<String>) -> Self {
        Self {
            format,
            resume,
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
            Source::Stderr => self.stderr_line(&chunk.data, events),
            Source::OutputFile => {
                events.unrecognised(chunk.source, "no output file was asked for", &chunk.data);
            }
        }
    }

    fn stderr_line(&mut self, line: &[u8], events: &mut Events) {
        // In text mode the header on standard error is the only place that names the session.
        if self.format == Format::Text && self.thread.is_none() {
            let text = String::from_utf8_lossy(&line[..line.len().min(200)]);
            if let Some(id) = text.strip_prefix("session id: ") {
                self.started(id.trim().to_owned(), events);
            }
        }
        self.stderr.push(line);
    }

    fn line(&mut self, chunk: &Chunk, events: &mut Events) {
        if let Some(cut) = &chunk.cut {
            return self.cut_line(chunk, &cut.tail, events);
        }
        let text = json::text(&chunk.data);
        if text.trim().is_empty() {
            return;
        }
        match json::parse::<Line<'_>>(&text) {
            Some(line) if self.known(&line, events) => {}
            Some(_) => events.unrecognised(chunk.source, "a line of unknown type", &chunk.data),
            None => events.unrecognised(chunk.source, "not a line of JSON", &chunk.data),
        }
    }

    /// Reads a line; false when its type is not known.
    fn known(&mut self, line: &Line<'_>, events: &mut Events) -> bool {
        let kind = json::string(line.kind).unwrap_or_default();
        match kind.as_str() {
            "thread.started" => {
                self.started(json::string(line.thread_id).unwrap_or_default(), events);
            }
            "turn.started" => self.in_turn = true,
            "item.started" | "item.updated" | "item.completed" => {
                let item: Item<'_> = json::object(line.item).unwrap_or_default();
                return self.items.read(&item, kind == "item.completed", events);
            }
            "turn.completed" => {
                self.usage(line, events);
                self.end_turn("done", events);
            }
            "turn.failed" => {
                let failed: Failed<'_> = json::object(line.error).unwrap_or_default();
                let message = json::string(failed.message)
                    .or(self.error.take())
                    .unwrap_or_default();
                events.push(prose::failure(&message, true));
                self.end_turn("failed", events);
            }
            "error" => self.error_line(json::string(line.message).unwrap_or_default(), events),
            _ => return false,
        }
        true
    }

    fn started(&mut self, thread: String, events: &mut Events) {
        let asked = self
            .resume
            .as_ref()
            .filter(|asked| !asked.eq_ignore_ascii_case(&thread));
        if let Some(asked) = asked {
            let message =
                format!("codex began the new thread {thread} in place of going on with {asked}");
            events.fail(failure("session-not-found", message, true));
            events.act(Action::Interrupt); // every word of it would be paid for in vain
            self.ended = true;
        }
        self.thread = Some(thread.clone());
        events.push(Started {
            session: Some(thread),
            model: None,
            tool_version: None,
            cwd: None,
        });
    }

    fn end_turn(&mut self, outcome: &str, events: &mut Events) {
        self.in_turn = false;
        // Once the thread is the wrong one nothing can make it right.
        if !self.ended {
            events.push(finished(outcome));
        }
        self.ended = true;
    }

    fn usage(&self, line: &Line<'_>, events: &mut Events) {
        let Some(usage) = json::object::<ThreadUsage<'_>>(line.usage) else {
            return;
        };
        let cached = json::count(usage.cached);
        let written = json::count(usage.written);
        events.push(Usage {
            scope: "session".to_owned(),
            key: self.thread.clone(),
            input: json::count(usage.input).map(|all| {
                all.saturating_sub(cached.unwrap_or(0))
                    .saturating_sub(written.unwrap_or(0))
            }),
            output: json::count(usage.output),
            cache_read: cached,
            cache_write: written,
            reasoning: json::count(usage.reasoning),
            settled: !self.lost,
            model: None,
            extra: Vec::new(),
        });
    }

    fn error_line(&mut self, message: String, events: &mut Events) {
        if message.starts_with("Reconnecting") {
            self.lost |= prose::may_have_billed(&message);
            events.push(prose::failure(&message, false));
        } else {
            self.error = Some(message); // `turn.failed` repeats it
        }
    }

    /// A line longer than the host passes on: its counts still count, and its text is kept as far as it goes.
    fn cut_line(&mut self, chunk: &Chunk, tail: &[u8], events: &mut Events) {
        let salvaged = scan::salvage(&chunk.data, tail).unwrap_or_else(|| "{}".to_owned());
        let line: Line<'_> = json::parse(&salvaged).unwrap_or_default();
        let is_message = scan::cut_string(&chunk.data, "type").as_deref() == Some("item.completed")
            && chunk
                .data
                .windows(24)
                .take(4096)
                .any(|bytes| bytes == b"\"type\":\"agent_message\",\"");
        if line.item.is_none() && is_message {
            if let Some(content) = scan::cut_string(&chunk.data, "text") {
                events.push(text(scan::cut_string(&chunk.data, "id"), content, None));
            }
        } else if line.item.is_none()
            && json::string(line.kind).as_deref() == Some("item.completed")
        {
            // Some tool's long output.
        } else if !self.known(&line, events) {
            return events.unrecognised(chunk.source, "a cut line of unknown type", &chunk.data);
        }
        events.note("cut-line", &[("read", "what is whole in it")]);
    }

    pub(crate) fn end(&mut self, exit: &Exit, events: &mut Events) {
        self.stderr
            .forget(|line| line.starts_with("Reading ") && line.contains(" from stdin"));
        if self.format == Format::Text {
            return self.end_text(exit, events);
        }
        if self.ended {
            return;
        }
        let words = self.error.take().unwrap_or_else(|| self.stderr.text());
        // An interrupt ends it with status 1 and not a word.
        let silent =
            (self.in_turn && words.is_empty() && exit.code == Some(1)).then_some("aborted");
        let mut failed = ending::failure(
            exit,
            "codex",
            "the end of its turn",
            prose::code(&words).or(silent),
            &words,
        );
        failed.http_status = prose::status(&words);
        failed.retry_after_ms = prose::wait(&words);
        events.push(failed);
        let cancelled = silent.is_some() && exit.reason == "exited";
        events.push(finished(if cancelled {
            "cancelled"
        } else {
            ending::outcome(exit)
        }));
    }

    fn end_text(&mut self, exit: &Exit, events: &mut Events) {
        if self.ended {
            return; // another thread than the one asked for
        }
        let answer = String::from_utf8_lossy(&self.plain);
        let answer = answer.strip_suffix('\n').unwrap_or(&answer);
        if exit.code == Some(0) && !answer.trim().is_empty() {
            events.push(text(None, answer.to_owned(), None));
            events.push(finished("done"));
            return;
        }
        // Standard error holds the whole conversation in this mode, so only lines that are marked count.
        self.stderr
            .forget(|line| !line.to_ascii_lowercase().starts_with("error"));
        let words = self.stderr.text();
        events.push(ending::failure(
            exit,
            "codex",
            "an answer",
            prose::code(&words),
            &words,
        ));
        events.push(finished(ending::outcome(exit)));
    }
}
