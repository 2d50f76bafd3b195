//! A collector of OpenTelemetry's on the loopback interface: it keeps what it is sent and answers as
//! it is told.
//!
//! Owns its socket and one thread; a request a connection. It knows HTTP and JSON, and nothing of
//! what spans and metrics mean.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

/// Whoever waits longer for a request has waited for one that does not come.
const SOON: Duration = Duration::from_secs(60);

/// What it was sent.
#[derive(Debug, Clone)]
pub struct Received {
    /// `/v1/traces` or `/v1/metrics`.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Value,
}

/// What it does with a request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Answer with this status, these header lines, and this body.
    With(u16, &'static str, &'static str),
    /// Say nothing for as long as the other side waits.
    Silence,
}

/// A collector that runs until it is dropped.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    answer: Arc<Mutex<Answer>>,
    closing: Arc<AtomicBool>,
    received: Receiver<Received>,
    thread: Option<JoinHandle<()>>,
}

impl Collector {
    /// One that takes everything, on a free port.
    ///
    /// # Panics
    /// When the loopback interface has no free port.
    #[must_use]
    pub fn start() -> Self {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// One that takes everything, at this address.
    ///
    /// # Panics
    /// When it is taken.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).expect("a free port of the loopback interface");
        let address = listener.local_addr().expect("an address");
        let answer = Arc::new(Mutex::new(Answer::With(200, "", "{}")));
        let closing = Arc::new(AtomicBool::new(false));
        let (received_tx, received) = channel();
        let (told, ending) = (Arc::clone(&answer), Arc::clone(&closing));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ending.load(Ordering::SeqCst) {
                    return;
                }
                serve(&stream.expect("a connection"), &told, &received_tx);
            }
        });
        Self {
            address,
            answer,
            closing,
            received,
            thread: Some(thread),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as an endpoint of a configuration.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it answers so.
    pub fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// The next request, when it is there.
    ///
    /// # Panics
    /// When none comes.
    #[must_use]
    pub fn wait(&self) -> Received {
        self.received.recv_timeout(SOON).expect("a request")
    }

    /// Everything that came and was not looked at yet.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.received.try_iter().collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        // Wakes the thread, which waits for somebody to come.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn serve(stream: &TcpStream, answer: &Mutex<Answer>, received: &Sender<Received>) {
    let Some(request) = read(stream) else { return };
    let answer = answer
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    // Nobody may look any more; the other side may have gone.
    drop(received.send(request));
    let mut stream = stream;
    match answer {
        Answer::With(status, headers, body) => {
            let text = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n\
                 {headers}content-length: {}\r\n\r\n{body}",
                body.len()
            );
            drop(stream.write_all(text.as_bytes()));
        }
        Answer::Silence => drop(stream.read_to_end(&mut Vec::new())),
    }
}

/// A request; `None` when the other side went away before it was whole.
fn read(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?;
    let mut body = vec![0; length.1.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Received {
        path,
        body: serde_json::from_slice(&body).expect("JSON"),
        headers,
    })
}

impl Received {
    /// The spans in it.
    #[must_use]
    pub fn spans(&self) -> Vec<Value> {
        spans(&self.body)
    }
}

/// The spans of a document of traces.
#[must_use]
pub fn spans(document: &Value) -> Vec<Value> {
    let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    let resources = list(document, "resourceSpans");
    let scopes = resources.iter().flat_map(|it| list(it, "scopeSpans"));
    scopes.flat_map(|it| list(&it, "spans")).collect()
}

/// The value of an attribute, whatever its kind; null when there is none of this name.
#[must_use]
pub fn attribute(of: &Value, name: &str) -> Value {
    let all = of["attributes"].as_array().into_iter().flatten();
    let found = all.into_iter().find(|it| it["key"] == name);
    let value = found.and_then(|it| it["value"].as_object());
    let value = value.and_then(|value| value.values().next());
    value.cloned().unwrap_or_default()
}
