//! The index against its promises: equal to a fresh one whatever happened to it, and figures that
//! add up.

use std::convert::Infallible;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::types::Value;
use uuid::Uuid;

use crate::model::{
    Actor, AdapterIdentity, AgentName, AttemptExited, AttemptIntent, AttemptOutcome,
    AttemptSpawnFailed, AttemptStarted, Basis, Body, Cost, Cursor, Digest, Event, Exactness,
    FailureCode, InvocationNumber, MicroUsd, Opinion, Phase, PolicyJudged, PrivacyLevel, Reason,
    RoutingDecided, RoutingFellBack, RunFinished, RunId, RunSubmitted, Target, Usage, Via,
};

use super::*;

const LOG: &str = "9f31c2aa";

/// Makes events with dense numbers and places that look real.
pub(super) struct Log {
    pub(super) records: Vec<(Cursor, Event)>,
    pub(super) at: Timestamp,
}

impl Log {
    pub(super) fn new() -> Self {
        Self {
            records: Vec::new(),
            at: "2026-10-12T09:14:03Z".parse().unwrap(),
        }
    }

    pub(super) fn push(&mut self, run: &str, attempt: u32, body: impl Into<Body>) {
        self.push_to(run, Some(1), attempt, body);
    }

    /// Without an invocation, what happens belongs to the run as a whole.
    pub(super) fn push_to(
        &mut self,
        run: &str,
        invocation: Option<u32>,
        attempt: u32,
        body: impl Into<Body>,
    ) {
        let seq = self.records.len() as u64 + 1;
        let event = Event {
            log: LOG.to_owned(),
            seq,
            id: Uuid::from_u128(u128::from(seq)),
            at: self.at,
            boot: "a1b2c3d4".to_owned(),
            mono_us: seq,
            node: "m".to_owned(),
            batch: (0, 1),
            run: Some(RunId::new(run)),
            invocation: invocation.map(InvocationNumber),
            attempt: (attempt > 0).then_some(attempt),
            actor: Actor {
                kind: "user".to_owned(),
                name: "ada".to_owned(),
                via: Via::Cli,
            },
            key: None,
            cause: None,
            body: body.into(),
        };
        let cursor = Cursor {
            log: LOG.to_owned(),
            segment: 1,
            offset: seq * 100,
            seq,
            crc: u32::try_from(seq).unwrap(),
        };
        self.records.push((cursor, event));
    }

    /// One request with one attempt that ended well.
    pub(super) fn request(
        &mut self,
        run: &str,
        agent: &str,
        target: &str,
        (usage, micros): (Usage, u64),
    ) {
        self.push(run, 0, submitted(agent));
        self.push(run, 0, decided(target));
        self.push(run, 1, intent(target));
        self.push(run, 1, started());
        let exited = exited(target, AttemptOutcome::Done, usage, reported(micros));
        self.push(run, 1, exited);
        self.push(run, 0, finished(AttemptOutcome::Done));
    }
}

pub(super) fn target(text: &str) -> Target {
    Target::parse(text).unwrap()
}

pub(super) fn submitted(agent: &str) -> RunSubmitted {
    RunSubmitted {
        agent: AgentName::new(agent),
        task_type: Some("review".to_owned()),
        prompt_bytes: Some(10),
        justification: None,
        prompt_tokens: None,
        cwd: None,
        privacy: PrivacyLevel::Metadata,
        prompt: None,
        config: Digest::new("c"),
        ticket: None,
        step: None,
        follows: Vec::new(),
        detached: false,
        tasks: Vec::new(),
    }
}

pub(super) fn decided(to: &str) -> RoutingDecided {
    RoutingDecided {
        target: target(to),
        reason: Reason {
            code: "preferred".to_owned(),
            message: "because".to_owned(),
        },
        fallback_used: false,
        original: None,
        preferred: None,
        candidates: Vec::new(),
        estimate_uusd: None,
    }
}

pub(super) fn intent(to: &str) -> AttemptIntent {
    AttemptIntent {
        target: target(to),
        adapter: AdapterIdentity {
            id: "x".to_owned(),
            version: "1".to_owned(),
            sha256: Digest::new("d"),
        },
        program: None,
        n_args: 0,
        timeout_ms: 1,
        resume: None,
        marker: Uuid::nil(),
    }
}

pub(super) fn started() -> AttemptStarted {
    AttemptStarted {
        pid: 1,
        pgid: 1,
        start_ticks: None,
        supervisor: None,
    }
}

pub(super) fn exited(of: &str, outcome: AttemptOutcome, usage: Usage, cost: Cost) -> AttemptExited {
    AttemptExited {
        target: target(of),
        outcome,
        failure_code: None,
        exit_code: Some(0),
        signal: None,
        duration_ms: 2340,
        usage,
        exactness: if usage.is_known() {
            Exactness::Exact
        } else {
            Exactness::Unknown
        },
        cost,
        served_model: None,
        session_id: None,
        session_totals: None,
        n_lines: 1,
        n_unrecognised: 0,
        output: None,
        tree_empty: None,
        swept: 0,
        cancel_requested: false,
        preferred_uusd: None,
        prices: None,
        changed_files: None,
    }
}

/// One policy was asked, and answered or failed to.
pub(super) fn judged(phase: Phase, failed: bool) -> PolicyJudged {
    PolicyJudged {
        phase,
        ruling: if failed { "deny" } else { "proceed" }.to_owned(),
        by: None,
        codes: Vec::new(),
        answer: None,
        path: Vec::new(),
        opinions: vec![Opinion {
            policy: "budget".to_owned(),
            version: "1.0.0".to_owned(),
            sha256: Digest::new("b"),
            required: true,
            verdict: None,
            fault: failed.then(|| "trap".to_owned()),
            cpu_us: 1,
            fuel: 1,
        }],
        cut: false,
        request: None,
    }
}

pub(super) fn finished(outcome: AttemptOutcome) -> RunFinished {
    RunFinished {
        outcome,
        exit_code: 0,
        attempts: 1,
        duration_ms: 2340,
    }
}

pub(super) fn reported(micros: u64) -> Cost {
    Cost {
        amount: Some(MicroUsd(micros)),
        basis: Basis::Reported,
        at_least: false,
    }
}

pub(super) fn tokens(input: u64, output: u64) -> Usage {
    Usage {
        input: Some(input),
        output: Some(output),
        ..Usage::default()
    }
}

pub(super) struct House(tempfile::TempDir);

impl House {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn state(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn file(&self) -> PathBuf {
        super::place::file(self.state(), LOG)
    }

    /// Bring the index up to `log`; tells why it was built anew, if it was.
    pub(super) fn update(&self, log: &Log) -> Option<RebuildReason> {
        let there = |cursor: &Cursor| log.records.iter().any(|(known, _)| known == cursor);
        let mut writer = IndexWriter::open(self.state(), LOG, there).unwrap();
        let reason = writer.rebuilding();
        let from = writer.cursor().map_or(0, |cursor| cursor.seq);
        let rest = log.records[usize::try_from(from).unwrap()..]
            .iter()
            .cloned();
        catch_up(&mut writer, rest.map(Ok::<_, Infallible>)).unwrap();
        reason
    }

    pub(super) fn reader(&self) -> IndexReader {
        IndexReader::open(self.state(), LOG).unwrap()
    }

    /// Everything in it, as text.
    pub(super) fn dump(&self) -> Vec<String> {
        let reader = self.reader();
        let tables = [
            "cursor",
            "oddities",
            "runs",
            "invocations",
            "attempts",
            "costs_daily",
            "run_tasks",
            "policy_counts",
            "routing",
            "warnings",
            "events",
        ];
        let mut lines = Vec::new();
        for table in tables {
            let sql = format!("SELECT * FROM {table} ORDER BY 1, 2");
            let mut query = reader.connection().prepare(&sql).unwrap();
            let n = query.column_count();
            let mut rows = query.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let values: Vec<Value> = (0..n).map(|i| row.get(i).unwrap()).collect();
                lines.push(format!("{table} {values:?}"));
            }
        }
        lines
    }
}

pub(super) fn fresh(log: &Log) -> Vec<String> {
    let house = House::new();
    assert_eq!(house.update(log), Some(RebuildReason::Missing));
    house.dump()
}

/// 50 requests of one day with the figures of the acceptance scenario for daily statistics.
fn fifty_requests() -> Log {
    let mut log = Log::new();
    let mut n = 0;
    for (times, agent, target, micros) in [
        (20, "architect", "claude:opus", 90_000),
        (5, "backend-dev", "claude:opus", 40_000),
        (20, "backend-dev", "codex:gpt-4-turbo", 50_000),
        (5, "scribe", "local:llama3:8b", 90_000),
    ] {
        for _ in 0..times {
            n += 1;
            let run = format!("RUN-20261012-{n:03}");
            log.request(&run, agent, target, (tokens(1500, 1000), micros));
        }
    }
    log
}

fn by(house: &House, group_by: GroupBy) -> Vec<(String, i64, String)> {
    let report = house
        .reader()
        .stats(&StatsFilter::default(), group_by)
        .unwrap();
    let row = |group: StatsGroup| {
        let cost = group.totals.cost().to_string();
        (group.name, group.totals.n_invocations, cost)
    };
    report.groups.into_iter().map(row).collect()
}

fn row(name: &str, n: i64, cost: &str) -> (String, i64, String) {
    (name.to_owned(), n, cost.to_owned())
}

#[test]
fn daily_statistics_have_the_figures_of_the_acceptance_scenario() {
    let house = House::new();
    house.update(&fifty_requests());
    let day = StatsFilter {
        since: Some("2026-10-12".parse().unwrap()),
        until: Some("2026-10-13".parse().unwrap()),
        ..StatsFilter::default()
    };
    let totals = house.reader().stats(&day, GroupBy::None).unwrap().totals;
    assert_eq!(totals.n_invocations, 50);
    assert_eq!((totals.n_done, totals.n_failed), (50, 0));
    assert_eq!(totals.total_tokens, 125_000);
    assert_eq!(totals.cost(), MicroUsd(3_450_000));
    assert_eq!(totals.average_cost(), Some(MicroUsd(69_000)));
    assert_eq!(totals.mean_duration().unwrap().as_millis(), 2340);
    assert_eq!(totals.bases(), [Basis::Reported]);
    assert!(!totals.cost_is_at_least());
    assert_eq!(
        by(&house, GroupBy::Agent),
        [
            row("architect", 20, "$1.80"),
            row("backend-dev", 25, "$1.20"),
            row("scribe", 5, "$0.45"),
        ]
    );
    assert_eq!(
        by(&house, GroupBy::Model),
        [
            row("opus", 25, "$2.00"),
            row("gpt-4-turbo", 20, "$1.00"),
            row("llama3:8b", 5, "$0.45"),
        ]
    );
    assert_eq!(by(&house, GroupBy::Day), [row("2026-10-12", 50, "$3.45")]);
    assert_eq!(by(&house, GroupBy::Week), [row("2026-W42", 50, "$3.45")]);
    assert_eq!(by(&house, GroupBy::Month), [row("2026-10", 50, "$3.45")]);
    assert_eq!(by(&house, GroupBy::Run).len(), 50);
    let other_day = StatsFilter {
        until: day.since,
        ..StatsFilter::default()
    };
    let nothing = house.reader().stats(&other_day, GroupBy::None).unwrap();
    assert_eq!(nothing.totals, Totals::default());
}

/// A request that failed at one tool, could not start a second, and came through at a third that
/// tells nothing.
fn three_attempts(run: &str) -> Log {
    let mut log = Log::new();
    log.push(run, 0, submitted("architect"));
    log.push(run, 0, decided("claude:opus"));
    log.push(run, 1, intent("claude:opus"));
    let failed = exited(
        "claude:opus",
        AttemptOutcome::Failed,
        tokens(10, 5),
        reported(700),
    );
    log.push(run, 1, failed);
    let fell_back = |from: &str, to: &str| RoutingFellBack {
        from: target(from),
        to: target(to),
        code: FailureCode::new("overloaded"),
    };
    log.push(run, 0, fell_back("claude:opus", "gemini:pro"));
    log.push(run, 2, intent("gemini:pro"));
    let code = FailureCode::new("spawn-failed");
    log.push(run, 2, AttemptSpawnFailed { code });
    log.push(run, 0, fell_back("gemini:pro", "codex:gpt"));
    log.push(run, 3, intent("codex:gpt"));
    let unknown = exited(
        "codex:gpt",
        AttemptOutcome::Done,
        Usage::default(),
        Cost::UNKNOWN,
    );
    log.push(run, 3, unknown);
    log.push(run, 0, finished(AttemptOutcome::Done));
    log
}

#[test]
fn failed_attempts_cost_money_and_unknown_cost_is_not_zero() {
    let run = "RUN-20261012-001";
    let log = three_attempts(run);
    let house = House::new();
    house.update(&log);

    let view = house.reader().run(&RunId::new(run)).unwrap().unwrap();
    let invocation = &view.invocations[0];
    assert_eq!(invocation.attempts.len(), 3);
    assert_eq!(invocation.target, Some(target("codex:gpt")));
    assert!(invocation.fallback_used);
    let cost = invocation.cost();
    assert_eq!((cost.amount, cost.at_least), (Some(MicroUsd(700)), true));
    assert_eq!(invocation.exactness(), Exactness::AtLeast);

    let stats = house
        .reader()
        .stats(&StatsFilter::default(), GroupBy::Tool)
        .unwrap();
    assert_eq!(stats.totals.n_invocations, 1);
    assert_eq!(stats.totals.n_attempts, 3);
    assert_eq!(
        stats.totals.n_unknown_cost, 1,
        "an attempt that never ran is no unknown cost"
    );
    assert_eq!(stats.totals.bases(), [Basis::Reported, Basis::Unknown]);
    let of = |name: &str| {
        let group = stats.groups.iter().find(|group| group.name == name);
        group.unwrap().totals
    };
    assert_eq!(
        (of("claude").cost_uusd, of("claude").n_invocations),
        (700, 0)
    );
    assert_eq!((of("codex").cost_uusd, of("codex").n_invocations), (0, 1));
}

#[test]
fn requests_without_an_agent_share_one_row() {
    let house = House::new();
    let mut log = Log::new();
    for n in 1..=3 {
        let run = format!("RUN-20261012-{n:03}");
        log.push(&run, 0, decided("claude:opus"));
        log.push(&run, 1, intent("claude:opus"));
        let exited = exited(
            "claude:opus",
            AttemptOutcome::Done,
            tokens(1, 1),
            reported(5),
        );
        log.push(&run, 1, exited);
        house.update(&log);
    }
    let rows = house.dump();
    assert_eq!(
        rows.iter()
            .filter(|row| row.starts_with("costs_daily"))
            .count(),
        1
    );
    assert_eq!(by(&house, GroupBy::Agent), [row("", 3, "$0.000015")]);
}

#[test]
fn pages_are_newest_first_and_do_not_overlap() {
    let house = House::new();
    house.update(&fifty_requests());
    let reader = house.reader();
    let mut page = Page {
        before: None,
        limit: 7,
        agent: Some(AgentName::new("backend-dev")),
    };
    let mut ids = Vec::new();
    loop {
        let rows = reader.invocations(&page).unwrap();
        let Some(last) = rows.last() else { break };
        page.before = Some(last.id);
        ids.extend(rows.iter().map(|row| row.id));
    }
    assert_eq!(ids.len(), 25);
    assert!(ids.is_sorted_by(|a, b| a > b));
}

#[test]
fn an_index_that_was_deleted_cut_or_overwritten_is_built_anew() {
    let log = fifty_requests();
    let expected = fresh(&log);
    let house = House::new();
    house.update(&log);
    assert_eq!(house.update(&log), None, "an index in order is kept");

    fs::remove_file(house.file()).unwrap();
    assert_eq!(house.update(&log), Some(RebuildReason::Missing));
    assert_eq!(house.dump(), expected);

    let good = fs::read(house.file()).unwrap();
    fs::write(house.file(), &good[..good.len() / 2]).unwrap();
    assert_eq!(house.update(&log), Some(RebuildReason::Changed));
    assert_eq!(house.dump(), expected);

    for page in 0..good.len() / 4096 {
        let mut bad = fs::read(house.file()).unwrap();
        let start = (page * 4096 + 100).min(bad.len() - 200);
        bad[start..start + 200].fill(0xA5);
        fs::write(house.file(), &bad).unwrap();
        assert_eq!(
            house.update(&log),
            Some(RebuildReason::Changed),
            "page {page}"
        );
        assert_eq!(house.dump(), expected);
    }
}

#[test]
fn after_a_killed_writer_the_structure_is_checked() {
    let log = fifty_requests();
    let house = House::new();
    house.update(&log);
    let lock = house.state().join("index/index.lock");
    fs::write(&lock, "open").unwrap();
    assert_eq!(house.update(&log), None, "sound, so it is kept");
    let mut bad = fs::read(house.file()).unwrap();
    bad[..16].fill(0);
    fs::write(house.file(), &bad).unwrap();
    fs::write(&lock, "open").unwrap();
    assert_eq!(house.update(&log), Some(RebuildReason::Corrupt));
    assert_eq!(house.dump(), fresh(&log));
}

#[test]
fn an_index_ahead_of_the_log_is_built_anew() {
    let mut log = fifty_requests();
    let house = House::new();
    house.update(&log);
    log.records.truncate(100);
    assert_eq!(house.update(&log), Some(RebuildReason::CursorLost));
    assert_eq!(house.dump(), fresh(&log));
    let ghost = RunId::new("RUN-20261012-050");
    assert_eq!(house.reader().run(&ghost).unwrap(), None);
}

#[test]
fn an_unfinished_rebuild_leaves_the_old_index_to_its_readers() {
    let log = fifty_requests();
    let house = House::new();
    house.update(&log);
    let before = house.dump();
    let mut writer = IndexWriter::rebuild(house.state(), LOG).unwrap();
    writer.apply(&log.records[..20]).unwrap();
    assert_eq!(house.dump(), before);
    assert!(matches!(
        IndexWriter::rebuild(house.state(), LOG),
        Err(IndexError::Busy)
    ));
    drop(writer);
    let names: Vec<_> = fs::read_dir(house.state().join("index"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with("rebuild"))
        .collect();
    assert_eq!(names, [""; 0]);
    house.update(&log);
    assert_eq!(house.dump(), before);
}

#[test]
fn a_reader_that_is_open_keeps_its_answers_over_a_rebuild() {
    let log = fifty_requests();
    let house = House::new();
    house.update(&log);
    let reader = house.reader();
    let before = reader
        .stats(&StatsFilter::default(), GroupBy::Agent)
        .unwrap();
    let mut writer = IndexWriter::rebuild(house.state(), LOG).unwrap();
    catch_up(
        &mut writer,
        log.records.iter().cloned().map(Ok::<_, Infallible>),
    )
    .unwrap();
    let after = reader
        .stats(&StatsFilter::default(), GroupBy::Agent)
        .unwrap();
    assert_eq!(before, after);
    assert_eq!(house.reader().cursor().unwrap().unwrap().seq, 300);
}

#[test]
fn files_are_private_and_readers_cannot_write() {
    let house = House::new();
    house.update(&fifty_requests());
    let reader = house.reader();
    reader.cursor().unwrap();
    assert!(
        reader
            .connection()
            .execute("DELETE FROM events", [])
            .is_err()
    );
    for entry in fs::read_dir(house.state().join("index")).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

#[test]
fn an_old_library_is_refused() {
    assert!(super::place::check_library(3_051_002).is_err());
    assert!(super::place::check_library(3_051_003).is_ok());
    assert!(super::place::check_library(rusqlite::version_number()).is_ok());
}

#[test]
fn absurd_counts_do_not_overflow() {
    let mut log = Log::new();
    for n in 1..=9 {
        let run = format!("RUN-20261012-{n:03}");
        let usage = tokens(u64::MAX, u64::MAX);
        log.request(&run, "a", "t:m", (usage, u64::MAX));
    }
    let house = House::new();
    house.update(&log);
    let report = house
        .reader()
        .stats(&StatsFilter::default(), GroupBy::Run)
        .unwrap();
    assert_eq!(report.groups.len(), 9);
    assert!(report.totals.cost_uusd > 0);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one history, told and asked about")]
fn savings_are_compared_only_where_both_costs_are_known() {
    let mut log = Log::new();
    let elsewhere = |log: &mut Log, run: &str, ran: &str, cost: Cost, preferred: Option<u64>| {
        log.push(run, 0, submitted("dev"));
        let decision = RoutingDecided {
            preferred: Some(target("claude:opus")),
            ..decided(ran)
        };
        log.push(run, 0, decision);
        log.push(run, 1, intent(ran));
        log.push(run, 1, started());
        let end = AttemptExited {
            preferred_uusd: preferred.map(MicroUsd),
            ..exited(ran, AttemptOutcome::Done, tokens(10, 10), cost)
        };
        log.push(run, 1, end);
    };
    let bound = Cost {
        at_least: true,
        ..reported(1)
    };
    elsewhere(
        &mut log,
        "RUN-20261012-001",
        "codex:small",
        reported(40),
        Some(100),
    );
    elsewhere(
        &mut log,
        "RUN-20261012-002",
        "codex:small",
        reported(90),
        Some(70),
    );
    elsewhere(
        &mut log,
        "RUN-20261012-003",
        "codex:small",
        Cost::UNKNOWN,
        Some(70),
    );
    elsewhere(&mut log, "RUN-20261012-004", "codex:small", bound, Some(70));
    elsewhere(
        &mut log,
        "RUN-20261012-005",
        "codex:small",
        reported(5),
        None,
    );
    // It came back to the preferred target: there is nothing to compare.
    elsewhere(
        &mut log,
        "RUN-20261012-006",
        "claude:opus",
        reported(7),
        Some(9),
    );
    log.request("RUN-20261012-007", "dev", "claude:opus", (tokens(1, 1), 8));
    let house = House::new();
    house.update(&log);
    for group_by in [GroupBy::Agent, GroupBy::Run] {
        let report = house.reader().stats(&StatsFilter::default(), group_by);
        let totals = report.unwrap().totals;
        assert_eq!(
            (
                totals.n_compared,
                totals.compared_uusd,
                totals.preferred_uusd,
                totals.n_not_compared,
                totals.saved_uusd()
            ),
            (2, 130, 170, 3, Some(40)),
            "{group_by:?}"
        );
    }
    assert_eq!(house.dump(), fresh(&log));
    assert_eq!(Totals::default().saved_uusd(), None);
}
