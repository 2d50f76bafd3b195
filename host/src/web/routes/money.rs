//! What things cost, and the limits.

use super::super::kind::Kind;
use super::super::question::{CostFormat, CostGroup, CostsQuery, Question};
use super::super::route::{Param, Reply, Route};
use super::params::NAME;

pub(super) static ROUTES: &[Route] = &[
    Route::reads("/api/v1/costs", "What ran and what it cost", |given| {
        Ok(Question::Costs(CostsQuery {
            group: given.chosen("group", CostGroup::of)?,
            since: given.text("since"),
            until: given.text("until"),
            agent: given.text("agent"),
            format: given.chosen("format", CostFormat::of)?,
        }))
    })
    .about("What `tollgate stats --json` prints.")
    .params(COSTS)
    .replies(&[
        Reply::json(200, "Costs", "`format=json`."),
        Reply::of(200, "text/csv; charset=utf-8", "`format=csv`."),
    ]),
    Route::reads(
        "/api/v1/budgets",
        "The limits, and what is set aside",
        |_| Ok(Question::Budgets),
    )
    .replies(&[Reply::json(200, "Budgets", "")]),
];

const COSTS: &[Param] = &[
    Param::query(
        "group",
        Kind::OneOf(CostGroup::WORDS),
        "What a line stands for.",
    )
    .or("day"),
    Param::query("since", Kind::Day, "The first day."),
    Param::query("until", Kind::Day, "The last day."),
    Param::query("agent", NAME, "Of this agent alone."),
    Param::query(
        "format",
        Kind::OneOf(CostFormat::WORDS),
        "How it is written.",
    )
    .or("json"),
];
