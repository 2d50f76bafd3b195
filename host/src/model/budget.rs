//! Limits on money, tokens, and requests, as configured.
//!
//! What is spent is the ledger's; what fits is decided in `budget`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{AgentName, LimitKind, MicroUsd, ModelName, Target, ToolName};

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Micro-dollars of any basis.
    Usd,
    /// Micro-dollars that an invoice or a metered account tells.
    UsdBilled,
    /// Tokens of every kind.
    Tokens,
    /// Attempts.
    Requests,
}

impl Metric {
    /// The word of the policy contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usd => "microusd",
            Self::UsdBilled => "microusd-billed",
            Self::Tokens => "tokens",
            Self::Requests => "requests",
        }
    }

    /// Whether it counts money.
    #[must_use]
    pub fn is_money(self) -> bool {
        matches!(self, Self::Usd | Self::UsdBilled)
    }

    /// An amount of it for people.
    #[must_use]
    pub fn show(self, amount: u64) -> String {
        match self {
            Self::Usd | Self::UsdBilled => MicroUsd(amount).to_string(),
            Self::Tokens => format!("{amount} tokens"),
            Self::Requests => format!("{amount} requests"),
        }
    }
}

/// Over what time a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Period {
    /// The last 60 seconds.
    #[serde(rename = "minute")]
    Minute,
    /// The last 60 minutes.
    #[serde(rename = "hour")]
    Hour,
    /// A calendar day.
    #[serde(rename = "day")]
    Day,
    /// A calendar month.
    #[serde(rename = "month")]
    Month,
    /// The last five hours.
    #[serde(rename = "rolling-5h")]
    Rolling5h,
    /// The last seven days.
    #[serde(rename = "rolling-7d")]
    Rolling7d,
    /// One run, however long it takes.
    #[serde(rename = "run")]
    Run,
}

impl Period {
    /// All of them, from short to long.
    pub const ALL: [Self; 7] = [
        Self::Minute,
        Self::Hour,
        Self::Rolling5h,
        Self::Day,
        Self::Rolling7d,
        Self::Month,
        Self::Run,
    ];

    /// The word used in configuration, in the contract, and in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
            Self::Rolling5h => "rolling-5h",
            Self::Rolling7d => "rolling-7d",
            Self::Run => "run",
        }
    }

    /// The period that `word` names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.as_str() == word)
    }
}

/// Whose requests a limit covers: those that match everything that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LimitScope {
    /// Of this agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
    /// To this tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolName>,
    /// To this model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelName>,
}

impl LimitScope {
    /// Whether a request of `agent` to `target` is covered.
    #[must_use]
    pub fn covers(&self, agent: &AgentName, target: &Target) -> bool {
        self.agent.as_ref().is_none_or(|it| it == agent)
            && self.tool.as_ref().is_none_or(|it| *it == target.tool)
            && self.model.as_ref().is_none_or(|it| *it == target.model)
    }
}

impl fmt::Display for LimitScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.agent.as_ref().map(|name| format!("agent {name}")),
            self.tool.as_ref().map(|name| format!("tool {name}")),
            self.model.as_ref().map(|name| format!("model {name}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            return f.pad("all");
        }
        f.pad(&parts.join(", "))
    }
}

/// One limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetLimit {
    /// Its name, such as `daily`.
    pub name: String,
    /// What it counts.
    pub metric: Metric,
    /// How much, in units of the metric.
    pub cap: u64,
    /// Over what time.
    pub period: Period,
    /// Whose requests.
    pub scope: LimitScope,
    /// Warn or block.
    pub kind: LimitKind,
    /// Warn from this share on.
    pub warn_percent: u8,
    /// IANA name of the time zone in which days and months begin; UTC otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Where it stands in the configuration, such as `policies.default.daily_budget_usd`.
    pub source: String,
}

/// What a hard money limit does with a target whose cost nobody can tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnpriced {
    /// Such a target is refused.
    #[default]
    Refuse,
    /// This much is set aside and counts as spent.
    Reserve(MicroUsd),
}

/// What happens after a failed attempt that changed files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterChanges {
    /// Nothing: the user looks first.
    #[default]
    Stop,
    /// The next target goes on, with a note on what it finds.
    Continue,
    /// The next target begins anew, but only where the files are as they were.
    RetryClean,
}

/// What follows a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FallbackRules {
    /// What happens after an attempt that changed files.
    pub after_changes: AfterChanges,
    /// How often the same target is tried again for what passes by itself.
    pub retries: u32,
    /// The first wait before such a retry; it doubles each time.
    pub first_wait: std::time::Duration,
    /// No wait is longer; a service that asks for a longer one is not waited for.
    pub longest_wait: std::time::Duration,
    /// Walk the fallback chain when a tool is rate limited.
    pub on_rate_limit: bool,
}

impl Default for FallbackRules {
    fn default() -> Self {
        Self {
            after_changes: AfterChanges::Stop,
            retries: 2,
            first_wait: std::time::Duration::from_secs(2),
            longest_wait: std::time::Duration::from_secs(60),
            on_rate_limit: true,
        }
    }
}

/// How many of each thing: what is reserved, settled, or wanted. Money here is a number to hold
/// limits by; what is not known is counted apart and is never taken for zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    /// Micro-dollars of any basis.
    #[serde(default, skip_serializing_if = "zero")]
    pub uusd: u64,
    /// The part of them that was billed.
    #[serde(default, skip_serializing_if = "zero")]
    pub billed_uusd: u64,
    /// Tokens of every kind.
    #[serde(default, skip_serializing_if = "zero")]
    pub tokens: u64,
    /// Attempts.
    #[serde(default, skip_serializing_if = "zero")]
    pub requests: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn zero(count: &u64) -> bool {
    *count == 0
}

impl Amounts {
    /// The amount of one metric.
    #[must_use]
    pub fn of(&self, metric: Metric) -> u64 {
        match metric {
            Metric::Usd => self.uusd,
            Metric::UsdBilled => self.billed_uusd,
            Metric::Tokens => self.tokens,
            Metric::Requests => self.requests,
        }
    }

    /// Sum, amount by amount.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            uusd: self.uusd.saturating_add(other.uusd),
            billed_uusd: self.billed_uusd.saturating_add(other.billed_uusd),
            tokens: self.tokens.saturating_add(other.tokens),
            requests: self.requests.saturating_add(other.requests),
        }
    }

    /// Difference, amount by amount, never below zero.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self {
            uusd: self.uusd.saturating_sub(other.uusd),
            billed_uusd: self.billed_uusd.saturating_sub(other.billed_uusd),
            tokens: self.tokens.saturating_sub(other.tokens),
            requests: self.requests.saturating_sub(other.requests),
        }
    }

    /// The larger of each.
    #[must_use]
    pub fn max(&self, other: &Self) -> Self {
        Self {
            uusd: self.uusd.max(other.uusd),
            billed_uusd: self.billed_uusd.max(other.billed_uusd),
            tokens: self.tokens.max(other.tokens),
            requests: self.requests.max(other.requests),
        }
    }
}
