//! The bytes a tool reads on standard input: the prompt and what frames it.
//!
//! Owns the order and the encoding. Pure: whoever owns the pipe asks for the next bytes and says
//! how many it took. The prompt is shared and never copied as a whole, whatever its size.

use std::collections::VecDeque;
use std::sync::Arc;

use super::ProcessError;
use crate::model::{Input, PromptEncoding};

/// How much of the prompt is escaped at a time.
const PIECE: usize = 16 << 10;

/// How much an adapter may queue beyond what the tool has read.
const QUEUE_LIMIT: usize = 8 << 20;

/// What goes into standard input.
#[derive(Clone)]
pub enum StdinPlan {
    /// `/dev/null`: an open, silent pipe makes some tools wait for ever.
    Null,
    /// A pipe.
    Pipe {
        /// Bytes before the prompt.
        before: String,
        /// The prompt.
        prompt: Arc<str>,
        /// How it is written.
        encoding: PromptEncoding,
        /// Bytes after it.
        after: String,
        /// Whether the pipe stays open for what the adapter writes.
        stays_open: bool,
    },
}

impl StdinPlan {
    /// What an adapter's plan comes to for this prompt.
    #[must_use]
    pub fn new(input: &Input, prompt: &Arc<str>) -> Self {
        let (framing, stays_open) = match input {
            Input::None => return Self::Null,
            Input::Prompt(framing) => (framing, false),
            Input::Session(framing) => (framing, true),
        };
        Self::Pipe {
            before: framing.before.clone(),
            prompt: Arc::clone(prompt),
            encoding: framing.encoding,
            after: framing.after.clone(),
            stays_open,
        }
    }
}

/// Bytes on their way into a tool's standard input.
pub struct StdinBytes {
    parts: VecDeque<Part>,
    /// Bytes of the first part that were escaped and not yet written.
    escaped: Vec<u8>,
    /// How much of `escaped`, or else of the first part, was taken.
    taken: usize,
    queued: usize,
    stays_open: bool,
}

enum Part {
    Plain(Vec<u8>),
    Queued(Vec<u8>),
    Prompt(Arc<str>),
    Escaped { prompt: Arc<str>, from: usize },
}

impl StdinBytes {
    /// Nothing written yet; `None` when there is no pipe.
    #[must_use]
    pub fn new(plan: StdinPlan) -> Option<Self> {
        let StdinPlan::Pipe {
            before,
            prompt,
            encoding,
            after,
            stays_open,
        } = plan
        else {
            return None;
        };
        let prompt = match encoding {
            PromptEncoding::Raw => Part::Prompt(prompt),
            PromptEncoding::JsonString => Part::Escaped { prompt, from: 0 },
        };
        let parts = [
            Part::Plain(before.into_bytes()),
            prompt,
            Part::Plain(after.into_bytes()),
        ];
        Some(Self {
            parts: parts.into(),
            escaped: Vec::new(),
            taken: 0,
            queued: 0,
            stays_open,
        })
    }

    /// The next bytes to write; empty when none are waiting.
    pub fn peek(&mut self) -> &[u8] {
        while self.is_spent() {
            if self.escape_more() {
                continue;
            }
            match self.parts.pop_front() {
                Some(Part::Queued(bytes)) => self.queued -= bytes.len(),
                Some(_) => {}
                None => return &[],
            }
        }
        &self.current()[self.taken..]
    }

    /// `n` of the bytes that [`peek`](Self::peek) showed were written.
    pub fn advance(&mut self, n: usize) {
        self.taken += n;
    }

    /// Whether everything was written and nothing more will come.
    pub fn is_done(&mut self) -> bool {
        !self.stays_open && self.peek().is_empty()
    }

    /// Queue what an adapter writes.
    ///
    /// # Errors
    ///
    /// When the pipe does not stay open, or more than 8 MiB would wait.
    pub fn queue(&mut self, bytes: Vec<u8>) -> Result<(), ProcessError> {
        if !self.stays_open {
            return Err(ProcessError::StdinClosed);
        }
        if self.queued + bytes.len() > QUEUE_LIMIT {
            return Err(ProcessError::StdinFull {
                bytes: bytes.len(),
                limit: QUEUE_LIMIT,
            });
        }
        self.queued += bytes.len();
        self.parts.push_back(Part::Queued(bytes));
        Ok(())
    }

    /// Close the pipe once everything queued was written.
    pub fn close(&mut self) {
        self.stays_open = false;
    }

    /// What is being written: a part, or the piece of it that was escaped.
    fn current(&self) -> &[u8] {
        match self.parts.front() {
            Some(Part::Plain(bytes) | Part::Queued(bytes)) => bytes,
            Some(Part::Prompt(prompt)) => prompt.as_bytes(),
            Some(Part::Escaped { .. }) => &self.escaped,
            None => &[],
        }
    }

    /// Whether the current bytes were all taken; forgets how many those were.
    fn is_spent(&mut self) -> bool {
        let spent = self.taken >= self.current().len();
        if spent {
            self.taken = 0;
        }
        spent
    }

    /// Escape the next piece of the current part, if it is one that is escaped and has more.
    fn escape_more(&mut self) -> bool {
        self.escaped.clear();
        let Some(Part::Escaped { prompt, from }) = self.parts.front_mut() else {
            return false;
        };
        let rest = &prompt[*from..];
        let piece = &rest[..rest.floor_char_boundary(PIECE)];
        *from += piece.len();
        // A string always serialises; its first and last byte are the quotes.
        let quoted = serde_json::to_vec(piece).unwrap_or_default();
        let inner = quoted
            .get(1..quoted.len().saturating_sub(1))
            .unwrap_or_default();
        self.escaped.extend_from_slice(inner);
        !self.escaped.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::PromptFraming;

    fn bytes(input: &Input, prompt: &str) -> StdinBytes {
        StdinBytes::new(StdinPlan::new(input, &Arc::from(prompt))).unwrap()
    }

    fn framing(encoding: PromptEncoding, before: &str, after: &str) -> PromptFraming {
        PromptFraming {
            before: before.to_owned(),
            after: after.to_owned(),
            encoding,
        }
    }

    /// Everything, taken in steps of at most `step` bytes.
    fn drain(stdin: &mut StdinBytes, step: usize) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let next = stdin.peek();
            if next.is_empty() {
                return all;
            }
            let n = next.len().min(step);
            all.extend_from_slice(&next[..n]);
            stdin.advance(n);
        }
    }

    #[test]
    fn nothing_means_no_pipe() {
        assert!(StdinBytes::new(StdinPlan::new(&Input::None, &Arc::from("x"))).is_none());
    }

    #[test]
    fn an_empty_prompt_is_its_frame_and_then_the_end() {
        for encoding in [PromptEncoding::Raw, PromptEncoding::JsonString] {
            let mut stdin = bytes(&Input::Prompt(framing(encoding, "<", ">")), "");
            assert_eq!(drain(&mut stdin, 1), b"<>");
            assert!(stdin.is_done());
            let mut stdin = bytes(&Input::Prompt(framing(encoding, "", "")), "");
            assert!(stdin.is_done());
            assert!(matches!(
                stdin.queue(vec![1]),
                Err(ProcessError::StdinClosed)
            ));
        }
    }

    #[test]
    fn a_session_stays_open_until_it_is_closed() {
        let mut stdin = bytes(
            &Input::Session(framing(PromptEncoding::Raw, "", "\n")),
            "hi",
        );
        assert_eq!(drain(&mut stdin, 100), b"hi\n");
        assert!(!stdin.is_done());
        stdin.queue(b"more".to_vec()).unwrap();
        stdin.close();
        assert!(!stdin.is_done());
        assert_eq!(drain(&mut stdin, 3), b"more");
        assert!(stdin.is_done());
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut stdin = bytes(&Input::Session(framing(PromptEncoding::Raw, "", "")), "");
        stdin.queue(vec![0; QUEUE_LIMIT]).unwrap();
        assert!(matches!(
            stdin.queue(vec![0]),
            Err(ProcessError::StdinFull { bytes: 1, .. })
        ));
        drain(&mut stdin, 1 << 20);
        stdin.queue(vec![0]).unwrap();
    }

    #[test]
    fn long_prompts_are_escaped_piece_by_piece() {
        let prompt = "ä\"\\\n\u{1}\u{2028}😀".repeat(20_000);
        let mut stdin = bytes(
            &Input::Prompt(framing(PromptEncoding::JsonString, "\"", "\"")),
            &prompt,
        );
        let mut largest = 0;
        let mut all = Vec::new();
        while !stdin.is_done() {
            let next = stdin.peek().to_vec();
            largest = largest.max(next.len());
            stdin.advance(next.len());
            all.extend(next);
        }
        assert!(largest <= 6 * PIECE, "{largest}");
        assert_eq!(serde_json::from_slice::<String>(&all).unwrap(), prompt);
    }

    proptest! {
        #[test]
        fn any_prompt_arrives_as_it_is(prompt in "(?s).{0,60}", step in 1_usize..50) {
            let raw = framing(PromptEncoding::Raw, "[", "]");
            let got = drain(&mut bytes(&Input::Prompt(raw), &prompt), step);
            prop_assert_eq!(String::from_utf8(got).unwrap(), format!("[{prompt}]"));

            let json = framing(PromptEncoding::JsonString, "\"", "\"");
            let got = drain(&mut bytes(&Input::Prompt(json), &prompt), step);
            prop_assert!(!got.contains(&b'\n'));
            prop_assert_eq!(serde_json::from_slice::<String>(&got).unwrap(), prompt);
        }
    }
}
