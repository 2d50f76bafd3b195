//! Policies that should never be loaded, or that do harm before they are asked anything.

use tollgate::sandbox::{GuestFault, LoadError, PolicyFault};

use crate::forge::{self, HOST_WIT};
use crate::policy_forge::{self, POLICY_WIT};
use crate::{Arena, Case, request};

pub const CASES: &[Case] = &[
    Case {
        name: "policy: imports that nobody offers",
        run: unknown_imports,
    },
    Case {
        name: "policy: the log, which only adapters get",
        run: log,
    },
    Case {
        name: "policy: asking the system for a socket",
        run: wasi_sockets,
    },
    Case {
        name: "policy: asking the system for the time",
        run: wasi_clock,
    },
    Case {
        name: "policy: no policy inside",
        run: no_policy,
    },
    Case {
        name: "policy: a function is missing",
        run: missing_function,
    },
    Case {
        name: "policy: the contract's next major version",
        run: next_major,
    },
    Case {
        name: "policy: a record with one more field",
        run: changed_record,
    },
    Case {
        name: "policy: an adapter in its place, and the other way round",
        run: other_kind,
    },
    Case {
        name: "policy: an export that nobody asked for",
        run: extra_export,
    },
    Case {
        name: "policy: a file of 17 MiB",
        run: too_large,
    },
    Case {
        name: "policy: an endless loop at start-up",
        run: start_loop,
    },
    Case {
        name: "policy: an endless loop when asked what it is",
        run: describe_loop,
    },
    Case {
        name: "policy: an id that is a path, or moves the cursor",
        run: bad_ids,
    },
    Case {
        name: "policy: a description of 1 MiB",
        run: long_description,
    },
    Case {
        name: "policy: 100 MiB of memory to begin with",
        run: huge_memory,
    },
    Case {
        name: "policy: 50 instances",
        run: many_instances,
    },
];

/// The world with more in it.
fn world_with(more: &str) -> String {
    let world = "world policy-plugin {";
    assert!(POLICY_WIT.contains(world));
    POLICY_WIT.replace(world, &format!("{world} {more}"))
}

fn load_fault(arena: &Arena, component: &[u8]) -> GuestFault {
    match arena.policy_refusal(component) {
        LoadError::Fault(fault) => fault,
        other => panic!("{other}"),
    }
}

fn unknown_imports(arena: &Arena) {
    let evil =
        "package evil:host; interface exec { run: func(); } interface disk { wipe: func(); }";
    let policy = policy_forge::evaluating("(call $run) (call $wipe) (i32.const 0)").importing(
        "(import \"evil:host/exec\" \"run\" (func $run))
             (import \"evil:host/disk\" \"wipe\" (func $wipe))",
    );
    let world = world_with("import evil:host/exec; import evil:host/disk;");
    let error = arena.policy_refusal(&policy.build_for(&[evil, &world]));
    let LoadError::UnknownImports(mut names) = error else {
        panic!("it was refused for something else: {error}");
    };
    names.sort();
    assert_eq!(names, ["evil:host/disk", "evil:host/exec"]);
}

fn log(arena: &Arena) {
    let policy = policy_forge::evaluating(
        "(call $log (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0)",
    )
    .importing("(import \"tollgate:host/log@1.0.0\" \"emit\" (func $log (param i32 i32 i32 i32)))");
    let world = world_with("import tollgate:host/log@1.0.0;");
    let error = arena.policy_refusal(&policy.build_for(&[HOST_WIT, &world]));
    assert_eq!(
        error.to_string(),
        "the component imports what the sandbox does not offer: tollgate:host/log@1.0.0"
    );
}

/// Loaded, since compilers import such things unasked, and stopped at the first call.
fn refused_call(arena: &Arena, package: &str, interface: &str, function: &str) {
    let policy = policy_forge::evaluating("(drop (call $f)) (i32.const 0)").importing(&format!(
        "(import \"{interface}\" \"{function}\" (func $f (result i64)))"
    ));
    let world = world_with(&format!("import {interface};"));
    let policy = arena.policy(&policy.build_for(&[package, &world]));
    let policy = policy.expect("WASI may be imported");
    assert_eq!(policy.validate("{}"), Ok(Vec::new()));
    let function = format!("{interface}#{function}");
    assert_eq!(
        policy.evaluate("{}", &request()).verdict,
        Err(PolicyFault::Guest(GuestFault::NotOffered { function }))
    );
}

fn wasi_sockets(arena: &Arena) {
    let package = "package wasi:sockets@0.2.0; interface tcp { connect: func() -> u64; }";
    refused_call(arena, package, "wasi:sockets/tcp@0.2.0", "connect");
}

fn wasi_clock(arena: &Arena) {
    let package = "package wasi:clocks@0.2.0; interface wall-clock { now: func() -> u64; }";
    refused_call(arena, package, "wasi:clocks/wall-clock@0.2.0", "now");
}

fn no_policy(arena: &Arena) {
    let error = arena.policy_refusal(&wat::parse_str("(component)").unwrap());
    assert_eq!(
        error.to_string(),
        "the component does not export `tollgate:policy/policy@1.0.0`; it exports nothing"
    );
}

fn changed(arena: &Arena, wit: &str) {
    let error = arena.policy_refusal(&policy_forge::good().build_for(&[wit]));
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
            "tollgate:policy/policy@1.0.0",
            "tollgate:policy/policy@1.0.0"
        )
    );
    assert!(reason.is_some_and(|reason| !reason.is_empty()));
}

fn missing_function(arena: &Arena) {
    let function = "validate: func(config: string) -> list<diagnostic>;";
    assert!(POLICY_WIT.contains(function));
    let wit = POLICY_WIT.replace(function, "");
    let module = "(module (memory (export \"memory\") 1)
        (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export \"tollgate:policy/policy@1.0.0#describe\") (result i32) unreachable)
        (func (export \"tollgate:policy/policy@1.0.0#evaluate\") (param i32) (result i32) unreachable))";
    let error = arena.policy_refusal(&forge::encode(module, &[&wit]));
    assert!(
        matches!(&error, LoadError::UnsupportedContract { reason: Some(reason), .. }
            if reason.contains("validate")),
        "{error}"
    );
}

fn next_major(arena: &Arena) {
    let wit = POLICY_WIT.replace("policy@1.0.0", "policy@2.0.0");
    let bytes = policy_forge::good().version("2.0.0").build_for(&[&wit]);
    assert_eq!(
        arena.policy_refusal(&bytes).to_string(),
        "the component was built for `tollgate:policy/policy@2.0.0`; this host speaks \
         `tollgate:policy/policy@1.0.0`"
    );
}

fn changed_record(arena: &Arena) {
    let record = "record reason {";
    assert!(POLICY_WIT.contains(record));
    changed(
        arena,
        &POLICY_WIT.replace(record, "record reason { more: option<string>,"),
    );
}

fn other_kind(arena: &Arena) {
    let error = arena.policy_refusal(&forge::good().build());
    assert_eq!(
        error.to_string(),
        "the component is an adapter (it exports `tollgate:adapter/adapter@1.0.0`), not a policy \
         (`tollgate:policy/policy@1.0.0`)"
    );
    let error = arena.refusal(&policy_forge::good().build());
    assert_eq!(
        error.to_string(),
        "the component is a policy (it exports `tollgate:policy/policy@1.0.0`), not an adapter \
         (`tollgate:adapter/adapter@1.0.0`)"
    );
}

/// Toolchains for scripting languages leave one behind. It is never called.
fn extra_export(arena: &Arena) {
    let policy = policy_forge::with("(func (export \"init\") unreachable)");
    let policy = arena.policy(&policy.build_for(&[&world_with("export init: func();")]));
    let judgement = policy.expect("it loads").evaluate("", &request());
    assert!(judgement.verdict.is_ok(), "{judgement:?}");
}

fn too_large(arena: &Arena) {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.resize(17 << 20, 0);
    let error = arena.policy_refusal(&bytes);
    assert!(
        matches!(error, LoadError::TooLarge { size, limit } if size == 17 << 20 && limit == 16 << 20)
    );
}

fn start_loop(arena: &Arena) {
    let bytes = policy_forge::with("(func $spin (loop (br 0))) (start $spin)").build();
    let fault = load_fault(arena, &bytes);
    assert_eq!(fault, GuestFault::Fuel { limit: 50_000_000 });
}

fn describe_loop(arena: &Arena) {
    let bytes =
        policy_forge::with("(func $describe (result i32) (loop (br 0)) unreachable)").build();
    let fault = load_fault(arena, &bytes);
    assert_eq!(fault, GuestFault::Fuel { limit: 50_000_000 });
}

fn bad_ids(arena: &Arena) {
    for id in ["../../x", "a\u{1b}[2J", "", "Good"] {
        let error = arena.policy_refusal(&policy_forge::good().about(id, "1.0.0").build());
        assert!(matches!(error, LoadError::BadDescription { .. }), "{error}");
        assert!(!error.to_string().contains('\u{1b}'));
    }
    let error = arena.policy_refusal(&policy_forge::good().about("x", "1\n").build());
    assert!(matches!(error, LoadError::BadDescription { .. }), "{error}");
}

fn long_description(arena: &Arena) {
    let bytes = policy_forge::with(
        "(func $describe (result i32)
           (i32.store (i32.const 84) (i32.const 1048576))
           (i32.const 64))",
    )
    .build();
    let fault = load_fault(arena, &bytes);
    assert_eq!(fault, GuestFault::TooMuchData { limit: 256 << 10 });
}

fn huge_memory(arena: &Arena) {
    let bytes = policy_forge::with("(memory (export \"memory\") 1600)").build();
    let fault = load_fault(arena, &bytes);
    assert_eq!(fault, GuestFault::Memory { limit: 32 << 20 });
}

fn many_instances(arena: &Arena) {
    let bytes = forge::crowd(policy_forge::good().build(), "(module)", 50);
    let fault = load_fault(arena, &bytes);
    assert!(
        matches!(fault, GuestFault::Instances { instances: 32, .. }),
        "{fault}"
    );
}
