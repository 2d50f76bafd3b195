//! The pages of the program that came before, in the shapes that its scripts read.
//!
//! Old clients go on working; nothing new is added here.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::board::{Lane, Task};
use crate::cli::failure::Failure;
use crate::cli::run::record::failed;
use crate::model::{Clock as _, SystemClock};
use crate::query::{GroupBy, StatsFilter, Totals};
use crate::web::{Answer, OriginPage};

use super::board::{initiatives, now};
use super::house::House;
use super::overview::today;

/// Answer one of them.
pub(super) fn answer(house: &House, page: OriginPage) -> Result<Answer, Failure> {
    let document = match page {
        OriginPage::Stats => stats(house)?,
        OriginPage::Tasks { include_done } => tasks(house, include_done),
        OriginPage::FinishedTasks => finished(house),
        OriginPage::Portfolio => portfolio(house)?,
        OriginPage::AgentsPortfolio => agents(house),
    };
    Ok(Answer::json(document))
}

/// There, the status of an initiative is that of its furthest specification.
fn portfolio(house: &House) -> Result<Value, Failure> {
    let mut document = initiatives(house, &house.record()?)?;
    let known = house.board.view().portfolio().initiatives;
    for initiative in document["initiatives"].as_array_mut().into_iter().flatten() {
        if let Some(known) = known.iter().find(|it| initiative["id"] == it.id.as_str()) {
            initiative["status"] = json!(known.most_advanced);
        }
    }
    Ok(document)
}

fn stats(house: &House) -> Result<Value, Failure> {
    let view = house.board.view();
    let count = |lane: Lane| view.tasks.iter().filter(|task| task.lane == lane).count();
    let record = house.record()?;
    let day = today(SystemClock.now());
    let spent = |since| -> Result<Value, Failure> {
        let filter = StatsFilter {
            since,
            ..StatsFilter::default()
        };
        let report = record.query.stats(&filter, GroupBy::None);
        Ok(dollars(&report.map_err(|error| failed(&error))?.totals))
    };
    Ok(json!({
        "tasks": {
            "inbox": count(Lane::Inbox),
            "assigned": count(Lane::Assigned),
            "done": count(Lane::Done),
            "total": view.tasks.len(),
        },
        "costs": {
            "today": spent(Some(day))?,
            "month": spent(Some(day.first_of_month()))?,
            "total": spent(None)?,
        },
        "timestamp": now(),
    }))
}

/// Known dollars as a number with cents, as the page of the origin showed them.
fn dollars(totals: &Totals) -> Value {
    let cents = (totals.cost_uusd + 5_000) / 10_000;
    // Invariant: cents are far below what a float tells apart.
    serde_json::from_str(&format!("{}.{:02}", cents / 100, cents % 100)).unwrap_or_default()
}

fn tasks(house: &House, include_done: bool) -> Value {
    let view = house.board.view();
    let in_lane = |lane: Lane| view.tasks.iter().filter(move |task| task.lane == lane);
    let mut document = json!({
        "inbox": in_lane(Lane::Inbox).collect::<Vec<_>>(),
        "assigned": by_agent(in_lane(Lane::Assigned)),
        "error": in_lane(Lane::Error).collect::<Vec<_>>(),
        "timestamp": now(),
    });
    if include_done {
        document["done"] = by_agent(in_lane(Lane::Done));
    }
    document
}

fn by_agent<'t>(tasks: impl Iterator<Item = &'t Task>) -> Value {
    let mut of: BTreeMap<String, Vec<&Task>> = BTreeMap::new();
    for task in tasks {
        let agent = task
            .agent
            .clone()
            .unwrap_or_else(|| "unassigned".to_owned());
        of.entry(agent).or_default().push(task);
    }
    json!(of)
}

fn finished(house: &House) -> Value {
    let view = house.board.view();
    let mut done: Vec<&Task> = view
        .tasks
        .iter()
        .filter(|it| it.lane == Lane::Done)
        .collect();
    done.sort_by(|a, b| b.completed_at.cmp(&a.completed_at));
    json!({ "tasks": done, "count": done.len(), "timestamp": now() })
}

fn agents(house: &House) -> Value {
    let view = house.board.view();
    let assigned = by_agent(view.tasks.iter().filter(|it| it.lane == Lane::Assigned));
    let done = by_agent(view.tasks.iter().filter(|it| it.lane == Lane::Done));
    json!({ "assigned": assigned, "done": done, "timestamp": now() })
}
