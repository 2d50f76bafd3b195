//! Looking after the record: checking it and copying it out.
//!
//! Reads only.

use std::io::Write;
use std::path::Path;

use crate::journal::{self, ExportFormat, ExportReport, JournalError, VerifyReport};

use super::error::EngineError;

/// Read every line of the journal and account for every byte.
///
/// # Errors
/// When it cannot be read, or a newer program wrote it.
pub fn verify_journal(state_dir: &Path) -> Result<VerifyReport, EngineError> {
    journal::verify(state_dir).map_err(EngineError::ReadRecord)
}

/// Write every good record to `out` as it stands.
///
/// # Errors
/// When the journal cannot be read, or `out` not written.
pub fn export_journal(state_dir: &Path, out: impl Write) -> Result<ExportReport, EngineError> {
    journal::export(state_dir, out, ExportFormat::Jsonl).map_err(|error| match error {
        JournalError::Export { source } => EngineError::WriteOut(source),
        error => EngineError::ReadRecord(error),
    })
}
