//! Listening to one attempt: tool events in, what is known about the attempt out.
//!
//! A pure fold over what the adapter understood. It shows nothing and records nothing itself.

use crate::accounting::Account;
use crate::lifecycle::{Answer, Effects, Shown};
use crate::model::{
    Failure, Finished, Limit, Note, SessionId, Started, Text, ToolCall, ToolEvent, ToolEventBody,
};

use super::progress::{Progress, Warning};

/// Unrecognised lines that are described; the others are counted.
const DESCRIBED: u64 = 3;

/// Warnings of one attempt; a tool that gives cause for more has made its point.
const WARNINGS_KEPT: usize = 50;

/// What is known about an attempt from what its tool said.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Tokens and money.
    pub account: Account,
    /// The words.
    pub answer: Answer,
    /// The tool's last word.
    pub finished: Option<Finished>,
    /// The last fatal failure.
    pub failure: Option<Failure>,
    /// The session, as the tool names it.
    pub session: Option<SessionId>,
    /// The model that served.
    pub served_model: Option<String>,
    /// Lines the adapter did not understand.
    pub n_unrecognised: u64,
    /// Lines in all.
    pub n_lines: u64,
    /// What the user should know.
    pub warnings: Vec<Warning>,
    acted: bool,
    shown_answer: bool,
}

impl Reading {
    /// Take in one event; says what a watcher may want to see.
    pub fn hear(&mut self, event: &ToolEvent) -> Vec<Progress> {
        let seen = match &event.body {
            ToolEventBody::Thinking(_) | ToolEventBody::ToolOutput(_) => None,
            ToolEventBody::ToolCall(call) => return self.act(call),
            ToolEventBody::Started(started) => {
                self.started(started);
                None
            }
            ToolEventBody::Text(text) => self.text(text),
            ToolEventBody::Usage(report) => {
                self.account.add_usage(report);
                None
            }
            ToolEventBody::Cost(report) => {
                self.account.add_cost(report);
                None
            }
            ToolEventBody::Limit(limit) => self.limit(limit),
            ToolEventBody::Failure(failure) => self.fail(failure),
            ToolEventBody::Finished(finished) => self.finish(finished),
            ToolEventBody::Note(note) => self.note(note),
        };
        seen.into_iter().collect()
    }

    /// What the attempt did, as far as it can be seen.
    #[must_use]
    pub fn effects(&self) -> Effects {
        Effects {
            answered: self.shown_answer || self.answer.any(),
            acted: self.acted,
        }
    }

    /// Add a warning, once for each code and sentence; says nothing when it is not new.
    pub fn warn(&mut self, warning: Warning) -> Option<Progress> {
        if self.warnings.contains(&warning) || self.warnings.len() >= WARNINGS_KEPT {
            return None;
        }
        self.warnings.push(warning.clone());
        Some(Progress::Warning(warning))
    }

    fn started(&mut self, started: &Started) {
        if let Some(session) = &started.session {
            self.session = Some(SessionId::new(session.as_str()));
        }
        if let Some(model) = &started.model {
            self.served_model.get_or_insert_with(|| model.clone());
        }
    }

    fn text(&mut self, text: &Text) -> Option<Progress> {
        if let Some(model) = &text.model {
            self.served_model = Some(model.clone());
        }
        let shown = self.answer.text(text);
        self.show(shown)
    }

    fn act(&mut self, call: &ToolCall) -> Vec<Progress> {
        self.acted |= call.changes_things != Some(false);
        let shown = self.answer.act();
        let acting = Progress::Acting {
            name: call.name.clone(),
        };
        self.show(shown).into_iter().chain([acting]).collect()
    }

    fn finish(&mut self, finished: &Finished) -> Option<Progress> {
        self.finished = Some(finished.clone());
        if finished.outcome == "done" {
            // A tool that came through after trouble has not failed.
            self.failure = None;
            let shown = self.answer.finish(finished);
            return self.show(shown);
        }
        None
    }

    fn fail(&mut self, failure: &Failure) -> Option<Progress> {
        if failure.fatal {
            self.failure = Some(failure.clone());
            return None;
        }
        Some(Progress::Trouble(failure.clone()))
    }

    fn limit(&mut self, limit: &Limit) -> Option<Progress> {
        if !limit.hit {
            return None;
        }
        self.warn(Warning::new(
            "limit_hit",
            format!("the limit '{}' is used up", limit.name),
        ))
    }

    fn note(&mut self, note: &Note) -> Option<Progress> {
        if note.kind != "unrecognised" {
            return None;
        }
        self.n_unrecognised += 1;
        (self.n_unrecognised <= DESCRIBED)
            .then(|| Progress::Warning(Warning::new("unrecognised", note.json.clone())))
    }

    fn show(&mut self, shown: Option<Shown>) -> Option<Progress> {
        match shown? {
            Shown::Answer(piece) => {
                self.shown_answer = true;
                Some(Progress::Answer(piece))
            }
            Shown::Commentary(words) => Some(Progress::Commentary(words)),
        }
    }
}
