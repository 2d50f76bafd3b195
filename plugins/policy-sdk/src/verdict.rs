//! What a policy says.
//!
//! Owns the making of verdicts and their order of strictness: deny, ask, reroute, allow, pass. Never decides.
//!
//! ```
//! use tollgate_policy_sdk::prelude::*;
//!
//! let no = Verdict::deny("too_late", "it is after ten").fact("hour", "22");
//! assert_eq!(Verdict::strictest(vec![Verdict::pass(), no.clone()]), no);
//! ```

use crate::contract::{About, Decision, Question, Reason, Reroute, Verdict};

impl About {
    /// What a policy is; `version` is usually `env!("CARGO_PKG_VERSION")`.
    #[must_use]
    pub fn new(id: &str, version: &str, summary: &str, phases: &[&str]) -> Self {
        Self {
            id: id.to_owned(),
            version: version.to_owned(),
            summary: summary.to_owned(),
            phases: phases.iter().map(|phase| (*phase).to_owned()).collect(),
            extra: Vec::new(),
        }
    }
}

impl Verdict {
    /// No opinion.
    #[must_use]
    pub fn pass() -> Self {
        Self::of(Decision::Pass)
    }

    /// Fine by this policy. Say why with [`Verdict::because`]: the reasons become remarks.
    #[must_use]
    pub fn allow() -> Self {
        Self::of(Decision::Allow)
    }

    /// No. The code is for machines; the message says what is wrong and what would help.
    #[must_use]
    pub fn deny(code: &str, message: impl Into<String>) -> Self {
        Self::of(Decision::Deny).because(code, message)
    }

    /// Only if the user says so. Say why with [`Verdict::because`], so that history has a code for it.
    #[must_use]
    pub fn ask(title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::of(Decision::Ask(Question {
            title: title.into(),
            detail: detail.into(),
        }))
    }

    /// Another target, by its place in [`Request::targets`](crate::contract::Request::targets). The host goes there only
    /// if it is available, and never where the user named the target.
    #[must_use]
    pub fn reroute(target: u32) -> Self {
        Self::of(Decision::Reroute(Reroute {
            target,
            delay_ms: 0,
        }))
    }

    /// The same, so many milliseconds later. Does nothing to another verdict than a reroute.
    #[must_use]
    pub fn after(mut self, delay_ms: u64) -> Self {
        if let Decision::Reroute(reroute) = &mut self.decision {
            reroute.delay_ms = delay_ms;
        }
        self
    }

    /// Adds a reason.
    #[must_use]
    pub fn because(mut self, code: &str, message: impl Into<String>) -> Self {
        self.reasons.push(Reason {
            code: code.to_owned(),
            message: message.into(),
        });
        self
    }

    /// Adds what was found out on the way.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a number or a reference to a text, whichever the policy has"
    )]
    pub fn fact(mut self, name: &str, value: impl ToString) -> Self {
        self.facts.push((name.to_owned(), value.to_string()));
        self
    }

    /// The strictest of several; among equals the first. Reasons of the others follow its own, stricter ones first, so
    /// that nothing found is lost; their facts do not, because the names would clash.
    #[must_use]
    pub fn strictest(mut verdicts: Vec<Self>) -> Self {
        // The sort is stable: equals stay in order.
        verdicts.sort_by_key(|verdict| std::cmp::Reverse(verdict.strictness()));
        let mut verdicts = verdicts.into_iter();
        let mut first = verdicts.next().unwrap_or_else(Self::pass);
        for other in verdicts {
            first.reasons.extend(other.reasons);
        }
        first
    }

    fn of(decision: Decision) -> Self {
        Self {
            decision,
            reasons: Vec::new(),
            facts: Vec::new(),
        }
    }

    fn strictness(&self) -> u8 {
        match self.decision {
            Decision::Pass => 0,
            Decision::Allow => 1,
            Decision::Reroute(_) => 2,
            Decision::Ask(_) => 3,
            // The host takes a kind that it does not know for deny.
            Decision::Deny | Decision::Other(_) => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_wins_and_keeps_the_reasons_of_the_others() {
        let verdicts = vec![
            Verdict::allow().because("near", "close"),
            Verdict::ask("sure?", "").because("soft", "s"),
            Verdict::deny("hard", "h").fact("limit", "b"),
            Verdict::deny("hard", "second").fact("limit", "c"),
            Verdict::pass(),
        ];
        let verdict = Verdict::strictest(verdicts);
        assert_eq!(verdict.decision, Decision::Deny);
        let messages: Vec<_> = verdict.reasons.iter().map(|it| &*it.message).collect();
        assert_eq!(messages, ["h", "second", "s", "close"]);
        assert_eq!(verdict.facts, [("limit".to_owned(), "b".to_owned())]);
        assert_eq!(Verdict::strictest(vec![]), Verdict::pass());
    }

    #[test]
    fn only_a_reroute_waits() {
        let Decision::Reroute(reroute) = Verdict::reroute(2).after(5).decision else {
            panic!("a reroute");
        };
        assert_eq!((reroute.target, reroute.delay_ms), (2, 5));
        assert_eq!(Verdict::pass().after(5), Verdict::pass());
    }
}
