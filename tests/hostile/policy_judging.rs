//! Policies that will not answer, answer differently every time, or work against each other.

use std::time::Duration;

use tollgate::model::{Opinion, PolicyDecision};
use tollgate::sandbox::{GuestFault, Judgement, Limits, PolicyFault, PolicyPlugin, Sandbox};
use tollgate::verdict::{Ruling, combine, judge};

use crate::policy_forge::{self, Policy};
use crate::{Arena, Case, request};

pub const CASES: &[Case] = &[
    Case {
        name: "policy: an endless loop in evaluate",
        run: evaluate_loop,
    },
    Case {
        name: "policy: an endless loop with fuel to spare",
        run: loop_with_fuel,
    },
    Case {
        name: "policy: an endless loop in validate",
        run: validate_loop,
    },
    Case {
        name: "policy: recursing for ever",
        run: recurse,
    },
    Case {
        name: "policy: allocating for ever",
        run: allocate,
    },
    Case {
        name: "policy: a crash",
        run: crash,
    },
    Case {
        name: "policy: another verdict the second time",
        run: global_state,
    },
    Case {
        name: "policy: the same question again",
        run: determinism,
    },
    Case {
        name: "policy: accepts a configuration, then crashes on it",
        run: accepted_then_crashes,
    },
    Case {
        name: "policy: a configuration of 10 MB",
        run: huge_config,
    },
    Case {
        name: "policy: two that reroute to each other",
        run: reroute_for_ever,
    },
    Case {
        name: "policy: allowing what another denies",
        run: allow_beside_deny,
    },
];

pub fn load(arena: &Arena, policy: Policy) -> PolicyPlugin {
    arena.policy(&policy.build()).expect("it loads")
}

pub fn asked(arena: &Arena, policy: Policy) -> Judgement {
    load(arena, policy).evaluate("{}", &request())
}

pub fn guest_fault(arena: &Arena, policy: Policy) -> GuestFault {
    match asked(arena, policy).verdict {
        Err(PolicyFault::Guest(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

/// What the host makes of an answer, under a name of the user's.
pub fn opinion(name: &str, required: bool, policy: &PolicyPlugin) -> Opinion {
    let judgement = policy.evaluate("{}", &request());
    let (verdict, fault) = match judgement.verdict {
        Ok(verdict) => (Some(verdict), None),
        Err(fault) => (None, Some(fault.to_string())),
    };
    Opinion {
        policy: name.to_owned(),
        version: policy.about().version.clone(),
        sha256: policy.digest().clone(),
        required,
        verdict,
        fault,
        cpu_us: u64::try_from(judgement.cpu.as_micros()).unwrap(),
        fuel: judgement.fuel,
    }
}

const LOOP: &str = "(loop (br 0)) unreachable";

fn evaluate_loop(arena: &Arena) {
    let judgement = asked(arena, policy_forge::evaluating(LOOP));
    let Err(PolicyFault::Guest(GuestFault::Fuel { limit })) = judgement.verdict else {
        panic!("{judgement:?}");
    };
    assert!((50_000_000..51_000_000).contains(&limit), "{limit}");
    assert!(judgement.fuel >= limit, "all of it is told: {judgement:?}");
}

fn loop_with_fuel(_: &Arena) {
    let limits = Limits {
        fuel: u64::MAX,
        ..Limits::POLICY
    };
    let sandbox = Sandbox::with_limits(None, limits);
    let policy = sandbox
        .load_policy(&policy_forge::evaluating(LOOP).build(), "loop")
        .unwrap();
    let judgement = policy.evaluate("{}", &request());
    let limit = Duration::from_millis(100);
    assert_eq!(
        judgement.verdict,
        Err(PolicyFault::Guest(GuestFault::Deadline { limit }))
    );
    assert!(judgement.cpu >= limit, "{:?}", judgement.cpu);
    assert!(judgement.cpu < limit * 3, "{:?}", judgement.cpu);
}

fn validate_loop(arena: &Arena) {
    let policy = policy_forge::with(&format!(
        "(func $validate (param i32 i32) (result i32) {LOOP})"
    ));
    let fault = load(arena, policy).validate("{}").unwrap_err();
    assert!(matches!(fault, GuestFault::Fuel { .. }), "{fault}");
}

fn recurse(arena: &Arena) {
    let policy = policy_forge::with(
        "(func $deep (param i64) (result i64)
           (i64.add (call $deep (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
         (func $evaluate (param i32) (result i32)
           (drop (call $deep (i64.const 0))) unreachable)",
    );
    assert_eq!(guest_fault(arena, policy), GuestFault::StackOverflow);
}

fn allocate(arena: &Arena) {
    let body = "(loop (drop (memory.grow (i32.const 16))) (br 0)) unreachable";
    assert_eq!(
        guest_fault(arena, policy_forge::evaluating(body)),
        GuestFault::Memory { limit: 32 << 20 }
    );
}

fn crash(arena: &Arena) {
    for (body, expected) in [
        ("unreachable", "unreachable"),
        ("(i32.div_u (i32.const 1) (i32.const 0))", "divide by zero"),
        ("(i32.load (i32.const -8))", "out of bounds"),
        ("(i32.const -8)", ""),
    ] {
        match guest_fault(arena, policy_forge::evaluating(body)) {
            GuestFault::Trap { message, .. } => assert!(message.contains(expected), "{message}"),
            other => panic!("{other}"),
        }
    }
}

/// Allows at first and denies ever after; only that nobody meets it twice.
fn global_state(arena: &Arena) {
    let policy = policy_forge::with(
        "(global $calls (mut i32) (i32.const 0))
         (func $validate (param i32 i32) (result i32)
           (global.set $calls (i32.const 1)) (i32.const 0))
         (func $evaluate (param i32) (result i32)
           (i32.store8 (i32.const 72) (i32.add (i32.const 1) (global.get $calls)))
           (global.set $calls (i32.const 1))
           (i32.const 64))",
    );
    let policy = load(arena, policy);
    for _ in 0..3 {
        let verdict = policy.evaluate("{}", &request()).verdict.unwrap();
        assert_eq!(verdict.decision, PolicyDecision::Allow);
        assert_eq!(policy.validate("{}"), Ok(Vec::new()));
    }
}

/// Goes through the configuration byte by byte and decides by what it finds.
fn determinism(arena: &Arena) {
    let policy = policy_forge::with(
        "(func $evaluate (param $at i32) (result i32) (local $n i32) (local $sum i32)
           (local.set $n (i32.load offset=4 (local.get $at)))
           (loop $next
             (local.set $n (i32.sub (local.get $n) (i32.const 1)))
             (local.set $sum (i32.add (local.get $sum)
               (i32.load8_u (i32.add (i32.load (local.get $at)) (local.get $n)))))
             (br_if $next (local.get $n)))
           (i32.store8 (i32.const 72) (i32.rem_u (local.get $sum) (i32.const 3)))
           (i32.const 64))",
    );
    let policy = load(arena, policy);
    let ask = |config: &str| {
        let judgement = policy.evaluate(config, &request());
        (judgement.verdict.unwrap().decision, judgement.fuel)
    };
    let (decision, fuel) = ask("abc");
    assert_eq!(decision, PolicyDecision::Pass, "294 is a multiple of 3");
    for _ in 0..50 {
        assert_eq!(ask("abc"), (PolicyDecision::Pass, fuel));
    }
    let (decision, more) = ask("abcdabcd");
    assert_eq!(decision, PolicyDecision::Deny);
    assert!(more > fuel, "{more} units for more bytes than {fuel}");
}

fn accepted_then_crashes(arena: &Arena) {
    let policy = load(arena, policy_forge::evaluating("unreachable"));
    assert_eq!(policy.validate("{}"), Ok(Vec::new()));
    let ruling = combine(&[opinion("budget", true, &policy)], false);
    assert_eq!((ruling.as_str(), ruling.by()), ("deny", Some("budget")));
    assert_eq!(ruling.reasons()[0].code, "policy_failed");
    assert!(ruling.reasons()[0].message.contains("'budget' is required"));
    let hint = opinion("hint", false, &policy);
    assert!(
        hint.fault
            .as_ref()
            .is_some_and(|fault| fault.contains("crashed"))
    );
    assert_eq!(combine(&[hint], false), Ruling::Proceed);
}

/// It is not even handed over: nothing of the policy runs.
fn huge_config(arena: &Arena) {
    let policy = load(arena, policy_forge::evaluating("unreachable"));
    let config = "x".repeat(10_000_000);
    let found = policy.validate(&config).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].message,
        "it has 10000000 bytes; a policy is handed at most 4194304"
    );
    let judgement = policy.evaluate(&config, &request());
    assert!(
        matches!(judgement.verdict, Err(PolicyFault::TooLong { found, .. }) if found > 10_000_000),
        "{judgement:?}"
    );
    assert_eq!((judgement.fuel, judgement.cpu), (0, Duration::ZERO));
    // As much as is handed over fits, and is paid for.
    let good = load(arena, policy_forge::good());
    let judgement = good.evaluate(&"x".repeat(4_000_000), &request());
    assert!(judgement.verdict.is_ok(), "{judgement:?}");
}

fn reroute_for_ever(arena: &Arena) {
    let up = load(arena, policy_forge::rerouting(1));
    let down = load(arena, policy_forge::rerouting(0));
    let judged = judge(0, false, |_, _| {
        vec![opinion("up", false, &up), opinion("down", false, &down)]
    });
    assert_eq!(judged.ruling.as_str(), "deny");
    assert_eq!(judged.ruling.reasons()[0].code, "reroute_loop");
    assert!(judged.ruling.reasons()[0].message.contains("'up', 'down'"));
    assert_eq!(judged.path, [0, 1]);
}

fn allow_beside_deny(arena: &Arena) {
    let yes = load(arena, policy_forge::deciding(1, |_| Vec::new()));
    let no = load(arena, policy_forge::deciding(2, |_| Vec::new()));
    let opinions = [
        opinion("yes", true, &yes),
        opinion("no", false, &no),
        opinion("yes-again", true, &yes),
    ];
    assert_eq!(combine(&opinions, false).by(), Some("no"));
}
