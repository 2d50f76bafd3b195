//! What `exec` costs over running the same tool without it.
//!
//! The tool is the stand-in that plays a recorded stream of Claude Code; compiled code is cached.
//! The same request runs with its record on the device and in memory, where syncs cost nothing, and
//! on three kinds of history: none; one whose newest events are in no snapshot yet, close to the
//! most that is ever read at a start; and one with the most sessions that are ever remembered.

use std::path::{Path, PathBuf};

use super::Trouble;
use super::ground::{Ground, MEMORY, folder};
use super::history::{History, PER_RUN};
use super::options::Options;
use super::table::{Table, figures, time};
use super::timing::{Contestant, Samples, interleaved};

/// One reply, as recorded from Claude Code 2.1.330.
const RECORDING: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/fixtures/cli/claude/ok-streamjson.json"
);

/// Requests since the last snapshot; after 2,000 events there is a new one.
const RECENT: u64 = 1_300 / PER_RUN;
/// Sessions whose totals are remembered.
const REMEMBERED: u64 = 20_000;

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let ground = Ground::new(&options.dir)?;
    let tool = ground.tool(&["--read-stdin", "--play", RECORDING])?;
    let memory = Path::new(MEMORY);
    let memory = memory.is_dir().then(|| folder(memory)).transpose()?;
    let mut states = states("on the device", &ground.path("state"))?;
    if let Some(memory) = &memory {
        states.extend(self::states("in memory", memory.path())?);
    }
    let mut contestants = vec![Contestant {
        name: "the tool alone".to_owned(),
        command: Box::new(|| Ok(ground.bare(&tool))),
    }];
    contestants.extend(states.iter().map(|(name, state)| Contestant {
        name: name.clone(),
        command: Box::new(|| {
            let arguments = ["exec", "--agent", "dev", "Say hello to the team"];
            ground.tollgate(state, &arguments)
        }),
    }));
    let all = interleaved(&contestants, options.rounds)?;
    print(&contestants, &all);
    Ok(())
}

/// Records in `within`, and what they show.
fn states(place: &str, within: &Path) -> Result<Vec<(String, PathBuf)>, Trouble> {
    let [new, recent, old] = ["new", "recent", "old"].map(|name| within.join(name));
    History::begin(&recent)?.append(RECENT)?;
    History::remembering(&old, REMEMBERED)?.append(REMEMBERED)?;
    Ok(vec![
        (format!("exec, record {place}"), new),
        ("  with 1,300 events since the snapshot".to_owned(), recent),
        ("  with 20,000 sessions in the snapshot".to_owned(), old),
    ])
}

fn print(contestants: &[Contestant<'_>], all: &[Samples]) {
    let heading = ["what", "least", "median", "p99", "runs", "over the tool"];
    let mut table = Table::new(&heading);
    for (contestant, samples) in contestants.iter().zip(all) {
        let [least, median, p99, runs] = figures(samples);
        let over = time(samples.median_over(&all[0]));
        table.row([contestant.name.clone(), least, median, p99, runs, over]);
    }
    table.print();
}
