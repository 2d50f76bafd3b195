//! `tollgate exec`: a prompt in, an answer out.

use std::process::ExitCode;

use crate::engine::{
    self, Consent, Engine, EngineError, ExecReport, ExecRequest, RouteRequest, Submission, Warning,
};
use crate::model::{
    AttemptOutcome, Exactness, FailureCode, ModelName, SessionId, Settings, TaskId, ToolName,
};

use super::answer_file::AnswerFile;
use super::args::{ExecArgs, Global, RequestArgs};
use super::board::{self, BoardArgs};
use super::consent::{asking, consent};
use super::escape::one_line;
use super::failure::{Code, Failure};
use super::narrate::Narrator;
use super::open::Ground;
use super::screen::Screen;
use super::{dry_run, prompt, stats};

/// Run the request and print its answer.
pub(super) fn run(args: &ExecArgs, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    ground.require_trust(&loaded)?;
    let asked = &args.request;
    let mut request = request(asked, &ground)?;
    request.live_text = args.stream;
    request.consent = consent(asked, screen);
    if args.dry_run {
        return dry_run::run(&request, loaded, &ground, screen);
    }
    let remarks: Vec<Warning> = unknown_task_type(asked, &loaded.settings)
        .into_iter()
        .collect();
    for warning in &remarks {
        screen.warn(&warning.message);
    }
    let answer_file = args.output.as_deref().map(AnswerFile::open).transpose()?;
    let engine = ground.engine(loaded)?;
    let mut narrator = Narrator::new(screen, &asked.agent);
    let mut submission = Submission {
        run: asked.run.clone(),
        ..Submission::new(request, false)
    };
    let mut consent = submission.request.consent;
    let mut report = asking(&mut consent, &engine.settings, screen, |consent| {
        submission.request.consent = consent;
        work(&engine, &submission, &mut narrator)
    })?;
    report.warnings.extend(remarks);
    narrator.end_answer();
    if let (Some(file), Some(answer)) = (answer_file, &report.output) {
        file.write(answer)?;
    }
    conclude(&report, screen)
}

/// A task type that the agent does not know changes nothing, which may be a slip.
pub(super) fn unknown_task_type(args: &RequestArgs, settings: &Settings) -> Option<Warning> {
    let task_type = args.task_type.as_ref()?;
    let agent = settings.agents.get(args.agent.as_str())?;
    if agent.task_types.contains_key(task_type) {
        return None;
    }
    let known: Vec<&str> = agent.task_types.keys().map(String::as_str).collect();
    let message = match known.as_slice() {
        [] => format!(
            "agent '{}' has no task types; '{task_type}' changes nothing",
            args.agent
        ),
        known => format!(
            "agent '{}' has no task type '{task_type}', which changes nothing; it has: {}",
            args.agent,
            known.join(", ")
        ),
    };
    Some(Warning::new("unknown_task_type", message))
}

pub(super) fn request(args: &RequestArgs, ground: &Ground) -> Result<ExecRequest, Failure> {
    // The older name of --tool, as an environment variable.
    let override_tool = ground
        .environment
        .get("AGENT_TOOL_OVERRIDE")
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !name.is_empty());
    let tool = args.tool.clone().or(override_tool);
    let tasks = tasks(args)?;
    Ok(ExecRequest {
        route: RouteRequest {
            agent: args.agent.clone(),
            task_type: args.task_type.clone(),
            prompt_tokens: None,
            tool: tool.map(ToolName::new),
            model: args.model.clone().map(ModelName::new),
            no_fallback: args.no_fallback,
            closed: Vec::new(),
        },
        prompt: prompt::gather(args)?,
        resume: args.resume.clone().map(SessionId::new),
        timeout: args.timeout,
        max_cost: args.max_cost,
        board: board::files_of(ground, &BoardArgs::of(ground), tasks.clone()),
        tasks,
        justification: args.justification.clone(),
        consent: Consent::default(),
        live_text: false,
        priority: args.priority.into(),
        cwd: ground.environment.cwd.clone(),
    })
}

/// Which tasks it is for.
fn tasks(args: &RequestArgs) -> Result<Vec<TaskId>, Failure> {
    let tasks = TaskId::of_a_request(args.tasks.iter().cloned());
    tasks.map_err(|why| Failure::new(Code::Usage, why))
}

fn work(
    engine: &Engine,
    submission: &Submission,
    narrator: &mut Narrator,
) -> Result<ExecReport, EngineError> {
    engine::wait(async |interrupts| engine.exec(submission, interrupts, narrator).await)
}

/// Show what it came to and turn the outcome into an exit status.
pub(super) fn conclude(report: &ExecReport, screen: Screen) -> Result<ExitCode, Failure> {
    let exit = ExitCode::from(report.exit_code);
    // Invariant: a report is plain data and always serialises.
    let document = || serde_json::to_value(report).unwrap_or_default();
    if screen.json() && report.ran {
        screen.document(&document());
        return Ok(exit);
    }
    screen.note(&summary(report));
    if report.outcome == AttemptOutcome::Done {
        return Ok(exit);
    }
    let mut failure = failure(report);
    failure.details = Some(Box::new(document()));
    Err(failure)
}

pub(super) fn summary(report: &ExecReport) -> String {
    let mut parts = vec![format!(
        "{} in {}",
        report.outcome.as_str().replace('_', " "),
        stats::duration(report.duration_ms)
    )];
    let tokens = report.usage.total_tokens.map(stats::thousands);
    parts.push(match (report.usage.exactness, tokens) {
        (Exactness::Exact, Some(tokens)) => format!("{tokens} tokens"),
        (Exactness::AtLeast, Some(tokens)) => format!("at least {tokens} tokens"),
        _ => "tokens unknown".to_owned(),
    });
    parts.push(stats::cost(&report.cost));
    parts.push(format!("{}:{}", report.tool, report.model));
    parts.push(report.run_id.clone());
    if let Some(session) = &report.session_id {
        parts.push(format!("session {}", one_line(session, 80)));
    }
    parts.join(" · ")
}

fn failure(report: &ExecReport) -> Failure {
    let absent = [FailureCode::TOOL_MISSING, FailureCode::SPAWN_FAILED];
    let all_absent = report.attempts.iter().all(|attempt| {
        attempt
            .failure_code
            .as_ref()
            .is_some_and(|code| absent.contains(&code.as_str()))
    });
    let last = report.attempts.last();
    let why = last
        .and_then(|a| a.failure_message.as_deref())
        .unwrap_or("it did not say why");
    let failure_code = last
        .and_then(|a| a.failure_code.as_ref())
        .map_or("", |code| code.as_str());
    let code = match (report.outcome, failure_code) {
        (AttemptOutcome::Cancelled, _) => Code::Cancelled,
        (AttemptOutcome::TimedOut, _) => Code::TimedOut,
        (AttemptOutcome::OverBudget, _) => Code::OverBudget,
        _ if all_absent && report.attempts.len() > 1 => Code::NoTool,
        (_, FailureCode::ADAPTER_FAULT | FailureCode::NOT_GRANTED) => Code::Plugin,
        (_, FailureCode::UNSUPPORTED) => Code::BadPrompt,
        _ => Code::ToolFailed,
    };
    if code == Code::NoTool {
        return Failure::new(code, "No available tools in fallback chain")
            .hint("tollgate tool list shows which of them are here");
    }
    let message = format!(
        "{} {}: {}",
        report.tool,
        report.outcome.as_str().replace('_', " "),
        one_line(why, 600)
    );
    let failure = Failure::new(code, message);
    match hint_for(failure_code, report) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// What usually helps.
fn hint_for(failure_code: &str, report: &ExecReport) -> Option<String> {
    let tool = &report.tool;
    Some(match failure_code {
        FailureCode::AUTH => format!(
            "sign in with the tool itself, or let it see its key: env_inherit of '{tool}' in tools.yaml"
        ),
        FailureCode::BILLING => "the account behind this tool needs attention".to_owned(),
        FailureCode::RATE_LIMITED | FailureCode::OVERLOADED => {
            "wait a little, or add a fallback_chain to the agent".to_owned()
        }
        FailureCode::USAGE_LIMIT => {
            "the plan's window is used up; another tool in fallback_chain would take over"
                .to_owned()
        }
        FailureCode::CONTEXT_LENGTH => {
            "shorten the prompt, or choose a model with a larger context window".to_owned()
        }
        FailureCode::TIMEOUT => format!("--timeout, or timeout of '{tool}' in tools.yaml"),
        FailureCode::ADAPTER_FAULT => {
            "the host is fine; the adapter is named by `adapter` in tools.yaml".to_owned()
        }
        FailureCode::TOOL_MISSING => "tollgate tool list shows which tools are here".to_owned(),
        _ => return None,
    })
}
