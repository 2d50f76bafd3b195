//! `tollgate run export`: a run for other programs.

use std::process::ExitCode;

use crate::cli::answer_file::AnswerFile;
use crate::cli::args::Global;
use crate::cli::failure::{Code, Failure};
use crate::cli::open::Ground;
use crate::cli::screen::Screen;
use crate::cli::telemetry::{providers, source};
use crate::engine::tell::{is_end, run_request, run_span};
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
    let bytes = bytes(&ground, &record, (&args.run, args.format), screen)?;
    match file {
        Some(file) => file.write_bytes(&bytes)?,
        None => screen.bytes(&bytes),
    }
    Ok(ExitCode::SUCCESS)
}

/// The run in another form.
pub(in crate::cli) fn bytes(
    ground: &Ground,
    record: &OnRecord,
    (run, format): (&RunId, ExportFormat),
    screen: Screen,
) -> Result<Vec<u8>, Failure> {
    match format {
        ExportFormat::Json => json(record, run),
        ExportFormat::Jsonl => Ok(lines_as_they_stand(&events(record, run, screen)?)),
        ExportFormat::OriginJsonl => origin_lines(record, &events(record, run, screen)?),
        ExportFormat::Yaml => Ok(run_yaml(&record.run(run)?.view).into_bytes()),
        ExportFormat::Otlp => traces(ground, record, run, screen),
    }
}

/// The traces of what has ended, as a collector gets them. Nothing is sent, so no collector has to
/// be configured.
fn traces(
    ground: &Ground,
    record: &OnRecord,
    run: &RunId,
    screen: Screen,
) -> Result<Vec<u8>, Failure> {
    let events = events(record, run, screen)?;
    let known = record.query.cursor().map_err(|error| failed(&error))?;
    let settings = ground.usable_settings().unwrap_or_default();
    let providers = providers(&settings);
    let names = settings.telemetry.otlp.map(|otlp| otlp.names);
    let events = events.records.iter().map(|record| &record.event);
    if !events.clone().any(is_end) {
        screen.warn("nothing of it has ended yet, and only what has ended is a span");
    }
    let told = run_span(run, events, &|model| providers.get(model).cloned());
    let source = source(&known.map_or_else(String::new, |known| known.log));
    let request = run_request(&source, names.unwrap_or_default(), &told);
    // On one line: a file of such lines is what a collector reads.
    Ok(format!("{request}\n").into_bytes())
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
