//! What the pages may have done, each by what the command of the same name uses.
//!
//! Everything is on record before it is answered. Questions of policies go back to whoever asked.

use serde_json::{Value, json};

use crate::cli::args::{BreakerCommand, RequestArgs};
use crate::cli::failure::{Code, Failure};
use crate::cli::open::{self, Ground};
use crate::cli::run::args::PriorityArg;
use crate::cli::run::submit;
use crate::cli::screen::Screen;
use crate::cli::values::{parse_duration, parse_justification, parse_task, parse_usd};
use crate::cli::{breaker, config, dry_run, exec, journal, simulate};
use crate::engine::{
    Cancel, Cancelled, Consent, Engine, EngineError, Retry, Submission, Submitted,
};
use crate::model::{AttemptState, IdempotencyKey, InvocationNumber, RunId, TaskId};
use crate::web::{Command, Done, Permission, Problem, RunRequest, Status};

use super::house::House;
use super::problem::{invalid, problem, questions};
use super::{asked, board};

/// Differences of a simulation that are listed; all are counted.
const DIFFERENCES: usize = 100;

/// Do it.
pub(super) fn perform(house: &House, command: Command) -> Result<Done, Problem> {
    let done = match command {
        Command::Submit { key, request } => return submitted(house, &key, &request),
        Command::Retry {
            run,
            invocation,
            permission,
        } => return retried(house, (&run, invocation.as_deref()), &permission),
        Command::Stop {
            run,
            invocation,
            kill,
        } => {
            let stopped = stopped(house, (&run, invocation.as_deref()), kill);
            return stopped.map_err(|failure| problem(&failure));
        }
        Command::Route(request) => routed(house, &request)?,
        Command::Forget { run } => forgotten(house, &run).map_err(|it| problem(&it))?,
        Command::ResetBreaker { key } => {
            captured(|screen| breaker::run(&BreakerCommand::Reset { key }, &house.global, screen))?
        }
        Command::Simulate { since, config } => simulated(house, since, config.as_deref())?,
        Command::ValidateConfig { files } => validated(house, files.as_deref())?,
        Command::RebuildIndex => captured(|screen| journal::rebuild(&house.global, screen))?,
        of_a_task => return board::perform(house, of_a_task),
    };
    Ok(Done::ok(done))
}

fn captured<T>(command: impl FnOnce(Screen) -> Result<T, Failure>) -> Result<Value, Problem> {
    Screen::captured(command).map_err(|failure| problem(&failure))
}

/// The request as the command line has it; what cannot be read names its field.
fn request_args(asked: &RunRequest) -> Result<RequestArgs, Problem> {
    let permission = &asked.permission;
    let justification = justification(permission)?;
    let max_cost = asked.max_cost_usd.as_deref().map(parse_usd).transpose();
    let timeout = asked.timeout.as_deref().map(parse_duration).transpose();
    Ok(RequestArgs {
        agent: asked.agent.clone(),
        prompt: Some(asked.prompt.clone()),
        prompt_file: None,
        task_type: asked.task_type.clone(),
        context: Vec::new(),
        run: None,
        tool: asked.tool.clone(),
        model: asked.model.clone(),
        no_fallback: false,
        max_cost: max_cost.map_err(|why| invalid("max_cost_usd", why))?,
        timeout: timeout.map_err(|why| invalid("timeout", why))?,
        resume: asked.resume.clone(),
        priority: PriorityArg::Normal,
        tasks: tasks(&asked.tasks)?,
        yes: permission.consent,
        force: permission.force,
        justification,
    })
}

fn tasks(names: &[String]) -> Result<Vec<TaskId>, Problem> {
    let read = names.iter().map(|name| parse_task(name));
    let read: Result<_, _> = read.collect();
    read.map_err(|why| invalid("tasks", why))
}

/// Why somebody goes beyond limits; whoever does says so.
fn justification(permission: &Permission) -> Result<Option<String>, Problem> {
    let text = permission.justification.as_deref().map(parse_justification);
    let text = text
        .transpose()
        .map_err(|why| invalid("justification", why))?;
    if permission.force && text.is_none() {
        let why = "going beyond limits needs one; it is recorded";
        return Err(invalid("justification", why));
    }
    Ok(text)
}

/// An engine on the configuration as it is now, if it may be used.
fn engine(house: &House) -> Result<Engine, Failure> {
    let ground: &Ground = &house.ground;
    let loaded = house.loaded()?;
    ground.require_trust(&loaded)?;
    ground.engine(loaded)
}

/// Somebody sits in front of the page, so policies may ask.
fn consent(permission: &Permission) -> Consent {
    Consent {
        answer: permission.consent.then_some(true),
        attended: true,
        force: permission.force,
    }
}

fn submitted(house: &House, key: &str, asked: &RunRequest) -> Result<Done, Problem> {
    let args = request_args(asked)?;
    let submit = || {
        let mut request = exec::request(&args, &house.ground)?;
        request.live_text = true;
        request.consent = consent(&asked.permission);
        request.board = house.board.files_of(&house.ground, request.tasks.clone());
        let engine = engine(house)?;
        let submission = Submission {
            key: Some(IdempotencyKey::new(key)),
            ..Submission::new(request, true)
        };
        let submitted = engine.submit(&submission);
        house.desk.adopt(&engine.desk);
        Ok(submitted)
    };
    let submitted = submit().map_err(|failure: Failure| problem(&failure))?;
    taken_on(submitted, |run| Status::Created {
        location: format!("/api/v1/runs/{run}"),
    })
}

fn taken_on(
    submitted: Result<Submitted, EngineError>,
    status: impl FnOnce(&RunId) -> Status,
) -> Result<Done, Problem> {
    let submitted = match submitted {
        Ok(submitted) => submitted,
        Err(EngineError::Questions { questions: asked }) => return Err(questions(&asked)),
        Err(error) => return Err(problem(&open::engine(&error))),
    };
    let run = &submitted.first.run;
    let status = if submitted.replayed {
        Status::Ok
    } else {
        status(run)
    };
    Ok(Done {
        status,
        ..Done::ok(submit::document(&submitted))
    })
}

fn retried(
    house: &House,
    (run, invocation): (&str, Option<&str>),
    permission: &Permission,
) -> Result<Done, Problem> {
    let text = permission.justification.as_deref().map(parse_justification);
    let justification = text
        .transpose()
        .map_err(|why| invalid("justification", why))?;
    // Repeating what is done is one thing, going beyond a limit another: that is justified.
    let beyond_limits = permission.force && justification.is_some();
    let retry = || {
        let run = asked::run(run)?;
        let engine = engine(house)?;
        let invocation = match asked::invocation(invocation)? {
            Some(one) => one,
            None => last_part(house, &run)?,
        };
        let retried = engine.retry(&Retry {
            run,
            invocation,
            force: permission.force,
            consent: Consent {
                force: beyond_limits,
                ..consent(permission)
            },
            justification,
        });
        house.desk.adopt(&engine.desk);
        Ok(retried)
    };
    let retried = retry().map_err(|failure: Failure| problem(&failure))?;
    taken_on(retried, |_| Status::Accepted)
}

fn last_part(house: &House, run: &RunId) -> Result<InvocationNumber, Failure> {
    let last = house.desk.view(|ledger| {
        let known = ledger.run(run)?;
        known.parts.keys().next_back().copied()
    });
    let last = last.map_err(|error| open::engine(&error))?;
    let unknown = || open::engine(&EngineError::NoSuchRun { run: run.clone() });
    last.map(InvocationNumber).ok_or_else(unknown)
}

fn stopped(
    house: &House,
    (run, invocation): (&str, Option<&str>),
    kill: bool,
) -> Result<Done, Failure> {
    let run = asked::run(run)?;
    let cancel = Cancel {
        run: run.clone(),
        invocation: asked::invocation(invocation)?,
        kill,
        reason: "interrupt",
    };
    let cancelled = house.desk.cancel(&cancel);
    let cancelled = cancelled.map_err(|error| open::engine(&error))?;
    if cancelled.was_over && !was_cancelled(house, &run)? {
        let message = format!("run {run} is over already");
        return Err(Failure::new(Code::RunOver, message));
    }
    Ok(Done::accepted(stopping(&run, &cancelled)))
}

/// A run that was cancelled stays so, however often it is asked.
fn was_cancelled(house: &House, run: &RunId) -> Result<bool, Failure> {
    let found = house.desk.view(|ledger| {
        let parts = ledger.run(run).map(|known| known.parts.values());
        parts
            .into_iter()
            .flatten()
            .any(|part| part.state == AttemptState::Cancelled)
    });
    found.map_err(|error| open::engine(&error))
}

fn stopping(run: &RunId, cancelled: &Cancelled) -> Value {
    let names = |all: &[crate::model::AttemptRef]| -> Vec<String> {
        all.iter().map(ToString::to_string).collect()
    };
    let withdrawn: Vec<String> = cancelled
        .withdrawn
        .iter()
        .map(|(name, _, _)| name.to_string())
        .collect();
    json!({
        "run_id": run,
        "requested": names(&cancelled.requested),
        "already": names(&cancelled.already),
        "withdrawn": withdrawn,
    })
}

fn routed(house: &House, asked: &RunRequest) -> Result<Value, Problem> {
    let args = request_args(asked)?;
    captured(|screen| {
        let mut request = exec::request(&args, &house.ground)?;
        request.consent = consent(&asked.permission);
        let loaded = house.ground.load(screen)?;
        house.ground.require_trust(&loaded)?;
        dry_run::run(&request, loaded, &house.ground, screen)
    })
}

fn forgotten(house: &House, run: &str) -> Result<Value, Failure> {
    let run = asked::run(run)?;
    let removed = house
        .desk
        .forget(&run)
        .map_err(|error| open::engine(&error))?;
    Ok(json!({ "run_id": run, "removed": removed }))
}

fn simulated(house: &House, since: Option<String>, config: Option<&str>) -> Result<Value, Problem> {
    // A policies.yaml that only this question knows; it is gone afterwards.
    let tried = config.map(|text| super::policies::tried(house, text));
    let tried = tried.transpose().map_err(|failure| problem(&failure))?;
    let args = simulate::SimulateArgs {
        policy: Vec::new(),
        name: None,
        config: tried.as_ref().map(|tried| tried.path().to_owned()),
        since,
        last: None,
        differences: DIFFERENCES,
    };
    let done = Screen::captured(|screen| simulate::run(&args, &house.global, screen));
    done.map_err(|failure| match &tried {
        // The mistake is in what was sent, and so is the file that it names.
        Some(tried) if failure.code == Code::InvalidConfig => mistaken(&failure, tried.path()),
        _ => problem(&failure),
    })
}

/// A `policies.yaml` that was sent and cannot be used.
fn mistaken(failure: &Failure, path: &std::path::Path) -> Problem {
    let folder = path.parent().unwrap_or(path).display().to_string();
    let folder = folder.rsplit('/').next().unwrap_or_default();
    let told = problem(failure);
    let as_sent = |text: &str| match text.find(folder) {
        // The folder is named with all that stands before it.
        Some(at) => {
            let from = text[..at].rfind([' ', '`', '"']).map_or(0, |it| it + 1);
            let to = at + folder.len() + 1;
            format!("{}{}", &text[..from], &text[to.min(text.len())..])
        }
        None => text.to_owned(),
    };
    let details = told.details.map(|it| Box::new(within(*it, &as_sent)));
    Problem {
        code: "invalid_request".to_owned(),
        detail: as_sent(&told.detail),
        fix: told.fix.iter().map(|it| as_sent(it)).collect(),
        details,
    }
}

/// The same document with other texts.
fn within(value: Value, say: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => say(&text).into(),
        Value::Array(all) => all.into_iter().map(|it| within(it, say)).collect(),
        Value::Object(all) => all
            .into_iter()
            .map(|(key, it)| (key, within(it, say)))
            .collect(),
        other => other,
    }
}

/// Whether a configuration could be used: the one in force, or it with other policies.
fn validated(house: &House, files: Option<&[(String, String)]>) -> Result<Value, Problem> {
    let said = match files {
        None => Screen::captured(|screen| config::validate(&house.global, screen)),
        Some([(name, text)]) if name == "policies.yaml" => super::policies::validate(house, text),
        Some(_) => {
            let why = "only policies.yaml can be checked before it is saved";
            return Err(invalid("files", why));
        }
    };
    match said {
        Ok(mut document) => {
            if document["diagnostics"].is_null() {
                document["diagnostics"] = document["warnings"].clone();
            }
            Ok(document)
        }
        // Mistakes are the answer, not a failure to give one.
        Err(failure) if failure.code == Code::InvalidConfig => {
            let details = failure.details.as_deref().cloned().unwrap_or_default();
            let diagnostics = &details["diagnostics"];
            Ok(json!({"valid": false, "message": failure.message, "diagnostics": diagnostics}))
        }
        Err(failure) => Err(problem(&failure)),
    }
}
