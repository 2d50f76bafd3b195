//! The table of states as data, and cancels that race with ends.

use proptest::prelude::*;

use super::*;
use AttemptEvent as E;
use AttemptState as S;

const OUTCOMES: [AttemptOutcome; 6] = [
    AttemptOutcome::Done,
    AttemptOutcome::Failed,
    AttemptOutcome::Cancelled,
    AttemptOutcome::TimedOut,
    AttemptOutcome::OverBudget,
    AttemptOutcome::Lost,
];

/// Every event, in the order of the table's columns.
fn events() -> Vec<E> {
    let plain = [
        E::Queued,
        E::Admitted,
        E::Intended,
        E::Started,
        E::SpawnFailed,
        E::Withdrawn,
        E::CancelRequested,
    ];
    let exits = OUTCOMES.map(E::Exited);
    plain.into_iter().chain(exits).chain([E::Lost]).collect()
}

/// One letter a state; `.` is illegal.
const LETTERS: [(char, S); 10] = [
    ('q', S::Queued),
    ('s', S::Starting),
    ('r', S::Running),
    ('x', S::Cancelling),
    ('D', S::Done),
    ('F', S::Failed),
    ('C', S::Cancelled),
    ('T', S::TimedOut),
    ('O', S::OverBudget),
    ('L', S::Lost),
];

#[test]
fn what_follows_what_is_this_table() {
    // Columns: queued, admitted, intended, started, spawn_failed, withdrawn, cancel_requested;
    // exited as done, failed, cancelled, timed_out, over_budget, lost; lost.
    let table = [
        (None, "q.s.F.. ...... ."),
        (Some(S::Queued), ".s...C. ...... ."),
        (Some(S::Starting), "..srFCx ...... L"),
        (Some(S::Running), "......x DFC... L"),
        (Some(S::Cancelling), "..xxCCx DFCTO. L"),
        (Some(S::Done), "....... ...... ."),
        (Some(S::Failed), "....... ...... ."),
        (Some(S::Cancelled), "....... ...... ."),
        (Some(S::TimedOut), "....... ...... ."),
        (Some(S::OverBudget), "....... ...... ."),
        (Some(S::Lost), "....... DFCTO. ."),
    ];
    assert_eq!(table.len(), S::ALL.len() + 1);
    for (state, row) in table {
        let row: Vec<char> = row.chars().filter(|letter| *letter != ' ').collect();
        assert_eq!(row.len(), events().len());
        for (event, letter) in events().into_iter().zip(row) {
            let expected = LETTERS.iter().find(|(known, _)| *known == letter);
            let expected = expected
                .map(|(_, next)| *next)
                .ok_or(Illegal { state, event });
            assert_eq!(advance(state, event), expected, "{state:?} {event:?}");
        }
    }
}

#[test]
fn what_cannot_happen_is_told_in_words() {
    let none = advance(None, E::Started).unwrap_err();
    assert_eq!(
        none.to_string(),
        "apply Started to an attempt that is not there yet"
    );
    let done = advance(Some(S::Done), E::CancelRequested).unwrap_err();
    assert_eq!(
        done.to_string(),
        "apply CancelRequested to an attempt that is done"
    );
}

/// Take what is legal, as whoever writes under the journal's lock does.
fn offer(state: &mut Option<S>, event: E) -> bool {
    match advance(*state, event) {
        Ok(next) => {
            *state = Some(next);
            true
        }
        Err(_) => false,
    }
}

/// What a canceller writes for an attempt where it stands.
fn cancel(state: &mut Option<S>) -> bool {
    let event = if *state == Some(S::Queued) {
        E::Withdrawn
    } else {
        E::CancelRequested
    };
    offer(state, event)
}

/// How an attempt goes when nobody interferes.
const WAY: [E; 4] = [E::Queued, E::Admitted, E::Intended, E::Started];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_cancel_that_races_with_an_end_leads_to_the_one_that_the_rule_names(
        // After how many of the supervisor's five steps each cancel comes.
        cancels in prop::collection::vec(1_usize..=5, 0..4),
        said_done in any::<bool>(),
        looks_before_spawning in any::<bool>(),
    ) {
        let mut state = None;
        let mut terminals = 0;
        for step in 1..=5 {
            let before = state;
            let event = match WAY.get(step - 1) {
                // A supervisor that sees the cancel in time starts nothing.
                Some(E::Started) if looks_before_spawning && state == Some(S::Cancelling) => E::Withdrawn,
                Some(event) => *event,
                None if said_done => E::Exited(AttemptOutcome::Done),
                None if state == Some(S::Cancelling) => E::Exited(AttemptOutcome::Cancelled),
                None => E::Exited(AttemptOutcome::Failed),
            };
            offer(&mut state, event);
            terminals += usize::from(before != state && state.is_some_and(S::is_terminal));
            for _ in cancels.iter().filter(|after| **after == step) {
                let before = state;
                let accepted = cancel(&mut state);
                terminals += usize::from(before != state && state.is_some_and(S::is_terminal));
                // A second cancel changes nothing, whether it is taken or refused.
                let after = state;
                prop_assert_eq!(cancel(&mut state), accepted && after == Some(S::Cancelling));
                prop_assert_eq!(state, after);
            }
        }
        let first = cancels.iter().min().copied().unwrap_or(5);
        let expected = match first {
            1 => S::Cancelled,
            2 | 3 if looks_before_spawning => S::Cancelled,
            _ if said_done => S::Done,
            2..=4 => S::Cancelled,
            _ => S::Failed,
        };
        prop_assert_eq!(state, Some(expected));
        prop_assert_eq!(terminals, 1, "an attempt ends once");
        for event in events() {
            prop_assert!(advance(state, event).is_err(), "nothing follows an end");
        }
    }

    #[test]
    fn whatever_happens_an_attempt_ends_once_and_a_loss_is_corrected_once(
        picks in prop::collection::vec(0_usize..14, 0..40),
    ) {
        let mut state = None;
        let mut ends = Vec::new();
        for pick in picks {
            let before = state;
            if offer(&mut state, events()[pick])
                && before != state
                && let Some(end) = state.filter(|state| state.is_terminal())
            {
                ends.push(end);
            }
        }
        match ends.as_slice() {
            [] | [_] => {}
            [first, second] => {
                prop_assert_eq!(*first, S::Lost);
                prop_assert_ne!(*second, S::Lost);
            }
            more => prop_assert!(false, "ended {} times", more.len()),
        }
    }
}
