//! What is cheaper than what, and what fits.
//!
//! Owns the comparison of full prices: estimates of the whole request where every target of the tool has one, otherwise list
//! prices for the prompt and an answer; never one against the other. What has no known price is never cheaper, and what has
//! no known window never fits.

use tollgate_policy_sdk::prelude::*;

use crate::rule::Rule;

const MILLION: u128 = 1_000_000;

/// What costs and windows are compared by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    prompt: u64,
    answer: u64,
    by_estimates: bool,
}

impl Size {
    /// Of a prompt of so many tokens, and the answer that the rule makes room for, at targets of `tool`.
    pub(crate) fn new(rule: &Rule, prompt_tokens: u64, request: &Request, tool: &str) -> Self {
        let mut of_tool = request.targets.iter().filter(|target| target.tool == tool);
        Self {
            prompt: prompt_tokens,
            answer: rule.answer_reserve,
            by_estimates: of_tool.all(|target| target.estimate_microusd.is_some()),
        }
    }

    /// Whether prompt and answer fit into the target's window.
    pub(crate) fn fits(self, target: &Target) -> bool {
        let wanted = self.prompt.saturating_add(self.answer);
        target.context_window.is_some_and(|window| wanted <= window)
    }

    /// Micro-dollars that `cheap` costs less than `dear`; None when it does not cost less, or when nobody can tell.
    pub(crate) fn saving(self, cheap: &Target, dear: &Target) -> Option<u64> {
        if self.by_estimates {
            let saving = dear
                .estimate_microusd?
                .checked_sub(cheap.estimate_microusd?)?;
            return (saving > 0).then_some(saving);
        }
        let saving = self
            .list_price(dear)?
            .checked_sub(self.list_price(cheap)?)?;
        // Less than a micro-dollar is rounded up, so that what is cheaper is never said to save nothing.
        (saving > 0).then(|| u64::try_from(saving.div_ceil(MILLION)).unwrap_or(u64::MAX))
    }

    /// Millionths of a micro-dollar by list prices.
    fn list_price(self, target: &Target) -> Option<u128> {
        let of = |kind: &str, tokens: u64| {
            Some(u128::from(target.price(kind)?).saturating_mul(u128::from(tokens)))
        };
        Some(of("input", self.prompt)?.saturating_add(of("output", self.answer)?))
    }
}
