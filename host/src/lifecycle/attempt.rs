//! How one state of an attempt follows another.
//!
//! The one table that says what may follow what, for whoever writes an event and for whoever reads
//! it again later: a command that it does not allow is refused, an event that it does not allow is
//! counted and changes nothing. It holds no state and keeps no time; the order of the journal is
//! the only order there is.

use crate::model::{AttemptOutcome, AttemptState, Body};

/// What moves an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptEvent {
    /// It waits for a slot.
    Queued,
    /// It got one.
    Admitted,
    /// Its process is about to be started.
    Intended,
    /// Its process runs.
    Started,
    /// Its process could not be started.
    SpawnFailed,
    /// It was taken out before its process was started.
    Withdrawn,
    /// Somebody, or a limit, wants it stopped.
    CancelRequested,
    /// Its process is gone, and this came of it.
    Exited(AttemptOutcome),
    /// Nobody can tell how it ended.
    Lost,
}

impl AttemptEvent {
    /// What `body` means for its attempt; `None` when it does not move one.
    #[must_use]
    pub fn of(body: &Body) -> Option<Self> {
        match body {
            Body::AttemptQueued(_) => Some(Self::Queued),
            Body::AttemptAdmitted(_) => Some(Self::Admitted),
            Body::AttemptIntent(_) => Some(Self::Intended),
            Body::AttemptStarted(_) => Some(Self::Started),
            Body::AttemptSpawnFailed(_) => Some(Self::SpawnFailed),
            Body::AttemptWithdrawn(_) => Some(Self::Withdrawn),
            Body::AttemptCancelRequested(_) => Some(Self::CancelRequested),
            Body::AttemptExited(exited) => Some(Self::Exited(exited.outcome)),
            Body::AttemptLost(_) => Some(Self::Lost),
            _ => None,
        }
    }
}

/// An event that cannot happen to an attempt where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("apply {event:?} to an attempt that is {}", state.map_or("not there yet", AttemptState::as_str))]
pub struct Illegal {
    /// Where it stands; `None` when nothing is known of it.
    pub state: Option<AttemptState>,
    /// What cannot happen to it.
    pub event: AttemptEvent,
}

/// The state that follows `state` when `event` happens; `None` stands for an attempt of which
/// nothing is known yet.
///
/// # Errors
/// When that cannot happen: a command is refused then, an event on record changes nothing.
pub fn advance(state: Option<AttemptState>, event: AttemptEvent) -> Result<AttemptState, Illegal> {
    let next = match state {
        None => first(event),
        Some(AttemptState::Queued) => from_queued(event),
        Some(AttemptState::Starting) => from_starting(event),
        Some(AttemptState::Running) => from_running(event),
        Some(AttemptState::Cancelling) => from_cancelling(event),
        Some(AttemptState::Lost) => from_lost(event),
        Some(
            AttemptState::Done
            | AttemptState::Failed
            | AttemptState::Cancelled
            | AttemptState::TimedOut
            | AttemptState::OverBudget,
        ) => None,
    };
    next.ok_or(Illegal { state, event })
}

fn first(event: AttemptEvent) -> Option<AttemptState> {
    match event {
        AttemptEvent::Queued => Some(AttemptState::Queued),
        // Journals from before there was a queue begin an attempt here, and one that could not
        // even be planned with its failure.
        AttemptEvent::Intended => Some(AttemptState::Starting),
        AttemptEvent::SpawnFailed => Some(AttemptState::Failed),
        AttemptEvent::Admitted
        | AttemptEvent::Started
        | AttemptEvent::Withdrawn
        | AttemptEvent::CancelRequested
        | AttemptEvent::Exited(_)
        | AttemptEvent::Lost => None,
    }
}

fn from_queued(event: AttemptEvent) -> Option<AttemptState> {
    match event {
        AttemptEvent::Admitted => Some(AttemptState::Starting),
        AttemptEvent::Withdrawn => Some(AttemptState::Cancelled),
        AttemptEvent::Queued
        | AttemptEvent::Intended
        | AttemptEvent::Started
        | AttemptEvent::SpawnFailed
        | AttemptEvent::CancelRequested
        | AttemptEvent::Exited(_)
        | AttemptEvent::Lost => None,
    }
}

fn from_starting(event: AttemptEvent) -> Option<AttemptState> {
    match event {
        AttemptEvent::Intended => Some(AttemptState::Starting),
        AttemptEvent::Started => Some(AttemptState::Running),
        AttemptEvent::SpawnFailed => Some(AttemptState::Failed),
        AttemptEvent::Withdrawn => Some(AttemptState::Cancelled),
        AttemptEvent::CancelRequested => Some(AttemptState::Cancelling),
        AttemptEvent::Lost => Some(AttemptState::Lost),
        AttemptEvent::Queued | AttemptEvent::Admitted | AttemptEvent::Exited(_) => None,
    }
}

fn from_running(event: AttemptEvent) -> Option<AttemptState> {
    match event {
        AttemptEvent::CancelRequested => Some(AttemptState::Cancelling),
        AttemptEvent::Lost => Some(AttemptState::Lost),
        AttemptEvent::Exited(outcome) => match outcome {
            // A tool may report by itself that it was cancelled.
            AttemptOutcome::Done | AttemptOutcome::Failed | AttemptOutcome::Cancelled => {
                Some(outcome.into())
            }
            // A limit asks for a stop first.
            AttemptOutcome::TimedOut | AttemptOutcome::OverBudget | AttemptOutcome::Lost => None,
        },
        AttemptEvent::Queued
        | AttemptEvent::Admitted
        | AttemptEvent::Intended
        | AttemptEvent::Started
        | AttemptEvent::SpawnFailed
        | AttemptEvent::Withdrawn => None,
    }
}

fn from_cancelling(event: AttemptEvent) -> Option<AttemptState> {
    match event {
        // The supervisor may have been on its way when the stop was asked for; asking twice
        // changes nothing.
        AttemptEvent::Intended | AttemptEvent::Started | AttemptEvent::CancelRequested => {
            Some(AttemptState::Cancelling)
        }
        AttemptEvent::SpawnFailed | AttemptEvent::Withdrawn => Some(AttemptState::Cancelled),
        AttemptEvent::Exited(outcome) => ended(outcome),
        AttemptEvent::Lost => Some(AttemptState::Lost),
        AttemptEvent::Queued | AttemptEvent::Admitted => None,
    }
}

/// A loss is the one end that later evidence corrects, and only once.
fn from_lost(event: AttemptEvent) -> Option<AttemptState> {
    match event {
        AttemptEvent::Exited(outcome) => ended(outcome),
        AttemptEvent::Queued
        | AttemptEvent::Admitted
        | AttemptEvent::Intended
        | AttemptEvent::Started
        | AttemptEvent::SpawnFailed
        | AttemptEvent::Withdrawn
        | AttemptEvent::CancelRequested
        | AttemptEvent::Lost => None,
    }
}

/// Whoever saw a process end can tell how.
fn ended(outcome: AttemptOutcome) -> Option<AttemptState> {
    (outcome != AttemptOutcome::Lost).then_some(outcome.into())
}

#[cfg(test)]
#[path = "attempt_tests.rs"]
mod tests;
