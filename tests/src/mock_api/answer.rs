//! One request in, one answer written: the scenario played in the format that was asked for.
//!
//! Owns the choice of format and the order of what is sent. Opens no socket, keeps no list.

use std::{
    io::{self, Write},
    time::Duration,
};

use serde_json::{Value, json};

use super::{
    http::{self, EventStream, Request},
    ledger::Ending,
    messages, responses,
    scenario::{Failure, Play, REPLY, Scenario, billed},
};

/// After so many deltas a slow reply ends by itself, so that no test can hang on it.
const MAX_SLOW_DELTAS: usize = 4_000;
/// Deltas of a long text are this long; short texts are sent word by word.
const LONG_PIECE_BYTES: usize = 32 * 1024;

/// What is said before a shell call.
const BEFORE_CALL: &str = "Running a command. ";

/// What an answer needs to know about its request.
pub(super) struct Turn<'a> {
    /// Number of the request on this server, from 1.
    pub(super) n: usize,
    /// The model that is said to have served.
    pub(super) model: String,
    /// The request's JSON body.
    pub(super) request: &'a Value,
}

/// What the server does for an answer while it is being written.
pub(super) trait Stage {
    /// A piece of the text was sent.
    fn delta_sent(&self);
    /// Waits; false when the server is closing.
    fn pause(&self, time: Duration) -> bool;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Messages,
    Responses,
}

/// Answers one request. An error means that the client went away.
pub(super) fn answer(
    stream: &mut impl Write,
    request: &Request,
    n: usize,
    play: &Play,
    stage: &impl Stage,
) -> io::Result<Ending> {
    let path = request.path.split('?').next().unwrap_or_default();
    let format = match (request.method.as_str(), path) {
        ("POST", "/v1/messages") => Format::Messages,
        ("POST", "/v1/responses") => Format::Responses,
        _ => return other_endpoint(stream, &request.method, path).map(|()| Ending::Complete),
    };
    let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
    let Some(requested) = body["model"].as_str() else {
        let failure =
            Failure::of_status(400).coded("invalid_request_error", "model: field required");
        return refuse(stream, format, &failure, n).map(|()| Ending::Complete);
    };
    let turn = Turn {
        n,
        model: play.model_for(requested),
        request: &body,
    };
    let brings_tool_result = format.brings_tool_result(&body);
    match play.next(brings_tool_result) {
        Scenario::Reply(text) => reply(stream, format, &turn, &text, None, stage),
        Scenario::Slow { pause } => slow(stream, format, &turn, pause, stage),
        Scenario::Status(failure) => refuse(stream, format, &failure, n).map(|()| Ending::Complete),
        Scenario::ToolCall {
            command,
            reply: text,
        } => {
            if brings_tool_result {
                play.move_on();
                reply(stream, format, &turn, &text, None, stage)
            } else {
                reply(stream, format, &turn, BEFORE_CALL, Some(&command), stage)
            }
        }
        Scenario::Call { command } => {
            reply(stream, format, &turn, BEFORE_CALL, Some(&command), stage)
        }
        Scenario::Cut => {
            let mut events = begin(stream, format, &turn)?;
            for piece in pieces(REPLY).take(3) {
                events.send(&format.delta(&turn, piece))?;
                stage.delta_sent();
            }
            Ok(Ending::Cut)
        }
    }
}

/// What the tools ask besides replies, when they do: a count of tokens, a list of models, a sign of life.
fn other_endpoint(stream: &mut impl Write, method: &str, path: &str) -> io::Result<()> {
    match (method, path) {
        ("POST", "/v1/messages/count_tokens") => {
            http::write_json(stream, 200, &[], &json!({"input_tokens": billed::INPUT}))
        }
        ("GET", "/v1/models") => http::write_json(
            stream,
            200,
            &[],
            &json!({"object": "list", "data": [], "models": []}),
        ),
        ("HEAD", _) => stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .and_then(|()| stream.flush()),
        _ => http::write_json(
            stream,
            404,
            &[],
            &json!({"error": {"type": "not_found_error", "message": "no such endpoint"}}),
        ),
    }
}

fn reply(
    stream: &mut impl Write,
    format: Format,
    turn: &Turn,
    text: &str,
    command: Option<&str>,
    stage: &impl Stage,
) -> io::Result<Ending> {
    if turn.request["stream"] != true {
        let whole = match format {
            Format::Messages => messages::whole(turn, text, command),
            Format::Responses => responses::whole(turn, text, command),
        };
        return http::write_json(stream, 200, &request_id(turn.n), &whole)
            .map(|()| Ending::Complete);
    }
    let mut events = begin(stream, format, turn)?;
    for piece in pieces(text) {
        events.send(&format.delta(turn, piece))?;
        stage.delta_sent();
    }
    for event in format.closing(turn, text, command) {
        events.send(&event)?;
    }
    events.end().map(|()| Ending::Complete)
}

fn slow(
    stream: &mut impl Write,
    format: Format,
    turn: &Turn,
    pause: Duration,
    stage: &impl Stage,
) -> io::Result<Ending> {
    let mut events = begin(stream, format, turn)?;
    let mut text = String::new();
    for n in 0..MAX_SLOW_DELTAS {
        let piece = format!("word{n} ");
        events.send(&format.delta(turn, &piece))?;
        stage.delta_sent();
        text.push_str(&piece);
        if !stage.pause(pause) {
            return Ok(Ending::Cut);
        }
    }
    for event in format.closing(turn, &text, None) {
        events.send(&event)?;
    }
    events.end().map(|()| Ending::Complete)
}

fn begin<'a, W: Write>(
    stream: &'a mut W,
    format: Format,
    turn: &Turn,
) -> io::Result<EventStream<'a, W>> {
    let mut events = EventStream::begin(stream, &request_id(turn.n))?;
    for event in format.opening(turn) {
        events.send(&event)?;
    }
    Ok(events)
}

fn refuse(stream: &mut impl Write, format: Format, failure: &Failure, n: usize) -> io::Result<()> {
    let body = match format {
        Format::Messages => messages::error(failure),
        Format::Responses => responses::error(failure),
    };
    let mut headers = request_id(n).to_vec();
    headers.extend(
        failure
            .retry_after
            .map(|seconds| ("retry-after", seconds.to_string())),
    );
    http::write_json(stream, failure.status, &headers, &body)
}

fn request_id(n: usize) -> [(&'static str, String); 2] {
    let id = format!("req_mock_{n:04}");
    [("request-id", id.clone()), ("x-request-id", id)]
}

impl Format {
    fn opening(self, turn: &Turn) -> Vec<Value> {
        match self {
            Self::Messages => messages::opening(turn),
            Self::Responses => responses::opening(turn),
        }
    }

    fn delta(self, turn: &Turn, piece: &str) -> Value {
        match self {
            Self::Messages => messages::delta(piece),
            Self::Responses => responses::delta(turn, piece),
        }
    }

    fn closing(self, turn: &Turn, text: &str, command: Option<&str>) -> Vec<Value> {
        match (self, command) {
            (Self::Messages, None) => messages::closing(),
            (Self::Messages, Some(command)) => messages::closing_with_call(turn, command),
            (Self::Responses, command) => responses::closing(turn, text, command),
        }
    }

    fn brings_tool_result(self, request: &Value) -> bool {
        match self {
            Self::Messages => messages::brings_tool_result(request),
            Self::Responses => responses::brings_tool_result(request),
        }
    }
}

/// A text in the pieces it is streamed in; together they are the text.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let long = text.len() > LONG_PIECE_BYTES;
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = if long {
            rest.floor_char_boundary(LONG_PIECE_BYTES)
        } else {
            rest.find(' ').map_or(rest.len(), |at| at + 1)
        };
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_up_the_text() {
        let long = "ä€ ".repeat(40_000);
        for text in ["", "one", "two words", "  spaces  ", REPLY, &long] {
            assert_eq!(pieces(text).collect::<String>(), text);
        }
        assert_eq!(pieces(REPLY).count(), 15);
        assert!(pieces(&long).count() < 10);
    }
}
