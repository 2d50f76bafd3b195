//! The dashboard's server on a long record: what a page waits for, how soon fifty pages hear of an
//! event while one of them does not read, and what the server keeps in memory.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tollgate::journal::WriteModel;

use crate::served::Served;

use super::Trouble;
use super::ground::Ground;
use super::history::{History, PER_RUN};
use super::options::Options;
use super::table::{Table, figures, thousands, time};
use super::timing::{Samples, repeated};

const QUESTIONS: usize = 100;
/// Pages that follow, one of which does not read.
const PAGES: usize = 50;
/// Appends whose arrival is timed, and the time between two of them.
const APPENDS: usize = 200;
const APART: Duration = Duration::from_millis(25);
/// Requests since the last snapshot.
const BEHIND: u64 = 20;
/// How long nothing happens.
const QUIET: Duration = Duration::from_secs(10);

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    let ground = Ground::new(&options.dir)?;
    let state = ground.path("state");
    let n_runs = options.events / PER_RUN;
    // As the program leaves it: with a snapshot that is at most some hundred events old.
    let mut history = History::remembering(&state, n_runs - BEHIND)?;
    history.append(n_runs)?;
    let made = ground
        .tollgate(&state, ["index", "rebuild"].as_slice())?
        .output()?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
    }
    println!(
        "\n{} events of {} runs on record",
        thousands(options.events as f64),
        thousands((options.events / PER_RUN) as f64)
    );
    let begun = Instant::now();
    let mut command = ground.tollgate(&state, ["serve", "--json", "--port", "0"].as_slice())?;
    let server = Served::of(command.stdout(Stdio::piped()).spawn()?);
    let up = begun.elapsed();
    drop(server.get("/api/v1/overview").of(200));
    println!(
        "from its start to its address: {}, to the first answer: {}",
        time(up),
        time(begun.elapsed())
    );
    questions(&server, options.events / PER_RUN)?;
    println!("memory of the server: {}", memory(server.pid())?);
    live(&server, &mut history)?;
    println!("memory of the server: {}", memory(server.pid())?);
    let before = processor_time(server.pid())?;
    std::thread::sleep(QUIET);
    let used = processor_time(server.pid())?.saturating_sub(before);
    println!(
        "processor time while nothing happened for {} s: {}",
        QUIET.as_secs(),
        time(used)
    );
    Ok(())
}

/// What pages ask, over HTTP, each on a connection of its own.
fn questions(server: &Served, n_runs: u64) -> Result<(), Trouble> {
    let middle = format!("RUN-20260801-{:03}", n_runs / 2);
    let mut table = Table::new(&["question", "least", "median", "p99", "times"]);
    for (name, path) in [
        ("the first page: Now", "overview".to_owned()),
        ("the first page: its file", String::new()),
        ("runs: the newest 50", "runs?limit=50".to_owned()),
        (
            "runs: 50 before one in the middle",
            format!("runs?before={middle}"),
        ),
        ("runs: one state", "runs?status=failed".to_owned()),
        ("runs: one agent", "runs?agent=architect".to_owned()),
        (
            "runs: an agent that there is not",
            "runs?agent=nobody".to_owned(),
        ),
        ("runs: one tool", "runs?tool=claude".to_owned()),
        (
            "runs: one model and state",
            "runs?model=claude-opus-5-5&status=done".to_owned(),
        ),
        ("runs: one task", "runs?task=none".to_owned()),
        (
            "runs: a word that none has",
            "runs?q=no%20such%20word".to_owned(),
        ),
        (
            "runs: the oldest run's name",
            "runs?q=20260801-000".to_owned(),
        ),
        ("a run in the middle", format!("runs/{middle}")),
        ("its events", format!("runs/{middle}/events")),
        ("costs by day", "costs?group=day".to_owned()),
        ("costs by model", "costs?group=model".to_owned()),
        (
            "costs by agent this month",
            "costs?group=agent&since=2026-10-01".to_owned(),
        ),
        ("budgets", "budgets".to_owned()),
        ("policies", "policies".to_owned()),
        ("plugins", "plugins".to_owned()),
    ] {
        let path = if path.is_empty() {
            "/".to_owned()
        } else {
            format!("/api/v1/{path}")
        };
        let [least, median, p99, times] = figures(&repeated(QUESTIONS, || {
            let reply = server.get(&path);
            let is_answer = reply.status == 200;
            is_answer.then_some(()).ok_or_else(|| reply.body.into())
        })?);
        table.row([name.to_owned(), least, median, p99, times]);
    }
    table.print();
    Ok(())
}

/// Fifty pages, one of which does not read; how soon the others hear of what is appended.
fn live<W: WriteModel>(server: &Served, history: &mut History<W>) -> Result<(), Trouble> {
    let mut pages = Vec::new();
    for _ in 0..PAGES {
        pages.push(follow(server)?);
    }
    let lazy = pages.pop();
    let (heard_tx, heard_rx) = mpsc::channel();
    for page in pages {
        let heard_tx = heard_tx.clone();
        std::thread::spawn(move || listen(page, &heard_tx));
    }
    let mut begun = Vec::new();
    for _ in 0..APPENDS {
        std::thread::sleep(APART);
        begun.push(Instant::now());
        history.append(1)?;
    }
    let mut arrivals: Vec<Vec<Instant>> = vec![Vec::new(); APPENDS];
    let patience = Duration::from_secs(30);
    while arrivals.iter().any(|of_one| of_one.len() < PAGES - 1) {
        let (nth, at): (usize, Instant) = heard_rx.recv_timeout(patience)?;
        if let Some(of_one) = arrivals.get_mut(nth) {
            of_one.push(at);
        }
    }
    let mut samples = Samples::default();
    for (arrivals, begun) in arrivals.iter().zip(&begun) {
        for at in arrivals {
            samples.push(at.saturating_duration_since(*begun));
        }
    }
    let [least, median, p99, times] = figures(&samples);
    println!(
        "from the beginning of an append to one of {} pages: least {least}, median {median}, \
         p95 {}, p99 {p99} ({times} times)",
        PAGES - 1,
        time(samples.percentile(95)),
    );
    drop(lazy);
    Ok(())
}

/// A page's socket, after its first words.
fn follow(server: &Served) -> Result<TcpStream, Trouble> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port))?;
    let words = format!(
        "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n\
         Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        port = server.port
    );
    stream.write_all(words.as_bytes())?;
    let mut byte = [0];
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let hello = format!("{{\"token\":\"{}\"}}", server.token);
    let length = u8::try_from(hello.len())?;
    // A text of fewer than 126 bytes, masked with zeros: as it is.
    stream.write_all(&[0x81, 0x80 | length, 0, 0, 0, 0])?;
    stream.write_all(hello.as_bytes())?;
    // Its answer says from where on it follows: a short text, unmasked.
    let mut frame = [0; 2];
    stream.read_exact(&mut frame)?;
    let mut text = vec![0; usize::from(frame[1])];
    stream.read_exact(&mut text)?;
    Ok(stream)
}

/// Tell of each run that is announced, in order.
fn listen(mut page: TcpStream, heard_tx: &mpsc::Sender<(usize, Instant)>) {
    const MARK: &[u8] = b"\"type\":\"run.submitted\"";
    let mut buffer = vec![0; 64 << 10];
    let mut text = Vec::new();
    let mut nth = 0;
    while let Ok(n) = page.read(&mut buffer) {
        if n == 0 {
            return;
        }
        let now = Instant::now();
        text.extend_from_slice(&buffer[..n]);
        let mut from = 0;
        while let Some(at) = text[from..].windows(MARK.len()).position(|it| it == MARK) {
            from += at + MARK.len();
            if heard_tx.send((nth, now)).is_err() {
                return;
            }
            nth += 1;
        }
        let keep = text.len().saturating_sub(MARK.len() - 1).max(from);
        text.drain(..keep);
    }
}

/// What a process keeps in memory now, and at most so far.
fn memory(pid: u32) -> Result<String, Trouble> {
    let text = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status"))?;
    let mib = |name: &str| -> Result<f64, Trouble> {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.ok_or("there is no such line")?.parse::<f64>()? / 1024.0)
    };
    Ok(format!(
        "{:.0} MiB, {:.0} MiB at most",
        mib("VmRSS:")?,
        mib("VmHWM:")?
    ))
}

/// Processor time of a process so far, all threads.
fn processor_time(pid: u32) -> Result<Duration, Trouble> {
    let text = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"))?;
    let after = text.rsplit(')').next().unwrap_or_default();
    let fields: Vec<u64> = after
        .split_whitespace()
        .map(|it| it.parse().unwrap_or(0))
        .collect();
    // Fields 14 and 15 of proc(5), in ticks of 10 ms.
    let ticks = fields.get(11).unwrap_or(&0) + fields.get(12).unwrap_or(&0);
    Ok(Duration::from_millis(ticks * 10))
}
