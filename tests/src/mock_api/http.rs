//! As much of HTTP/1.1 as the real tools and a test's own client use.
//!
//! Owns the reading of one request and the writing of one answer, both bounded. Knows
//! nothing of what they mean. Never compresses, pipelines, or upgrades.

use std::io::{self, BufRead, Read, Write};

const MAX_HEAD_BYTES: u64 = 256 * 1024;
const MAX_BODY_BYTES: u64 = 64 * 1024 * 1024;

/// A request line, its headers (names lower-cased), and its body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn wants_close(&self) -> bool {
        self.header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// Reads the next request of a connection; `None` when the client closed it between two.
pub(super) fn read_request(stream: &mut (impl BufRead + Write)) -> io::Result<Option<Request>> {
    let Some(mut request) = read_head(stream)? else {
        return Ok(None);
    };
    if request
        .header("expect")
        .is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
    {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        stream.flush()?;
    }
    let chunked = request
        .header("transfer-encoding")
        .is_some_and(|value| value.contains("chunked"));
    request.body = if chunked {
        read_chunks(stream)?
    } else {
        let length = match request.header("content-length") {
            Some(length) => length
                .trim()
                .parse()
                .map_err(|_| broken("content-length is no number"))?,
            None => 0,
        };
        read_exactly(stream, length)?
    };
    Ok(Some(request))
}

fn read_head(stream: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut head = stream.take(MAX_HEAD_BYTES);
    let Some(line) = read_line(&mut head)? else {
        return Ok(None);
    };
    let mut words = line.split(' ');
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(broken("the request line is not METHOD PATH VERSION"));
    };
    let mut request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        ..Request::default()
    };
    loop {
        let line = read_line(&mut head)?.ok_or_else(|| broken("the head ended early"))?;
        if line.is_empty() {
            return Ok(Some(request));
        }
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| broken("a header has no colon"))?;
        request
            .headers
            .push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

/// A line without its CR LF; `None` at the end of the stream.
fn read_line(stream: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(broken("a line of the head was cut or is too long"));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

fn read_chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line =
            read_line(&mut stream.take(1024))?.ok_or_else(|| broken("the body ended early"))?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let length =
            u64::from_str_radix(digits, 16).map_err(|_| broken("a chunk has no length"))?;
        if length == 0 {
            // What may follow is trailers, which nobody here sends; then an empty line.
            read_line(&mut stream.take(1024))?;
            return Ok(body);
        }
        if body.len() as u64 + length > MAX_BODY_BYTES {
            return Err(broken("the body is too large"));
        }
        body.extend(read_exactly(stream, length)?);
        read_line(&mut stream.take(1024))?;
    }
}

fn read_exactly(stream: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    if length > MAX_BODY_BYTES {
        return Err(broken("the body is too large"));
    }
    let mut body = Vec::new();
    stream.take(length).read_to_end(&mut body)?;
    if body.len() as u64 == length {
        Ok(body)
    } else {
        Err(broken("the body ended early"))
    }
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Writes a whole JSON answer.
pub(super) fn write_json(
    stream: &mut impl Write,
    status: u16,
    headers: &[(&str, String)],
    body: &serde_json::Value,
) -> io::Result<()> {
    let body = body.to_string();
    let mut head = format!(
        "HTTP/1.1 {status} {}\r\ncontent-type: application/json\r\n",
        reason(status)
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    stream.flush()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        413 => "Payload Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        529 => "Overloaded",
        _ => "Status",
    }
}

/// An answer of server-sent events, written as chunks, so that the connection lives on.
pub(super) struct EventStream<'a, W: Write> {
    stream: &'a mut W,
}

impl<'a, W: Write> EventStream<'a, W> {
    pub(super) fn begin(stream: &'a mut W, headers: &[(&str, String)]) -> io::Result<Self> {
        let mut head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
                .to_owned();
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("transfer-encoding: chunked\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        stream.flush()?;
        Ok(Self { stream })
    }

    /// Sends one event, named by its own `type` as both vendors do.
    pub(super) fn send(&mut self, event: &serde_json::Value) -> io::Result<()> {
        let name = event["type"].as_str().unwrap_or("message");
        let frame = format!("event: {name}\ndata: {event}\n\n");
        let chunk = format!("{:x}\r\n{frame}\r\n", frame.len());
        self.stream.write_all(chunk.as_bytes())?;
        self.stream.flush()
    }

    pub(super) fn end(self) -> io::Result<()> {
        self.stream.write_all(b"0\r\n\r\n")?;
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use serde_json::json;

    use super::*;

    fn read(bytes: &str) -> io::Result<Option<Request>> {
        read_request(&mut Duplex {
            input: Cursor::new(bytes.as_bytes().to_vec()),
            output: Vec::new(),
        })
    }

    struct Duplex {
        input: Cursor<Vec<u8>>,
        output: Vec<u8>,
    }
    impl Read for Duplex {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.input.read(buffer)
        }
    }
    impl BufRead for Duplex {
        fn fill_buf(&mut self) -> io::Result<&[u8]> {
            self.input.fill_buf()
        }
        fn consume(&mut self, amount: usize) {
            self.input.consume(amount);
        }
    }
    impl Write for Duplex {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            self.output.write(buffer)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_body_may_be_counted_or_chunked() {
        let counted = read("POST /a?b HTTP/1.1\r\nX-Key: Value\r\nContent-Length: 5\r\n\r\nhello")
            .unwrap()
            .unwrap();
        assert_eq!(
            (counted.method.as_str(), counted.path.as_str()),
            ("POST", "/a?b")
        );
        assert_eq!(counted.header("x-key"), Some("Value"));
        assert_eq!(counted.body, b"hello");
        let chunked =
            read("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\n\r\n").unwrap();
        assert_eq!(chunked.unwrap().body, b"hello");
    }

    #[test]
    fn what_is_no_request_is_an_error_and_a_closed_connection_is_not() {
        assert_eq!(read("").unwrap(), None);
        for broken in [
            "nonsense\r\n\r\n",
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nshort",
            "POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ] {
            assert!(read(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn events_are_named_by_their_type() {
        let mut written = Vec::new();
        let mut events =
            EventStream::begin(&mut written, &[("request-id", "r1".to_owned())]).unwrap();
        events.send(&json!({"type": "ping"})).unwrap();
        events.end().unwrap();
        let written = String::from_utf8(written).unwrap();
        assert!(written.contains("request-id: r1\r\n"), "{written}");
        assert!(
            written.ends_with("23\r\nevent: ping\ndata: {\"type\":\"ping\"}\n\n\r\n0\r\n\r\n"),
            "{written}"
        );
    }
}
