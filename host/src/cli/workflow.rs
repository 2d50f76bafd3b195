//! `tollgate workflow`: requests that follow each other, as one run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use crate::engine::{self, Desk, EngineError, StepEvent, Steps, WorkflowOrder, WorkflowReport};
use crate::model::{AttemptState, Priority, RunId, RunStatus, StepPrompt, Workflow};
use crate::settings::{LoadedWorkflow, load_workflow};

use super::answer_file::AnswerFile;
use super::args::{Global, WorkflowCommand, WorkflowRunArgs};
use super::escape::one_line;
use super::failure::{Code, Failure};
use super::open::{self, Ground};
use super::screen::Screen;
use super::table::Table;
use super::{prompt, stats};

/// Do what was asked.
pub(super) fn run(
    command: &WorkflowCommand,
    global: &Global,
    screen: Screen,
) -> Result<ExitCode, Failure> {
    match command {
        WorkflowCommand::Run(args) => drive(args, global, screen),
        WorkflowCommand::Check { file } => check(file, global, screen),
    }
}

/// Read a workflow and say what it would do.
fn check(file: &Path, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    let workflow = read(&ground, &loaded.settings, file, screen)?.workflow;
    if screen.json() {
        // Invariant: a workflow is plain data and always serialises.
        screen.document(&serde_json::to_value(&workflow).unwrap_or_default());
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(["STEP", "AGENT", "AFTER"]);
    for step in &workflow.steps {
        table.row([
            step.id.clone(),
            step.agent.to_string(),
            step.all_needs().join(", "),
        ]);
    }
    screen.result(&table.to_string());
    screen.say(&format!("workflow '{}' is valid", workflow.name));
    Ok(ExitCode::SUCCESS)
}

fn drive(args: &WorkflowRunArgs, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    ground.require_trust(&loaded)?;
    let file = match (&args.file, &args.resume) {
        (Some(file), _) => file.clone(),
        (None, Some(run)) => recorded_file(&ground.desk()?, run)?,
        (None, None) => {
            return Err(Failure::new(Code::Usage, "there is no workflow to run")
                .hint("name its file: tollgate workflow run FILE"));
        }
    };
    let read = read(&ground, &loaded.settings, &file, screen)?;
    let prompts = prompts(&read.workflow)?;
    // What was read is what was checked, or somebody is still writing.
    if self::read(&ground, &loaded.settings, &file, screen)?.sha256 != read.sha256 {
        return Err(Failure::new(
            Code::Io,
            format!("{} changed while it was read", file.display()),
        )
        .hint("run it again"));
    }
    let engine = ground.engine(loaded)?;
    let order = WorkflowOrder {
        prompts,
        sha256: read.sha256,
        path: ground.environment.cwd.join(&file),
        cwd: ground.environment.cwd.clone(),
        priority: Priority::Normal,
        resume: args.resume.clone(),
        workflow: read.workflow,
    };
    let mut teller = Teller::new(screen, &order.workflow);
    let report =
        engine::wait(async |interrupts| engine.drive(&order, interrupts, &mut teller).await);
    screen.clear_status();
    let report = report.map_err(|error| open::engine(&error))?;
    let unwritten = teller.unwritten.take();
    conclude(&report, screen)?;
    match unwritten {
        Some(failure) => Err(failure),
        None => Ok(ExitCode::SUCCESS),
    }
}

fn read(
    ground: &Ground,
    settings: &crate::model::Settings,
    file: &Path,
    screen: Screen,
) -> Result<LoadedWorkflow, Failure> {
    let read = load_workflow(file, &ground.environment, settings)
        .map_err(|error| open::settings(&error, &ground.environment))?;
    for warning in &read.warnings {
        screen.warn(&warning.to_string());
    }
    Ok(read)
}

/// The file of the workflow that a run began with.
fn recorded_file(desk: &Desk, run: &RunId) -> Result<PathBuf, Failure> {
    let plan = desk
        .view(|ledger| ledger.run(run).map(|known| known.plan.clone()))
        .map_err(|error| open::engine(&error))?
        .ok_or_else(|| open::engine(&EngineError::NoSuchRun { run: run.clone() }))?
        .ok_or_else(|| open::engine(&EngineError::NoWorkflow { run: run.clone() }))?;
    plan.path.map(PathBuf::from).ok_or_else(|| {
        Failure::new(
            Code::Usage,
            format!("the file of run {run} is not on record"),
        )
        .hint(format!(
            "name it: tollgate workflow run --resume {run} FILE"
        ))
    })
}

fn prompts(workflow: &Workflow) -> Result<BTreeMap<String, Arc<str>>, Failure> {
    let steps = workflow.steps.iter();
    steps
        .map(|step| {
            let text = match &step.prompt {
                StepPrompt::Text(text) => text.clone(),
                StepPrompt::File(path) => prompt::read_file(path)?,
            };
            Ok((step.id.clone(), text.into()))
        })
        .collect()
}

/// Shows the steps, and writes their answers where the workflow wants them.
struct Teller {
    screen: Screen,
    width: usize,
    outputs: BTreeMap<String, PathBuf>,
    /// Why an answer could not be written.
    unwritten: Option<Failure>,
}

impl Teller {
    fn new(screen: Screen, workflow: &Workflow) -> Self {
        let steps = &workflow.steps;
        Self {
            screen,
            width: steps.iter().map(|step| step.id.len()).max().unwrap_or(0),
            outputs: steps
                .iter()
                .filter_map(|step| Some((step.id.clone(), step.output.clone()?)))
                .collect(),
            unwritten: None,
        }
    }

    fn line(&self, step: &str, words: &str) {
        self.screen.clear_status();
        let width = self.width;
        self.screen.say(&format!("{step:<width$}  {words}"));
    }

    fn write(&mut self, step: &str, answer: Option<&str>, fresh: bool) {
        let Some(path) = self.outputs.get(step) else {
            return;
        };
        // An earlier driver may have died before it could write this one.
        if !fresh && path.exists() {
            return;
        }
        let written = match answer {
            Some(answer) => AnswerFile::open(path).and_then(|file| file.write(answer)),
            None => Err(Failure::new(
                Code::NotKept,
                format!("the answer of step '{step}' is not kept"),
            )),
        };
        if let Err(failure) = written {
            self.screen.warn(&failure.message);
            self.unwritten.get_or_insert(failure);
        }
    }
}

impl Steps for Teller {
    fn see(&mut self, step: &str, event: &StepEvent<'_>) {
        match event {
            StepEvent::Run(run) => self.screen.say(&format!("{run}")),
            StepEvent::Submitted {
                decision, started, ..
            } => {
                let state = if *started { "started" } else { "waiting" };
                self.line(step, &format!("{state} ({})", decision.target));
            }
            StepEvent::Refused(why) => self.line(step, &one_line(why, 200)),
            StepEvent::Skipped => self.line(step, "skipped"),
            StepEvent::Moved(state) => {
                let shown = !matches!(
                    state,
                    AttemptState::Queued | AttemptState::Starting | AttemptState::Running
                );
                if shown {
                    self.line(step, &state.as_str().replace('_', " "));
                }
            }
            StepEvent::Done { answer, fresh } => {
                let words = if *fresh { "done" } else { "done before" };
                self.line(step, words);
                self.write(step, *answer, *fresh);
            }
            StepEvent::Waiting(steps) if !steps.is_empty() => {
                self.screen
                    .status(&format!("at work: {}", steps.join(", ")));
            }
            _ => {}
        }
    }
}

/// The steps and what they came to; the exit status is the workflow's.
fn conclude(report: &WorkflowReport, screen: Screen) -> Result<(), Failure> {
    if screen.json() && report.status == RunStatus::Done {
        screen.document(&document(report));
        return Ok(());
    }
    if !screen.json() {
        screen.result(&table(report));
    }
    let (run, name) = (&report.run_id, &report.workflow);
    let sums = format!(
        "{run} · {} · {}",
        stats::duration(report.duration_ms),
        stats::cost(&report.cost)
    );
    screen.note(&sums);
    let code = match report.status {
        RunStatus::Done => return Ok(()),
        RunStatus::Cancelled => Code::Cancelled,
        _ => Code::ToolFailed,
    };
    let word = report.status.as_str();
    let mut failure = Failure::new(code, format!("workflow '{name}' {word}"));
    let broken = report.steps.iter().filter_map(|step| {
        let why = step.failure_message.as_deref()?;
        (step.state != Some(AttemptState::Done)).then_some((step.id.as_str(), why))
    });
    for (step, why) in broken {
        failure = failure.hint(format!("{step}: {}", one_line(why, 300)));
    }
    failure = failure.hint(format!(
        "tollgate workflow run --resume {run} goes on without repeating what is done"
    ));
    failure.details = Some(Box::new(document(report)));
    Err(failure)
}

fn document(report: &WorkflowReport) -> serde_json::Value {
    // Invariant: a report is plain data and always serialises.
    serde_json::to_value(report).unwrap_or_default()
}

fn table(report: &WorkflowReport) -> String {
    let mut table = Table::new(["STEP", "STATE", "TARGET", "TOOK", "TOKENS", "COST"]);
    for step in &report.steps {
        let state = step.state.map_or("skipped", AttemptState::as_str);
        let tokens = step.usage.and_then(|usage| usage.total_tokens);
        table.row([
            step.id.clone(),
            state.replace('_', " "),
            step.target
                .as_ref()
                .map_or("-".to_owned(), ToString::to_string),
            step.duration_ms.map_or("-".to_owned(), stats::duration),
            tokens.map_or("-".to_owned(), stats::thousands),
            step.cost.as_ref().map_or("-".to_owned(), stats::cost),
        ]);
    }
    table.to_string()
}
