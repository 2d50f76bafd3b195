//! `tollgate run cancel` and `run kill`: until nothing of the runs is left.

use std::process::ExitCode;

use serde_json::json;

use crate::cli::args::Global;
use crate::cli::escape::one_line;
use crate::cli::failure::{Code, Failure};
use crate::cli::open::{self, Ground};
use crate::cli::screen::Screen;
use crate::engine::{self, Cancel, Cancelled, Desk, EngineError, Follow, Progress, Watcher};
use crate::model::{AttemptState, InvocationNumber, RunId};

use super::args::CancelArgs;

/// Stop them, one after the other.
pub(super) fn run(
    args: &CancelArgs,
    kill: bool,
    global: &Global,
    screen: Screen,
) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let desk = ground.desk()?;
    let limits = ground.limits();
    desk.recover(limits.as_ref())
        .map_err(|error| open::engine(&error))?;
    let mut ended = Vec::new();
    for run in &args.runs {
        let cancel = Cancel {
            run: run.clone(),
            invocation: args.invocation,
            kill,
            reason: "interrupt",
        };
        let cancelled = desk.cancel(&cancel).map_err(|error| open::engine(&error))?;
        ended.push((run, cancelled));
    }
    // The wishes are all on record before anybody is waited for.
    let mut documents = Vec::new();
    for (run, cancelled) in &ended {
        if cancelled.was_over {
            refuse_if_over(&desk, run)?;
        }
        if !args.no_wait {
            watch(&desk, run, cancelled, screen)?;
        }
        documents.push(tell(&desk, run, cancelled, screen)?);
    }
    if screen.json() {
        screen.document(&json!({ "runs": documents }));
    }
    Ok(ExitCode::SUCCESS)
}

/// A run that was cancelled stays so, however often it is asked; one that ended otherwise cannot be.
fn refuse_if_over(desk: &Desk, run: &RunId) -> Result<(), Failure> {
    let states = states(desk, run)?;
    if states
        .iter()
        .any(|(_, state)| *state == AttemptState::Cancelled)
    {
        return Ok(());
    }
    let how = states
        .last()
        .map_or("over", |(_, state)| state.as_str())
        .replace('_', " ");
    Err(Failure::new(
        Code::RunOver,
        format!("run {run} is over already: {how}"),
    ))
}

fn states(desk: &Desk, run: &RunId) -> Result<Vec<(InvocationNumber, AttemptState)>, Failure> {
    let states = desk.view(|ledger| {
        let known = ledger.run(run)?;
        let parts = known.parts.iter();
        Some(
            parts
                .map(|(number, part)| (InvocationNumber(*number), part.state))
                .collect(),
        )
    });
    states
        .map_err(|error| open::engine(&error))?
        .ok_or_else(|| open::engine(&EngineError::NoSuchRun { run: run.clone() }))
}

/// Show the steps as they are taken, until all that was asked to stop is gone.
fn watch(desk: &Desk, run: &RunId, cancelled: &Cancelled, screen: Screen) -> Result<(), Failure> {
    if !cancelled.already.is_empty() {
        screen.note("it is being stopped already; so far:");
    }
    let stopping = cancelled.requested.iter().chain(&cancelled.already);
    for name in stopping {
        let mut follow = Follow {
            run,
            invocation: name.invocation,
            limits: None,
            interrupts: None,
        };
        let mut steps = Steps { screen };
        engine::look_on(desk.follow(&mut follow, &mut steps))
            .map_err(|error| open::engine(&error))?;
    }
    Ok(())
}

/// Shows how it is stopped, and nothing else of what it says.
struct Steps {
    screen: Screen,
}

impl Watcher for Steps {
    fn see(&mut self, progress: Progress) {
        match progress {
            Progress::Signalled { signal } => {
                self.screen.note(&format!("sent {}", one_line(&signal, 16)));
            }
            Progress::Warning(warning)
                if matches!(warning.code.as_str(), "swept" | "tree_not_empty") =>
            {
                self.screen.note(&one_line(&warning.message, 200));
            }
            _ => {}
        }
    }
}

fn tell(
    desk: &Desk,
    run: &RunId,
    cancelled: &Cancelled,
    screen: Screen,
) -> Result<serde_json::Value, Failure> {
    let states = states(desk, run)?;
    let words: Vec<String> = states
        .iter()
        .map(|(number, state)| format!("{number} {}", state.as_str().replace('_', " ")))
        .collect();
    let shown = match words.as_slice() {
        [_] => states[0].1.as_str().replace('_', " "),
        words => words.join(", "),
    };
    if !screen.json() {
        screen.result(&format!("{run}: {shown}"));
    }
    Ok(json!({
        "run_id": run,
        "requested": cancelled.requested.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "withdrawn": cancelled.withdrawn.iter().map(|(name, ..)| name.to_string()).collect::<Vec<_>>(),
        "already": cancelled.already.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "states": states
            .iter()
            .map(|(number, state)| json!({"invocation": number, "state": state}))
            .collect::<Vec<_>>(),
    }))
}
