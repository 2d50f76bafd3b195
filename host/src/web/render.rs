//! Answers as HTTP: headers and bodies. The only place that writes JSON for clients.
//!
//! Documents are written on the threads that may block, since they may be large.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::answer::{Answer, Done, LogSlice, Payload, Status};
use super::problem::Problem;
use super::route::JSON;

const INDEX_SEQ: HeaderName = HeaderName::from_static("x-index-seq");

/// An answer in its last form.
#[derive(Debug)]
pub(super) struct Written {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Written {
    pub(super) fn new(
        status: StatusCode,
        media_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        Self {
            status,
            headers,
            body: body.into(),
        }
    }

    /// Add a header whose value this program made.
    pub(super) fn header(&mut self, name: HeaderName, value: &str) -> Result<(), Problem> {
        let value = HeaderValue::from_str(value).map_err(|_| {
            Problem::new(
                "internal",
                format!("the value for the header {name} is no header"),
            )
        })?;
        self.headers.insert(name, value);
        Ok(())
    }

    /// Say who may keep it; no cache may unless this is called.
    pub(super) fn keep(&mut self, rule: HeaderValue) {
        self.headers.insert(header::CACHE_CONTROL, rule);
    }

    pub(super) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }

    fn seq(&mut self, seq: Option<u64>) -> Result<(), Problem> {
        seq.map_or(Ok(()), |seq| self.header(INDEX_SEQ, &seq.to_string()))
    }

    fn etag(&mut self, etag: Option<&str>) -> Result<(), Problem> {
        let quoted = etag.map(|etag| format!("\"{etag}\""));
        quoted.map_or(Ok(()), |etag| self.header(header::ETAG, &etag))
    }
}

/// Write what was read. `seen` is the client's `If-None-Match`.
pub(super) fn write_answer(answer: Answer, seen: Option<&str>) -> Result<Written, Problem> {
    let Answer { body, seq, etag } = answer;
    let is_same = etag
        .as_deref()
        .is_some_and(|etag| seen.is_some_and(|seen| lists(seen, etag)));
    let mut written = match body {
        _ if is_same => unchanged(),
        Payload::Json(value) => Written::new(StatusCode::OK, JSON, json_bytes(&value)?),
        Payload::Text { media_type, text } => Written::new(StatusCode::OK, media_type, text),
        Payload::Log(slice) => write_slice(slice)?,
    };
    written.seq(seq)?;
    written.etag(etag.as_deref())?;
    Ok(written)
}

/// Write what was done.
pub(super) fn write_done(done: &Done) -> Result<Written, Problem> {
    let status = match &done.status {
        Status::Ok => StatusCode::OK,
        Status::Created { .. } => StatusCode::CREATED,
        Status::Accepted => StatusCode::ACCEPTED,
    };
    let mut written = Written::new(status, JSON, json_bytes(&done.body)?);
    if let Status::Created { location } = &done.status {
        written.header(header::LOCATION, location)?;
    }
    written.seq(done.seq)?;
    written.etag(done.etag.as_deref())?;
    Ok(written)
}

/// A piece of a log with the headers that say where it stands.
pub(super) fn write_slice(slice: LogSlice) -> Result<Written, Problem> {
    let figures = [
        ("x-log-offset", slice.offset.to_string()),
        ("x-log-next", slice.next.to_string()),
        ("x-log-size", slice.size.to_string()),
        ("x-log-complete", slice.complete.to_string()),
        ("x-log-left-out", slice.left_out.to_string()),
    ];
    let mut written = Written::new(StatusCode::OK, super::route::PLAIN, slice.bytes);
    for (name, value) in figures {
        written.header(HeaderName::from_static(name), &value)?;
    }
    written.header(header::ACCEPT_RANGES, "bytes")?;
    Ok(written)
}

/// The same as a part of the whole.
pub(super) fn as_part(mut written: Written, range: &str) -> Result<Written, Problem> {
    written.status = StatusCode::PARTIAL_CONTENT;
    written.header(header::CONTENT_RANGE, range)?;
    Ok(written)
}

/// The client has it already.
pub(super) fn unchanged() -> Written {
    Written {
        status: StatusCode::NOT_MODIFIED,
        headers: HeaderMap::new(),
        body: Bytes::new(),
    }
}

/// Whether the list `seen` of entity tags names `etag` (weakly, as RFC 9110 13.1.2 wants it).
pub(super) fn lists(seen: &str, etag: &str) -> bool {
    let tags = seen.split(',').map(str::trim);
    let mut plain = tags.map(|tag| tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"'));
    seen.trim() == "*" || plain.any(|tag| tag == etag)
}

fn json_bytes(value: &serde_json::Value) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value)
        .map_err(|error| Problem::new("internal", format!("the answer cannot be written: {error}")))
}
