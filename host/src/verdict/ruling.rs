//! One round of opinions, and what comes of it.
//!
//! Owns the order: deny, ask, reroute, and then whatever is left, which is to go on. No opinion
//! can make a ruling less strict than the others make it.

use std::time::Duration;

use crate::model::{Opinion, PolicyDecision, PolicyReason, Question, Verdict};

/// What comes of all opinions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Nobody minds.
    Proceed,
    /// Another target.
    Reroute {
        /// The policy that wants it.
        by: String,
        /// Its place in the list of targets.
        target: u32,
        /// How long to wait first.
        delay: Duration,
        /// Why.
        reasons: Vec<PolicyReason>,
    },
    /// Only if the user says yes to every question.
    Ask {
        /// Each policy that asks, with its question, in the order of asking.
        questions: Vec<(String, Question)>,
        /// Why they ask, all of them.
        reasons: Vec<PolicyReason>,
    },
    /// No.
    Deny {
        /// The first policy that says so.
        by: String,
        /// Why; never empty.
        reasons: Vec<PolicyReason>,
    },
}

impl Ruling {
    /// The word used in events and documents.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Proceed => "proceed",
            Self::Reroute { .. } => "reroute",
            Self::Ask { .. } => "ask",
            Self::Deny { .. } => "deny",
        }
    }

    /// The policy that decided it; of several that ask, the first.
    #[must_use]
    pub fn by(&self) -> Option<&str> {
        match self {
            Self::Proceed => None,
            Self::Reroute { by, .. } | Self::Deny { by, .. } => Some(by),
            Self::Ask { questions, .. } => questions.first().map(|(by, _)| by.as_str()),
        }
    }

    /// Why.
    #[must_use]
    pub fn reasons(&self) -> &[PolicyReason] {
        match self {
            Self::Proceed => &[],
            Self::Reroute { reasons, .. }
            | Self::Ask { reasons, .. }
            | Self::Deny { reasons, .. } => reasons,
        }
    }
}

/// What comes of `opinions`, given in the order of the chain.
///
/// The strictest wins; of equals, the first. A required policy that failed denies with the code
/// `policy_failed`; one that is not required is left out. Where the user named the target
/// (`pinned`), nobody's reroute counts.
#[must_use]
pub fn combine(opinions: &[Opinion], pinned: bool) -> Ruling {
    if let Some(denial) = opinions.iter().find_map(denial) {
        return denial;
    }
    let (questions, reasons) = questions(opinions);
    if !questions.is_empty() {
        return Ruling::Ask { questions, reasons };
    }
    reroute(opinions, None, pinned).unwrap_or(Ruling::Proceed)
}

/// The verdict of a policy that gave one.
pub(super) fn verdict(opinion: &Opinion) -> Option<&Verdict> {
    opinion.verdict.as_ref().filter(|_| opinion.fault.is_none())
}

/// The ruling of a policy that does not allow it.
pub(super) fn denial(opinion: &Opinion) -> Option<Ruling> {
    let because = |code: &str, message: String| {
        let code = code.to_owned();
        vec![PolicyReason { code, message }]
    };
    let policy = &opinion.policy;
    let reasons = match verdict(opinion) {
        None if opinion.required => {
            let fault = opinion.fault.as_deref().unwrap_or("it gave no verdict");
            because(
                "policy_failed",
                format!("policy '{policy}' is required and failed: {fault}"),
            )
        }
        Some(verdict) if verdict.decision == PolicyDecision::Deny => {
            if verdict.reasons.is_empty() {
                because(
                    "denied",
                    format!("policy '{policy}' denies without a reason"),
                )
            } else {
                verdict.reasons.clone()
            }
        }
        _ => return None,
    };
    let by = policy.clone();
    Some(Ruling::Deny { by, reasons })
}

/// All questions, and the reasons of all who ask.
pub(super) fn questions(opinions: &[Opinion]) -> (Vec<(String, Question)>, Vec<PolicyReason>) {
    let (mut questions, mut reasons) = (Vec::new(), Vec::new());
    for opinion in opinions {
        let Some(verdict) = verdict(opinion) else {
            continue;
        };
        if let PolicyDecision::Ask(question) = &verdict.decision {
            questions.push((opinion.policy.clone(), question.clone()));
            reasons.extend(verdict.reasons.iter().cloned());
        }
    }
    (questions, reasons)
}

/// The first reroute that leads away from `current`.
pub(super) fn reroute(opinions: &[Opinion], current: Option<u32>, pinned: bool) -> Option<Ruling> {
    if pinned {
        return None;
    }
    opinions.iter().find_map(|opinion| {
        let verdict = verdict(opinion)?;
        match verdict.decision {
            PolicyDecision::Reroute { target, delay_ms } if Some(target) != current => {
                Some(Ruling::Reroute {
                    by: opinion.policy.clone(),
                    target,
                    delay: Duration::from_millis(delay_ms),
                    reasons: verdict.reasons.clone(),
                })
            }
            _ => None,
        }
    })
}

#[cfg(test)]
#[path = "ruling_tests.rs"]
mod tests;
