//! Measurements of what people wait for, each beside what it is compared with.
//!
//! Run as `cargo run --release -p tollgate-tests --bin bench [-- NAME...] [--rounds N] [--dir DIR]
//! [--events N] [--decisions N]`. What is compared runs in one process, in interleaved rounds that begin with
//! another contestant each time, so that a busy moment of the machine hits all of them. The facts
//! of the machine are printed first, its load with every table. Everything is real: the program as
//! its users start it, the device as it syncs.
//!
//! Never a test: nothing here fails because something was slow. Never writes outside a temporary
//! folder, which lives beside the programs that are measured unless `--dir` says otherwise.

mod admission;
mod board;
mod components;
mod decisions;
mod exec;
mod ground;
mod history;
mod index;
mod journal;
mod live;
mod machine;
mod options;
mod policies;
mod serve;
mod settings;
mod simulate;
mod startup;
mod stream;
mod table;
mod timing;

use std::error::Error;
use std::process::ExitCode;

use options::Options;

/// What goes wrong in a measurement; shown, and the end of it.
type Trouble = Box<dyn Error>;

/// One measurement.
struct Bench {
    name: &'static str,
    about: &'static str,
    run: fn(&Options) -> Result<(), Trouble>,
}

/// In the order in which they run when none is named.
const BENCHES: [Bench; 13] = [
    Bench {
        name: "startup",
        about: "version and --help beside true",
        run: startup::run,
    },
    Bench {
        name: "exec",
        about: "exec beside the tool it runs, on disk and in memory",
        run: exec::run,
    },
    Bench {
        name: "components",
        about: "compiling, loading, and starting each built-in adapter",
        run: components::run,
    },
    Bench {
        name: "policies",
        about: "a verdict of a fresh instance of each built-in policy, of --policy FILE, and of them all",
        run: policies::run,
    },
    Bench {
        name: "stream",
        about: "throughput of an adapter, and its memory over a long stream",
        run: stream::run,
    },
    Bench {
        name: "journal",
        about: "acknowledged appends by one and by many",
        run: journal::run,
    },
    Bench {
        name: "index",
        about: "rebuild, catch-up, and statistics of a long history",
        run: index::run,
    },
    Bench {
        name: "admission",
        about: "requests taken on under a hard limit, by one process and by eight at once",
        run: admission::run,
    },
    Bench {
        name: "live",
        about: "questions on one connection, new events as they arrive, and what waiting costs",
        run: live::run,
    },
    Bench {
        name: "serve",
        about: "the dashboard's server on a long record: questions, live pages, memory",
        run: serve::run,
    },
    Bench {
        name: "board",
        about: "reading and changing 25 specifications and 250 task files of mixed quality",
        run: board::run,
    },
    Bench {
        name: "settings",
        about: "reading a configuration of 100 agents",
        run: settings::run,
    },
    Bench {
        name: "simulate",
        about: "judging recorded decisions again",
        run: simulate::run,
    },
];

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((first, rest)) if first == "--worker" => work(rest),
        _ => measure(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("bench: {trouble}");
            ExitCode::FAILURE
        }
    }
}

/// A part that needs a process of its own.
fn work(arguments: &[String]) -> Result<(), Trouble> {
    match arguments {
        [kind, rest @ ..] if kind == "journal" => journal::work(rest),
        [kind, rest @ ..] if kind == "stream" => stream::work(rest),
        _ => Err("there is no such worker".into()),
    }
}

fn measure(arguments: &[String]) -> Result<(), Trouble> {
    let options = Options::parse(arguments)?;
    let wanted = |bench: &&Bench| options.names.is_empty() || options.names.contains(bench.name);
    if let Some(unknown) = options
        .names
        .iter()
        .find(|name| BENCHES.iter().all(|bench| bench.name != **name))
    {
        let known = BENCHES.map(|bench| format!("{}: {}", bench.name, bench.about));
        return Err(format!("there is no '{unknown}'; known:\n  {}", known.join("\n  ")).into());
    }
    ground::build_programs()?;
    machine::print(&options.dir)?;
    for bench in BENCHES.iter().filter(wanted) {
        println!("\n## {}: {}", bench.name, bench.about);
        println!("load before: {}", machine::load());
        (bench.run)(&options)?;
        println!("load after: {}", machine::load());
    }
    Ok(())
}
