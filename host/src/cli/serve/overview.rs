//! The first page: what runs, what needs somebody, what it costs, what finished, and whether to
//! believe all this.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil::Date};
use serde_json::{Value, json};

use crate::cli::budget;
use crate::cli::failure::Failure;
use crate::cli::open;
use crate::cli::run::document;
use crate::cli::run::record::{OnRecord, failed};
use crate::cli::screen::Screen;
use crate::engine::log_of;
use crate::model::{AttemptRef, Clock as _, Source, SystemClock};
use crate::query::{ActiveRun, Overview, Totals};

use super::house::House;
use super::needs;

/// Runs of each kind that are looked at; the list has all.
const SHOWN: u32 = 20;

/// Runs that are over that are shown.
const FINISHED: usize = 10;

/// The page.
pub(super) fn overview(house: &House, record: &OnRecord) -> Result<Value, Failure> {
    let now = SystemClock.now();
    let seen = record.query.overview(today(now), SHOWN);
    let seen = seen.map_err(|error| failed(&error))?;
    let finished: Vec<Value> = seen
        .finished
        .iter()
        .take(FINISHED)
        .map(document::run)
        .collect();
    let budgets = budgets(house);
    let cards: Vec<Value> = seen
        .active
        .iter()
        .map(|active| card(house, active, budgets.as_ref().ok(), now))
        .collect();
    let needs = needs::needs((house, record), &seen.finished, &cards, &budgets, now);
    let limits = budgets.ok().map(|mut it| it["limits"].take());
    Ok(json!({
        "as_of_seq": seen.as_of_seq,
        "now": now.to_string(),
        "counts": seen.counts,
        "running": cards,
        "needs": needs,
        "cost": {
            "today": money(&seen.today),
            "month": money(&seen.month),
            "limits": limits.unwrap_or_else(|| json!([])),
        },
        "finished": finished,
        "trust": trust(house, &seen)?,
    }))
}

/// Where the limits stand; a broken configuration must not take the page with it.
fn budgets(house: &House) -> Result<Value, Failure> {
    Screen::captured(|screen| budget::show(&house.global, screen))
}

/// A run at work, with what only this moment tells.
fn card(house: &House, active: &ActiveRun, budgets: Option<&Value>, now: Timestamp) -> Value {
    let run = &active.run;
    let mut card = document::run(run);
    card["elapsed_ms"] = json!(millis(run.started_at, now));
    let at_work = active.at_work.last();
    card["quiet_ms"] = json!(at_work.and_then(|name| quiet(house, name, now)));
    card["attempt_id"] = json!(at_work.map(ToString::to_string));
    let prefix = format!("{}.", run.run);
    let reserved = budgets.and_then(|it| it["reservations"].as_array());
    let cap = reserved.into_iter().flatten().find_map(|it| {
        let mine = it["attempt"]
            .as_str()
            .is_some_and(|name| name.starts_with(&prefix));
        mine.then(|| it["cap_usd_micros"].as_u64()).flatten()
    });
    card["cap_usd_micros"] = json!(cap);
    card
}

/// How long it has been since the tool wrote anything.
fn quiet(house: &House, name: &AttemptRef, now: Timestamp) -> Option<u64> {
    let folder = house.desk.spool.invocation(&name.run, name.invocation);
    let folder = folder.attempt(name.number);
    let written = [Source::Stdout, Source::Stderr]
        .into_iter()
        .filter_map(|source| folder.log_path(source)?.metadata().ok()?.modified().ok())
        .max()?;
    let written = Timestamp::try_from(written).ok()?;
    Some(millis(written, now))
}

pub(super) fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}

pub(super) fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

/// A sum of money; what nobody told is counted apart and is not zero.
pub(super) fn money(totals: &Totals) -> Value {
    let nothing_ran = totals.n_attempts == 0;
    let known = totals.has_cost() || nothing_ran;
    json!({
        "usd_micros": known.then_some(totals.cost_uusd),
        "at_least": totals.cost_is_at_least(),
        "unknown": totals.n_unknown_cost,
    })
}

fn trust(house: &House, seen: &Overview) -> Result<Value, Failure> {
    let state_dir = &house.ground.places.state_dir;
    let log = log_of(state_dir).map_err(|error| open::engine(&error))?;
    let index_seq = seen.as_of_seq.unwrap_or(0);
    let durable = house.upkeep.durable_seq().max(index_seq);
    let active = house.desk.view(|ledger| {
        let work = ledger.work();
        work.filter(|work| work.attempt.state.holds_slot()).count()
    });
    Ok(json!({
        "log": log,
        "durable_seq": durable,
        "index_seq": index_seq,
        "events_behind": durable - index_seq,
        "index_lag_ms": house.upkeep.lag_ms(),
        "index_problem": house.upkeep.problem(),
        "illegal_events": seen.n_illegal,
        "missing_events": seen.n_missing,
        "active_attempts": active.map_err(|error| open::engine(&error))?,
        "version": env!("CARGO_PKG_VERSION"),
        "state_dir": house.ground.environment.display(state_dir),
    }))
}
