//! `tollgate run list`: the runs on record, newest first.

use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::open::Ground;
use crate::cli::screen::Screen;
use crate::cli::table::Table;
use crate::model::{AgentName, Clock as _, ModelName, SystemClock, ToolName};
use crate::query::{QueryError, RunList, RunMarks, RunRow, RunsAsked};

use super::args::ListArgs;
use super::record::{OnRecord, failed};
use super::{document, words};

/// Print them.
pub(super) fn run(args: &ListArgs, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let record = OnRecord::open(&ground, screen)?;
    let asked = RunsAsked {
        before: args.before.clone(),
        limit: args.limit,
        marks: marks(args),
    };
    let list = record.query.runs(&asked).map_err(|error| match error {
        QueryError::NoSuchRun { run } => record.unknown(&run),
        error => failed(&error),
    })?;
    if screen.json() {
        let runs: Vec<Value> = list.runs.iter().map(document::run).collect();
        screen.document(&json!({
            "runs": runs,
            "next": list.next,
            "as_of_seq": list.as_of_seq,
            "record_warnings": record.warnings,
        }));
    } else if list.runs.is_empty() {
        tell_none(args, screen);
    } else {
        let now = SystemClock.now();
        screen.result(&table(&list.runs, now, screen.stdout_is_terminal()).to_string());
        tell_more(&list, screen);
    }
    Ok(ExitCode::SUCCESS)
}

/// What the runs that are asked for have in common.
fn marks(args: &ListArgs) -> RunMarks {
    RunMarks {
        status: args.status,
        agent: args.agent.as_deref().map(AgentName::new),
        tool: args.tool.as_deref().map(ToolName::new),
        model: args.model.as_deref().map(ModelName::new),
        tasks: (!args.tasks.is_empty()).then(|| args.tasks.clone()),
        text: args.search.clone(),
        active_only: args.active,
    }
}

/// Workflows have a column when there is one.
fn table(runs: &[RunRow], now: Timestamp, for_people: bool) -> Table {
    let names = [
        "Run", "Status", "Agent", "Target", "Started", "Took", "Tokens", "Cost",
    ];
    let has_workflow = runs.iter().any(|run| run.workflow.is_some());
    let mut table = if has_workflow {
        let [run, status, agent, target, started, took, tokens, cost] = names;
        Table::new([
            run, status, agent, target, started, took, tokens, cost, "Workflow",
        ])
    } else {
        Table::new(names)
    };
    for run in runs {
        let [name, status, agent, target, started, took, tokens, cost] =
            cells(run, now, for_people);
        if has_workflow {
            let workflow = run.workflow.clone().unwrap_or_default();
            table.row([
                name, status, agent, target, started, took, tokens, cost, workflow,
            ]);
        } else {
            table.row([name, status, agent, target, started, took, tokens, cost]);
        }
    }
    table
}

fn cells(run: &RunRow, now: Timestamp, for_people: bool) -> [String; 8] {
    let target = run.target.as_ref();
    [
        run.run.to_string(),
        words::status(run),
        run.agent.clone(),
        target.map_or_else(|| "-".to_owned(), ToString::to_string),
        if for_people {
            words::ago(run.started_at, now)
        } else {
            words::moment(run.started_at)
        },
        words::took(run, now),
        words::tokens(run.total_tokens(), run.exactness()),
        words::cost(&run.cost()),
    ]
}

fn tell_none(args: &ListArgs, screen: Screen) {
    let chosen = marks(args) != RunMarks::default();
    if args.before.is_some() {
        screen.say("no older runs on record");
    } else if chosen {
        screen.say("no such runs on record");
        screen.note("tollgate run list shows all of them");
    } else {
        screen.say("no runs on record");
        screen.note("tollgate run submit -a AGENT 'PROMPT' starts one; so does tollgate exec");
    }
}

fn tell_more(list: &RunList, screen: Screen) {
    if let Some(next) = &list.next {
        screen.note(&format!("there are older ones: --before {next}"));
    }
}
