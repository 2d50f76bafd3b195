//! The index of a long history: making it, keeping it in step, asking it.

use std::path::Path;
use std::process::Stdio;

use tollgate::engine::{Ledger, rebuild_index, refresh_index};
use tollgate::journal::Reader;
use tollgate::model::{AgentName, ModelName, RunStatus, SystemClock, TaskId, ToolName};
use tollgate::query::{GroupBy, Query, RunMarks, RunRow, RunsAsked, StatsFilter};

use super::Trouble;
use super::ground::Ground;
use super::history::{History, PER_RUN};
use super::options::Options;
use super::table::{Table, figures, rate, thousands, time};
use super::timing::{Samples, repeated, timed};

/// Requests between two snapshots; what is newer is read again by every command.
const SNAPSHOT: u64 = 36;
const REBUILDS: usize = 3;
const QUESTIONS: usize = 30;
/// Requests that came since the last look.
const NEW_RUNS: u64 = 10;

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let ground = Ground::new(&options.dir)?;
    let state = ground.path("state");
    let mut history = History::remembering(&state, SNAPSHOT)?;
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
        ("stats by run (scans all)", GroupBy::Run),
    ] {
        add(name, &ask(&state, &log, group_by)?);
    }
    let idle = repeated(QUESTIONS, || refresh(&state).map(drop))?;
    add("catch-up, nothing new", &idle);
    add("catch-up, 70 new events", &catch_up(&state, &mut history)?);
    for (name, asked) in lists() {
        add(name, &repeated(QUESTIONS, || list(&state, &log, &asked))?);
    }
    let last = list_of(
        &state,
        &log,
        &RunsAsked {
            limit: 1,
            ..newest()
        },
    )?;
    let last = last.first().ok_or("there is no run")?.run.clone();
    add(
        "a run with everything in it",
        &repeated(QUESTIONS, || {
            let detail = Query::open(&state, Some(&log))?.run(&last)?;
            detail.map(drop).ok_or_else(|| "the run is gone".into())
        })?,
    );
    for (name, arguments) in [
        (
            "the command `tollgate stats --by day`",
            ["stats", "--by", "day", "--since", "2026-08-01"].as_slice(),
        ),
        ("the command `tollgate run list`", &["run", "list"]),
        (
            "the command `tollgate run show`",
            &["run", "show", last.as_str()],
        ),
    ] {
        let whole = repeated(QUESTIONS, || {
            let mut command = ground.tollgate(&state, arguments)?;
            let output = command.stderr(Stdio::piped()).output()?;
            if output.status.success() {
                Ok(())
            } else {
                Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
            }
        })?;
        add(name, &whole);
    }
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

fn newest() -> RunsAsked {
    RunsAsked {
        limit: 20,
        ..RunsAsked::default()
    }
}

fn with(marks: RunMarks) -> RunsAsked {
    RunsAsked { marks, ..newest() }
}

fn lists() -> Vec<(&'static str, RunsAsked)> {
    let none = RunMarks::default;
    // Those of which there is none are found out by looking at all that there are.
    let status = Some(RunStatus::Failed);
    let agent = Some(AgentName::new("agent-7"));
    let tool = Some(ToolName::new("codex"));
    let model = Some(ModelName::new("gpt-6.1-sol"));
    let text = |text: &str| Some(text.to_owned());
    vec![
        ("the 20 newest runs", newest()),
        (
            "of an agent",
            with(RunMarks {
                agent: agent.clone(),
                ..none()
            }),
        ),
        (
            "of a tool",
            with(RunMarks {
                tool: tool.clone(),
                ..none()
            }),
        ),
        ("that failed (none)", with(RunMarks { status, ..none() })),
        (
            "of an agent, a tool, and a model",
            with(RunMarks {
                agent: agent.clone(),
                tool,
                model,
                ..none()
            }),
        ),
        (
            "of an agent that failed (none)",
            with(RunMarks {
                agent: agent.clone(),
                status,
                ..none()
            }),
        ),
        (
            "with a word that most have",
            with(RunMarks {
                text: text("Claude"),
                ..none()
            }),
        ),
        (
            "with the oldest run's name",
            with(RunMarks {
                text: text("20260801-000"),
                ..none()
            }),
        ),
        (
            "with a word that none has",
            with(RunMarks {
                text: text("no such word"),
                ..none()
            }),
        ),
        (
            "of an agent with a word that none has",
            with(RunMarks {
                agent,
                text: text("no such word"),
                ..none()
            }),
        ),
        (
            "for a task of 300 runs",
            with(RunMarks {
                tasks: Some(vec![TaskId::new("task-7")]),
                ..none()
            }),
        ),
    ]
}

fn list(state: &Path, log: &str, asked: &RunsAsked) -> Result<(), Trouble> {
    let runs = list_of(state, log, asked)?;
    let is_rare = asked.marks.status.is_some() || asked.marks.text.is_some();
    if !is_rare && runs.len() != 20 {
        return Err("the page is not full".into());
    }
    Ok(())
}

fn list_of(state: &Path, log: &str, asked: &RunsAsked) -> Result<Vec<RunRow>, Trouble> {
    Ok(Query::open(state, Some(log))?.runs(asked)?.runs)
}

fn refresh(state: &Path) -> Result<u64, Trouble> {
    let indexed = refresh_index(state, &SystemClock)?;
    match indexed.rebuilt {
        None => Ok(indexed.n_events),
        Some(reason) => Err(format!("the index was rebuilt: {reason}").into()),
    }
}

fn catch_up(state: &Path, history: &mut History<Ledger>) -> Result<Samples, Trouble> {
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
