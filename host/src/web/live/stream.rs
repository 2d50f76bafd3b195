//! Events over plain HTTP, for curl and other programs: server-sent events.
//!
//! The body of the answer is the viewer: it is polled when the connection can take more, so it
//! holds one message at most and no task of its own.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::Frame;
use tokio::select;
use tokio::time::{Instant, sleep};

use super::super::desk::Desk;
use super::super::given::Given;
use super::super::problem::Problem;
use super::super::service::Notice;
use super::event::{LiveEvent, Topics};
use super::feed::{Feed, Told};
use super::viewer::{Viewer, left};

/// Begin a stream of events. `head_only`: the client wants the headers and no more.
pub(in crate::web) async fn open_stream(
    desk: &Arc<Desk>,
    given: &Given,
    head_only: bool,
) -> Result<Response, Problem> {
    let mut response = Response::new(Body::empty());
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if head_only {
        return Ok(response);
    }
    let viewer = Viewer::sit(desk)?;
    let since = given.whole("last-event-id").or(given.whole("since"));
    let topics = given.text("topics");
    let topics = topics.and_then(|words| Topics::of(words.split(',')));
    let mut feed = viewer.feed(since, topics.unwrap_or(Topics::ALL));
    let first = if feed.begin().await? {
        Said::More(format!("retry: 1000\nid: {}\n\n", feed.after()))
    } else {
        Said::Last(resync(desk.hub.last_seq()))
    };
    let watching = Watching {
        viewer,
        feed,
        told_at: None,
    };
    *response.body_mut() = Body::new(Events {
        step: Some(Box::pin(async move { (watching, first) })),
    });
    Ok(response)
}

/// What is written next.
enum Said {
    More(String),
    Last(String),
}

struct Watching {
    viewer: Viewer,
    feed: Feed,
    /// When the last piece was handed over; it is asked for the next when that one was taken.
    told_at: Option<Instant>,
}

impl Watching {
    async fn step(mut self) -> (Self, Said) {
        let limits = &self.viewer.desk.options.limits;
        let is_slow = self.told_at.is_some_and(|at| at.elapsed() > limits.send);
        if is_slow {
            let said = self.cut(self.viewer.desk.hub.last_seq());
            return (self, said);
        }
        let ping = limits.ping;
        let leaving = self.viewer.leaving();
        let said = select! {
            told = self.feed.next() => match told {
                Ok(Told::News { events, board, .. }) => Said::More(written(&events, board)),
                Ok(Told::Resync { seq }) => self.cut(seq),
                // The client comes back by itself and says how far it is.
                Err(_) => Said::Last(": the record cannot be read now; come back\n\n".to_owned()),
            },
            () = sleep(ping) => Said::More(": ping\n\n".to_owned()),
            () = left(leaving) => Said::Last(": the server goes\n\n".to_owned()),
        };
        self.told_at = Some(Instant::now());
        (self, said)
    }

    fn cut(&self, seq: u64) -> Said {
        self.viewer.desk.lanes.notice(Notice::ViewerCut);
        Said::Last(resync(seq))
    }
}

type Step = Pin<Box<dyn Future<Output = (Watching, Said)> + Send>>;

/// The body: one step after another.
struct Events {
    step: Option<Step>,
}

impl HttpBody for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(step) = &mut self.step else {
            return Poll::Ready(None);
        };
        let (watching, said) = ready!(step.as_mut().poll(context));
        let text = match said {
            Said::More(text) => {
                self.step = Some(Box::pin(watching.step()));
                text
            }
            Said::Last(text) => {
                self.step = None;
                text
            }
        };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(text)))))
    }
}

fn written(events: &[LiveEvent], board: bool) -> String {
    let mut text = String::new();
    for event in events {
        push(&mut text, Some(event.seq), &event.kind, &event.json);
    }
    if board {
        push(&mut text, None, "board", "{}");
    }
    text
}

/// The number goes along as `id`, so that a client that comes back by itself starts from there.
fn resync(seq: u64) -> String {
    let mut text = String::new();
    push(
        &mut text,
        Some(seq),
        "resync",
        &format!(r#"{{"seq":{seq}}}"#),
    );
    text
}

/// One event. Line ends inside would begin another field, so they are kept from doing that.
fn push(text: &mut String, id: Option<u64>, kind: &str, data: &str) {
    if let Some(id) = id {
        text.push_str(&format!("id: {id}\n"));
    }
    let kind: String = kind.chars().filter(|c| !c.is_control()).collect();
    text.push_str(&format!("event: {kind}\n"));
    for line in data.split(['\n', '\r']) {
        text.push_str(&format!("data: {line}\n"));
    }
    text.push('\n');
}
