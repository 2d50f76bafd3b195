//! `tollgate breaker`: what is kept from use for a while because it failed, and using it again.
//!
//! Needs no configuration: a broken one must not keep anybody from looking or from resetting.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::engine::{Breaker, BreakerState, breakers};
use crate::model::{Clock as _, SystemClock};

use super::args::{BreakerCommand, Global};
use super::escape::one_line;
use super::failure::Failure;
use super::open::{self, Ground};
use super::run::words;
use super::screen::Screen;
use super::table::Table;

/// Do what was asked.
pub(super) fn run(
    command: &BreakerCommand,
    global: &Global,
    screen: Screen,
) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    match command {
        BreakerCommand::List => list(&ground, screen),
        BreakerCommand::Reset { key } => reset(key, &ground, screen),
    }
}

fn list(ground: &Ground, screen: Screen) -> Result<(), Failure> {
    let state_dir = &ground.places.state_dir;
    let all = breakers(state_dir, Arc::new(SystemClock), ground.actor());
    let all = all.map_err(|error| open::engine(&error))?;
    let now = SystemClock.now();
    if screen.json() {
        let breakers: Vec<Value> = all.iter().map(|it| document(it, now)).collect();
        screen.document(&json!({ "breakers": breakers }));
        return Ok(());
    }
    if all.is_empty() {
        screen.result("nothing is kept from use");
        return Ok(());
    }
    let mut table = Table::new(["Key", "Kind", "State", "Because", "In a row", "Since"]);
    for it in &all {
        table.row([
            it.key.clone(),
            it.scope.as_str().to_owned(),
            state(it, now),
            it.code.as_str().to_owned(),
            it.failures.to_string(),
            since(it).map_or_else(|| "-".to_owned(), |at| words::ago(at, now)),
        ]);
    }
    screen.result(&table.to_string());
    screen.note("tollgate breaker reset KEY uses one of them again at once");
    Ok(())
}

fn reset(key: &str, ground: &Ground, screen: Screen) -> Result<(), Failure> {
    let desk = ground.desk()?;
    let reset = desk.reset_breaker(key);
    let reset = reset.map_err(|error| open::engine(&error))?;
    if screen.json() {
        let now = SystemClock.now();
        let reset: Vec<Value> = reset.iter().map(|it| document(it, now)).collect();
        screen.document(&json!({ "reset": reset }));
        return Ok(());
    }
    for it in &reset {
        let key = one_line(&it.key, 100);
        screen.result(&format!("{} {key} is used again", it.scope.as_str()));
    }
    Ok(())
}

/// Where it stands, for people.
fn state(breaker: &Breaker, now: Timestamp) -> String {
    match breaker.state(now) {
        BreakerState::Open { until: Some(until) } => format!("until {}", words::moment(until)),
        BreakerState::Open { until: None } => "until it is reset".to_owned(),
        BreakerState::HalfOpen => "the next request tries it".to_owned(),
    }
}

fn since(breaker: &Breaker) -> Option<Timestamp> {
    Timestamp::from_millisecond(breaker.opened_ms).ok()
}

fn document(breaker: &Breaker, now: Timestamp) -> Value {
    let (state, until) = match breaker.state(now) {
        BreakerState::Open { until } => ("open", until),
        BreakerState::HalfOpen => ("half_open", None),
    };
    json!({
        "key": breaker.key,
        "scope": breaker.scope,
        "state": state,
        "until": until.map(|at| at.to_string()),
        "code": breaker.code,
        "failures": breaker.failures,
        "opened_at": since(breaker).map(|at| at.to_string()),
    })
}
