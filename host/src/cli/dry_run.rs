//! `tollgate exec --dry-run`: where a request would go, what the policies say to it, and what it
//! would set aside. Nothing is run and nothing is recorded.

use std::process::ExitCode;

use serde_json::json;

use crate::engine::{ExecRequest, Obstacle, Preview, preview};
use crate::model::MicroUsd;
use crate::settings::Loaded;

use super::escape::one_line;
use super::failure::Failure;
use super::narrate::explain;
use super::open::{self, Ground};
use super::screen::Screen;
use super::{opinions, refusal};

/// Weigh the request and say how it went.
pub(super) fn run(
    request: &ExecRequest,
    loaded: Loaded,
    ground: &Ground,
    screen: Screen,
) -> Result<ExitCode, Failure> {
    let options = ground.options(loaded);
    let preview = preview(&options, request).map_err(|error| open::engine(&error))?;
    if screen.json() {
        screen.document(&document(&preview));
        return Ok(ExitCode::SUCCESS);
    }
    let decision = &preview.decision;
    screen.result(&format!(
        "{} ({})",
        decision.target, decision.reason.message
    ));
    if let Some(tokens) = decision.prompt_tokens {
        let cost = decision.estimate.map_or_else(
            || "at no known price".to_owned(),
            |cost| format!("~{cost} for the input"),
        );
        screen.say(&format!("about {tokens} tokens, {cost}"));
    }
    if let Some(reserve) = preview.reserve_uusd {
        screen.say(&format!("would set aside {}", MicroUsd(reserve)));
    }
    explain(decision, screen);
    for line in opinions::lines(&preview.judged) {
        screen.say(&format!("  {line}"));
    }
    for remark in &preview.remarks {
        screen.warn(&one_line(&remark.message, 400));
    }
    match &preview.obstacle {
        None => {}
        Some(Obstacle::Denied(denied)) => {
            let failure = refusal::denied(denied);
            if let Some(report) = &failure.report {
                screen.say(report);
            }
            screen.warn(&format!("it would be refused: {}", failure.message));
        }
        Some(Obstacle::Questions(questions)) => {
            for (policy, question) in questions {
                let title = one_line(&question.title, 240);
                screen.warn(&format!("policy '{policy}' would ask: {title}"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn document(preview: &Preview) -> serde_json::Value {
    let (would, questions) = match &preview.obstacle {
        None => ("run", None),
        Some(Obstacle::Denied(_)) => ("refuse", None),
        Some(Obstacle::Questions(questions)) => ("ask", Some(questions)),
    };
    let refusal = match &preview.obstacle {
        Some(Obstacle::Denied(denied)) => Some(refusal::denied(denied).document()),
        _ => None,
    };
    json!({
        "dry_run": true,
        "would": would,
        "decision": preview.decision,
        "policies": preview.judged,
        "reserve_usd_micros": preview.reserve_uusd,
        "questions": questions,
        "refusal": refusal,
        "warnings": preview.remarks,
    })
}
