//! While a request spends.
//!
//! Owns the decision over one window. What the run wanted is part of what is taken by now.

use tollgate_policy_sdk::prelude::*;

use crate::standing::{budget, facts, share, stand};
use crate::start::is_forced;

/// Judges by one window.
pub(crate) fn judge(window: &Window, request: &Request) -> Verdict {
    let taken = window.taken();
    let verdict = if window.hard && taken > window.cap && !is_forced(request) {
        let message = format!(
            "Spending went beyond {} ({})",
            budget(window),
            stand(window, taken)
        );
        Verdict::deny("budget_exceeded", message)
    } else if !window.hard && crossed(window) && !is_about_something_else(request) {
        Verdict::allow().because("budget_near", share(window))
    } else {
        return Verdict::pass();
    };
    facts(verdict, window)
}

fn crossed(window: &Window) -> bool {
    let warn = window.warn_percent.unwrap_or(100);
    window.taken() > window.cap || window.percent() >= u64::from(warn)
}

/// The host asks because of a command or a tool, not because of money: a remark would only repeat the one before.
fn is_about_something_else(request: &Request) -> bool {
    matches!(
        request.event_kind().as_deref(),
        Some("command" | "tool-call")
    )
}
