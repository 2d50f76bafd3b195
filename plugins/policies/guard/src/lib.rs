//! Tollgate's policy `guard`: which programs, flags, directories, and agents' tools are out of bounds.
//!
//! | file | idea |
//! |---|---|
//! | `rule` | what the configuration may say |
//! | `flags` | arguments that switch a tool's own safety off |
//! | `places` | directories and programs, compared part by part |
//! | `checks` | what is looked at, and what is said when it is out of bounds |
//!
//! Looks at spelling only: it has no files to follow a link in, and knows no tool's abbreviations. It is the second lock on
//! a door whose first is the configuration of tools; it is no sandbox.

mod checks;
mod flags;
mod places;
mod rule;

use tollgate_policy_sdk::prelude::*;

pub use crate::rule::Rule;

/// Which programs, flags, directories, and agents' tools are out of bounds.
#[derive(Debug)]
pub struct Guard;

impl Policy for Guard {
    type Config = Rule;

    fn about() -> About {
        About::new(
            "guard",
            env!("CARGO_PKG_VERSION"),
            "Dangerous flags, foreign programs and directories, and forbidden tools are denied",
            &[phase::RUN_START, phase::RUN_EVENT],
        )
    }

    fn configure(fields: &mut Fields<'_>) -> Rule {
        Rule::read(fields)
    }

    fn judge(rule: &Rule, request: &Request) -> Result<Verdict, String> {
        let verdicts = match request.phase.as_str() {
            phase::RUN_START => checks::start(rule, request),
            phase::RUN_EVENT => match request.event_kind().as_deref() {
                Some("command") => checks::command(rule, request),
                Some("tool-call") => checks::tool_call(rule, request),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        Ok(Verdict::strictest(verdicts))
    }
}

tollgate_policy_sdk::export_policy!(Guard);

#[cfg(test)]
mod tests;
