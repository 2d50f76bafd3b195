//! Questions of the pages, each answered by what the command of the same name says.
//!
//! Nothing here writes: the index is kept up to date by the upkeep, and the answers say how far it
//! has come.

use serde_json::{Value, json};

use crate::cli::args::{BreakerCommand, DoctorArgs};
use crate::cli::failure::{Code, Failure};
use crate::cli::run::args::{ExportFormat, RunPart};
use crate::cli::run::document;
use crate::cli::run::export;
use crate::cli::run::record::{OnRecord, failed};
use crate::cli::screen::Screen;
use crate::cli::{breaker, budget, doctor, list, why};
use crate::model::{AgentName, ModelName, RunStatus, TaskId, ToolName};
use crate::query::{QueryError, RunMarks, RunsAsked};
use crate::web::{self, Answer, Problem, Question, RunsQuery};

use super::house::House;
use super::problem::problem;
use super::{asked, board, costs, log, metrics, origin, overview, plugins, policies};

/// Answer it.
pub(super) fn answer(house: &House, question: Question) -> Result<Answer, Problem> {
    let answered = match question {
        Question::Task { id } => {
            let record = house.record().map_err(|failure| problem(&failure))?;
            return board::task(house, &record, &id);
        }
        Question::Spec { path } => return board::spec(house, &path),
        Question::Overview => with_record(house, |record| overview::overview(house, record)),
        Question::Runs(asked) => with_record(house, |record| runs(house, record, &asked)),
        Question::Run { run } => with_record(house, |record| {
            let detail = record.run(&asked::run(&run)?)?;
            Ok(document::detail(&detail, &record.warnings))
        }),
        Question::Why { run } => with_record(house, |record| explained(record, &run)),
        Question::RunEvents { run, after, limit } => with_record(house, |record| {
            events(record, &run, after.unwrap_or(0), limit)
        }),
        Question::Export { run, format } => exported(house, &run, format),
        Question::Attempt { id } => with_record(house, |record| log::attempt(record, &id)),
        Question::Log {
            id,
            stream,
            offset,
            limit,
        } => log::slice(house, (&id, stream), offset, limit),
        Question::AnswerText { id } => log::answer(house, &id),
        Question::Costs(asked) => costs::costs(house, &asked),
        Question::Initiatives => with_record(house, |record| board::initiatives(house, record)),
        Question::Tasks { include_done } => {
            with_record(house, |record| board::tasks(house, record, include_done))
        }
        Question::Policies => with_record(house, |record| policies::policies(house, record)),
        Question::Plugins => with_record(house, |record| plugins::plugins(house, record)),
        Question::Metrics => metrics::metrics(house),
        Question::Origin(page) => origin::answer(house, page),
        said => as_the_command_says(house, said),
    };
    answered.map_err(|failure| problem(&failure))
}

/// Questions whose answer is the very document that a command prints.
fn as_the_command_says(house: &House, question: Question) -> Result<Answer, Failure> {
    let global = &house.global;
    let document = Screen::captured(|screen| match question {
        Question::Budgets => budget::show(global, screen),
        Question::Agents => list::agents(global, screen),
        Question::Tools => list::tools(global, screen),
        Question::Models => list::models(global, screen),
        Question::Breakers => breaker::run(&BreakerCommand::List, global, screen),
        Question::Doctor => doctor::run(DoctorArgs { fix: false }, global, screen).map(drop),
        other => Err(Failure::new(
            Code::Internal,
            format!("nobody answers {other:?}"),
        )),
    })?;
    Ok(Answer::json(document))
}

/// Answer from the index, with how far it has come.
pub(super) fn with_record(
    house: &House,
    answer: impl FnOnce(&OnRecord) -> Result<Value, Failure>,
) -> Result<Answer, Failure> {
    let record = house.record()?;
    // Asked first: the answer is never older than it says.
    let seq = record.query.as_of_seq().map_err(|error| failed(&error))?;
    Ok(as_of(Answer::json(answer(&record)?), seq))
}

/// With how far the index had come.
pub(super) fn as_of(answer: Answer, seq: Option<u64>) -> Answer {
    Answer { seq, ..answer }
}

fn runs(house: &House, record: &OnRecord, query: &RunsQuery) -> Result<Value, Failure> {
    let initiative = query.initiative.as_deref();
    let mut tasks = initiative
        .map(|it| board::tasks_of(house, it))
        .transpose()?;
    if let Some(task) = &query.task {
        tasks = Some(vec![TaskId::new(task.as_str())]);
    }
    let asked = RunsAsked {
        before: query.before.as_deref().map(asked::run).transpose()?,
        limit: query.limit,
        marks: RunMarks {
            status: query
                .status
                .and_then(|it| RunStatus::from_word(it.as_str())),
            agent: query.agent.as_deref().map(AgentName::new),
            tool: query.tool.as_deref().map(ToolName::new),
            model: query.model.as_deref().map(ModelName::new),
            tasks,
            text: query.q.clone(),
            active_only: false,
        },
    };
    let list = record.query.runs(&asked).map_err(|error| match error {
        QueryError::NoSuchRun { run } => record.unknown(&run),
        error => failed(&error),
    })?;
    let runs: Vec<Value> = list.runs.iter().map(document::run).collect();
    Ok(json!({ "runs": runs, "next": list.next, "as_of_seq": list.as_of_seq }))
}

fn explained(record: &OnRecord, run: &str) -> Result<Value, Failure> {
    let part = RunPart {
        run: asked::run(run)?,
        invocation: None,
    };
    let detail = record.part(&part)?;
    Ok(why::explained(&detail, &part, &record.warnings))
}

fn events(record: &OnRecord, run: &str, after: u64, limit: u32) -> Result<Value, Failure> {
    let run = asked::run(run)?;
    let found = record.query.events_page(&run, after, limit);
    let found = found.map_err(|error| failed(&error))?;
    let next = found.next;
    let found = found.events;
    if found.records.is_empty() && found.n_missing == 0 && after == 0 {
        return Err(record.unknown(&run));
    }
    let events: Vec<Value> = found.records.iter().map(line).collect();
    Ok(json!({ "events": events, "next": next, "missing_events": found.n_missing }))
}

/// A line of the record as it stands.
fn line(record: &crate::query::Record) -> Value {
    serde_json::from_slice(&record.line).unwrap_or_default()
}

fn exported(house: &House, run: &str, format: web::ExportFormat) -> Result<Answer, Failure> {
    let run = asked::run(run)?;
    let record = house.record()?;
    let (format, media_type) = match format {
        web::ExportFormat::Json => (ExportFormat::Json, "application/json"),
        web::ExportFormat::Jsonl => (ExportFormat::Jsonl, "application/jsonl"),
        web::ExportFormat::OriginJsonl => (ExportFormat::OriginJsonl, "application/jsonl"),
        web::ExportFormat::Yaml => (ExportFormat::Yaml, "application/yaml"),
        web::ExportFormat::Otlp => (ExportFormat::Otlp, "application/json"),
    };
    let mut bytes = Vec::new();
    Screen::captured(|screen| {
        bytes = export::bytes(&house.ground, &record, (&run, format), screen)?;
        Ok(())
    })?;
    Ok(Answer::text(media_type, String::from_utf8_lossy(&bytes)))
}
