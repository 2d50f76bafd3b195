//! `tollgate serve` in a house, and a client that asks it as a program would.
//!
//! Owns the process and plain HTTP. Knows nothing of what is asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::house::{Call, TestHouse};

/// A server that is up.
pub struct Served {
    child: Child,
    /// Where it listens.
    pub port: u16,
    /// What opens it.
    pub token: String,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The status of HTTP.
    pub status: u16,
    /// The lines of the head, as they came.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Served {
    /// On a free port.
    #[must_use]
    pub fn new(house: &TestHouse) -> Self {
        Self::on(house, 0)
    }

    /// On this port.
    #[must_use]
    pub fn on(house: &TestHouse, port: u16) -> Self {
        let port = port.to_string();
        Self::start(house.call(["serve", "--json", "--port", port.as_str()]))
    }

    /// By this call, which must ask for `--json`.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start(call: Call<'_>) -> Self {
        Self::of(call.start())
    }

    /// Of this process, which was started with `serve --json` and a pipe for what it prints.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn of(mut child: Child) -> Self {
        let said = child.stdout.take().expect("a pipe");
        let mut text = String::new();
        let mut lines = BufReader::new(said);
        let announced: Value = loop {
            let n = lines.read_line(&mut text).expect("a line");
            if let Ok(announced) = serde_json::from_str(&text) {
                break announced;
            }
            if n == 0 {
                let mut why = String::new();
                if let Some(told) = child.stderr.take() {
                    let _ = BufReader::new(told).read_to_string(&mut why);
                }
                panic!("no server: {text}{why}");
            }
        };
        let url = announced["url"].as_str().expect("an address");
        let (_, token) = url.split_once("#k=").expect("a key");
        let port = announced["port"].as_u64().and_then(|it| it.try_into().ok());
        Self {
            child,
            port: port.expect("a port"),
            token: token.to_owned(),
        }
    }

    /// Ask; the path begins with `/`.
    #[must_use]
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    /// Ask for a document.
    ///
    /// # Panics
    /// When the answer is none.
    #[must_use]
    pub fn json(&self, path: &str) -> Value {
        self.get(path).of(200).json()
    }

    /// Have something done.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[], Some(body))
    }

    /// A request with these further lines in its head.
    ///
    /// # Panics
    /// When the server does not answer within a minute.
    #[must_use]
    pub fn send(&self, verb: &str, path: &str, lines: &[&str], body: Option<&Value>) -> Reply {
        let mut stream = self.open(verb, path, lines, body);
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
        Reply {
            status: status.expect("a status"),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// A request whose answer is read by the caller.
    ///
    /// # Panics
    /// When nobody listens.
    #[must_use]
    pub fn open(&self, verb: &str, path: &str, lines: &[&str], body: Option<&Value>) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a server");
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).expect("a time-out");
        let mut text = format!(
            "{verb} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n\
             Connection: close\r\n",
            self.port, self.token
        );
        for line in lines {
            text.push_str(line);
            text.push_str("\r\n");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        if !body.is_empty() {
            text.push_str("Content-Type: application/json\r\n");
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        stream.write_all(text.as_bytes()).expect("a request");
        stream
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// End it as Ctrl-C or a service manager would.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub fn stop(mut self) -> ExitStatus {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        self.child.wait().expect("an end")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Reply {
    /// Assert the status.
    ///
    /// # Panics
    /// When it is another.
    #[must_use]
    pub fn of(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n\n{}", self.head, self.body);
        self
    }

    /// The body as a document.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The value of a line of the head.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    }
}
