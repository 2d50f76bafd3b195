//! Components that should never be loaded, and how each is refused.

use std::fs;
use std::time::Duration;

use tollgate::sandbox::{CodeOrigin, Defect, GuestFault, Limits, LoadError, Sandbox, builtin};

use crate::forge::{self, ADAPTER_WIT, HOST_WIT};
use crate::{Arena, Case, exited, line, task};

pub const CASES: &[Case] = &[
    Case {
        name: "a core module instead of a component",
        run: core_module,
    },
    Case {
        name: "1,000 damaged copies of a component",
        run: mutations,
    },
    Case {
        name: "a component cut off anywhere",
        run: truncations,
    },
    Case {
        name: "imports that nobody offers",
        run: unknown_imports,
    },
    Case {
        name: "the contract's next major version",
        run: next_major,
    },
    Case {
        name: "the log's next major version",
        run: next_log,
    },
    Case {
        name: "a record with one more field",
        run: changed_record,
    },
    Case {
        name: "a function with another result",
        run: changed_function,
    },
    Case {
        name: "no adapter inside",
        run: no_adapter,
    },
    Case {
        name: "64-bit memory",
        run: memory64,
    },
    Case {
        name: "two memories in a module",
        run: multi_memory,
    },
    Case {
        name: "shared memory",
        run: shared_memory,
    },
    Case {
        name: "garbage-collected types",
        run: gc,
    },
    Case {
        name: "tail calls",
        run: tail_calls,
    },
    Case {
        name: "streams",
        run: streams,
    },
    Case {
        name: "a file of 100 MiB",
        run: too_large,
    },
    Case {
        name: "20,000 functions",
        run: many_functions,
    },
    Case {
        name: "one function of 700 KB",
        run: long_function,
    },
    Case {
        name: "compiling for longer than allowed",
        run: slow_compile,
    },
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
    Case {
        name: "machine code as a component",
        run: machine_code,
    },
    Case {
        name: "machine code in the cache",
        run: tampered_cache,
    },
];

fn core_module(arena: &Arena) {
    let bytes = wat::parse_str("(module)").unwrap();
    let error = arena.refusal(&bytes);
    assert!(matches!(error, LoadError::NotAComponent { .. }), "{error}");
    assert!(error.to_string().contains("wasm-tools component new"));
}

/// Xorshift: the same damage every time.
fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap()
}

fn mutations(_: &Arena) {
    // A sandbox of its own: what happens to load is remembered.
    let sandbox = Sandbox::new(None);
    let good = forge::good().build();
    let mut state = 0x5eed;
    let mut loaded = 0;
    for _ in 0..1_000 {
        let mut bad = good.clone();
        for _ in 0..=random(&mut state) % 3 {
            let place = 8 + random(&mut state) % (bad.len() - 8);
            bad[place] ^= 1 << (random(&mut state) % 8);
        }
        if let Ok(adapter) = sandbox.load_adapter(&bad, "damaged") {
            loaded += 1;
            // Whatever it is now, it is still inside. Its answers may be anything but a panic.
            if let Ok(mut run) = adapter.start() {
                drop(run.plan(&task()));
                drop(run.push(&[line(1, b"{}")]));
                drop(run.finish(exited(), "exited"));
            }
        }
    }
    assert!(loaded < 1_000, "damage must be noticed at least sometimes");
}

fn truncations(_: &Arena) {
    let sandbox = Sandbox::new(None);
    let good = forge::good().build();
    for end in (0..good.len()).step_by(37) {
        // A cut between two sections leaves something valid that is no adapter.
        assert!(sandbox.load_adapter(&good[..end], "cut").is_err(), "{end}");
    }
}

fn unknown_imports(arena: &Arena) {
    let evil =
        "package evil:host; interface exec { run: func(); } interface disk { wipe: func(); }";
    let world = ADAPTER_WIT.replace(
        "world adapter-plugin {",
        "world adapter-plugin { import evil:host/exec; import evil:host/disk;",
    );
    let guest = forge::with(
        "(func $probe (param i32 i32) (result i32) (call $run) (call $wipe) (i32.const 0))",
    )
    .importing(
        "(import \"evil:host/exec\" \"run\" (func $run))
         (import \"evil:host/disk\" \"wipe\" (func $wipe))",
    );
    let bytes = guest.build_for(&[HOST_WIT, evil, &world]);
    let LoadError::UnknownImports(mut names) = arena.refusal(&bytes) else {
        panic!("it was refused for something else");
    };
    names.sort();
    assert_eq!(names, ["evil:host/disk", "evil:host/exec"]);
}

fn next_major(arena: &Arena) {
    let wit = ADAPTER_WIT.replace("adapter@1.0.0", "adapter@2.0.0");
    let bytes = forge::good().version("2.0.0").build_for(&[HOST_WIT, &wit]);
    let error = arena.refusal(&bytes);
    assert_eq!(
        error.to_string(),
        "the component was built for `tollgate:adapter/adapter@2.0.0`; this host speaks \
         `tollgate:adapter/adapter@1.0.0`"
    );
}

fn next_log(arena: &Arena) {
    let next = "package tollgate:host@2.0.0; interface log { shout: func(); }";
    let world = ADAPTER_WIT.replace(
        "world adapter-plugin {",
        "world adapter-plugin { import tollgate:host/log@2.0.0;",
    );
    let guest =
        forge::with("(func $probe (param i32 i32) (result i32) (call $shout) (i32.const 0))")
            .importing("(import \"tollgate:host/log@2.0.0\" \"shout\" (func $shout))");
    let error = arena.refusal(&guest.build_for(&[HOST_WIT, next, &world]));
    assert!(
        matches!(&error, LoadError::UnsupportedContract { found, .. } if found == "tollgate:host/log@2.0.0"),
        "{error}"
    );
}

fn changed(arena: &Arena, from: &str, to: &str) {
    assert!(ADAPTER_WIT.contains(from));
    let wit = ADAPTER_WIT.replacen(from, to, 1);
    let error = arena.refusal(&forge::good().build_for(&[HOST_WIT, &wit]));
    let LoadError::UnsupportedContract {
        found,
        needed,
        reason,
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(
        (found.as_str(), needed),
        (
            "tollgate:adapter/adapter@1.0.0",
            "tollgate:adapter/adapter@1.0.0"
        )
    );
    assert!(reason.is_some_and(|reason| !reason.is_empty()));
}

fn changed_record(arena: &Arena) {
    changed(
        arena,
        "record finished {",
        "record finished { more: option<string>,",
    );
}

fn changed_function(arena: &Arena) {
    changed(
        arena,
        "describe: func() -> about",
        "describe: func() -> string",
    );
}

fn no_adapter(arena: &Arena) {
    let error = arena.refusal(&wat::parse_str("(component)").unwrap());
    assert!(
        matches!(&error, LoadError::MissingExport { found, .. } if found.is_empty()),
        "{error}"
    );
}

fn refused_feature(arena: &Arena, component: &str, expected: &str) {
    let error = arena.refusal(&wat::parse_str(component).unwrap());
    match &error {
        LoadError::RefusedFeature { feature, .. } => assert_eq!(*feature, expected, "{error}"),
        other => panic!("{other}"),
    }
}

fn memory64(arena: &Arena) {
    refused_feature(
        arena,
        "(component (core module (memory i64 1)))",
        "64-bit memory",
    );
}

fn multi_memory(arena: &Arena) {
    let component = "(component (core module (memory 1) (memory 1)))";
    refused_feature(arena, component, "several memories in a module");
}

fn shared_memory(arena: &Arena) {
    refused_feature(
        arena,
        "(component (core module (memory 1 1 shared)))",
        "threads",
    );
}

fn gc(arena: &Arena) {
    let component = "(component (core module (type (struct (field i32)))))";
    refused_feature(arena, component, "garbage collection");
}

fn tail_calls(arena: &Arena) {
    refused_feature(
        arena,
        "(component (core module (func $f return_call $f)))",
        "tail calls",
    );
}

fn streams(arena: &Arena) {
    refused_feature(
        arena,
        "(component (type (stream u8)))",
        "asynchronous components",
    );
}

fn too_large(arena: &Arena) {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.resize(100 << 20, 0);
    let error = arena.refusal(&bytes);
    assert!(
        matches!(error, LoadError::TooLarge { size, limit } if size == 100 << 20 && limit == 16 << 20)
    );
}

fn many_functions(arena: &Arena) {
    let body = "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))\n";
    let adapter = arena.load(&forge::with(&body.repeat(20_000)).build());
    adapter
        .expect("large is not wrong")
        .start()
        .expect("it starts");
}

fn long_function(arena: &Arena) {
    let body = "(local.set 0 (i32.mul (local.get 0) (i32.const 1103515245)))\n".repeat(70_000);
    let fragment = format!("(func (param i32) {body})");
    let adapter = arena.load(&forge::with(&fragment).build());
    adapter
        .expect("large is not wrong")
        .start()
        .expect("it starts");
}

fn slow_compile(_: &Arena) {
    let limits = Limits {
        compile_time: Duration::from_millis(1),
        ..Limits::ADAPTER
    };
    let sandbox = Sandbox::with_limits(None, limits.clone());
    let body = "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))\n";
    let bytes = forge::with(&body.repeat(20_000)).build();
    let error = sandbox.load_adapter(&bytes, "slow").unwrap_err();
    assert!(matches!(error, LoadError::CompileTime { .. }), "{error}");
}

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

/// A fresh arena whose cache holds exactly one entry.
fn cached() -> (Arena, Vec<u8>, std::path::PathBuf) {
    let arena = Arena::new();
    let bytes = builtin("template").unwrap().to_vec();
    assert_eq!(arena.load(&bytes).unwrap().origin(), CodeOrigin::Compiled);
    let mut entries = fs::read_dir(arena.components()).unwrap();
    let entry = entries.next().unwrap().unwrap().path();
    assert!(entries.next().is_none());
    (arena, bytes, entry)
}

fn machine_code(arena: &Arena) {
    let (_other, _, entry) = cached();
    let file = fs::read(entry).unwrap();
    let elf = file.windows(4).position(|w| w == b"\x7fELF").unwrap();
    let error = arena.refusal(&file[elf..]);
    assert!(error.to_string().contains("machine code"), "{error}");
    let error = arena.refusal(&file);
    assert!(matches!(error, LoadError::NotAComponent { .. }), "{error}");
}

fn tampered_cache(_: &Arena) {
    let (arena, bytes, entry) = cached();
    let again = || Sandbox::new(Some(arena.home.path().to_owned()));
    let origin = || again().load_adapter(&bytes, "template").unwrap().origin();
    assert_eq!(origin(), CodeOrigin::Cached);
    let mut code = fs::read(&entry).unwrap();
    let middle = code.len() / 2;
    code[middle] ^= 0xff;
    fs::write(&entry, &code).unwrap();
    assert_eq!(origin(), CodeOrigin::Recompiled(Defect::Payload));
    assert_eq!(origin(), CodeOrigin::Cached, "a good entry took its place");
    // The code of another component under this one's name.
    let other = forge::good().build();
    again().load_adapter(&other, "other").unwrap();
    let foreign = fs::read_dir(arena.components()).unwrap();
    let foreign = foreign
        .map(|e| e.unwrap().path())
        .find(|path| *path != entry);
    fs::copy(foreign.unwrap(), &entry).unwrap();
    assert_eq!(origin(), CodeOrigin::Recompiled(Defect::Header));
}
