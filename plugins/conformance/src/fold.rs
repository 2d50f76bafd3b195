//! Events into totals: the reference reading of the contract's scopes.
//!
//! Owns nothing but the meaning: a message replaces itself and adds to others, a run replaces all before it, a session's
//! total is subtracted from the last one. Never looks at what tool it was.

use std::collections::BTreeMap;

use serde::Deserialize;
use tollgate_plugin_sdk::contract::{Cost, EventBody, Failure, Finished, Note, Step, Usage};

use crate::recording::Expected;

/// Tokens of one run.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "as in the contract's `usage`")]
pub struct Totals {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub reasoning: Option<u64>,
}

impl Totals {
    fn of(usage: &Usage) -> Self {
        Self {
            input: usage.input.unwrap_or(0),
            output: usage.output.unwrap_or(0),
            cache_read: usage.cache_read.unwrap_or(0),
            cache_write: usage.cache_write.unwrap_or(0),
            reasoning: usage.reasoning,
        }
    }

    fn combine(self, other: Self, with: fn(u64, u64) -> u64) -> Self {
        let reasoning = match (self.reasoning, other.reasoning) {
            (Some(a), Some(b)) => Some(with(a, b)),
            (a, b) => a.or(b),
        };
        Self {
            input: with(self.input, other.input),
            output: with(self.output, other.output),
            cache_read: with(self.cache_read, other.cache_read),
            cache_write: with(self.cache_write, other.cache_write),
            reasoning,
        }
    }
}

/// What a run's events come to.
#[derive(Debug, Default)]
pub struct Fold {
    texts: Vec<(Option<String>, String)>,
    session: Option<String>,
    model: Option<String>,
    messages: BTreeMap<String, (Totals, bool)>,
    whole: Option<(Totals, bool, String)>,
    cost: Option<Cost>,
    finished: Option<Finished>,
    fatal: Option<Failure>,
    /// Everything that went wrong, passing or not.
    pub failures: Vec<Failure>,
    /// Everything of kind "unrecognised".
    pub unrecognised: Vec<Note>,
}

impl Fold {
    /// Takes the events of one call.
    pub fn step(&mut self, step: Step) {
        for event in step.events {
            match event.body {
                EventBody::Started(started) => {
                    self.session = started.session.or(self.session.take());
                    self.model = started.model.or(self.model.take());
                }
                EventBody::Text(text) => {
                    self.model = text.model.clone().or(self.model.take());
                    self.text(text.id, text.content, text.partial);
                }
                EventBody::Usage(usage) => self.usage(&usage),
                EventBody::Cost(cost) => self.cost = Some(cost),
                EventBody::Failure(failure) => {
                    if failure.fatal {
                        self.fatal = Some(failure.clone());
                    }
                    self.failures.push(failure);
                }
                EventBody::Finished(finished) => self.finished = Some(finished),
                EventBody::Note(note) if note.kind == "unrecognised" => {
                    self.unrecognised.push(note);
                }
                _ => {}
            }
        }
    }

    fn text(&mut self, id: Option<String>, content: String, partial: bool) {
        match self
            .texts
            .iter_mut()
            .find(|(known, _)| id.is_some() && *known == id)
        {
            Some((_, text)) if partial => text.push_str(&content),
            Some((_, text)) => *text = content,
            None => self.texts.push((id, content)),
        }
    }

    fn usage(&mut self, usage: &Usage) {
        self.model = usage.model.clone().or(self.model.take());
        let totals = Totals::of(usage);
        if usage.scope == "message" {
            self.messages.insert(
                usage.key.clone().unwrap_or_default(),
                (totals, usage.settled),
            );
        } else {
            self.messages.clear();
            self.whole = Some((totals, usage.settled, usage.scope.clone()));
        }
    }

    /// The run as a whole, in the terms of what is expected of it. `prior` is what the session had used before.
    #[must_use]
    pub fn result(&self, prior: Option<Totals>) -> Expected {
        let whole = self.whole.as_ref().map(|(totals, settled, scope)| {
            let prior = prior.filter(|_| scope == "session").unwrap_or_default();
            (totals.combine(prior, u64::saturating_sub), *settled)
        });
        let usage =
            self.messages
                .values()
                .copied()
                .chain(whole)
                .reduce(|(sum, settled), (more, also)| {
                    (sum.combine(more, u64::saturating_add), settled && also)
                });
        let last = || {
            self.texts
                .iter()
                .rev()
                .map(|(_, text)| text)
                .find(|text| !text.is_empty())
                .cloned()
        };
        let finished = self.finished.clone();
        Expected {
            outcome: finished
                .as_ref()
                .map_or("failed".to_owned(), |finished| finished.outcome.clone()),
            failure_code: self.fatal.as_ref().map(|failure| failure.code.clone()),
            session_id: self.session.clone(),
            served_model: self.model.clone(),
            text: finished
                .and_then(|finished| finished.final_text)
                .or_else(last),
            usage: usage.map(|(totals, _)| totals),
            usage_exact: usage.is_some_and(|(_, settled)| settled),
            cost_microusd: self.cost.as_ref().map(|cost| cost.microusd),
            cost_scope: self.cost.as_ref().map(|cost| cost.scope.clone()),
            prior_session_usage: prior,
            why: None,
        }
    }
}
