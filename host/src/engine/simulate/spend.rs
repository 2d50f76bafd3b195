//! Money, and how well it is known. What nobody knows is counted and never taken for zero.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Cost, MicroUsd};

/// What some attempts cost together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Spend {
    /// Attempts.
    pub attempts: u64,
    /// The sum of what is known, in micro-dollars.
    #[serde(rename = "usd_micros")]
    pub known: u64,
    /// The same by where it comes from: `billed`, `reported`, `imputed`, `unknown`.
    pub by_basis: BTreeMap<&'static str, u64>,
    /// Attempts of which only a part is known, or nothing; `known` is then a lower bound.
    pub at_least: u64,
    /// Those of which nothing is known.
    pub unknown: u64,
}

impl Spend {
    /// Add one attempt.
    pub(super) fn add(&mut self, cost: &Cost) {
        self.attempts += 1;
        match cost.amount {
            Some(MicroUsd(micros)) => {
                self.known = self.known.saturating_add(micros);
                let of_basis = self.by_basis.entry(cost.basis.as_str()).or_default();
                *of_basis = of_basis.saturating_add(micros);
            }
            None => self.unknown += 1,
        }
        if cost.at_least || cost.amount.is_none() {
            self.at_least += 1;
        }
    }

    /// Whether `known` is all there is to know.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.at_least == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Basis;

    #[test]
    fn what_is_not_known_is_counted_and_not_zero() {
        let cost = |micros, basis, at_least| Cost {
            amount: Some(MicroUsd(micros)),
            basis,
            at_least,
        };
        let mut spend = Spend::default();
        assert!(spend.is_exact());
        spend.add(&cost(100, Basis::Reported, false));
        assert!(spend.is_exact());
        spend.add(&cost(20, Basis::Imputed, true));
        spend.add(&Cost::UNKNOWN);
        assert_eq!((spend.attempts, spend.known), (3, 120));
        assert_eq!((spend.at_least, spend.unknown), (2, 1));
        assert_eq!(spend.by_basis, [("imputed", 20), ("reported", 100)].into());
        assert!(!spend.is_exact());
    }
}
