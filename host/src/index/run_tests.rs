//! Runs as people ask for them: what waits, what is at work, what came of the rest.

use uuid::Uuid;

use crate::model::{
    AgentName, AttemptAdmitted, AttemptCancelRequested, AttemptLost, AttemptOutcome, AttemptQueued,
    AttemptState, AttemptWithdrawn, Basis, Body, Cost, Digest, Exactness, InvocationNumber,
    LostReason, MicroUsd, OnFailure, Priority, RunCancelRequested, RunId, RunStatus, StepName,
    Usage, WorkflowFinished, WorkflowInterrupted, WorkflowResumed, WorkflowStarted,
};

use super::tests::{
    House, Log, decided, exited, finished, intent, reported, started, submitted, target, tokens,
};
use super::*;

const RUN: &str = "RUN-20261012-001";
const TO: &str = "claude:opus";

fn queued() -> AttemptQueued {
    AttemptQueued {
        target: target(TO),
        priority: Priority::Normal,
        marker: Uuid::nil(),
        within: None,
        delay_ms: None,
    }
}

fn admitted() -> AttemptAdmitted {
    AttemptAdmitted { target: target(TO) }
}

fn done() -> Body {
    exited(TO, AttemptOutcome::Done, tokens(10, 5), reported(700)).into()
}

fn cancel_run(reason: &str) -> RunCancelRequested {
    RunCancelRequested {
        reason: reason.to_owned(),
        kill: false,
    }
}

fn stop() -> AttemptCancelRequested {
    AttemptCancelRequested {
        reason: "interrupt".to_owned(),
        kill: false,
    }
}

fn workflow(steps: &[&str]) -> WorkflowStarted {
    WorkflowStarted {
        name: "release".to_owned(),
        sha256: Digest::new("e"),
        path: None,
        steps: steps
            .iter()
            .map(|id| StepName {
                id: (*id).to_owned(),
                needs: Vec::new(),
            })
            .collect(),
        on_failure: OnFailure::Stop,
    }
}

/// A log of one run that is read after every event.
struct Story {
    log: Log,
    house: House,
}

impl Story {
    fn new() -> Self {
        Self {
            log: Log::new(),
            house: House::new(),
        }
    }

    /// One of its attempts goes on; afterwards it stands like this.
    fn then(&mut self, invocation: u32, body: impl Into<Body>, status: RunStatus) -> RunRow {
        self.log.push_to(RUN, Some(invocation), 1, body);
        self.stands(status)
    }

    /// Something is said about the whole of it; afterwards it stands like this.
    fn said(&mut self, body: impl Into<Body>, status: RunStatus) -> RunRow {
        self.log.push_to(RUN, None, 0, body);
        self.stands(status)
    }

    fn stands(&mut self, status: RunStatus) -> RunRow {
        self.log.at += jiff::SignedDuration::from_secs(1);
        self.house.update(&self.log);
        let row = self.view().run;
        let last = self.log.records.last().unwrap().1.body.name().to_owned();
        assert_eq!(row.status(), status, "after {last}");
        row
    }

    fn view(&self) -> RunView {
        let reader = self.house.reader();
        reader.run(&RunId::new(RUN)).unwrap().unwrap()
    }
}

#[test]
fn a_run_goes_from_submission_to_its_end() {
    let mut story = Story::new();
    let mut detached = submitted("architect");
    detached.detached = true;
    detached.step = Some("plan".to_owned());
    story.then(1, detached, RunStatus::Submitted);
    story.then(1, decided(TO), RunStatus::Submitted);
    let row = story.then(1, queued(), RunStatus::Submitted);
    assert_eq!(row.parts.n_queued, 1);
    assert_eq!(row.cost(), Cost::UNKNOWN);
    assert_eq!(
        (row.total_tokens(), row.exactness()),
        (None, Exactness::Unknown)
    );
    story.then(1, admitted(), RunStatus::Running);
    story.then(1, intent(TO), RunStatus::Running);
    let row = story.then(1, started(), RunStatus::Running);
    assert_eq!((row.parts.n_active, row.is_cancelling()), (1, false));
    assert_eq!(row.finished_at(), None);
    story.then(1, done(), RunStatus::Done);
    let row = story.then(1, finished(AttemptOutcome::Done), RunStatus::Done);
    assert_eq!(row.agent, "architect");
    assert_eq!(row.target, Some(target(TO)));
    assert_eq!(row.duration_ms(), Some(7_000));
    assert_eq!(
        (row.total_tokens(), row.exactness()),
        (Some(15), Exactness::Exact)
    );
    assert_eq!(row.cost(), reported(700));
    let invocation = &story.view().invocations[0];
    assert_eq!(invocation.state(), AttemptState::Done);
    assert!(invocation.detached);
    assert_eq!(invocation.step.as_deref(), Some("plan"));
    assert_eq!(invocation.finished_at, row.finished_at());
}

#[test]
fn a_cancel_shows_while_it_works_and_what_waited_is_withdrawn() {
    let mut story = Story::new();
    for number in [1, 2] {
        story.then(number, submitted("architect"), RunStatus::Submitted);
        story.then(number, queued(), RunStatus::Submitted);
    }
    story.then(1, admitted(), RunStatus::Running);
    story.then(1, intent(TO), RunStatus::Running);
    story.then(1, started(), RunStatus::Running);
    let row = story.said(cancel_run("interrupt"), RunStatus::Running);
    assert!(row.is_cancelling());
    assert_eq!(row.parts.n_all(), 2, "no request was made up");
    let reason = "interrupt".to_owned();
    story.then(2, AttemptWithdrawn { reason }, RunStatus::Running);
    let row = story.then(1, stop(), RunStatus::Running);
    assert_eq!(row.parts.n_cancelling, 1);
    let stopped = exited(TO, AttemptOutcome::Cancelled, tokens(1, 1), reported(9));
    let row = story.then(1, stopped, RunStatus::Cancelled);
    assert!(!row.is_cancelling());
    assert_eq!(row.parts.n_cancelled, 2);
    let attempt = &story.view().invocations[1].attempts[&1];
    assert!(attempt.cancel_requested && !attempt.spawned);
    assert_eq!(row.totals.n_unknown_cost, 0, "what never ran cost nothing");
}

#[test]
fn a_stop_after_a_failed_step_leaves_the_run_failed() {
    let mut story = Story::new();
    story.said(workflow(&["plan", "build"]), RunStatus::Submitted);
    story.then(1, intent(TO), RunStatus::Running);
    story.then(2, queued(), RunStatus::Running);
    story.then(1, started(), RunStatus::Running);
    let failed = exited(TO, AttemptOutcome::Failed, tokens(1, 1), reported(9));
    story.then(1, failed, RunStatus::Running);
    let row = story.said(cancel_run("step_failed"), RunStatus::Running);
    assert!(!row.cancel_requested);
    let reason = "step_failed".to_owned();
    story.then(2, AttemptWithdrawn { reason }, RunStatus::Running);
    let end = WorkflowFinished {
        status: RunStatus::Failed,
        duration_ms: 1,
    };
    story.said(end, RunStatus::Failed);
}

#[test]
fn a_workflow_is_open_interrupted_resumed_and_finished() {
    let mut story = Story::new();
    let row = story.said(workflow(&["plan", "build"]), RunStatus::Submitted);
    assert_eq!(row.workflow.as_deref(), Some("release"));
    assert_eq!((row.n_steps, row.parts.n_all()), (Some(2), 0));
    story.then(1, submitted("architect"), RunStatus::Submitted);
    story.then(1, intent(TO), RunStatus::Running);
    story.then(1, started(), RunStatus::Running);
    story.then(1, done(), RunStatus::Running);
    let reason = "driver_died".to_owned();
    story.said(WorkflowInterrupted { reason }, RunStatus::Interrupted);
    story.said(WorkflowResumed { n_done: 1 }, RunStatus::Running);
    story.then(2, intent(TO), RunStatus::Running);
    story.then(2, started(), RunStatus::Running);
    story.then(2, done(), RunStatus::Running);
    story.then(1, finished(AttemptOutcome::Done), RunStatus::Running);
    let row = story.then(2, finished(AttemptOutcome::Done), RunStatus::Running);
    assert_eq!(row.finished_at(), None);
    let end = WorkflowFinished {
        status: RunStatus::Done,
        duration_ms: 1,
    };
    let row = story.said(end, RunStatus::Done);
    assert_eq!(row.finished_at(), Some(row.updated_at));
    assert_eq!((row.parts.n_done, row.cost()), (2, reported(1_400)));
}

#[test]
fn a_lost_attempt_tells_at_least_what_it_cost_and_may_be_corrected() {
    let lost = |usage, cost| AttemptLost {
        target: target(TO),
        reason: LostReason::SupervisorDied,
        swept: 3,
        tree_empty: true,
        usage,
        exactness: Exactness::Exact,
        cost,
    };
    let mut story = Story::new();
    story.then(1, intent(TO), RunStatus::Running);
    story.then(1, started(), RunStatus::Running);
    let row = story.then(1, lost(tokens(4, 2), reported(300)), RunStatus::Failed);
    let at_least = Cost {
        at_least: true,
        ..reported(300)
    };
    assert_eq!(
        (row.cost(), row.exactness()),
        (at_least, Exactness::AtLeast)
    );
    let attempt = story.view().invocations[0].attempts[&1].clone();
    assert_eq!(attempt.lost_reason, Some(LostReason::SupervisorDied));
    assert_eq!((attempt.swept, attempt.tree_empty), (3, None), "no proof");
    story.then(1, finished(AttemptOutcome::Lost), RunStatus::Failed);

    let row = story.then(1, done(), RunStatus::Done);
    assert_eq!((row.cost(), row.totals.n_attempts), (reported(700), 1));
    assert_eq!(story.view().invocations[0].attempts[&1].lost_reason, None);

    let mut story = Story::new();
    story.then(1, intent(TO), RunStatus::Running);
    let row = story.then(1, lost(Usage::default(), Cost::UNKNOWN), RunStatus::Failed);
    assert_eq!((row.cost(), row.total_tokens()), (Cost::UNKNOWN, None));
    assert_eq!(row.totals.n_unknown_cost, 1);
}

#[test]
fn a_request_that_ended_without_an_attempt_has_failed_and_cost_nothing() {
    let mut story = Story::new();
    story.then(1, submitted("architect"), RunStatus::Submitted);
    let row = story.then(1, finished(AttemptOutcome::Failed), RunStatus::Failed);
    assert_eq!(story.view().invocations[0].state(), AttemptState::Failed);
    let nothing = Cost {
        amount: Some(MicroUsd(0)),
        basis: Basis::Billed,
        at_least: false,
    };
    assert_eq!((row.cost(), row.total_tokens()), (nothing, Some(0)));
}

#[test]
fn what_cannot_happen_is_counted_and_changes_nothing() {
    let mut story = Story::new();
    story.then(1, queued(), RunStatus::Submitted);
    story.then(1, started(), RunStatus::Submitted);
    story.then(2, stop(), RunStatus::Submitted);
    story.then(1, admitted(), RunStatus::Running);
    assert_eq!(story.house.reader().n_illegal().unwrap(), 2);
    assert_eq!(story.house.reader().n_missing().unwrap(), 0);
    assert!(story.view().invocations[1].attempts.is_empty());

    story.then(1, intent(TO), RunStatus::Running);
    story.then(1, started(), RunStatus::Running);
    story.then(1, done(), RunStatus::Running);
    let again = exited(TO, AttemptOutcome::Failed, tokens(9, 9), reported(9));
    let row = story.then(1, again, RunStatus::Running);
    assert_eq!(row.parts.n_done, 1);
    assert_eq!(row.totals.cost_uusd, 700, "the first end counts");
}

/// 300 runs: three agents in turn; every tenth waits, every tenth is at work, the rest is done.
fn many() -> Log {
    let mut log = Log::new();
    for n in 1..=300 {
        let run = format!("RUN-20261012-{n:03}");
        let agent = ["architect", "scribe", "dev"][n % 3];
        match n % 10 {
            0 => {
                log.push(&run, 0, submitted(agent));
                log.push(&run, 1, queued());
            }
            1 => {
                log.push(&run, 0, submitted(agent));
                log.push(&run, 1, intent(TO));
            }
            _ => log.request(&run, agent, TO, (tokens(1, 1), 1)),
        }
    }
    log
}

#[test]
fn pages_of_runs_are_newest_first_and_filtered() {
    let house = House::new();
    house.update(&many());
    let reader = house.reader();
    let page = |marks: RunMarks| RunPage {
        limit: 7,
        marks,
        ..RunPage::default()
    };
    let page_through = |mut page: RunPage| {
        let mut found: Vec<RunRow> = Vec::new();
        loop {
            let rows = reader.runs(&page).unwrap();
            assert!(rows.len() <= 7);
            let Some(last) = rows.last() else { break };
            page.before = Some(last.id);
            found.extend(rows);
        }
        assert!(found.is_sorted_by(|a, b| a.id > b.id));
        found
    };
    assert_eq!(page_through(page(RunMarks::default())).len(), 300);
    let done = page_through(page(RunMarks {
        status: Some(RunStatus::Done),
        ..RunMarks::default()
    }));
    assert_eq!(done.len(), 240);
    let agent = Some(AgentName::new("scribe"));
    let scribe = page_through(page(RunMarks {
        agent: agent.clone(),
        ..RunMarks::default()
    }));
    assert_eq!(scribe.len(), 100);
    let both = page_through(page(RunMarks {
        status: Some(RunStatus::Submitted),
        agent,
        ..RunMarks::default()
    }));
    assert_eq!(both.len(), 10);
    let active = page_through(page(RunMarks {
        active_only: true,
        ..RunMarks::default()
    }));
    assert_eq!(active.len(), 60);
    let counts = reader.counts().unwrap();
    let expected = [
        (RunStatus::Submitted, 30),
        (RunStatus::Running, 30),
        (RunStatus::Done, 240),
    ];
    assert!(counts.into_iter().eq(expected));
}

/// How SQLite answers for runs with these marks.
fn plan(reader: &IndexReader, marks: RunMarks) -> String {
    let page = RunPage {
        before: Some(9),
        limit: 5,
        marks,
    };
    let (rest, parameters) = super::pages::question(&page);
    let parameters: Vec<&dyn rusqlite::ToSql> = parameters.iter().map(AsRef::as_ref).collect();
    let sql = format!("EXPLAIN QUERY PLAN SELECT * FROM runs {rest}");
    let plan: Vec<String> = reader
        .connection()
        .prepare(&sql)
        .unwrap()
        .query_map(parameters.as_slice(), |row| row.get(3))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    plan.join("; ")
}

#[test]
fn no_page_of_runs_is_sorted_or_scanned() {
    let house = House::new();
    house.update(&many());
    let reader = house.reader();
    let only = |change: &dyn Fn(&mut RunMarks)| {
        let mut marks = RunMarks::default();
        change(&mut marks);
        marks
    };
    let wide = "COVERING INDEX runs_wide";
    for (marks, index) in [
        (RunMarks::default(), "INTEGER PRIMARY KEY"),
        (
            only(&|it| it.status = Some(RunStatus::Done)),
            "runs_by_status",
        ),
        (only(&|it| it.agent = Some("dev".into())), "runs_by_agent"),
        (only(&|it| it.tool = Some("claude".into())), "runs_by_tool"),
        (only(&|it| it.model = Some("opus".into())), "runs_by_model"),
        (
            only(&|it| (it.agent, it.active_only) = (Some("dev".into()), true)),
            "runs_active",
        ),
        (only(&|it| it.text = Some("scribe".to_owned())), wide),
        (
            only(&|it| (it.agent, it.tool) = (Some("dev".into()), Some("claude".into()))),
            wide,
        ),
    ] {
        let plan = plan(&reader, marks.clone());
        assert!(
            plan.contains(index) && !plan.contains("TEMP") && !plan.contains("SCAN"),
            "{marks:?}: {plan}"
        );
    }
}

#[test]
fn the_events_of_a_run_are_found_by_their_places() {
    let house = House::new();
    let log = many();
    house.update(&log);
    let places = house
        .reader()
        .events_of(&RunId::new("RUN-20261012-002"), 0, 100)
        .unwrap();
    let names: Vec<&str> = places.iter().map(|place| place.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "run.submitted",
            "routing.decided",
            "attempt.intent",
            "attempt.started",
            "attempt.exited",
            "run.finished"
        ]
    );
    for place in &places {
        let known =
            |(cursor, _): &&(crate::model::Cursor, crate::model::Event)| *cursor == place.cursor;
        let (_, event) = log.records.iter().find(known).unwrap();
        assert_eq!(event.at, place.at);
        assert_eq!(event.invocation, Some(InvocationNumber(1)));
    }
    let nobody = RunId::new("RUN-20261012-999");
    assert!(house.reader().events_of(&nobody, 0, 9).unwrap().is_empty());
}
