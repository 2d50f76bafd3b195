//! `tollgate run wait`: until a run is over; its answer, and its exit status.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use crate::cli::args::Global;
use crate::cli::exec;
use crate::cli::failure::{Code, Failure};
use crate::cli::open::{self, Ground};
use crate::cli::screen::Screen;
use crate::engine::{self, Desk, EngineError, Follow, Unwatched};
use crate::model::{AttemptOutcome, AttemptRef, Concurrency, InvocationNumber, RunId, RunStatus};

use super::args::WaitArgs;

/// Wait for it.
pub(super) fn run(args: &WaitArgs, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let desk = ground.desk()?;
    let limits = ground.limits();
    desk.recover(limits.as_ref())
        .map_err(|error| open::engine(&error))?;
    // For its error: a run that is not known is not waited for.
    drop(parts(&desk, &args.run)?);
    let all = wait_for_all(&desk, &args.run, limits.as_ref());
    let waited = engine::look_on(async {
        match args.timeout {
            None => all.await.map(|()| true),
            Some(limit) => engine::within(limit, all).await,
        }
    });
    if !waited.map_err(|error| open::engine(&error))? {
        return Err(too_long(&args.run, args.timeout.unwrap_or_default()));
    }
    conclude(&desk, &args.run, screen)
}

/// The invocations of a run that is remembered.
pub(super) fn parts(desk: &Desk, run: &RunId) -> Result<Vec<InvocationNumber>, Failure> {
    let parts = desk.view(|ledger| {
        let known = ledger.run(run)?;
        Some(known.parts.keys().map(|it| InvocationNumber(*it)).collect())
    });
    parts
        .map_err(|error| open::engine(&error))?
        .ok_or_else(|| open::engine(&EngineError::NoSuchRun { run: run.clone() }))
}

/// Wait for every part, those that a workflow adds meanwhile too.
async fn wait_for_all(
    desk: &Desk,
    run: &RunId,
    limits: Option<&Concurrency>,
) -> Result<(), EngineError> {
    let mut next = InvocationNumber(1);
    while desk.next_part(run, next).await? {
        let mut follow = Follow {
            run,
            invocation: next,
            limits,
            interrupts: None,
        };
        desk.follow(&mut follow, &mut Unwatched).await?;
        next.0 += 1;
    }
    Ok(())
}

/// The answer of a run with one request, as `exec` would have printed it; else how each ended.
fn conclude(desk: &Desk, run: &RunId, screen: Screen) -> Result<ExitCode, Failure> {
    let parts = parts(desk, run)?;
    if let [only] = parts.as_slice() {
        let name = AttemptRef {
            run: run.clone(),
            invocation: *only,
            number: 1,
        };
        if let Some(report) = desk.report_kept(&name) {
            if let Some(answer) = report.output.as_deref().filter(|_| !screen.json()) {
                let end = if answer.ends_with('\n') { "" } else { "\n" };
                screen.answer(&format!("{answer}{end}"));
            }
            return exec::conclude(&report, screen);
        }
    }
    let known = desk.view(|ledger| ledger.run(run).cloned());
    let known = known
        .map_err(|error| open::engine(&error))?
        .ok_or_else(|| open::engine(&EngineError::NoSuchRun { run: run.clone() }))?;
    for (number, part) in &known.parts {
        let name = part.step.clone().unwrap_or_else(|| format!("i{number}"));
        screen.say(&format!(
            "{name}: {}",
            part.state.as_str().replace('_', " ")
        ));
    }
    let status = known.status();
    if screen.json() {
        screen.document(&json!({ "run_id": run, "status": status }));
    } else {
        screen.note(&format!("{run} · {}", status.as_str()));
    }
    let outcome = match status {
        RunStatus::Done => AttemptOutcome::Done,
        RunStatus::Cancelled => AttemptOutcome::Cancelled,
        RunStatus::Submitted | RunStatus::Running | RunStatus::Interrupted | RunStatus::Failed => {
            AttemptOutcome::Failed
        }
    };
    Ok(ExitCode::from(engine::exit_code(outcome)))
}

fn too_long(run: &RunId, limit: Duration) -> Failure {
    Failure::new(
        Code::TimedOut,
        format!("run {run} is not over after {} s", limit.as_secs_f64()),
    )
    .hint("it goes on; only the waiting is over")
}
