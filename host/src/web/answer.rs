//! What comes back from whoever answers: bodies, and what the headers say about them.
//!
//! Nothing here knows of HTTP; the words become headers and status codes in `render.rs`.

use serde_json::Value;

/// What was read.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The answer itself.
    pub body: Payload,
    /// The last event of the record that the answer takes into account.
    pub seq: Option<u64>,
    /// Names this version of what was read: visible ASCII without quotes, at most 128 characters.
    pub etag: Option<String>,
}

impl Answer {
    /// A document.
    #[must_use]
    pub fn json(body: Value) -> Self {
        Self {
            body: Payload::Json(body),
            seq: None,
            etag: None,
        }
    }

    /// Text of another type than JSON.
    pub fn text(media_type: &'static str, text: impl Into<String>) -> Self {
        Self {
            body: Payload::Text {
                media_type,
                text: text.into(),
            },
            seq: None,
            etag: None,
        }
    }

    /// The same with the last event that it takes into account.
    #[must_use]
    pub fn as_of(mut self, seq: u64) -> Self {
        self.seq = Some(seq);
        self
    }

    /// The same with the name of its version.
    #[must_use]
    pub fn version(mut self, etag: impl Into<String>) -> Self {
        self.etag = Some(etag.into());
        self
    }
}

/// The body of an answer.
#[derive(Debug, Clone)]
pub enum Payload {
    /// A document.
    Json(Value),
    /// Text of another type.
    Text {
        /// With its character set, as in `text/csv; charset=utf-8`.
        media_type: &'static str,
        /// The text.
        text: String,
    },
    /// A piece of a log; the answer to [`super::Question::Log`] alone.
    Log(LogSlice),
}

/// A piece of what a tool printed. Offsets are bytes from the beginning of the stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogSlice {
    /// The bytes as they are; they need not be UTF-8.
    pub bytes: Vec<u8>,
    /// Where they begin.
    pub offset: u64,
    /// Where the next piece begins.
    pub next: u64,
    /// How many bytes the stream has so far.
    pub size: u64,
    /// Whether the attempt is over and nothing more will come.
    pub complete: bool,
    /// How many bytes of the stream were not kept.
    pub left_out: u64,
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Done {
    /// What to say about it.
    pub body: Value,
    /// What came of it.
    pub status: Status,
    /// Names the version that it made; as in [`Answer::etag`].
    pub etag: Option<String>,
    /// The last event of the record that it made or saw.
    pub seq: Option<u64>,
}

impl Done {
    /// It is done.
    #[must_use]
    pub fn ok(body: Value) -> Self {
        Self {
            body,
            status: Status::Ok,
            etag: None,
            seq: None,
        }
    }

    /// It is on record and under way.
    #[must_use]
    pub fn accepted(body: Value) -> Self {
        Self {
            status: Status::Accepted,
            ..Self::ok(body)
        }
    }

    /// Something new is there, at `location` (a path such as `/api/v1/runs/RUN-20261123-001`).
    pub fn created(location: impl Into<String>, body: Value) -> Self {
        Self {
            status: Status::Created {
                location: location.into(),
            },
            ..Self::ok(body)
        }
    }

    /// The same with the event that it made.
    #[must_use]
    pub fn as_of(mut self, seq: u64) -> Self {
        self.seq = Some(seq);
        self
    }

    /// The same with the name of the version that it made.
    #[must_use]
    pub fn version(mut self, etag: impl Into<String>) -> Self {
        self.etag = Some(etag.into());
        self
    }
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// 200.
    Ok,
    /// 201.
    Created {
        /// Where it is: a path on this server.
        location: String,
    },
    /// 202.
    Accepted,
}
