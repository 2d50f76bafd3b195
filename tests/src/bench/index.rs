//! The index of a long history: making it, keeping it in step, asking it.

use std::path::Path;
use std::process::Stdio;

use tollgate::engine::{rebuild_index, refresh_index};
use tollgate::journal::Reader;
use tollgate::model::{AgentName, RunId, RunStatus, SystemClock};
use tollgate::query::{GroupBy, Query, RunPage, StatsFilter};

use super::Trouble;
use super::ground::Ground;
use super::history::{History, PER_RUN};
use super::options::Options;
use super::table::{Table, figures, rate, thousands, time};
use super::timing::{Samples, repeated, timed};

const REBUILDS: usize = 3;
const QUESTIONS: usize = 30;
/// Requests that came since the last look.
const NEW_RUNS: u64 = 10;

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let ground = Ground::new(&options.dir)?;
    let state = ground.path("state");
    let mut history = History::begin(&state)?;
    let (written, done) = timed(|| history.append(options.events / PER_RUN));
    done?;
    let (events, read) = read_all(&state)?;
    println!(
        "\n{} events ({} bytes), written in batches at {} events/s; reading and checking them all: \
         {} events/s",
        thousands(events as f64),
        thousands(tollgate::journal::verify(&state)?.n_bytes as f64),
        thousands(rate(events, written)),
        thousands(rate(events, read)),
    );
    let log = rebuild(&state, events)?;
    let (settled, again) = timed(|| refresh_index(&state, &SystemClock));
    if let Some(reason) = again?.rebuilt {
        println!(
            "the next look made the index anew ({reason}): {}",
            time(settled)
        );
    }
    let mut table = Table::new(&["question", "least", "median", "p99", "times"]);
    let mut add = |name: &str, samples: &Samples| {
        let [least, median, p99, times] = figures(samples);
        table.row([name.to_owned(), least, median, p99, times]);
    };
    for (name, group_by) in [
        ("stats, all time", GroupBy::None),
        ("stats by day", GroupBy::Day),
        ("stats by agent", GroupBy::Agent),
        ("stats by run", GroupBy::Run),
    ] {
        add(name, &ask(&state, &log, group_by)?);
    }
    for (name, page) in pages() {
        let mut n_rows = 0;
        let samples = repeated(QUESTIONS, || {
            n_rows = Query::open(&state, Some(&log))?.runs(&page)?.len();
            Ok(())
        })?;
        add(&format!("{name}: {n_rows} rows"), &samples);
    }
    let counts = repeated(QUESTIONS, || {
        Query::open(&state, Some(&log))?.counts()?;
        Ok(())
    })?;
    add("number of runs by status", &counts);
    let last = RunId::new(format!("RUN-20260801-{:03}", options.events / PER_RUN - 1));
    let whole_run = repeated(QUESTIONS, || {
        let query = Query::open(&state, Some(&log))?;
        query.run(&last)?.ok_or("the last run is not there")?;
        if query.events_of(&last)?.len() as u64 != PER_RUN {
            return Err("not all of its events are there".into());
        }
        Ok(())
    })?;
    add("one run with all its events", &whole_run);
    let idle = repeated(QUESTIONS, || refresh(&state).map(drop))?;
    add("catch-up, nothing new", &idle);
    add("catch-up, 70 new events", &catch_up(&state, &mut history)?);
    let arguments = ["stats", "--by", "day", "--since", "2026-08-01"];
    let whole = repeated(QUESTIONS, || {
        let mut command = ground.tollgate(&state, &arguments)?;
        let output = command.stderr(Stdio::piped()).output()?;
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
        }
    })?;
    add("the command `tollgate stats --by day`", &whole);
    table.print();
    Ok(())
}

/// Every record, read and checked as the index does, and dropped.
fn read_all(state: &Path) -> Result<(u64, std::time::Duration), Trouble> {
    let (spent, count) = timed(|| -> Result<u64, Trouble> {
        let mut reader = Reader::open(state)?;
        let mut count = 0;
        while reader.next_record()?.is_some() {
            count += 1;
        }
        Ok(count)
    });
    Ok((count?, spent))
}

fn rebuild(state: &Path, events: u64) -> Result<String, Trouble> {
    let mut log = None;
    for _ in 0..REBUILDS {
        let (spent, indexed) = timed(|| rebuild_index(state, &SystemClock));
        let indexed = indexed?;
        if indexed.n_events != events {
            return Err(format!("{} of {events} events were indexed", indexed.n_events).into());
        }
        println!(
            "rebuild: {}, {} events/s",
            time(spent),
            thousands(rate(events, spent))
        );
        log = indexed.log;
    }
    Ok(log.ok_or("there is no log")?)
}

/// Pages of 50 runs: the last ones, an old one, and with each filter; the last has no hits.
fn pages() -> [(&'static str, RunPage); 6] {
    let newest = RunPage {
        before: None,
        limit: 50,
        status: None,
        agent: None,
        active_only: false,
    };
    let old = RunPage {
        before: Some(PER_RUN * 1_000),
        ..newest.clone()
    };
    let done = RunPage {
        status: Some(RunStatus::Done),
        ..newest.clone()
    };
    let agent = RunPage {
        agent: Some(AgentName::new("agent-7")),
        ..newest.clone()
    };
    let both = RunPage {
        status: Some(RunStatus::Done),
        ..agent.clone()
    };
    let active = RunPage {
        active_only: true,
        ..agent.clone()
    };
    [
        ("a page of runs", newest),
        ("an old page of runs", old),
        ("runs by status", done),
        ("runs by agent", agent),
        ("runs by agent and status", both),
        ("active runs of an agent", active),
    ]
}

fn ask(state: &Path, log: &str, group_by: GroupBy) -> Result<Samples, Trouble> {
    let filter = StatsFilter::default();
    repeated(QUESTIONS, || {
        let report = Query::open(state, Some(log))?.stats(&filter, group_by)?;
        if report.totals.n_invocations == 0 {
            return Err("the index is empty".into());
        }
        Ok(())
    })
}

fn refresh(state: &Path) -> Result<u64, Trouble> {
    let indexed = refresh_index(state, &SystemClock)?;
    match indexed.rebuilt {
        None => Ok(indexed.n_events),
        Some(reason) => Err(format!("the index was rebuilt: {reason}").into()),
    }
}

fn catch_up(state: &Path, history: &mut History<()>) -> Result<Samples, Trouble> {
    let mut samples = Samples::default();
    for _ in 0..QUESTIONS {
        history.append(NEW_RUNS)?;
        let (spent, taken) = timed(|| refresh(state));
        if taken? != NEW_RUNS * PER_RUN {
            return Err("not all new events were taken in".into());
        }
        samples.push(spent);
    }
    Ok(samples)
}
