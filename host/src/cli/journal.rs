//! `tollgate journal` and `tollgate index`: looking after the record.

use std::io::ErrorKind;

use serde_json::json;

use crate::engine::{EngineError, VerifyReport, export_journal, rebuild_index, verify_journal};

use crate::model::SystemClock;

use super::args::{Global, JournalCommand};
use super::failure::{Code, Failure};
use super::open::{self, Ground};
use super::screen::Screen;
use super::stats::thousands;

/// Run one of the journal's commands.
pub(super) fn run(
    command: &JournalCommand,
    global: &Global,
    screen: Screen,
) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    match command {
        JournalCommand::Verify => verify(&ground, screen),
        JournalCommand::Export => {
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            let report = match export_journal(&ground.places.state_dir, &mut out) {
                Ok(report) => report,
                // The reader has seen enough.
                Err(EngineError::WriteOut(error)) if error.kind() == ErrorKind::BrokenPipe => {
                    return Ok(());
                }
                Err(error) => return Err(open::engine(&error)),
            };
            if !report.damage.is_empty() {
                screen.warn(&format!(
                    "{} damaged places were left out; tollgate journal verify describes them",
                    report.damage.len()
                ));
            }
            Ok(())
        }
    }
}

fn verify(ground: &Ground, screen: Screen) -> Result<(), Failure> {
    let report = verify_journal(&ground.places.state_dir).map_err(|error| open::engine(&error))?;
    let damage: Vec<String> = report.damage.iter().map(ToString::to_string).collect();
    let gaps: Vec<String> = report
        .gaps
        .iter()
        .map(|gap| format!("no record of events {} to {}", gap.first, gap.last))
        .collect();
    let is_good = report.is_sound() && report.is_accounted_for();
    let document = json!({
        "sound": report.is_sound(),
        "accounted_for": report.is_accounted_for(),
        "log": report.log,
        "segments": report.n_segments,
        "events": report.n_events,
        "first_seq": report.first_seq,
        "last_seq": report.last_seq,
        "bytes": report.n_bytes,
        "damaged_bytes": report.n_damaged_bytes,
        "damage": damage,
        "gaps": gaps,
    });
    if screen.json() && is_good {
        screen.document(&document);
    } else if !screen.json() {
        describe(&report, screen);
        for line in damage.iter().chain(&gaps) {
            screen.say(&format!("  {}", super::escape::one_line(line, 300)));
        }
    }
    if is_good {
        return Ok(());
    }
    let mut failure = Failure::new(
        Code::Damaged,
        format!(
            "the record is damaged in {} places",
            damage.len() + gaps.len()
        ),
    )
    .hint("everything else is served as before; a bad line never hides a good one");
    failure.details = Some(Box::new(document));
    Err(failure)
}

fn describe(report: &VerifyReport, screen: Screen) {
    screen.result(&format!(
        "{} events in {} segment{}: {} bytes in good lines, {} in damaged ones, {} in all",
        thousands(report.n_events),
        report.n_segments,
        if report.n_segments == 1 { "" } else { "s" },
        thousands(report.n_good_bytes),
        thousands(report.n_damaged_bytes),
        thousands(report.n_bytes),
    ));
}

/// Make the index anew.
pub(super) fn rebuild(global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let report = rebuild_index(&ground.places.state_dir, &SystemClock)
        .map_err(|error| open::engine(&error))?;
    let millis = u64::try_from(report.duration.as_millis()).unwrap_or(u64::MAX);
    if screen.json() {
        let busy = report.busy;
        screen.document(&json!({
            "events": report.n_events, "duration_ms": millis, "busy": busy,
        }));
    } else if report.busy {
        screen.result("nothing was done: another process is writing the index");
    } else {
        screen.result(&format!(
            "indexed {} events in {}",
            thousands(report.n_events),
            super::stats::duration(millis)
        ));
    }
    Ok(())
}
