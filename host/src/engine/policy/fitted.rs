//! What the policies said, made to fit into one line of the journal.
//!
//! Policies may say a lot, and be asked many times. A line that is too long would not be written,
//! and then nothing that goes with it: so texts are shortened, and after them whole opinions are left
//! out, the oldest first. What came of it all is never touched.

use crate::journal::MAX_LINE;
use crate::model::{Opinion, PolicyDecision, PolicyJudged};

/// Bytes that the rest of the line may take: its envelope, and names of the configuration.
const ENVELOPE: usize = 8 << 10;

/// Characters of a text that is shortened.
const SHORT: usize = 80;

/// `judged` as it can be written; `cut` says when something is missing.
pub(super) fn fitted(mut judged: PolicyJudged) -> PolicyJudged {
    let steps: [fn(&mut PolicyJudged); 5] = [
        |it| it.opinions.iter_mut().for_each(shorten),
        |it| it.opinions.iter_mut().for_each(only_first_reason),
        last_round,
        |it| it.request = None,
        |it| it.opinions.clear(),
    ];
    for step in steps {
        if fits(&judged) {
            break;
        }
        step(&mut judged);
        judged.cut = true;
    }
    judged
}

fn fits(judged: &PolicyJudged) -> bool {
    // Invariant: plain data always serialises; what would not could not be written either.
    let bytes = serde_json::to_vec(judged).map_or(0, |text| text.len());
    bytes <= MAX_LINE - ENVELOPE
}

fn shorten(opinion: &mut Opinion) {
    if let Some(fault) = &mut opinion.fault {
        cut(fault);
    }
    let Some(verdict) = &mut opinion.verdict else {
        return;
    };
    verdict
        .reasons
        .iter_mut()
        .for_each(|reason| cut(&mut reason.message));
    verdict.facts.iter_mut().for_each(|(_, value)| cut(value));
    if let PolicyDecision::Ask(question) = &mut verdict.decision {
        cut(&mut question.detail);
    }
}

fn only_first_reason(opinion: &mut Opinion) {
    if let Some(verdict) = &mut opinion.verdict {
        verdict.reasons.truncate(1);
        verdict.facts.clear();
    }
}

/// Each policy once, as it was asked last.
fn last_round(judged: &mut PolicyJudged) {
    let all = &judged.opinions;
    let is_again = |n: usize| all[n + 1..].iter().any(|it| it.policy == all[n].policy);
    let first_kept = (0..all.len()).find(|n| !is_again(*n));
    judged.opinions.drain(..first_kept.unwrap_or(0));
}

fn cut(text: &mut String) {
    if text.chars().count() > SHORT {
        *text = text.chars().take(SHORT - 1).chain(['…']).collect();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Digest, Phase, PolicyReason, Question, Target, Verdict};

    fn opinion(policy: &str, word: &str, n: usize) -> Opinion {
        let reason = || PolicyReason {
            code: "because".to_owned(),
            message: word.repeat(1_024 / word.len()),
        };
        Opinion {
            policy: policy.to_owned(),
            version: "1.0.0".to_owned(),
            sha256: Digest::of(b"x"),
            required: true,
            verdict: Some(Verdict {
                decision: PolicyDecision::Ask(Question {
                    title: "t".repeat(200),
                    detail: word.repeat(1_024 / word.len()),
                }),
                reasons: std::iter::repeat_with(reason).take(n).collect(),
                facts: vec![("fact".to_owned(), word.repeat(256 / word.len())); n],
            }),
            fault: None,
            cpu_us: 1,
            fuel: 1,
        }
    }

    fn judged(policies: usize, rounds: usize, word: &str, n: usize) -> PolicyJudged {
        let names: Vec<String> = (0..policies).map(|it| format!("policy-{it}")).collect();
        let round = || names.iter().map(|name| opinion(name, word, n));
        PolicyJudged {
            phase: Phase::RunStart,
            ruling: "deny".to_owned(),
            by: Some("policy-0".to_owned()),
            codes: vec!["because".to_owned(); 16],
            answer: None,
            path: vec![Target::parse("tool:model").expect("a target"); rounds],
            opinions: (0..rounds).flat_map(|_| round()).collect(),
            request: Some(serde_json::json!({ "phase": "run-start" })),
            cut: false,
        }
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let short = judged(5, 1, "word", 1);
        assert_eq!(fitted(short.clone()), short);
    }

    #[test]
    fn texts_go_first_then_the_earlier_rounds() {
        let texts = fitted(judged(6, 2, "word", 16));
        assert!(texts.cut);
        assert_eq!(texts.opinions.len(), 12);
        let verdict = texts.opinions[0].verdict.as_ref().expect("a verdict");
        assert!(verdict.reasons[0].message.ends_with('…'));
        let rounds = fitted(judged(40, 9, "word", 16));
        assert_eq!(rounds.opinions.len(), 40, "the last round");
        assert_eq!(rounds.opinions[0].policy, "policy-0");
        assert!(rounds.request.is_some());
    }

    proptest! {
        #[test]
        fn it_always_fits_and_what_came_of_it_stays(
            policies in 1_usize..300, rounds in 1_usize..10, n in 0_usize..33,
            word in prop::sample::select(vec!["x", "\u{1}", "\u{202e}", "\"", "日本"]),
        ) {
            let long = judged(policies, rounds, word, n);
            let kept = fitted(long.clone());
            prop_assert!(fits(&kept));
            prop_assert_eq!((&kept.ruling, &kept.by, &kept.codes), (&long.ruling, &long.by, &long.codes));
            prop_assert_eq!(kept.cut, kept != long);
        }
    }
}
