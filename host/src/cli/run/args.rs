//! The `run` commands as they are written down for people.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::args::RequestArgs;
use crate::cli::values::{parse_duration, parse_task};
use crate::model::{InvocationNumber, Priority, RunId, RunStatus, TaskId};

/// Commands on runs.
#[derive(Debug, Subcommand)]
pub(crate) enum RunCommand {
    /// Hand a request over and return at once with the name of its run.
    Submit(Box<SubmitArgs>),
    /// The runs on record, newest first.
    List(ListArgs),
    /// One run: its requests, attempts, tokens, and cost.
    Show {
        /// The run, such as RUN-20261122-001.
        #[arg(value_parser = parse_run)]
        run: RunId,
    },
    /// What a run says and does, from its beginning.
    Logs(LogsArgs),
    /// Wait until a run is over, and print its answer.
    Wait(WaitArgs),
    /// Stop runs: politely first, then firmly, until nothing of them is left.
    Cancel(CancelArgs),
    /// Stop runs at once.
    Kill(CancelArgs),
    /// Try a run again that is over.
    Retry(RetryArgs),
    /// Print a run for other programs.
    Export(ExportArgs),
}

/// Options of `run submit`.
#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    #[command(flatten)]
    pub(crate) request: RequestArgs,
    /// Makes a repeat of this command give the run of the first time.
    #[arg(long, value_name = "KEY", value_parser = parse_key)]
    pub(crate) key: Option<String>,
}

/// Options of `run list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only runs with this status.
    #[arg(long, value_parser = parse_status)]
    pub(crate) status: Option<RunStatus>,
    /// Only runs of this agent.
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// Only runs whose latest request went to this tool.
    #[arg(long)]
    pub(crate) tool: Option<String>,
    /// Only runs whose latest request went to this model.
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Only runs for this task; may be repeated for runs of any of them.
    #[arg(long = "task", value_name = "ID", value_parser = parse_task)]
    pub(crate) tasks: Vec<TaskId>,
    /// Only runs with this in one of their names: run, agent, tool, model, task, workflow, failure.
    #[arg(long, value_name = "TEXT", value_parser = parse_search)]
    pub(crate) search: Option<String>,
    /// Only runs that are not over.
    #[arg(long, conflicts_with = "status")]
    pub(crate) active: bool,
    /// So many at most.
    #[arg(short = 'n', long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    /// Only runs that are older than this one: the last of the page before.
    #[arg(long, value_name = "RUN", value_parser = parse_run)]
    pub(crate) before: Option<RunId>,
}

/// Options of `run logs`.
#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// The run.
    #[arg(value_parser = parse_run)]
    pub(crate) run: RunId,
    /// Go on until the run is over.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Which of its requests, such as i2; all of them otherwise.
    #[arg(short, long, value_parser = parse_invocation)]
    pub(crate) invocation: Option<InvocationNumber>,
    /// What the tool itself wrote to this stream, as it came.
    #[arg(long, value_enum)]
    pub(crate) raw: Option<Stream>,
}

/// Options of `run wait`.
#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    /// The run.
    #[arg(value_parser = parse_run)]
    pub(crate) run: RunId,
    /// Give up waiting after this long (status 124); the run goes on.
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
}

/// Options of `run cancel` and `run kill`.
#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    /// The runs.
    #[arg(required = true, value_parser = parse_run)]
    pub(crate) runs: Vec<RunId>,
    /// Only one of its requests, such as i2.
    #[arg(short, long, value_parser = parse_invocation)]
    pub(crate) invocation: Option<InvocationNumber>,
    /// Return as soon as the wish is on record.
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// Options of `run retry`.
#[derive(Debug, Args)]
pub(crate) struct RetryArgs {
    /// The run.
    #[arg(value_parser = parse_run)]
    pub(crate) run: RunId,
    /// Which of its requests, such as i2; the last one otherwise.
    #[arg(short, long, value_parser = parse_invocation)]
    pub(crate) invocation: Option<InvocationNumber>,
    /// Also when it is done, or when nobody knows how far it got.
    #[arg(long)]
    pub(crate) force: bool,
    /// Answer yes to whatever a policy asks.
    #[arg(long)]
    pub(crate) yes: bool,
    /// Go beyond limits; needs --justification, which is recorded.
    #[arg(long, requires = "justification")]
    pub(crate) over_limits: bool,
    /// Why: kept with the run on record.
    #[arg(long, value_name = "TEXT", value_parser = crate::cli::values::parse_justification)]
    pub(crate) justification: Option<String>,
}

/// Options of `run export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The run.
    #[arg(value_parser = parse_run)]
    pub(crate) run: RunId,
    /// How.
    #[arg(long, value_enum, default_value_t = ExportFormat::Json)]
    pub(crate) format: ExportFormat,
    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// How a run is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON document, as `run show --json`.
    Json,
    /// Its events as they stand in the journal, one JSON object a line.
    Jsonl,
    /// Its events under the names of the origin, one JSON object a line.
    OriginJsonl,
    /// The run as `run.yaml` tells it.
    Yaml,
    /// What has ended of it as OpenTelemetry's traces: OTLP in JSON, on one line.
    Otlp,
}

/// A stream of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Who goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PriorityArg {
    /// After all others.
    Low,
    /// In the order of submission.
    Normal,
    /// Before all others.
    High,
}

impl From<PriorityArg> for Priority {
    fn from(priority: PriorityArg) -> Self {
        match priority {
            PriorityArg::Low => Self::Low,
            PriorityArg::Normal => Self::Normal,
            PriorityArg::High => Self::High,
        }
    }
}

/// Read the name of a run: `RUN-20261122-001`.
pub(crate) fn parse_run(text: &str) -> Result<RunId, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    match parts.as_slice() {
        ["RUN", day, number]
            if day.len() == 8 && number.len() <= 9 && digits(day) && digits(number) =>
        {
            Ok(RunId::new(text))
        }
        _ => Err(format!("`{text}` is not a run such as RUN-20261122-001")),
    }
}

/// A run, or one of its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunPart {
    /// The run.
    pub(crate) run: RunId,
    /// The request; all of them otherwise.
    pub(crate) invocation: Option<InvocationNumber>,
}

/// Read the name of a run or of one of its requests: `RUN-20261122-001`, `RUN-20261122-001.i2`.
pub(crate) fn parse_part(text: &str) -> Result<RunPart, String> {
    let (run, part) = match text.split_once('.') {
        None => (text, None),
        Some((run, part)) => (run, Some(InvocationNumber::try_from(part.to_owned())?)),
    };
    Ok(RunPart {
        run: parse_run(run)?,
        invocation: part,
    })
}

/// Read the number of an invocation: `i2`, or the whole name `RUN-20261122-001.i2`.
fn parse_invocation(text: &str) -> Result<InvocationNumber, String> {
    let last = text.rsplit('.').next().unwrap_or(text);
    InvocationNumber::try_from(last.to_owned())
}

fn parse_status(text: &str) -> Result<RunStatus, String> {
    RunStatus::from_word(text).ok_or_else(|| {
        let words: Vec<&str> = RunStatus::ALL.iter().map(|it| it.as_str()).collect();
        format!("`{text}` is not one of {}", words.join(", "))
    })
}

/// What is looked for: short, and more than spaces.
fn parse_search(text: &str) -> Result<String, String> {
    match text.trim().chars().count() {
        0 => Err("it says nothing".to_owned()),
        1..=100 => Ok(text.trim().to_owned()),
        n_chars => Err(format!(
            "it has {n_chars} characters, at most 100 are looked for"
        )),
    }
}

/// A key: not empty, printable, and short enough for the record.
fn parse_key(text: &str) -> Result<String, String> {
    let printable = text.chars().all(|c| c.is_ascii_graphic());
    if text.is_empty() || text.len() > 200 || !printable {
        return Err("a key has 1 to 200 printable characters without spaces".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_runs_and_their_parts_are_read() {
        assert!(parse_run("RUN-20261122-001").is_ok());
        assert!(parse_run("RUN-20261122-1234").is_ok());
        for wrong in [
            "",
            "RUN",
            "RUN-1-2",
            "../x",
            "RUN-20261122-",
            "run-20261122-001",
        ] {
            assert!(parse_run(wrong).is_err(), "{wrong}");
        }
        assert_eq!(parse_invocation("i2"), Ok(InvocationNumber(2)));
        let whole = parse_invocation("RUN-20261122-001.i3");
        assert_eq!(whole, Ok(InvocationNumber(3)));
        assert!(parse_invocation("2").is_err());
        let part = parse_part("RUN-20261122-001.i3").map(|part| part.invocation);
        assert_eq!(part, Ok(Some(InvocationNumber(3))));
        let whole = parse_part("RUN-20261122-001").map(|part| part.invocation);
        assert_eq!(whole, Ok(None));
        assert!(parse_part("RUN-20261122-001.i3.a1").is_err());
    }
}
