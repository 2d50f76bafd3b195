//! What waits for a person, most urgent first. It points; it decides nothing.

use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::cli::breaker;
use crate::cli::failure::Failure;
use crate::cli::run::document;
use crate::cli::run::record::OnRecord;
use crate::cli::screen::Screen;
use crate::model::RunStatus;
use crate::query::RunRow;

use super::house::House;

/// A tool that writes nothing for so long may hang, in milliseconds.
const QUIET: u64 = 5 * 60 * 1_000;

/// Failures are news for so long, in hours.
const NEWS: i64 = 24;

/// At most so many of a kind.
const OF_A_KIND: usize = 5;

/// The list.
pub(super) fn needs(
    (house, record): (&House, &OnRecord),
    newest: &[RunRow],
    cards: &[Value],
    budgets: &Result<Value, Failure>,
    now: Timestamp,
) -> Vec<Value> {
    let mut needs = Vec::new();
    needs.extend(quiet(cards));
    match budgets {
        Ok(budgets) => needs.extend(limits(budgets)),
        Err(failure) => needs.push(need(
            "config",
            "the configuration cannot be used",
            &failure.message,
        )),
    }
    needs.extend(breakers(house));
    needs.extend(failed(record, newest, now));
    needs.extend(super::board::needs(house));
    if let Some(problem) = house.upkeep.problem() {
        needs.push(need("record", "the newest events may be missing", &problem));
    }
    needs.extend(house.telling.needs());
    needs
}

fn need(kind: &str, title: &str, detail: &str) -> Value {
    json!({ "kind": kind, "title": title, "detail": detail })
}

fn quiet(cards: &[Value]) -> Vec<Value> {
    let is_quiet = |card: &&Value| card["quiet_ms"].as_u64().is_some_and(|ms| ms > QUIET);
    let quiet = cards.iter().filter(is_quiet).take(OF_A_KIND);
    quiet
        .map(|card| {
            let minutes = card["quiet_ms"].as_u64().unwrap_or(0) / 60_000;
            let run = card["run_id"].as_str().unwrap_or_default();
            let mut it = need(
                "quiet",
                &format!("{run} has written nothing for {minutes} minutes"),
                "it may hang, or think; its log tells more",
            );
            it["run_id"] = card["run_id"].clone();
            it
        })
        .collect()
}

fn limits(budgets: &Value) -> Vec<Value> {
    let limits = budgets["limits"].as_array().into_iter().flatten();
    limits
        .filter_map(|limit| {
            let percent = limit["percent"].as_u64()?;
            let warn = limit["warn_percent"].as_u64().unwrap_or(80);
            (percent >= warn).then(|| {
                let name = limit["limit"].as_str().unwrap_or_default();
                let kind = limit["kind"].as_str().unwrap_or_default();
                need(
                    "budget",
                    &format!("limit '{name}' is used to {percent} %"),
                    &format!("it is a {kind} limit; what is set aside counts"),
                )
            })
        })
        .take(OF_A_KIND)
        .collect()
}

fn breakers(house: &House) -> Vec<Value> {
    let document = Screen::captured(|screen| {
        breaker::run(
            &crate::cli::args::BreakerCommand::List,
            &house.global,
            screen,
        )
    });
    let document = document.unwrap_or_default();
    let open = document["breakers"].as_array().into_iter().flatten();
    open.filter(|it| it["state"] != json!("closed"))
        .take(OF_A_KIND)
        .map(|it| {
            let key = it["key"].as_str().unwrap_or_default();
            let code = it["code"].as_str().unwrap_or_default();
            let until = match it["until"].as_str() {
                Some(_) => "",
                None => ", until somebody resets it",
            };
            let mut need = need(
                "breaker",
                &format!("{key} is kept from use"),
                &format!("{code}{until}"),
            );
            need["until"] = it["until"].clone();
            need
        })
        .collect()
}

/// The code of its last failure, or the policy that refused it.
fn why(record: &OnRecord, run: &RunRow) -> Option<String> {
    let detail = document::detail(&record.run(&run.run).ok()?, &[]);
    let parts = detail["invocations"].as_array()?;
    let part = parts.iter().rev().find(|it| it["state"] != "done")?;
    let attempt = part["attempts"].as_array().and_then(|all| all.last());
    let text = |it: &Value| it.as_str().map(str::to_owned);
    let code =
        attempt.and_then(|it| text(&it["failure_code"]).or_else(|| text(&it["lost_reason"])));
    let refused = || {
        let by = text(&part["policies"]["by"])?;
        let is_refusal = part["policies"]["ruling"] == "deny";
        is_refusal.then(|| format!("refused by {by}"))
    };
    let ended = || match part["state"].as_str()? {
        "failed" => part["exit_code"]
            .as_i64()
            .map(|code| format!("exit {code}")),
        state => Some(state.replace('_', " ")),
    };
    // A code that says nothing is worth less than an exit status.
    code.filter(|code| code != "unknown")
        .or_else(refused)
        .or_else(ended)
}

fn failed(record: &OnRecord, newest: &[RunRow], now: Timestamp) -> Vec<Value> {
    let since = now.checked_sub(NEWS.hours()).unwrap_or(now);
    let is_news = |run: &&RunRow| {
        run.status() == RunStatus::Failed && run.finished_at().is_some_and(|at| at > since)
    };
    newest
        .iter()
        .filter(is_news)
        .take(OF_A_KIND)
        .map(|run| {
            let target = run.target.as_ref();
            let target = target.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            let mut it = need(
                "failed",
                &format!("{} failed", run.agent),
                &why(record, run).map_or_else(|| target.clone(), |why| format!("{why} · {target}")),
            );
            it["run_id"] = json!(run.run);
            it["at"] = json!(run.finished_at().map(|at| at.to_string()));
            it
        })
        .collect()
}
