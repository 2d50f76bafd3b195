//! The contract's events, with the usual fields filled in.
//!
//! Owns the numbering of events and the bounds of notes. Never judges what an event means.

use crate::contract::{
    Action, Cost, Event, EventBody, Failure, Finished, Limit, Note, Source, Started, Step, Text,
    ToolCall, ToolOutput, Usage,
};
use crate::json;

/// Longest piece of unknown input that a note repeats, in bytes.
pub const SNIPPET_BYTES: usize = 300;

/// The events of one call, in order.
#[derive(Debug, Default)]
pub struct Events {
    seq: u64,
    events: Vec<Event>,
    actions: Vec<Action>,
}

impl Events {
    /// From now on events come from chunk `seq`.
    pub(crate) fn begin(&mut self, seq: u64) {
        self.seq = seq;
    }

    pub(crate) fn into_step(self) -> Step {
        Step {
            events: self.events,
            actions: self.actions,
        }
    }

    /// Adds one event.
    pub fn push(&mut self, body: impl Into<EventBody>) {
        self.events.push(Event {
            seq: self.seq,
            body: body.into(),
        });
    }

    /// Asks the host for something.
    pub fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Adds a note of `kind` whose JSON is an object of these string fields.
    pub fn note(&mut self, kind: &str, fields: &[(&str, &str)]) {
        self.push(Note {
            kind: kind.to_owned(),
            json: json::object_of(fields),
        });
    }

    /// Reports input that the adapter does not know. The host counts these, so none may be left out.
    pub fn unrecognised(&mut self, source: Source, why: &str, data: &[u8]) {
        let source = match source {
            Source::Stdout => "stdout",
            Source::Stderr => "stderr",
            Source::OutputFile => "output-file",
        };
        let snippet = snippet(data, SNIPPET_BYTES);
        self.note(
            "unrecognised",
            &[("source", source), ("why", why), ("line", &snippet)],
        );
    }

    /// Reports what went wrong, and that it ended the run.
    pub fn fail(&mut self, failure: Failure) {
        self.push(failure);
        self.push(finished("failed"));
    }
}

/// The first `limit` bytes of `data` as text, cut between characters, with `…` when something was left out.
#[must_use]
pub fn snippet(data: &[u8], limit: usize) -> String {
    let text = String::from_utf8_lossy(&data[..data.len().min(limit.saturating_add(4))]);
    if text.len() <= limit && data.len() <= limit {
        return text.into_owned();
    }
    let mut end = limit.saturating_sub('…'.len_utf8()).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

/// A failure of which only the code and the text are known. `fatal` says that the run cannot succeed any more.
#[must_use]
pub fn failure(code: &str, message: impl Into<String>, fatal: bool) -> Failure {
    Failure {
        code: code.to_owned(),
        message: message.into(),
        http_status: None,
        retry_after_ms: None,
        resets_at_ms: None,
        fatal,
    }
}

/// The tool's last word, with no text of its own.
#[must_use]
pub fn finished(outcome: &str) -> Finished {
    Finished {
        outcome: outcome.to_owned(),
        final_text: None,
        turns: None,
        extra: Vec::new(),
    }
}

macro_rules! into_event_body {
    ($($record:ident => $case:ident),* $(,)?) => {$(
        impl From<$record> for EventBody {
            fn from(record: $record) -> Self {
                Self::$case(record)
            }
        }
    )*};
}
// `Text` is both `text` and `thinking`, so those two are named where they are made.
into_event_body! {
    Started => Started, ToolCall => ToolCall, ToolOutput => ToolOutput, Usage => Usage, Cost => Cost, Limit => Limit,
    Failure => Failure, Finished => Finished, Note => Note,
}

/// A whole text of the answer.
#[must_use]
pub fn text(id: Option<String>, content: String, model: Option<String>) -> EventBody {
    EventBody::Text(Text {
        id,
        content,
        partial: false,
        model,
    })
}

/// A piece of a text that is still being written.
#[must_use]
pub fn piece(id: Option<String>, content: String, model: Option<String>) -> EventBody {
    EventBody::Text(Text {
        id,
        content,
        partial: true,
        model,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_bounded_and_cut_between_characters() {
        assert_eq!(snippet(b"short", 300), "short");
        let long = "ü".repeat(1000);
        let cut = snippet(long.as_bytes(), 300);
        assert!(
            cut.len() <= 300 && cut.ends_with('…') && cut.starts_with("üü"),
            "{cut}"
        );
        assert!(snippet(&[0xff; 1000], 300).len() <= 300);
    }

    #[test]
    fn events_carry_the_number_of_their_chunk() {
        let mut events = Events::default();
        events.begin(7);
        events.unrecognised(Source::Stdout, "not JSON", b"a \"b\"\n");
        let step = events.into_step();
        assert_eq!(step.events[0].seq, 7);
        let EventBody::Note(note) = &step.events[0].body else {
            panic!("not a note")
        };
        assert_eq!(
            note.json,
            r#"{"source":"stdout","why":"not JSON","line":"a \"b\"\n"}"#
        );
    }
}
