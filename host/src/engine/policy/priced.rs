//! What a request would set aside at a target.

use jiff::Timestamp;

use crate::budget::{Book, BudgetError, FirstAmount, first_amount};
use crate::model::{
    AdapterSource, Amounts, LimitKind, Metric, MicroUsd, OnUnpriced, Prices, Settings, Target, Tool,
};

use super::facts::Case;

/// What a request sets aside, and what it is expected to cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Wanted {
    /// What is set aside.
    pub(in crate::engine) amounts: Amounts,
    /// Nobody can tell what it will cost.
    pub(in crate::engine) unpriced: bool,
    /// What it is expected to cost.
    pub(in crate::engine) estimate: Option<MicroUsd>,
    /// Why nothing can be set aside that would hold, if so.
    pub(in crate::engine) refused: Option<Refused>,
}

/// Why a request cannot be held to a limit on money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Refused {
    /// Nobody can tell what it costs.
    Unpriced,
    /// Its own cap is used up.
    NothingLeft,
}

impl Wanted {
    /// What a policy is told that it would set aside; `None` when nobody can tell.
    pub(in crate::engine) fn of(&self, metric: Metric) -> Option<u64> {
        let unknown = metric.is_money() && self.refused == Some(Refused::Unpriced);
        (!unknown).then(|| self.amounts.of(metric))
    }
}

/// Whether a tool tells what it used; one that does not cannot be held to money.
fn tells_usage(tool: &Tool) -> bool {
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
fn prices_of(settings: &Settings, target: &Target, now: Timestamp) -> Option<Prices> {
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
    let under_hard_usd = settings.limits.iter().any(|limit| {
        limit.kind == LimitKind::Hard
            && limit.metric.is_money()
            && limit.scope.covers(case.agent, target)
    });
    let prices = prices_of(settings, target, now);
    let history = book.estimate(case.agent, target, case.task_type);
    let asked = FirstAmount {
        prompt_tokens: case.prompt_tokens.unwrap_or(0),
        prices: prices.as_ref(),
        estimate: history,
        cap: case.cap,
        on_unpriced: settings.on_unpriced,
        under_hard_usd,
        is_billed: false,
    };
    let (reserve, refused) = match first_amount(&asked) {
        Ok(reserve) => (reserve, None),
        Err(error) => {
            let refused = match error {
                BudgetError::NothingLeft { .. } => Refused::NothingLeft,
                _ => Refused::Unpriced,
            };
            let anyway = FirstAmount {
                on_unpriced: OnUnpriced::Refuse,
                under_hard_usd: false,
                cap: None,
                ..asked
            };
            match first_amount(&anyway) {
                Ok(reserve) => (reserve, Some(refused)),
                Err(_) => return Wanted::nothing(refused),
            }
        }
    };
    let known = !reserve.unpriced;
    Wanted {
        amounts: reserve.amounts,
        unpriced: reserve.unpriced,
        estimate: known.then_some(MicroUsd(reserve.amounts.uusd)),
        refused,
    }
}

impl Wanted {
    fn nothing(refused: Refused) -> Self {
        Self {
            amounts: Amounts {
                requests: 1,
                ..Amounts::default()
            },
            unpriced: true,
            estimate: None,
            refused: Some(refused),
        }
    }
}
