//! Verdicts at the border: bounded, harmless, or malformed.

use super::*;
use crate::model::PolicyTarget;

fn request() -> PolicyRequest {
    let target = |available| PolicyTarget {
        tool: "codex".to_owned(),
        model: "small".to_owned(),
        available,
        ..PolicyTarget::default()
    };
    PolicyRequest {
        targets: vec![target(true), target(false), target(true)],
        ..PolicyRequest::default()
    }
}

fn judged(decision: wit::Decision, reasons: Vec<wit::Reason>) -> Result<Verdict, PolicyFault> {
    let theirs = wit::Verdict {
        decision,
        reasons,
        facts: Vec::new(),
    };
    verdict(theirs, &request())
}

fn because(code: &str, message: &str) -> wit::Reason {
    wit::Reason {
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

fn reroute(target: u32, delay_ms: u64) -> Result<PolicyDecision, String> {
    let decision = wit::Decision::Reroute(wit::Reroute { target, delay_ms });
    let judged = judged(decision, Vec::new());
    judged
        .map(|it| it.decision)
        .map_err(|fault| fault.to_string())
}

#[test]
fn only_offered_and_usable_targets_can_be_named() {
    let fine = PolicyDecision::Reroute {
        target: 2,
        delay_ms: 5,
    };
    assert_eq!(reroute(2, 5), Ok(fine));
    for target in [3, 4_000_000_000, u32::MAX] {
        let text =
            format!("the policy returned target {target}, which is not one of the 3 offered");
        assert_eq!(reroute(target, 0), Err(text));
    }
    assert_eq!(
        reroute(1, 0).unwrap_err(),
        "the policy returned target 1 (codex:small), which cannot be used now"
    );
    assert!(reroute(0, MAX_DELAY_MS).is_ok());
    assert!(reroute(0, MAX_DELAY_MS + 1).is_err() && reroute(0, u64::MAX).is_err());
}

#[test]
fn an_unknown_decision_is_no() {
    let other = wit::Decision::Other(("shrug\n".repeat(100), "{}".to_owned()));
    let verdict = judged(other, vec![because("mine", "Mine")]).unwrap();
    assert_eq!(verdict.decision, PolicyDecision::Deny);
    let codes: Vec<_> = verdict.reasons.iter().map(|r| r.code.as_str()).collect();
    assert_eq!(codes, ["unknown_decision", "mine"]);
    let message = &verdict.reasons[0].message;
    assert!(message.starts_with("it decided `shrug shrug "), "{message}");
    assert!(message.len() < 400 && !message.contains('\n'), "{message}");
}

#[test]
fn codes_are_plain() {
    for (theirs, ours) in [
        ("over_budget-2", "over_budget-2"),
        ("Over Budget!\u{1b}[0m", "overbudget0m"),
        ("", "unnamed"),
        ("\u{202e}…", "unnamed"),
    ] {
        assert_eq!(code(theirs), ours);
    }
    assert_eq!(code(&"é1".repeat(500)), "1".repeat(64));
}

#[test]
fn reasons_and_facts_are_counted_and_cut() {
    let reasons: Vec<_> = (0..200)
        .map(|n| because(&format!("r{n}"), &"é\n".repeat(1_000)))
        .collect();
    let theirs = wit::Verdict {
        decision: wit::Decision::Deny,
        reasons,
        facts: vec![("n\0".repeat(100), "\u{2066}v".repeat(500)); 50],
    };
    let verdict = verdict(theirs, &request()).unwrap();
    assert_eq!(verdict.reasons.len(), 16);
    assert_eq!(verdict.reasons[14].code, "r14");
    assert_eq!(verdict.reasons[15].code, "reasons_cut");
    assert_eq!(verdict.reasons[15].message, "185 more are not shown");
    assert!(
        verdict
            .reasons
            .iter()
            .all(|r| r.message.len() <= 1024 && !r.message.contains('\n'))
    );
    assert_eq!(verdict.facts.len(), 32);
    assert_eq!(verdict.facts[31], ("facts_cut".to_owned(), "19".to_owned()));
    for (name, value) in &verdict.facts {
        assert!(name.len() <= 64 && value.len() <= 256);
        assert!(!name.contains('\0') && !value.contains('\u{2066}'));
    }
}

#[test]
fn as_many_as_fit_stay_as_they_are() {
    let reasons: Vec<_> = (0..16).map(|n| because(&format!("r{n}"), "x")).collect();
    let verdict = judged(wit::Decision::Allow, reasons).unwrap();
    assert_eq!(verdict.reasons.len(), 16);
    assert_eq!(verdict.reasons[15].code, "r15");
}

#[test]
fn a_title_is_one_line() {
    assert_eq!(
        title("Delete?\n\nProceed? [y/N] y\r\u{1b}[1A\u{85}done"),
        "Delete? Proceed? [y/N] y [1A done"
    );
    let long = title(&"日本 ".repeat(100_000));
    assert_eq!(long.chars().count(), 200);
    assert!(long.ends_with('…'));
    assert_eq!(title(&"\u{1f600}".repeat(200)), "\u{1f600}".repeat(200));
}

#[test]
fn phases_that_nobody_knows_are_left_out() {
    let theirs = wit::About {
        id: "a".to_owned(),
        version: "1.0.0".to_owned(),
        summary: "One\nline".to_owned(),
        phases: ["run-end", "next-year", "run-start", "run-end"]
            .map(str::to_owned)
            .to_vec(),
        extra: vec![("x".to_owned(), "y".to_owned())],
    };
    let about = about(theirs).unwrap();
    assert_eq!(about.phases, [Phase::RunStart, Phase::RunEnd]);
    assert_eq!(about.summary, "One line");
}

#[test]
fn diagnostics_are_bounded() {
    let theirs = wit::Diagnostic {
        path: "limits[2]\u{7}.usd".to_owned(),
        message: "m".repeat(2_000),
        fix: Some("f\tx".to_owned()),
    };
    let found = diagnostics(vec![theirs; 150]);
    assert_eq!(found.len(), 100);
    assert_eq!(found[0].path, "limits[2] .usd");
    assert_eq!(found[0].message.len(), 1024);
    assert_eq!(found[0].fix.as_deref(), Some("f x"));
    assert_eq!(found[99].message, "51 more are not shown");
}
