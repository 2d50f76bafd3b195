//! `tollgate run show`: one run with everything in it.

use std::fmt::Write as _;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::Value;

use crate::cli::args::Global;
use crate::cli::escape::one_line;
use crate::cli::failure::Failure;
use crate::cli::open::Ground;
use crate::cli::policy::explain;
use crate::cli::screen::Screen;
use crate::cli::stats;
use crate::model::{Basis, Clock as _, MicroUsd, RunId, SystemClock, TaskId};
use crate::query::{
    Attempt, AttemptDetail, Invocation, InvocationDetail, Money, RunDetail, WarningRow,
};

use super::record::OnRecord;
use super::{document, words};

/// Longest name or word of a record that is shown.
const WIDTH: usize = 100;

/// Print it.
pub(super) fn run(run: &RunId, global: &Global, screen: Screen) -> Result<ExitCode, Failure> {
    let ground = Ground::find(global)?;
    let record = OnRecord::open(&ground, screen)?;
    let detail = record.run(run)?;
    if screen.json() {
        screen.document(&document::detail(&detail, &record.warnings));
        return Ok(ExitCode::SUCCESS);
    }
    screen.result(page(&detail, SystemClock.now()).trim_end());
    record.tell_missing(&detail, screen);
    screen.note(&format!("tollgate why {run} tells how it was decided"));
    Ok(ExitCode::SUCCESS)
}

/// Everything, for people.
fn page(detail: &RunDetail, now: Timestamp) -> String {
    let mut text = header(detail, now);
    for invocation in &detail.view.invocations {
        text.push('\n');
        text.push_str(&request(detail, invocation));
    }
    if !detail.view.warnings.is_empty() {
        text.push_str("\nWarnings\n");
    }
    for warning in &detail.view.warnings {
        text.push_str(&format!("  {}\n", warned(warning)));
    }
    text
}

fn header(detail: &RunDetail, now: Timestamp) -> String {
    let run = &detail.view.run;
    let mut text = format!("{} · {}\n\n", run.run, words::status(run));
    let mut fact = |name: &str, value: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<10} {value}");
    };
    fact("Agent", one_line(&run.agent, WIDTH));
    if let Some(workflow) = &run.workflow {
        let n_steps = run.n_steps.unwrap_or(0);
        let plural = if n_steps == 1 { "" } else { "s" };
        let workflow = one_line(workflow, WIDTH);
        fact("Workflow", format!("{workflow}, {n_steps} step{plural}"));
    }
    if !run.tasks.is_empty() {
        let names: Vec<&str> = run.tasks.iter().map(TaskId::as_str).collect();
        fact("Tasks", one_line(&names.join(", "), WIDTH * 4));
    }
    let at = run.started_at;
    let ago = words::ago(at, now);
    fact("Started", format!("{} ({ago})", words::moment(at)));
    fact("Took", words::took(run, now));
    let tokens = words::tokens(run.total_tokens(), run.exactness());
    fact("Tokens", tokens);
    fact("Cost", words::cost(&run.cost()));
    text
}

/// One request and its attempts.
fn request(detail: &RunDetail, invocation: &Invocation) -> String {
    let told = detail.of(invocation);
    let state = invocation.state();
    let mut title = one_line(&InvocationDetail::name(invocation), WIDTH);
    if invocation.step.is_some() {
        title = format!("{title} ({})", invocation.number);
    }
    let mut text = format!("{title} · {}", words::state(Some(state)));
    if let Some(millis) = invocation.duration_ms.filter(|_| state.is_terminal()) {
        text.push_str(&format!(" in {}", stats::duration(millis)));
    }
    text.push('\n');
    text.push_str(&target(invocation, &told));
    text.push_str(&ruling(&told));
    if !told.follows.is_empty() {
        let names: Vec<String> = told.follows.iter().map(ToString::to_string).collect();
        text.push_str(&format!("  follows {}\n", names.join(", ")));
    }
    if invocation.attempts.is_empty() {
        text.push_str("  no attempt yet\n");
    }
    for (number, attempt) in &invocation.attempts {
        text.push_str(&process(*number, attempt, &told.attempt(*number)));
        if let Some(money) = told.deciding.money(*number).and_then(set_aside) {
            text.push_str(&format!("      {money}\n"));
        }
    }
    text
}

/// Who asked whom, and why.
fn target(invocation: &Invocation, told: &InvocationDetail) -> String {
    let agent = one_line(&invocation.agent, WIDTH);
    let Some(target) = told.chosen.as_ref().or(invocation.target.as_ref()) else {
        return String::new();
    };
    let target = one_line(&target.to_string(), WIDTH);
    let why = told.reason.as_ref().map(|reason| reason.message.as_str());
    let why = why.or(invocation.reason_code.as_deref());
    let why = why.map_or_else(String::new, |why| format!(" ({})", one_line(why, WIDTH)));
    let mut text = format!("  {agent} → {target}{why}\n");
    for (next, code) in &told.fell_back {
        let next = one_line(&next.to_string(), WIDTH);
        text.push_str(&format!("  then → {next} (fallback: {})\n", code.as_str()));
    }
    text
}

/// What came of asking the policies, in one line; nothing where none was asked.
fn ruling(told: &InvocationDetail) -> String {
    let Some(judged) = told.deciding.at_start() else {
        return String::new();
    };
    if judged.said.opinions.is_empty() {
        return String::new();
    }
    let ruling = one_line(&explain::ruling(&judged.said), 2 * WIDTH);
    format!("  policies: {ruling}\n")
}

/// What was set aside for an attempt, and what counts for it.
fn set_aside(money: &Money) -> Option<String> {
    let aside = MicroUsd(money.last.as_ref()?.amounts.uusd);
    if let Some(why) = &money.released {
        let why = one_line(why, 40).replace('_', " ");
        return Some(format!(
            "{aside} was set aside, and nothing of it counts ({why})"
        ));
    }
    let Some(settled) = &money.settled else {
        return Some(format!("{aside} is set aside"));
    };
    let counts = MicroUsd(settled.amounts.uusd);
    let assumed = match settled.basis {
        Basis::Unknown => ", as its cost is not known exactly",
        _ => "",
    };
    let over = settled.overrun_uusd;
    let over = over.map_or_else(String::new, |over| format!("; {over} beyond it"));
    Some(format!(
        "{aside} was set aside, {counts} counts{assumed}{over}"
    ))
}

/// One attempt: a line, and more where there is more to say.
fn process(number: u32, attempt: &Attempt, told: &AttemptDetail) -> String {
    let target = one_line(&attempt.target.to_string(), WIDTH);
    let mut text = format!(
        "  a{number}  {target}  {}\n",
        ended(attempt, told).join(" · ")
    );
    for line in more(attempt, told) {
        text.push_str(&format!("      {line}\n"));
    }
    text
}

/// Where it stands, how it ended, what it used.
fn ended(attempt: &Attempt, told: &AttemptDetail) -> Vec<String> {
    let mut state = words::state(attempt.state);
    if let Some(code) = &attempt.failure_code {
        state.push_str(&format!(" ({})", code.as_str()));
    }
    if let Some(millis) = attempt.duration_ms {
        state.push_str(&format!(" in {}", stats::duration(millis)));
    }
    let mut parts = vec![state];
    let over = attempt.outcome.is_some();
    if !attempt.spawned {
        parts.push("nothing was started".to_owned());
        return parts;
    }
    if let Some(pid) = told.pid.filter(|_| !over) {
        parts.push(format!("process {pid}"));
    }
    parts.extend(attempt.exit_code.map(|code| format!("exit status {code}")));
    parts.extend(
        attempt
            .signal
            .map(|signal| format!("killed by signal {signal}")),
    );
    if over || attempt.usage.is_known() {
        let total = attempt.usage.total();
        parts.push(words::tokens_said(total, attempt.exactness));
        parts.push(stats::cost(&attempt.cost));
    }
    parts
}

/// What else there is to say about it, line by line.
fn more(attempt: &Attempt, told: &AttemptDetail) -> Vec<String> {
    let mut lines = Vec::new();
    if told.was_stopped(attempt) {
        lines.push(stopped(told));
    }
    if let Some(reason) = attempt.lost_reason {
        lines.push(format!("nobody saw its end: {}", words::lost(reason)));
    }
    match attempt.swept {
        0 => {}
        1 => lines.push("1 process that it left behind was ended".to_owned()),
        n => lines.push(format!("{n} processes that it left behind were ended")),
    }
    let mut facts = Vec::new();
    let served = attempt.served_model.as_deref();
    if let Some(model) = served.filter(|model| *model != attempt.target.model.as_str()) {
        facts.push(format!("served by {}", one_line(model, WIDTH)));
    }
    if let Some(session) = &attempt.session_id {
        facts.push(format!("session {}", one_line(session.as_str(), WIDTH)));
    }
    match attempt.tree_empty {
        Some(true) => facts.push("no process of it is left".to_owned()),
        Some(false) => facts.push("processes of it may be left".to_owned()),
        None => {}
    }
    if !facts.is_empty() {
        lines.push(facts.join(" · "));
    }
    lines
}

fn stopped(told: &AttemptDetail) -> String {
    let bounded = |words: &[String]| -> Vec<String> {
        let mut words: Vec<String> = words.iter().map(|it| one_line(it, 40)).collect();
        words.dedup();
        words
    };
    let mut line = "a stop was asked for".to_owned();
    let reasons = bounded(&told.stop_reasons);
    if !reasons.is_empty() {
        line.push_str(&format!(" ({})", reasons.join(", ")));
    }
    let signals = bounded(&told.signals);
    if !signals.is_empty() {
        line.push_str(&format!("; sent {}", signals.join(", ")));
    }
    line
}

/// A warning with its facts, which are counts and names.
fn warned(warning: &WarningRow) -> String {
    let mut place = warning.number.to_string();
    if warning.attempt > 0 {
        place.push_str(&format!(".a{}", warning.attempt));
    }
    let facts: serde_json::Map<String, Value> =
        serde_json::from_str(&warning.facts).unwrap_or_default();
    let facts: Vec<String> = facts
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name} {text}"),
            value => format!("{name} {value}"),
        })
        .collect();
    let facts = one_line(&facts.join(", "), 2 * WIDTH);
    let code = one_line(&warning.code, WIDTH);
    if facts.is_empty() {
        format!("{place}  {code}")
    } else {
        format!("{place}  {code}: {facts}")
    }
}
