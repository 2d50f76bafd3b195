//! What a stand-in tool says: scripts that print the streams of real tools, with a test's own words
//! and figures.
//!
//! Owns the fewest fields that an adapter needs, as recorded from Claude Code 2.1.330 and Codex
//! 0.169.0. Whole recordings are played with [`recording`].

use std::path::PathBuf;

use serde_json::{Value, json};

/// The session of a stand-in that was given none of its own.
pub const SESSION: &str = "8acefdc1-ecad-4f1d-bc15-63e4bafc3270";

/// The folder of recorded streams.
#[must_use]
pub fn recordings() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cli"))
}

/// A script that plays a recording, such as `claude/429-noretry`.
#[must_use]
pub fn recording(name: &str) -> Vec<String> {
    let path = recordings().join(format!("{name}.json"));
    let path = path.to_string_lossy().into_owned();
    vec!["--read-stdin".to_owned(), "--play".to_owned(), path]
}

/// What a stand-in for Claude Code says in one run.
#[derive(Debug, Clone)]
pub struct Claude {
    /// Its answer.
    pub text: String,
    /// Its session.
    pub session: String,
    /// The model that serves.
    pub model: String,
    /// Tokens: input, output, cache read, cache write.
    pub tokens: [u64; 4],
    /// What it says it cost, in dollars.
    pub usd: f64,
}

impl Claude {
    /// It answers with `text`: 1,000 tokens in, 100 out, for a cent.
    #[must_use]
    pub fn says(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            session: SESSION.to_owned(),
            model: "claude-opus-5-5".to_owned(),
            tokens: [1_000, 100, 0, 0],
            usd: 0.01,
        }
    }

    /// Other figures.
    #[must_use]
    pub fn billed(mut self, tokens: [u64; 4], usd: f64) -> Self {
        (self.tokens, self.usd) = (tokens, usd);
        self
    }

    /// Another model serves.
    #[must_use]
    pub fn served_by(mut self, model: &str) -> Self {
        model.clone_into(&mut self.model);
        self
    }

    /// The script of the whole run.
    #[must_use]
    pub fn script(&self) -> Vec<String> {
        lines(&[self.init(), self.message(), self.result()])
    }

    /// The script of a run that tells of so many replies, each with as many output tokens, and never
    /// ends by itself.
    #[must_use]
    pub fn spending(&self, replies: u32, output: u64) -> Vec<String> {
        let mut told = vec![self.init()];
        for n in 0..replies {
            let mut message = self.message();
            message["message"]["id"] = json!(format!("msg_{n}"));
            message["message"]["usage"]["output_tokens"] = json!(output);
            told.push(message);
        }
        let all = lines(&told);
        let (first, rest) = all.split_at(1);
        let mut script = first.to_vec();
        for line in rest.chunks(2) {
            script.extend_from_slice(line);
            // As a model does: whoever listens has time to say stop.
            script.extend(["--sleep-ms".to_owned(), "150".to_owned()]);
        }
        script.push("--hang".to_owned());
        script
    }

    /// The script of a run that breaks off after its words, without a result.
    #[must_use]
    pub fn broken_off(&self) -> Vec<String> {
        lines(&[self.init(), self.message()])
    }

    /// The script of a run that calls a tool of its own, then breaks off.
    #[must_use]
    pub fn acted(&self, tool: &str, input: &Value) -> Vec<String> {
        let mut message = self.message();
        message["message"]["content"] =
            json!([{"type": "tool_use", "id": "toolu_1", "name": tool, "input": input}]);
        lines(&[self.init(), message])
    }

    fn init(&self) -> Value {
        json!({"type": "system", "subtype": "init", "cwd": "/", "session_id": self.session,
            "tools": [], "mcp_servers": [], "model": self.model,
            "claude_code_version": "2.1.330", "uuid": "u0"})
    }

    fn message(&self) -> Value {
        let [input, _, cache_read, cache_write] = self.tokens;
        json!({"type": "assistant", "session_id": self.session, "parent_tool_use_id": null,
            "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": self.model,
                "content": [{"type": "text", "text": self.text}], "stop_reason": null,
                "usage": {"input_tokens": input, "cache_creation_input_tokens": cache_write,
                    "cache_read_input_tokens": cache_read, "output_tokens": 1}}})
    }

    fn result(&self) -> Value {
        let [input, output, cache_read, cache_write] = self.tokens;
        json!({"type": "result", "subtype": "success", "is_error": false, "num_turns": 1,
            "result": self.text, "session_id": self.session, "stop_reason": "end_turn",
            "total_cost_usd": self.usd, "permission_denials": [], "api_error_status": null,
            "usage": {"input_tokens": input, "cache_creation_input_tokens": cache_write,
                "cache_read_input_tokens": cache_read, "output_tokens": output},
            "modelUsage": {self.model.clone(): {"inputTokens": input, "outputTokens": output,
                "cacheReadInputTokens": cache_read, "cacheCreationInputTokens": cache_write,
                "costUSD": self.usd}}})
    }
}

/// What a stand-in for Codex says in one run: an answer, and the totals of its session, as the tool
/// counts them (`input` with what was cached).
#[must_use]
pub fn codex(session: &str, text: &str, totals: &CodexTotals) -> Vec<String> {
    lines(&[
        json!({"type": "thread.started", "thread_id": session}),
        json!({"type": "turn.started"}),
        json!({"type": "item.completed",
            "item": {"id": "item_1", "type": "agent_message", "text": text}}),
        json!({"type": "turn.completed", "usage": {
            "input_tokens": totals.input, "cached_input_tokens": totals.cached,
            "cache_write_input_tokens": 0, "output_tokens": totals.output,
            "reasoning_output_tokens": totals.reasoning}}),
    ])
}

/// Totals of a session as Codex counts them.
#[derive(Debug, Clone, Copy, Default)]
pub struct CodexTotals {
    /// Input tokens, those read from a cache included.
    pub input: u64,
    /// Input tokens read from a cache.
    pub cached: u64,
    /// Output tokens, reasoning included.
    pub output: u64,
    /// Reasoning tokens.
    pub reasoning: u64,
}

impl CodexTotals {
    /// The totals after so many turns of the recorded kind.
    #[must_use]
    pub fn after(turns: u64) -> Self {
        Self {
            input: 10_134 * turns,
            cached: 8_900 * turns,
            output: 42 * turns,
            reasoning: 17 * turns,
        }
    }
}

/// A script that reads its prompt, prints these lines, and ends with status 0.
#[must_use]
pub fn lines(values: &[Value]) -> Vec<String> {
    let lines = values
        .iter()
        .flat_map(|value| ["--emit-line".to_owned(), value.to_string()]);
    std::iter::once("--read-stdin".to_owned())
        .chain(lines)
        .collect()
}

/// A script that reads its prompt into a file before it goes on.
#[must_use]
pub fn reading_to(path: &std::path::Path, then: Vec<String>) -> Vec<String> {
    let mut script = vec![
        "--echo-stdin-to".to_owned(),
        path.to_string_lossy().into_owned(),
    ];
    script.extend(then);
    script
}
