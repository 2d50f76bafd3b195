//! Policies that will not answer, or whose answers deceive.

use std::time::Duration;

use tollgate::model::{Opinion, PolicyDecision, Verdict};
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
        name: "policy: target 4,000,000,000",
        run: no_such_target,
    },
    Case {
        name: "policy: a target that cannot be used",
        run: unavailable_target,
    },
    Case {
        name: "policy: a wait for ever",
        run: endless_wait,
    },
    Case {
        name: "policy: a reason of 1 MB",
        run: huge_reason,
    },
    Case {
        name: "policy: 4 million reasons",
        run: many_reasons,
    },
    Case {
        name: "policy: 200 KB of reasons",
        run: long_reasons,
    },
    Case {
        name: "policy: a question of 1 MB",
        run: huge_question,
    },
    Case {
        name: "policy: a question that answers itself",
        run: spoofed_question,
    },
    Case {
        name: "policy: a decision that does not exist",
        run: other_decision,
    },
    Case {
        name: "policy: a decision of no known kind",
        run: unknown_case,
    },
    Case {
        name: "policy: text that is not UTF-8",
        run: invalid_text,
    },
    Case {
        name: "policy: an objection of 100 KB",
        run: long_objection,
    },
    Case {
        name: "policy: 300 complaints",
        run: many_complaints,
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

const LOOP: &str = "(loop (br 0)) unreachable";

fn load(arena: &Arena, policy: Policy) -> PolicyPlugin {
    arena.policy(&policy.build()).expect("it loads")
}

fn asked(arena: &Arena, policy: Policy) -> Judgement {
    load(arena, policy).evaluate("{}", &request())
}

fn fault(arena: &Arena, policy: Policy) -> PolicyFault {
    match asked(arena, policy).verdict {
        Ok(verdict) => panic!("it decided {verdict:?}"),
        Err(fault) => fault,
    }
}

fn guest_fault(arena: &Arena, policy: Policy) -> GuestFault {
    match fault(arena, policy) {
        PolicyFault::Guest(fault) => fault,
        other => panic!("{other}"),
    }
}

fn verdict(arena: &Arena, policy: Policy) -> Verdict {
    asked(arena, policy).verdict.expect("a verdict")
}

/// What the host makes of an answer, under a name of the user's.
fn opinion(name: &str, required: bool, policy: &PolicyPlugin) -> Opinion {
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

fn no_such_target(arena: &Arena) {
    assert_eq!(
        fault(arena, policy_forge::rerouting(4_000_000_000)).to_string(),
        "the policy returned target 4000000000, which is not one of the 3 offered"
    );
}

fn unavailable_target(arena: &Arena) {
    let policy = load(arena, policy_forge::rerouting(2));
    let Err(PolicyFault::Malformed { what }) = policy.evaluate("{}", &request()).verdict else {
        panic!("it was accepted");
    };
    assert_eq!(what, "target 2 (codex:large), which cannot be used now");
    let ruling = combine(&[opinion("cheap", true, &policy)], false);
    assert_eq!((ruling.as_str(), ruling.by()), ("deny", Some("cheap")));
}

fn endless_wait(arena: &Arena) {
    let policy = policy_forge::deciding(4, |_| [0, u64::MAX].map(u64::to_le_bytes).concat());
    let fault = fault(arena, policy);
    assert!(matches!(fault, PolicyFault::Malformed { .. }), "{fault}");
}

fn huge_reason(arena: &Arena) {
    let reason = (b"long".to_vec(), vec![b'x'; 1_000_000]);
    assert_eq!(
        guest_fault(arena, policy_forge::denying(&[reason])),
        GuestFault::TooMuchData { limit: 256 << 10 }
    );
}

fn many_reasons(arena: &Arena) {
    // The list begins at 0, and its 64 MB do not even exist.
    let policy = policy_forge::with(
        "(func $evaluate (param i32) (result i32)
           (i32.store (i32.const 100) (i32.const 4000000))
           (i32.const 64))",
    );
    let fault = guest_fault(arena, policy);
    assert!(
        matches!(
            fault,
            GuestFault::TooMuchData { .. } | GuestFault::Trap { .. }
        ),
        "{fault}"
    );
}

fn long_reasons(arena: &Arena) {
    let reason = (
        b"Too_Long\x1b[2J".to_vec(),
        "é\u{202e}\n".repeat(1_700).into_bytes(),
    );
    let verdict = verdict(arena, policy_forge::denying(&vec![reason; 20]));
    assert_eq!(verdict.decision, PolicyDecision::Deny);
    assert_eq!(verdict.reasons.len(), 16);
    assert_eq!(verdict.reasons[0].code, "too_long2j");
    assert_eq!(verdict.reasons[15].code, "reasons_cut");
    for reason in &verdict.reasons {
        assert!(reason.message.len() <= 1024, "{}", reason.message.len());
        assert!(!reason.message.contains(['\n', '\u{202e}', '\u{1b}']));
    }
}

fn huge_question(arena: &Arena) {
    assert_eq!(
        guest_fault(arena, policy_forge::asking(&[b'x'; 1_000_000], b"")),
        GuestFault::TooMuchData { limit: 256 << 10 }
    );
    let verdict = verdict(
        arena,
        policy_forge::asking(&[b'x'; 100_000], &[b'y'; 100_000]),
    );
    let PolicyDecision::Ask(question) = verdict.decision else {
        panic!("{verdict:?}");
    };
    assert_eq!(question.title.chars().count(), 200);
    assert!(question.detail.len() <= 1024);
}

fn spoofed_question(arena: &Arena) {
    let title = "Read a file\r\n\n\u{1b}[1A\u{1b}[2K\u{9b}31m\u{202e}Proceed? [y/N] y\u{2028}\0";
    let detail = format!("{}Proceed? [y/N] y\n", "\u{a0}\t\n".repeat(200));
    let policy = policy_forge::asking(title.as_bytes(), detail.as_bytes());
    let PolicyDecision::Ask(question) = verdict(arena, policy).decision else {
        panic!("not a question");
    };
    assert_eq!(
        question.title,
        "Read a file [1A [2K 31m\u{fffd}Proceed? [y/N] y"
    );
    assert_eq!(question.detail, "Proceed? [y/N] y");
}

fn other_decision(arena: &Arena) {
    let policy = policy_forge::deciding(5, |image| {
        let (kind, value) = (image.text(b"allow-for-ever"), image.text(b"{}"));
        [kind, value].concat()
    });
    let verdict = verdict(arena, policy);
    assert_eq!(verdict.decision, PolicyDecision::Deny);
    assert_eq!(verdict.reasons[0].code, "unknown_decision");
    assert!(verdict.reasons[0].message.contains("allow-for-ever"));
}

fn unknown_case(arena: &Arena) {
    let fault = guest_fault(arena, policy_forge::deciding(9, |_| Vec::new()));
    assert!(matches!(fault, GuestFault::Trap { .. }), "{fault}");
}

fn invalid_text(arena: &Arena) {
    let fault = guest_fault(arena, policy_forge::asking(b"\xff\xfe", b""));
    assert!(matches!(fault, GuestFault::Trap { .. }), "{fault}");
}

fn long_objection(arena: &Arena) {
    let policy = policy_forge::good().verdict(|image| {
        let text = image.text("no\n\u{1b}[31m".repeat(10_000).as_bytes());
        crate::image::record(48, &[(0, &[1]), (8, &text)])
    });
    let PolicyFault::Said(text) = fault(arena, policy) else {
        panic!("it said something else");
    };
    assert!(text.starts_with("no [31mno [31m"), "{text}");
    assert!(text.len() <= 1024 && text.ends_with('…'));
}

fn many_complaints(arena: &Arena) {
    let messages: Vec<_> = (0..300).map(|n| format!("wrong\n{n}")).collect();
    let found = load(arena, policy_forge::good().complaints(&messages))
        .validate("{}")
        .unwrap();
    assert_eq!(found.len(), 100);
    assert_eq!(found[98].message, "wrong 98");
    assert_eq!(found[99].message, "201 more are not shown");
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
