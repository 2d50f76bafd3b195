//! The first message of a socket: who comes, from where on, for what.
//!
//! It is the only message of a client that is read.

use serde::Deserialize;

use super::super::kind::MAX_WHOLE;
use super::super::token::Token;
use super::event::Topics;

/// What a client that may come in asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Greeting {
    /// The last event that it has seen.
    pub(super) since: Option<u64>,
    pub(super) topics: Topics,
}

/// Why a client may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turned {
    /// The token is not ours.
    Token,
    /// The message makes no sense.
    Form,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    token: String,
    since: Option<u64>,
    topics: Option<Vec<String>>,
}

/// Read the first message, whose token must be `token`.
pub(super) fn read(text: &str, token: &Token) -> Result<Greeting, Turned> {
    let message: Message = serde_json::from_str(text).map_err(|_| Turned::Form)?;
    if !token.matches(&message.token) {
        return Err(Turned::Token);
    }
    let topics = match &message.topics {
        None => Some(Topics::ALL),
        Some(words) => Topics::of(words.iter().map(String::as_str)),
    };
    let since = message.since.filter(|since| *since > MAX_WHOLE).is_none();
    match topics {
        Some(topics) if since => Ok(Greeting {
            since: message.since,
            topics,
        }),
        _ => Err(Turned::Form),
    }
}
