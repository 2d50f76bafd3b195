//! Text as it comes, JSON at the end.
//!
//! Owns what is gathered, with a bound. With text output exit status 0 means done; with JSON the document must be there,
//! too, and say no error. Never guesses at half a document.

use serde_json::value::RawValue;
use tollgate_plugin_sdk::contract::{Chunk, Exit, Finished, Source, Started};
use tollgate_plugin_sdk::ending::{self, Tail};
use tollgate_plugin_sdk::event::{Events, failure, finished, piece, snippet, text};
use tollgate_plugin_sdk::json;

use crate::answer;
use crate::options::{Fields, Output};

/// Most output that is gathered, in bytes. More is still shown as it comes, when it is text.
const MOST: usize = 8 * 1024 * 1024;

const NO_TEXT: &str = "the tool's JSON has no text where it was expected; name the place with `fields: { text: ... }`";

/// The one text of a run.
const ID: &str = "answer";

/// One run of a tool.
#[derive(Debug, Default)]
pub struct Template {
    output: Output,
    fields: Fields,
    /// The tool was told to write its answer to a file: what it prints meanwhile is talk.
    answers_in_file: bool,
    gathered: Gathered,
    file: Gathered,
    stderr: Tail,
}

#[derive(Debug, Default)]
struct Gathered {
    bytes: Vec<u8>,
    overflowed: bool,
}

impl Gathered {
    fn push(&mut self, bytes: &[u8]) {
        let room = MOST.saturating_sub(self.bytes.len());
        self.overflowed |= bytes.len() > room;
        self.bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// As text, without the line feed at its end.
    fn text(&self) -> String {
        let text = json::text(&self.bytes);
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    }
}

impl Template {
    pub(crate) fn new(output: Output, fields: Fields, answers_in_file: bool) -> Self {
        Self {
            output,
            fields,
            answers_in_file,
            ..Self::default()
        }
    }

    pub(crate) fn read(&mut self, chunk: &Chunk, events: &mut Events) {
        match chunk.source {
            Source::Stdout => {
                self.gathered.push(&chunk.data);
                self.gathered.push(b"\n");
                self.gathered.overflowed |= chunk.cut.is_some();
                if self.output == Output::Text && !self.answers_in_file {
                    let line = format!("{}\n", json::text(&chunk.data));
                    events.push(piece(Some(ID.to_owned()), line, None));
                }
            }
            Source::Stderr => self.stderr.push(&chunk.data),
            Source::OutputFile => self.file.push(&chunk.data),
        }
    }

    pub(crate) fn end(&mut self, exit: &Exit, events: &mut Events) {
        match self.output {
            Output::Text => self.end_text(exit, events),
            Output::Json => self.end_json(exit, events),
        }
    }

    fn end_text(&mut self, exit: &Exit, events: &mut Events) {
        if exit.code != Some(0) || exit.reason == "cancelled" {
            return self.fail(exit, events);
        }
        let of_file = self.of_file();
        if self.answers_in_file && of_file.is_some() {
            events.push(Finished {
                final_text: of_file,
                ..finished("done")
            });
            return;
        }
        if self.gathered.overflowed {
            // The pieces are already out, and whole; what was gathered is not.
            events.note(
                "long-answer",
                &[(
                    "gathered",
                    "the answer is longer than 8 MiB; the pieces hold all of it",
                )],
            );
        } else {
            events.push(text(Some(ID.to_owned()), self.gathered.text(), None));
        }
        events.push(Finished {
            final_text: of_file,
            ..finished("done")
        });
    }

    fn end_json(&mut self, exit: &Exit, events: &mut Events) {
        let gathered = self.gathered.text();
        let well = exit.code == Some(0) && exit.reason != "cancelled";
        let documents = match self.documents(&gathered) {
            Ok(documents) => documents,
            Err(problem) if well => return events.fail(failure("protocol", problem, true)),
            Err(_) => return self.fail(exit, events),
        };
        let answer = answer::read(&documents, &self.fields);
        let (session, model) = (answer.session, answer.model);
        events.push(Started {
            session,
            model,
            tool_version: None,
            cwd: None,
        });
        if let Some(usage) = answer.usage {
            events.push(usage);
        }
        if let Some(cost) = answer.cost {
            events.push(cost);
        }
        if let Some(warning) = answer.warning {
            events.note(
                "warning",
                &[("message", &snippet(warning.as_bytes(), 2_000))],
            );
        }
        if let Some(error) = answer.error {
            let message = snippet(error.as_bytes(), 2_000);
            return events.fail(failure(code(&message).unwrap_or("unknown"), message, true));
        }
        if !well {
            return self.fail(exit, events);
        }
        match self.of_file().or(answer.text) {
            Some(said) => {
                events.push(text(Some(ID.to_owned()), said, None));
                events.push(finished("done"));
            }
            None => events.fail(failure("protocol", NO_TEXT, true)),
        }
    }

    /// The documents that the tool printed, or what is wrong with them.
    fn documents<'a>(&self, gathered: &'a str) -> Result<Vec<&'a RawValue>, String> {
        if self.gathered.overflowed {
            return Err("the tool printed more than 8 MiB of JSON".to_owned());
        }
        let documents: Result<Vec<&RawValue>, _> = serde_json::Deserializer::from_str(gathered)
            .into_iter()
            .collect();
        match documents {
            Ok(documents) if documents.is_empty() => {
                Err("the tool printed nothing where JSON was expected".to_owned())
            }
            Ok(documents) => Ok(documents),
            Err(error) => {
                let began = snippet(gathered.as_bytes(), 100);
                Err(format!(
                    "what the tool printed is not JSON ({error}); it begins with: {began}"
                ))
            }
        }
    }

    /// What the tool wrote to its output file, if it wrote anything.
    fn of_file(&self) -> Option<String> {
        (!self.file.bytes.is_empty()).then(|| self.file.text())
    }

    fn fail(&self, exit: &Exit, events: &mut Events) {
        let words = self.stderr.text();
        events.push(ending::failure(
            exit,
            "the tool",
            "success",
            code(&words),
            &words,
        ));
        events.push(finished(ending::outcome(exit)));
    }
}

/// Phrases that many tools share, in lower case; the first that occurs counts.
const PROSE: &[(&str, &str)] = &[
    ("rate limit", "rate-limited"),
    ("too many requests", "rate-limited"),
    ("quota", "usage-limit"),
    ("usage limit", "usage-limit"),
    ("billing", "billing"),
    ("credit", "billing"),
    ("invalid api key", "auth"),
    ("api key not", "auth"),
    ("unauthorized", "auth"),
    ("authentication", "auth"),
    ("not logged in", "auth"),
    ("permission denied", "permission"),
    ("forbidden", "permission"),
    ("context length", "context-length"),
    ("context window", "context-length"),
    ("model not found", "model-not-found"),
    ("no such model", "model-not-found"),
    ("overloaded", "overloaded"),
    ("service unavailable", "unavailable"),
    ("connection refused", "network"),
    ("connection reset", "network"),
    ("could not resolve", "network"),
    ("timed out", "network"),
];

/// A guess from prose; better than nothing, because a fallback may hang on it.
fn code(words: &str) -> Option<&'static str> {
    let words = words.to_ascii_lowercase();
    PROSE
        .iter()
        .find(|(phrase, _)| words.contains(phrase))
        .map(|(_, code)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_plugin_sdk::Run;
    use tollgate_plugin_sdk::contract::{EventBody, Step, Task};

    fn play(options: &str, chunks: &[(Source, &str)], code: i32) -> Vec<EventBody> {
        let mut run = Run::<Template>::default();
        let task = Task {
            program: "llm".to_owned(),
            prompt_bytes: 1,
            prompt_head: "x".to_owned(),
            model: None,
            resume: None,
            cwd: "/".to_owned(),
            max_cost_microusd: None,
            live_text: true,
            tool_version: None,
            options: options.to_owned(),
            extra: Vec::new(),
        };
        run.plan(task).expect("a plan");
        let chunk = |(seq, (source, data)): (usize, &(Source, &str))| Chunk {
            source: *source,
            seq: seq as u64 + 1,
            data: data.as_bytes().to_vec(),
            cut: None,
        };
        let first = run
            .push(chunks.iter().enumerate().map(chunk).collect())
            .expect("events");
        let exit = Exit {
            code: Some(code),
            signal: None,
            reason: "exited".to_owned(),
        };
        let last = run.finish(exit).expect("events");
        [first, last]
            .into_iter()
            .flat_map(|step: Step| step.events)
            .map(|event| event.body)
            .collect()
    }

    fn last_word(events: &[EventBody]) -> (&str, Option<&str>) {
        match events.last() {
            Some(EventBody::Finished(finished)) => {
                (&finished.outcome, finished.final_text.as_deref())
            }
            other => panic!("{other:?}"),
        }
    }

    fn failed(events: &[EventBody]) -> (&str, &str) {
        let failure = events.iter().find_map(|event| match event {
            EventBody::Failure(failure) => Some((failure.code.as_str(), failure.message.as_str())),
            _ => None,
        });
        failure.expect("a failure")
    }

    const OUT: Source = Source::Stdout;

    #[test]
    fn text_is_shown_as_it_comes_and_whole_at_the_end() {
        let events = play("{}", &[(OUT, "a"), (OUT, ""), (OUT, "b\r")], 0);
        assert_eq!(
            events[0],
            piece(Some("answer".to_owned()), "a\n".to_owned(), None)
        );
        assert_eq!(
            events[3],
            text(Some("answer".to_owned()), "a\n\nb\r".to_owned(), None)
        );
        assert_eq!(last_word(&events), ("done", None));
    }

    #[test]
    fn an_output_file_is_the_answer() {
        let options = r#"{"args":["-o","{output_file}"]}"#;
        let events = play(
            options,
            &[
                (OUT, "thinking..."),
                (Source::OutputFile, "the "),
                (Source::OutputFile, "answer\n"),
            ],
            0,
        );
        assert_eq!(events.len(), 1, "what it prints meanwhile is talk");
        assert_eq!(last_word(&events), ("done", Some("the answer")));
        let events = play(options, &[(OUT, "x")], 0);
        assert_eq!(last_word(&events), ("done", None));
    }

    #[test]
    fn a_failing_text_tool_says_why_on_standard_error() {
        let events = play("{}", &[(Source::Stderr, "HTTP 429 Too Many Requests")], 1);
        assert_eq!(failed(&events).0, "rate-limited");
        assert_eq!(last_word(&events).0, "failed");
    }

    #[test]
    fn json_over_several_lines_is_gathered() {
        let events = play(
            r#"{"output":"json"}"#,
            &[
                (OUT, "{"),
                (OUT, "\"response\": \"hi\","),
                (OUT, "\"tokens\": 3}"),
            ],
            0,
        );
        assert!(events.contains(&text(Some("answer".to_owned()), "hi".to_owned(), None)));
        assert_eq!(last_word(&events).0, "done");
    }

    #[test]
    fn what_is_no_answer_is_a_failure() {
        for (line, code, part) in [
            ("Error: boom", "protocol", "not JSON"),
            ("", "protocol", "nothing where JSON"),
            ("{\"a\":1}", "protocol", "no text where it was expected"),
            (
                "{\"response\":\"x\",\"error\":\"Unauthorized\"}",
                "auth",
                "Unauthorized",
            ),
            ("{\"response\":", "protocol", "not JSON"),
        ] {
            let events = play(r#"{"output":"json"}"#, &[(OUT, line)], 0);
            let (got, message) = failed(&events);
            assert!(
                got == code && message.contains(part),
                "{line}: {got} {message}"
            );
            assert_eq!(last_word(&events).0, "failed", "{line}");
        }
    }

    #[test]
    fn more_than_the_bound_is_told_and_not_kept() {
        let line = "x".repeat(1024 * 1024);
        let lines: Vec<(Source, &str)> = (0..9).map(|_| (OUT, line.as_str())).collect();
        let events = play(r#"{"output":"json"}"#, &lines, 0);
        assert!(failed(&events).1.contains("more than 8 MiB"));
        let events = play("{}", &lines, 0);
        assert!(matches!(&events[9], EventBody::Note(note) if note.kind == "long-answer"));
        assert_eq!(last_word(&events), ("done", None));
    }
}
