//! Money in whole micro-dollars, with where each amount comes from.
//!
//! Floats never hold money, and an amount that is not known is `None`, never zero.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Usage;

/// An amount in millionths of a US dollar.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MicroUsd(pub u64);

impl MicroUsd {
    /// The sum, or the largest amount there is; amounts come from tools and may be absurd.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, or zero.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// Shows dollars: to the cent from a dollar up, with at most four decimals from a cent up, and with
/// as many as are needed (at most six) below.
impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit: u64 = match self.0 {
            0 | 1_000_000.. => 10_000,
            10_000.. => 100,
            _ => 1,
        };
        // Half up; carries into the dollars by itself.
        let rounded = (u128::from(self.0) + u128::from(unit / 2)) / u128::from(unit);
        let rounded = rounded * u128::from(unit);
        let decimals = format!("{:06}", rounded % 1_000_000);
        let (cents, finer) = decimals.split_at(2);
        let finer = finer.trim_end_matches('0');
        f.pad(&format!("${}.{cents}{finer}", rounded / 1_000_000))
    }
}

/// Where an amount comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// An invoice or a metered account says so.
    Billed,
    /// The tool said so.
    Reported,
    /// Tokens times the configured price.
    Imputed,
    /// Nobody said; the amount is absent or a lower bound.
    Unknown,
}

impl Basis {
    /// The word used in documents and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Billed => "billed",
            Self::Reported => "reported",
            Self::Imputed => "imputed",
            Self::Unknown => "unknown",
        }
    }
}

/// What something cost, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// The amount; `None` when nothing is known.
    #[serde(rename = "usd_micros")]
    pub amount: Option<MicroUsd>,
    /// Where the amount comes from.
    pub basis: Basis,
    /// The true amount may be higher than `amount`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
}

impl Cost {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self {
        amount: None,
        basis: Basis::Unknown,
        at_least: false,
    };
}

/// A price in micro-dollars per million tokens: $3 per million is 3,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Price(pub u64);

/// What a model's tokens cost, by kind. A missing price is not known, never free.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// Fresh input.
    pub input: Option<Price>,
    /// Output, reasoning included unless `reasoning` has a price of its own.
    pub output: Option<Price>,
    /// Input read from a cache.
    pub cache_read: Option<Price>,
    /// Input written to a cache.
    pub cache_write: Option<Price>,
    /// Reasoning tokens, when they are priced apart from other output.
    pub reasoning: Option<Price>,
}

impl Prices {
    /// The cost of `usage` at these prices, rounded half up once; `None` when a price or a count
    /// that is needed is missing.
    #[must_use]
    pub fn cost_of(&self, usage: &Usage) -> Option<MicroUsd> {
        let output = usage.output?;
        let reasoning = match self.reasoning {
            Some(_) => usage.reasoning.unwrap_or(0).min(output),
            None => 0,
        };
        let parts = [
            (usage.input?, self.input),
            (output - reasoning, self.output),
            (reasoning, self.reasoning),
            (usage.cache_read.unwrap_or(0), self.cache_read),
            (usage.cache_write.unwrap_or(0), self.cache_write),
        ];
        let mut total: u128 = 0;
        for (tokens, price) in parts {
            if tokens > 0 {
                total += u128::from(tokens) * u128::from(price?.0);
            }
        }
        let micros = (total + 500_000) / 1_000_000;
        Some(MicroUsd(u64::try_from(micros).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_read_as_people_write_them() {
        let shown = |micros| MicroUsd(micros).to_string();
        assert_eq!(shown(0), "$0.00");
        assert_eq!(shown(39_000), "$0.039");
        assert_eq!(shown(10_391), "$0.0104");
        assert_eq!(shown(450_000), "$0.45");
        assert_eq!(shown(999_960), "$1.00");
        assert_eq!(shown(3_450_000), "$3.45");
        assert_eq!(shown(9_300), "$0.0093");
        assert_eq!(shown(1), "$0.000001");
        assert_eq!(shown(999_995_000), "$1000.00");
    }

    #[test]
    fn a_cost_is_rounded_once_over_all_kinds() {
        let prices = Prices {
            input: Some(Price(10_000_000)),
            output: Some(Price(30_000_000)),
            ..Prices::default()
        };
        let usage = Usage {
            input: Some(1500),
            output: Some(800),
            ..Usage::default()
        };
        assert_eq!(prices.cost_of(&usage), Some(MicroUsd(39_000)));
    }

    #[test]
    fn tokens_without_a_price_have_no_cost() {
        let prices = Prices {
            input: Some(Price(1)),
            output: Some(Price(1)),
            ..Prices::default()
        };
        let usage = Usage {
            input: Some(1),
            output: Some(1),
            cache_read: Some(5),
            ..Usage::default()
        };
        assert_eq!(prices.cost_of(&usage), None);
    }
}
