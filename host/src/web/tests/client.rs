//! A client that writes the bytes a test wants and reads answers strictly.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Client {
    pub(super) stream: TcpStream,
    rest: Vec<u8>,
}

impl Client {
    pub(super) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            rest: Vec::new(),
        }
    }

    /// Let the system keep little for this client, as if the network were slow, too.
    pub(super) fn keep_little(&self) {
        rustix::net::sockopt::set_socket_recv_buffer_size(&self.stream, 16 << 10).unwrap();
    }

    /// Write; a server that has heard enough may have closed already.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        match self.stream.write_all(bytes) {
            Ok(()) => {}
            Err(error) => assert!(
                matches!(
                    error.kind(),
                    ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
                ),
                "{error}"
            ),
        }
    }

    /// The next bytes up to and with `end`.
    pub(super) fn until(&mut self, end: &[u8]) -> Vec<u8> {
        loop {
            let found = self.rest.windows(end.len()).position(|bytes| bytes == end);
            if let Some(at) = found {
                return self.rest.drain(..at + end.len()).collect();
            }
            assert!(self.more(), "closed before {end:?}: {:?}", self.text());
        }
    }

    /// The next `n` bytes.
    pub(super) fn exactly(&mut self, n: usize) -> Vec<u8> {
        let whole = self.whole(n);
        whole.unwrap_or_else(|| panic!("closed {} bytes early", n - self.rest.len()))
    }

    /// The next `n` bytes, unless the server closes before.
    pub(super) fn whole(&mut self, n: usize) -> Option<Vec<u8>> {
        while self.rest.len() < n {
            if !self.more() {
                return None;
            }
        }
        Some(self.rest.drain(..n).collect())
    }

    /// Whether the server closes without another byte.
    pub(super) fn is_closed(&mut self) -> bool {
        self.rest.is_empty() && !self.more()
    }

    /// Everything until the server closes.
    pub(super) fn all(&mut self) -> Vec<u8> {
        while self.more() {}
        std::mem::take(&mut self.rest)
    }

    /// The head of the next answer.
    pub(super) fn head(&mut self) -> Reply {
        let head = String::from_utf8(self.until(b"\r\n\r\n")).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap();
        let status = status.strip_prefix("HTTP/1.1 ").unwrap()[..3]
            .parse()
            .unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        });
        Reply {
            status,
            headers: headers.collect(),
            body: Vec::new(),
        }
    }

    /// The next answer, with its body.
    pub(super) fn reply(&mut self) -> Reply {
        let mut reply = self.head();
        let length = reply
            .header("content-length")
            .map(|text| text.parse().unwrap());
        reply.body = match length {
            Some(length) => self.exactly(length),
            None if matches!(reply.status, 101 | 304) => Vec::new(),
            None => self.all(),
        };
        reply
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.rest).into_owned()
    }

    fn more(&mut self) -> bool {
        let mut buffer = [0; 16 << 10];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(n) => {
                self.rest.extend_from_slice(&buffer[..n]);
                true
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("{error}; so far: {:?}", self.text()),
        }
    }
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key == name);
        let (first, second) = (found.next(), found.next());
        assert!(second.is_none(), "{name} stands there twice");
        first.map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The code of a problem, which must be whole and have the right status.
    pub(super) fn code(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{problem}");
        assert_eq!(problem["type"], "about:blank");
        for name in ["title", "detail"] {
            assert!(problem[name].as_str().is_some_and(|text| !text.is_empty()));
        }
        assert!(problem["fix"].is_array());
        problem["code"].as_str().unwrap().to_owned()
    }
}
