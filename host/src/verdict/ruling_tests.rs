//! From verdicts to one ruling.

use proptest::prelude::*;

use super::*;
use crate::verdict::opinions::{any_opinion, failed, opinion, question, strictness, to};

fn codes(ruling: &Ruling) -> Vec<&str> {
    ruling.reasons().iter().map(|it| it.code.as_str()).collect()
}

#[test]
fn the_strictest_wins() {
    use PolicyDecision::{Allow, Deny, Pass};
    let table: &[(&[PolicyDecision], &str, Option<&str>)] = &[
        (&[], "proceed", None),
        (&[Pass, Pass], "proceed", None),
        (&[Pass, Allow], "proceed", None),
        (&[Allow, to(1, 0)], "reroute", Some("p1")),
        (&[to(1, 0), question("?"), Allow], "ask", Some("p1")),
        (&[to(1, 0), question("?"), Deny], "deny", Some("p2")),
        (&[Deny, Allow, Allow, Allow], "deny", Some("p0")),
    ];
    for (decisions, word, by) in table {
        let opinions: Vec<_> = (0..)
            .zip(decisions.iter())
            .map(|(n, it)| opinion(&format!("p{n}"), it.clone()))
            .collect();
        let ruling = combine(&opinions, false);
        assert_eq!(
            (ruling.as_str(), ruling.by()),
            (*word, *by),
            "{decisions:?}"
        );
    }
}

#[test]
fn of_equals_the_first_wins() {
    let deny = |name| opinion(name, PolicyDecision::Deny);
    let ruling = combine(&[deny("b"), deny("a")], false);
    assert_eq!((ruling.by(), codes(&ruling)), (Some("b"), vec!["deny_b"]));
    let ruling = combine(&[opinion("b", to(2, 7)), opinion("a", to(1, 0))], false);
    let Ruling::Reroute {
        by, target, delay, ..
    } = ruling
    else {
        panic!("{ruling:?}");
    };
    assert_eq!(
        (by.as_str(), target, delay),
        ("b", 2, Duration::from_millis(7))
    );
}

#[test]
fn all_questions_are_kept_in_order() {
    let ruling = combine(
        &[
            opinion("z", question("first?")),
            opinion("m", PolicyDecision::Allow),
            opinion("a", question("second?")),
        ],
        false,
    );
    assert_eq!(codes(&ruling), ["ask_z", "ask_a"]);
    let Ruling::Ask { questions, .. } = ruling else {
        panic!("{ruling:?}");
    };
    let asked: Vec<_> = questions
        .iter()
        .map(|(by, q)| (by.as_str(), q.title.as_str()))
        .collect();
    assert_eq!(asked, [("z", "first?"), ("a", "second?")]);
}

#[test]
fn who_must_answer_and_cannot_denies() {
    let ruling = combine(&[failed("budget", true)], false);
    assert_eq!(
        (ruling.by(), codes(&ruling)),
        (Some("budget"), vec!["policy_failed"])
    );
    assert_eq!(
        ruling.reasons()[0].message,
        "policy 'budget' is required and failed: the plugin crashed: unreachable"
    );
    let silent = Opinion {
        fault: None,
        ..failed("budget", true)
    };
    let ruling = combine(&[silent], false);
    assert!(
        ruling.reasons()[0]
            .message
            .ends_with("failed: it gave no verdict")
    );
}

#[test]
fn who_need_not_answer_is_left_out() {
    assert_eq!(combine(&[failed("hint", false)], false), Ruling::Proceed);
    // A fault beside a verdict: it cannot be trusted.
    let both = |required, decision| Opinion {
        required,
        fault: Some("late".to_owned()),
        ..opinion("both", decision)
    };
    assert_eq!(
        combine(&[both(false, PolicyDecision::Deny)], false),
        Ruling::Proceed
    );
    assert_eq!(
        combine(&[both(true, PolicyDecision::Allow)], false).as_str(),
        "deny"
    );
}

#[test]
fn a_denial_always_has_a_reason() {
    let mut silent = opinion("mute", PolicyDecision::Deny);
    silent.verdict.as_mut().unwrap().reasons.clear();
    let ruling = combine(&[silent], false);
    assert_eq!(codes(&ruling), ["denied"]);
    assert_eq!(
        ruling.reasons()[0].message,
        "policy 'mute' denies without a reason"
    );
}

#[test]
fn a_named_target_is_not_swapped() {
    let reroute = opinion("cheap", to(1, 0));
    assert_eq!(
        combine(std::slice::from_ref(&reroute), true),
        Ruling::Proceed
    );
    let deny = opinion("guard", PolicyDecision::Deny);
    assert_eq!(combine(&[reroute, deny], true).by(), Some("guard"));
}

/// How strict an opinion is by itself.
fn weight(opinion: &Opinion, pinned: bool) -> u8 {
    match &opinion.verdict {
        None => 3 * u8::from(opinion.required),
        Some(verdict) => match verdict.decision {
            PolicyDecision::Pass | PolicyDecision::Allow => 0,
            PolicyDecision::Reroute { .. } => u8::from(!pinned),
            PolicyDecision::Ask(_) => 2,
            PolicyDecision::Deny => 3,
        },
    }
}

proptest! {
    #[test]
    fn the_strictest_wins_in_any_order(
        opinions in prop::collection::vec(any_opinion(), 0..8).prop_shuffle(),
        pinned: bool,
    ) {
        let strictest = opinions.iter().map(|it| weight(it, pinned)).max().unwrap_or(0);
        prop_assert_eq!(strictness(&combine(&opinions, pinned)), strictest);
    }

    #[test]
    fn no_opinion_widens(
        opinions in prop::collection::vec(any_opinion(), 0..8),
        another in any_opinion(),
        place: prop::sample::Index,
        pinned: bool,
    ) {
        let before = strictness(&combine(&opinions, pinned));
        let mut more = opinions;
        more.insert(place.index(more.len() + 1), another);
        prop_assert!(strictness(&combine(&more, pinned)) >= before);
    }
}
