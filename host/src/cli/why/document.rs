//! A decision for programs. What is not known is null, never zero.

use serde_json::{Value, json};

use crate::cli::policy::explain;
use crate::query::{Attempt, BreakerEvent, LimitEvent, Move};

use super::Case;

/// Everything that explains one request.
pub(super) fn document(case: &Case<'_>) -> Value {
    let it = case.invocation;
    let deciding = &case.told.deciding;
    let submitted = deciding.submitted.as_ref();
    let judged = deciding.judged.iter();
    let attempts = it.attempts.iter();
    json!({
        "invocation_id": format!("{}.{}", it.run, it.number),
        "state": it.state(),
        "agent": it.agent,
        "task_type": it.task_type,
        "prompt_tokens": submitted.and_then(|it| it.prompt_tokens),
        "justification": submitted.and_then(|it| it.justification.as_ref()),
        "decided": deciding.decided,
        "targets_told": case.asked.as_ref().map(|it| &it.targets),
        "limits_told": case.asked.as_ref().map(|it| &it.windows),
        "policies": judged.map(|judged| explain::document(Some(it.number), judged)).collect::<Vec<_>>(),
        "moves": deciding.moves.iter().map(moved).collect::<Vec<_>>(),
        "limit_events": deciding.limits.iter().map(limit).collect::<Vec<_>>(),
        "breakers": deciding.breakers.iter().map(breaker).collect::<Vec<_>>(),
        "attempts": attempts.map(|(number, it)| attempt(case, *number, it)).collect::<Vec<_>>(),
        "cost": it.cost(),
    })
}

fn moved(it: &Move) -> Value {
    match it {
        Move::FellBack(it) => json!({"kind": "fell_back", "data": it}),
        Move::Retried(it) => json!({"kind": "retried", "data": it}),
    }
}

fn limit(it: &LimitEvent) -> Value {
    match it {
        LimitEvent::Denied(it) => json!({"kind": "denied", "data": it}),
        LimitEvent::Warned(it) => json!({"kind": "warned", "data": it}),
        LimitEvent::Overridden(it) => json!({"kind": "overridden", "data": it}),
    }
}

fn breaker(it: &BreakerEvent) -> Value {
    match it {
        BreakerEvent::Opened(it) => json!({"kind": "opened", "data": it}),
        BreakerEvent::Closed(it) => json!({"kind": "closed", "data": it}),
    }
}

fn attempt(case: &Case<'_>, number: u32, it: &Attempt) -> Value {
    let money = case.told.deciding.money(number);
    let settled = money.and_then(|money| money.settled.as_ref());
    let other = case.other_models();
    let differs = other.iter().any(|(attempt, ..)| *attempt == number);
    json!({
        "n": number,
        "tool": it.target.tool,
        "model": it.target.model,
        "served_model": it.served_model,
        "model_differs": differs,
        "state": it.state,
        "failure_code": it.failure_code,
        "cost": it.cost,
        "reserved": money.and_then(|money| money.last.as_ref()).map(|it| it.amounts),
        "reserved_at_first": money.and_then(|money| money.first.as_ref()).map(|it| it.amounts),
        "settled": settled.map(|it| it.amounts),
        "settled_basis": settled.map(|it| it.basis),
        "overrun_usd_micros": settled.and_then(|it| it.overrun_uusd),
        "released": money.and_then(|money| money.released.as_ref()),
    })
}
