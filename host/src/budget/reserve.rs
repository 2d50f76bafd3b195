//! How much is set aside for an attempt at first.
//!
//! What it may cost at most is its cap; below that, what nine in ten like it have cost, and never
//! less than what its prompt and a short answer cost. It never looks at limits.

use crate::model::{Amounts, MicroUsd, OnUnpriced, Prices, Usage};

use super::error::BudgetError;

/// The shortest answer that is reckoned with, in tokens.
const SHORT_ANSWER: u64 = 500;

/// What is known of an attempt before it starts.
#[derive(Debug, Clone, Copy)]
pub struct FirstAmount<'a> {
    /// Tokens of its prompt, estimated.
    pub prompt_tokens: u64,
    /// Prices of its target; without them nothing can be reckoned from tokens.
    pub prices: Option<&'a Prices>,
    /// See [`super::Book::estimate`].
    pub estimate: Option<MicroUsd>,
    /// What it may cost: the request's cap, less what earlier attempts of it have cost.
    pub cap: Option<MicroUsd>,
    /// What to do when nobody can tell what it costs.
    pub on_unpriced: OnUnpriced,
    /// A hard limit on money covers it.
    pub under_hard_usd: bool,
    /// Its account is billed for what it uses.
    pub is_billed: bool,
}

/// What to set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstReserve {
    /// How much.
    pub amounts: Amounts,
    /// Nobody can tell what it will cost; the money in `amounts` says nothing about that.
    pub unpriced: bool,
}

/// What to set aside for an attempt at first.
///
/// # Errors
/// When nobody can tell what it costs and a hard limit is to hold, and when its cap is used up.
pub fn first_amount(asked: &FirstAmount<'_>) -> Result<FirstReserve, BudgetError> {
    let answer = SHORT_ANSWER.max(asked.prompt_tokens / 4);
    let floor = asked.prices.and_then(|prices| {
        prices.cost_of(&Usage {
            input: Some(asked.prompt_tokens),
            output: Some(answer),
            ..Usage::default()
        })
    });
    let likely = asked.estimate.max(floor);
    let money = match (likely, asked.on_unpriced) {
        (Some(likely), _) => likely,
        (None, OnUnpriced::Reserve(fixed)) => fixed,
        (None, OnUnpriced::Refuse) if asked.under_hard_usd => return Err(BudgetError::Unpriced),
        (None, OnUnpriced::Refuse) => MicroUsd(0),
    };
    let unpriced = likely.is_none();
    // What costs nothing may run on nothing.
    if asked.cap == Some(MicroUsd(0)) && (unpriced || money > MicroUsd(0)) {
        return Err(BudgetError::NothingLeft { wanted: money });
    }
    let money = asked.cap.map_or(money, |cap| money.min(cap)).0;
    Ok(FirstReserve {
        amounts: Amounts {
            uusd: money,
            billed_uusd: if asked.is_billed { money } else { 0 },
            tokens: asked.prompt_tokens.saturating_add(answer),
            requests: 1,
        },
        unpriced,
    })
}

#[cfg(test)]
#[path = "reserve_tests.rs"]
mod tests;
