//! Guests that will not stop, take too much, crash, or shout.

use std::time::Duration;

use tollgate::model::Action;
use tollgate::sandbox::{GuestFault, Limits, LogLevel, PlanError, Sandbox, builtin};

use crate::forge::{self, ADAPTER_WIT, HOST_WIT};
use crate::{Arena, Case, exited, line, push_fault, task};

pub const CASES: &[Case] = &[
    Case {
        name: "an endless loop in plan",
        run: loop_in_plan,
    },
    Case {
        name: "an endless loop in push",
        run: loop_in_push,
    },
    Case {
        name: "an endless loop in finish",
        run: loop_in_finish,
    },
    Case {
        name: "an endless loop with fuel to spare",
        run: loop_with_fuel,
    },
    Case {
        name: "allocating for ever",
        run: allocate,
    },
    Case {
        name: "recursing for ever",
        run: recurse,
    },
    Case {
        name: "tail calls for ever",
        run: tail_calls,
    },
    Case {
        name: "a panic",
        run: panics,
    },
    Case {
        name: "unreachable code",
        run: unreachable_code,
    },
    Case {
        name: "a division by zero",
        run: division,
    },
    Case {
        name: "reading out of bounds",
        run: out_of_bounds,
    },
    Case {
        name: "being called after a crash",
        run: after_a_crash,
    },
    Case {
        name: "just under the deadline, every time",
        run: slow_loris,
    },
    Case {
        name: "a million log lines",
        run: log_flood,
    },
    Case {
        name: "a log line of 5 MiB",
        run: long_log,
    },
    Case {
        name: "a log line of 64 MiB",
        run: huge_log,
    },
    Case {
        name: "log lines that forge others",
        run: forged_log,
    },
    Case {
        name: "asking the system for the time",
        run: wasi_clock,
    },
    Case {
        name: "asking the system for files",
        run: wasi_files,
    },
    Case {
        name: "answering differently the second time",
        run: determinism,
    },
];

const LOOP: &str = "(loop (br 0)) unreachable";

fn loop_in_plan(arena: &Arena) {
    let mut run = arena.start(forge::with(&format!(
        "(func $plan (param i32) (result i32) {LOOP})"
    )));
    let error = run.plan(&task()).unwrap_err();
    assert!(
        matches!(error, PlanError::Fault(GuestFault::Fuel { .. })),
        "{error}"
    );
}

fn loop_in_push(arena: &Arena) {
    let mut run = arena.start(forge::with(&format!(
        "(func $push (param i32 i32) (result i32) {LOOP})"
    )));
    let fault = push_fault(&mut run);
    assert!(
        matches!(fault, GuestFault::Fuel { limit } if limit == 20_000_000 + 2 * 500),
        "{fault}"
    );
}

fn loop_in_finish(arena: &Arena) {
    let mut run = arena.start(forge::with(&format!(
        "(func $finish (param i32 i32 i32 i32 i32 i32) (result i32) {LOOP})"
    )));
    let fault = run.finish(exited(), "exited").unwrap_err();
    assert!(matches!(fault, GuestFault::Fuel { .. }), "{fault}");
}

fn loop_with_fuel(_: &Arena) {
    let limits = Limits {
        fuel: u64::MAX,
        ..Limits::ADAPTER
    };
    let push = format!("(func $push (param i32 i32) (result i32) {LOOP})");
    let sandbox = Sandbox::with_limits(None, limits);
    let adapter = sandbox
        .load_adapter(&forge::with(&push).build(), "loop")
        .unwrap();
    let mut run = adapter.start().unwrap();
    let fault = push_fault(&mut run);
    assert!(
        matches!(fault, GuestFault::Deadline { limit } if limit >= Duration::from_millis(250)),
        "{fault}"
    );
    assert!(run.cpu() < Duration::from_millis(500), "{:?}", run.cpu());
}

fn allocate(arena: &Arena) {
    let mut run = arena.start(forge::with(
        "(func $push (param i32 i32) (result i32)
           (loop (drop (memory.grow (i32.const 16))) (br 0)) unreachable)",
    ));
    assert_eq!(
        push_fault(&mut run),
        GuestFault::Memory { limit: 128 << 20 }
    );
    assert!(run.memory() <= 128 << 20);
}

fn recurse(arena: &Arena) {
    let mut run = arena.start(forge::with(
        "(func $deep (param i64) (result i64)
           (i64.add (call $deep (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
         (func $push (param i32 i32) (result i32)
           (drop (call $deep (i64.const 0))) unreachable)",
    ));
    assert_eq!(push_fault(&mut run), GuestFault::StackOverflow);
}

/// They need no stack, so nothing but fuel ends them.
fn tail_calls(arena: &Arena) {
    let mut run = arena.start(forge::with(
        "(func $push (param i32 i32) (result i32)
           (return_call $push (local.get 0) (local.get 1)))",
    ));
    let fault = push_fault(&mut run);
    assert!(matches!(fault, GuestFault::Fuel { .. }), "{fault}");
}

/// Logs an error the way the panic hook of a Rust guest does, then traps.
fn panics(arena: &Arena) {
    let mut run = arena.start(forge::with(
        "(data (i32.const 16) \"error\")
         (data (i32.const 32) \"panicked at src/lib.rs:20: index out of bounds\")
         (func $boom (call $log (i32.const 16) (i32.const 5) (i32.const 32) (i32.const 46)) unreachable)
         (func $push (param i32 i32) (result i32) (call $boom) (i32.const 0))",
    ));
    let GuestFault::Trap {
        message,
        panic,
        backtrace,
    } = push_fault(&mut run)
    else {
        panic!("not a trap");
    };
    assert!(message.contains("unreachable"), "{message}");
    assert_eq!(
        panic.as_deref(),
        Some("panicked at src/lib.rs:20: index out of bounds")
    );
    assert_eq!(backtrace[..2], ["boom", "push"]);
    assert_eq!(run.take_logs().len(), 1);
}

fn crash(arena: &Arena, body: &str, expected: &str) {
    let mut run = arena.start(forge::with(&format!(
        "(func $push (param i32 i32) (result i32) {body})"
    )));
    match push_fault(&mut run) {
        GuestFault::Trap { message, panic, .. } => {
            assert!(message.contains(expected), "{message}");
            assert_eq!(panic, None);
        }
        other => panic!("{other}"),
    }
}

fn unreachable_code(arena: &Arena) {
    crash(arena, "unreachable", "unreachable");
}

fn division(arena: &Arena) {
    crash(
        arena,
        "(i32.div_u (i32.const 1) (i32.const 0))",
        "divide by zero",
    );
}

fn out_of_bounds(arena: &Arena) {
    crash(arena, "(i32.load (i32.const -8))", "out of bounds");
    // A pointer to nowhere as the answer.
    crash(arena, "(i32.const -8)", "");
}

fn after_a_crash(arena: &Arena) {
    let mut run = arena.start(forge::with(
        "(func $push (param i32 i32) (result i32) unreachable)",
    ));
    run.plan(&task()).expect("planning is fine");
    let first = push_fault(&mut run);
    let entries = run.entries();
    for _ in 0..3 {
        assert_eq!(push_fault(&mut run), first);
        assert_eq!(run.finish(exited(), "exited").unwrap_err(), first);
        assert_eq!(
            run.plan(&task()).unwrap_err(),
            PlanError::Fault(first.clone())
        );
    }
    assert_eq!(
        run.entries(),
        entries,
        "the dead instance was entered again"
    );
}

fn slow_loris(_: &Arena) {
    let limits = Limits {
        fuel: u64::MAX,
        push_time: Duration::from_secs(10),
        run_time: Duration::from_millis(300),
        ..Limits::ADAPTER
    };
    let spin = "(func $push (param i32 i32) (result i32) (local $n i32)
        (loop $again
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $n) (i32.const 10000000))))
        (i32.const 0))";
    let sandbox = Sandbox::with_limits(None, limits);
    let adapter = sandbox
        .load_adapter(&forge::with(spin).build(), "loris")
        .unwrap();
    let mut run = adapter.start().unwrap();
    let fault = (1..10_000).find_map(|seq| run.push(&[line(seq, b"")]).err());
    assert_eq!(
        fault,
        Some(GuestFault::CpuBudget {
            limit: Duration::from_millis(300)
        })
    );
    assert!(
        run.entries() > 3,
        "no single call was over its own deadline"
    );
    assert!(run.cpu() < Duration::from_millis(600), "{:?}", run.cpu());
}

fn logging(arena: &Arena, body: &str) -> GuestFault {
    let mut run = arena.start(forge::with(&format!(
        "(memory (export \"memory\") 1100)
         (func $push (param i32 i32) (result i32) {body} unreachable)"
    )));
    let fault = push_fault(&mut run);
    let kept: usize = run.take_logs().iter().map(|log| log.message.len()).sum();
    assert!(kept <= 64 << 13, "{kept} bytes of log were kept");
    fault
}

fn log_flood(arena: &Arena) {
    let call = "(call $log (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))";
    let fault = logging(arena, &format!("(loop {call} (br 0))"));
    assert_eq!(
        fault,
        GuestFault::LogFlood {
            calls: 1_000,
            bytes: 64 << 10
        }
    );
}

fn long_log(arena: &Arena) {
    let call = "(call $log (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 5242880))";
    assert!(matches!(logging(arena, call), GuestFault::LogFlood { .. }));
}

fn huge_log(arena: &Arena) {
    let call = "(call $log (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 67108864))";
    assert!(matches!(
        logging(arena, call),
        GuestFault::TooMuchData { .. }
    ));
}

fn forged_log(arena: &Arena) {
    let mut run = arena.start(forge::with(
        "(data (i32.const 16) \"\\1b[2J\\00ok\\0a[codex] error\\e2\\80\\ae\")
         (func $finish (param i32 i32 i32 i32 i32 i32) (result i32)
           (call $log (i32.const 16) (i32.const 3) (i32.const 16) (i32.const 24))
           (i32.const 0))",
    ));
    drop(run.finish(exited(), "exited"));
    let logs = run.take_logs();
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0].level, LogLevel::Info);
    assert_eq!(
        logs[0].message,
        "\\u{1b}[2J\\u{0}ok\\n[codex] error\\u{202e}"
    );
}

fn wasi_clock(arena: &Arena) {
    let clocks = "package wasi:clocks@0.2.0; interface wall-clock { now: func() -> u64; }";
    let world = ADAPTER_WIT.replace(
        "world adapter-plugin {",
        "world adapter-plugin { import wasi:clocks/wall-clock@0.2.0;",
    );
    let guest =
        forge::with("(func $push (param i32 i32) (result i32) (drop (call $now)) (i32.const 0))")
            .importing(
                "(import \"wasi:clocks/wall-clock@0.2.0\" \"now\" (func $now (result i64)))",
            );
    let bytes = guest.build_for(&[HOST_WIT, clocks, &world]);
    let mut run = arena
        .load(&bytes)
        .expect("WASI may be imported")
        .start()
        .unwrap();
    run.plan(&task()).expect("what needs no clock works");
    let function = "wasi:clocks/wall-clock@0.2.0#now".to_owned();
    assert_eq!(push_fault(&mut run), GuestFault::NotOffered { function });
}

/// What every guest that a standard library was linked into looks like: interfaces that share
/// resources, imported and never called.
fn wasi_files(arena: &Arena) {
    let files = "package wasi:filesystem@0.2.0;
        interface types { resource descriptor { read: func() -> u64; } }
        interface preopens { use types.{descriptor}; first: func() -> descriptor; }";
    let world = ADAPTER_WIT.replace(
        "world adapter-plugin {",
        "world adapter-plugin { import wasi:filesystem/types@0.2.0; import wasi:filesystem/preopens@0.2.0;",
    );
    let guest = forge::with(
        "(func $push (param i32 i32) (result i32) (drop (call $read (call $first))) (i32.const 0))",
    )
    .importing(
        "(import \"wasi:filesystem/types@0.2.0\" \"[method]descriptor.read\" (func $read (param i32) (result i64)))
         (import \"wasi:filesystem/preopens@0.2.0\" \"first\" (func $first (result i32)))",
    );
    let bytes = guest.build_for(&[HOST_WIT, files, &world]);
    let mut run = arena
        .load(&bytes)
        .expect("WASI may be imported")
        .start()
        .unwrap();
    run.plan(&task()).expect("what needs no file works");
    let function = "wasi:filesystem/preopens@0.2.0#first".to_owned();
    assert_eq!(push_fault(&mut run), GuestFault::NotOffered { function });
}

/// The same lines give the same answers: from a guest that looks at what a NaN is made of, which
/// differs between processors, and from a real adapter.
fn determinism(arena: &Arena) {
    // One action, to write the eight bytes of 0 / -0.
    let nan = "(func $push (param i32 i32) (result i32)
        (f64.store (i32.const 512) (f64.div (f64.const 0) (f64.const -0)))
        (i32.store (i32.const 260) (i32.const 512))
        (i32.store (i32.const 264) (i32.const 8))
        (i32.store (i32.const 76) (i32.const 256))
        (i32.store (i32.const 80) (i32.const 1))
        (i32.const 64))";
    let step = arena
        .start(forge::with(nan))
        .push(&[line(1, b"{}")])
        .unwrap();
    let canonical = 0x7ff8_0000_0000_0000_u64.to_le_bytes().to_vec();
    assert_eq!(step.actions, [Action::WriteStdin(canonical)]);
    let lines: [&[u8]; 3] = [
        br#"{"type":"system","subtype":"init","session_id":"s","model":"m","cwd":"/"}"#,
        br#"{"type":"assistant","message":{"id":"a","content":[{"type":"text","text":"hi"}]}}"#,
        b"not json at all",
    ];
    let events = || {
        let adapter = arena.load(builtin("claude-code").unwrap()).unwrap();
        let mut run = adapter.start().unwrap();
        let mut all = Vec::new();
        for (seq, data) in (1..).zip(lines) {
            all.extend(run.push(&[line(seq, data)]).unwrap().events);
        }
        all.extend(run.finish(exited(), "exited").unwrap().events);
        all
    };
    assert!(!events().is_empty());
    assert_eq!(events(), events());
}
