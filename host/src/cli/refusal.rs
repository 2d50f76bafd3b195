//! A request that was not taken on, for people: what is in the way, and the ways around it.

use jiff::Timestamp;
use serde_json::json;

use crate::engine::{ChainProblem, Denied, DeniedLimit};
use crate::model::Period;

use super::escape::one_line;
use super::failure::{Code, Failure};

/// Longest reason that is shown, in characters.
const REASON: usize = 600;

/// A policy, a limit, or the user was against it.
pub(super) fn denied(denied: &Denied) -> Failure {
    let reasons: Vec<String> = denied
        .reasons
        .iter()
        .map(|reason| one_line(&reason.message, REASON))
        .collect();
    let first = reasons.first().cloned().unwrap_or_default();
    let mut failure = match denied.code() {
        "budget_exceeded" => {
            let mut failure = Failure::new(
                Code::BudgetExceeded,
                "a hard limit does not allow the request",
            );
            failure.report = Some(format!("❌ Budget Exceeded: {first}"));
            ways_around(failure, denied.limit.as_deref())
        }
        "not_confirmed" => Failure::new(Code::Denied, format!("not confirmed: {first}"))
            .hint("--yes answers yes to whatever a policy asks")
            .hint("when_unattended in policies.yaml says what happens where nobody can be asked"),
        "justification_required" => Failure::new(Code::Denied, first)
            .hint("say why: --justification \"...\"; it is kept on record"),
        "unpriced" => Failure::new(Code::BudgetExceeded, first)
            .hint("on_unpriced in policies.yaml lets so much be set aside instead")
            .hint("or give the model its prices, or let the tool tell what it used"),
        _ => Failure::new(
            Code::Denied,
            format!("policy '{}' is against it: {first}", denied.by),
        ),
    };
    for reason in reasons.iter().skip(1) {
        failure = failure.hint(format!("also: {reason}"));
    }
    if let Some(run) = &denied.run {
        failure = failure.hint(format!(
            "tollgate policy explain {run} shows what each policy said"
        ));
    }
    failure.details = Some(Box::new(json!({
        "by": denied.by,
        "reasons": denied.reasons,
        "run_id": denied.run,
        "limit": denied.limit.as_ref().map(|limit| &limit.stand),
    })));
    failure
}

fn ways_around(failure: Failure, limit: Option<&DeniedLimit>) -> Failure {
    let (source, wait) = match limit {
        Some(limit) => (limit.source.as_str(), wait(limit)),
        None => ("the limit", None),
    };
    let failure = failure
        .hint(format!("raise the limit: {source} in policies.yaml"))
        .hint("or go beyond it: --force --justification \"...\"; both are kept on record");
    match wait {
        Some(wait) => failure.hint(wait),
        None => failure,
    }
}

fn wait(limit: &DeniedLimit) -> Option<String> {
    let at = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    match limit.period {
        Period::Run => None,
        Period::Day | Period::Month => {
            let resets = limit.resets_at?;
            let midnight = resets.strftime("%H:%M").to_string() == "00:00";
            let when = if midnight {
                "at midnight UTC".to_owned()
            } else {
                format!("at {}", at(resets))
            };
            Some(format!("or wait: it resets {when} ({})", at(resets)))
        }
        _ => {
            let fits = limit.fits_at.or(limit.resets_at)?;
            Some(format!("or wait: there is room again at {}", at(fits)))
        }
    }
}

/// Policies do not take their configuration.
pub(super) fn policy_config(problems: &[ChainProblem]) -> Failure {
    let n = problems.len();
    let mut failure = Failure::new(
        Code::InvalidConfig,
        format!(
            "{n} mistake{} in the configuration of policies",
            if n == 1 { "" } else { "s" }
        ),
    );
    let told = problems.iter().map(|problem| {
        let found = &problem.diagnostic;
        let path = if found.path.is_empty() {
            String::new()
        } else {
            format!(" config.{}:", one_line(&found.path, 120))
        };
        let fix = found.fix.as_ref();
        let fix = fix.map_or_else(String::new, |fix| {
            format!("\n   fix: {}", one_line(fix, 300))
        });
        format!(
            "❌ Error in policies.yaml: policy '{}':{path} {}{fix}",
            problem.policy,
            one_line(&found.message, REASON)
        )
    });
    failure.report = Some(told.collect::<Vec<_>>().join("\n"));
    failure
}
