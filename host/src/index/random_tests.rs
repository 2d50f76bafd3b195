//! Whatever stands in the journal, in whatever order: an index kept live equals one built anew, and
//! what it says about runs and attempts equals what their events say.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Map;
use uuid::Uuid;

use crate::lifecycle::{AttemptEvent, advance, status_after};
use crate::model::{
    AgentName, AttemptAdmitted, AttemptCancelRequested, AttemptLost, AttemptOutcome, AttemptQueued,
    AttemptSpawnFailed, AttemptState, AttemptUsage, AttemptWarned, AttemptWithdrawn, Basis, Body,
    Cost, Digest, Event, Exactness, FailureCode, LostReason, MicroUsd, OnFailure, Phase, Priority,
    RunCancelRequested, RunId, RunStatus, StepName, TaskId, Usage, WorkflowFinished,
    WorkflowInterrupted, WorkflowResumed, WorkflowStarted,
};

use super::stats::from_invocations;
use super::tests::{
    House, Log, decided, exited, finished, fresh, intent, judged, reported, started, submitted,
    target,
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
                if outcome == AttemptOutcome::Failed {
                    end.failure_code = Some(FailureCode::new("adapter-fault"));
                }
                (end.n_lines, end.n_unrecognised) = (7, 2);
                end.into()
            }),
        (any_target(), any_usage(), any_cost())
            .prop_map(|(of, usage, cost)| lost(of, usage, cost).into()),
    ]
}

/// The last is none that a program would accept.
fn any_task() -> impl Strategy<Value = &'static str> + Clone {
    prop::sample::select(vec!["login", "logout", "2026-docs", "no\ntask"])
}

fn any_phase() -> impl Strategy<Value = Phase> {
    prop::sample::select(vec![Phase::RunStart, Phase::RunFailed])
}

/// What is said about a request or its attempts on the way.
fn any_remark() -> impl Strategy<Value = Body> {
    let agents = prop::sample::select(vec!["architect", "scribe"]);
    prop_oneof![
        (agents, prop::collection::vec(any_task(), 0..3)).prop_map(|(agent, tasks)| {
            let mut submitted = submitted(agent);
            submitted.tasks = tasks.into_iter().map(TaskId::new).collect();
            Body::from(submitted)
        }),
        (any_phase(), any::<bool>()).prop_map(|(phase, failed)| judged(phase, failed).into()),
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
        limit: 100,
        marks: RunMarks {
            status,
            ..RunMarks::default()
        },
        ..RunPage::default()
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
        let places = reader.events_of(&row.run, 0, 1_000).unwrap();
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
    let mut active = all_runs(None);
    active.marks.active_only = true;
    active.marks.agent = Some(AgentName::new("scribe"));
    let expected = rows.iter().filter(|row| {
        let is_active = matches!(row.status(), RunStatus::Submitted | RunStatus::Running);
        is_active && row.agent == "scribe"
    });
    assert!(reader.runs(&active).unwrap().iter().eq(expected));
}

fn a_part() -> StatsFilter {
    StatsFilter {
        since: Some("2026-10-13".parse().unwrap()),
        until: Some("2026-10-15".parse().unwrap()),
        ..StatsFilter::default()
    }
}

/// The sums that are kept equal those over the requests.
fn check_sums(reader: &IndexReader) {
    let all = StatsFilter::default();
    let part = a_part();
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

const TASKS: [&str; 4] = ["login", "logout", "2026-docs", "nobody's"];

/// Whether an event says that its run is for a task.
fn is_for(event: &Event, task: &str) -> bool {
    match &event.body {
        Body::RunSubmitted(submitted) => submitted.tasks.iter().any(|it| it.as_str() == task),
        _ => false,
    }
}

/// Runs that an event picks.
fn runs_with(log: &Log, picks: impl Fn(&Event) -> bool) -> BTreeSet<RunId> {
    let events = log.records.iter().map(|(_, event)| event);
    let picked = events.filter(|event| picks(event));
    picked.filter_map(|event| event.run.clone()).collect()
}

fn listed(reader: &IndexReader, marks: RunMarks) -> BTreeSet<RunId> {
    let page = RunPage {
        limit: 100,
        marks,
        ..RunPage::default()
    };
    let rows = reader.runs(&page).unwrap();
    assert!(rows.is_sorted_by(|a, b| a.id > b.id));
    rows.into_iter().map(|row| row.run).collect()
}

/// Runs are found by their tasks, and their sums are those of their requests.
fn check_tasks(log: &Log, reader: &IndexReader) {
    for n_tasks in 0..=TASKS.len() {
        let tasks: Vec<TaskId> = TASKS[..n_tasks].iter().map(|it| TaskId::new(*it)).collect();
        let expected = runs_with(log, |event| {
            tasks.iter().any(|task| is_for(event, task.as_str()))
        });
        let marks = RunMarks {
            tasks: Some(tasks.clone()),
            ..RunMarks::default()
        };
        assert_eq!(listed(reader, marks), expected);
        for filter in [StatsFilter::default(), a_part()] {
            let fast = reader.task_totals(&tasks, &filter).unwrap();
            let wanted = super::tasks::wanted(&tasks);
            let slow = super::tasks::by_requests(reader.connection(), &wanted, &filter).unwrap();
            assert_eq!(fast, slow);
        }
    }
    let all = TASKS.map(TaskId::from);
    let by_task = reader.totals_by_task(&all).unwrap();
    for task in &all {
        let alone = reader
            .task_totals(std::slice::from_ref(task), &StatsFilter::default())
            .unwrap();
        let found = by_task.get(task).copied().unwrap_or_default();
        assert_eq!(found, alone);
        let names = reader.runs_of_task(task, 10).unwrap();
        assert_eq!(names.len() as u64, found.n_runs);
    }
}

/// A run is found by a piece of any of its names, and by no other.
fn check_words(log: &Log, reader: &IndexReader) {
    let says = |event: &Event, word: &str| {
        let text = serde_json::to_string(&event.body.to_data().unwrap()).unwrap();
        text.to_lowercase().contains(word)
    };
    let by_text = |text: &str| {
        let text = Some(text.to_owned());
        listed(
            reader,
            RunMarks {
                text,
                ..RunMarks::default()
            },
        )
    };
    for (text, word) in [
        ("SCRIB", "\"scribe\""),
        ("ogou", "\"logout\""),
        ("elease", "\"release\""),
    ] {
        assert_eq!(by_text(text), runs_with(log, |event| says(event, word)));
    }
    assert_eq!(by_text("no such word"), BTreeSet::new());
    let all = runs_with(log, |_| true);
    assert_eq!(by_text(" run-2026 "), all);
    assert_eq!(by_text("  "), all, "nothing is asked for");
    for run in &all {
        assert_eq!(by_text(run.as_str()), BTreeSet::from([run.clone()]));
    }
}

/// What is counted of plugins is what stands in the attempts and in the events.
fn check_plugins(log: &Log, reader: &IndexReader) {
    let counts = reader.plugin_counts().unwrap();
    let opinions = log
        .records
        .iter()
        .filter_map(|(_, event)| match &event.body {
            Body::PolicyJudged(judged) => Some(&judged.opinions),
            _ => None,
        });
    let (mut n_asked, mut n_faults) = (0, 0);
    for opinion in opinions.flatten() {
        n_asked += 1;
        n_faults += u64::from(opinion.fault.is_some());
    }
    let counted = counts.policies.iter().map(|it| (it.n_asked, it.n_faults));
    let sum = counted.fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    assert_eq!(sum, (n_asked, n_faults));
    let runs = reader.runs(&all_runs(None)).unwrap();
    let mut expected = (0, 0, 0, 0);
    for run in runs {
        let view = reader.run(&run.run).unwrap().unwrap();
        for attempt in view.invocations.iter().flat_map(|it| it.attempts.values()) {
            let code = attempt.failure_code.as_ref().map(FailureCode::as_str);
            let faulty = code == Some("adapter-fault");
            if attempt.adapter.is_some() {
                expected.0 += 1;
                expected.1 += attempt.n_lines;
                expected.2 += attempt.n_unrecognised;
            }
            expected.3 += u64::from(faulty);
        }
    }
    let known = counts.adapters.iter().filter(|it| it.adapter.is_some());
    let sum = known.fold((0, 0, 0), |sum, it| {
        (
            sum.0 + it.n_attempts,
            sum.1 + it.n_lines,
            sum.2 + it.n_unrecognised,
        )
    });
    let n_faults: u64 = counts.adapters.iter().map(|it| it.n_faults).sum();
    assert_eq!((sum.0, sum.1, sum.2, n_faults), expected);
    let judged = reader.judged(1_000).unwrap();
    assert!(judged.is_sorted_by(|a, b| a.cursor.seq > b.cursor.seq));
    assert!(judged.iter().all(|place| place.name == "policy.judged"));
    assert_eq!(judged.len() as u64, n_asked);
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
        check_tasks(&whole, &reader);
        check_words(&whole, &reader);
        check_plugins(&whole, &reader);
    }
}
