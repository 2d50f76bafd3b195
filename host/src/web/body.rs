//! Bodies of requests: bounded in size and in time, JSON objects, and nothing that is not known.
//!
//! Nothing is read before everything else about a request was checked. What may be in memory at
//! the same time is bounded for all requests together.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderMap, header};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::given::Given;
use super::parameters::{Fault, invalid};
use super::problem::Problem;
use super::route::Form;

/// Bodies at the same time, in KiB.
const IN_MEMORY: usize = 32 << 10;
/// Of a refused request, at most so many bytes are read so that the client hears the refusal.
const DRAIN: usize = 1 << 20;

/// The memory that all bodies share.
#[derive(Debug, Clone)]
pub(super) struct Bodies {
    kib: Arc<Semaphore>,
    patience: Duration,
}

/// A body and its place in memory.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) bytes: Bytes,
    _place: OwnedSemaphorePermit,
}

impl Bodies {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            kib: Arc::new(Semaphore::new(IN_MEMORY)),
            patience,
        }
    }

    /// Read the whole body, whose length was checked.
    pub(super) async fn read(&self, body: Body, form: &Form) -> Result<Read, Problem> {
        let length = body.size_hint().exact().unwrap_or(form.limit as u64);
        let kib = u32::try_from(length / 1024 + 1).unwrap_or(u32::MAX);
        let reading = async {
            let place = Arc::clone(&self.kib).acquire_many_owned(kib).await;
            let place = place.map_err(|_| closed())?;
            let bytes = to_bytes(body, form.limit).await;
            let bytes =
                bytes.map_err(|_| Problem::new("bad_request", "the body ended too early"))?;
            Ok(Read {
                bytes,
                _place: place,
            })
        };
        let late = |_| {
            let seconds = self.patience.as_secs_f32();
            Problem::new(
                "request_timeout",
                format!("the body did not arrive within {seconds} s"),
            )
        };
        timeout(self.patience, reading).await.map_err(late)?
    }
}

fn closed() -> Problem {
    Problem::new("unavailable", "the server is going")
}

/// Whether the body is as short as `form` wants it, by its headers.
pub(super) fn check_length(form: &Form, body: &Body) -> Result<(), Problem> {
    // Every body has a length: `guard` refuses the others.
    let length = body.size_hint().exact().unwrap_or(u64::MAX);
    if length <= form.limit as u64 {
        return Ok(());
    }
    Err(Problem::new(
        "too_large",
        format!("the body has more than {} bytes", form.limit),
    )
    .fix("send less"))
}

/// Whether the body is JSON by its headers.
pub(super) fn expect_json(headers: &HeaderMap, has_body: bool) -> Result<(), Problem> {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (first, second) = (types.next(), types.next());
    let text = first.and_then(|value| value.to_str().ok());
    let essence = text.map(|text| text.split(';').next().unwrap_or_default().trim());
    let is_json = essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let is_encoded = headers.contains_key(header::CONTENT_ENCODING);
    let is_fine = match first {
        None => !has_body,
        Some(_) => is_json && second.is_none(),
    };
    if is_fine && !is_encoded {
        return Ok(());
    }
    Err(Problem::new(
        "unsupported_media_type",
        "the body must be `content-type: application/json`, not compressed",
    ))
}

/// Check the fields of a body against its form and add them to `given`.
pub(super) fn fields(form: &Form, bytes: &[u8], given: &mut Given) -> Result<(), Problem> {
    let mut object = if bytes.is_empty() {
        Map::new()
    } else {
        let object: Object = serde_json::from_slice(bytes).map_err(malformed)?;
        object.0
    };
    let mut faults = Vec::new();
    for field in form.fields {
        let value = object
            .shift_remove(field.name)
            .filter(|value| !value.is_null());
        match value.map(|value| field.kind.take(value)) {
            Some(Ok(value)) => given.put(field.name, value),
            Some(Err(must)) => {
                faults.push(Fault::new("body", field.name, format!("must be {must}")));
            }
            None if field.is_required => {
                let must = format!("is missing; it must be {}", field.kind.must());
                faults.push(Fault::new("body", field.name, must));
            }
            None => {}
        }
    }
    let unknown = object
        .keys()
        .map(|name| Fault::new("body", name, "is not known here"));
    faults.extend(unknown.take(10));
    if faults.is_empty() {
        return Ok(());
    }
    Err(invalid(&faults))
}

/// What serde says names a line and a column, and a field only when it stands there twice.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn malformed(error: serde_json::Error) -> Problem {
    let said: String = error.to_string().chars().take(200).collect();
    Problem::new(
        "invalid_request",
        format!("the body is not a JSON object: {said}"),
    )
}

/// An object in which no name stands twice: which one counts would be anybody's guess.
struct Object(Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Object, A::Error> {
        let mut object = Map::new();
        let mut seen = BTreeSet::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if !seen.insert(name.clone()) {
                return Err(serde::de::Error::custom("a name stands there twice"));
            }
            object.insert(name, value);
        }
        Ok(Object(object))
    }
}

/// Read and forget a little of a body that nobody wants, so that the client, which may still be
/// sending, hears why: closing a connection with unread bytes resets it.
pub(super) async fn drain(mut body: Body, patience: Duration) {
    let reading = async {
        let mut left = DRAIN;
        while let Some(Ok(frame)) =
            std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await
        {
            let n = frame.data_ref().map_or(0, Bytes::len);
            if n >= left {
                break;
            }
            left -= n;
        }
    };
    // Whether it was enough shows on the client's side alone.
    let _ = timeout(patience, reading).await.is_ok();
}
