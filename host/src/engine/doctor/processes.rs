//! What tools leave running after their attempt is over, as far as this record knows of it.
//!
//! Other state directories mark their processes in the same way, so only a marker that this
//! journal holds, of an attempt that is over, says anything.

use std::collections::BTreeMap;
use std::path::Path;

use uuid::Uuid;

use crate::engine::desk::Desk;
use crate::engine::error::EngineError;
use crate::journal::Reader;
use crate::model::{AttemptRef, Body, Event};
use crate::process::{Marked, list_marked};

use super::check::{Area, Check, Remedy, counted, some_of};
use super::examine::not_looked;

const ID: &str = "left-processes";

/// All of them.
pub(super) fn checks(desk: &Desk) -> Vec<Check> {
    let left = match left(desk) {
        Ok(left) => left,
        Err(error) => return vec![not_looked(ID, Area::Processes, &error)],
    };
    if left.is_empty() {
        let message = "none left over from attempts of this record";
        return vec![Check::good(ID, Area::Processes, message)];
    }
    let names: Vec<String> = left
        .iter()
        .map(|(process, name)| format!("{} of {name}", process.pid))
        .collect();
    let message = format!(
        "{} of attempts that are over: {}",
        counted(left.len(), "left-over"),
        some_of(&names)
    );
    let mut markers: Vec<Uuid> = left.iter().map(|(process, _)| process.marker).collect();
    markers.sort_unstable();
    markers.dedup();
    let check = Check::problem(ID, Area::Processes, message);
    vec![check.mended_by(Remedy::Sweep(markers), "ends them")]
}

/// Processes of attempts that are over.
pub(super) fn left(desk: &Desk) -> Result<Vec<(Marked, AttemptRef)>, EngineError> {
    // Before the record is looked at: what starts meanwhile is not among them.
    let marked = list_marked();
    let open: Vec<Uuid> = desk.view(|ledger| {
        let markers = ledger.work().filter_map(|work| work.attempt.marker);
        markers.collect()
    })?;
    let suspects: Vec<Marked> = marked
        .into_iter()
        .filter(|process| !open.contains(&process.marker))
        .collect();
    if suspects.is_empty() {
        return Ok(Vec::new());
    }
    let known = on_record(&desk.state_dir, &suspects)?;
    // What ended by itself meanwhile is not left over.
    let still = list_marked();
    let left = suspects
        .into_iter()
        .filter(|process| still.contains(process));
    Ok(left
        .filter_map(|process| Some((process, known.get(&process.marker)?.clone())))
        .collect())
}

/// The attempts of these markers that this journal knows of. Reads all of it: markers of what is
/// over are remembered nowhere else.
fn on_record(
    state_dir: &Path,
    suspects: &[Marked],
) -> Result<BTreeMap<Uuid, AttemptRef>, EngineError> {
    let mut known = BTreeMap::new();
    let mut reader = Reader::open(state_dir).map_err(EngineError::ReadRecord)?;
    while let Some(record) = reader.next_record().map_err(EngineError::ReadRecord)? {
        let marker = match &record.event.body {
            Body::AttemptQueued(queued) => queued.marker,
            Body::AttemptIntent(intent) => intent.marker,
            _ => continue,
        };
        if suspects.iter().any(|process| process.marker == marker) {
            known.extend(name_of(&record.event).map(|name| (marker, name)));
        }
    }
    Ok(known)
}

fn name_of(event: &Event) -> Option<AttemptRef> {
    Some(AttemptRef {
        run: event.run.clone()?,
        invocation: event.invocation?,
        number: event.attempt.unwrap_or(1),
    })
}
