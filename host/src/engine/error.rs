//! What the engine can fail to do before, around, and after an attempt.
//!
//! An attempt that fails is not an error of the engine: it is a result, and it is recorded.

use std::io;
use std::path::PathBuf;

use crate::index::IndexError;
use crate::journal::JournalError;
use crate::process::ProcessError;
use crate::routing::RoutingError;

/// Why a command of the engine came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No target could be chosen.
    #[error(transparent)]
    Routing(#[from] RoutingError),
    /// The record could not be written. Nothing was started that is not on record.
    #[error("write the record")]
    Record(#[source] JournalError),
    /// The record could not be read.
    #[error("read the record")]
    ReadRecord(#[source] JournalError),
    /// Whoever asked for a copy of the record does not take it.
    #[error("write the copy")]
    WriteOut(#[source] io::Error),
    /// The index could not be brought up to date.
    #[error("bring the index up to date")]
    Index(#[source] IndexError),
    /// The signals of this process cannot be heard.
    #[error("listen for signals")]
    Listen(#[source] ProcessError),
    /// The system refuses what waiting needs.
    #[error("wait for the tool")]
    Runtime(#[source] io::Error),
    /// A prompt or an answer could not be kept.
    #[error("keep content in {path}")]
    Keep {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}
