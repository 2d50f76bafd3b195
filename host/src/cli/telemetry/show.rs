//! `tollgate telemetry show`: whether a collector is told, and how far it has got. Sends nothing.

use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::open::Ground;
use crate::cli::run::record::{OnRecord, failed};
use crate::cli::screen::Screen;

use super::teller::Teller;

/// Say it.
pub(super) fn run(global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    let Some(teller) = Teller::of(&ground, &loaded)? else {
        if screen.json() {
            screen.document(&json!({ "on": false }));
            return Ok(());
        }
        let off = super::off(&ground);
        screen.result(&off.message);
        for hint in &off.hints {
            screen.note(hint);
        }
        return Ok(());
    };
    let record = OnRecord::open(&ground, screen)?;
    let known = record.query.cursor().map_err(|error| failed(&error))?;
    let place = match &known {
        Some(known) => teller.place(&known.log),
        None => Ok(None),
    };
    let place = place.map_err(|error| super::failed::unsent(&error))?;
    let place = place.map_or(0, |place| place.seq);
    let n_behind = known.map_or(0, |known| known.seq.saturating_sub(place));
    if screen.json() {
        screen.document(&document(&teller, place, n_behind));
        return Ok(());
    }
    let otlp = &teller.otlp;
    screen.result(&format!(
        "{} to {}, with the names of {}",
        signals(&teller).join(" and "),
        otlp.endpoint,
        otlp.names.as_str()
    ));
    screen.result(&match (place, n_behind) {
        (0, n) => format!("it was told nothing yet; {n} events are on record"),
        (place, 0) => format!("it has everything up to event {place}, the last one"),
        (place, n) => format!("it has everything up to event {place}; {n} came after it"),
    });
    Ok(())
}

fn signals(teller: &Teller) -> Vec<&'static str> {
    let otlp = &teller.otlp;
    let signals = [(otlp.traces, "traces"), (otlp.metrics, "metrics")];
    let sent = signals.into_iter().filter(|(is_sent, _)| *is_sent);
    sent.map(|(_, name)| name).collect()
}

fn document(teller: &Teller, place: u64, n_behind: u64) -> Value {
    json!({
        "on": true,
        "endpoint": teller.otlp.endpoint,
        "names": teller.otlp.names,
        "signals": signals(teller),
        "up_to_event": place,
        "events_behind": n_behind,
    })
}
