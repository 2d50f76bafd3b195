//! Tollgate's policy `rate-limit`: so many requests per minute or hour and no more.
//!
//! Owns what becomes of a request to a tool that has had its share. Never counts: the host's ledger does. Requests per day
//! and longer are budgets, and the policy `budget` judges them.

use tollgate_policy_sdk::prelude::*;

/// So many requests per minute or hour and no more.
#[derive(Debug)]
pub struct RateLimit;

/// What becomes of a request to a tool that has had its share.
#[derive(Debug)]
pub enum WhenFull {
    /// It goes to another tool, if there is one.
    Reroute,
    /// It is denied.
    Deny,
}

const CODE: &str = "rate_limited";

impl Policy for RateLimit {
    type Config = WhenFull;

    fn about() -> About {
        About::new(
            "rate-limit",
            env!("CARGO_PKG_VERSION"),
            "So many requests per minute or hour and no more",
            &[phase::RUN_START, phase::RUN_FAILED],
        )
    }

    fn configure(fields: &mut Fields<'_>) -> WhenFull {
        match fields.choice("when_full", &["reroute", "deny"]) {
            Some("deny") => WhenFull::Deny,
            _ => WhenFull::Reroute,
        }
    }

    fn judge(when_full: &WhenFull, request: &Request) -> Result<Verdict, String> {
        let full = request.windows.iter().filter(|window| is_full(window));
        // The one that holds longest; a hard one before any that can be answered with yes.
        let longest = full.max_by_key(|it| (it.hard, it.resets_at_ms.unwrap_or(u64::MAX)));
        Ok(longest.map_or_else(Verdict::pass, |it| over(it, when_full, request)))
    }
}

fn is_full(window: &Window) -> bool {
    window.metric == "requests"
        && matches!(&*window.period, "minute" | "hour")
        && window.taken() >= window.cap
}

fn over(window: &Window, when_full: &WhenFull, request: &Request) -> Verdict {
    let why = sentence(window, request);
    let verdict = if request.fact("forced") == Some("true") {
        Verdict::allow().because("forced", why)
    } else if window.hard {
        match (when_full, elsewhere(request)) {
            (WhenFull::Reroute, Some((index, target))) => {
                let tool = words::snippet(&target.tool, 60);
                Verdict::reroute(index).because(CODE, format!("{why}; {tool} is asked instead"))
            }
            _ => Verdict::deny(CODE, why),
        }
    } else {
        Verdict::ask(format!("Rate Warning: {why}"), "").because(CODE, why)
    };
    let verdict = verdict
        .fact("limit", &window.name)
        .fact("cap", window.cap)
        .fact("taken", window.taken());
    match window.resets_at_ms {
        Some(at) => verdict.fact("resets_at_ms", at),
        None => verdict,
    }
}

/// The first available target with another tool, unless the user named the target.
fn elsewhere(request: &Request) -> Option<(u32, &Target)> {
    let chosen = request.chosen_target()?;
    let mut others = request
        .indexed()
        .filter(|(_, target)| target.available && target.tool != chosen.tool);
    others.next().filter(|_| !request.pinned)
}

/// `codex had 50 of 50 requests per minute; there is room again in 42 s`.
fn sentence(window: &Window, request: &Request) -> String {
    let tool = request.chosen_target().map(|target| &*target.tool);
    let tool = words::snippet(tool.unwrap_or(&window.scope), 60);
    let room = match window.resets_at_ms {
        Some(at) => format!(
            "there is room again in {}",
            wait(at.saturating_sub(request.now_ms))
        ),
        None => "when there is room again is not known".to_owned(),
    };
    format!(
        "{tool} had {} of {} requests per {}; {room}",
        window.taken(),
        window.cap,
        window.period
    )
}

/// A wait in whole seconds or minutes, rounded up.
fn wait(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000).max(1);
    match seconds {
        0..=120 => format!("{seconds} s"),
        _ => format!("{} min", seconds.div_ceil(60)),
    }
}

tollgate_policy_sdk::export_policy!(RateLimit);

#[cfg(test)]
mod tests;
