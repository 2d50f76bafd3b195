//! Rounds of asking.

use proptest::prelude::*;

use super::*;
use crate::verdict::opinions::{any_opinion, failed, opinion, question, strictness, to};

/// A policy by what it decides about each target.
type Rule = fn(u32) -> PolicyDecision;

fn chain(rules: &[(&str, Rule)]) -> impl FnMut(u32, &[u32]) -> Vec<Opinion> {
    move |chosen, _| {
        let asked = rules.iter().map(|(name, rule)| opinion(name, rule(chosen)));
        asked.collect()
    }
}

fn code(judged: &Judged) -> &str {
    let reason = judged.ruling.reasons().first();
    reason.map_or("", |reason| reason.code.as_str())
}

#[test]
fn without_reroutes_one_round_is_enough() {
    let judged = judge(3, false, chain(&[("a", |_| PolicyDecision::Allow)]));
    assert_eq!(judged.ruling, Ruling::Proceed);
    assert_eq!(
        (judged.path, judged.final_chosen, judged.opinions.len()),
        (vec![3], 3, 1)
    );
}

#[test]
fn everybody_is_asked_about_the_new_target() {
    let mut asked = Vec::new();
    let mut cheap = chain(&[
        ("cheap", |chosen| {
            if chosen == 0 {
                to(2, 30)
            } else {
                PolicyDecision::Pass
            }
        }),
        ("guard", |_| PolicyDecision::Allow),
    ]);
    let judged = judge(0, false, |chosen, before| {
        asked.push((chosen, before.to_vec()));
        cheap(chosen, before)
    });
    assert_eq!(asked, [(0, vec![]), (2, vec![0])]);
    assert_eq!(
        (judged.ruling.as_str(), judged.ruling.by()),
        ("reroute", Some("cheap"))
    );
    assert_eq!((judged.final_chosen, judged.opinions.len()), (2, 4));
    assert_eq!(judged.delay, Duration::from_millis(30));
}

#[test]
fn whoever_minds_the_new_target_is_heard() {
    let rules: &[(&str, Rule)] = &[
        ("cheap", |chosen| {
            if chosen == 0 {
                to(1, 0)
            } else {
                PolicyDecision::Pass
            }
        }),
        ("guard", |chosen| {
            if chosen == 1 {
                PolicyDecision::Deny
            } else {
                PolicyDecision::Allow
            }
        }),
    ];
    let judged = judge(0, false, chain(rules));
    assert_eq!(judged.ruling.by(), Some("guard"));
    assert_eq!(judged.path, [0, 1]);
}

#[test]
fn a_denial_ends_it_at_once() {
    let rules: &[(&str, Rule)] = &[("cheap", |_| to(1, 0)), ("no", |_| PolicyDecision::Deny)];
    let judged = judge(0, false, chain(rules));
    assert_eq!((judged.ruling.by(), judged.path.len()), (Some("no"), 1));
}

#[test]
fn a_question_stays_wherever_reroutes_lead() {
    let rules: &[(&str, Rule)] = &[
        ("once", |chosen| {
            if chosen == 0 {
                question("dear?")
            } else {
                PolicyDecision::Pass
            }
        }),
        ("again", |chosen| question(&format!("use {chosen}?"))),
        ("cheap", |chosen| {
            if chosen == 0 {
                to(1, 0)
            } else {
                PolicyDecision::Pass
            }
        }),
    ];
    let judged = judge(0, false, chain(rules));
    assert_eq!(
        (judged.path.as_slice(), judged.final_chosen),
        (&[0, 1][..], 1)
    );
    let Ruling::Ask { questions, reasons } = judged.ruling else {
        panic!("{:?}", judged.ruling);
    };
    let titles: Vec<_> = questions.iter().map(|(_, it)| it.title.as_str()).collect();
    assert_eq!(titles, ["dear?", "use 1?"]);
    assert_eq!(reasons.len(), 2, "the same reason is told once");
}

#[test]
fn a_question_does_not_hide_a_later_denial() {
    let rules: &[(&str, Rule)] = &[
        ("asks", |_| question("?")),
        ("cheap", |chosen| {
            if chosen == 0 {
                to(1, 0)
            } else {
                PolicyDecision::Pass
            }
        }),
        ("guard", |chosen| {
            if chosen == 1 {
                PolicyDecision::Deny
            } else {
                PolicyDecision::Pass
            }
        }),
    ];
    assert_eq!(judge(0, false, chain(rules)).ruling.by(), Some("guard"));
}

#[test]
fn the_chosen_target_again_is_no_reroute_but_a_wait() {
    let rules: &[(&str, Rule)] = &[
        ("retry", |chosen| to(chosen, 500)),
        ("other", |_| to(4, 20)),
    ];
    let judged = judge(4, false, chain(rules));
    assert_eq!(judged.ruling, Ruling::Proceed);
    assert_eq!(
        (judged.final_chosen, judged.delay),
        (4, Duration::from_millis(500))
    );
    // It does not stand in the way of one who really reroutes.
    let rules: &[(&str, Rule)] = &[
        ("stay", |chosen| to(chosen, 10)),
        ("go", |chosen| {
            if chosen == 0 {
                to(1, 5)
            } else {
                PolicyDecision::Pass
            }
        }),
    ];
    let judged = judge(0, false, chain(rules));
    assert_eq!(
        (judged.final_chosen, judged.delay),
        (1, Duration::from_millis(10))
    );
}

#[test]
fn two_that_disagree_are_named() {
    let rules: &[(&str, Rule)] = &[
        ("start", |chosen| {
            if chosen == 9 {
                to(0, 0)
            } else {
                PolicyDecision::Pass
            }
        }),
        ("up", |chosen| {
            if chosen == 0 {
                to(1, 0)
            } else {
                PolicyDecision::Pass
            }
        }),
        ("down", |chosen| {
            if chosen == 1 {
                to(0, 0)
            } else {
                PolicyDecision::Pass
            }
        }),
    ];
    let judged = judge(9, false, chain(rules));
    assert_eq!(
        (code(&judged), judged.ruling.by()),
        ("reroute_loop", Some("down"))
    );
    assert_eq!(
        judged.ruling.reasons()[0].message,
        "reroutes come back to target 0, by 'up', 'down': these policies disagree"
    );
    assert_eq!(judged.path, [9, 0, 1]);
}

#[test]
fn eight_reroutes_are_followed_and_not_nine() {
    let stops_at = |end: u32| {
        move |chosen: u32, _: &[u32]| {
            let decision = if chosen < end {
                to(chosen + 1, 0)
            } else {
                PolicyDecision::Pass
            };
            vec![opinion("walker", decision)]
        }
    };
    let judged = judge(0, false, stops_at(8));
    assert_eq!(
        (judged.ruling.as_str(), judged.final_chosen),
        ("reroute", 8)
    );
    let judged = judge(0, false, stops_at(9));
    assert_eq!(
        judged.ruling.reasons()[0].message,
        "more than 8 reroutes in a row, by 'walker'"
    );
    assert_eq!((judged.path.len(), judged.opinions.len()), (9, 9));
}

#[test]
fn a_named_target_stays_and_that_is_remarked_upon() {
    let rules: &[(&str, Rule)] = &[("cheap", |_| to(1, 50)), ("wait", |_| to(0, 20))];
    let judged = judge(0, true, chain(rules));
    assert_eq!((judged.ruling, judged.final_chosen), (Ruling::Proceed, 0));
    assert_eq!(judged.delay, Duration::from_millis(20));
    assert_eq!(judged.opinions.len(), 2);
    assert_eq!(judged.remarks.len(), 1);
    assert_eq!(judged.remarks[0].code, "reroute_not_followed");
    assert_eq!(
        judged.remarks[0].message,
        "policy 'cheap' wants target 1, but the user named target 0"
    );
}

#[test]
fn a_failure_in_a_later_round_counts() {
    let judged = judge(0, false, |chosen, _| {
        let first = if chosen == 0 {
            to(1, 0)
        } else {
            PolicyDecision::Allow
        };
        let second = if chosen == 0 {
            opinion("must", PolicyDecision::Allow)
        } else {
            failed("must", true)
        };
        vec![opinion("cheap", first), second]
    });
    assert_eq!(
        (code(&judged), judged.ruling.by()),
        ("policy_failed", Some("must"))
    );
}

/// Opinions by target, five targets.
fn any_table() -> impl Strategy<Value = Vec<Vec<Opinion>>> {
    prop::collection::vec(prop::collection::vec(any_opinion(), 0..5), 5)
}

fn by_table(table: &[Vec<Opinion>]) -> impl FnMut(u32, &[u32]) -> Vec<Opinion> {
    |chosen, _| table[usize::try_from(chosen).unwrap()].clone()
}

proptest! {
    #[test]
    fn it_ends_and_its_end_was_judged_by_all(table in any_table(), pinned: bool) {
        let judged = judge(0, pinned, by_table(&table));
        prop_assert!(judged.path.len() <= MAX_HOPS + 1);
        prop_assert_eq!(judged.path.last(), Some(&judged.final_chosen));
        let last = &table[usize::try_from(judged.final_chosen).unwrap()];
        prop_assert!(judged.opinions.ends_with(last));
        if judged.ruling.as_str() != "deny" {
            prop_assert!(last.iter().all(|it| denial(it).is_none()));
            prop_assert!(reroute(last, Some(judged.final_chosen), pinned).is_none());
        }
    }

    /// Whatever the reroutes, hops are bounded even without a target seen twice.
    #[test]
    fn the_cap_always_ends_it(step in 1_u32..1_000, start: u32) {
        let mut rounds = 0;
        let judged = judge(start, false, |chosen, _| {
            rounds += 1;
            vec![opinion("walker", to(chosen.wrapping_add(step), 0))]
        });
        prop_assert_eq!(judged.ruling.reasons()[0].code.as_str(), "reroute_loop");
        prop_assert_eq!(rounds, MAX_HOPS + 1);
    }

    #[test]
    fn one_more_policy_that_does_not_reroute_never_widens(
        table in any_table(),
        more in prop::collection::vec(any_opinion(), 5),
        place: prop::sample::Index,
        pinned: bool,
    ) {
        let before = judge(0, pinned, by_table(&table));
        let mut stricter = table;
        for (opinions, mut another) in stricter.iter_mut().zip(more) {
            another.policy = "another".to_owned();
            let reroutes = another.verdict.as_ref().is_some_and(|it| it.decision.as_str() == "reroute");
            if !reroutes {
                opinions.insert(place.index(opinions.len() + 1), another);
            }
        }
        let after = judge(0, pinned, by_table(&stricter));
        prop_assert!(strictness(&after.ruling) >= strictness(&before.ruling));
        prop_assert!(after.delay >= before.delay || after.ruling.as_str() == "deny");
    }
}
