//! The log as one stream for other programs.

use std::io::Write;
use std::path::Path;

use super::damage::Damage;
use super::error::JournalError;
use super::read::Reader;

/// How to write the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// The good lines byte for byte, with whatever this version does not know in them.
    Jsonl,
    /// The envelope's columns for a spreadsheet; `data` as JSON text in the last one.
    Csv,
}

/// What an export left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Events written.
    pub n_events: u64,
    /// Pieces of the log that are not events.
    pub damage: Vec<Damage>,
}

/// Write all good records of the log to `out`, in order.
///
/// # Errors
/// When the log cannot be read or `out` cannot be written.
pub fn export(
    state_dir: &Path,
    mut out: impl Write,
    format: ExportFormat,
) -> Result<ExportReport, JournalError> {
    let failed = |source| JournalError::Export { source };
    let mut reader = Reader::open(state_dir)?;
    let mut report = ExportReport::default();
    match format {
        ExportFormat::Jsonl => {
            while let Some(record) = reader.next_record()? {
                report.n_events += 1;
                out.write_all(&record.line).map_err(failed)?;
                out.write_all(b"\n").map_err(failed)?;
            }
            out.flush().map_err(failed)?;
        }
        ExportFormat::Csv => {
            let failed_csv = |error: csv::Error| failed(error.into());
            let mut rows = csv::Writer::from_writer(out);
            rows.write_record(COLUMNS).map_err(failed_csv)?;
            while let Some(record) = reader.next_record()? {
                report.n_events += 1;
                let event = &record.event;
                let body = &event.body;
                let data = body.to_data().map_err(|source| JournalError::Encode {
                    what: body.name().to_owned(),
                    source,
                })?;
                rows.write_record([
                    event.seq.to_string(),
                    event.at.to_string(),
                    body.name().to_owned(),
                    event
                        .run
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default(),
                    event.invocation.map(|n| n.to_string()).unwrap_or_default(),
                    event.attempt.map(|n| n.to_string()).unwrap_or_default(),
                    event.actor.name.clone(),
                    event.id.to_string(),
                    data.to_string(),
                ])
                .map_err(failed_csv)?;
            }
            rows.flush().map_err(failed)?;
        }
    }
    report.damage = reader.damage().to_vec();
    Ok(report)
}

const COLUMNS: [&str; 9] = [
    "seq", "ts", "type", "run_id", "inv", "att", "actor", "id", "data",
];
