//! The record: every byte accounted for, and still the one that the index knows.

use std::path::Path;

use crate::engine::error::EngineError;
use crate::index::{glance, list};
use crate::journal::{VerifyReport, matches};

use super::check::{Area, Check, counted, some_of};
use super::examine::not_looked;

/// All of them.
pub(super) fn checks(verified: &Result<VerifyReport, EngineError>, state_dir: &Path) -> Vec<Check> {
    match verified {
        Ok(report) => {
            let mut checks = vec![content(report)];
            checks.extend(missing(report, state_dir));
            checks
        }
        Err(error) => vec![
            not_looked("journal", Area::Journal, error)
                .fix("tollgate journal verify says more; nothing is recorded meanwhile"),
        ],
    }
}

fn content(report: &VerifyReport) -> Check {
    const ID: &str = "journal";
    let n_events = usize::try_from(report.n_events).unwrap_or(usize::MAX);
    let n_segments = usize::try_from(report.n_segments).unwrap_or(usize::MAX);
    let all = format!(
        "{} in {}",
        counted(n_events, "event"),
        counted(n_segments, "segment")
    );
    if !report.is_sound() || !report.is_accounted_for() {
        let gaps = report.gaps.iter();
        let gaps = gaps.map(|gap| format!("no record of events {} to {}", gap.first, gap.last));
        let pieces: Vec<String> = report
            .damage
            .iter()
            .map(ToString::to_string)
            .chain(gaps)
            .collect();
        let message = format!("{all}; damaged: {}", some_of(&pieces));
        // Not mended: no program can bring an event back, and what is left of it is evidence.
        return Check::problem(ID, Area::Journal, message).fix(
            "every good line is served as before; put the segment back from a copy if there is one",
        );
    }
    if report.n_damaged > 0 {
        let n_pieces = usize::try_from(report.n_damaged).unwrap_or(usize::MAX);
        let message = format!(
            "{all}; {} that a killed writer left unfinished: nobody was told that they were written",
            counted(n_pieces, "piece")
        );
        return Check::note(ID, Area::Journal, message);
    }
    if report.n_events == 0 {
        return Check::good(ID, Area::Journal, "nothing was ever recorded");
    }
    Check::good(ID, Area::Journal, format!("{all}, all in order"))
}

/// The index may remember a journal, or an end of it, that is not there any more.
fn missing(report: &VerifyReport, state_dir: &Path) -> Vec<Check> {
    const BACK: &str = "put the files of log/ back from a copy; the index cannot replace them";
    let mut checks = Vec::new();
    for file in list(state_dir).unwrap_or_default() {
        if !file.is_current() {
            continue;
        }
        let glance = glance(state_dir, &file).ok();
        let Some(cursor) = glance.and_then(|glance| glance.cursor) else {
            continue;
        };
        let known = cursor.seq;
        match (&report.log, report.last_seq) {
            (Some(log), Some(last)) if *log == file.log => {
                // Somebody may have gone on since the journal was read.
                if known > last && !matches(state_dir, &cursor) {
                    let message = format!(
                        "it ends with event {last}, yet the index knows event {known}: what came \
                         after is gone"
                    );
                    let check = Check::problem("journal-cut", Area::Journal, message);
                    checks.push(check.fix(BACK));
                }
            }
            (None, _) => {
                let message = format!(
                    "it is gone: the index knows {known} events of journal {}",
                    file.log
                );
                let check = Check::problem("journal-gone", Area::Journal, message);
                checks.push(check.fix(format!(
                    "{BACK}; to begin anew, move the whole state directory away"
                )));
            }
            _ => {
                let message = format!(
                    "another journal ({}, {known} events) was here before this one",
                    file.log
                );
                checks.push(
                    Check::note("journal-replaced", Area::Journal, message).fix(format!(
                        "put it back from a copy, or remove {}",
                        file.path.display()
                    )),
                );
            }
        }
    }
    checks
}
