//! Real processes on one journal, killed, stopped, and limited; the oracle is what they
//! acknowledged.
//!
//! `TOLLGATE_TEST_KILLS` sets the number of kills (400 unless told).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tollgate::journal::{
    CommitRequest, DamageKind, Journal, JournalOptions, Reader, Record, verify,
};
use tollgate::model::{Actor, AttemptCancelRequested, Draft, SystemClock, Via};
use tollgate_tests::Lcg;

const WRITER: &str = env!("CARGO_BIN_EXE_journal-writer");

fn writer(state: &Path, mode: &str, seed: u64, count: u64, lock_ms: u64) -> Command {
    let mut command = Command::new(WRITER);
    command
        .arg(state)
        .args([
            mode,
            &seed.to_string(),
            &count.to_string(),
            &lock_ms.to_string(),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn records(state: &Path) -> Vec<Record> {
    let mut reader = Reader::open(state).unwrap();
    std::iter::from_fn(|| reader.next_record().unwrap()).collect()
}

/// Events that some writer said were done: sequence number by id.
type Acknowledged = BTreeMap<String, u64>;

fn take_acknowledgement(line: &str, acknowledged: &Mutex<Acknowledged>) {
    let (seq, id) = line.trim_end().split_once(' ').expect("SEQ ID");
    let before = acknowledged
        .lock()
        .unwrap()
        .insert(id.to_owned(), seq.parse().unwrap());
    assert_eq!(before, None, "{id} was acknowledged twice");
}

/// Every acknowledged event is there exactly once, numbers are dense, and every byte is either in
/// an event or in a piece of damage that a killed writer leaves.
fn check(state: &Path, acknowledged: &Acknowledged) -> tollgate::journal::VerifyReport {
    let mut present = BTreeMap::new();
    for (record, expected) in records(state).iter().zip(1..) {
        assert_eq!(record.event.seq, expected, "sequence numbers are dense");
        let before = present.insert(record.event.id.to_string(), record.event.seq);
        assert_eq!(before, None, "an event is there twice");
    }
    for (id, seq) in acknowledged {
        assert_eq!(
            present.get(id),
            Some(seq),
            "acknowledged event {seq} is lost"
        );
    }
    let report = verify(state).unwrap();
    assert!(report.is_accounted_for(), "{report:?}");
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.n_events, present.len() as u64);
    report
}

fn append_one(state: &Path) {
    let options = JournalOptions::new(state, Arc::new(SystemClock), "m-test", "0.0.0");
    let journal = Journal::<()>::open(options).unwrap();
    let actor = Actor {
        kind: "system".to_owned(),
        name: "test".to_owned(),
        via: Via::Recovery,
    };
    let draft = Draft::global(
        AttemptCancelRequested {
            reason: "after the storm".to_owned(),
            kill: false,
        }
        .into(),
    );
    journal
        .commit(&CommitRequest::by(actor), |(), _| {
            Ok::<_, String>(vec![draft])
        })
        .unwrap();
}

/// Start a writer, let it acknowledge a few events, kill it at a moment nobody chose; gives back
/// whether it was still alive.
fn kill_one(state: &Path, random: &mut Lcg, acknowledged: &Mutex<Acknowledged>) -> bool {
    let mode = if random.below(3) == 0 {
        "strict"
    } else {
        "interval"
    };
    let mut child = writer(state, mode, random.below(1 << 30), u64::MAX, 60_000)
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    for _ in 0..random.below(12) {
        line.clear();
        if stdout.read_line(&mut line).unwrap() == 0 {
            break;
        }
        take_acknowledgement(&line, acknowledged);
    }
    // Not a wait for something: it spreads the kills over the bytes of a write.
    let (begun, spin) = (Instant::now(), Duration::from_micros(random.below(1_500)));
    while begun.elapsed() < spin {
        std::hint::spin_loop();
    }
    let alive = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    // What it acknowledged before it died is still in the pipe; a half line was not said.
    loop {
        line.clear();
        if stdout.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
            break;
        }
        take_acknowledgement(&line, acknowledged);
    }
    let status = child.wait().unwrap();
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(stderr, "");
    alive && status.code().is_none()
}

#[test]
fn kills_at_any_byte_lose_nothing_acknowledged() {
    let house = tempfile::tempdir().unwrap();
    let state = house.path().join("state");
    let n_wanted: u64 = std::env::var("TOLLGATE_TEST_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(400);
    let acknowledged = Mutex::new(Acknowledged::new());
    let n_kills = AtomicU64::new(0);
    thread::scope(|scope| {
        for slot in 0..4 {
            let (state, acknowledged, n_kills) = (&state, &acknowledged, &n_kills);
            scope.spawn(move || {
                let mut random = Lcg::new(20_261_122 + slot);
                for _ in 0..n_wanted / 4 {
                    if kill_one(state, &mut random, acknowledged) {
                        n_kills.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let n_kills = n_kills.into_inner();
    let acknowledged = acknowledged.into_inner().unwrap();
    append_one(&state);
    let report = check(&state, &acknowledged);
    let n_torn = report
        .damage
        .iter()
        .filter(|damage| damage.kind == DamageKind::Torn)
        .count() as u64;
    println!(
        "{n_kills} kills, {} acknowledged, {} events in {} segments, {n_torn} torn lines, {} pieces of damage",
        acknowledged.len(),
        report.n_events,
        report.n_segments,
        report.n_damaged
    );
    assert_eq!(n_kills, n_wanted / 4 * 4, "every kill hit a living writer");
    assert!(n_torn <= n_kills, "at most one torn line per kill");
    assert!(acknowledged.len() as u64 > n_kills);
    assert!(report.n_segments > 1);
}

#[test]
fn sixteen_processes_at_once_lose_nothing() {
    let house = tempfile::tempdir().unwrap();
    let state = house.path().join("state");
    let children: Vec<Child> = (0..16)
        .map(|n| writer(&state, "strict", n, 10, 60_000).spawn().unwrap())
        .collect();
    let acknowledged = Mutex::new(Acknowledged::new());
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            take_acknowledgement(line, &acknowledged);
        }
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    let report = check(&state, &acknowledged);
    assert!(acknowledged.len() >= 160);
    assert_eq!(report.n_damaged, 0);
}

#[test]
fn a_stopped_holder_is_named_and_loses_nothing() {
    let house = tempfile::tempdir().unwrap();
    let state = house.path().join("state");
    append_one(&state);
    let mut holder = writer(&state, "hold", 1, 1, 60_000)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(holder.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "holding\n");
    let pid = Pid::from_child(&holder);
    kill_process(pid, Signal::STOP).unwrap();

    let refused = writer(&state, "strict", 2, 1, 300).output().unwrap();
    assert_eq!(refused.status.code(), Some(74));
    let message = String::from_utf8(refused.stderr).unwrap();
    let named = format!("process {} holds it and is stopped", holder.id());
    assert!(message.contains(&named), "{message}");
    assert_eq!(refused.stdout, b"");

    kill_process(pid, Signal::CONT).unwrap();
    drop(holder.stdin.take());
    let acknowledged = Mutex::new(Acknowledged::new());
    for line in stdout.lines() {
        take_acknowledgement(&line.unwrap(), &acknowledged);
    }
    assert!(holder.wait().unwrap().success());
    let after = writer(&state, "strict", 3, 1, 5_000).output().unwrap();
    for line in String::from_utf8(after.stdout).unwrap().lines() {
        take_acknowledgement(line, &acknowledged);
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= 2);
    check(&state, &acknowledged);
}

#[test]
fn a_file_size_limit_takes_back_a_short_write_and_others_go_on() {
    let house = tempfile::tempdir().unwrap();
    let state = house.path().join("state");
    append_one(&state);
    // 8 blocks of 512 bytes. The signal must be ignored for the write to return an error.
    let limited = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"",
            WRITER,
        ])
        .arg(&state)
        .args(["strict", "7", "1000", "5000"])
        .output()
        .unwrap();
    let message = String::from_utf8(limited.stderr).unwrap();
    assert_eq!(limited.status.code(), Some(74), "{message}");
    assert!(
        message.contains("append to the journal segment"),
        "{message}"
    );
    let acknowledged = Mutex::new(Acknowledged::new());
    for line in String::from_utf8(limited.stdout).unwrap().lines() {
        take_acknowledgement(line, &acknowledged);
    }
    assert_eq!(verify(&state).unwrap().n_damaged, 0, "nothing torn is left");
    let other = writer(&state, "strict", 8, 5, 5_000).output().unwrap();
    assert!(other.status.success());
    check(&state, &acknowledged.into_inner().unwrap());
}
