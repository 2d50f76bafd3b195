//! Policies whose answers deceive, make no sense, or are too long.

use tollgate::model::{PolicyDecision, Verdict};
use tollgate::sandbox::{GuestFault, PolicyFault};
use tollgate::verdict::combine;

use crate::policy_forge::{self, Policy};
use crate::policy_judging::{asked, guest_fault, load, opinion};
use crate::{Arena, Case, image, request};

pub const CASES: &[Case] = &[
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
];

fn fault(arena: &Arena, policy: Policy) -> PolicyFault {
    match asked(arena, policy).verdict {
        Ok(verdict) => panic!("it decided {verdict:?}"),
        Err(fault) => fault,
    }
}

fn verdict(arena: &Arena, policy: Policy) -> Verdict {
    asked(arena, policy).verdict.expect("a verdict")
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
        image::record(48, &[(0, &[1]), (8, &text)])
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
