//! What a mock API does when asked, chosen by the test before it starts.
//!
//! Owns the scenarios, their order, and the bill of a reply. Knows nothing of wire formats.

use std::{sync::Mutex, time::Duration};

/// The text of a reply that was given none of its own, as in the recorded streams.
pub const REPLY: &str =
    "Hello from the mock model. This is a normal reply, sent as several small deltas.";

/// What every completed reply is billed, in tokens; the same figures as in the recorded streams.
pub mod billed {
    /// Input tokens that neither came from a cache nor went into one.
    pub const INPUT: u64 = 1_234;
    /// Input tokens written to the cache. Anthropic's format only.
    pub const CACHE_WRITE: u64 = 567;
    /// Input tokens read from the cache.
    pub const CACHE_READ: u64 = 8_900;
    /// Output tokens, reasoning included.
    pub const OUTPUT: u64 = 42;
    /// Output tokens spent on reasoning. `OpenAI`'s format only.
    pub const REASONING: u64 = 17;
    /// Input tokens as `OpenAI` counts them: those read from the cache included.
    pub const OPENAI_INPUT: u64 = INPUT + CACHE_READ;
}

/// How the API answers one model request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scenario {
    /// A reply with this text, streamed in small deltas.
    Reply(String),
    /// A reply that is never done: a delta after each pause, until the client goes away.
    Slow {
        /// Time between two deltas.
        pause: Duration,
    },
    /// No reply but an HTTP error.
    Status(Failure),
    /// A call of the tool's own shell with this command, then, once its result came back, `reply`.
    ToolCall {
        /// The shell command.
        command: String,
        /// Text of the final reply.
        reply: String,
    },
    /// A call of the tool's own shell with this command. Whatever brings its result gets the next
    /// scenario; whatever does not gets the call again, until [`super::MockApi::move_on`].
    Call {
        /// The shell command.
        command: String,
    },
    /// A stream that begins and then breaks off: the connection is closed in the middle.
    Cut,
}

impl Scenario {
    /// The plain success: [`REPLY`].
    pub fn ok() -> Self {
        Self::Reply(REPLY.to_owned())
    }

    /// A reply of exactly `bytes` bytes of numbered lines, so that a gap or a cut shows.
    pub fn big(bytes: usize) -> Self {
        Self::Reply(numbered_text(bytes))
    }

    /// A shell call, then [`REPLY`].
    pub fn tool_call(command: impl Into<String>) -> Self {
        Self::ToolCall {
            command: command.into(),
            reply: REPLY.to_owned(),
        }
    }

    /// A shell call, and nothing after it.
    pub fn call(command: impl Into<String>) -> Self {
        Self::Call {
            command: command.into(),
        }
    }

    /// A never-ending reply with a delta every 50 ms.
    pub fn slow() -> Self {
        Self::Slow {
            pause: Duration::from_millis(50),
        }
    }

    /// An HTTP error with the body that the vendors send with this status.
    pub fn status(status: u16) -> Self {
        Self::Status(Failure::of_status(status))
    }
}

/// An HTTP error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// `error.type` of Anthropic's body; `error.type` and `error.code` of `OpenAI`'s.
    pub code: String,
    /// `error.message`.
    pub message: String,
    /// Seconds in the `retry-after` header, when it is sent.
    pub retry_after: Option<u32>,
    /// `error.resets_at` of `OpenAI`'s body, in Unix seconds: when a used-up quota comes back.
    pub resets_at: Option<u64>,
}

impl Failure {
    /// The usual error of a status; the type names are Anthropic's, as its API reference lists them.
    pub fn of_status(status: u16) -> Self {
        let (code, message) = match status {
            400 => ("invalid_request_error", "the request was malformed"),
            401 => ("authentication_error", "invalid x-api-key"),
            403 => ("permission_error", "this key may not use that resource"),
            404 => ("not_found_error", "no such model"),
            413 => ("request_too_large", "the request exceeds the maximum size"),
            429 => ("rate_limit_error", "too many requests"),
            529 => ("overloaded_error", "overloaded"),
            _ => ("api_error", "internal server error"),
        };
        Self {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
            retry_after: None,
            resets_at: None,
        }
    }

    /// The same error with a `retry-after` header of so many seconds.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The same error with the time, in Unix seconds, at which the quota comes back.
    pub fn resets_at(mut self, unix_seconds: u64) -> Self {
        self.resets_at = Some(unix_seconds);
        self
    }

    /// The same error under another code, such as `usage_limit_reached`.
    pub fn coded(mut self, code: &str, message: &str) -> Self {
        code.clone_into(&mut self.code);
        message.clone_into(&mut self.message);
        self
    }
}

/// The scenarios of a server, one for each model request; the last one repeats.
#[derive(Debug)]
pub struct Play {
    scenarios: Vec<Scenario>,
    served_model: Option<String>,
    n_begun: Mutex<usize>,
}

impl Play {
    /// Every model request is answered alike.
    pub fn always(scenario: Scenario) -> Self {
        Self {
            scenarios: vec![scenario],
            served_model: None,
            n_begun: Mutex::new(0),
        }
    }

    /// After the scenarios so far, go on with this one.
    pub fn then(mut self, scenario: Scenario) -> Self {
        self.scenarios.push(scenario);
        self
    }

    /// Replies name this model, whichever was asked for.
    pub fn served_by(mut self, model: impl Into<String>) -> Self {
        self.served_model = Some(model.into());
        self
    }

    /// The scenario for a request, which may bring the result of a tool call.
    pub(super) fn next(&self, brings_tool_result: bool) -> Scenario {
        let mut n_begun = self
            .n_begun
            .lock()
            .expect("no thread panics while it holds this");
        let at = |n: usize| self.scenarios[n.min(self.scenarios.len() - 1)].clone();
        let scenario = match at(*n_begun) {
            Scenario::Call { .. } if brings_tool_result => {
                *n_begun += 1;
                at(*n_begun)
            }
            scenario => scenario,
        };
        // A tool call is one scenario of two requests: it moves on when its result has come back.
        if !matches!(scenario, Scenario::ToolCall { .. } | Scenario::Call { .. }) {
            *n_begun += 1;
        }
        scenario
    }

    pub(super) fn move_on(&self) {
        *self
            .n_begun
            .lock()
            .expect("no thread panics while it holds this") += 1;
    }

    pub(super) fn model_for(&self, requested: &str) -> String {
        self.served_model
            .clone()
            .unwrap_or_else(|| requested.to_owned())
    }
}

/// Exactly `bytes` bytes of numbered 64-byte lines.
pub fn numbered_text(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 64);
    for n in 0.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&format!(
            "{n:08} the quick brown fox jumps over the lazy dog 0123456789\n"
        ));
    }
    text.truncate(bytes);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_scenario_repeats() {
        let play = Play::always(Scenario::status(429)).then(Scenario::ok());
        let seen: Vec<_> = (0..4).map(|_| play.next(false)).collect();
        assert_eq!(seen[0], Scenario::status(429));
        assert_eq!(seen[1..], [Scenario::ok(), Scenario::ok(), Scenario::ok()]);
    }

    #[test]
    fn a_call_stays_until_its_result_is_back_or_somebody_moves_on() {
        let play = Play::always(Scenario::call("ls"))
            .then(Scenario::slow())
            .then(Scenario::call("pwd"))
            .then(Scenario::ok());
        let seen = [false, false, true, false, false].map(|brings| play.next(brings));
        let (ls, pwd) = (Scenario::call("ls"), Scenario::call("pwd"));
        assert_eq!(seen, [ls.clone(), ls, Scenario::slow(), pwd.clone(), pwd]);
        play.move_on();
        assert_eq!(play.next(false), Scenario::ok());
    }

    #[test]
    fn numbered_text_has_the_length_asked_for() {
        for bytes in [0, 1, 63, 64, 65, 5_000_000] {
            assert_eq!(numbered_text(bytes).len(), bytes);
        }
        assert_eq!(
            numbered_text(128).lines().map(str::len).collect::<Vec<_>>(),
            [63, 63]
        );
    }
}
