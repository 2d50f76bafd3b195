//! The journal as a test reads it: a fold of its own, which fails on anything that cannot happen.
//!
//! Owns what every prefix of every journal must keep: no event that is not possible, no second end,
//! never more slots taken than there are. It shares the table of states with the program, and
//! nothing else.

use std::collections::BTreeMap;
use std::path::Path;

use tollgate::journal::Reader;
use tollgate::lifecycle::{AttemptEvent, advance};
use tollgate::model::{AttemptOutcome, AttemptRef, AttemptState, Body, Event, RunId};
use uuid::Uuid;

/// All events of a journal, in order.
pub(crate) fn events(state_dir: &Path) -> Vec<Event> {
    let mut reader = Reader::open(state_dir).expect("a journal");
    std::iter::from_fn(|| reader.next_record().expect("a record"))
        .map(|record| record.event)
        .collect()
}

/// What a journal says.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Every attempt, by run, invocation, and number.
    pub(crate) attempts: BTreeMap<(String, u32, u32), Attempt>,
    /// Every invocation, with its end.
    pub(crate) invocations: BTreeMap<(String, u32), Option<AttemptOutcome>>,
    /// The most slots that were held at once.
    pub(crate) most_held: usize,
    /// The same for each tool.
    pub(crate) most_of_tool: BTreeMap<String, usize>,
    held: BTreeMap<String, usize>,
    /// Attempts in the order in which they got their slots.
    pub(crate) admitted: Vec<AttemptRef>,
}

/// One attempt.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) name: AttemptRef,
    pub(crate) tool: String,
    pub(crate) state: AttemptState,
    pub(crate) marker: Option<Uuid>,
    /// How often an end of it is on record.
    pub(crate) n_ends: usize,
}

impl Told {
    /// What the journal of this state directory says now.
    pub(crate) fn by(state_dir: &Path) -> Self {
        let mut told = Self::default();
        for event in events(state_dir) {
            told.take(&event);
        }
        told
    }

    /// Take in what came since.
    pub(crate) fn go_on(&mut self, reader: &mut Reader) {
        while let Some(record) = reader.next_record().expect("a record") {
            self.take(&record.event);
        }
    }

    fn take(&mut self, event: &Event) {
        let (Some(run), Some(invocation)) = (&event.run, event.invocation) else {
            return;
        };
        let part = (run.to_string(), invocation.0);
        match &event.body {
            Body::RunSubmitted(_) => {
                let before = self.invocations.insert(part, None);
                assert_eq!(before, None, "submitted twice: {event:?}");
            }
            Body::RunFinished(finished) => {
                let end = self.invocations.get_mut(&part).expect("it was submitted");
                let before = end.replace(finished.outcome);
                assert_eq!(before, None, "finished twice: {event:?}");
            }
            _ => self.take_attempt(event),
        }
    }

    fn take_attempt(&mut self, event: &Event) {
        let (Some(step), Some(number)) = (AttemptEvent::of(&event.body), event.attempt) else {
            return;
        };
        let (run, invocation) = (event.run.clone().unwrap(), event.invocation.unwrap());
        let key = (run.to_string(), invocation.0, number);
        let known = self.attempts.get(&key).map(|attempt| attempt.state);
        let state = advance(known, step).unwrap_or_else(|error| panic!("{error}: {event:#?}"));
        let attempt = self.attempts.entry(key).or_insert_with(|| Attempt {
            name: AttemptRef {
                run,
                invocation,
                number,
            },
            tool: String::new(),
            state,
            marker: None,
            n_ends: 0,
        });
        attempt.state = state;
        attempt.n_ends += usize::from(state.is_terminal());
        match &event.body {
            Body::AttemptQueued(queued) => {
                attempt.tool = queued.target.tool.to_string();
                attempt.marker = Some(queued.marker);
            }
            Body::AttemptAdmitted(_) => self.admitted.push(attempt.name.clone()),
            _ => {}
        }
        let (tool, holds_now) = (attempt.tool.clone(), state.holds_slot());
        let held_before = known.is_some_and(AttemptState::holds_slot);
        self.count(&tool, held_before, holds_now);
    }

    fn count(&mut self, tool: &str, held_before: bool, holds_now: bool) {
        let of_tool = self.held.entry(tool.to_owned()).or_default();
        *of_tool = *of_tool + usize::from(holds_now) - usize::from(held_before);
        let most = self.most_of_tool.entry(tool.to_owned()).or_default();
        *most = (*most).max(*of_tool);
        self.most_held = self.most_held.max(self.held.values().sum());
    }

    /// The first attempt of a run with one request.
    pub(crate) fn first(&self, run: &RunId) -> Option<&Attempt> {
        self.attempts.get(&(run.to_string(), 1, 1))
    }

    /// The end of a run with one request.
    pub(crate) fn outcome(&self, run: &RunId) -> Option<AttemptOutcome> {
        *self.invocations.get(&(run.to_string(), 1))?
    }

    /// Attempts in this state.
    pub(crate) fn in_state(&self, state: AttemptState) -> Vec<&Attempt> {
        let all = self.attempts.values();
        all.filter(|attempt| attempt.state == state).collect()
    }

    /// Whether every invocation has its end.
    pub(crate) fn is_over(&self) -> bool {
        self.invocations.values().all(Option::is_some)
    }
}
