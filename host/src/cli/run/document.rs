//! Runs as JSON documents. Field names are part of the documented interface.
//!
//! What is not known is null, never zero.

use serde_json::{Value, json};

use crate::model::{Exactness, RunId, Usage};
use crate::query::{
    Attempt, AttemptDetail, AttemptView, Invocation, Money, Parts, RunDetail, RunRow, WarningRow,
};

/// A run by itself, as in a list.
pub(in crate::cli) fn run(run: &RunRow) -> Value {
    let workflow = run.workflow.as_ref();
    json!({
        "run_id": run.run,
        "status": run.status(),
        "cancelling": run.is_cancelling(),
        "agent": run.agent,
        "tool": run.target.as_ref().map(|target| &target.tool),
        "model": run.target.as_ref().map(|target| &target.model),
        "workflow": workflow.map(|name| json!({"name": name, "steps": run.n_steps})),
        "started_at": run.started_at.to_string(),
        "updated_at": run.updated_at.to_string(),
        "finished_at": run.finished_at().map(|at| at.to_string()),
        "duration_ms": run.duration_ms(),
        "parts": parts(&run.parts),
        "usage": {"total_tokens": run.total_tokens(), "exactness": run.exactness()},
        "cost": run.cost(),
        "tasks": run.tasks,
        "last_seq": run.last_seq,
    })
}

/// A run with everything in it.
pub(in crate::cli) fn detail(detail: &RunDetail, record_warnings: &[String]) -> Value {
    let view = &detail.view;
    let mut document = run(&view.run);
    let invocations = view.invocations.iter();
    let requests: Vec<Value> = invocations.map(|it| invocation(detail, it)).collect();
    document["invocations"] = requests.into();
    // The list knows sums only; here each count that no attempt told stays unknown.
    let usages = view.invocations.iter().map(Invocation::usage);
    let sum = usages.fold(Usage::default(), |sum, part| sum.plus(&part));
    document["usage"] = usage(&sum, view.run.exactness());
    let warnings = view.warnings.iter();
    let warnings: Vec<Value> = warnings.map(|it| warning(&view.run.run, it)).collect();
    document["warnings"] = warnings.into();
    document["missing_events"] = detail.n_missing.into();
    document["record_warnings"] = record_warnings.into();
    document
}

fn invocation(detail: &RunDetail, it: &Invocation) -> Value {
    let told = detail.of(it);
    let attempts = it.attempts.iter();
    let attempts: Vec<Value> = attempts
        .map(|(number, attempt)| {
            let mut document = attempt_document(*number, attempt, &told.attempt(*number));
            document["budget"] = told.deciding.money(*number).map_or(Value::Null, budget);
            document
        })
        .collect();
    let state = it.state();
    let over = state.is_terminal();
    json!({
        "invocation_id": format!("{}.{}", it.run, it.number),
        "step": it.step,
        "agent": it.agent,
        "task_type": it.task_type,
        "tool": it.target.as_ref().map(|target| &target.tool),
        "model": it.target.as_ref().map(|target| &target.model),
        "reason": told.reason,
        "fallback_used": it.fallback_used,
        "fell_back": told.fell_back.iter().map(|(to, code)| json!({
            "tool": to.tool, "model": to.model, "code": code,
        })).collect::<Vec<_>>(),
        "policies": told.deciding.at_start().map(|it| json!({
            "ruling": it.said.ruling, "by": it.said.by, "answer": it.said.answer,
        })),
        "follows": told.follows,
        "detached": it.detached,
        "state": state,
        "exit_code": it.exit_code.filter(|_| over),
        "started_at": it.started_at.to_string(),
        "finished_at": it.finished_at.filter(|_| over).map(|at| at.to_string()),
        "duration_ms": it.duration_ms.filter(|_| over),
        "usage": usage(&it.usage(), it.exactness()),
        "cost": it.cost(),
        "attempts": attempts,
    })
}

fn attempt_document(number: u32, attempt: &Attempt, told: &AttemptDetail) -> Value {
    json!({
        "n": number,
        "tool": attempt.target.tool,
        "model": attempt.target.model,
        "served_model": attempt.served_model,
        "state": attempt.state,
        "failure_code": attempt.failure_code,
        "lost_reason": attempt.lost_reason,
        "spawned": attempt.spawned,
        "pid": told.pid,
        "exit_code": attempt.exit_code,
        "signal": attempt.signal,
        "started_at": attempt.started_at.to_string(),
        "duration_ms": attempt.duration_ms,
        "cancel_requested": attempt.cancel_requested,
        "stop_reasons": told.stop_reasons,
        "signals_sent": told.signals,
        "swept": attempt.swept,
        "tree_empty": attempt.tree_empty,
        "session_id": attempt.session_id,
        "usage": usage(&attempt.usage, attempt.exactness),
        "cost": attempt.cost,
    })
}

/// One attempt by itself.
pub(in crate::cli) fn attempt(view: &AttemptView) -> Value {
    let told = &view.told;
    let mut document = attempt_document(view.number, &view.attempt, &told.attempt(view.number));
    document["budget"] = told.deciding.money(view.number).map_or(Value::Null, budget);
    document
}

/// What was set aside for an attempt, and what counts for it.
fn budget(money: &Money) -> Value {
    let settled = money.settled.as_ref();
    json!({
        "reserved": money.last.as_ref().map(|it| it.amounts),
        "settled": settled.map(|it| it.amounts),
        "settled_basis": settled.map(|it| it.basis),
        "overrun_usd_micros": settled.and_then(|it| it.overrun_uusd),
        "released": money.released,
    })
}

fn warning(run: &RunId, warning: &WarningRow) -> Value {
    let facts: Value = serde_json::from_str(&warning.facts).unwrap_or_default();
    json!({
        "invocation_id": format!("{run}.{}", warning.number),
        "attempt": Some(warning.attempt).filter(|number| *number > 0),
        "code": warning.code,
        "facts": facts,
        "seq": warning.seq,
    })
}

fn parts(parts: &Parts) -> Value {
    json!({
        "total": parts.n_all(),
        "queued": parts.n_queued,
        "active": parts.n_active,
        "cancelling": parts.n_cancelling,
        "done": parts.n_done,
        "failed": parts.n_failed,
        "cancelled": parts.n_cancelled,
    })
}

fn usage(usage: &Usage, exactness: Exactness) -> Value {
    json!({
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "cache_read_tokens": usage.cache_read,
        "cache_write_tokens": usage.cache_write,
        "reasoning_tokens": usage.reasoning,
        "total_tokens": usage.total(),
        "exactness": exactness,
    })
}
