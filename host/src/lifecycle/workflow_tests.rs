//! Tables for what is decided, and properties over whole workflows.

use proptest::prelude::*;

use super::*;
use crate::model::OnFailure::{Continue, Stop};

const DONE: StepState = StepState::Ended(AttemptOutcome::Done);
const FAILED: StepState = StepState::Ended(AttemptOutcome::Failed);
const CANCELLED: StepState = StepState::Ended(AttemptOutcome::Cancelled);
const OUTCOMES: [AttemptOutcome; 6] = [
    AttemptOutcome::Done,
    AttemptOutcome::Failed,
    AttemptOutcome::Cancelled,
    AttemptOutcome::TimedOut,
    AttemptOutcome::OverBudget,
    AttemptOutcome::Lost,
];

/// `a`; `b` and `c` need `a`; `d` needs `b`; `e` needs nothing.
fn facts(states: [StepState; 5]) -> Vec<StepFact<'static>> {
    let needs: [&[&str]; 5] = [&[], &["a"], &["a"], &["b"], &[]];
    ["a", "b", "c", "d", "e"]
        .into_iter()
        .zip(needs)
        .zip(states)
        .map(|((id, needs), state)| StepFact {
            id,
            needs: needs.to_vec(),
            state,
        })
        .collect()
}

/// As letters: ready, skipped, then whether to stop and how it ended.
fn told(next: &Next) -> String {
    let letters =
        |places: &[usize]| -> String { places.iter().map(|p| char::from(b"abcde"[*p])).collect() };
    format!(
        "ready {} skipped {} stop {} verdict {}",
        letters(&next.ready),
        letters(&next.skipped),
        next.stop,
        next.verdict.map_or("-", RunStatus::as_str),
    )
}

/// Where the steps stand, what a failure means, whether somebody cancelled; and what is told.
type Row = ([StepState; 5], OnFailure, bool, &'static str);

const R: StepState = StepState::Running;
const S: StepState = StepState::Skipped;
const W: StepState = StepState::Waiting;

#[rustfmt::skip]
const ROWS: [Row; 15] = [
    ([W, W, W, W, W], Stop, false, "ready ae skipped  stop false verdict -"),
    ([R, W, W, W, R], Stop, false, "ready  skipped  stop false verdict -"),
    ([DONE, W, W, W, R], Stop, false, "ready bc skipped  stop false verdict -"),
    ([DONE, DONE, DONE, DONE, DONE], Stop, false, "ready  skipped  stop false verdict done"),
    // A failure stops everything, or only what needs it.
    ([DONE, FAILED, R, W, R], Stop, false, "ready  skipped d stop true verdict -"),
    ([DONE, FAILED, R, W, R], Continue, false, "ready  skipped d stop false verdict -"),
    ([FAILED, W, W, W, W], Continue, false, "ready e skipped bcd stop false verdict -"),
    ([FAILED, S, S, S, DONE], Continue, false, "ready  skipped  stop false verdict failed"),
    ([FAILED, W, W, W, CANCELLED], Stop, false, "ready  skipped bcd stop false verdict failed"),
    // Whoever cancels one step of a workflow breaks it just so.
    ([CANCELLED, W, W, W, R], Stop, false, "ready  skipped bcd stop true verdict -"),
    ([CANCELLED, W, W, W, DONE], Continue, false, "ready  skipped bcd stop false verdict cancelled"),
    // A request to cancel outweighs `continue`.
    ([W, W, W, W, W], Continue, true, "ready  skipped abcde stop false verdict cancelled"),
    ([R, W, W, W, DONE], Continue, true, "ready  skipped bcd stop true verdict -"),
    ([DONE, DONE, DONE, DONE, DONE], Stop, true, "ready  skipped  stop false verdict done"),
    ([FAILED, S, S, S, CANCELLED], Stop, true, "ready  skipped  stop false verdict failed"),
];

#[test]
fn what_follows_from_where_the_steps_stand() {
    for (states, on_failure, cancel, expected) in ROWS {
        let next = next_steps(&facts(states), on_failure, cancel);
        assert_eq!(
            told(&next),
            expected,
            "{states:?} {on_failure:?} cancel {cancel}"
        );
    }
}

#[test]
fn every_kind_of_failure_is_one() {
    for outcome in OUTCOMES {
        let states = [StepState::Ended(outcome), DONE, DONE, DONE, DONE];
        let verdict = match outcome {
            AttemptOutcome::Done => RunStatus::Done,
            AttemptOutcome::Cancelled => RunStatus::Cancelled,
            _ => RunStatus::Failed,
        };
        let next = next_steps(&facts(states), Continue, false);
        assert_eq!(next.verdict, Some(verdict), "{outcome:?}");
    }
}

#[test]
fn a_plan_that_cannot_be_carried_out_ends_too() {
    let fact = |id, needs: &[&'static str]| StepFact {
        id,
        needs: needs.to_vec(),
        state: StepState::Waiting,
    };
    for steps in [
        vec![fact("a", &["b"]), fact("b", &["a"])],
        vec![fact("a", &["a"])],
        vec![fact("a", &["nobody"]), fact("b", &["a"])],
    ] {
        let next = next_steps(&steps, Continue, false);
        assert_eq!(next.skipped.len(), steps.len());
        assert_eq!(next.verdict, Some(RunStatus::Failed));
    }
    assert_eq!(next_steps(&[], Stop, false).verdict, Some(RunStatus::Done));
}

#[test]
fn a_resume_keeps_what_is_done_or_runs() {
    assert_eq!(for_resume(DONE), DONE);
    assert_eq!(for_resume(StepState::Running), StepState::Running);
    for outcome in OUTCOMES.into_iter().filter(|o| *o != AttemptOutcome::Done) {
        assert_eq!(for_resume(StepState::Ended(outcome)), StepState::Waiting);
    }
    assert_eq!(for_resume(StepState::Skipped), StepState::Waiting);
}

/// A workflow without circles in any order, and what chance brings.
#[derive(Debug, Clone)]
struct Play {
    /// Names of the steps, shuffled; a step needs only names below its own.
    order: Vec<usize>,
    needs: Vec<Vec<usize>>,
    /// What each step ends with, by its name.
    ends: Vec<AttemptOutcome>,
    /// Which of the running steps ends next.
    chance: Vec<usize>,
    on_failure: OnFailure,
    /// After how many ends somebody cancels, if anybody does.
    cancel_after: Option<usize>,
}

fn plays() -> impl Strategy<Value = Play> {
    let mostly_done = prop_oneof![4 => Just(0_usize), 1 => 1..OUTCOMES.len()];
    (1..10_usize).prop_flat_map(move |n| {
        let needs = proptest::collection::vec(proptest::collection::vec(any::<bool>(), n), n);
        (
            Just((0..n).collect::<Vec<_>>()).prop_shuffle(),
            needs,
            proptest::collection::vec(mostly_done.clone(), n),
            proptest::collection::vec(any::<usize>(), n),
            prop_oneof![Just(Stop), Just(Continue)],
            proptest::option::weighted(0.2, 0..n),
        )
            .prop_map(
                |(order, needs, ends, chance, on_failure, cancel_after)| Play {
                    order,
                    needs: needs
                        .into_iter()
                        .enumerate()
                        .map(|(step, row)| (0..step).filter(|need| row[*need]).collect())
                        .collect(),
                    ends: ends.into_iter().map(|end| OUTCOMES[end]).collect(),
                    chance,
                    on_failure,
                    cancel_after,
                },
            )
    })
}

/// What one drive of a workflow did.
struct Played {
    states: Vec<StepState>,
    started: Vec<usize>,
    verdict: RunStatus,
}

/// Drive `play` from `states` (by name) to its end, checking every move.
fn drive(play: &Play, mut states: Vec<StepState>, all_succeed: bool) -> Played {
    let names: Vec<String> = (0..states.len()).map(|name| format!("s{name}")).collect();
    let mut started = Vec::new();
    for round in 0_usize.. {
        let facts: Vec<StepFact<'_>> = play
            .order
            .iter()
            .map(|name| StepFact {
                id: &names[*name],
                needs: play.needs[*name]
                    .iter()
                    .map(|n| names[*n].as_str())
                    .collect(),
                state: states[*name],
            })
            .collect();
        let cancelled = !all_succeed && play.cancel_after.is_some_and(|after| round >= after);
        let next = next_steps(&facts, play.on_failure, cancelled);
        let halts =
            cancelled || (play.on_failure == Stop && states.iter().any(|state| is_broken(*state)));
        assert!(
            !halts || next.ready.is_empty(),
            "nothing starts after a stop"
        );
        for name in next.skipped.iter().map(|place| play.order[*place]) {
            assert_eq!(states[name], StepState::Waiting);
            states[name] = StepState::Skipped;
        }
        for name in next.ready.iter().map(|place| play.order[*place]) {
            assert_eq!(states[name], StepState::Waiting);
            assert!(play.needs[name].iter().all(|need| states[*need] == DONE));
            states[name] = StepState::Running;
            started.push(name);
        }
        let running: Vec<usize> = (0..states.len())
            .filter(|name| states[*name] == StepState::Running)
            .collect();
        if let Some(verdict) = next.verdict {
            assert!(running.is_empty() && next.ready.is_empty());
            return Played {
                states,
                started,
                verdict,
            };
        }
        assert!(!running.is_empty(), "it goes on, so something runs");
        assert_eq!(next.stop, halts);
        let name = running[play.chance[round % play.chance.len()] % running.len()];
        states[name] = match (all_succeed, next.stop) {
            (true, _) => DONE,
            (false, true) => CANCELLED,
            (false, false) => StepState::Ended(play.ends[name]),
        };
    }
    unreachable!("the loop ends by returning")
}

proptest! {
    #[test]
    fn every_step_ends_exactly_once_in_any_order(play in plays()) {
        let n = play.order.len();
        let played = drive(&play, vec![StepState::Waiting; n], false);
        let mut once = played.started.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), played.started.len(), "no step starts twice");
        for (name, state) in played.states.iter().enumerate() {
            let ended = matches!(state, StepState::Ended(_));
            prop_assert_eq!(ended, played.started.contains(&name));
            prop_assert!(ended || *state == StepState::Skipped);
        }
        let all_done = played.states.iter().all(|state| *state == DONE);
        prop_assert_eq!(played.verdict == RunStatus::Done, all_done);
        let failed = played.states.iter().any(|s| is_broken(*s) && *s != CANCELLED);
        prop_assert_eq!(played.verdict == RunStatus::Failed, failed);
    }

    /// With `continue` a step is skipped only when something that it needs was not done.
    #[test]
    fn continue_skips_no_more_than_it_must(play in plays()) {
        let play = Play { on_failure: Continue, cancel_after: None, ..play };
        let played = drive(&play, vec![StepState::Waiting; play.order.len()], false);
        for (name, state) in played.states.iter().enumerate() {
            let possible = play.needs[name].iter().all(|need| played.states[*need] == DONE);
            prop_assert_eq!(*state == StepState::Skipped, !possible);
        }
    }

    #[test]
    fn a_resume_never_repeats_what_is_done(play in plays()) {
        let first = drive(&play, vec![StepState::Waiting; play.order.len()], false);
        let again: Vec<StepState> = first.states.iter().copied().map(for_resume).collect();
        let second = drive(&play, again, true);
        prop_assert_eq!(second.verdict, RunStatus::Done);
        for name in second.started {
            prop_assert_ne!(first.states[name], DONE);
        }
    }
}
