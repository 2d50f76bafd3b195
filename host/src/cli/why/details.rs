//! What the first lines rest on: every candidate, every policy, every limit, every attempt. Pure.

use crate::cli::escape::one_line;
use crate::cli::limits::{amount, counted, percent};
use crate::cli::opinions;
use crate::cli::policy::explain::ruling;
use crate::cli::run::words;
use crate::cli::table::Table;
use crate::model::{Candidate, MicroUsd, Phase, PolicyTarget, PolicyWindow};
use crate::query::LimitEvent;

use super::{Case, SENTENCE};

/// Rows of a table; the JSON document has all.
const ROWS: usize = 40;

/// The tables below the first lines.
pub(super) fn details(case: &Case<'_>) -> String {
    let mut text = String::new();
    let mut part = |title: &str, body: String| {
        if !body.is_empty() {
            let body: String = body.lines().map(|line| format!("  {line}\n")).collect();
            text.push_str(&format!("\n{title}\n{body}"));
        }
    };
    part("Targets that were looked at", candidates(case));
    part(
        "What the policies said before it was taken on",
        policies(case),
    );
    part("What they said later", later(case));
    part(
        "Limits, as they stood when the policies were asked",
        windows(case),
    );
    part("Attempts", attempts(case));
    part("What else limits did", limits(case));
    text
}

fn candidates(case: &Case<'_>) -> String {
    let Some(decided) = case.told.deciding.decided.last() else {
        return String::new();
    };
    let mut table = Table::new(["Target", "Looked at as", "Estimate", "Came of it", "Why"]);
    for it in decided.candidates.iter().take(ROWS) {
        let (came, why) = outcome(case, it);
        table.row([
            it.target.to_string(),
            it.origin.replace('_', " "),
            estimate(case, it),
            came,
            why,
        ]);
    }
    let mut text = table.to_string();
    let earlier = case.told.deciding.decided.len() - 1;
    if earlier > 0 {
        text.push_str(&format!("\nthe last of {} decisions", earlier + 1));
    }
    text
}

fn outcome(case: &Case<'_>, it: &Candidate) -> (String, String) {
    if let Some(rejected) = &it.rejected {
        let why = one_line(&rejected.message, SENTENCE);
        return (rejected.code.replace('_', " "), why);
    }
    let chosen = case.told.deciding.decided.last();
    match chosen.is_some_and(|decided| decided.target == it.target) {
        true => ("chosen".to_owned(), String::new()),
        false => (
            "in reserve".to_owned(),
            "if the one before fails".to_owned(),
        ),
    }
}

/// What it would cost there, as the policies were told.
fn estimate(case: &Case<'_>, it: &Candidate) -> String {
    let targets = case.asked.as_ref().map(|asked| asked.targets.iter());
    let is_it = |told: &&PolicyTarget| {
        told.tool == it.target.tool.as_str() && told.model == it.target.model.as_str()
    };
    let told = targets.and_then(|mut targets| targets.find(is_it));
    let uusd = told.and_then(|told| told.estimate_uusd);
    uusd.map_or_else(|| "?".to_owned(), |uusd| format!("~{}", MicroUsd(uusd)))
}

fn policies(case: &Case<'_>) -> String {
    let judged = case.told.deciding.at_start();
    judged.map_or_else(String::new, |it| opinions::lines(&it.said).join("\n"))
}

fn later(case: &Case<'_>) -> String {
    let judged = case.told.deciding.judged.iter();
    let later = judged.filter(|it| it.said.phase != Phase::RunStart);
    let lines: Vec<String> = later
        .take(ROWS)
        .map(|it| {
            let names = it.said.opinions.iter().map(|it| it.policy.as_str());
            let names: Vec<&str> = names.collect();
            format!(
                "{:<10} {} (asked: {})",
                it.said.phase.as_str(),
                ruling(&it.said),
                one_line(&names.join(", "), SENTENCE)
            )
        })
        .collect();
    lines.join("\n")
}

fn windows(case: &Case<'_>) -> String {
    let Some(asked) = &case.asked else {
        return match case.told.deciding.at_start() {
            Some(_) => "what the policies were told is not kept".to_owned(),
            None => String::new(),
        };
    };
    if asked.windows.is_empty() {
        return "it fell under no limit".to_owned();
    }
    let mut table = Table::new([
        "Limit",
        "Covers",
        "Per",
        "Kind",
        "Spent",
        "Set aside",
        "Wanted",
        "Cap",
        "Share before",
    ]);
    for it in asked.windows.iter().take(ROWS) {
        table.row(window(it));
    }
    table.to_string()
}

fn window(it: &PolicyWindow) -> [String; 9] {
    let show = |much| amount(&it.metric, much);
    let taken = it.settled.saturating_add(it.reserved);
    [
        it.name.clone(),
        it.scope.clone(),
        it.period.clone(),
        if it.hard { "hard" } else { "soft" }.to_owned(),
        show(it.settled),
        show(it.reserved),
        it.wanted.map_or_else(|| "unknown".to_owned(), show),
        format!("{}{}", show(it.cap), counted(&it.metric)),
        format!("{} %", percent(taken, it.cap)),
    ]
}

fn attempts(case: &Case<'_>) -> String {
    if case.invocation.attempts.is_empty() {
        return "none: nothing was started".to_owned();
    }
    let mut table = Table::new([
        "Attempt",
        "Target",
        "Served by",
        "Ended",
        "Set aside",
        "Cost",
        "Counts as",
    ]);
    for (number, it) in case.invocation.attempts.iter().take(ROWS) {
        let code = it.failure_code.as_ref();
        let code = code.map_or_else(String::new, |code| format!(" ({})", code.as_str()));
        table.row([
            format!("a{number}"),
            it.target.to_string(),
            it.served_model.clone().unwrap_or_else(|| "-".to_owned()),
            format!("{}{code}", words::state(it.state)),
            aside(case, *number),
            if it.spawned {
                words::cost(&it.cost)
            } else {
                "-".to_owned()
            },
            counts_as(case, *number),
        ]);
    }
    table.to_string()
}

/// What was set aside at first, and last where it grew.
fn aside(case: &Case<'_>, number: u32) -> String {
    let money = case.told.deciding.money(number);
    let first = money.and_then(|it| it.first.as_ref());
    let last = money.and_then(|it| it.last.as_ref());
    let uusd = |it: &crate::model::BudgetReserved| MicroUsd(it.amounts.uusd);
    match (first.map(uusd), last.map(uusd)) {
        (Some(first), Some(last)) if first != last => format!("{first}, then {last}"),
        (_, Some(last)) => last.to_string(),
        _ => "-".to_owned(),
    }
}

/// What limits count for it.
fn counts_as(case: &Case<'_>, number: u32) -> String {
    let Some(money) = case.told.deciding.money(number) else {
        return "-".to_owned();
    };
    if let Some(settled) = &money.settled {
        let assumed = match settled.basis {
            crate::model::Basis::Unknown => " assumed",
            _ => "",
        };
        return format!("{}{assumed}", MicroUsd(settled.amounts.uusd));
    }
    match &money.released {
        Some(why) => format!("nothing ({})", one_line(why, 40).replace('_', " ")),
        None => "what is set aside".to_owned(),
    }
}

fn limits(case: &Case<'_>) -> String {
    let line = |it: &LimitEvent| {
        let (stand, what) = match it {
            LimitEvent::Warned(it) => (&it.stand, format!("came near: {} %", it.percent)),
            LimitEvent::Denied(it) => {
                let what = one_line(&it.what, 40);
                (&it.stand, format!("did not allow: {what}"))
            }
            LimitEvent::Overridden(it) => (&it.stand, "was passed knowingly".to_owned()),
        };
        let show = |much| amount(&stand.metric, much);
        format!(
            "{} {what} ({} of {} taken, {} wanted)",
            one_line(&stand.limit, 60),
            show(stand.taken),
            show(stand.cap),
            show(stand.wanted)
        )
    };
    let lines: Vec<String> = case
        .told
        .deciding
        .limits
        .iter()
        .take(ROWS)
        .map(line)
        .collect();
    lines.join("\n")
}
