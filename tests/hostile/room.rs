//! The other side of every limit: real adapters must fit, with room to spare.

use std::fmt::Write as _;
use std::time::Duration;

use tollgate::model::Step;
use tollgate::sandbox::{Adapter, BUILTIN_IDS, Limits, Sandbox, builtin};

use crate::{exited, line, task};

/// The longest line that is handed over uncut.
const LONGEST: usize = 8 << 20;

fn adapter(id: &str) -> Adapter {
    let sandbox = Sandbox::new(None);
    sandbox.load_adapter(builtin(id).unwrap(), id).unwrap()
}

/// An answer of `size` bytes the way each tool wraps it. Every second character must be
/// unescaped, which is the worst that JSON can do to a parser's memory.
fn answers(id: &str, size: usize) -> Vec<String> {
    let text = "\\nx".repeat(size / 3);
    match id {
        "claude-code" => vec![
            format!(
                r#"{{"type":"assistant","message":{{"id":"m","role":"assistant","content":[{{"type":"text","text":"{text}"}}]}},"session_id":"s"}}"#
            ),
            format!(
                r#"{{"type":"result","subtype":"success","is_error":false,"result":"{text}","session_id":"s","num_turns":1}}"#
            ),
        ],
        "codex" => vec![format!(
            r#"{{"type":"item.completed","item":{{"id":"i","type":"agent_message","text":"{text}"}}}}"#
        )],
        _ => vec!["x".repeat(size)],
    }
}

#[test]
fn the_longest_lines_fit_twice() {
    let mut table = String::new();
    for id in BUILTIN_IDS {
        let mut run = adapter(id).start().unwrap();
        let mut task = task();
        if id == "template" {
            task.options = r#"{"args":[],"stdin":"prompt","output":"text"}"#.to_owned();
        }
        run.plan(&task).unwrap();
        let lines: Vec<_> = answers(id, LONGEST)
            .iter()
            .cycle()
            .take(4)
            .cloned()
            .collect();
        let mut heard = 0;
        for (seq, text) in (1..).zip(&lines) {
            let step = run.push(&[line(seq, text.as_bytes())]);
            heard += size(&step.unwrap_or_else(|fault| panic!("{id}: {fault}")));
        }
        heard += size(
            &run.finish(exited(), "exited")
                .unwrap_or_else(|fault| panic!("{id}: {fault}")),
        );
        writeln!(
            table,
            "{id:12} {} lines of 8 MiB: {} MiB of memory, {:?} of processor time, {} MiB of events",
            lines.len(),
            run.memory() >> 20,
            run.cpu(),
            heard >> 20
        )
        .unwrap();
        assert!(heard > LONGEST / 2, "{id} said only {heard} bytes");
        assert!(
            run.memory() <= Limits::ADAPTER.memory * 3 / 4,
            "{id}\n{table}"
        );
        assert!(run.cpu() < Duration::from_secs(8), "{id}\n{table}");
    }
    println!("{table}");
}

#[test]
fn the_builtin_adapters_are_small() {
    let exact = Limits {
        instances: 3,
        tables: 2,
        memories: 1,
        ..Limits::ADAPTER
    };
    for id in BUILTIN_IDS {
        let sandbox = Sandbox::with_limits(None, exact.clone());
        let loaded = sandbox.load_adapter(builtin(id).unwrap(), id);
        assert_eq!(loaded.unwrap().about().id, id);
    }
}

fn size(step: &Step) -> usize {
    step.events
        .iter()
        .map(|event| format!("{event:?}").len())
        .sum()
}

#[test]
fn small_lines_by_the_thousand_do_not_add_up() {
    let mut run = adapter("claude-code").start().unwrap();
    run.plan(&task()).unwrap();
    let [text, _] = &answers("claude-code", 300)[..] else {
        panic!("two lines");
    };
    run.push(&[line(1, text.as_bytes())]).unwrap();
    let before = run.memory();
    for seq in 2..5_000 {
        run.push(&[line(seq, text.as_bytes())]).unwrap();
    }
    assert!(
        run.memory() <= before + (1 << 20),
        "{before} grew to {}",
        run.memory()
    );
}
