//! `tollgate why`: why a request went where it went, on one page.
//!
//! The first lines answer the question; what they rest on follows. All of it is read from the record
//! as it was written then: nothing is decided a second time.

use serde_json::{Value, json};

use super::args::{Global, RunPart};
use super::failure::Failure;
use super::open::Ground;
use super::run::record::OnRecord;
use super::screen::Screen;
use crate::model::PolicyRequest;
use crate::query::{Invocation, InvocationDetail, RunDetail, WarningRow};

mod details;
mod document;
mod summary;

/// Longest name or word of a record that is shown, in characters.
const WIDTH: usize = 100;

/// Longest sentence that is shown, in characters.
const SENTENCE: usize = 300;

/// Requests that are explained at once; the JSON document has all.
const SHOWN: usize = 20;

/// A request with everything that explains it.
struct Case<'r> {
    invocation: &'r Invocation,
    told: InvocationDetail,
    /// What the policies were told when it was last to be taken on.
    asked: Option<PolicyRequest>,
    /// What the user was warned of.
    warnings: Vec<&'r WarningRow>,
}

/// Print it.
pub(super) fn run(part: &RunPart, global: &Global, screen: Screen) -> Result<(), Failure> {
    let ground = Ground::find(global)?;
    let record = OnRecord::open(&ground, screen)?;
    let detail = record.part(part)?;
    if screen.json() {
        screen.document(&explained(&detail, part, &record.warnings));
        return Ok(());
    }
    let cases = cases(&detail, part);
    if cases.is_empty() {
        screen.result(&format!("{}: no request of it is on record", part.run));
    }
    let pages = cases.iter().take(SHOWN).map(|case| {
        let details = details::details(case);
        format!("{}{details}", summary::summary(case))
    });
    let pages: Vec<String> = pages.collect();
    if !pages.is_empty() {
        screen.result(pages.join("\n").trim_end());
    }
    if cases.len() > SHOWN {
        screen.note(&format!(
            "{} more requests; name one: tollgate why {}.i{}",
            cases.len() - SHOWN,
            part.run,
            SHOWN + 1
        ));
    }
    record.tell_missing(&detail, screen);
    screen.note(&format!(
        "tollgate policy explain {} shows all that the policies said",
        part.run
    ));
    Ok(())
}

/// Everything, for programs.
pub(super) fn explained(detail: &RunDetail, part: &RunPart, record_warnings: &[String]) -> Value {
    let cases = cases(detail, part);
    let requests: Vec<Value> = cases.iter().map(document::document).collect();
    json!({
        "run_id": part.run,
        "requests": requests,
        "missing_events": detail.n_missing,
        "record_warnings": record_warnings,
    })
}

fn cases<'r>(detail: &'r RunDetail, part: &RunPart) -> Vec<Case<'r>> {
    let all = detail.view.invocations.iter();
    let chosen = all.filter(|it| part.invocation.is_none_or(|number| number == it.number));
    chosen.map(|it| Case::new(detail, it)).collect()
}

impl<'r> Case<'r> {
    fn new(detail: &'r RunDetail, invocation: &'r Invocation) -> Self {
        let told = detail.of(invocation);
        let asked = told.deciding.at_start().and_then(|judged| {
            // What a later version told cannot be read here; then it is as if it were not kept.
            serde_json::from_value(judged.said.request.clone()?).ok()
        });
        let warnings = detail.view.warnings.iter();
        Self {
            warnings: warnings
                .filter(|it| it.number == invocation.number)
                .collect(),
            invocation,
            told,
            asked,
        }
    }

    /// The models that were asked for and served, attempt by attempt, where they are not the same.
    fn other_models(&self) -> Vec<(u32, String, String)> {
        let differs = self.warnings.iter().filter(|it| it.code == "model_differs");
        differs
            .map(|it| {
                let facts: Value = serde_json::from_str(&it.facts).unwrap_or_default();
                let fact = |name: &str| facts[name].as_str().unwrap_or("unknown").to_owned();
                (it.attempt, fact("requested"), fact("served"))
            })
            .collect()
    }
}
