//! Opinions for the tests of this room. Never part of the program.

use proptest::prelude::*;

use super::Ruling;
use crate::model::{Digest, Opinion, PolicyDecision, PolicyReason, Question, Verdict};

pub(super) fn opinion(policy: &str, decision: PolicyDecision) -> Opinion {
    Opinion {
        policy: policy.to_owned(),
        version: "1.0.0".to_owned(),
        sha256: Digest::new("0".repeat(64)),
        required: false,
        verdict: Some(Verdict {
            reasons: vec![PolicyReason {
                code: format!("{}_{policy}", decision.as_str()),
                message: "because".to_owned(),
            }],
            decision,
            facts: Vec::new(),
        }),
        fault: None,
        cpu_us: 1,
        fuel: 1,
    }
}

pub(super) fn failed(policy: &str, required: bool) -> Opinion {
    Opinion {
        required,
        verdict: None,
        fault: Some("the plugin crashed: unreachable".to_owned()),
        ..opinion(policy, PolicyDecision::Pass)
    }
}

pub(super) fn to(target: u32, delay_ms: u64) -> PolicyDecision {
    PolicyDecision::Reroute { target, delay_ms }
}

pub(super) fn question(title: &str) -> PolicyDecision {
    PolicyDecision::Ask(Question {
        title: title.to_owned(),
        detail: String::new(),
    })
}

/// How strict a ruling is.
pub(super) fn strictness(ruling: &Ruling) -> u8 {
    match ruling {
        Ruling::Proceed => 0,
        Ruling::Reroute { .. } => 1,
        Ruling::Ask { .. } => 2,
        Ruling::Deny { .. } => 3,
    }
}

pub(super) fn any_opinion() -> impl Strategy<Value = Opinion> {
    let decision = prop_oneof![
        Just(Some(PolicyDecision::Pass)),
        Just(Some(PolicyDecision::Allow)),
        Just(Some(PolicyDecision::Deny)),
        "[a-z]{0,3}".prop_map(|title| Some(question(&title))),
        (0_u32..5, 0_u64..100).prop_map(|(target, delay)| Some(to(target, delay))),
        Just(None),
    ];
    ("[a-e]", decision, any::<bool>()).prop_map(|(policy, decision, required)| match decision {
        Some(decision) => Opinion {
            required,
            ..opinion(&policy, decision)
        },
        None => failed(&policy, required),
    })
}
