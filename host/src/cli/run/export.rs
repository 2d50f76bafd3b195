//! `tollgate run export`: a run for other programs.

use std::process::ExitCode;

use crate::cli::answer_file::AnswerFile;
use crate::cli::args::Global;
use crate::cli::failure::{Code, Failure};
use crate::cli::open::Ground;
use crate::cli::screen::Screen;
use crate::engine::{OriginLines, run_yaml};
use crate::model::RunId;
use crate::query::RunEvents;

use super::args::{ExportArgs, ExportFormat};
use super::document;
use super::record::{OnRecord, failed};

/// Print it, or write it to a file.
pub(super) fn run(args: &ExportArgs, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let record = OnRecord::open(&ground, screen)?;
    let file = args.output.as_deref().map(AnswerFile::open).transpose()?;
    let bytes = match args.format {
        ExportFormat::Json => json(&record, &args.run)?,
        ExportFormat::Jsonl => lines_as_they_stand(&events(&record, &args.run, screen)?),
        ExportFormat::OriginJsonl => origin_lines(&record, &events(&record, &args.run, screen)?)?,
        ExportFormat::Yaml => run_yaml(&record.run(&args.run)?.view).into_bytes(),
    };
    match file {
        Some(file) => file.write_bytes(&bytes)?,
        None => screen.bytes(&bytes),
    }
    Ok(ExitCode::SUCCESS)
}

fn json(record: &OnRecord, run: &RunId) -> Result<Vec<u8>, Failure> {
    let document = document::detail(&record.run(run)?, &record.warnings);
    // Invariant: a `Value` always serialises.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    Ok(text.into_bytes())
}

fn events(record: &OnRecord, run: &RunId, screen: Screen) -> Result<RunEvents, Failure> {
    let events = record.query.events(run).map_err(|error| failed(&error))?;
    if events.records.is_empty() && events.n_missing == 0 {
        return Err(record.unknown(run));
    }
    if events.n_missing > 0 {
        screen.warn(&format!(
            "{} events cannot be read any more and are left out; tollgate journal verify tells why",
            events.n_missing
        ));
    }
    Ok(events)
}

fn lines_as_they_stand(events: &RunEvents) -> Vec<u8> {
    let mut out = Vec::new();
    for record in &events.records {
        out.extend_from_slice(&record.line);
        out.push(b'\n');
    }
    out
}

fn origin_lines(record: &OnRecord, events: &RunEvents) -> Result<Vec<u8>, Failure> {
    let mut lines = OriginLines::new(&record.state_dir);
    let mut out = Vec::new();
    for record in &events.records {
        if let Some(line) = lines.line(&record.event) {
            serde_json::to_writer(&mut out, &line)
                .map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
            out.push(b'\n');
        }
    }
    Ok(out)
}
