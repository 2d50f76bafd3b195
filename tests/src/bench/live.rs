//! What a live view waits for, what it keeps in memory, and what it costs while nothing happens.

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tollgate::engine::{Tail, look_on, within};
use tollgate::model::{Cursor, RunId};
use tollgate::query::{Query, RunMarks, RunsAsked};

use super::Trouble;
use super::ground::Ground;
use super::history::{History, PER_RUN};
use super::options::Options;
use super::table::{Table, figures, thousands, time};
use super::timing::{Samples, repeated};

/// Appends whose arrival is timed.
const APPENDS: usize = 300;
/// Time between two of them.
const APART: Duration = Duration::from_millis(20);
const QUESTIONS: usize = 200;
/// How long nothing happens.
const QUIET: Duration = Duration::from_secs(10);

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let ground = Ground::new(&options.dir)?;
    let state = ground.path("state");
    let mut history = History::begin(&state)?;
    history.append(options.events / PER_RUN)?;
    // By a program of its own, so that what this one keeps in memory is not that of making it.
    let made = ground
        .tollgate(&state, ["index", "rebuild"].as_slice())?
        .output()?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
    }
    let log = tollgate::engine::log_of(&state)?.ok_or("there is no log")?;
    let query = Query::open(&state, Some(&log))?;
    let behind = query.cursor()?.ok_or("the index is empty")?;
    let before = memory()?;
    let n_events = behind.seq;
    println!("\n{} events on record", thousands(n_events as f64));
    questions(&query, n_events)?;
    let (arrivals, quiet) = follow(&state, behind, history)?;
    let [least, median, p99, times] = figures(&arrivals);
    println!(
        "from the beginning of an append to its arrival: least {least}, median {median}, p99 {p99} \
         ({times} times)"
    );
    println!(
        "processor time while nothing happened for {} s: {}",
        QUIET.as_secs(),
        time(quiet)
    );
    println!(
        "memory of this process: {} KiB before the questions, {} KiB after",
        thousands(before as f64),
        thousands(memory()? as f64)
    );
    Ok(())
}

/// What one connection that stays open answers.
fn questions(query: &Query, n_events: u64) -> Result<(), Trouble> {
    let page = |marks: RunMarks| RunsAsked {
        limit: 50,
        marks,
        ..RunsAsked::default()
    };
    let text = |text: &str| RunMarks {
        text: Some(text.to_owned()),
        ..RunMarks::default()
    };
    let today = "2026-08-01".parse()?;
    let middle = RunId::new(format!("RUN-20260801-{:03}", n_events / PER_RUN / 2));
    let mut table = Table::new(&["question", "least", "median", "p99", "times"]);
    let mut add = |name: &str, ask: &dyn Fn() -> Result<(), Trouble>| -> Result<(), Trouble> {
        let [least, median, p99, times] = figures(&repeated(QUESTIONS, ask)?);
        table.row([name.to_owned(), least, median, p99, times]);
        Ok(())
    };
    for (name, marks) in [
        ("the 50 newest runs", RunMarks::default()),
        ("runs with a word that none has", text("no such word")),
        ("runs with the oldest run's name", text("20260801-000")),
    ] {
        let asked = page(marks);
        add(name, &|| query.runs(&asked).map(drop).map_err(Into::into))?;
    }
    add("overview", &|| {
        query.overview(today, 10).map(drop).map_err(Into::into)
    })?;
    add("a run in the middle", &|| {
        query.run(&middle).map(drop).map_err(Into::into)
    })?;
    add("100 events behind one in the middle", &|| {
        let events = query.events_after(n_events / 2, 100)?;
        events.map(drop).ok_or_else(|| "the event is gone".into())
    })?;
    add("what plugins did (looks at all attempts)", &|| {
        query.plugin_counts().map(drop).map_err(Into::into)
    })?;
    table.print();
    Ok(())
}

/// Times of arrival, and the processor time of a quiet while.
fn follow(
    state: &Path,
    behind: Cursor,
    mut history: History<()>,
) -> Result<(Samples, Duration), Trouble> {
    let (begun_tx, begun_rx) = mpsc::channel();
    let writer = std::thread::spawn(move || {
        for _ in 0..APPENDS {
            std::thread::sleep(APART);
            let begun = Instant::now();
            let appended = history.append(1).map_err(|error| error.to_string());
            if begun_tx.send(appended.map(|()| begun)).is_err() {
                return;
            }
        }
    });
    let followed = look_on(async {
        let mut tail = Tail::open(state, Some(behind))?;
        let mut arrived = Vec::new();
        while arrived.len() < APPENDS {
            let records = tail.next(1_000).await?.unwrap_or_default();
            let now = Instant::now();
            // The first event of each says that it came.
            let begins = records
                .iter()
                .filter(|it| it.event.body.name() == "run.submitted");
            arrived.extend(begins.map(|_| now));
        }
        let before = processor_time();
        within(QUIET, async { tail.next(1).await.map(drop) }).await?;
        Ok((arrived, processor_time().saturating_sub(before)))
    });
    let (arrived, quiet) = followed?;
    writer.join().map_err(|_| "the writer panicked")?;
    let mut samples = Samples::default();
    for (arrived, begun) in arrived.into_iter().zip(begun_rx) {
        samples.push(arrived.saturating_duration_since(begun?));
    }
    Ok((samples, quiet))
}

/// Processor time of this thread so far.
fn processor_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split(' ').next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// What this process keeps in memory now, in KiB.
fn memory() -> Result<u64, Trouble> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("there is no VmRSS")?.parse()?)
}
