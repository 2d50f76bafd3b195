//! The index: of this journal, whole, and how far it is.

use std::path::Path;

use crate::index::{Doubt, Glance, IndexError, IndexFile, glance, list};
use crate::journal::{VerifyReport, matches};

use super::check::{Area, Check, Remedy, counted};
use super::examine::not_looked;

const ID: &str = "index";

/// All of them; none when the journal cannot be read.
pub(super) fn checks(verified: Option<&VerifyReport>, state_dir: &Path) -> Vec<Check> {
    let Some(report) = verified else {
        return Vec::new();
    };
    let files = match list(state_dir) {
        Ok(files) => files,
        Err(error) => return vec![not_looked(ID, Area::Index, &error)],
    };
    let mut checks = Vec::new();
    match &report.log {
        Some(log) => {
            let own = files
                .iter()
                .find(|file| file.is_current() && file.log == *log);
            match own {
                Some(file) => checks.extend(of(file, report, state_dir)),
                None => checks.push(absent(state_dir)),
            }
        }
        None => checks.push(Check::good(ID, Area::Index, "nothing to index")),
    }
    checks.extend(old(files));
    checks
}

fn absent(state_dir: &Path) -> Check {
    if !state_dir.join("index").exists() {
        let message = "not made yet; the first question makes it";
        return Check::good(ID, Area::Index, message);
    }
    let message = "there is none of this journal; the next question makes it";
    Check::note(ID, Area::Index, message).mended_by(Remedy::RebuildIndex, "makes it now")
}

fn of(file: &IndexFile, report: &VerifyReport, state_dir: &Path) -> Vec<Check> {
    let seen = match glance(state_dir, file) {
        Ok(seen) => seen,
        Err(IndexError::Busy) => {
            let message = "somebody is writing it just now";
            return vec![Check::good(ID, Area::Index, message)];
        }
        Err(error) => return vec![not_looked(ID, Area::Index, &error)],
    };
    let unbelievable = |why: &str| {
        let message = format!("{why}; the next question makes it anew");
        let check = Check::problem(ID, Area::Index, message);
        vec![check.mended_by(Remedy::RebuildIndex, "makes it anew from the journal")]
    };
    let Glance {
        doubt,
        cursor,
        n_illegal,
    } = seen;
    match (doubt, cursor) {
        (Some(Doubt::Corrupt), _) => unbelievable("it is damaged"),
        (Some(Doubt::Changed), _) => unbelievable("somebody else changed its files"),
        (None, Some(cursor)) if matches(state_dir, &cursor) => {
            let last = report.last_seq.unwrap_or_default();
            let behind = usize::try_from(last.saturating_sub(cursor.seq)).unwrap_or(usize::MAX);
            let message = match behind {
                0 => "up to the last event".to_owned(),
                behind => format!(
                    "{} behind; the next question catches up",
                    counted(behind, "event")
                ),
            };
            let mut checks = vec![Check::good(ID, Area::Index, message)];
            checks.extend(illegal(n_illegal));
            checks
        }
        (None, Some(cursor)) if report.last_seq.is_some_and(|last| cursor.seq > last) => {
            // Not mended: it is the only trace of what the journal lost.
            vec![Check::note(
                ID,
                Area::Index,
                "it knows more than the journal; the next question makes it anew",
            )]
        }
        _ => unbelievable("what it was made from is not in the journal any more"),
    }
}

fn illegal(n_illegal: u64) -> Option<Check> {
    let n_events = usize::try_from(n_illegal).unwrap_or(usize::MAX);
    let message = format!(
        "{} on record that cannot have happened where their attempt stood; they change nothing",
        counted(n_events, "event")
    );
    (n_illegal > 0).then(|| {
        Check::note("impossible-events", Area::Index, message)
            .fix("tollgate journal verify shows whether the journal is damaged")
    })
}

fn old(files: Vec<IndexFile>) -> Option<Check> {
    let old: Vec<IndexFile> = files.into_iter().filter(IndexFile::is_old).collect();
    let message = format!("{} of older versions", counted(old.len(), "file"));
    (!old.is_empty()).then(|| {
        Check::note("old-indexes", Area::Index, message).mended_by(
            Remedy::RemoveIndexes(old),
            "removes them; an older program would make its own again",
        )
    })
}
