//! One attempt's account: reports in, a tally out.

use crate::model::{
    Basis, Cost, CostReport, Exactness, MicroUsd, Prices, SessionId, SessionTotals, ToolName,
    Usage, UsageReport,
};

use super::scoped::{Amount, Scoped, Total};

/// What is known about the session that an attempt goes on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Baseline {
    /// The attempt begins a session of its own.
    Fresh,
    /// The session's totals before this attempt are on record.
    Known(SessionTotals),
    /// The session is older than the record: its totals cannot be split.
    Unknown,
}

/// What an attempt used and cost, as far as can be known now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Tokens of this attempt.
    pub usage: Usage,
    /// How far they can be trusted.
    pub exactness: Exactness,
    /// Money of this attempt.
    pub cost: Cost,
    /// The tool's totals of its session, to be kept for the next resume.
    pub session: Option<(SessionId, Option<Usage>, Option<MicroUsd>)>,
}

impl Tally {
    /// The totals in the form in which they are recorded.
    #[must_use]
    pub fn session_totals(&self, tool: &ToolName) -> Option<SessionTotals> {
        let (session, usage, cost_uusd) = self.session.clone()?;
        Some(SessionTotals {
            tool: tool.clone(),
            session,
            usage,
            cost_uusd,
        })
    }
}

/// The reports of one attempt, folded.
#[derive(Debug, Clone, Default)]
pub struct Account {
    usage: Scoped<Usage>,
    cost: Scoped<Money>,
    basis: Option<Basis>,
}

/// An amount of money that can be absent from a sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Money(MicroUsd);

impl Amount for Money {
    fn plus(&self, other: &Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Amount for Usage {
    fn plus(&self, other: &Self) -> Self {
        Self::plus(self, other)
    }
}

impl Account {
    /// Take in a report of tokens.
    pub fn add_usage(&mut self, report: &UsageReport) {
        self.usage.add(&report.scope, report.usage, report.settled);
    }

    /// Take in a report of money.
    pub fn add_cost(&mut self, report: &CostReport) {
        self.cost
            .add(&report.scope, Money(report.amount), report.settled);
        self.basis = Some(report.basis);
    }

    /// What the reports come to. `prices` are those of the model that served, if they are known.
    #[must_use]
    pub fn tally(&self, baseline: &Baseline, prices: Option<&Prices>) -> Tally {
        let (usage, exactness) = self.own_usage(baseline);
        let cost = self
            .own_cost(baseline)
            .unwrap_or_else(|| impute(&usage, exactness, prices));
        let usage_total = self.usage.session();
        let cost_total = self.cost.session();
        let session = usage_total
            .map(|(id, _)| id)
            .or(cost_total.map(|(id, _)| id))
            .map(|id| {
                (
                    SessionId::new(id),
                    usage_total.map(|(_, usage)| *usage),
                    cost_total.map(|(_, money)| money.0),
                )
            });
        Tally {
            usage,
            exactness,
            cost,
            session,
        }
    }

    fn own_usage(&self, baseline: &Baseline) -> (Usage, Exactness) {
        let (usage, settled) = match self.usage.total() {
            Total::Nothing => return (Usage::default(), Exactness::Unknown),
            Total::Run(usage, settled) => (usage, settled),
            Total::Session(id, total, settled, since) => {
                let own = match baseline {
                    Baseline::Fresh => Some(total),
                    Baseline::Known(before) if before.session.as_str() == id => {
                        before.usage.and_then(|before| total.minus(&before))
                    }
                    Baseline::Known(_) | Baseline::Unknown => None,
                };
                match own {
                    Some(own) => (Usage::plus(&own, &since), settled),
                    None if since.is_known() => (since, false),
                    None => return (Usage::default(), Exactness::Unknown),
                }
            }
        };
        let exactness = if settled {
            Exactness::Exact
        } else {
            Exactness::AtLeast
        };
        (usage, exactness)
    }

    fn own_cost(&self, baseline: &Baseline) -> Option<Cost> {
        let (amount, settled) = match self.cost.total() {
            Total::Nothing => return None,
            Total::Run(money, settled) => (money.0, settled),
            Total::Session(id, total, settled, since) => {
                let own = match baseline {
                    Baseline::Fresh => total.0,
                    Baseline::Known(before) if before.session.as_str() == id => {
                        let before = before.cost_uusd?;
                        MicroUsd(total.0.0.checked_sub(before.0)?)
                    }
                    Baseline::Known(_) | Baseline::Unknown => return None,
                };
                (own.saturating_add(since.0), settled)
            }
        };
        Some(Cost {
            amount: Some(amount),
            basis: self.basis.unwrap_or(Basis::Reported),
            at_least: !settled,
        })
    }
}

/// Tokens times prices, where both are known.
fn impute(usage: &Usage, exactness: Exactness, prices: Option<&Prices>) -> Cost {
    let floor = |count: Option<u64>| Some(count.unwrap_or(0));
    let (counted, at_least) = match exactness {
        Exactness::Unknown => return Cost::UNKNOWN,
        Exactness::Exact => (*usage, false),
        Exactness::AtLeast => (
            Usage {
                input: floor(usage.input),
                output: floor(usage.output),
                ..*usage
            },
            true,
        ),
    };
    match prices.and_then(|prices| prices.cost_of(&counted)) {
        Some(amount) => Cost {
            amount: Some(amount),
            basis: Basis::Imputed,
            at_least,
        },
        None => Cost::UNKNOWN,
    }
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
