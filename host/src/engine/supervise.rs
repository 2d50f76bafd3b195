//! A supervisor: one process that owns one attempt, from its start to the last of its descendants.
//!
//! It was started with a claim on the attempt, which the system gives up when it dies and not
//! before. It needs nobody: whoever submitted the request may be long gone.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use crate::model::{
    Actor, AttemptRef, Clock, FailureCode, Handoff, Target, Via, handoff_note, sentence,
};
use crate::process::{Interrupts, adopt_orphans};
use crate::spool::{Found, InvocationFolder, Spool};

use super::closing::{Closing, close};
use super::desk::Desk;
use super::error::EngineError;
use super::exit_file::ExitFile;
use super::house::{Engine, EngineOptions};
use super::launch::Launch;
use super::turn::Turn;

/// See an attempt through to its end. Returns when it is on record.
///
/// # Errors
/// When this process does not hold the claim on the attempt, or its end cannot be put on record.
pub fn supervise(
    state_dir: &Path,
    name: &AttemptRef,
    claim: File,
    clock: Arc<dyn Clock>,
) -> Result<(), EngineError> {
    let spool = Spool::new(state_dir);
    let invocation = spool.invocation(&name.run, name.invocation);
    // Held until this process is gone, and by nobody else: its tools get a standard input of their
    // own.
    let _claim = invocation
        .attempt(name.number)
        .adopt_claim(claim)
        .map_err(EngineError::Spool)?
        .ok_or(EngineError::NotHandedOver)?;
    let (launch, prompt) = match read(&invocation) {
        Ok(read) => read,
        Err(why) => return give_up(state_dir, name, &why, clock),
    };
    let mut engine = Engine::open(EngineOptions {
        settings: launch.settings.clone(),
        config: launch.config.clone(),
        clock,
        env: launch.env.clone(),
        state_dir: state_dir.to_owned(),
        cache_dir: launch.cache_dir.clone(),
        actor: supervisor(),
    })?;
    engine.desk.within = launch.within;
    let prompt = with_note(&invocation, name, prompt);
    work(&engine, &launch, prompt.into(), name, invocation)
}

fn read(invocation: &InvocationFolder) -> Result<(Launch, String), String> {
    let failed = |error: &dyn std::error::Error| format!("failed to {}", sentence(error));
    let launch = match invocation.launch::<Launch>() {
        Ok(Found::Whole(launch)) => launch,
        Ok(Found::Absent) => return Err("its launch.json is gone".to_owned()),
        Ok(Found::Damaged(error)) | Err(error) => return Err(failed(&error)),
    };
    match invocation.prompt() {
        Ok(Some(prompt)) => Ok((launch, prompt)),
        Ok(None) => Err("its prompt is gone".to_owned()),
        Err(error) => Err(failed(&error)),
    }
}

/// The prompt, with a note before it when the attempt finds what another left half done.
fn with_note(invocation: &InvocationFolder, name: &AttemptRef, prompt: String) -> String {
    let Some(before) = name.number.checked_sub(1).filter(|before| *before > 0) else {
        return prompt;
    };
    let exit = invocation.attempt(before).exit::<ExitFile>();
    let Some(exit) = exit.ok().and_then(Found::whole) else {
        return prompt;
    };
    match exit.next.as_ref().filter(|next| next.handoff) {
        Some(next) => {
            handoff_note(&Handoff {
                tried: &next.from,
                outcome: exit.report.outcome,
                code: Some(&next.code),
                changes: exit.changes.as_ref(),
            }) + &prompt
        }
        None => prompt,
    }
}

fn work(
    engine: &Engine,
    launch: &Launch,
    prompt: Arc<str>,
    name: &AttemptRef,
    invocation: InvocationFolder,
) -> Result<(), EngineError> {
    // One thread owns the tool: it dies with the thread that started it, and nothing here waits for
    // anything but the tool.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(EngineError::Runtime)?;
    runtime.block_on(async {
        let mut interrupts = Interrupts::listen().map_err(EngineError::Listen)?;
        adopt_orphans().map_err(EngineError::Runtime)?;
        let turn = Turn {
            engine,
            launch,
            prompt,
            name: name.clone(),
            invocation,
            began: engine.clock().monotonic(),
        };
        turn.take(&mut interrupts).await
    })
}

/// An attempt whose files cannot be read any more is a failed one.
fn give_up(
    state_dir: &Path,
    name: &AttemptRef,
    why: &str,
    clock: Arc<dyn Clock>,
) -> Result<(), EngineError> {
    let desk = Desk::open(state_dir, clock, supervisor())?;
    let target = desk.view(|ledger| {
        let open = ledger.open(&name.run, name.invocation)?;
        Some(open.attempt.as_ref()?.target.clone())
    })?;
    let target: Target = target.ok_or(EngineError::NothingWritten)?;
    let exit = ExitFile::never_ran(name.number, &target, FailureCode::SPAWN_FAILED, why);
    close(&desk, &Closing::new(name, &exit)).map(drop)
}

fn supervisor() -> Actor {
    Actor {
        kind: "system".to_owned(),
        name: "supervisor".to_owned(),
        via: Via::Shim,
    }
}
