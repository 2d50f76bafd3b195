//! A request that was not taken on, and why.

use crate::budget::{CapRefusal, LimitRefusal, Refusal};
use crate::model::{LimitScope, LimitStand, Metric, Period, PolicyReason, RunId, Target};

use super::policy::Refused;

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
    /// Where it stands.
    pub stand: LimitStand,
    /// What it counts.
    pub metric: Metric,
    /// Over what time.
    pub period: Period,
    /// Whose requests.
    pub scope: LimitScope,
    /// Where it stands in the configuration.
    pub source: String,
    /// When it begins anew.
    pub resets_at: Option<jiff::Timestamp>,
    /// When the same would fit if nothing else were spent until then.
    pub fits_at: Option<jiff::Timestamp>,
}

impl Denied {
    /// What the host says when a hard limit is in the way.
    pub(super) fn by_host(refusal: &Refusal) -> Self {
        let (message, limit) = match refusal {
            Refusal::Limit(refused) => {
                let limit = DeniedLimit::new(refused);
                (limit.exceeded(), Some(Box::new(limit)))
            }
            Refusal::Cap(refused) => {
                let CapRefusal {
                    of,
                    cap,
                    taken,
                    wanted,
                } = refused;
                let whose = match of {
                    Some(name) => format!("the cap of {name}, whose agent asks,"),
                    None => "its cap".to_owned(),
                };
                let message =
                    format!("{wanted} more is wanted, and of {whose} of {cap} {taken} are taken");
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

    /// What the host says when a target cannot be held to a limit on money.
    pub(super) fn unheld(refused: Refused, target: &Target) -> Self {
        let (code, message) = match refused {
            Refused::Unpriced => (
                "unpriced",
                format!(
                    "nobody can tell what {target} will cost, and a hard limit on money is in force"
                ),
            ),
            Refused::NothingLeft => (
                "budget_exceeded",
                "nothing is left of the request's own cap".to_owned(),
            ),
        };
        Self {
            by: HOST.to_owned(),
            reasons: vec![PolicyReason {
                code: code.to_owned(),
                message,
            }],
            limit: None,
            run: None,
        }
    }

    /// The first reason's code.
    #[must_use]
    pub fn code(&self) -> &str {
        self.reasons
            .first()
            .map_or("denied", |reason| reason.code.as_str())
    }
}

impl DeniedLimit {
    fn new(refused: &LimitRefusal) -> Self {
        Self {
            stand: refused.stand.clone(),
            metric: refused.metric,
            period: refused.period,
            scope: refused.scope.clone(),
            source: refused.source.clone(),
            resets_at: refused.resets_at,
            fits_at: refused.fits_at,
        }
    }

    /// The sentence that the built-in policy says, too.
    fn exceeded(&self) -> String {
        let period = match self.period {
            Period::Minute => "per-minute",
            Period::Hour => "hourly",
            Period::Day => "daily",
            Period::Month => "monthly",
            Period::Rolling5h => "5-hour",
            Period::Rolling7d => "7-day",
            Period::Run => "run",
        };
        let of = match self.scope.to_string().as_str() {
            "all" => String::new(),
            scope => format!(" of {scope}"),
        };
        let show = |amount: u64| self.metric.show(amount);
        let stand = &self.stand;
        format!(
            "Request would exceed {period} budget{of} ({} / {})",
            show(stand.taken.saturating_add(stand.wanted)),
            show(stand.cap)
        )
    }
}
