//! A plain HTTP client, so that the mock API is not tested with its own code.
//!
//! Owns one request per connection and the reading of server-sent events.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::Value;
use tollgate_tests::mock_api::MockApi;

/// An answer as read to the end of its connection.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The `data` of every event.
    pub fn events(&self) -> Vec<Value> {
        self.body
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .map(|data| serde_json::from_str(data).unwrap())
            .collect()
    }
}

pub fn post(api: &MockApi, path: &str, body: &Value) -> Answer {
    send(api, "POST", path, &body.to_string())
}

pub fn send(api: &MockApi, method: &str, path: &str, body: &str) -> Answer {
    let mut bytes = Vec::new();
    open(api, method, path, body)
        .read_to_end(&mut bytes)
        .unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let chunked = head.contains("transfer-encoding: chunked");
    Answer {
        status,
        head: head.to_owned(),
        body: if chunked {
            unchunked(body)
        } else {
            body.to_owned()
        },
    }
}

/// Sends a request and leaves its answer unread.
pub fn open(api: &MockApi, method: &str, path: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(api.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: mock\r\nX-Api-Key: Secret\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    stream
}

/// The chunks of a body put together; a body that was broken off ends where it broke.
fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = body.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            break;
        }
        whole.push_str(&rest[..length]);
        body = &rest[length + 2..];
    }
    whole
}
