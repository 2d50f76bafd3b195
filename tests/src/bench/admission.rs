//! How fast requests are taken on under a hard limit, by one process at a time and by eight at once.
//!
//! Every request is a command of its own, as its users start it: settings, the chain of policies, the
//! reservation, and the durable batch. `run submit` only takes on, since one attempt holds the only
//! slot; `exec` goes on until the stand-in has answered. What was set aside is held against the limit
//! afterwards: a figure is worth nothing if the limit did not hold.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::Trouble;
use super::ground::Ground;
use super::options::Options;
use super::table::{Table, figures, rate};
use super::timing::{Samples, timed};
use crate::occupants;

/// One reply, as recorded from Claude Code.
const RECORDING: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/cli/claude/ok-streamjson.json"
);

/// Requests of each contest, over all its processes.
const REQUESTS: usize = 160;

/// What is compared: the command, how many processes at once, and how many attempts may run.
const CONTESTS: [(&str, usize, u32); 4] = [
    ("run submit", 1, 1),
    ("run submit", 8, 1),
    ("exec", 1, 8),
    ("exec", 8, 8),
];

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let mut table = Table::new(&[
        "command",
        "processes",
        "per second",
        "least",
        "median",
        "p99",
        "requests",
    ]);
    for (command, processes, slots) in CONTESTS {
        let (samples, elapsed) = contest(options, command, processes, slots)?;
        let [least, median, p99, times] = figures(&samples);
        let per_second = rate(REQUESTS as u64, elapsed);
        table.row([
            command.to_owned(),
            processes.to_string(),
            format!("{per_second:.0}"),
            least,
            median,
            p99,
            times,
        ]);
    }
    table.print();
    Ok(())
}

fn contest(
    options: &Options,
    command: &str,
    processes: usize,
    slots: u32,
) -> Result<(Samples, Duration), Trouble> {
    let ground = Ground::new(&options.dir)?;
    fs::write(ground.path("config/policies.yaml"), policies(slots))?;
    let state = ground.path("state");
    let submits = command == "run submit";
    if submits {
        // It holds the only slot for as long as is measured.
        ground.tool(&["--read-stdin", "--hang"])?;
    } else {
        ground.tool(&["--read-stdin", "--play", RECORDING])?;
    }
    let mut words: Vec<&str> = command.split(' ').collect();
    words.extend(["--agent", "dev", "Say hello to the team"]);
    // The first one makes the record and fills the cache, and does not count.
    one(&ground, &state, &words)?;
    let each = REQUESTS / processes;
    let (elapsed, samples) = timed(|| {
        thread::scope(|scope| {
            let work = || {
                let times = (0..each).map(|_| {
                    let (time, done) = timed(|| one(&ground, &state, &words));
                    done.map(|()| time).map_err(|error| error.to_string())
                });
                times.collect::<Result<Vec<Duration>, String>>()
            };
            let workers: Vec<_> = (0..processes).map(|_| scope.spawn(work)).collect();
            let join = |worker: thread::ScopedJoinHandle<'_, Result<_, String>>| {
                worker
                    .join()
                    .unwrap_or_else(|_| Err("a thread panicked".to_owned()))
            };
            workers.into_iter().map(join).collect::<Result<Vec<_>, _>>()
        })
    });
    let samples: Samples = samples?.into_iter().flatten().collect();
    holds(&ground, &state)?;
    if submits {
        occupants::evict(&ground.path(""));
    }
    Ok((samples, elapsed))
}

fn policies(slots: u32) -> String {
    format!(
        "policies:\n  default: {{ daily_budget_usd: 1000.0, limit: {{ type: hard }} }}\n\
         concurrency: {{ max_running: {slots} }}\n"
    )
}

fn one(ground: &Ground, state: &Path, words: &[&str]) -> Result<(), Trouble> {
    let mut command = ground.tollgate(state, words)?;
    let output = command.stderr(Stdio::piped()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{} failed: {said}", words.join(" ")).into())
}

/// All were taken on, and the limit stands where they left it.
fn holds(ground: &Ground, state: &Path) -> Result<(), Trouble> {
    let mut command = ground.tollgate(state, &["budget", "show", "--json"])?;
    let output = command.stdout(Stdio::piped()).output()?;
    let document: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let limit = &document["limits"][0];
    let amount = |name: &str| limit[name].as_u64().unwrap_or(u64::MAX);
    let taken = amount("settled").saturating_add(amount("reserved"));
    if taken == 0 || taken > amount("cap") {
        return Err(format!("the limit did not hold: {limit}").into());
    }
    Ok(())
}
