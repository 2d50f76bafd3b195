//! How fast events are acknowledged, alone and together.
//!
//! Every writer is a process of its own that opens the same journal, waits for the word, and then
//! commits one event after the other. Rates are over the time from the word to the last writer's
//! last acknowledgement.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tollgate::journal::{CommitRequest, Durability, Journal, JournalOptions, verify};
use tollgate::model::{AttemptUsage, Cost, Draft, Exactness, SystemClock};

use super::Trouble;
use super::ground::{MEMORY, folder};
use super::history::{actor, usage};
use super::options::Options;
use super::table::{Table, figures, rate, thousands};
use super::timing::{Samples, timed};

/// Who writes what: name, processes, threads of each, events of each thread, class.
const CROWDS: [(&str, usize, usize, u64, &str); 5] = [
    ("1 writer, strict", 1, 1, 400, "strict"),
    ("4 threads, strict", 1, 4, 200, "strict"),
    ("4 processes, strict", 4, 1, 200, "strict"),
    ("1 writer, interval", 1, 1, 5_000, "interval"),
    ("4 processes, interval", 4, 1, 2_000, "interval"),
];

/// Rounds of all crowds on all devices.
const ROUNDS: usize = 3;

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let mut places = vec![("disk", options.dir.as_path())];
    if Path::new(MEMORY).is_dir() {
        places.push(("memory", Path::new(MEMORY)));
    }
    let n_rows = places.len() * CROWDS.len();
    let mut all = vec![(Samples::default(), Duration::ZERO); n_rows];
    for _ in 0..ROUNDS {
        let contests = places
            .iter()
            .flat_map(|place| CROWDS.iter().map(move |crowd| (place.1, crowd)));
        for ((place, crowd), (samples, elapsed)) in contests.zip(&mut all) {
            let (times, spent) = contest(place, crowd)?;
            samples.extend(times);
            *elapsed += spent;
        }
    }
    let heading = [
        "writers", "on", "events/s", "least", "median", "p99", "events",
    ];
    let mut table = Table::new(&heading);
    for (row, (samples, elapsed)) in all.iter().enumerate() {
        let (place, crowd) = (places[row / CROWDS.len()].0, CROWDS[row % CROWDS.len()].0);
        let [least, median, p99, events] = figures(samples);
        let per_second = thousands(rate(samples.len() as u64, *elapsed));
        table.row([
            crowd.to_owned(),
            place.to_owned(),
            per_second,
            least,
            median,
            p99,
            events,
        ]);
    }
    table.print();
    Ok(())
}

/// All writers of one crowd on a new journal; every acknowledgement's time, and the whole.
fn contest(
    place: &Path,
    (_, processes, threads, events, class): &(&str, usize, usize, u64, &str),
) -> Result<(Vec<Duration>, Duration), Trouble> {
    let state = folder(place)?;
    let mut writers = Vec::new();
    for _ in 0..*processes {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--worker", "journal"])
            .arg(state.path())
            .args([*class, &threads.to_string(), &events.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("a pipe is missing")?);
        output.read_line(&mut String::new())?;
        writers.push((child, output));
    }
    let (elapsed, outcome) = timed(|| -> Result<String, Trouble> {
        for (child, _) in &mut writers {
            drop(child.stdin.take());
        }
        let mut times = String::new();
        for (child, output) in &mut writers {
            output.read_to_string(&mut times)?;
            ended_well(child)?;
        }
        Ok(times)
    });
    let micros: Result<Vec<u64>, _> = outcome?.lines().map(str::parse).collect();
    let times: Vec<Duration> = micros?.into_iter().map(Duration::from_nanos).collect();
    let found = verify(state.path())?;
    let wanted = (*processes * *threads) as u64 * events;
    if found.n_events < wanted || times.len() as u64 != wanted {
        return Err(format!("{} of {wanted} events are there", found.n_events).into());
    }
    Ok((times, elapsed))
}

fn ended_well(child: &mut Child) -> Result<(), Trouble> {
    if child.wait()?.success() {
        Ok(())
    } else {
        Err("a writer failed".into())
    }
}

/// One process that writes: `STATE CLASS THREADS EVENTS`. Prints the nanoseconds of each commit.
pub(super) fn work(arguments: &[String]) -> Result<(), Trouble> {
    let [state, class, threads, events] = arguments else {
        return Err("STATE CLASS THREADS EVENTS".into());
    };
    let (threads, events): (usize, u64) = (threads.parse()?, events.parse()?);
    let mut options = JournalOptions::new(state, Arc::new(SystemClock), "bench", "0.0.0");
    options.lock_deadline = Duration::from_secs(60);
    let journal = Journal::<()>::open(options)?;
    println!("ready");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    let all: Vec<Vec<Duration>> = std::thread::scope(|scope| {
        let write = || commits(&journal, class == "strict", events);
        let writers: Vec<_> = (0..threads).map(|_| scope.spawn(write)).collect();
        let join = |writer: std::thread::ScopedJoinHandle<'_, Result<_, String>>| {
            writer
                .join()
                .unwrap_or_else(|_| Err("a thread panicked".to_owned()))
        };
        writers.into_iter().map(join).collect::<Result<_, _>>()
    })?;
    let mut text = String::new();
    for time in all.into_iter().flatten() {
        text.push_str(&format!("{}\n", time.as_nanos()));
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn commits(journal: &Journal<()>, strict: bool, events: u64) -> Result<Vec<Duration>, String> {
    let mut request = CommitRequest::by(actor());
    request.durability = if strict {
        Durability::Strict
    } else {
        Durability::Interval
    };
    let draft = |n| {
        Draft::global(
            AttemptUsage {
                usage: usage(n),
                exactness: Exactness::AtLeast,
                cost: Cost::UNKNOWN,
            }
            .into(),
        )
    };
    (0..events)
        .map(|n| {
            let (time, done) =
                timed(|| journal.commit(&request, |(), _| Ok::<_, String>(vec![draft(n)])));
            done.map(|_| time).map_err(|error| error.to_string())
        })
        .collect()
}
