//! Where the limits stand, for programs. Amounts are whole numbers in units of their metric; what is
//! not known is null.

use serde_json::{Value, json};

use crate::cli::limits::percent;
use crate::engine::{Beyond, Reservation, Standing};
use crate::model::AttemptRef;

use super::Shown;

/// Everything, for programs.
pub(super) fn document(shown: &Shown<'_>, record_warnings: &[String]) -> Value {
    let finances = &shown.finances;
    let (not_exact, since) = shown.not_exact;
    json!({
        "as_of": shown.now.to_string(),
        "limits": finances.limits.iter().map(limit).collect::<Vec<_>>(),
        "reservations": finances.open.iter().map(reservation).collect::<Vec<_>>(),
        "beyond": finances.beyond.iter().map(beyond).collect::<Vec<_>>(),
        "not_exact": {"attempts": not_exact, "since": since.to_string()},
        "record_warnings": record_warnings,
    })
}

fn limit(it: &Standing<'_>) -> Value {
    let (window, limit) = (&it.window, it.window.limit);
    json!({
        "limit": limit.name,
        "metric": limit.metric.as_str(),
        "scope": limit.scope,
        "period": limit.period,
        "time_zone": limit.time_zone,
        "kind": limit.kind,
        "warn_percent": limit.warn_percent,
        "source": limit.source,
        "run": it.run,
        "cap": limit.cap,
        "settled": window.settled,
        "reserved": window.reserved,
        "percent": percent(window.taken(), limit.cap),
        "resets_at": window.resets_at.map(|at| at.to_string()),
        "per_hour": it.per_hour,
        "last_hour": it.last_hour,
        "forecast": it.forecast,
        "reached_at": it.reached_at.map(|at| at.to_string()),
    })
}

fn reservation((name, it): &(AttemptRef, Reservation)) -> Value {
    let told = |amount: u64| (amount > 0).then_some(amount);
    json!({
        "attempt": name.to_string(),
        "agent": it.agent,
        "tool": it.target.tool,
        "model": it.target.model,
        "since": it.since.to_string(),
        "reserved": {
            "usd_micros": it.amounts.uusd,
            "tokens": it.amounts.tokens,
            "requests": it.amounts.requests,
        },
        // Nobody may have told yet: then it is not known, and at any rate a lower bound.
        "used_at_least": {"usd_micros": told(it.used.uusd), "tokens": told(it.used.tokens)},
        "cap_usd_micros": it.cap_uusd,
        "unpriced": it.unpriced,
        "forced": it.forced,
        "task_type": it.task_type,
    })
}

fn beyond(it: &Beyond) -> Value {
    json!({
        "attempt": it.attempt,
        "at": it.at.to_string(),
        "forced": it.forced,
        "usd_micros": it.uusd,
    })
}
