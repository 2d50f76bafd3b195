//! Components that should never be loaded, and how each is refused.

use tollgate::sandbox::{LoadError, Sandbox};

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
        name: "shared memory",
        run: shared_memory,
    },
    Case {
        name: "garbage-collected types",
        run: gc,
    },
    Case {
        name: "streams",
        run: streams,
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

fn streams(arena: &Arena) {
    refused_feature(
        arena,
        "(component (type (stream u8)))",
        "asynchronous components",
    );
}
