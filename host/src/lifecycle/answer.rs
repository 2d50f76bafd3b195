//! Which of the agent's words are the answer, and what may be shown when.
//!
//! Words before the agent's next act are commentary; the last words are the answer. Pieces of a
//! message are shown as they come, whole messages only once it is known which of the two they are.

use crate::model::{Finished, Text};

/// The longest answer that is kept whole, in bytes. More is shown as it streams, not kept.
pub const ANSWER_CAP: usize = 16 << 20;

/// Something to show now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A piece of the answer.
    Answer(String),
    /// Words on the way, not the answer.
    Commentary(String),
}

/// The agent's words so far.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The message being written or written last.
    current: String,
    id: Option<String>,
    /// How much of `current` was shown, in bytes.
    shown: usize,
    /// Words of an answer were shown before this message.
    shown_before: bool,
    /// The tool named another text as its answer.
    final_text: Option<String>,
    cut: bool,
}

impl Answer {
    /// Take in words; says what to show.
    pub fn text(&mut self, text: &Text) -> Option<Shown> {
        if text.partial {
            let next = self.begin(text.id.as_deref(), true);
            self.push(&text.content);
            self.shown = self.current.len();
            let piece = match next {
                Some(Shown::Answer(gap)) => gap + &text.content,
                _ => text.content.clone(),
            };
            return (!piece.is_empty()).then_some(Shown::Answer(piece));
        }
        if self.shown > 0 && self.same(text.id.as_deref()) {
            return self.complete(&text.content);
        }
        let before = self.begin(text.id.as_deref(), false);
        self.push(&text.content);
        before
    }

    /// The agent acts: what it said up to here was commentary.
    pub fn act(&mut self) -> Option<Shown> {
        let unseen = self
            .current
            .get(self.shown..)
            .unwrap_or_default()
            .to_owned();
        self.leave();
        (!unseen.is_empty()).then_some(Shown::Commentary(unseen))
    }

    /// The tool's last word; says what is still to be shown of the answer.
    pub fn finish(&mut self, finished: &Finished) -> Option<Shown> {
        if let Some(text) = &finished.final_text
            && *text != self.current
        {
            let fresh = self.shown == 0 && !self.shown_before;
            self.cut |= text.len() > ANSWER_CAP;
            self.final_text = Some(head(text, ANSWER_CAP).to_owned());
            return Some(Shown::Answer(if fresh {
                text.clone()
            } else {
                format!("\n{text}")
            }));
        }
        let unseen = self
            .current
            .get(self.shown..)
            .unwrap_or_default()
            .to_owned();
        self.shown = self.current.len();
        (!unseen.is_empty()).then_some(Shown::Answer(unseen))
    }

    /// The answer, as far as it is known.
    #[must_use]
    pub fn answer(&self) -> &str {
        self.final_text.as_deref().unwrap_or(&self.current)
    }

    /// Whether anything of an answer was seen.
    #[must_use]
    pub fn any(&self) -> bool {
        self.shown_before || !self.current.is_empty() || self.final_text.is_some()
    }

    /// Whether the answer is longer than what was kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Go on with the message `id`, leaving another one behind. A whole message left behind unseen
    /// was commentary; pieces of a new message are set apart from those of an earlier one.
    fn begin(&mut self, id: Option<&str>, partial: bool) -> Option<Shown> {
        if partial && self.same(id) && (self.shown > 0 || self.current.is_empty()) {
            self.id = id.map(str::to_owned);
            return None;
        }
        let unseen = self
            .current
            .get(self.shown..)
            .unwrap_or_default()
            .to_owned();
        let set_apart = partial && self.shown > 0;
        self.leave();
        self.id = id.map(str::to_owned);
        if set_apart {
            return Some(Shown::Answer("\n".to_owned()));
        }
        (!unseen.is_empty()).then_some(Shown::Commentary(unseen))
    }

    /// The whole of a message whose pieces were shown: show the rest of it.
    fn complete(&mut self, whole: &str) -> Option<Shown> {
        let rest = whole.strip_prefix(self.current.as_str()).map(str::to_owned);
        self.current.clear();
        self.push(whole);
        self.shown = self.current.len();
        rest.filter(|rest| !rest.is_empty()).map(Shown::Answer)
    }

    fn leave(&mut self) {
        self.shown_before |= self.shown > 0;
        self.current.clear();
        self.shown = 0;
        self.id = None;
        self.final_text = None;
    }

    fn same(&self, id: Option<&str>) -> bool {
        self.id.as_deref() == id
    }

    fn push(&mut self, text: &str) {
        let room = ANSWER_CAP.saturating_sub(self.current.len());
        self.cut |= text.len() > room;
        self.current.push_str(head(text, room));
    }
}

/// The beginning of `text`, at most `max` bytes, cut between characters.
fn head(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(id: &str, content: &str, partial: bool) -> Text {
        Text {
            id: Some(id.to_owned()),
            content: content.to_owned(),
            partial,
            model: None,
        }
    }

    fn finished(final_text: Option<&str>) -> Finished {
        Finished {
            outcome: "done".to_owned(),
            final_text: final_text.map(str::to_owned),
            turns: None,
        }
    }

    fn answer_of(shown: impl IntoIterator<Item = Option<Shown>>) -> (String, String) {
        let mut out = (String::new(), String::new());
        for shown in shown.into_iter().flatten() {
            match shown {
                Shown::Answer(piece) => out.0.push_str(&piece),
                Shown::Commentary(words) => out.1.push_str(&words),
            }
        }
        out
    }

    #[test]
    fn the_last_words_are_the_answer_and_those_before_an_act_are_not() {
        let mut answer = Answer::default();
        let shown = [
            answer.text(&text("1", "I will look.", false)),
            answer.act(),
            answer.text(&text("2", "It is 4.", false)),
            answer.finish(&finished(None)),
        ];
        assert_eq!(answer_of(shown), ("It is 4.".into(), "I will look.".into()));
        assert_eq!(answer.answer(), "It is 4.");
    }

    #[test]
    fn a_repeated_message_replaces_the_one_before() {
        let mut answer = Answer::default();
        let shown = [
            answer.text(&text("1", "No.", false)),
            answer.text(&text("2", "No, really.", false)),
            answer.finish(&finished(None)),
        ];
        assert_eq!(answer_of(shown).0, "No, really.");
    }

    #[test]
    fn pieces_are_shown_as_they_come_and_the_whole_is_not_shown_again() {
        let mut answer = Answer::default();
        let shown = [
            answer.text(&text("1", "Hel", true)),
            answer.text(&text("1", "lo", true)),
            answer.text(&text("1", "Hello!", false)),
            answer.finish(&finished(Some("Hello!"))),
        ];
        assert_eq!(shown[0], Some(Shown::Answer("Hel".into())));
        assert_eq!(answer_of(shown), ("Hello!".into(), String::new()));
        assert_eq!(answer.answer(), "Hello!");
    }

    #[test]
    fn pieces_of_two_messages_are_set_apart() {
        let mut answer = Answer::default();
        let shown = [
            answer.text(&text("1", "Looking.", true)),
            answer.text(&text("1", "Looking.", false)),
            answer.text(&text("2", "Found", true)),
            answer.text(&text("2", " it.", true)),
            answer.finish(&finished(Some("Found it."))),
        ];
        assert_eq!(answer_of(shown).0, "Looking.\nFound it.");
        assert_eq!(answer.answer(), "Found it.");
    }

    #[test]
    fn the_tools_own_final_text_wins() {
        let mut answer = Answer::default();
        let shown = [
            answer.text(&text("1", "draft", false)),
            answer.finish(&finished(Some("answer"))),
        ];
        assert_eq!(answer_of(shown).0, "answer");
        assert_eq!(answer.answer(), "answer");
    }

    #[test]
    fn a_second_turn_begins_a_new_answer() {
        let mut answer = Answer::default();
        answer.text(&text("1", "first", false));
        answer.finish(&finished(Some("first")));
        answer.text(&text("2", "second", false));
        answer.finish(&finished(Some("second")));
        assert_eq!(answer.answer(), "second");
    }
}
