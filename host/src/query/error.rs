//! Why a question has no answer.

use crate::index::IndexError;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The index could not be opened or read.
    #[error("ask the index")]
    Index(#[source] IndexError),
}
