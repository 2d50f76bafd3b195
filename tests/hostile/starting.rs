//! Components that do harm before they are asked anything, or when asked what they are.

use std::time::Duration;

use tollgate::sandbox::{GuestFault, Limits, LoadError, Sandbox};

use crate::{Arena, Case, forge};

pub const CASES: &[Case] = &[
    Case {
        name: "an endless loop at start-up",
        run: start_loop,
    },
    Case {
        name: "4 GiB of memory to begin with",
        run: huge_memory,
    },
    Case {
        name: "50 memories of 10 MiB each",
        run: many_memories,
    },
    Case {
        name: "two memories in a module",
        run: two_memories,
    },
    Case {
        name: "tables of 20 million elements",
        run: huge_tables,
    },
    Case {
        name: "1,000 instances",
        run: many_instances,
    },
    Case {
        name: "an id that is a path, or moves the cursor",
        run: bad_ids,
    },
    Case {
        name: "a description of 100 MiB",
        run: long_description,
    },
    Case {
        name: "a description with 4 million programs",
        run: many_programs,
    },
];

fn load_fault(arena: &Arena, component: &[u8]) -> GuestFault {
    match arena.refusal(component) {
        LoadError::Fault(fault) => fault,
        other => panic!("{other}"),
    }
}

fn start_loop(arena: &Arena) {
    let guest = || forge::with("(func $spin (loop (br 0))) (start $spin)").build();
    assert!(matches!(
        load_fault(arena, &guest()),
        GuestFault::Fuel { .. }
    ));
    // With fuel for ever, time ends it.
    let limit = Duration::from_millis(100);
    let limits = Limits {
        fuel: u64::MAX,
        call_time: limit,
        ..Limits::ADAPTER
    };
    let error = Sandbox::with_limits(None, limits).load_adapter(&guest(), "spin");
    assert!(
        matches!(error, Err(LoadError::Fault(GuestFault::Deadline { limit: l })) if l == limit)
    );
}

fn huge_memory(arena: &Arena) {
    let bytes = forge::with("(memory (export \"memory\") 65536)").build();
    assert_eq!(
        load_fault(arena, &bytes),
        GuestFault::Memory { limit: 128 << 20 }
    );
}

fn many_memories(arena: &Arena) {
    // Few enough to pass the count: 15 and the guest's own.
    let bytes = forge::crowd(forge::good().build(), "(module (memory 160))", 15);
    assert_eq!(
        load_fault(arena, &bytes),
        GuestFault::Memory { limit: 128 << 20 }
    );
    let bytes = forge::crowd(forge::good().build(), "(module (memory 160))", 50);
    let fault = load_fault(arena, &bytes);
    assert!(
        matches!(
            fault,
            GuestFault::Instances { .. } | GuestFault::Memory { .. }
        ),
        "{fault}"
    );
}

/// Allowed, since components made of components need it; both are counted.
fn two_memories(arena: &Arena) {
    let bytes = |pages: u32| {
        let memories = format!("(memory (export \"memory\") 1024) (memory $more {pages})");
        forge::with(&memories).build()
    };
    arena.load(&bytes(64)).expect("small ones are fine");
    assert_eq!(
        load_fault(arena, &bytes(1_025)),
        GuestFault::Memory { limit: 128 << 20 }
    );
}

fn huge_tables(arena: &Arena) {
    let bytes = forge::with("(table 10000000 funcref) (table 10000000 funcref)").build();
    assert_eq!(
        load_fault(arena, &bytes),
        GuestFault::Memory { limit: 128 << 20 }
    );
}

fn many_instances(arena: &Arena) {
    let bytes = forge::crowd(forge::good().build(), "(module)", 900);
    let fault = load_fault(arena, &bytes);
    assert!(
        matches!(fault, GuestFault::Instances { instances: 32, .. }),
        "{fault}"
    );
    // The validator has a limit of its own.
    let error = arena.refusal(&forge::crowd(forge::good().build(), "(module)", 1_000));
    assert!(matches!(error, LoadError::Invalid { .. }), "{error}");
}

fn bad_ids(arena: &Arena) {
    for id in ["../../x", "a\u{1b}[2J", "", "Good"] {
        let error = arena.refusal(&forge::good().about(id, "1.0.0").build());
        assert!(matches!(error, LoadError::BadDescription { .. }), "{error}");
        assert!(!error.to_string().contains('\u{1b}'));
    }
    let error = arena.refusal(&forge::good().about("x", "1\n").build());
    assert!(matches!(error, LoadError::BadDescription { .. }), "{error}");
}

/// `describe` with one field, at `offset`, that spans most of a memory of 100 MiB.
fn describing(offset: u32, len: u32) -> Vec<u8> {
    let fragment = format!(
        "(memory (export \"memory\") 1600)
         (func $describe (result i32)
           (i32.store (i32.const {}) (i32.const 0))
           (i32.store (i32.const {}) (i32.const {len}))
           (i32.const 64))",
        64 + offset,
        68 + offset
    );
    forge::with(&fragment).build()
}

fn long_description(arena: &Arena) {
    let fault = load_fault(arena, &describing(16, 100 << 20));
    assert!(matches!(fault, GuestFault::TooMuchData { .. }), "{fault}");
}

fn many_programs(arena: &Arena) {
    let fault = load_fault(arena, &describing(24, 4_000_000));
    assert!(matches!(fault, GuestFault::TooMuchData { .. }), "{fault}");
}
