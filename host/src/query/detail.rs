//! One run with what only its events tell: why a target was chosen, what follows what, how an
//! attempt was stopped. Pure.
//!
//! Where anything stands is the index's to say; nothing here is derived a second time.

use std::collections::BTreeMap;

use crate::index::{Attempt, Invocation, RunView};
use crate::model::{Body, Event, FailureCode, InvocationNumber, Reason, Target};

use super::deciding::Deciding;
use super::runs::RunEvents;

/// A run with everything in it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunDetail {
    /// The run, its requests, their attempts, its warnings.
    pub view: RunView,
    /// Events of it that were on record and cannot be read any more.
    pub n_missing: usize,
    invocations: BTreeMap<InvocationNumber, InvocationDetail>,
}

/// One attempt with the request that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptView {
    /// The request, with all its attempts.
    pub invocation: Invocation,
    /// Which of them it is.
    pub number: u32,
    /// What the index knows of it.
    pub attempt: Attempt,
    /// What the events tell of the request and its attempts.
    pub told: InvocationDetail,
}

/// What the events tell of a request, beside what the index knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvocationDetail {
    /// The target that was chosen first.
    pub chosen: Option<Target>,
    /// Why.
    pub reason: Option<Reason>,
    /// Requests of the same run whose answers it builds on.
    pub follows: Vec<InvocationNumber>,
    /// Targets that took over, and why.
    pub fell_back: Vec<(Target, FailureCode)>,
    /// How it was decided.
    pub deciding: Deciding,
    attempts: BTreeMap<u32, AttemptDetail>,
}

/// What the events tell of an attempt, beside what the index knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptDetail {
    /// Its process, once it was seen to run.
    pub pid: Option<u32>,
    /// Why it was to be stopped, in the order in which it was asked.
    pub stop_reasons: Vec<String>,
    /// Signals that were sent to it, in order.
    pub signals: Vec<String>,
}

impl RunDetail {
    /// Put together what the index and the events say.
    pub(super) fn new(view: RunView, events: &RunEvents) -> Self {
        let mut detail = Self {
            view,
            n_missing: events.n_missing,
            invocations: BTreeMap::new(),
        };
        for record in &events.records {
            detail.take(&record.event);
        }
        detail
    }

    /// What the events tell of a request of it.
    #[must_use]
    pub fn of(&self, invocation: &Invocation) -> InvocationDetail {
        let known = self.invocations.get(&invocation.number);
        known.cloned().unwrap_or_default()
    }

    fn take(&mut self, event: &Event) {
        if let Some(number) = event.invocation {
            self.invocations.entry(number).or_default().take(event);
        }
    }
}

impl AttemptView {
    /// Put together what the index and the events say; `None` when there is no such attempt.
    pub(super) fn new(invocation: Invocation, number: u32, events: &RunEvents) -> Option<Self> {
        let attempt = invocation.attempts.get(&number)?.clone();
        let mut told = InvocationDetail::default();
        let records = events.records.iter().map(|record| &record.event);
        for event in records.filter(|event| event.invocation == Some(invocation.number)) {
            told.take(event);
        }
        Some(Self {
            invocation,
            number,
            attempt,
            told,
        })
    }
}

impl InvocationDetail {
    /// Take in one of its events.
    fn take(&mut self, event: &Event) {
        self.deciding.take(event);
        match &event.body {
            Body::RunSubmitted(submitted) => self.follows.clone_from(&submitted.follows),
            // A retry is decided anew; the last decision is the one that counts.
            Body::RoutingDecided(decided) => {
                self.chosen = Some(decided.target.clone());
                self.reason = Some(decided.reason.clone());
            }
            Body::RoutingFellBack(fell_back) => {
                let taken_over = (fell_back.to.clone(), fell_back.code.clone());
                self.fell_back.push(taken_over);
            }
            body => {
                if let Some(attempt) = event.attempt {
                    self.attempts.entry(attempt).or_default().take(body);
                }
            }
        }
    }

    /// What the events tell of an attempt of it.
    #[must_use]
    pub fn attempt(&self, number: u32) -> AttemptDetail {
        self.attempts.get(&number).cloned().unwrap_or_default()
    }

    /// What somebody would call it: its step in a workflow, or its number.
    #[must_use]
    pub fn name(invocation: &Invocation) -> String {
        let step = invocation.step.clone();
        step.unwrap_or_else(|| invocation.number.to_string())
    }
}

impl AttemptDetail {
    /// Whether there is anything to tell of how it was stopped.
    #[must_use]
    pub fn was_stopped(&self, attempt: &Attempt) -> bool {
        attempt.cancel_requested || !self.stop_reasons.is_empty() || !self.signals.is_empty()
    }

    fn take(&mut self, body: &Body) {
        match body {
            Body::AttemptStarted(started) => self.pid = Some(started.pid),
            Body::AttemptWithdrawn(withdrawn) => self.stop_reasons.push(withdrawn.reason.clone()),
            Body::AttemptCancelRequested(asked) => self.stop_reasons.push(asked.reason.clone()),
            Body::AttemptSignalled(signalled) => self.signals.push(signalled.signal.clone()),
            _ => {}
        }
    }
}
