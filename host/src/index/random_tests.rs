//! Whatever stands in the journal, in whatever order: an index kept live equals one built anew, and
//! what it says about runs and attempts equals what their events say.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Map;
use uuid::Uuid;

use crate::lifecycle::{AttemptEvent, advance, status_after};
use crate::model::{
    AgentName, AttemptAdmitted, AttemptCancelRequested, AttemptLost, AttemptOutcome, AttemptQueued,
    AttemptSpawnFailed, AttemptState, AttemptUsage, AttemptWarned, AttemptWithdrawn, Basis, Body,
    Cost, Digest, Exactness, FailureCode, LostReason, MicroUsd, OnFailure, Priority,
    RunCancelRequested, RunStatus, StepName, Usage, WorkflowFinished, WorkflowInterrupted,
    WorkflowResumed, WorkflowStarted,
};

use super::stats::from_invocations;
use super::tests::{
    House, Log, decided, exited, finished, fresh, intent, reported, started, submitted, target,
};
use super::*;

fn any_target() -> impl Strategy<Value = &'static str> + Clone {
    prop::sample::select(vec!["claude:opus", "codex:gpt", "local:llama3:8b"])
}

fn any_usage() -> impl Strategy<Value = Usage> {
    (any::<Option<u32>>(), any::<Option<u32>>()).prop_map(|(input, output)| Usage {
        input: input.map(u64::from),
        output: output.map(u64::from),
        ..Usage::default()
    })
}

fn any_cost() -> impl Strategy<Value = Cost> {
    prop_oneof![
        Just(Cost::UNKNOWN),
        (any::<u32>(), any::<bool>()).prop_map(|(micros, at_least)| Cost {
            amount: Some(MicroUsd(u64::from(micros))),
            basis: Basis::Imputed,
            at_least,
        }),
        any::<u32>().prop_map(|micros| reported(u64::from(micros))),
    ]
}

fn any_outcome() -> impl Strategy<Value = AttemptOutcome> {
    prop::sample::select(vec![
        AttemptOutcome::Done,
        AttemptOutcome::Failed,
        AttemptOutcome::Cancelled,
        AttemptOutcome::TimedOut,
        AttemptOutcome::Lost,
    ])
}

fn lost(of: &str, usage: Usage, cost: Cost) -> AttemptLost {
    AttemptLost {
        target: target(of),
        reason: LostReason::SupervisorDied,
        swept: 2,
        tree_empty: true,
        usage,
        exactness: Exactness::Exact,
        cost,
    }
}

/// What moves an attempt.
fn any_step() -> impl Strategy<Value = Body> {
    let code = FailureCode::new("spawn-failed");
    prop_oneof![
        any_target().prop_map(|of| Body::from(AttemptQueued {
            target: target(of),
            priority: Priority::Normal,
            marker: Uuid::nil(),
            within: None,
            delay_ms: None,
        })),
        any_target().prop_map(|of| AttemptAdmitted { target: target(of) }.into()),
        any_target().prop_map(|of| intent(of).into()),
        Just(started().into()),
        Just(AttemptSpawnFailed { code }.into()),
        Just(
            AttemptWithdrawn {
                reason: "interrupt".to_owned(),
            }
            .into()
        ),
        Just(
            AttemptCancelRequested {
                reason: "interrupt".to_owned(),
                kill: false,
            }
            .into()
        ),
        (
            (any_target(), any_outcome(), any_usage(), any_cost()),
            any::<Option<u32>>()
        )
            .prop_map(|((of, outcome, usage, cost), preferred)| {
                let mut end = exited(of, outcome, usage, cost);
                end.preferred_uusd = preferred.map(|micros| MicroUsd(u64::from(micros)));
                end.into()
            }),
        (any_target(), any_usage(), any_cost())
            .prop_map(|(of, usage, cost)| lost(of, usage, cost).into()),
    ]
}

/// What is said about a request or its attempts on the way.
fn any_remark() -> impl Strategy<Value = Body> {
    let agents = prop::sample::select(vec!["architect", "scribe"]);
    prop_oneof![
        agents.prop_map(|agent| Body::from(submitted(agent))),
        (any_target(), prop::option::of(any_target())).prop_map(|(to, preferred)| {
            let mut decided = decided(to);
            decided.preferred = preferred.map(target);
            decided.into()
        }),
        (any_usage(), any_cost()).prop_map(|(usage, cost)| AttemptUsage {
            usage,
            exactness: Exactness::AtLeast,
            cost,
        }
        .into()),
        any_outcome().prop_map(|outcome| finished(outcome).into()),
        Just(
            AttemptWarned {
                code: "unrecognised".to_owned(),
                facts: Map::new()
            }
            .into()
        ),
    ]
}

/// What is said about a run as a whole.
fn any_about_the_run() -> impl Strategy<Value = Body> {
    let cancel = |reason: &str| RunCancelRequested {
        reason: reason.to_owned(),
        kill: false,
    };
    prop_oneof![
        Just(Body::from(cancel("interrupt"))),
        Just(cancel("step_failed").into()),
        Just(
            WorkflowStarted {
                name: "release".to_owned(),
                sha256: Digest::new("e"),
                path: None,
                steps: vec![StepName {
                    id: "plan".to_owned(),
                    needs: Vec::new(),
                }],
                on_failure: OnFailure::Stop,
            }
            .into()
        ),
        Just(
            WorkflowInterrupted {
                reason: "driver_died".to_owned(),
            }
            .into()
        ),
        Just(WorkflowResumed { n_done: 1 }.into()),
        Just(
            WorkflowFinished {
                status: RunStatus::Done,
                duration_ms: 5,
            }
            .into()
        ),
    ]
}

/// Any event of any of a few runs, in any order: also orders that no program would write.
#[derive(Debug, Clone)]
struct Any {
    run: usize,
    invocation: u32,
    attempt: u32,
    body: Body,
    seconds: i64,
}

fn any_event() -> impl Strategy<Value = Any> {
    let body = prop_oneof![
        6 => any_step(),
        3 => any_remark(),
        1 => any_about_the_run(),
    ];
    (0_usize..3, 1_u32..4, 0_u32..3, body, 0_i64..50_000).prop_map(
        |(run, invocation, attempt, body, seconds)| Any {
            run,
            invocation,
            attempt,
            body,
            seconds,
        },
    )
}

fn log_of(events: Vec<Any>) -> Log {
    let mut log = Log::new();
    for event in events {
        log.at += jiff::SignedDuration::from_secs(event.seconds);
        let run = format!("RUN-20261012-{:03}", event.run);
        let about_the_run = event.body.name().starts_with("workflow.")
            || event.body.name() == "run.cancel_requested";
        let invocation = (!about_the_run).then_some(event.invocation);
        log.push_to(&run, invocation, event.attempt, event.body);
    }
    log
}

/// States by run, invocation, and attempt, and how many events could not happen: straight from the
/// events.
type States = BTreeMap<(String, u32, u32), AttemptState>;

fn states_of(log: &Log) -> (States, u64) {
    let mut states = States::new();
    let mut n_illegal = 0;
    for (_, event) in &log.records {
        let (Some(number), Some(moved)) = (event.invocation, AttemptEvent::of(&event.body)) else {
            continue;
        };
        let run = event.run.as_ref().unwrap().to_string();
        let key = (run, number.0, event.attempt.unwrap_or(1));
        match advance(states.get(&key).copied(), moved) {
            Ok(state) => drop(states.insert(key, state)),
            Err(_) => n_illegal += 1,
        }
    }
    (states, n_illegal)
}

fn all_runs(status: Option<RunStatus>) -> RunPage {
    RunPage {
        before: None,
        limit: 100,
        status,
        agent: None,
        active_only: false,
    }
}

fn check_runs(log: &Log, reader: &IndexReader) {
    let (states, n_illegal) = states_of(log);
    assert_eq!(reader.n_illegal().unwrap(), n_illegal);
    let rows = reader.runs(&all_runs(None)).unwrap();
    assert!(rows.is_sorted_by(|a, b| a.id > b.id));
    let mut seen = States::new();
    for row in &rows {
        let view = reader.run(&row.run).unwrap().unwrap();
        assert_eq!(view.run, *row);
        for invocation in &view.invocations {
            for (number, attempt) in &invocation.attempts {
                if let Some(state) = attempt.state {
                    let key = (row.run.to_string(), invocation.number.0, *number);
                    seen.insert(key, state);
                }
            }
        }
        let parts: Vec<_> = view.invocations.iter().map(Invocation::state).collect();
        assert_eq!(row.parts.n_all(), parts.len() as u64);
        let derived = status_after(row.verdict, &parts, row.cancel_requested, row.plan);
        assert_eq!(row.status(), derived);
        let first = view.invocations.first().map(|first| first.agent.as_str());
        assert_eq!(row.agent, first.unwrap_or_default());
        let last = view.invocations.last();
        assert_eq!(row.target, last.and_then(|last| last.target.clone()));
        let sums = view.invocations.iter().flat_map(Invocation::contributions);
        let totals = sums.fold(Totals::default(), |sum, (_, totals)| sum.plus(&totals));
        assert_eq!(row.totals, totals);
        let events: Vec<_> = log
            .records
            .iter()
            .filter(|(_, event)| event.run.as_ref() == Some(&row.run))
            .collect();
        let numbers: std::collections::BTreeSet<_> = events
            .iter()
            .filter_map(|(_, event)| event.invocation)
            .collect();
        assert!(
            numbers
                .into_iter()
                .eq(view.invocations.iter().map(|i| i.number))
        );
        let places = reader.events_of(&row.run).unwrap();
        assert_eq!(places.len(), events.len());
        for (place, (cursor, event)) in places.iter().zip(events) {
            assert_eq!(
                (&place.cursor, place.name.as_str()),
                (cursor, event.body.name())
            );
        }
    }
    assert_eq!(seen, states);
    check_pages(&rows, reader);
}

/// The stored status is the one that the rows tell.
fn check_pages(rows: &[RunRow], reader: &IndexReader) {
    let counts = reader.counts().unwrap();
    for status in RunStatus::ALL {
        let expected: Vec<_> = rows.iter().filter(|row| row.status() == status).collect();
        let page = reader.runs(&all_runs(Some(status))).unwrap();
        assert!(page.iter().eq(expected.iter().copied()));
        let n = counts.get(&status).copied().unwrap_or(0);
        assert_eq!(n, expected.len() as u64);
    }
    let active = RunPage {
        active_only: true,
        agent: Some(AgentName::new("scribe")),
        ..all_runs(None)
    };
    let expected = rows.iter().filter(|row| {
        let is_active = matches!(row.status(), RunStatus::Submitted | RunStatus::Running);
        is_active && row.agent == "scribe"
    });
    assert!(reader.runs(&active).unwrap().iter().eq(expected));
}

/// The sums that are kept equal those over the requests.
fn check_sums(reader: &IndexReader) {
    let all = StatsFilter::default();
    let part = StatsFilter {
        since: Some("2026-10-13".parse().unwrap()),
        until: Some("2026-10-15".parse().unwrap()),
        ..StatsFilter::default()
    };
    for filter in [&all, &part] {
        for group_by in [
            GroupBy::None,
            GroupBy::Agent,
            GroupBy::Tool,
            GroupBy::Model,
            GroupBy::Day,
            GroupBy::Week,
            GroupBy::Month,
            GroupBy::Run,
        ] {
            let slow = from_invocations(reader.connection(), filter, group_by).unwrap();
            let fast = reader.stats(filter, group_by).unwrap();
            let sum = slow
                .values()
                .fold(Totals::default(), |sum, totals| sum.plus(totals));
            assert_eq!(fast.totals, sum);
            if group_by != GroupBy::None {
                let groups = fast.groups.into_iter();
                let fast: BTreeMap<_, _> = groups.map(|group| (group.name, group.totals)).collect();
                assert_eq!(fast, slow);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn an_index_kept_live_equals_one_built_anew_and_says_what_the_events_say(
        events in prop::collection::vec(any_event(), 1..120),
        chunk in 1_usize..20,
    ) {
        let whole = log_of(events);
        let house = House::new();
        let mut so_far = Log::new();
        for records in whole.records.chunks(chunk) {
            so_far.records.extend_from_slice(records);
            house.update(&so_far);
        }
        prop_assert_eq!(house.dump(), fresh(&whole));
        let reader = house.reader();
        check_runs(&whole, &reader);
        check_sums(&reader);
    }
}
