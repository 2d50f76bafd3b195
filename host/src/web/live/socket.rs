//! Events over a WebSocket, for browsers: these allow only six plain connections to one server, so
//! a seventh page with an event stream would wait for ever.
//!
//! Before the token is there, nothing is told. What a client says after it is not read.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::response::Response;
use tokio::select;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use super::super::desk::Desk;
use super::super::guard::check_origin;
use super::super::problem::Problem;
use super::super::service::Notice;
use super::feed::{Feed, Told};
use super::greeting::{self, Turned};
use super::viewer::{Viewer, left};

/// A client's message has at most so many bytes.
const MAX_MESSAGE: usize = 4096;
/// Pings without a word from the client after which it counts as gone.
const MAX_SILENCE: u32 = 3;
/// The longest the last words to a client may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// Turn a request into a socket.
pub(in crate::web) async fn open_socket(
    desk: &Arc<Desk>,
    parts: &mut Parts,
) -> Result<Response, Problem> {
    check_origin(parts)?;
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &()).await;
    let upgrade = upgrade.map_err(|_| {
        Problem::new(
            "upgrade_required",
            "this address is a WebSocket (version 13)",
        )
        .fix("use /api/v1/events for events over plain HTTP")
    })?;
    let viewer = Viewer::sit(desk)?;
    Ok(upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .read_buffer_size(MAX_MESSAGE)
        .on_upgrade(move |socket| watch(viewer, socket)))
}

/// Why a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The client went.
    Gone,
    /// The server goes.
    Leaving,
    Token,
    Form,
    Silent,
    /// The client reads too slowly, or from a place that cannot be followed.
    Resync(u64),
    /// The record cannot be read.
    Failed,
}

impl End {
    /// Close code and reason.
    fn words(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Gone => None,
            Self::Leaving => Some((1001, "the server goes")),
            Self::Token => Some((4401, "the token is not the one of this server")),
            Self::Form => Some((4400, "the first message makes no sense")),
            Self::Silent => Some((4408, "the first message did not come in time")),
            Self::Resync(_) => Some((4409, "load everything again")),
            Self::Failed => Some((1011, "the record cannot be read now; come back")),
        }
    }
}

/// What a socket waits for.
enum Happened {
    Told(Result<Told, Problem>),
    Heard(Option<Result<Message, axum::Error>>),
    PingDue,
}

async fn watch(viewer: Viewer, mut socket: WebSocket) {
    let mut session = Session {
        viewer: &viewer,
        socket: &mut socket,
        n_silent: 0,
    };
    let end = select! {
        end = session.run() => end,
        () = left(viewer.leaving()) => End::Leaving,
    };
    // If the client does not take its leave in time, it learns of it from the closed connection.
    let _ = timeout(FAREWELL, farewell(&mut socket, end)).await.is_ok();
}

struct Session<'a> {
    viewer: &'a Viewer,
    socket: &'a mut WebSocket,
    /// Pings since the client was last heard.
    n_silent: u32,
}

impl Session<'_> {
    async fn run(&mut self) -> End {
        match self.greet().await {
            Ok(mut feed) => self.follow(&mut feed).await,
            Err(end) => end,
        }
    }

    /// Hear who comes, and say where the events begin.
    async fn greet(&mut self) -> Result<Feed, End> {
        let options = &self.viewer.desk.options;
        let first = timeout(options.limits.greeting, first_text(self.socket)).await;
        let text = first.map_err(|_| End::Silent)??;
        let greeting = greeting::read(&text, &options.token).map_err(|turned| match turned {
            Turned::Token => End::Token,
            Turned::Form => End::Form,
        })?;
        let mut feed = self.viewer.feed(greeting.since, greeting.topics);
        match feed.begin().await {
            Ok(true) => {}
            Ok(false) => return Err(End::Resync(self.viewer.desk.hub.last_seq())),
            Err(_) => return Err(End::Failed),
        }
        let hello = format!(r#"{{"type":"hello","seq":{}}}"#, feed.after());
        self.send(Message::text(hello)).await?;
        Ok(feed)
    }

    async fn follow(&mut self, feed: &mut Feed) -> End {
        let mut pings = pings(self.viewer.desk.options.limits.ping);
        loop {
            let happened = select! {
                told = feed.next() => Happened::Told(told),
                heard = self.socket.recv() => Happened::Heard(heard),
                _ = pings.tick() => Happened::PingDue,
            };
            let taken = match happened {
                Happened::Told(told) => self.tell(told).await,
                Happened::Heard(heard) => self.hear(heard.as_ref()),
                Happened::PingDue => self.ping().await,
            };
            if let Err(end) = taken {
                return end;
            }
        }
    }

    async fn tell(&mut self, told: Result<Told, Problem>) -> Result<(), End> {
        match told {
            Ok(Told::News { seq, events, board }) => {
                if !events.is_empty() {
                    let texts: Vec<&str> = events.iter().map(|event| &*event.json).collect();
                    let texts = texts.join(",");
                    let message = format!(r#"{{"type":"events","seq":{seq},"events":[{texts}]}}"#);
                    self.send(Message::text(message)).await?;
                }
                if board {
                    self.send(Message::text(r#"{"type":"board"}"#)).await?;
                }
                Ok(())
            }
            Ok(Told::Resync { seq }) => Err(self.cut(seq)),
            Err(_) => Err(End::Failed),
        }
    }

    fn hear(&mut self, heard: Option<&Result<Message, axum::Error>>) -> Result<(), End> {
        self.n_silent = 0;
        match heard {
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Gone),
            // Pongs show that somebody is there; texts mean nothing after the first.
            Some(Ok(_)) => Ok(()),
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.n_silent >= MAX_SILENCE {
            return Err(End::Gone);
        }
        self.n_silent += 1;
        self.send(Message::Ping(axum::body::Bytes::new())).await
    }

    /// Send a message, if the client takes it in time.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        let limit = self.viewer.desk.options.limits.send;
        match timeout(limit, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(self.cut(self.viewer.desk.hub.last_seq())),
        }
    }

    fn cut(&self, seq: u64) -> End {
        self.viewer.desk.lanes.notice(Notice::ViewerCut);
        End::Resync(seq)
    }
}

fn pings(gap: Duration) -> Interval {
    let mut pings = interval_at(Instant::now() + gap, gap);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings
}

/// The first text of a client.
async fn first_text(socket: &mut WebSocket) -> Result<String, End> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(End::Form),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Gone),
        }
    }
}

/// Say why it ends, and wait until the client has heard it.
async fn farewell(socket: &mut WebSocket, end: End) {
    if let End::Resync(seq) = end {
        let message = format!(r#"{{"type":"resync","seq":{seq}}}"#);
        if socket.send(Message::text(message)).await.is_err() {
            return;
        }
    }
    if let Some((code, reason)) = end.words() {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        if socket.send(Message::Close(Some(frame))).await.is_err() {
            return;
        }
    }
    // The rest of the close: the answer to the client's own, and nothing unread, since closing
    // with unread bytes would reset the connection before the client has heard.
    while let Some(Ok(_)) = socket.recv().await {}
}
