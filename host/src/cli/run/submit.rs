//! `tollgate run submit`: on record and on its way, before this command returns.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::args::Global;
use crate::cli::consent::{asking, consent};
use crate::cli::exec;
use crate::cli::failure::Failure;
use crate::cli::narrate::Narrator;
use crate::cli::open::Ground;
use crate::cli::screen::Screen;
use crate::engine::{Progress, Submission, Submitted, Watcher as _};
use crate::model::IdempotencyKey;

use super::args::SubmitArgs;

/// Hand the request over.
pub(super) fn run(args: &SubmitArgs, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let loaded = ground.load(screen)?;
    ground.require_trust(&loaded)?;
    let asked = &args.request;
    let mut request = exec::request(asked, &ground)?;
    // Whoever follows sees it as it is written; and what is told on the way is on record when it is
    // cut off.
    request.live_text = true;
    if let Some(warning) = exec::unknown_task_type(asked, &loaded.settings) {
        screen.warn(&warning.message);
    }
    let engine = ground.engine(loaded)?;
    request.consent = consent(asked, screen);
    let mut consent = request.consent;
    let mut submission = Submission {
        run: asked.run.clone(),
        key: args.key.as_deref().map(IdempotencyKey::new),
        ..Submission::new(request, true)
    };
    let submitted = asking(&mut consent, &engine.settings, screen, |consent| {
        submission.request.consent = consent;
        engine.desk.recover(None)?;
        engine.submit(&submission)
    })?;
    for remark in &submitted.remarks {
        screen.warn(&remark.message);
    }
    if !submitted.replayed {
        let mut narrator = Narrator::new(screen, &asked.agent);
        narrator.see(Progress::Routed(Box::new(submitted.decision.clone())));
    }
    tell(&submitted, screen);
    Ok(ExitCode::SUCCESS)
}

/// The name of the run on stdout, so that a script can take it; everything else beside it.
pub(super) fn tell(submitted: &Submitted, screen: Screen) {
    let name = &submitted.first;
    if screen.json() {
        screen.document(&document(submitted));
        return;
    }
    screen.result(name.run.as_str());
    if submitted.replayed {
        screen.note("submitted before with this key; nothing new was started");
    } else if submitted.started {
        screen.note(&format!("started · tollgate run logs -f {}", name.run));
    } else {
        screen.note(&format!(
            "waiting for a free slot · tollgate run logs -f {}",
            name.run
        ));
    }
}

/// The same, for programs.
pub(in crate::cli) fn document(submitted: &Submitted) -> Value {
    let name = &submitted.first;
    let state = match (submitted.replayed, submitted.started) {
        (true, _) => "known",
        (false, true) => "starting",
        (false, false) => "queued",
    };
    json!({
        "run_id": name.run,
        "invocation_id": name.invocation_id(),
        "state": state,
        "replayed": submitted.replayed,
        "tool": submitted.decision.target.tool,
        "model": submitted.decision.target.model,
        "reason": submitted.decision.reason,
    })
}
