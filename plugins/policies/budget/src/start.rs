//! Before a request, or the next attempt at it, is let go.
//!
//! Owns the decision over one window.

use tollgate_policy_sdk::prelude::*;

use crate::standing::{budget, facts, share, stand};

/// Judges by one window.
pub(crate) fn judge(window: &Window, request: &Request) -> Verdict {
    let exceeds = window.exceeded_by_request();
    let near = window
        .warn_percent
        .is_some_and(|warn| window.percent() >= u64::from(warn));
    let unpriced = window.is_money() && window.wanted.is_none();
    let verdict = match (window.hard, exceeds) {
        // The user goes beyond it knowingly; the host keeps that, and why, on record.
        (true, _) if (exceeds || unpriced) && is_forced(request) => {
            Verdict::allow().because("forced", share(window))
        }
        (true, true) => exceeded(window),
        (true, false) if unpriced => cannot_tell(window, request),
        (true, false) if near => Verdict::allow().because("budget_near", share(window)),
        (false, true) => ask(window, request),
        (false, false) if near => ask(window, request),
        _ => return Verdict::pass(),
    };
    facts(verdict, window)
}

/// Whether the user said to go beyond limits.
pub(crate) fn is_forced(request: &Request) -> bool {
    request.fact("forced") == Some("true")
}

fn exceeded(window: &Window) -> Verdict {
    let total = window.taken().saturating_add(window.wanted.unwrap_or(0));
    let message = format!(
        "Request would exceed {} ({})",
        budget(window),
        stand(window, total)
    );
    Verdict::deny("budget_exceeded", message)
}

fn cannot_tell(window: &Window, request: &Request) -> Verdict {
    let target = match request.chosen_target() {
        Some(target) => format!("{}:{}", target.tool, target.model),
        None => "this request".to_owned(),
    };
    let message = format!(
        "The cost of {target} cannot be told, and the hard {} of {} forbids that; give the model a price in models.yaml, or \
         set `on_unpriced` in policies.yaml",
        budget(window),
        MicroUsd(window.cap)
    );
    Verdict::deny("unpriced", message)
}

fn ask(window: &Window, request: &Request) -> Verdict {
    let share = share(window);
    let estimate = request.chosen_target().and_then(|it| it.estimate_microusd);
    let detail = match estimate {
        Some(cost) => format!("Estimated cost for this request: ~{}", MicroUsd(cost)),
        None => "The cost of this request cannot be estimated".to_owned(),
    };
    Verdict::ask(format!("Budget Warning: {share}"), detail).because("budget_near", share)
}
