//! Why a collector was not told, for people.

use crate::cli::failure::{Code, Failure};
use crate::cli::run::record;
use crate::engine::JournalError;
use crate::engine::tell::{OtlpError, PushError};
use crate::model::sentence;
use crate::query::QueryError;

/// Why it was not told.
pub(in crate::cli) fn failed(why: &PushError<QueryError>) -> Failure {
    match why {
        PushError::Batch(error @ QueryError::Record(JournalError::CursorLost { .. })) => {
            record::failed(error)
                .hint("the collector was told more than is on record: was the record put back?")
                .hint("without its file in otlp/ in the state directory it is told everything anew")
        }
        PushError::Batch(error) => record::failed(error),
        PushError::Send(error) => unsent(error),
    }
}

/// Why it was not sent.
pub(super) fn unsent(error: &OtlpError) -> Failure {
    let code = match error {
        OtlpError::Header { .. } => Code::InvalidConfig,
        OtlpError::Damaged { .. } | OtlpError::File { .. } => Code::Io,
        _ => Code::Collector,
    };
    let failure = Failure::new(code, format!("failed to {}", sentence(error)));
    let failure = match error.fix() {
        Some(fix) => failure.hint(fix),
        None => failure,
    };
    match error {
        OtlpError::InUse { .. } => failure.hint("it may be tollgate serve: then all is well"),
        OtlpError::Busy { .. } => failure.hint("nothing is lost: the next push sends it"),
        _ => failure,
    }
}
