//! What a collector's answer means. Pure.
//!
//! Whatever a collector says is somebody else's text: bounded, on one line.

use std::time::Duration;

use serde_json::Value;

/// No more of a body is read, in bytes.
pub(super) const MOST_BODY: u64 = 64 * 1024;

/// No more of what a collector says is kept, in characters.
const MOST_SAID: usize = 300;

/// The answer as it came.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// The time that it asks for.
    pub(super) retry_after: Option<Duration>,
    /// Where it points.
    pub(super) location: Option<String>,
    /// `None`: larger than is read.
    pub(super) body: Option<Vec<u8>>,
}

/// What it means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It was taken, all but `n_rejected` parts of it.
    Accepted {
        n_rejected: u64,
        message: Option<String>,
    },
    /// Try again.
    Later { after: Option<Duration> },
    /// It cannot use what was sent.
    Rejected { message: Option<String> },
    /// It will have nothing from us.
    Refused { message: Option<String> },
    /// It points elsewhere.
    Redirected { to: String },
    /// It is no collector.
    Stranger { what: String },
}

impl Reply {
    /// What it means. 429, 502, 503, and 504 are tried again, as the protocol says, and nothing
    /// else is.
    pub(super) fn meaning(&self) -> Meaning {
        match self.status {
            200..=299 => self.success(),
            300..=399 => Meaning::Redirected {
                to: self.location.as_deref().map_or_else(
                    || "no address".to_owned(),
                    |to| one_line(to).unwrap_or_default(),
                ),
            },
            429 | 502 | 503 | 504 => Meaning::Later {
                after: self.retry_after,
            },
            400 | 413 | 422 => Meaning::Rejected {
                message: self.message(),
            },
            _ => Meaning::Refused {
                message: self.message(),
            },
        }
    }

    /// A success must look like one: a log-in page that answers 200 has stored nothing.
    fn success(&self) -> Meaning {
        let stranger = |what: &str| Meaning::Stranger {
            what: what.to_owned(),
        };
        let Some(body) = &self.body else {
            return stranger("its answer is larger than 64 KiB");
        };
        if body.iter().all(u8::is_ascii_whitespace) {
            return Meaning::Accepted {
                n_rejected: 0,
                message: None,
            };
        }
        let Ok(Value::Object(answer)) = serde_json::from_slice(body) else {
            return stranger("its answer is not a JSON object");
        };
        let partial = answer.get("partialSuccess");
        let field = |name| partial.and_then(|partial| partial.get(name));
        let rejected = field("rejectedSpans").or_else(|| field("rejectedDataPoints"));
        let message = field("errorMessage").and_then(Value::as_str);
        Meaning::Accepted {
            n_rejected: rejected.map_or(0, count),
            message: message.and_then(one_line),
        }
    }

    /// What it says about a failure: the `message` of a JSON status, or its text.
    fn message(&self) -> Option<String> {
        let body = self.body.as_ref()?;
        if let Ok(status) = serde_json::from_slice::<Value>(body) {
            return one_line(status.get("message")?.as_str()?);
        }
        let text = std::str::from_utf8(body).ok()?;
        // Markup tells people nothing.
        one_line(text).filter(|text| !text.starts_with('<'))
    }
}

/// A 64-bit number, which JSON has as a text or a number.
fn count(value: &Value) -> u64 {
    let from_text = || value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or_else(from_text).unwrap_or(0)
}

/// `text` on one line and bounded; `None` when nothing is left.
pub(super) fn one_line(text: &str) -> Option<String> {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let line: String = line.join(" ").chars().take(MOST_SAID).collect();
    Some(line).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, body: &str) -> Meaning {
        Reply {
            status,
            retry_after: None,
            location: None,
            body: Some(body.as_bytes().to_vec()),
        }
        .meaning()
    }

    #[test]
    fn success_has_several_forms() {
        let accepted = |n_rejected, message: Option<&str>| Meaning::Accepted {
            n_rejected,
            message: message.map(str::to_owned),
        };
        for body in [
            "",
            "\n",
            "{}",
            r#"{"partialSuccess":{}}"#,
            r#"{"partialSuccess":null}"#,
        ] {
            assert_eq!(meaning(200, body), accepted(0, None), "{body}");
        }
        assert_eq!(meaning(202, "{}"), accepted(0, None));
        let body = r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too\nold"}}"#;
        assert_eq!(meaning(200, body), accepted(3, Some("too old")));
        let body = r#"{"partialSuccess":{"rejectedDataPoints":2}}"#;
        assert_eq!(meaning(200, body), accepted(2, None));
        let body = r#"{"partialSuccess":{"rejectedSpans":"0","errorMessage":"careful"}}"#;
        assert_eq!(meaning(200, body), accepted(0, Some("careful")));
    }

    #[test]
    fn a_page_that_says_ok_is_no_collector() {
        for body in ["<html>Log in</html>", "[]", "ok", "\u{0}\u{1}"] {
            assert!(
                matches!(meaning(200, body), Meaning::Stranger { .. }),
                "{body}"
            );
        }
        let large = Reply {
            status: 200,
            retry_after: None,
            location: None,
            body: None,
        };
        assert!(matches!(large.meaning(), Meaning::Stranger { .. }));
    }

    #[test]
    fn only_four_statuses_are_tried_again() {
        for status in 400..600 {
            let is_later = matches!(meaning(status, ""), Meaning::Later { .. });
            assert_eq!(is_later, [429, 502, 503, 504].contains(&status), "{status}");
        }
    }

    #[test]
    fn what_a_collector_says_is_bounded() {
        let said = |body: &str| match meaning(400, body) {
            Meaning::Rejected { message } => message,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            said(r#"{"code":3,"message":"bad\u001b[31m id"}"#).as_deref(),
            Some("bad [31m id")
        );
        assert_eq!(said("plain\r\ntext").as_deref(), Some("plain text"));
        assert_eq!(said(&"x".repeat(5_000)).map(|m| m.len()), Some(MOST_SAID));
        assert_eq!(said("<html>no</html>"), None);
        assert_eq!(said(""), None);
    }
}
