//! The write protocol as a whole, with faults injected at the places where they hurt.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    Actor, AttemptCancelRequested, AttemptSignalled, Body, Digest, Draft, Event, FixedClock,
    IdempotencyKey, Unknown, Via,
};

use super::disk::{Disk, RealDisk, Step};
use super::*;

/// Counts events by type name; enough to see whether a fold is complete.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Counts {
    n: u64,
    last_seq: u64,
    names: std::collections::BTreeMap<String, u64>,
}

impl WriteModel for Counts {
    fn apply(&mut self, event: &Event) {
        assert!(event.seq > self.last_seq, "applied in order, each once");
        self.n += 1;
        self.last_seq = event.seq;
        *self.names.entry(event.body.name().to_owned()).or_default() += 1;
    }
}

/// A disk whose next calls can be made to fail.
#[derive(Debug, Default)]
struct FaultyDisk {
    /// Bytes to write before the failure; `usize::MAX` never fails.
    room: Mutex<Option<usize>>,
    full: AtomicBool,
    fail_sync: AtomicBool,
    n_syncs: AtomicUsize,
    crash_at: Mutex<Option<Step>>,
}

impl Disk for FaultyDisk {
    fn append(&self, file: &fs::File, bytes: &[u8]) -> io::Result<usize> {
        if self.full.swap(false, Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let mut room = self.room.lock().unwrap();
        match &mut *room {
            None => RealDisk.append(file, bytes),
            Some(0) => {
                *room = None;
                Err(io::ErrorKind::FileTooLarge.into())
            }
            Some(left) => {
                let n = RealDisk.append(file, &bytes[..bytes.len().min(*left)])?;
                *left -= n;
                Ok(n)
            }
        }
    }

    fn sync(&self, file: &fs::File) -> io::Result<()> {
        self.n_syncs.fetch_add(1, Ordering::SeqCst);
        if self.fail_sync.load(Ordering::SeqCst) {
            return Err(io::Error::from_raw_os_error(libc::EIO));
        }
        RealDisk.sync(file)
    }

    fn reached(&self, step: Step) -> io::Result<()> {
        let mut crash_at = self.crash_at.lock().unwrap();
        if *crash_at == Some(step) {
            *crash_at = None;
            return Err(io::Error::other("crashed here"));
        }
        Ok(())
    }
}

struct House {
    dir: tempfile::TempDir,
    clock: Arc<FixedClock>,
    disk: Arc<FaultyDisk>,
}

impl House {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            clock: Arc::new(FixedClock::at(
                "2026-10-12T09:14:03.120441Z".parse().unwrap(),
            )),
            disk: Arc::default(),
        }
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    fn options(&self) -> JournalOptions {
        let clock = Arc::clone(&self.clock) as Arc<dyn crate::model::Clock>;
        let mut options = JournalOptions::new(self.state(), clock, "m-7f", "0.1.0");
        options.ids = Arc::new(SeededIds::default());
        options.boot = "a1b2c3d4".to_owned();
        options.disk = Arc::clone(&self.disk) as Arc<dyn Disk>;
        options
    }

    fn open(&self) -> Journal<Counts> {
        Journal::open(self.options()).unwrap()
    }

    fn segment(&self, first: u64) -> PathBuf {
        self.state().join(format!("log/{first:020}.jsonl"))
    }

    fn records(&self) -> Vec<Record> {
        let mut reader = Reader::open(&self.state()).unwrap();
        std::iter::from_fn(|| reader.next_record().unwrap()).collect()
    }
}

fn actor() -> Actor {
    Actor {
        kind: "user".to_owned(),
        name: "ada".to_owned(),
        via: Via::Cli,
    }
}

fn request() -> CommitRequest {
    CommitRequest::by(actor())
}

fn draft(text: &str) -> Draft {
    Draft::global(
        AttemptCancelRequested {
            reason: text.to_owned(),
            kill: false,
        }
        .into(),
    )
}

fn commit(journal: &Journal<Counts>, texts: &[&str]) -> Committed {
    let texts = texts.to_vec();
    journal
        .commit(&request(), |_, _| {
            Ok::<_, String>(texts.into_iter().map(draft).collect())
        })
        .unwrap()
}

fn try_commit(journal: &Journal<Counts>, text: &str) -> Result<Committed, CommitError<String>> {
    journal.commit(&request(), |_, _| Ok(vec![draft(text)]))
}

fn reasons(records: &[Record]) -> Vec<String> {
    let reason = |record: &Record| match &record.event.body {
        Body::AttemptCancelRequested(body) => Some(body.reason.clone()),
        _ => None,
    };
    records.iter().filter_map(reason).collect()
}

#[test]
fn the_first_event_opens_the_log_and_files_are_private() {
    let house = House::new();
    let committed = commit(&house.open(), &["a"]);
    assert_eq!(committed.first_seq(), Some(2));
    let records = house.records();
    assert_eq!(records[0].event.body.name(), "log.opened");
    assert_eq!(records[0].event.batch, (0, 2));
    assert_eq!(records[0].event.log.len(), 8);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&house.state()), 0o700);
    assert_eq!(mode(&house.state().join("log")), 0o700);
    for file in ["log/LOCK", "log/00000000000000000001.jsonl", "ballast"] {
        assert_eq!(mode(&house.state().join(file)), 0o600, "{file}");
    }
}

#[test]
fn a_refusal_costs_no_write_and_sees_the_model() {
    let house = House::new();
    let journal = house.open();
    commit(&journal, &["a", "b"]);
    let before = fs::read(house.segment(1)).unwrap();
    let refused = journal.commit(&request(), |model, _| {
        assert_eq!(model.n, 3);
        Err::<Vec<Draft>, _>("no".to_owned())
    });
    assert!(matches!(refused, Err(CommitError::Refused(why)) if why == "no"));
    assert_eq!(fs::read(house.segment(1)).unwrap(), before);
}

#[test]
fn two_journals_on_one_log_see_each_other() {
    let house = House::new();
    let (one, two) = (house.open(), house.open());
    for round in 0..20 {
        commit(if round % 2 == 0 { &one } else { &two }, &["x", "y"]);
    }
    let of = |journal: &Journal<Counts>| journal.view(Counts::clone).unwrap();
    assert_eq!(of(&one), of(&two));
    assert_eq!(of(&one).n, 41);
    assert_eq!(house.records().len(), 41);
}

#[test]
fn a_tail_torn_at_any_byte_is_closed_off_and_costs_nothing_acknowledged() {
    let house = House::new();
    commit(&house.open(), &["first", "second"]);
    let settled = fs::read(house.segment(1)).unwrap();
    commit(&house.open(), &["torn 1", "torn ü 2"]);
    let whole = fs::read(house.segment(1)).unwrap();
    for cut in settled.len()..whole.len() {
        fs::write(house.segment(1), &whole[..cut]).unwrap();
        let journal = house.open();
        let committed = commit(&journal, &["after", "wards"]);
        assert_eq!(committed.events.len(), 2, "cut at {cut}");
        let records = house.records();
        assert_eq!(reasons(&records), ["first", "second", "after", "wards"]);
        let repaired = records
            .iter()
            .any(|r| r.event.body.name() == "log.repaired");
        assert_eq!(repaired, cut > settled.len(), "cut at {cut}");
        let report = verify(&house.state()).unwrap();
        assert!(report.is_accounted_for() && report.is_sound(), "{report:?}");
        assert_eq!(report.last_seq, Some(report.n_events));
        assert_eq!(journal.view(|model| model.n).unwrap(), report.n_events);
    }
}

#[test]
fn one_flipped_byte_costs_exactly_one_record() {
    let house = House::new();
    let journal = house.open();
    for text in ["a", "b", "c", "d"] {
        commit(&journal, &[text]);
    }
    let records = house.records();
    let victim = &records[3];
    assert_eq!(reasons(std::slice::from_ref(victim)), ["c"]);
    let good = fs::read(house.segment(1)).unwrap();
    let start = usize::try_from(victim.cursor.offset).unwrap();
    for at in start..start + victim.line.len() {
        for flipped in [good[at] ^ 1, good[at] ^ 0x80] {
            let mut bad = good.clone();
            if flipped == b'\n' {
                continue;
            }
            bad[at] = flipped;
            fs::write(house.segment(1), &bad).unwrap();
            assert_eq!(reasons(&house.records()), ["a", "b", "d"], "byte {at}");
            let report = verify(&house.state()).unwrap();
            assert!(report.is_accounted_for() && !report.is_sound());
            assert_eq!(report.n_damaged, 1, "byte {at}: {:?}", report.damage);
            assert_eq!(report.damage[0].offset, victim.cursor.offset);
            assert_eq!(report.gaps, [Gap { first: 4, last: 4 }]);
        }
    }
}

#[test]
fn a_batch_cut_after_its_first_line_never_happened() {
    let house = House::new();
    commit(&house.open(), &["kept"]);
    let settled = fs::metadata(house.segment(1)).unwrap().len();
    commit(&house.open(), &["1", "2", "3"]);
    let whole = fs::read(house.segment(1)).unwrap();
    let line = whole[usize::try_from(settled).unwrap()..]
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap();
    let cut = usize::try_from(settled).unwrap() + line + 1;
    fs::write(house.segment(1), &whole[..cut]).unwrap();
    let journal = house.open();
    assert_eq!(journal.view(|model| model.n).unwrap(), 2);
    commit(&journal, &["next"]);
    assert_eq!(reasons(&house.records()), ["kept", "next"]);
    let report = verify(&house.state()).unwrap();
    assert_eq!(report.damage[0].kind, DamageKind::IncompleteBatch);
    assert!(report.is_accounted_for() && report.is_sound());
}

#[test]
fn what_this_version_does_not_know_survives_export_byte_by_byte() {
    let house = House::new();
    commit(&house.open(), &["a"]);
    let mut line = br#"{"v":1,"log":"LOG","seq":3,"id":"01890a5d-ac96-774b-bcce-b302099a8057","ts":"2026-10-12T09:14:03.120441Z","boot":"a1b2c3d4","mono_us":1,"node":"m","type":"moon.landed","tv":7,"b":[0,1],"weather":{"wind":0.10},"actor":{"kind":"robot","name":"r2","via":"radio"},"data":{"z":1,"a":1.0}"#
        .to_vec();
    let log = house.records()[0].event.log.clone();
    let at = line.windows(3).position(|three| three == b"LOG").unwrap();
    line.splice(at..at + 3, log.bytes());
    let crc = crc32c::crc32c(&line);
    line.extend_from_slice(format!(",\"crc\":\"{crc:08x}\"}}\n").as_bytes());
    let mut all = fs::read(house.segment(1)).unwrap();
    all.extend_from_slice(&line);
    fs::write(house.segment(1), &all).unwrap();

    commit(&house.open(), &["b"]);
    let mut exported = Vec::new();
    let report = export(&house.state(), &mut exported, ExportFormat::Jsonl).unwrap();
    assert_eq!(report.n_events, 4);
    assert_eq!(exported, fs::read(house.segment(1)).unwrap());
    let unknown = &house.records()[2].event;
    assert!(
        matches!(&unknown.body, Body::Unknown(Unknown { name, version: 7, .. }) if name == "moon.landed")
    );
    assert_eq!(unknown.actor.via, Via::Other);
}

#[test]
fn a_newer_envelope_is_refused_with_the_way_out() {
    let house = House::new();
    commit(&house.open(), &["a"]);
    let mut line = br#"{"v":2,"everything":"different""#.to_vec();
    let crc = crc32c::crc32c(&line);
    line.extend_from_slice(format!(",\"crc\":\"{crc:08x}\"}}\n").as_bytes());
    let mut all = fs::read(house.segment(1)).unwrap();
    all.extend_from_slice(&line);
    fs::write(house.segment(1), &all).unwrap();
    let error = Journal::<Counts>::open(house.options()).err().unwrap();
    assert!(error.to_string().contains("upgrade"), "{error}");
}

#[test]
fn time_never_runs_backwards_in_the_log() {
    let house = House::new();
    commit(&house.open(), &["a"]);
    let earlier: Timestamp = "2026-10-11T09:00:00Z".parse().unwrap();
    let mut options = house.options();
    options.clock = Arc::new(FixedClock::at(earlier));
    let journal: Journal<Counts> = Journal::open(options).unwrap();
    journal
        .commit(&request(), |_, now| {
            assert!(now > earlier, "the decision sees the clamped time");
            Ok::<_, String>(vec![draft("b")])
        })
        .unwrap();
    let times: Vec<_> = house.records().iter().map(|r| r.event.at).collect();
    assert!(times.is_sorted());
}

#[test]
fn a_short_write_is_taken_back_and_not_acknowledged() {
    let house = House::new();
    let journal = house.open();
    commit(&journal, &["a"]);
    let before = fs::read(house.segment(1)).unwrap();
    for room in [0, 1, 100] {
        *house.disk.room.lock().unwrap() = Some(room);
        let error = try_commit(&journal, "lost").unwrap_err();
        assert!(matches!(
            error,
            CommitError::Journal(JournalError::Append { .. })
        ));
        assert_eq!(fs::read(house.segment(1)).unwrap(), before);
    }
    commit(&journal, &["b"]);
    assert_eq!(reasons(&house.records()), ["a", "b"]);
    assert_eq!(verify(&house.state()).unwrap().n_damaged, 0);
}

#[test]
fn a_full_disk_costs_the_ballast_once() {
    let house = House::new();
    let journal = house.open();
    let ballast = house.state().join("ballast");
    assert_eq!(fs::metadata(&ballast).unwrap().len(), 1024 * 1024);
    house.disk.full.store(true, Ordering::SeqCst);
    commit(&journal, &["a"]);
    assert!(!ballast.exists());
    house.disk.full.store(true, Ordering::SeqCst);
    assert!(try_commit(&journal, "b").is_err());
    commit(&journal, &["c"]);
    assert_eq!(reasons(&house.records()), ["a", "c"]);
}

#[test]
fn a_failed_sync_is_never_retried_in_this_process() {
    let house = House::new();
    let journal = house.open();
    commit(&journal, &["a"]);
    house.disk.fail_sync.store(true, Ordering::SeqCst);
    let error = try_commit(&journal, "b").unwrap_err();
    assert!(matches!(
        error,
        CommitError::Journal(JournalError::Sync { .. })
    ));
    house.disk.fail_sync.store(false, Ordering::SeqCst);
    let n_syncs = house.disk.n_syncs.load(Ordering::SeqCst);
    for journal in [&journal, &house.open()] {
        let error = try_commit(journal, "c").unwrap_err();
        assert!(matches!(
            error,
            CommitError::Journal(JournalError::ReadOnly { .. })
        ));
    }
    assert_eq!(house.disk.n_syncs.load(Ordering::SeqCst), n_syncs);
    assert_eq!(journal.view(|model| model.n).unwrap(), 3, "reading goes on");
}

#[test]
fn repair_writes_the_segment_anew_and_keeps_the_old_file() {
    let house = House::new();
    commit(&house.open(), &["a"]);
    let mut bytes = fs::read(house.segment(1)).unwrap();
    bytes.extend_from_slice(b"{\"v\":1,\"torn");
    fs::write(house.segment(1), &bytes).unwrap();
    let open_meanwhile = house.open();
    commit(&open_meanwhile, &["b"]);
    let before = fs::read(house.segment(1)).unwrap();
    let report = repair(&house.state()).unwrap().unwrap();
    assert_eq!(fs::read(&report.set_aside).unwrap(), before);
    assert_eq!((report.n_events, report.n_left_bytes), (4, 14));
    commit(&open_meanwhile, &["c"]);
    assert_eq!(reasons(&house.records()), ["a", "b", "c"]);
    let report = verify(&house.state()).unwrap();
    assert!(report.is_accounted_for());
    assert_eq!((report.n_events, report.n_damaged), (5, 0));
}

#[test]
fn a_repeated_command_gives_the_first_result_and_another_body_is_refused() {
    let house = House::new();
    let keyed = |digest: &str| CommitRequest {
        key: Some(IdempotencyKey::new("k1")),
        body_digest: Some(Digest::new(digest)),
        ..request()
    };
    let first = house
        .open()
        .commit(&keyed("d1"), |_, _| {
            Ok::<_, String>(vec![draft("a"), draft("b")])
        })
        .unwrap();
    commit(&house.open(), &["other"]);
    let journal = house.open();
    let n_syncs = house.disk.n_syncs.load(Ordering::SeqCst);
    let again = journal
        .commit(&keyed("d1"), |_, _| -> Result<Vec<Draft>, String> {
            panic!("it was done already")
        })
        .unwrap();
    assert!(again.replayed && !first.replayed);
    assert_eq!(again.events, first.events);
    assert!(
        house.disk.n_syncs.load(Ordering::SeqCst) > n_syncs,
        "synced before it is reported"
    );
    let error = journal
        .commit(&keyed("d2"), |_, _| Ok::<_, String>(vec![draft("c")]))
        .unwrap_err();
    assert!(matches!(
        error,
        CommitError::Journal(JournalError::KeyReused { .. })
    ));
    assert_eq!(reasons(&house.records()), ["a", "b", "other"]);
}

#[test]
fn segments_rotate_and_read_as_one_log() {
    let house = House::new();
    let mut options = house.options();
    options.segment_bytes = 1500;
    let journal: Journal<Counts> = Journal::open(options.clone()).unwrap();
    let other: Journal<Counts> = Journal::open(options).unwrap();
    for n in 0..60 {
        commit(if n % 3 == 0 { &other } else { &journal }, &["x"]);
    }
    let report = verify(&house.state()).unwrap();
    assert!(report.n_segments > 5, "{report:?}");
    assert!(report.is_accounted_for() && report.is_sound());
    let records = house.records();
    assert_eq!(reasons(&records).len(), 60);
    assert!(
        records
            .iter()
            .zip(1..)
            .all(|(record, seq)| record.event.seq == seq)
    );
    assert_eq!(journal.view(|m| m.n).unwrap(), report.n_events);
    for record in &records {
        let mut reader = Reader::open_at(&house.state(), &record.cursor).unwrap();
        let next = reader.next_record().unwrap().map(|next| next.event.seq);
        let expected = (record.event.seq < report.n_events).then_some(record.event.seq + 1);
        assert_eq!(next, expected, "also from within a batch");
    }
}

#[test]
fn a_crash_at_any_step_of_a_rotation_leaves_a_log_that_goes_on() {
    for step in [
        Step::SealWritten,
        Step::OldSynced,
        Step::NewCreated,
        Step::DirSynced,
    ] {
        let house = House::new();
        let mut options = house.options();
        options.segment_bytes = 600;
        let journal: Journal<Counts> = Journal::open(options.clone()).unwrap();
        commit(&journal, &["a", "b"]);
        *house.disk.crash_at.lock().unwrap() = Some(step);
        let crashed = try_commit(&journal, "crash");
        assert!(crashed.is_err(), "{step:?} was not reached");
        assert!(house.disk.crash_at.lock().unwrap().is_none());
        let next: Journal<Counts> = Journal::open(options).unwrap();
        commit(&next, &["c"]);
        commit(&journal, &["d"]);
        assert_eq!(reasons(&house.records()), ["a", "b", "c", "d"], "{step:?}");
        let report = verify(&house.state()).unwrap();
        assert!(
            report.is_accounted_for() && report.is_sound(),
            "{step:?} {report:?}"
        );
        let opened = |r: &&Record| r.event.body.name() == "log.segment_opened";
        let n_opened = house.records().iter().filter(opened).count() as u64;
        assert_eq!(n_opened, report.n_segments - 1);
    }
}

#[test]
fn a_damaged_seal_does_not_hide_what_follows() {
    let house = House::new();
    let mut options = house.options();
    options.segment_bytes = 600;
    let journal: Journal<Counts> = Journal::open(options).unwrap();
    commit(&journal, &["a", "b"]);
    commit(&journal, &["c"]);
    let mut bytes = fs::read(house.segment(1)).unwrap();
    let at = bytes.len() - 60;
    bytes[at] ^= 1;
    fs::write(house.segment(1), bytes).unwrap();
    assert_eq!(reasons(&house.records()), ["a", "b", "c"]);
    commit(&house.open(), &["d"]);
    assert_eq!(reasons(&house.records()), ["a", "b", "c", "d"]);
    assert!(verify(&house.state()).unwrap().is_accounted_for());
}

#[test]
fn a_snapshot_gives_the_same_model_and_a_wrong_one_is_not_used() {
    let house = House::new();
    let mut options = house.options();
    options.snapshot_every = 10;
    let journal: Journal<Counts> = Journal::open(options.clone()).unwrap();
    for _ in 0..25 {
        commit(&journal, &["x"]);
    }
    let snapshot = house.state().join("log/snapshot.json");
    let good = fs::read(&snapshot).unwrap();
    let model = |options: &JournalOptions| {
        let journal: Journal<Counts> = Journal::open(options.clone()).unwrap();
        journal.view(Counts::clone).unwrap()
    };
    let expected = journal.view(Counts::clone).unwrap();
    assert_eq!(model(&options), expected);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&snapshot, bad).unwrap();
        assert_eq!(model(&options), expected, "flipped byte {at}");
    }
    fs::write(&snapshot, &good).unwrap();
    options.model_version = "other".to_owned();
    assert_eq!(model(&options), expected);
}

#[test]
fn a_snapshot_ahead_of_the_log_is_not_used() {
    let house = House::new();
    let mut options = house.options();
    options.snapshot_every = 1;
    let journal: Journal<Counts> = Journal::open(options.clone()).unwrap();
    commit(&journal, &["a"]);
    let older = fs::read(house.segment(1)).unwrap();
    commit(&journal, &["b"]);
    drop(journal);
    fs::write(house.segment(1), older).unwrap();
    let journal: Journal<Counts> = Journal::open(options).unwrap();
    assert_eq!(journal.view(|m| m.n).unwrap(), 2);
}

#[test]
fn threads_share_syncs_and_lose_nothing() {
    let house = House::new();
    let journal = Arc::new(house.open());
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let journal = Arc::clone(&journal);
            scope.spawn(move || {
                for n in 0..20 {
                    commit(&journal, &[&format!("{thread}/{n}")]);
                }
            });
        }
    });
    let mut texts = reasons(&house.records());
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 320);
    let n_syncs = house.disk.n_syncs.load(Ordering::SeqCst);
    assert!(n_syncs < 320, "{n_syncs} syncs for 320 commits");
}

#[test]
fn interval_events_are_synced_when_the_journal_is_closed() {
    let house = House::new();
    let journal = house.open();
    commit(&journal, &["a"]);
    let n_syncs = house.disk.n_syncs.load(Ordering::SeqCst);
    let tick = CommitRequest {
        durability: Durability::Interval,
        ..request()
    };
    journal
        .commit(&tick, |_, _| Ok::<_, String>(vec![draft("tick")]))
        .unwrap();
    assert_eq!(house.disk.n_syncs.load(Ordering::SeqCst), n_syncs);
    drop(journal);
    assert_eq!(house.disk.n_syncs.load(Ordering::SeqCst), n_syncs + 1);
}

#[test]
fn a_held_lock_is_reported_with_its_holder() {
    let house = House::new();
    commit(&house.open(), &["a"]);
    let mut options = house.options();
    options.lock_deadline = Duration::from_millis(30);
    let journal: Journal<Counts> = Journal::open(options).unwrap();
    let other = fs::File::open(house.state().join("log/LOCK")).unwrap();
    other.lock().unwrap();
    let error = try_commit(&journal, "b").unwrap_err().to_string();
    let me = format!("process {} holds it and is running", std::process::id());
    assert!(error.contains(&me), "{error}");
    other.unlock().unwrap();
    commit(&journal, &["c"]);
}

#[test]
fn an_event_of_more_than_a_line_is_refused_and_the_log_goes_on() {
    let house = House::new();
    let journal = house.open();
    commit(&journal, &["a"]);
    let long = "x".repeat(MAX_LINE);
    let error = try_commit(&journal, &long).unwrap_err();
    assert!(matches!(
        error,
        CommitError::Journal(JournalError::LineTooLong { .. })
    ));
    commit(&journal, &["b"]);
    assert_eq!(reasons(&house.records()), ["a", "b"]);
}

#[test]
fn garbage_of_any_kind_is_stepped_over() {
    let house = House::new();
    commit(&house.open(), &["a"]);
    let mut bytes = fs::read(house.segment(1)).unwrap();
    bytes.extend_from_slice(&[b'\n'; 3]);
    bytes.extend_from_slice(&[0xFF; 200_000]);
    bytes.extend_from_slice(b"\n{}\n");
    fs::write(house.segment(1), &bytes).unwrap();
    commit(&house.open(), &["b"]);
    assert_eq!(reasons(&house.records()), ["a", "b"]);
    let report = verify(&house.state()).unwrap();
    let kinds: Vec<_> = report.damage.iter().map(|damage| damage.kind).collect();
    assert_eq!(kinds[3], DamageKind::TooLong);
    assert_eq!(kinds.len(), 5);
    assert!(report.is_accounted_for());
}

#[test]
fn a_signal_event_reads_back_as_it_was_written() {
    let house = House::new();
    let body = AttemptSignalled {
        signal: "SIGINT".to_owned(),
        step: 1,
    };
    let mut draft = Draft::global(body.clone().into());
    draft.run = Some("RUN-20261012-001".into());
    draft.attempt = Some(2);
    let committed = house
        .open()
        .commit(&request(), |_, _| Ok::<_, String>(vec![draft]))
        .unwrap();
    let record = house.records().pop().unwrap();
    assert_eq!(committed.events, std::slice::from_ref(&record.event));
    assert_eq!(record.event.body, Body::AttemptSignalled(body));
    assert_eq!(record.event.attempt, Some(2));
}
