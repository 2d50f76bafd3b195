//! How fast an adapter reads, with every limit on, and how much memory a long stream takes.
//!
//! Each kind of stream is read by a process of its own, so that its highest memory use is its own.
//! Lines are handed over as the driver does: those of one read of 64 KiB at a time. What making
//! the lines takes is not counted. Parsing the same lines natively, without looking for anything in
//! them, stands beside as a measure of the machine.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tollgate::model::{AdapterTask, Chunk, Source};
use tollgate::sandbox::{AdapterRun, Sandbox, builtin};

use super::Trouble;
use super::options::Options;
use super::table::{Table, rate, time};
use super::timing::timed;

/// What one read of a pipe returns.
const READ: usize = 64 << 10;
const MB: u64 = 1_000_000;
/// Longest text that comes as a piece.
const PIECE: usize = 4 << 10;

/// Kinds of streams: name, bytes of text in a line, bytes in all. A text of more than 4 KiB comes
/// whole, as the tool prints what it has finished; a shorter one is a piece.
const KINDS: [(&str, usize, u64); 5] = [
    ("lines of 460 B", 173, 200 * MB),
    ("lines of 5 KB", 4_713, 400 * MB),
    ("lines of 5.3 MB", 5_299_700, 200 * MB),
    ("lines of 460 B, 1 GB", 173, 1_000 * MB),
    ("lines of 5 KB, 1 GB", 4_713, 1_000 * MB),
];

/// A request as an adapter sees it.
pub(super) fn task() -> AdapterTask {
    AdapterTask {
        program: "claude".to_owned(),
        prompt_bytes: 21,
        prompt_head: "Say hello to the team".to_owned(),
        model: Some("claude-opus-5-5".to_owned()),
        resume: None,
        cwd: "/home/dev/project".to_owned(),
        max_cost_microusd: None,
        live_text: true,
        tool_version: None,
        options: "{}".to_owned(),
    }
}

pub(super) fn run(_: &Options) -> Result<(), Trouble> {
    let mut table = Table::new(&[
        "stream",
        "read",
        "events",
        "adapter",
        "native parse",
        "guest",
        "memory before",
        "after 10 %",
        "at the end",
    ]);
    for (kind, (name, _, _)) in KINDS.iter().enumerate() {
        let output = Command::new(std::env::current_exe()?)
            .args(["--worker", "stream", &kind.to_string()])
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let found: Value = serde_json::from_slice(&output.stdout)?;
        let number = |name: &str| found[name].as_u64().unwrap_or_default();
        let speed = |name: &str| {
            let spent = Duration::from_nanos(number(name));
            format!("{:.0} MB/s", rate(number("bytes"), spent) / 1e6)
        };
        let mib = |name: &str| format!("{:.1} MiB", number(name) as f64 / 1024.0);
        table.row([
            (*name).to_owned(),
            format!("{} MB", number("bytes") / MB),
            number("events").to_string(),
            speed("adapter_ns"),
            speed("native_ns"),
            format!("{:.1} MiB", number("guest_bytes") as f64 / 1_048_576.0),
            mib("hwm_start_kib"),
            mib("hwm_tenth_kib"),
            mib("hwm_end_kib"),
        ]);
    }
    table.print();
    let (loaded, run) = timed(start);
    run?;
    println!("\n(loading the adapter, not counted: {})", time(loaded));
    Ok(())
}

fn start() -> Result<AdapterRun, Trouble> {
    let bytes = builtin("claude-code").ok_or("an embedded adapter is missing")?;
    let mut run = Sandbox::new(None)
        .load_adapter(bytes, "claude-code")?
        .start()?;
    run.plan(&task())?;
    Ok(run)
}

/// Read one kind of stream and print what that took as one JSON object.
pub(super) fn work(arguments: &[String]) -> Result<(), Trouble> {
    let kind: usize = arguments.first().ok_or("which stream?")?.parse()?;
    let (_, text, total) = KINDS[kind];
    let mut run = start()?;
    let mut lines = Lines { text, n: 0 };
    let (mut bytes, mut events) = (0, 0);
    let (mut adapter, mut native) = (Duration::ZERO, Duration::ZERO);
    let hwm_start = highest_memory();
    let mut hwm_tenth = 0;
    while bytes < total {
        let chunks = lines.read();
        bytes += chunks
            .iter()
            .map(|chunk| chunk.data.len() as u64)
            .sum::<u64>();
        let (spent, step) = timed(|| run.push(&chunks));
        adapter += spent;
        events += step?.events.len();
        let (spent, parsed) = timed(|| chunks.iter().all(|chunk| is_json(&chunk.data)));
        native += spent;
        if !parsed {
            return Err("a line is no JSON".into());
        }
        if hwm_tenth == 0 && bytes >= total / 10 {
            hwm_tenth = highest_memory();
        }
    }
    let found = serde_json::json!({
        "bytes": bytes, "events": events, "guest_bytes": run.memory(),
        "adapter_ns": u64::try_from(adapter.as_nanos())?,
        "native_ns": u64::try_from(native.as_nanos())?,
        "hwm_start_kib": hwm_start, "hwm_tenth_kib": hwm_tenth, "hwm_end_kib": highest_memory(),
    });
    println!("{found}");
    Ok(())
}

fn is_json(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

/// Lines as Claude Code 2.1.330 prints them while a reply is written: a piece of text each, and now
/// and then a new message.
struct Lines {
    text: usize,
    n: u64,
}

impl Lines {
    /// The lines of one read, at least one.
    fn read(&mut self) -> Vec<Chunk> {
        let (mut chunks, mut bytes) = (Vec::new(), 0);
        while bytes < READ {
            let data = self.line().into_bytes();
            bytes += data.len() + 1;
            chunks.push(Chunk {
                source: Source::Stdout,
                seq: self.n,
                data,
                cut: None,
            });
        }
        chunks
    }

    fn line(&mut self) -> String {
        self.n += 1;
        let message = if self.text > PIECE {
            self.n
        } else {
            self.n / 500
        };
        let tail = format!(
            r#""session_id":"842e3de4-b37b-4c66-af47-f4f212421543","parent_tool_use_id":null,"uuid":"aeef7388-aec5-4abb-8fc7-{:012x}","api_message_id":"msg_mock_{message:019}"}}"#,
            self.n
        );
        let words = "normal reply ".repeat(self.text / 13);
        if self.text > PIECE {
            return format!(
                r#"{{"type":"assistant","message":{{"id":"msg_mock_{message:019}","type":"message","role":"assistant","model":"claude-opus-5-5","content":[{{"type":"text","text":"{words}"}}],"stop_reason":null,"stop_sequence":null,"usage":{{"input_tokens":1234,"cache_creation_input_tokens":567,"cache_read_input_tokens":8900,"output_tokens":1}}}},{tail}"#
            );
        }
        if self.n.is_multiple_of(500) {
            return format!(
                r#"{{"type":"stream_event","event":{{"type":"message_start","message":{{"id":"msg_mock_{message:019}","type":"message","role":"assistant","model":"claude-opus-5-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{{"input_tokens":1234,"cache_creation_input_tokens":567,"cache_read_input_tokens":8900,"output_tokens":1}}}}}},{tail}"#
            );
        }
        format!(
            r#"{{"type":"stream_event","event":{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{words}"}}}},{tail}"#
        )
    }
}

/// The most memory that this process ever held, in KiB (`VmHWM`, proc(5)).
fn highest_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}
