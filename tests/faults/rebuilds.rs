//! The index is made anew while somebody kills who does it, and while several do it at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;

use tollgate::engine::refresh_index;
use tollgate::journal::{CommitRequest, Durability, Journal, JournalOptions};
use tollgate::model::{
    Actor, AgentName, AttemptOutcome, Body, Digest, Draft, InvocationNumber, PrivacyLevel,
    RunFinished, RunId, RunSubmitted, SystemClock, TaskId, Via,
};
use tollgate::query::{GroupBy, Query, RunsAsked, StatsFilter};
use tollgate_tests::Lcg;
use tollgate_tests::house::TestHouse;

use super::ground::{amount, kill_9, state, until};

/// Enough that a rebuild takes many times as long as the look at how far it is.
const RUNS: u64 = 10_000;

/// A house with that many runs on record, and an index of them.
fn lived_in() -> TestHouse {
    let house = TestHouse::new();
    let clock = Arc::new(SystemClock);
    let mut options = JournalOptions::new(state(&house), clock, "test", "0.0.0");
    options.snapshot_every = u64::MAX;
    let journal: Journal<()> = Journal::open(options).unwrap();
    let mut request = CommitRequest::by(Actor {
        kind: "user".to_owned(),
        name: "ada".to_owned(),
        via: Via::Cli,
    });
    request.durability = Durability::Interval;
    for batch in 0..RUNS / 100 {
        let drafts: Vec<Draft> = (batch * 100..batch * 100 + 100).flat_map(run).collect();
        let written = journal.commit(&request, |(), _| Ok::<_, std::convert::Infallible>(drafts));
        written.unwrap();
    }
    refresh_index(&state(&house), &SystemClock).unwrap();
    house
}

fn run(n: u64) -> [Draft; 2] {
    let submitted = RunSubmitted {
        agent: AgentName::new(format!("agent-{}", n % 7)),
        task_type: None,
        prompt_bytes: None,
        prompt_tokens: None,
        cwd: None,
        justification: None,
        privacy: PrivacyLevel::None,
        prompt: None,
        config: Digest::new("c"),
        ticket: None,
        step: None,
        follows: Vec::new(),
        detached: true,
        tasks: vec![TaskId::new(format!("task-{}", n % 50))],
    };
    let finished = RunFinished {
        outcome: AttemptOutcome::Done,
        exit_code: 0,
        attempts: 0,
        duration_ms: n,
    };
    [Body::from(submitted), finished.into()].map(|body| Draft {
        run: Some(RunId::new(format!("RUN-20261012-{n:03}"))),
        invocation: Some(InvocationNumber(1)),
        attempt: None,
        body,
    })
}

/// What the index says, as far as somebody would notice a difference.
fn answers(state: &Path) -> String {
    let log = tollgate::engine::log_of(state).unwrap();
    let query = Query::open(state, log.as_deref()).unwrap();
    let stats = query
        .stats(&StatsFilter::default(), GroupBy::Agent)
        .unwrap();
    let asked = RunsAsked {
        limit: 50,
        ..RunsAsked::default()
    };
    let runs = query.runs(&asked).unwrap();
    let tasks = query.task_runs(&[TaskId::new("task-7")], 5).unwrap();
    assert_eq!(stats.totals.n_invocations.unsigned_abs(), RUNS);
    format!("{stats:?} {runs:?} {tasks:?}")
}

fn rebuild(house: &TestHouse) -> Child {
    let call = house.call(["index", "rebuild"]);
    call.start()
}

/// Files of a rebuild that is not in its place yet.
fn aside(state: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(state.join("index")).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|it| it == "rebuild"))
        .collect()
}

fn size_aside(state: &Path) -> Option<u64> {
    let path = aside(state).pop()?;
    fs::metadata(path).ok().map(|file| file.len())
}

#[test]
fn a_killed_rebuild_costs_nothing_and_leaves_nothing() {
    let house = lived_in();
    let state = state(&house);
    let before = answers(&state);
    let mut random = Lcg::new(3);
    let mut n_left = 0;
    for _ in 0..amount("TOLLGATE_TEST_REBUILDS", 12) {
        let child = rebuild(&house);
        // At the beginning, or somewhere in the middle.
        let size = random.below(6) * 200_000;
        until("the rebuild is under way", || {
            size_aside(&state).filter(|found| *found >= size)
        });
        assert_eq!(answers(&state), before, "the old index answers meanwhile");
        kill_9(child);
        n_left += aside(&state).len();
        assert_eq!(answers(&state), before, "and afterwards");
    }
    assert!(n_left > 0, "they were killed before they were done");
    // The next look makes nothing anew, since the index was never touched.
    let stats = house.run(["stats"]).success();
    assert!(!stats.stderr.contains("made anew"), "{}", stats.stderr);
    house.run(["index", "rebuild"]).success();
    assert_eq!(aside(&state), Vec::<PathBuf>::new());
    assert_eq!(answers(&state), before);
}

#[test]
fn of_several_rebuilds_at_once_one_is_done_and_the_others_say_so() {
    let house = lived_in();
    let state = state(&house);
    let before = answers(&state);
    for _ in 0..3 {
        let children: Vec<Child> = (0..4).map(|_| rebuild(&house)).collect();
        let said: Vec<String> = children
            .into_iter()
            .map(|child| {
                let output = child.wait_with_output().unwrap();
                assert!(output.status.success(), "{output:?}");
                String::from_utf8(output.stdout).unwrap()
            })
            .collect();
        let n_done = said.iter().filter(|it| it.contains("indexed")).count();
        let n_busy = said
            .iter()
            .filter(|it| it.contains("another process"))
            .count();
        assert!(n_done >= 1, "{said:?}");
        assert_eq!(n_done + n_busy, 4, "{said:?}");
        assert_eq!(aside(&state), Vec::<PathBuf>::new());
        assert_eq!(answers(&state), before);
    }
}
