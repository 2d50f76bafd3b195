//! What a request would set aside at a target.

use jiff::Timestamp;

use crate::budget::{Book, FirstAmount, Reserve, first_amount};
use crate::model::{AdapterSource, LimitKind, MicroUsd, Prices, Settings, Target, Tool};

use super::facts::Case;

/// What a request sets aside, and what it is expected to cost.
pub(in crate::engine) type Wanted = Reserve;

/// Whether a tool tells what it used; one that does not cannot be held to money.
pub(in crate::engine) fn tells_usage(tool: &Tool) -> bool {
    let AdapterSource::Id(id) = &tool.adapter else {
        return true;
    };
    if id != "template" {
        return true;
    }
    let options: Option<serde_json::Value> = serde_json::from_str(&tool.options).ok();
    options.is_some_and(|options| options["output"] == "json")
}

/// The prices of a target, where its cost can be told at all.
pub(in crate::engine) fn prices_of(
    settings: &Settings,
    target: &Target,
    now: Timestamp,
) -> Option<Prices> {
    let tool = settings.tools.get(&target.tool)?;
    let prices = settings.models.get(&target.model)?.prices_at(now);
    (tells_usage(tool) && prices.input.is_some() && prices.output.is_some()).then_some(prices)
}

/// What `case` would set aside at `target`.
pub(in crate::engine) fn wanted(
    case: &Case<'_>,
    book: &Book,
    target: &Target,
    now: Timestamp,
) -> Wanted {
    let settings = case.settings;
    let hard_money = settings.limits.iter().any(|limit| {
        limit.kind == LimitKind::Hard
            && limit.metric.is_money()
            && limit.scope.covers(case.agent, target)
    });
    first_amount(&FirstAmount {
        prices: prices_of(settings, target, now),
        prompt_tokens: case.prompt_tokens,
        history: book.estimate(case.agent, target, case.task_type),
        cap: case.cap,
        on_unpriced: settings.on_unpriced,
        hard_money: hard_money || case.cap.is_some(),
    })
}

/// The cap that is left of `cap` after `spent`.
pub(in crate::engine) fn left(cap: Option<MicroUsd>, spent: u64) -> Option<MicroUsd> {
    cap.map(|cap| cap.saturating_sub(MicroUsd(spent)))
}
