//! A small HTTP server: one request a connection, answered as a function says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// `POST /v1/traces HTTP/1.1`.
    pub(super) line: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Value,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        let found = all.find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What the server does.
pub(super) enum Act {
    /// Answer with a status, header lines, and a body.
    Answer(u16, &'static str, String),
    /// Send these bytes, whatever they are.
    Bytes(Vec<u8>),
    /// Say nothing until the other side gives up.
    Nothing,
    /// Close the connection.
    Hang,
}

pub(super) fn ok() -> Act {
    Act::Answer(200, "", "{}".to_owned())
}

/// Run `client` with the address of a server that answers each request, counted from 1, as `answer`
/// says. Returns what the client returned, and all requests.
pub(super) fn serve<T>(
    mut answer: impl FnMut(usize, &Request) -> Act + Send,
    client: impl FnOnce(&str) -> T,
) -> (T, Vec<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            let mut requests = Vec::new();
            for stream in listener.incoming() {
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                let mut stream = stream.unwrap();
                if let Some(request) = read(&stream) {
                    let act = answer(requests.len() + 1, &request);
                    requests.push(request);
                    perform(act, &mut stream);
                } else {
                    // As servers do with what is no HTTP, such as TLS.
                    perform(Act::Answer(400, "", String::new()), &mut stream);
                }
            }
            requests
        });
        let over = Over(&is_over, address);
        let returned = client(&format!("http://{address}"));
        drop(over);
        (returned, server.join().unwrap())
    })
}

/// Ends the server when it is dropped, be it by a test that failed.
struct Over<'a>(&'a AtomicBool, SocketAddr);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        // Wakes the server, which waits for somebody to come.
        drop(TcpStream::connect(self.1));
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        // What is no HTTP, such as the first bytes of TLS, is nobody's request.
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        match line.trim_end() {
            "" => break,
            text => lines.push(text.to_owned()),
        }
    }
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length")?;
    let mut body = vec![0; length.1.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    Some(Request {
        line: lines[0].clone(),
        body: serde_json::from_slice(&body).unwrap(),
        headers,
    })
}

/// The client may have gone: what cannot be written is not.
fn perform(act: Act, stream: &mut TcpStream) {
    match act {
        Act::Answer(status, headers, body) => {
            let text = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n\
                 {headers}content-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(text.as_bytes()).ok();
        }
        Act::Bytes(bytes) => {
            stream.write_all(&bytes).ok();
        }
        Act::Nothing => {
            stream.read_to_end(&mut Vec::new()).ok();
        }
        Act::Hang => {}
    }
}
