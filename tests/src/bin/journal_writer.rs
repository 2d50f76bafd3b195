//! A process that appends to a journal and acknowledges each event on standard output, for tests
//! that kill it, stop it, or run many of it.
//!
//! Usage: `journal-writer STATE_DIR MODE SEED COUNT LOCK_MS`. A line `SEQ ID` is printed for each
//! event *after* its commit returned; an error is printed to standard error and ends it with 74.
//! Modes: `strict` and `interval` append COUNT batches of random sizes; `hold` prints `holding`
//! from under the lock and keeps it until standard input ends.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tollgate::journal::{CommitRequest, Durability, Journal, JournalOptions};
use tollgate::model::{Actor, AttemptWarned, Draft, SystemClock, Via};
use tollgate_tests::Lcg;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize| arguments[at].parse::<u64>().expect("a number");
    let (mode, seed, count) = (arguments[2].as_str(), number(3), number(4));
    let mut options = JournalOptions::new(
        arguments[1].as_str(),
        Arc::new(SystemClock),
        "m-test",
        "0.0.0",
    );
    options.segment_bytes = 2 * 1024 * 1024;
    options.snapshot_every = 50;
    options.lock_deadline = Duration::from_millis(number(5));

    let mut random = Lcg::new(seed);
    let outcome = Journal::<()>::open(options)
        .map_err(|error| error.to_string())
        .and_then(|journal| {
            (0..count).try_for_each(|n| append(&journal, mode, &format!("{seed}/{n}"), &mut random))
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(74)
        }
    }
}

fn append(journal: &Journal<()>, mode: &str, tag: &str, random: &mut Lcg) -> Result<(), String> {
    let actor = Actor {
        kind: "user".to_owned(),
        name: format!("pid {}", std::process::id()),
        via: Via::Cli,
    };
    let mut request = CommitRequest::by(actor);
    if mode == "interval" {
        request.durability = Durability::Interval;
    }
    let drafts: Vec<Draft> = (0..1 + random.below(3))
        .map(|i| warning(&format!("{tag}/{i}"), random))
        .collect();
    let committed = journal
        .commit(&request, |(), _| {
            if mode == "hold" {
                println!("holding");
                std::io::stdin()
                    .read_to_end(&mut Vec::new())
                    .expect("stdin");
            }
            Ok::<_, String>(drafts)
        })
        .map_err(|error| error.to_string())?;
    let mut acknowledgement = String::new();
    for event in committed.events {
        acknowledgement.push_str(&format!("{} {}\n", event.seq, event.id));
    }
    std::io::stdout()
        .write_all(acknowledgement.as_bytes())
        .and_then(|()| std::io::stdout().flush())
        .map_err(|error| error.to_string())
}

/// An event whose line has between 400 bytes and 60 KB, small ones as often as large ones.
fn warning(tag: &str, random: &mut Lcg) -> Draft {
    let largest = 400 << random.below(8);
    let size = 100 + usize::try_from(random.below(largest)).expect("small");
    let mut facts = Map::new();
    facts.insert("tag".to_owned(), Value::from(tag));
    facts.insert("padding".to_owned(), Value::from("ä\"x".repeat(size / 4)));
    Draft::global(
        AttemptWarned {
            code: "test".to_owned(),
            facts,
        }
        .into(),
    )
}
