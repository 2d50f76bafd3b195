//! Tollgate's policy `budget`: budgets warn and block.
//!
//! | file | idea |
//! |---|---|
//! | `start` | before a request, or the next attempt at it, is let go |
//! | `running` | while it spends |
//! | `standing` | a limit in words |
//!
//! Owns what is said about limits, letter for letter. Never adds up what was spent: the host's ledger does, and holds hard
//! limits whatever is said here. How often something may be asked per minute or hour is the policy `rate-limit`'s.

mod running;
mod standing;
mod start;

use tollgate_policy_sdk::prelude::*;

/// Budgets warn and block.
#[derive(Debug)]
pub struct Budget;

impl Policy for Budget {
    type Config = ();

    fn about() -> About {
        About::new(
            "budget",
            env!("CARGO_PKG_VERSION"),
            "Budgets of money, tokens, and requests warn and block",
            &[phase::RUN_START, phase::RUN_EVENT, phase::RUN_FAILED],
        )
    }

    fn configure(_: &mut Fields<'_>) {}

    fn judge((): &(), request: &Request) -> Result<Verdict, String> {
        let windows = request.windows.iter().filter(|window| counts(window));
        Ok(match request.phase.as_str() {
            phase::RUN_START | phase::RUN_FAILED => {
                let verdicts = windows.map(|window| start::judge(window, request));
                Verdict::strictest(verdicts.collect())
            }
            phase::RUN_EVENT => {
                let verdicts = windows.map(|window| running::judge(window, request));
                Verdict::strictest(verdicts.collect())
            }
            _ => Verdict::pass(),
        })
    }
}

/// Whether the window is a budget. Requests per minute or hour are a rate.
fn counts(window: &Window) -> bool {
    window.metric != "requests" || !matches!(&*window.period, "minute" | "hour")
}

tollgate_policy_sdk::export_policy!(Budget);

#[cfg(test)]
mod tests;
