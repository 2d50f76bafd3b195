//! Whom the room asks: the one trait between HTTP and the rest of the program.
//!
//! The room holds a [`Service`] and calls it on threads that may block, a few at a time. It never
//! learns what is behind it.

use super::answer::{Answer, Done};
use super::command::Command;
use super::live::LiveEvent;
use super::problem::Problem;
use super::question::Question;

/// What the server shows and does. Every call may block; a panic becomes a 500.
pub trait Service: Send + Sync + 'static {
    /// Read. Never writes.
    ///
    /// # Errors
    ///
    /// What stands in the way, for people and for programs.
    fn answer(&self, question: Question) -> Result<Answer, Problem>;

    /// Do something. It is on record before this returns.
    ///
    /// # Errors
    ///
    /// Why it was not done.
    fn perform(&self, command: Command) -> Result<Done, Problem>;

    /// Events after `after`, oldest first, at most `limit`; `None` when `after` is not known any
    /// more or lies in the future.
    ///
    /// Reads a record that holds at least what was published to the [`super::Hub`] by now, and
    /// leaves out the same kinds of events that are never published. Fewer than `limit` events
    /// say that the record has no more.
    ///
    /// # Errors
    ///
    /// The record cannot be read.
    fn events_after(&self, after: u64, limit: usize) -> Result<Option<Vec<LiveEvent>>, Problem>;

    /// The server noticed something that its operator should know. Called from the thread that
    /// serves: it must not block for long. Does nothing unless it is overridden.
    fn noticed(&self, notice: Notice) {
        drop(notice);
    }
}

/// Something the operator of the server should know.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// No connection could be accepted; the server tries again.
    AcceptFailed {
        /// What the system said.
        error: String,
    },
    /// A handler panicked: a bug of ours. The request was answered with a 500.
    Panicked {
        /// The path template or the work that panicked.
        place: String,
    },
    /// A viewer of live events read too slowly and was sent away.
    ViewerCut,
}
