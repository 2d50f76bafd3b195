//! Questions to the record: they change nothing, and they say what the journal says.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tollgate::engine::{rebuild_index, refresh_index};
use tollgate::journal::{CommitRequest, Durability, Journal, JournalOptions, Reader, Record};
use tollgate::model::{
    Actor, AgentName, AttemptAdmitted, AttemptIntent, AttemptOutcome, AttemptQueued, AttemptRef,
    Body, Digest, Draft, InvocationNumber, ModelName, Opinion, Phase, PolicyJudged, Priority,
    PrivacyLevel, RunFinished, RunId, RunStatus, RunSubmitted, SystemClock, Target, TaskId,
    ToolName, Via,
};
use tollgate::query::{GroupBy, Query, RunMarks, RunsAsked, StatsFilter};
use tollgate_tests::Lcg;

/// Small enough that a few runs fill several files.
const SEGMENT: u64 = 16 * 1024;

const AGENTS: [&str; 3] = ["architect", "scribe", "dev"];
const TOOLS: [(&str, &str); 2] = [("claude", "opus"), ("codex", "gpt")];
const TASKS: [&str; 4] = ["login", "logout", "2026-docs", "nobody"];

/// A state directory with a journal of its own.
pub(crate) struct Ground {
    root: TempDir,
    journal: Journal<()>,
    n_runs: u64,
}

impl Ground {
    pub(crate) fn new() -> Self {
        let root = TempDir::with_prefix("tollgate-query-").unwrap();
        let journal = Journal::open(options(&root.path().join("state"))).unwrap();
        Self {
            root,
            journal,
            n_runs: 0,
        }
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.root.path().join("state")
    }

    /// Write a batch as one command.
    pub(crate) fn commit(&self, drafts: Vec<Draft>) {
        let mut request = CommitRequest::by(actor());
        request.durability = Durability::Interval;
        let written = self
            .journal
            .commit(&request, |(), _| Ok::<_, std::convert::Infallible>(drafts));
        written.unwrap();
    }

    /// Put so many more runs on record.
    pub(crate) fn live(&mut self, n_runs: u64) {
        for n in self.n_runs..self.n_runs + n_runs {
            self.commit(run(n));
        }
        self.n_runs += n_runs;
    }

    /// Every record, from the journal itself.
    pub(crate) fn records(&self) -> Vec<Record> {
        let mut reader = Reader::open(&self.state()).unwrap();
        std::iter::from_fn(|| reader.next_record().unwrap()).collect()
    }

    pub(crate) fn n_segments(&self) -> usize {
        let files = fs::read_dir(self.state().join("log")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".jsonl")).count()
    }

    /// The index brought up to date, and open.
    fn query(&self) -> Query {
        let indexed = refresh_index(&self.state(), &SystemClock).unwrap();
        Query::open(&self.state(), indexed.log.as_deref()).unwrap()
    }
}

pub(crate) fn options(state: &Path) -> JournalOptions {
    let mut options = JournalOptions::new(state, Arc::new(SystemClock), "test", "0.0.0");
    options.segment_bytes = SEGMENT;
    options
}

pub(crate) fn actor() -> Actor {
    Actor {
        kind: "user".to_owned(),
        name: "ada".to_owned(),
        via: Via::Cli,
    }
}

fn run_name(n: u64) -> RunId {
    RunId::new(format!("RUN-20261012-{n:03}"))
}

/// A run that is done, failed, waits, or is at work.
pub(crate) fn run(n: u64) -> Vec<Draft> {
    let place = |n: u64, of: usize| usize::try_from(n % of as u64).unwrap();
    let (tool, model) = TOOLS[place(n, 2)];
    let target = Target {
        tool: ToolName::new(tool),
        model: ModelName::new(model),
    };
    let tasks = match n % 5 {
        0 => vec![TaskId::new("login"), TaskId::new("logout")],
        1 => vec![TaskId::new("logout")],
        2 => vec![TaskId::new("2026-docs")],
        _ => Vec::new(),
    };
    let mut bodies: Vec<(Option<u32>, Body)> = vec![
        (None, submitted(AGENTS[place(n, 3)], tasks).into()),
        (None, judged(n.is_multiple_of(7)).into()),
        (Some(1), queued(&target).into()),
    ];
    if !n.is_multiple_of(4) {
        let admitted = AttemptAdmitted {
            target: target.clone(),
        };
        bodies.push((Some(1), admitted.into()));
        bodies.push((Some(1), intent(&target).into()));
    }
    if n % 4 > 1 {
        let done = n % 4 == 2;
        let outcome = if done {
            AttemptOutcome::Done
        } else {
            AttemptOutcome::Failed
        };
        let finished = RunFinished {
            outcome,
            exit_code: u8::from(!done),
            attempts: 1,
            duration_ms: 5,
        };
        bodies.push((None, finished.into()));
    }
    let draft = |(attempt, body)| Draft {
        run: Some(run_name(n)),
        invocation: Some(InvocationNumber(1)),
        attempt,
        body,
    };
    bodies.into_iter().map(draft).collect()
}

fn submitted(agent: &str, tasks: Vec<TaskId>) -> RunSubmitted {
    RunSubmitted {
        agent: AgentName::new(agent),
        task_type: None,
        prompt_bytes: Some(10),
        prompt_tokens: None,
        cwd: None,
        justification: None,
        privacy: PrivacyLevel::Metadata,
        prompt: None,
        config: Digest::new("c"),
        ticket: None,
        step: None,
        follows: Vec::new(),
        detached: true,
        tasks,
    }
}

fn queued(target: &Target) -> AttemptQueued {
    AttemptQueued {
        target: target.clone(),
        priority: Priority::Normal,
        marker: uuid::Uuid::nil(),
        within: None,
        delay_ms: None,
    }
}

fn intent(target: &Target) -> AttemptIntent {
    AttemptIntent {
        target: target.clone(),
        adapter: tollgate::model::AdapterIdentity {
            id: target.tool.to_string(),
            version: "1.0.0".to_owned(),
            sha256: Digest::of(b"component"),
        },
        program: None,
        n_args: 0,
        timeout_ms: 1,
        resume: None,
        marker: uuid::Uuid::nil(),
    }
}

fn judged(failed: bool) -> PolicyJudged {
    PolicyJudged {
        phase: Phase::RunStart,
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

/// Every file below a folder, with what is in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// One question of any kind; how much the answer had in it.
fn ask(query: &Query, random: &mut Lcg, n_events: u64) -> usize {
    let run = run_name(random.below(70));
    let any = |random: &mut Lcg, names: &[&str]| {
        let place = usize::try_from(random.below(names.len() as u64 * 2)).unwrap();
        names.get(place).map(|name| (*name).to_owned())
    };
    match random.below(15) {
        0..=2 => {
            let marks = RunMarks {
                status: RunStatus::ALL.get(random.below(9) as usize).copied(),
                agent: any(random, &AGENTS).map(AgentName::new),
                tool: any(random, &["claude", "codex"]).map(ToolName::new),
                model: any(random, &["opus", "gpt"]).map(ModelName::new),
                tasks: any(random, &TASKS).map(|task| vec![TaskId::new(task)]),
                text: any(random, &["scribe", "OPUS", "-01", "%", "nothing"]),
                active_only: random.below(4) == 0,
            };
            let asked = RunsAsked {
                before: (random.below(3) == 0).then(|| run_name(random.below(60))),
                limit: u32::try_from(random.below(20)).unwrap() + 1,
                marks,
            };
            query.runs(&asked).unwrap().runs.len()
        }
        3 => query
            .run(&run)
            .unwrap()
            .map_or(0, |it| it.view.invocations.len()),
        4 => {
            let after = random.below(n_events + 2);
            let page = query.events_page(&run, after, 3).unwrap();
            page.events.records.len()
        }
        5 => {
            let after = random.below(n_events + 9);
            query
                .events_after(after, 50)
                .unwrap()
                .map_or(0, |it| it.len())
        }
        6 => {
            let name = AttemptRef {
                run,
                invocation: InvocationNumber(1),
                number: u32::try_from(random.below(3)).unwrap(),
            };
            usize::from(query.attempt(&name).unwrap().is_some())
        }
        7 => {
            let by = [GroupBy::Agent, GroupBy::Run, GroupBy::Week, GroupBy::Model];
            let by = by[random.below(4) as usize];
            query
                .stats(&StatsFilter::default(), by)
                .unwrap()
                .groups
                .len()
        }
        8 => {
            let today = "2026-10-12".parse().unwrap();
            query.overview(today, 10).unwrap().active.len()
        }
        9 => query.verdicts(50).unwrap().len(),
        10 => query.plugin_counts().unwrap().adapters.len(),
        11 => {
            let tasks = TASKS.map(TaskId::from).to_vec();
            let of = BTreeMap::from([("web".to_owned(), tasks)]);
            let report = query.initiatives(&of, &StatsFilter::default()).unwrap();
            report.groups.len()
        }
        12 => query.task_runs(&TASKS.map(TaskId::from), 5).unwrap().len(),
        13 => usize::from(query.nearest(&run).unwrap().is_some()),
        _ => query.events(&run).unwrap().records.len() + query.counts().unwrap().len(),
    }
}

#[test]
fn a_thousand_questions_of_all_kinds_change_no_file() {
    let mut ground = Ground::new();
    ground.live(60);
    drop(ground.query());
    let log = ground.records()[0].event.log.clone();
    let n_events = ground.records().len() as u64;
    let before = files(&ground.state());
    assert!(before.len() >= 6, "{:?}", before.keys());
    let mut random = Lcg::new(7);
    let mut query = Query::open(&ground.state(), Some(&log)).unwrap();
    let mut n_found = 0;
    for _ in 0..1_000 {
        if random.below(5) == 0 {
            query = Query::open(&ground.state(), Some(&log)).unwrap();
        }
        n_found += ask(&query, &mut random, n_events);
    }
    drop(query);
    assert!(n_found > 1_000, "the questions found something: {n_found}");
    let after = files(&ground.state());
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before));
    for (path, bytes) in &before {
        assert!(after[path] == *bytes, "{} changed", path.display());
    }
}

#[test]
fn events_of_all_runs_go_on_behind_any_that_is_on_record() {
    let mut ground = Ground::new();
    ground.live(40);
    let query = ground.query();
    assert_eq!(
        query.as_of_seq().unwrap(),
        Some(ground.records().len() as u64)
    );
    // The index does not know these yet.
    ground.live(10);
    let all = ground.records();
    assert!(ground.n_segments() > 2, "several files");
    for seq in 0..=all.len() as u64 {
        let found = query.events_after(seq, 7).unwrap().unwrap();
        let rest = &all[usize::try_from(seq).unwrap()..];
        assert_eq!(found, rest[..rest.len().min(7)], "behind {seq}");
    }
    let last = all.len() as u64;
    assert_eq!(query.events_after(last, 7).unwrap(), Some(Vec::new()));
    for future in [last + 1, last + 1_000, u64::MAX] {
        assert_eq!(query.events_after(future, 7).unwrap(), None, "{future}");
    }
}

#[test]
fn an_event_whose_line_is_gone_is_not_gone_on_behind() {
    let mut ground = Ground::new();
    ground.live(12);
    let query = ground.query();
    let all = ground.records();
    let lost = &all[20].cursor;
    let path = ground
        .state()
        .join(format!("log/{:020}.jsonl", lost.segment));
    let mut bytes = fs::read(&path).unwrap();
    bytes[usize::try_from(lost.offset).unwrap() + 30] ^= 0xff;
    fs::write(&path, bytes).unwrap();
    assert_eq!(query.events_after(lost.seq, 5).unwrap(), None);
    let found = query.events_after(lost.seq - 1, 5).unwrap().unwrap();
    let seqs: Vec<u64> = found.iter().map(|record| record.event.seq).collect();
    let next = lost.seq + 1;
    assert_eq!(seqs, (next..next + 5).collect::<Vec<_>>());
}

#[test]
fn answers_say_what_the_journal_says() {
    let mut ground = Ground::new();
    ground.live(60);
    let query = ground.query();
    let all = ground.records();
    let run = run_name(7);
    let of_run: Vec<&Record> = all
        .iter()
        .filter(|record| record.event.run.as_ref() == Some(&run))
        .collect();
    let (mut after, mut pages) = (0, Vec::new());
    loop {
        let page = query.events_page(&run, after, 2).unwrap();
        assert_eq!(page.as_of_seq, Some(all.len() as u64));
        pages.extend(page.events.records);
        let Some(next) = page.next else { break };
        after = next;
    }
    assert!(pages.iter().eq(of_run.iter().copied()));
    let verdicts = query.verdicts(50).unwrap();
    let judged = all
        .iter()
        .rev()
        .filter_map(|record| match &record.event.body {
            Body::PolicyJudged(said) => Some((record.event.seq, said.clone())),
            _ => None,
        });
    let told = verdicts.iter().map(|it| (it.seq, it.said.clone()));
    assert!(told.eq(judged.take(50)));
    assert!(verdicts.iter().all(|it| it.run.is_some()));
    let name: AttemptRef = format!("{run}.i1.a1").parse().unwrap();
    let attempt = query.attempt(&name).unwrap().unwrap();
    assert_eq!(attempt.attempt.target.to_string(), "codex:gpt");
    assert_eq!(attempt.told.deciding.judged.len(), 1);
    assert_eq!(attempt.invocation.run, run);
    let nobody: AttemptRef = format!("{run}.i1.a2").parse().unwrap();
    assert_eq!(query.attempt(&nobody).unwrap(), None);
}

#[test]
fn an_overview_has_what_is_at_work_and_what_came_to_its_end() {
    let mut ground = Ground::new();
    ground.live(40);
    let today = ground.records()[0]
        .event
        .at
        .to_zoned(jiff::tz::TimeZone::UTC);
    let overview = ground.query().overview(today.date(), 6).unwrap();
    let n = |status| overview.counts.get(&status).copied().unwrap_or(0);
    assert_eq!((n(RunStatus::Submitted), n(RunStatus::Running)), (10, 10));
    assert_eq!((n(RunStatus::Done), n(RunStatus::Failed)), (10, 10));
    let active: Vec<_> = overview
        .active
        .iter()
        .map(|it| it.run.run.as_str())
        .collect();
    assert_eq!(active[..2], ["RUN-20261012-037", "RUN-20261012-036"]);
    let at_work: Vec<_> = overview.active[0]
        .at_work
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(at_work, ["RUN-20261012-037.i1.a1"]);
    assert!(overview.active[1].at_work.is_empty(), "it waits");
    assert_eq!(overview.finished.len(), 6);
    assert!(
        overview
            .finished
            .is_sorted_by_key(|run| std::cmp::Reverse(run.finished_at()))
    );
    assert_eq!(overview.as_of_seq, Some(ground.records().len() as u64));
    assert_eq!(overview.month.n_invocations, 40);
}

#[test]
fn initiatives_sum_up_the_runs_of_their_tasks() {
    let mut ground = Ground::new();
    ground.live(50);
    let query = ground.query();
    let tasks = |names: &[&str]| names.iter().map(|it| TaskId::from(*it)).collect::<Vec<_>>();
    let of = BTreeMap::from([
        ("access".to_owned(), tasks(&["login", "logout"])),
        ("exit".to_owned(), tasks(&["logout"])),
        ("none".to_owned(), tasks(&["nobody"])),
    ]);
    let report = query.initiatives(&of, &StatsFilter::default()).unwrap();
    let n = |name: &str| report.groups[name].n_runs;
    // Ten runs are for login and logout, ten for logout alone.
    assert_eq!((n("access"), n("exit"), n("none")), (20, 20, 0));
    assert_eq!(report.together.n_runs, 20);
    assert_eq!(report.together.totals.n_invocations, 20);
    assert_eq!(report.all.n_invocations, 50);
    let later = StatsFilter {
        since: Some("2100-01-01".parse().unwrap()),
        ..StatsFilter::default()
    };
    assert_eq!(query.initiatives(&of, &later).unwrap().together.n_runs, 0);
    let runs = query.task_runs(&tasks(&["login", "nobody"]), 3).unwrap();
    let (task, runs) = runs.first_key_value().unwrap();
    assert_eq!((task.as_str(), runs.totals.n_runs), ("login", 10));
    assert_eq!(runs.runs, [run_name(45), run_name(40), run_name(35)]);
}

#[test]
fn where_nothing_is_on_record_every_answer_is_empty() {
    let root = TempDir::new().unwrap();
    let query = Query::open(root.path(), None).unwrap();
    assert_eq!(query.as_of_seq().unwrap(), None);
    assert_eq!(query.events_after(0, 5).unwrap(), Some(Vec::new()));
    assert_eq!(query.events_after(1, 5).unwrap(), None);
    assert_eq!(query.verdicts(5).unwrap(), Vec::new());
    assert_eq!(
        query.overview("2026-10-12".parse().unwrap(), 5).unwrap(),
        Default::default()
    );
    assert!(
        query
            .runs(&RunsAsked {
                limit: 5,
                ..RunsAsked::default()
            })
            .unwrap()
            .runs
            .is_empty()
    );
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn whoever_asks_notices_that_the_index_was_made_anew() {
    let mut ground = Ground::new();
    ground.live(5);
    let query = ground.query();
    assert!(query.is_current());
    rebuild_index(&ground.state(), &SystemClock).unwrap();
    assert!(!query.is_current());
    assert!(ground.query().is_current());
}
