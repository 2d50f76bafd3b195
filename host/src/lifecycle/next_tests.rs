//! What follows a failure: tables, and what holds whatever the numbers are.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_800_000_000_000;

fn failure(code: &str) -> Failure {
    Failure::fatal(code, "some words")
}

fn rules(after_changes: AfterChanges) -> FallbackRules {
    FallbackRules {
        after_changes,
        ..FallbackRules::default()
    }
}

fn failed<'a>(failure: Option<&'a Failure>, rules: &'a FallbackRules) -> Failed<'a> {
    Failed {
        outcome: AttemptOutcome::Failed,
        failure,
        effects: Effects::default(),
        changed_files: Some(false),
        retries_so_far: 0,
        has_next: true,
        rules,
        now_ms: NOW,
        seed: 7,
    }
}

/// `retry`, `next`, `next, told`, or why it stops, with `!` when somebody must act.
fn short(step: NextStep) -> String {
    match step {
        NextStep::Retry { .. } => "retry".to_owned(),
        NextStep::FallBack { handoff: false } => "next".to_owned(),
        NextStep::FallBack { handoff: true } => "next, told".to_owned(),
        NextStep::Stop { why, terminal, .. } => format!("{why}{}", if terminal { "!" } else { "" }),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is one table")]
fn each_kind_of_trouble_has_what_follows_it() {
    let rules = FallbackRules::default();
    for (code, with_next, without, after_retries, at_last) in [
        ("rate-limited", "retry", "retry", "next", "retries_used"),
        ("overloaded", "retry", "retry", "next", "retries_used"),
        ("unavailable", "retry", "retry", "next", "retries_used"),
        ("network", "retry", "retry", "next", "retries_used"),
        (
            "usage-limit",
            "next",
            "no_other_target",
            "next",
            "no_other_target",
        ),
        (
            "auth",
            "next",
            "no_other_target!",
            "next",
            "no_other_target!",
        ),
        (
            "billing",
            "next",
            "no_other_target!",
            "next",
            "no_other_target!",
        ),
        (
            "permission",
            "next",
            "no_other_target!",
            "next",
            "no_other_target!",
        ),
        (
            "context-length",
            "next",
            "no_other_target",
            "next",
            "no_other_target",
        ),
        (
            "too-large",
            "next",
            "no_other_target",
            "next",
            "no_other_target",
        ),
        (
            "model-not-found",
            "next",
            "no_other_target",
            "next",
            "no_other_target",
        ),
        (
            "unsupported",
            "next",
            "no_other_target",
            "next",
            "no_other_target",
        ),
        ("refused", "refused", "refused", "refused", "refused"),
        (
            "session-not-found",
            "session_not_found",
            "session_not_found",
            "session_not_found",
            "session_not_found",
        ),
        (
            "tool-missing",
            "next",
            "no_other_target!",
            "next",
            "no_other_target!",
        ),
        (
            "bad-setup",
            "next",
            "no_other_target!",
            "next",
            "no_other_target!",
        ),
        (
            "crashed",
            "next",
            "no_other_target",
            "next",
            "no_other_target",
        ),
        (
            "protocol",
            "next",
            "no_other_target",
            "next",
            "no_other_target",
        ),
        (
            "adapter-fault",
            "next",
            "no_other_target",
            "next",
            "no_other_target",
        ),
        ("aborted", "stopped", "stopped", "stopped", "stopped"),
        ("timeout", "stopped", "stopped", "stopped", "stopped"),
        ("policy-stop", "stopped", "stopped", "stopped", "stopped"),
        ("over-budget", "stopped", "stopped", "stopped", "stopped"),
        ("max-turns", "stopped", "stopped", "stopped", "stopped"),
        ("max-cost", "stopped", "stopped", "stopped", "stopped"),
        (
            "brand-new",
            "next",
            "no_other_target",
            "next",
            "no_other_target",
        ),
    ] {
        let failure = failure(code);
        let first = failed(Some(&failure), &rules);
        let step = |retries_so_far, has_next| {
            short(next_step(&Failed {
                retries_so_far,
                has_next,
                ..first
            }))
        };
        assert_eq!(step(0, true), with_next, "{code}");
        assert_eq!(step(0, false), without, "{code}, nobody else");
        assert_eq!(step(2, true), after_retries, "{code}, tried again twice");
        assert_eq!(
            step(2, false),
            at_last,
            "{code}, tried again twice, nobody else"
        );
    }
    assert_eq!(short(next_step(&failed(None, &rules))), "next");
}

#[test]
fn only_a_failure_is_followed_by_anything() {
    let rules = FallbackRules::default();
    let overloaded = failure("overloaded");
    for (outcome, expected) in [
        (AttemptOutcome::Done, "done"),
        (AttemptOutcome::Cancelled, "cancelled"),
        (AttemptOutcome::TimedOut, "timed_out"),
        (AttemptOutcome::OverBudget, "over_budget"),
        (AttemptOutcome::Lost, "lost"),
    ] {
        let ended = Failed {
            outcome,
            ..failed(Some(&overloaded), &rules)
        };
        assert_eq!(short(next_step(&ended)), expected);
    }
}

#[test]
fn what_was_left_behind_decides_before_anything_else_does() {
    use AfterChanges::{Continue, RetryClean, Stop};
    let (overloaded, crashed) = (failure("overloaded"), failure("crashed"));
    let nothing = Effects::default();
    let answered = Effects {
        answered: true,
        ..nothing
    };
    let acted = Effects {
        acted: true,
        ..nothing
    };
    let (same, changed, unknown) = (Some(false), Some(true), None);
    for (rule, failure, effects, files, expected) in [
        (Stop, &overloaded, nothing, same, "retry"),
        (Stop, &crashed, nothing, unknown, "next"),
        (Stop, &overloaded, acted, same, "acted"),
        (Stop, &overloaded, answered, same, "answered"),
        (Stop, &overloaded, nothing, changed, "changed_files"),
        (Stop, &overloaded, acted, changed, "changed_files"),
        (RetryClean, &overloaded, acted, same, "retry"),
        (RetryClean, &crashed, acted, same, "next"),
        (RetryClean, &crashed, answered, same, "next"),
        (RetryClean, &crashed, acted, unknown, "acted"),
        (RetryClean, &crashed, answered, unknown, "answered"),
        (RetryClean, &crashed, nothing, changed, "changed_files"),
        (RetryClean, &crashed, nothing, unknown, "next"),
        (Continue, &overloaded, nothing, same, "retry"),
        (Continue, &overloaded, acted, same, "next, told"),
        (Continue, &crashed, acted, changed, "next, told"),
        (Continue, &crashed, nothing, changed, "next, told"),
        (Continue, &crashed, nothing, same, "next"),
    ] {
        let rules = rules(rule);
        let ended = Failed {
            effects,
            changed_files: files,
            ..failed(Some(failure), &rules)
        };
        let told = format!("{rule:?} {} {effects:?} {files:?}", failure.code.as_str());
        assert_eq!(short(next_step(&ended)), expected, "{told}");
    }
}

#[test]
fn with_nobody_to_go_on_it_stops_and_says_what_is_left() {
    let rules = rules(AfterChanges::Continue);
    let overloaded = failure("overloaded");
    let ended = Failed {
        changed_files: Some(true),
        has_next: false,
        ..failed(Some(&overloaded), &rules)
    };
    assert_eq!(short(next_step(&ended)), "changed_files");
    let refused = failure("refused");
    let ended = Failed {
        failure: Some(&refused),
        has_next: true,
        ..ended
    };
    assert_eq!(short(next_step(&ended)), "refused");
}

#[test]
fn nobody_takes_over_from_a_tool_that_is_rate_limited_where_that_is_not_wanted() {
    let rules = FallbackRules {
        on_rate_limit: false,
        ..rules(AfterChanges::Continue)
    };
    let limited = failure("rate-limited");
    let first = failed(Some(&limited), &rules);
    assert_eq!(short(next_step(&first)), "retry", "patience is not a walk");
    let ended = Failed {
        retries_so_far: 2,
        ..first
    };
    assert_eq!(short(next_step(&ended)), "rate_limited");
    let acted = Failed {
        changed_files: Some(true),
        ..first
    };
    assert_eq!(short(next_step(&acted)), "changed_files");
    let overloaded = failure("overloaded");
    let other = Failed {
        failure: Some(&overloaded),
        ..ended
    };
    assert_eq!(short(next_step(&other)), "next");
}

#[test]
fn a_service_is_waited_for_as_long_as_it_asks_but_not_longer_than_allowed() {
    let rules = FallbackRules::default();
    let asks = |retry_after_ms, resets_at_ms| Failure {
        retry_after_ms,
        resets_at_ms,
        ..failure("rate-limited")
    };
    let step = |failure: &Failure, has_next| {
        next_step(&Failed {
            has_next,
            ..failed(Some(failure), &rules)
        })
    };
    let exactly = |seconds| NextStep::Retry {
        delay: Duration::from_secs(seconds),
    };
    assert_eq!(step(&asks(Some(30_000), None), true), exactly(30));
    assert_eq!(step(&asks(Some(60_000), None), true), exactly(60));
    assert_eq!(step(&asks(None, Some(NOW + 20_000)), true), exactly(20));
    assert_eq!(
        step(&asks(Some(5_000), Some(NOW + 20_000)), true),
        exactly(20)
    );
    assert_eq!(short(step(&asks(Some(60_001), None), true)), "next");
    assert_eq!(
        step(&asks(Some(3_600_000), None), false),
        NextStep::Stop {
            why: "wait_too_long",
            terminal: false,
            until_ms: Some(NOW + 3_600_000),
        }
    );
    let past = step(&asks(Some(0), Some(NOW - 1)), true);
    assert_eq!(short(past), "retry", "a time that is over asks for nothing");
}

#[test]
fn a_used_up_window_says_when_it_returns() {
    let rules = FallbackRules::default();
    let limit = Failure {
        resets_at_ms: Some(NOW + 7_200_000),
        ..failure("usage-limit")
    };
    let ended = Failed {
        has_next: false,
        ..failed(Some(&limit), &rules)
    };
    assert_eq!(
        next_step(&ended),
        NextStep::Stop {
            why: "no_other_target",
            terminal: false,
            until_ms: Some(NOW + 7_200_000),
        }
    );
}

fn any_failure() -> impl Strategy<Value = Option<Failure>> {
    let codes = prop::sample::select(vec![
        "rate-limited",
        "overloaded",
        "network",
        "usage-limit",
        "auth",
        "refused",
        "crashed",
        "aborted",
        "brand-new",
    ]);
    let told = prop::option::of(prop_oneof![0_u64..200_000, any::<u64>()]);
    prop::option::of(
        (codes, told.clone(), told).prop_map(|(code, after, resets)| Failure {
            retry_after_ms: after,
            resets_at_ms: resets.map(|it| NOW.saturating_sub(100_000).saturating_add(it)),
            ..failure(code)
        }),
    )
}

prop_compose! {
    fn any_rules()(
        after in prop::sample::select(vec![
            AfterChanges::Stop, AfterChanges::Continue, AfterChanges::RetryClean,
        ]),
        retries in 0_u32..40,
        first_ms in 0_u64..100_000,
        longest_ms in 0_u64..100_000,
        on_rate_limit: bool,
    ) -> FallbackRules {
        FallbackRules {
            after_changes: after,
            retries,
            first_wait: Duration::from_millis(first_ms),
            longest_wait: Duration::from_millis(longest_ms),
            on_rate_limit,
        }
    }
}

proptest! {
    #[test]
    fn nothing_is_done_twice_and_nothing_goes_on_for_ever(
        failure in any_failure(),
        rules in any_rules(),
        (answered, acted, has_next) in any::<(bool, bool, bool)>(),
        changed_files in any::<Option<bool>>(),
        retries_so_far in 0_u32..50,
        seed: u64,
    ) {
        let effects = Effects { answered, acted };
        let ended = Failed {
            effects, changed_files, retries_so_far, has_next, seed,
            ..failed(failure.as_ref(), &rules)
        };
        let left = answered || acted || changed_files == Some(true);
        match next_step(&ended) {
            NextStep::Retry { delay } => {
                prop_assert!(retries_so_far < rules.retries);
                prop_assert!(delay <= rules.longest_wait);
                let clean = changed_files == Some(false)
                    && rules.after_changes == AfterChanges::RetryClean;
                prop_assert!(!left || clean);
                let told = failure.as_ref().and_then(|it| it.retry_after_ms).unwrap_or(0);
                prop_assert!(delay >= Duration::from_millis(told));
            }
            NextStep::FallBack { handoff } => {
                prop_assert!(has_next);
                if handoff {
                    prop_assert!(left && rules.after_changes == AfterChanges::Continue);
                } else {
                    prop_assert!(!left || changed_files == Some(false));
                }
            }
            NextStep::Stop { why, until_ms, .. } => {
                prop_assert!(!why.is_empty());
                prop_assert!(until_ms.is_none_or(|it| it > NOW));
            }
        }
        prop_assert_eq!(next_step(&ended), next_step(&ended), "no dice");
    }

    #[test]
    fn the_wait_doubles_within_a_quarter(seed: u64, retries_so_far in 0_u32..4) {
        let rules = FallbackRules { retries: 9, ..FallbackRules::default() };
        let overloaded = failure("overloaded");
        let ended = Failed { retries_so_far, seed, ..failed(Some(&overloaded), &rules) };
        let NextStep::Retry { delay } = next_step(&ended) else {
            return Err(TestCaseError::fail("no retry"));
        };
        let middle = 2_000 << retries_so_far;
        let wait = delay.as_millis();
        prop_assert!(wait * 4 >= middle * 3 && wait * 4 <= middle * 5, "{wait} for {middle}");
    }
}

#[test]
fn attempts_that_failed_together_come_back_apart() {
    let rules = FallbackRules::default();
    let overloaded = failure("overloaded");
    let delays: std::collections::BTreeSet<Duration> = (0..20)
        .filter_map(|seed| {
            let ended = Failed {
                seed,
                ..failed(Some(&overloaded), &rules)
            };
            match next_step(&ended) {
                NextStep::Retry { delay } => Some(delay),
                _ => None,
            }
        })
        .collect();
    assert!(delays.len() > 15, "{delays:?}");
}
