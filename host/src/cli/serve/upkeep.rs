//! What goes on while the server serves: events reach the index and the pages, runs whose
//! supervisor died are recovered, and a change of a task's file is noticed.
//!
//! One thread does it, so that no question has to. Events are shown after the index has them: a page
//! that asks again because of an event gets an answer that knows it.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::house::{House, PAUSE, TRIES};
use crate::cli::failure::{Code, Failure};
use crate::cli::open;
use crate::cli::run::record::failed;
use crate::engine::{EngineError, Tail, refresh_index};
use crate::model::{Clock as _, SystemClock, sentence};
use crate::query::Record;
use crate::web::{LiveEvent, Topic, WebError};

/// How often runs are looked after and the board's files are compared.
const LOOK: Duration = Duration::from_millis(250);

/// How many looks there are between two recoveries.
const RECOVER_EVERY: u32 = 8;

/// Events that are taken at once.
const BATCH: usize = 512;

/// What the upkeep knows of itself, for the page that says whether to believe it.
#[derive(Default)]
pub(super) struct Upkeep {
    durable: AtomicU64,
    lag_ms: AtomicU64,
    problem: Mutex<Option<String>>,
    /// Held while the index is brought up to date: whoever waits for it finds it so.
    indexing: Mutex<()>,
    stopped: AtomicBool,
}

impl Upkeep {
    /// The last event that was read from the record.
    pub(super) fn durable_seq(&self) -> u64 {
        self.durable.load(Ordering::Relaxed)
    }

    /// How long the last events took from being written to being in the index.
    pub(super) fn lag_ms(&self) -> u64 {
        self.lag_ms.load(Ordering::Relaxed)
    }

    /// Why the answers may be out of date.
    pub(super) fn problem(&self) -> Option<String> {
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        problem.clone()
    }

    fn note(&self, problem: Option<String>) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }
}

/// Serve with the upkeep beside it, until interrupted.
pub(super) fn run<F: Future<Output = Result<(), WebError>>>(
    house: &Arc<House>,
    serve: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) -> F,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Code::Io, format!("cannot serve: {error}")))?;
    let beside = Arc::clone(house);
    let upkeep = std::thread::Builder::new()
        .name("upkeep".to_owned())
        .spawn(move || keep_up(&beside))
        .map_err(|error| Failure::new(Code::Io, format!("cannot serve: {error}")))?;
    let served = runtime.block_on(async { serve(Box::pin(interrupted())).await });
    house.upkeep.stopped.store(true, Ordering::Relaxed);
    // It ends at its next look; a panic of it was shown by the hook.
    drop(upkeep.join());
    served.map_err(|error| Failure::new(Code::Io, format!("failed to {}", sentence(&error))))
}

async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else {
        drop(tokio::signal::ctrl_c().await);
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

fn keep_up(house: &House) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(follow(house)),
        Err(error) => house
            .upkeep
            .note(Some(format!("pages are not kept up to date: {error}"))),
    }
}

async fn follow(house: &House) {
    let mut tail = None;
    let mut looks = 0_u32;
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !house.upkeep.stopped.load(Ordering::Relaxed) {
        if tail.is_none() {
            tail = open_tail(house);
        }
        tokio::select! {
            records = next(&mut tail) => match records {
                Ok(Some(records)) => publish(house, &records),
                // Another log: pages begin anew, and so does this.
                Ok(None) => {
                    tail = None;
                }
                Err(error) => {
                    house.upkeep.note(Some(format!("failed to {}", sentence(&error))));
                    tail = None;
                    tokio::time::sleep(LOOK).await;
                }
            },
            _ = look.tick() => {
                look_after(house, looks);
                looks = looks.wrapping_add(1);
            }
        }
    }
}

/// Behind the last event that the index knows: every later one is published.
fn open_tail(house: &House) -> Option<Tail> {
    index(house);
    let state_dir = &house.ground.places.state_dir;
    let opened = house
        .record()
        .and_then(|record| record.query.cursor().map_err(|error| failed(&error)))
        .and_then(|behind| Tail::open(state_dir, behind).map_err(|error| open::engine(&error)));
    match opened {
        Ok(tail) => Some(tail),
        Err(failure) => {
            house.upkeep.note(Some(failure.message));
            None
        }
    }
}

async fn next(tail: &mut Option<Tail>) -> Result<Option<Vec<Record>>, EngineError> {
    match tail {
        Some(tail) => tail.next(BATCH).await,
        None => std::future::pending().await,
    }
}

fn look_after(house: &House, looks: u32) {
    if looks.is_multiple_of(RECOVER_EVERY) {
        recover(house);
    }
    house.desk.reap();
    if house.board.changed() {
        house.hub.board_changed();
    }
}

/// Into the index first, then to the pages.
fn publish(house: &House, records: &[Record]) {
    for _ in 0..TRIES {
        if !index(house) {
            break;
        }
        std::thread::park_timeout(PAUSE);
    }
    if let Some(last) = records.last() {
        house
            .upkeep
            .durable
            .store(last.event.seq, Ordering::Relaxed);
        let lag = super::overview::millis(last.event.at, SystemClock.now());
        house.upkeep.lag_ms.store(lag, Ordering::Relaxed);
    }
    house.hub.publish(records.iter().map(live).collect());
}

/// Bring the index up to date, unless another process is at it: whether one is. What is in the way
/// is shown on the page.
pub(super) fn index(house: &House) -> bool {
    let alone = house.upkeep.indexing.lock();
    let _alone = alone.unwrap_or_else(PoisonError::into_inner);
    let refreshed = refresh_index(&house.ground.places.state_dir, &SystemClock);
    let is_busy = refreshed.as_ref().is_ok_and(|indexed| indexed.busy);
    let problem = refreshed
        .err()
        .map(|error| format!("failed to {}", sentence(&error)));
    house.upkeep.note(problem);
    is_busy
}

fn recover(house: &House) {
    let limits = house.ground.limits();
    if let Err(error) = house.desk.recover(limits.as_ref()) {
        house.upkeep.note(Some(format!(
            "runs that ended may be shown as running still: failed to {}",
            sentence(&error)
        )));
    }
}

/// Events after one that a page knows already.
pub(super) fn events_after(
    house: &House,
    after: u64,
    limit: usize,
) -> Result<Option<Vec<LiveEvent>>, Failure> {
    let record = house.record()?;
    let found = record
        .query
        .events_after(after, limit)
        .map_err(|error| failed(&error))?;
    Ok(found.map(|records| records.iter().map(live).collect()))
}

/// An event as the pages get it: what the record says, without who wrote it.
fn live(record: &Record) -> LiveEvent {
    let event = &record.event;
    let line: Value = serde_json::from_slice(&record.line).unwrap_or_default();
    let kind = event.body.name().to_owned();
    let told = json!({
        "seq": event.seq,
        "at": event.at.to_string(),
        "type": kind,
        "run_id": event.run,
        "invocation": event.invocation,
        "attempt": event.attempt,
        "data": line["data"],
    });
    LiveEvent {
        seq: event.seq,
        topic: topic(&kind),
        kind: kind.into(),
        json: told.to_string().into(),
    }
}

fn topic(kind: &str) -> Topic {
    match kind.split('.').next().unwrap_or_default() {
        "attempt" if kind == "attempt.usage" => Topic::Usage,
        "policy" | "budget" | "breaker" => Topic::Policy,
        "config" => Topic::Config,
        _ => Topic::Runs,
    }
}
