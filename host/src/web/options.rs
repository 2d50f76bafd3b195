//! What whoever starts the server decides, and the bounds within which it serves.

use std::sync::Arc;
use std::time::Duration;

use super::token::Token;
use crate::model::Clock;

/// How to serve.
#[derive(Clone)]
pub struct ServeOptions {
    /// What opens every route that shows or does something.
    pub token: Token,
    /// More names under which this server may be addressed: `HOST` or `HOST:PORT`.
    pub names: Vec<String>,
    /// Where the time in answers comes from.
    pub clock: Arc<dyn Clock>,
    /// The bounds.
    pub limits: Limits,
}

impl ServeOptions {
    /// With no further names and the usual bounds.
    #[must_use]
    pub fn new(token: Token, clock: Arc<dyn Clock>) -> Self {
        Self {
            token,
            names: Vec::new(),
            clock,
            limits: Limits::default(),
        }
    }
}

/// The bounds of a server. The defaults are for people; tests choose shorter times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at the same time, without open sockets; more wait to be accepted.
    pub n_connections: usize,
    /// WebSockets and event streams at the same time; more are refused.
    pub n_viewers: usize,
    /// Reading calls at the same time; more wait.
    pub n_reading: usize,
    /// Changing calls at the same time; more wait.
    pub n_doing: usize,
    /// The longest a request waits for its turn before it is refused.
    pub turn: Duration,
    /// The longest the head of a request may take, also when nothing comes at all.
    pub head: Duration,
    /// The longest the body of a request may take.
    pub body: Duration,
    /// The longest a client may not read while something is to be written.
    pub stall: Duration,
    /// The longest a message to a viewer may take.
    pub send: Duration,
    /// The longest a socket may stay silent about its token.
    pub greeting: Duration,
    /// How often a viewer is shown that the server is there; after three times without a word the
    /// viewer counts as gone.
    pub ping: Duration,
    /// The shortest time between two messages to a viewer.
    pub batch: Duration,
    /// The longest that requests may take to end when the server goes.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            n_connections: 256,
            n_viewers: 64,
            n_reading: 8,
            n_doing: 4,
            turn: Duration::from_secs(15),
            head: Duration::from_secs(10),
            body: Duration::from_secs(30),
            stall: Duration::from_secs(10),
            send: Duration::from_secs(5),
            greeting: Duration::from_secs(2),
            ping: Duration::from_secs(15),
            batch: Duration::from_millis(50),
            drain: Duration::from_secs(5),
        }
    }
}
