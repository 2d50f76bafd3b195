//! Why a question has no answer.

use crate::index::IndexError;
use crate::journal::JournalError;
use crate::model::RunId;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The index could not be opened or read.
    #[error("ask the index")]
    Index(#[source] IndexError),
    /// What the index knows of could not be read in the journal.
    #[error("read the record")]
    Record(#[source] JournalError),
    /// There is no run of this name.
    #[error("find run {run} on record")]
    NoSuchRun {
        /// The run.
        run: RunId,
    },
}
