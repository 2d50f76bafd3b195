//! Guests whose events make no sense, or are too many.

use tollgate::model::ToolEventBody;
use tollgate::sandbox::GuestFault;

use crate::image::{cost_event, event, finished_event, text_event, usage_event};
use crate::{Arena, Case, exited, forge, line, push_fault};

pub const CASES: &[Case] = &[
    Case {
        name: "10 million events",
        run: many_events,
    },
    Case {
        name: "an event of 64 MiB",
        run: huge_event,
    },
    Case {
        name: "events of chunks that never were",
        run: unseen_chunks,
    },
    Case {
        name: "an event of no chunk before the end",
        run: no_chunk,
    },
    Case {
        name: "the last word twice, and words after it",
        run: finished_twice,
    },
    Case {
        name: "more tokens than there are",
        run: absurd_usage,
    },
    Case {
        name: "more money than there is",
        run: absurd_cost,
    },
    Case {
        name: "a scope that does not exist",
        run: unknown_scope,
    },
    Case {
        name: "text that is not UTF-8",
        run: invalid_text,
    },
    Case {
        name: "an event of no known kind",
        run: unknown_event,
    },
    Case {
        name: "writing 64 MiB to standard input",
        run: huge_input,
    },
];

/// `push` returns a step whose list of events is `len` long, and starts at 0.
fn claiming(len: u32) -> forge::Guest {
    forge::with(&format!(
        "(memory (export \"memory\") 1600)
         (func $push (param i32 i32) (result i32)
           (i32.store (i32.const 72) (i32.const {len}))
           (i32.const 64))"
    ))
}

fn many_events(arena: &Arena) {
    // As many as fit into its memory, then more than that.
    let fault = push_fault(&mut arena.start(claiming(700_000)));
    assert!(matches!(fault, GuestFault::TooMuchData { .. }), "{fault}");
    let fault = push_fault(&mut arena.start(claiming(10_000_000)));
    assert!(
        matches!(
            fault,
            GuestFault::Trap { .. } | GuestFault::TooMuchData { .. }
        ),
        "{fault}"
    );
}

fn huge_event(arena: &Arena) {
    let mut run = arena.start(forge::with(
        "(memory (export \"memory\") 1600)
         (func $push (param i32 i32) (result i32)
           (i64.store (i32.const 256) (i64.const 1))
           (i32.store8 (i32.const 264) (i32.const 1))
           (i32.store (i32.const 284) (i32.const 4096))
           (i32.store (i32.const 288) (i32.const 67108864))
           (i32.store (i32.const 68) (i32.const 256))
           (i32.store (i32.const 72) (i32.const 1))
           (i32.const 64))",
    ));
    let fault = push_fault(&mut run);
    assert!(matches!(fault, GuestFault::TooMuchData { .. }), "{fault}");
}

fn malformed(arena: &Arena, guest: forge::Guest, expected: &str) {
    let mut run = arena.start(guest);
    match push_fault(&mut run) {
        GuestFault::Malformed { what } => assert!(what.contains(expected), "{what}"),
        other => panic!("{other}"),
    }
    // It is out: the instance is not asked again.
    let entries = run.entries();
    drop(run.finish(exited(), "exited"));
    assert_eq!(run.entries(), entries);
}

fn unseen_chunks(arena: &Arena) {
    for seq in [2, 1_000, u64::MAX] {
        let guest = forge::good().push(|image| vec![text_event(image, seq, b"x")]);
        malformed(arena, guest, "never given");
    }
    // Going back to an earlier chunk of the same run is fine: some texts end late.
    let guest = forge::good().push(|image| vec![text_event(image, 1, b"x")]);
    let mut run = arena.start(guest);
    run.push(&[line(1, b"")]).unwrap();
    assert_eq!(run.push(&[line(2, b"")]).unwrap().events[0].seq, 1);
}

fn no_chunk(arena: &Arena) {
    let early = forge::good().push(|image| vec![text_event(image, 0, b"x")]);
    malformed(arena, early, "chunk 0");
    let late = forge::good().finish(|image| vec![text_event(image, 0, b"x")]);
    let step = arena.start(late).finish(exited(), "exited").unwrap();
    assert_eq!(step.events[0].seq, 0);
}

fn finished_twice(arena: &Arena) {
    let guest = forge::good().push(|image| {
        vec![
            finished_event(image, 1, "done"),
            text_event(image, 1, b"\x1b[2J after all"),
            finished_event(image, 1, "no such outcome"),
        ]
    });
    // The contract allows it: the run decides, and it sees everything in order.
    let events = arena.start(guest).push(&[line(1, b"")]).unwrap().events;
    let outcomes: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.body {
            ToolEventBody::Finished(finished) => Some(finished.outcome.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(outcomes, ["done", "no such outcome"]);
    assert_eq!(events.len(), 3);
}

fn absurd_usage(arena: &Arena) {
    for input in [u64::MAX, u64::MAX - 41, (1 << 53) + 1] {
        let guest = forge::good().push(|image| vec![usage_event(image, 1, "run", input)]);
        malformed(arena, guest, "input tokens, which cannot be");
    }
    let guest = forge::good().push(|image| vec![usage_event(image, 1, "run", 42)]);
    let events = arena.start(guest).push(&[line(1, b"")]).unwrap().events;
    assert!(
        matches!(&events[0].body, ToolEventBody::Usage(report) if report.usage.input == Some(42))
    );
}

fn absurd_cost(arena: &Arena) {
    let guest = forge::good().push(|image| vec![cost_event(image, 1, u64::MAX)]);
    malformed(arena, guest, "micro-dollars, which cannot be");
}

fn unknown_scope(arena: &Arena) {
    for scope in ["galaxy", "session"] {
        let guest = forge::good().push(|image| vec![usage_event(image, 1, scope, 1)]);
        malformed(arena, guest, scope);
    }
}

fn invalid_text(arena: &Arena) {
    let guest = forge::good().push(|image| vec![text_event(image, 1, b"\xff\xfe\xed\xa0\x80")]);
    let fault = push_fault(&mut arena.start(guest));
    assert!(
        matches!(&fault, GuestFault::Trap { message, .. } if message.contains("utf-8")),
        "{fault}"
    );
}

fn unknown_event(arena: &Arena) {
    let guest = forge::good().push(|_| vec![event(1, 200, &[])]);
    let fault = push_fault(&mut arena.start(guest));
    assert!(matches!(fault, GuestFault::Trap { .. }), "{fault}");
}

fn huge_input(arena: &Arena) {
    let mut run = arena.start(forge::with(
        "(memory (export \"memory\") 1600)
         (func $push (param i32 i32) (result i32)
           (i32.store (i32.const 260) (i32.const 4096))
           (i32.store (i32.const 264) (i32.const 67108864))
           (i32.store (i32.const 76) (i32.const 256))
           (i32.store (i32.const 80) (i32.const 1))
           (i32.const 64))",
    ));
    let fault = push_fault(&mut run);
    assert!(matches!(fault, GuestFault::TooMuchData { .. }), "{fault}");
}
