//! `tollgate run retry`: one more attempt at something that is over.

use std::process::ExitCode;

use crate::cli::args::Global;
use crate::cli::consent::{asking, attended};
use crate::cli::failure::Failure;
use crate::cli::open::{self, Ground};
use crate::cli::screen::Screen;
use crate::engine::{Consent, EngineError, Retry};
use crate::model::InvocationNumber;

use super::args::RetryArgs;
use super::submit;

/// Try it again.
pub(super) fn run(args: &RetryArgs, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    ground.require_trust(&loaded)?;
    let engine = ground.engine(loaded)?;
    engine
        .desk
        .recover(None)
        .map_err(|error| open::engine(&error))?;
    let invocation = match args.invocation {
        Some(one) => one,
        None => last_part(&engine.desk, args)?,
    };
    let mut consent = Consent {
        answer: args.yes.then_some(true),
        attended: attended(screen),
        force: args.over_limits,
    };
    let submitted = asking(&mut consent, &engine.settings, screen, |consent| {
        engine.retry(&Retry {
            run: args.run.clone(),
            invocation,
            force: args.force,
            consent,
            justification: args.justification.clone(),
        })
    })?;
    for remark in &submitted.remarks {
        screen.warn(&remark.message);
    }
    submit::tell(&submitted, screen);
    Ok(ExitCode::SUCCESS)
}

fn last_part(desk: &crate::engine::Desk, args: &RetryArgs) -> Result<InvocationNumber, Failure> {
    let last = desk.view(|ledger| {
        let known = ledger.run(&args.run)?;
        known.parts.keys().next_back().copied()
    });
    last.map_err(|error| open::engine(&error))?
        .map(InvocationNumber)
        .ok_or_else(|| {
            open::engine(&EngineError::NoSuchRun {
                run: args.run.clone(),
            })
        })
}
