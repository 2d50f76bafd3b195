//! Guests that ask for a command they may not have.

use tollgate::sandbox::{GuestFault, PlanError, Refusal};

use crate::image::{self, EnvCase};
use crate::{Arena, Case, forge, task};

pub const CASES: &[Case] = &[
    Case {
        name: "another program",
        run: other_program,
    },
    Case {
        name: "arguments with a NUL",
        run: nul_in_argument,
    },
    Case {
        name: "too many arguments",
        run: many_arguments,
    },
    Case {
        name: "an argument of 1 MB",
        run: long_argument,
    },
    Case {
        name: "a million arguments",
        run: million_arguments,
    },
    Case {
        name: "variables that load code",
        run: loading_variables,
    },
    Case {
        name: "a variable that is no name",
        run: bad_variable,
    },
    Case {
        name: "a probe of another program",
        run: other_probe,
    },
];

fn refusal(arena: &Arena, guest: forge::Guest) -> Refusal {
    match arena.start(guest).plan(&task()) {
        Err(PlanError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn other_program(arena: &Arena) {
    for program in ["sh", "/usr/bin/tool", "tool\0", "../tool", "tool -c", ""] {
        let guest = forge::good().plan(|image| image::plan(image, program, &[], &[]));
        match refusal(arena, guest) {
            Refusal::Program { asked, granted } => {
                assert_eq!(
                    (asked.as_str(), granted.as_str()),
                    (program, forge::PROGRAM)
                );
            }
            other => panic!("{other}"),
        }
    }
}

fn with_args(args: Vec<Vec<u8>>) -> forge::Guest {
    forge::good().plan(|image| image::plan(image, forge::PROGRAM, &args, &[]))
}

fn nul_in_argument(arena: &Arena) {
    let refusal = refusal(arena, with_args(vec![b"-p".to_vec(), b"a\0b".to_vec()]));
    assert!(
        matches!(refusal, Refusal::Argument { index: 2, .. }),
        "{refusal}"
    );
}

fn many_arguments(arena: &Arena) {
    let refusal = refusal(arena, with_args(vec![b"x".to_vec(); 5_000]));
    assert!(
        matches!(refusal, Refusal::TooMany { found: 5_000, .. }),
        "{refusal}"
    );
}

fn long_argument(arena: &Arena) {
    let refusal = refusal(arena, with_args(vec![vec![b'x'; 1 << 19]]));
    assert!(
        matches!(refusal, Refusal::Argument { index: 1, .. }),
        "{refusal}"
    );
}

fn million_arguments(arena: &Arena) {
    let mut run = arena.start(forge::with(
        "(memory (export \"memory\") 300)
         (func $plan (param i32) (result i32)
           (i32.store (i32.const 76) (i32.const 4096))
           (i32.store (i32.const 80) (i32.const 1000000))
           (i32.const 64))",
    ));
    let error = run.plan(&task()).unwrap_err();
    assert!(
        matches!(error, PlanError::Fault(GuestFault::TooMuchData { .. })),
        "{error}"
    );
}

fn with_variable(name: &str, case: EnvCase) -> forge::Guest {
    forge::good().plan(|image| image::plan(image, forge::PROGRAM, &[], &[(name, case)]))
}

fn loading_variables(arena: &Arena) {
    for name in [
        "LD_PRELOAD",
        "PATH",
        "NODE_OPTIONS",
        "DYLD_INSERT_LIBRARIES",
        "GIT_SSH_COMMAND",
    ] {
        for case in [EnvCase::Literal, EnvCase::Inherit] {
            let refusal = refusal(arena, with_variable(name, case));
            assert!(matches!(refusal, Refusal::Variable { .. }), "{refusal}");
        }
    }
    let plan = arena
        .start(with_variable("TOOL_COLOUR", EnvCase::Literal))
        .plan(&task());
    assert_eq!(plan.unwrap().env.len(), 1);
}

fn bad_variable(arena: &Arena) {
    for name in ["A=B", "", "1", "A\0B"] {
        let refusal = refusal(arena, with_variable(name, EnvCase::Literal));
        assert!(matches!(refusal, Refusal::Variable { .. }), "{refusal}");
    }
}

fn other_probe(arena: &Arena) {
    let bytes = forge::with(
        "(data (i32.const 16) \"sh\")
         (func $probe (param i32 i32) (result i32)
           (i32.store (i32.const 32) (i32.const 16))
           (i32.store (i32.const 36) (i32.const 2))
           (i32.store (i32.const 64) (i32.const 32))
           (i32.store (i32.const 68) (i32.const 1))
           (i32.const 64))",
    )
    .build();
    let error = arena.load(&bytes).unwrap().probe("tool").unwrap_err();
    assert!(
        matches!(error, PlanError::Refused(Refusal::Program { .. })),
        "{error}"
    );
}
