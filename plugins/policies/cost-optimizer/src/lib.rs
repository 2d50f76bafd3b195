//! Tollgate's policy `cost-optimizer`: simple requests go to a cheaper model of the same tool.
//!
//! Owns what counts as simple and what counts as cheaper. Never denies or asks, never leaves the tool, never moves a request
//! whose target the user named, and never to what the host did not offer.

mod compare;
mod judge;
mod rule;
pub mod score;
pub mod weights;

pub use rule::Rule;

use tollgate_policy_sdk::prelude::*;

/// Simple requests go to a cheaper model.
#[derive(Debug)]
pub struct CostOptimizer;

impl Policy for CostOptimizer {
    type Config = Rule;

    fn about() -> About {
        About::new(
            "cost-optimizer",
            env!("CARGO_PKG_VERSION"),
            "Simple requests go to a cheaper model of the same tool",
            &[phase::RUN_START],
        )
    }

    fn configure(fields: &mut Fields<'_>) -> Rule {
        Rule::read(fields)
    }

    fn judge(rule: &Rule, request: &Request) -> Result<Verdict, String> {
        Ok(judge::judge(rule, request))
    }
}

tollgate_policy_sdk::export_policy!(CostOptimizer);

#[cfg(test)]
mod tests;
