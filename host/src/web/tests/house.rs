//! A server on a thread of its own, for one test.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::client::{Client, Reply};
use super::service::{Fake, events};
use crate::model::FixedClock;
use crate::web::{Hub, Limits, LiveEvent, ServeOptions, Token, WebError, serve};

pub(super) struct House {
    pub(super) address: SocketAddr,
    pub(super) token: Token,
    pub(super) service: Arc<Fake>,
    pub(super) hub: Arc<Hub>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), WebError>>>,
}

impl House {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A server with other bounds. The hub keeps 64 events and begins at event 10 of the record.
    pub(super) fn with(change: impl FnOnce(&mut ServeOptions)) -> Self {
        let token = Token::random().unwrap();
        let clock = FixedClock::at("2026-11-23T10:00:00Z".parse().unwrap());
        let mut options = ServeOptions::new(token.clone(), Arc::new(clock));
        change(&mut options);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let service = Arc::new(Fake::default());
        *service.record.lock().unwrap() = events(1, 10);
        let hub = Arc::new(Hub::new(64, 10));
        let (stop, stopped) = oneshot::channel();
        let (asked, told) = (Arc::clone(&service), Arc::clone(&hub));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let shutdown = async {
                let _ = stopped.await.is_ok();
            };
            runtime.block_on(serve(vec![listener], asked, told, options, shutdown))
        });
        Self {
            address,
            token,
            service,
            hub,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Put the events on record and tell of them.
    pub(super) fn happen(&self, happened: Vec<LiveEvent>) {
        self.service.record.lock().unwrap().extend(happened.clone());
        self.hub.publish(happened);
    }

    pub(super) fn connect(&self) -> Client {
        Client::to(self.address)
    }

    /// The address as a `Host`.
    pub(super) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.address.port())
    }

    /// A request with a good name and token; `more` are whole header lines.
    pub(super) fn request(&self, line: &str, more: &[&str], body: &str) -> Vec<u8> {
        let token = format!("Authorization: Bearer {}", self.token.as_str());
        let mut lines = vec![token.as_str()];
        lines.extend(more);
        self.bare_request(line, &lines, body)
    }

    /// A request with a good name and nothing else.
    pub(super) fn bare_request(&self, line: &str, more: &[&str], body: &str) -> Vec<u8> {
        let mut text = format!("{line} HTTP/1.1\r\nHost: {}\r\n", self.host());
        for header in more {
            text.push_str(&format!("{header}\r\n"));
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        text.into_bytes()
    }

    /// GET with a token.
    pub(super) fn get(&self, path: &str) -> Reply {
        self.send(&self.request(&format!("GET {path}"), &[], ""))
    }

    /// A change with a token and a JSON body.
    pub(super) fn json(&self, line: &str, more: &[&str], body: &str) -> Reply {
        let mut lines = vec!["Content-Type: application/json"];
        lines.extend(more);
        self.send(&self.request(line, &lines, body))
    }

    /// Whatever, on a connection of its own.
    pub(super) fn send(&self, bytes: &[u8]) -> Reply {
        let mut client = self.connect();
        client.write(bytes);
        client.reply()
    }

    /// Tell the server to go, and wait until it is gone.
    pub(super) fn stop(mut self) -> Duration {
        let began = tokio::time::Instant::now();
        self.end().unwrap();
        began.elapsed()
    }

    /// Tell the server to go.
    pub(super) fn tell_to_go(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
    }

    fn end(&mut self) -> Result<(), WebError> {
        self.tell_to_go();
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.service.open_gate();
        if self.thread.is_some() && !std::thread::panicking() {
            self.end().unwrap();
        }
    }
}

/// Short times, so that a test need not wait long for what must take long.
pub(super) fn hasty(limits: &mut Limits) {
    limits.head = Duration::from_millis(300);
    limits.body = Duration::from_millis(300);
    limits.stall = Duration::from_millis(1500);
    limits.send = Duration::from_millis(500);
}
