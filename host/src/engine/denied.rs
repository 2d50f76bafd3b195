//! A request that was not taken on, and why.

use crate::budget::Refusal;
use crate::model::{BudgetLimit, LimitStand, Metric, Period, PolicyReason, RunId};

/// Who denies when it is no policy: the host, which holds hard limits by itself.
pub(super) const HOST: &str = "tollgate";

/// A request that was not taken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The policy that said no, or `tollgate` itself.
    pub by: String,
    /// Why; hostile text where a plugin wrote it.
    pub reasons: Vec<PolicyReason>,
    /// The limit in the way, when it is one.
    pub limit: Option<Box<DeniedLimit>>,
    /// The run under which the refusal is on record.
    pub run: Option<RunId>,
}

/// The limit in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeniedLimit {
    /// The limit as configured.
    pub limit: BudgetLimit,
    /// Where it stands.
    pub stand: LimitStand,
    /// When it begins anew.
    pub resets_at: Option<jiff::Timestamp>,
}

impl Denied {
    /// What the host says when a hard limit is in the way.
    pub(super) fn by_host(refusal: &Refusal<'_>) -> Self {
        let (message, limit) = match refusal {
            Refusal::Limit { window, wanted } => {
                let stand = window.stand(*wanted);
                let limit = DeniedLimit {
                    limit: window.limit.clone(),
                    resets_at: window.resets_at,
                    stand,
                };
                (exceeded(&limit), Some(Box::new(limit)))
            }
            Refusal::Cap { cap, taken, wanted } => {
                let show = |amount: u64| Metric::Usd.show(amount);
                let message = format!(
                    "{} more is wanted, and of the {} of the attempt that asks {} are taken",
                    show(*wanted),
                    show(*cap),
                    show(*taken)
                );
                (message, None)
            }
        };
        Self {
            by: HOST.to_owned(),
            reasons: vec![PolicyReason {
                code: "budget_exceeded".to_owned(),
                message,
            }],
            limit,
            run: None,
        }
    }

    /// The first reason's code.
    #[must_use]
    pub fn code(&self) -> &str {
        self.reasons.first().map_or("denied", |reason| reason.code.as_str())
    }
}

/// The sentence that the built-in policy says, too.
fn exceeded(denied: &DeniedLimit) -> String {
    let limit = &denied.limit;
    let period = match limit.period {
        Period::Minute => "per-minute",
        Period::Hour => "hourly",
        Period::Day => "daily",
        Period::Month => "monthly",
        Period::Rolling5h => "5-hour",
        Period::Rolling7d => "7-day",
        Period::Run => "run",
    };
    let of = match limit.scope.to_string().as_str() {
        "all" => String::new(),
        scope => format!(" of {scope}"),
    };
    let show = |amount: u64| limit.metric.show(amount);
    let stand = &denied.stand;
    format!(
        "Request would exceed {period} budget{of} ({} / {})",
        show(stand.taken.saturating_add(stand.wanted)),
        show(stand.cap)
    )
}
