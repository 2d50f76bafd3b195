//! Pieces of logs: by offset, for followers, and by `Range`, for everything else.
//!
//! It turns what the client asks for into offsets. The bytes go out as they are.

use std::sync::Arc;

use axum::http::HeaderValue;
use axum::http::header;

use super::answer::{LogSlice, Payload};
use super::desk::Desk;
use super::given::Given;
use super::problem::{Problem, Refusal};
use super::question::{LogStream, Question};
use super::render::{Written, as_part, write_slice};
use super::service::Service;

/// A piece has at most so many bytes.
const MAX_PIECE: u64 = 1 << 20;

/// Answer a request for a piece of a log.
pub(super) async fn log(desk: &Arc<Desk>, given: &Given) -> Result<Written, Refusal> {
    let range = given.text("range").as_deref().and_then(parse);
    if range.is_some() && given.has("offset") {
        return Err(Problem::new(
            "invalid_request",
            "`offset` in the query and the header `Range` both say where to begin",
        )
        .fix("send one of the two")
        .into());
    }
    let asked = Asked {
        id: given.needed("id")?,
        stream: given.chosen("stream", LogStream::of)?,
    };
    let offset = given.whole("offset").unwrap_or(0);
    let limit = u64::from(given.count("limit")?);
    let read = move |service: &dyn Service| match range {
        None => Ok(Piece::Whole(asked.slice(service, offset, limit)?)),
        Some(range) => asked.part(service, range),
    };
    match desk.lanes.read("log", read).await? {
        Piece::Whole(slice) => Ok(write_slice(slice)?),
        Piece::Part(slice) => {
            let size = slice.size;
            let last = (slice.offset + slice.bytes.len() as u64).saturating_sub(1);
            let range = format!("bytes {}-{last}/{size}", slice.offset);
            Ok(as_part(write_slice(slice)?, &range)?)
        }
        Piece::Nowhere { size } => Err(nowhere(size)),
    }
}

/// One range of a `Range` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    /// From here to there, which is the last byte, or to the end.
    From { first: u64, last: Option<u64> },
    /// So many bytes at the end.
    Last(u64),
}

/// The one range that a header asks for; headers with others are to be ignored (RFC 9110 14.2).
fn parse(text: &str) -> Option<Span> {
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| {
        let digits = text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u64>().ok().filter(|_| digits)
    };
    match (first, last) {
        ("", last) => Some(Span::Last(number(last)?)),
        (first, "") => Some(Span::From {
            first: number(first)?,
            last: None,
        }),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Span::From {
                first,
                last: Some(last),
            })
        }
    }
}

enum Piece {
    Whole(LogSlice),
    Part(LogSlice),
    Nowhere { size: u64 },
}

struct Asked {
    id: String,
    stream: LogStream,
}

impl Asked {
    fn slice(&self, service: &dyn Service, offset: u64, limit: u64) -> Result<LogSlice, Problem> {
        let question = Question::Log {
            id: self.id.clone(),
            stream: self.stream,
            offset,
            limit,
        };
        match service.answer(question)?.body {
            Payload::Log(slice) => Ok(slice),
            Payload::Json(_) | Payload::Text { .. } => {
                Err(Problem::new("internal", "the answer is no piece of a log"))
            }
        }
    }

    fn part(&self, service: &dyn Service, span: Span) -> Result<Piece, Problem> {
        let (first, n_bytes) = match span {
            Span::From { first, last } => {
                let n_bytes = last.map_or(MAX_PIECE, |last| (last - first).saturating_add(1));
                (first, n_bytes)
            }
            Span::Last(n_bytes) => {
                let size = self.slice(service, 0, 0)?.size;
                if n_bytes == 0 || size == 0 {
                    return Ok(Piece::Nowhere { size });
                }
                let n_bytes = n_bytes.min(size).min(MAX_PIECE);
                (size - n_bytes, n_bytes)
            }
        };
        let slice = self.slice(service, first, n_bytes.min(MAX_PIECE))?;
        if slice.bytes.is_empty() {
            return Ok(Piece::Nowhere { size: slice.size });
        }
        Ok(Piece::Part(slice))
    }
}

fn nowhere(size: u64) -> Refusal {
    let problem = Problem::new(
        "range_not_satisfiable",
        format!("the stream has {size} bytes so far"),
    );
    let range = HeaderValue::from_str(&format!("bytes */{size}")).ok();
    Refusal {
        header: range.map(|range| Box::new((header::CONTENT_RANGE, range))),
        ..Refusal::from(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_and_everything_else_is_ignored() {
        let from = |first, last| Some(Span::From { first, last });
        for (text, span) in [
            ("bytes=0-0", from(0, Some(0))),
            ("bytes=5-", from(5, None)),
            ("bytes=-7", Some(Span::Last(7))),
            ("bytes=9-3", None),
            ("bytes=0-1,4-5", None),
            ("lines=0-1", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("bytes=0-99999999999999999999999", None),
        ] {
            assert_eq!(parse(text), span, "{text}");
        }
    }
}
