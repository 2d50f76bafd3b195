//! New records as they are put on record: each once, in order, whatever happens to the files.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::time::Duration;

use tollgate::engine::Tail;
use tollgate::journal::{CommitRequest, Journal, Record, repair};
use tollgate::model::RunId;

use super::query::{Ground, actor, options, run};

/// No record takes longer than this, on however busy a machine.
const SOON: Duration = Duration::from_secs(60);

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// The next `n` records at least.
async fn take(tail: &mut Tail, n: usize) -> Vec<Record> {
    let mut records = Vec::new();
    while records.len() < n {
        let next = tokio::time::timeout(SOON, tail.next(10)).await;
        let next = next.expect("a record comes soon").unwrap();
        let next = next.expect("the log is the same");
        assert!(!next.is_empty() && next.len() <= 10);
        records.extend(next);
    }
    records
}

#[test]
fn a_tail_follows_a_log_over_all_its_files() {
    runtime().block_on(async {
        let mut ground = Ground::new();
        ground.live(60);
        let mut tail = Tail::open(&ground.state(), None).unwrap();
        let first = take(&mut tail, ground.records().len()).await;
        assert_eq!(first, ground.records());
        let writer = tokio::task::spawn_blocking(move || {
            ground.live(60);
            ground
        });
        let mut all = first;
        let is_last = |record: &Record| {
            let run = record.event.run.as_ref().map(RunId::as_str);
            run == Some("RUN-20261012-119") && record.event.body.name() == "run.finished"
        };
        while !all.last().is_some_and(is_last) {
            all.extend(take(&mut tail, 1).await);
        }
        let ground = writer.await.unwrap();
        assert!(ground.n_segments() > 3, "several files");
        assert_eq!(all, ground.records());
        assert_eq!(tail.cursor(), all.last().map(|record| &record.cursor));
    });
}

#[test]
fn a_log_that_is_not_there_yet_is_waited_for() {
    let root = tempfile::tempdir().unwrap();
    let state = root.path().join("state");
    runtime().block_on(async {
        let mut tail = Tail::open(&state, None).unwrap();
        let early = tokio::time::timeout(Duration::from_millis(20), tail.next(5)).await;
        assert!(early.is_err(), "there is nothing yet");
        let written = state.clone();
        let writer = tokio::task::spawn_blocking(move || {
            let journal: Journal<()> = Journal::open(options(&written)).unwrap();
            let request = CommitRequest::by(actor());
            let done = journal.commit(&request, |(), _| Ok::<_, std::convert::Infallible>(run(1)));
            done.unwrap();
        });
        let records = take(&mut tail, 3).await;
        assert_eq!(records[0].event.seq, 1);
        assert_eq!(records[0].event.body.name(), "log.opened");
        writer.await.unwrap();
    });
}

#[test]
fn torn_lines_and_given_up_waits_cost_no_record() {
    runtime().block_on(async {
        let mut ground = Ground::new();
        ground.live(2);
        let start = ground.records();
        let behind = start.last().map(|record| record.cursor.clone());
        let mut tail = Tail::open(&ground.state(), behind.clone()).unwrap();
        let mut told = start.clone();
        for n in 0..20 {
            // What a writer that was killed leaves.
            let newest = newest_segment(&ground);
            let mut file = OpenOptions::new().append(true).open(newest).unwrap();
            file.write_all(&br#"{"v":1,"log":"torn"#[..n % 18 + 1])
                .unwrap();
            drop(file);
            let idle = tokio::time::timeout(Duration::from_millis(2), tail.next(5)).await;
            assert!(idle.is_err(), "a torn line is no record: {idle:?}");
            ground.live(1);
            let n_new = ground.records().len() - told.len();
            told.extend(take(&mut tail, n_new).await);
        }
        let all = ground.records();
        let rest = &all[start.len()..];
        let repairs = rest
            .iter()
            .filter(|it| it.event.body.name() == "log.repaired");
        assert_eq!(repairs.count(), 20, "each was torn");
        assert_eq!(told, all);
    });
}

fn newest_segment(ground: &Ground) -> std::path::PathBuf {
    let files = fs::read_dir(ground.state().join("log")).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let segments = paths.filter(|path| path.extension().is_some_and(|it| it == "jsonl"));
    segments.max().unwrap()
}

#[test]
fn a_repaired_log_is_followed_on_and_another_one_is_not() {
    runtime().block_on(async {
        let mut ground = Ground::new();
        ground.live(3);
        let all = ground.records();
        let behind = all.last().map(|record| record.cursor.clone());
        let mut tail = Tail::open(&ground.state(), behind.clone()).unwrap();
        // A new file under the old name, with the same records.
        repair(&ground.state()).unwrap().expect("a log");
        let journal: Journal<()> = Journal::open(options(&ground.state())).unwrap();
        let request = CommitRequest::by(actor());
        let done = journal.commit(&request, |(), _| Ok::<_, std::convert::Infallible>(run(9)));
        done.unwrap();
        let more = take(&mut tail, 1).await;
        assert_eq!(more[0].event.seq, all.last().unwrap().event.seq + 1);
        drop(journal);
        // Another log in its place.
        let (ours, gone) = (ground.state().join("log"), ground.state().join("gone"));
        fs::rename(&ours, &gone).unwrap();
        let other = Ground::new();
        fs::rename(other.state().join("log"), &ours).unwrap();
        let journal: Journal<()> = Journal::open(options(&ground.state())).unwrap();
        let done = journal.commit(&request, |(), _| Ok::<_, std::convert::Infallible>(run(9)));
        done.unwrap();
        let next = tokio::time::timeout(SOON, tail.next(5))
            .await
            .expect("soon");
        assert_eq!(next.unwrap(), None);
        let lost = Tail::open(&ground.state(), behind);
        assert!(
            lost.is_err(),
            "a record that is not there is not read on behind"
        );
    });
}
