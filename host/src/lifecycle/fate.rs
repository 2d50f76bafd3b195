//! What becomes of an attempt whose supervisor may be gone.
//!
//! Evidence in, decision out. It looks at nothing by itself, signals nothing, and writes nothing;
//! whoever gathers the evidence also acts on the decision. In doubt an attempt is left alone.

use std::time::Duration;

use crate::model::{AttemptState, LostReason};

/// How long an admitted attempt may take until its supervisor shows up.
pub const SETTLING: Duration = Duration::from_secs(10);

/// What can be seen of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that were looked up one by one"
)]
pub struct Evidence {
    /// It was admitted on this machine.
    pub same_node: bool,
    /// The machine was not started anew since.
    pub same_boot: bool,
    /// Its supervisor holds its claim.
    pub supervisor_alive: bool,
    /// Its folder was claimed at some time: a free claim proves that the supervisor is dead only
    /// if there was one.
    pub claimed: bool,
    /// Its folder holds a valid `exit.json`.
    pub exit_file: bool,
    /// Where it stands on record.
    pub state: AttemptState,
    /// Since it was admitted; `None` when that cannot be told, as after another boot.
    pub age: Option<Duration>,
    /// An `attempt.intent` is on record.
    pub intended: bool,
    /// An `attempt.started` is on record.
    pub started: bool,
    /// Processes that carry its marker were found, which proves that it ran.
    pub remains: bool,
    /// The recorded process id belongs to a process with another start.
    pub identity_differs: bool,
}

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing: it is in good hands, over, or not ours to judge.
    LeaveAlone,
    /// Its end is known but not on record: append what `exit.json` says.
    Finish,
    /// Its tool never ran: append `attempt.spawn_failed` with the code `spawn-unconfirmed`.
    NeverStarted,
    /// Nobody can tell how it ended: end what is left of it, then append `attempt.lost`.
    Lost(LostReason),
}

/// Decide about an attempt.
#[must_use]
pub fn fate(evidence: &Evidence) -> Fate {
    if !evidence.same_node || evidence.supervisor_alive {
        return Fate::LeaveAlone;
    }
    match evidence.state {
        AttemptState::Starting | AttemptState::Running | AttemptState::Cancelling => {
            of_orphan(evidence)
        }
        // A loss is the one end that later evidence corrects.
        AttemptState::Lost if evidence.exit_file => Fate::Finish,
        AttemptState::Lost
        | AttemptState::Queued
        | AttemptState::Done
        | AttemptState::Failed
        | AttemptState::Cancelled
        | AttemptState::TimedOut
        | AttemptState::OverBudget => Fate::LeaveAlone,
    }
}

/// It holds a slot, and nobody holds its claim.
fn of_orphan(evidence: &Evidence) -> Fate {
    if evidence.exit_file {
        return Fate::Finish;
    }
    let may_have_run = evidence.started || evidence.remains;
    if !evidence.same_boot {
        // With an intent it may have run in the moment before the machine went down.
        return if may_have_run || evidence.intended {
            Fate::Lost(LostReason::Reboot)
        } else {
            Fate::NeverStarted
        };
    }
    if may_have_run {
        return Fate::Lost(if evidence.identity_differs {
            LostReason::IdentityMismatch
        } else {
            LostReason::SupervisorDied
        });
    }
    let is_young = evidence.age.is_some_and(|age| age < SETTLING);
    if is_young && !evidence.intended && !evidence.claimed {
        return Fate::LeaveAlone;
    }
    Fate::NeverStarted
}

#[cfg(test)]
#[path = "fate_tests.rs"]
mod tests;
