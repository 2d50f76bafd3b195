//! Sums over invocations and attempts: what statistics are made of.

use std::time::Duration;

use crate::model::{Basis, Cost, Exactness, MicroUsd};

macro_rules! totals {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Sums over a set of invocations and their attempts.
        ///
        /// Money and tokens are those of all attempts, failed ones included. What is not known is
        /// counted apart and never as zero.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct Totals {
            $($(#[$doc])* pub $name: i64,)*
        }

        impl Totals {
            pub(super) const COLUMNS: &'static [&'static str] = &[$(stringify!($name)),*];

            pub(super) fn values(&self) -> Vec<i64> {
                vec![$(self.$name),*]
            }

            pub(super) fn from_row(
                row: &rusqlite::Row<'_>,
                mut column: usize,
            ) -> rusqlite::Result<Self> {
                let mut totals = Self::default();
                $(
                    totals.$name = row.get::<_, Option<i64>>(column)?.unwrap_or(0);
                    column += 1;
                )*
                let _ = column;
                Ok(totals)
            }

            /// The sum.
            #[must_use]
            pub fn plus(&self, other: &Self) -> Self {
                Self { $($name: self.$name.saturating_add(other.$name),)* }
            }

            pub(super) fn minus(&self, other: &Self) -> Self {
                Self { $($name: self.$name.saturating_sub(other.$name),)* }
            }
        }
    };
}

totals! {
    /// Requests.
    n_invocations,
    /// Requests that ended well.
    n_done,
    /// Requests that ended in any other way.
    n_failed,
    /// Requests whose duration is known.
    n_timed,
    /// Their durations, in milliseconds.
    duration_ms,
    /// Attempts, those that never ran included.
    n_attempts,
    /// Fresh input tokens.
    input_tokens,
    /// Output tokens, reasoning included.
    output_tokens,
    /// Input tokens read from a cache.
    cache_read_tokens,
    /// Input tokens written to a cache.
    cache_write_tokens,
    /// The part of the output that was reasoning.
    reasoning_tokens,
    /// All tokens processed.
    total_tokens,
    /// Attempts whose tokens are not known at all.
    n_unknown_tokens,
    /// Attempts whose token counts are a lower bound.
    n_at_least_tokens,
    /// Known cost, in micro-dollars.
    cost_uusd,
    /// Attempts whose cost is not known at all.
    n_unknown_cost,
    /// Attempts whose cost is a lower bound.
    n_at_least_cost,
    /// Attempts whose cost was billed.
    n_billed,
    /// Attempts whose cost their tool reported.
    n_reported,
    /// Attempts whose cost was computed from tokens and prices.
    n_imputed,
    /// The part of the known cost that was billed, in micro-dollars.
    billed_uusd,
    /// The part that tools reported.
    reported_uusd,
    /// The part that was computed from tokens and prices.
    imputed_uusd,
    /// Attempts elsewhere than at the preferred target, of which both is known: what they cost, and
    /// what the same tokens would have cost there.
    n_compared,
    /// What these cost, in micro-dollars.
    compared_uusd,
    /// What the same tokens would have cost at the preferred target, in micro-dollars.
    preferred_uusd,
    /// Attempts elsewhere of which one of the two is not known; they are not compared.
    n_not_compared,
}

impl Totals {
    /// Known cost.
    #[must_use]
    pub fn cost(&self) -> MicroUsd {
        MicroUsd(u64::try_from(self.cost_uusd).unwrap_or(0))
    }

    /// All of the cost in one value: unknown when nothing is known, on the weakest basis that was
    /// counted, a lower bound when a part is unknown or still to come. What never ran costs
    /// nothing, and that is known.
    #[must_use]
    pub fn whole_cost(&self) -> Cost {
        if !self.has_cost() && self.cost_uusd == 0 {
            return Cost::UNKNOWN;
        }
        let basis = match (self.n_imputed, self.n_reported, self.cost_uusd) {
            (1.., _, _) => Basis::Imputed,
            (_, 1.., _) => Basis::Reported,
            _ if self.n_billed > 0 || self.cost_uusd == 0 => Basis::Billed,
            _ => Basis::Unknown,
        };
        Cost {
            amount: Some(self.cost()),
            basis,
            at_least: self.cost_is_at_least(),
        }
    }

    /// How far the sums of tokens can be trusted.
    #[must_use]
    pub fn exactness(&self) -> Exactness {
        match (self.has_tokens(), self.tokens_are_at_least()) {
            (false, _) => Exactness::Unknown,
            (true, true) => Exactness::AtLeast,
            (true, false) => Exactness::Exact,
        }
    }

    /// Requests without an end on record: still going, or cut off with their host.
    #[must_use]
    pub fn n_unfinished(&self) -> i64 {
        (self.n_invocations - self.n_done - self.n_failed).max(0)
    }

    /// Attempts of known cost.
    #[must_use]
    pub fn n_known_cost(&self) -> i64 {
        self.n_billed + self.n_reported + self.n_imputed
    }

    /// What was saved by going elsewhere than to the preferred target, in micro-dollars, as far as
    /// both is known: negative when it cost more. `None` when nothing can be compared.
    #[must_use]
    pub fn saved_uusd(&self) -> Option<i64> {
        let saved = self.preferred_uusd.saturating_sub(self.compared_uusd);
        (self.n_compared > 0).then_some(saved)
    }

    /// Whether any cost is known.
    #[must_use]
    pub fn has_cost(&self) -> bool {
        self.n_known_cost() > 0 || !self.cost_is_at_least()
    }

    /// Whether any token count is known.
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        self.total_tokens > 0 || !self.tokens_are_at_least()
    }

    /// Known cost of a request on average, rounded half up; `None` when nothing is known. Where
    /// some costs are not known, those that are known are averaged.
    #[must_use]
    pub fn average_cost(&self) -> Option<MicroUsd> {
        let n_known = if self.n_unknown_cost + self.n_unfinished() == 0 {
            self.n_invocations
        } else {
            self.n_known_cost()
        };
        let n = u64::try_from(n_known).ok().filter(|n| *n > 0)?;
        Some(MicroUsd(self.cost().0.saturating_add(n / 2) / n))
    }

    /// Mean duration of the requests that have one.
    #[must_use]
    pub fn mean_duration(&self) -> Option<Duration> {
        let n = u64::try_from(self.n_timed).ok().filter(|n| *n > 0)?;
        let total = u64::try_from(self.duration_ms).ok()?;
        Some(Duration::from_millis(total / n))
    }

    /// Whether the true cost may be higher than [`Self::cost`].
    #[must_use]
    pub fn cost_is_at_least(&self) -> bool {
        self.n_unknown_cost > 0 || self.n_at_least_cost > 0 || self.n_unfinished() > 0
    }

    /// Whether the true counts may be higher than the sums.
    #[must_use]
    pub fn tokens_are_at_least(&self) -> bool {
        self.n_unknown_tokens > 0 || self.n_at_least_tokens > 0 || self.n_unfinished() > 0
    }

    /// Where the amounts in the sum come from.
    #[must_use]
    pub fn bases(&self) -> Vec<Basis> {
        let counted = [
            (self.n_billed, Basis::Billed),
            (self.n_reported, Basis::Reported),
            (self.n_imputed, Basis::Imputed),
            (self.n_unknown_cost, Basis::Unknown),
        ];
        let seen = counted.into_iter().filter(|(n, _)| *n > 0);
        seen.map(|(_, basis)| basis).collect()
    }
}
