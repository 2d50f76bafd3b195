//! What a policy says, bounded and checked for sense.
//!
//! Owns the rules: how long a text and a list may be, what is done about an unknown decision, and
//! which target can be named. A text that is too long is cut and shows it; a target that cannot be
//! used is the policy's fault.

use super::bindings::exports::tollgate::policy::policy as wit;
use crate::model::{
    Phase, PolicyAbout, PolicyDecision, PolicyDiagnostic, PolicyReason, PolicyRequest, Question,
    Verdict,
};
use crate::sandbox::error::PolicyFault;
use crate::sandbox::identity;
use crate::sandbox::text::{cut, name, one_line, sentence};

/// Bytes of a code, or of a fact's name.
const WORD: usize = 64;
/// Bytes of a sentence for people.
const SENTENCE: usize = 1 << 10;
/// Bytes of a fact's value.
const VALUE: usize = 256;
/// Characters of a question's title.
const TITLE: usize = 200;
/// Reasons of a verdict.
const MAX_REASONS: usize = 16;
/// Facts of a verdict.
const MAX_FACTS: usize = 32;
/// What is wrong with a configuration.
const MAX_DIAGNOSTICS: usize = 100;
/// The longest wait before another target: the longest period after which a limit begins anew, a
/// month.
const MAX_DELAY_MS: u64 = 31 * 24 * 3600 * 1000;

/// What a policy says about itself, checked. Phases that this host does not know are left out.
///
/// # Errors
/// What is wrong with it.
pub(in crate::sandbox) fn about(about: wit::About) -> Result<PolicyAbout, String> {
    identity::check(&about.id, &about.version)?;
    let asked = |phase: &Phase| about.phases.iter().any(|word| word == phase.as_str());
    Ok(PolicyAbout {
        summary: sentence(&about.summary, SENTENCE),
        phases: Phase::ALL.into_iter().filter(asked).collect(),
        id: about.id,
        version: about.version,
    })
}

/// What a policy finds wrong with its configuration.
pub(in crate::sandbox) fn diagnostics(found: Vec<wit::Diagnostic>) -> Vec<PolicyDiagnostic> {
    let own = |it: wit::Diagnostic| PolicyDiagnostic {
        path: name(one_line(&it.path)),
        message: sentence(&it.message, SENTENCE),
        fix: it.fix.map(|fix| sentence(&fix, SENTENCE)),
    };
    first(found, MAX_DIAGNOSTICS, own, |left_out| PolicyDiagnostic {
        path: String::new(),
        message: format!("{left_out} more are not shown"),
        fix: None,
    })
}

/// Why a policy says that it cannot judge.
pub(in crate::sandbox) fn objection(text: &str) -> PolicyFault {
    PolicyFault::Said(sentence(text, SENTENCE))
}

/// A verdict on `request`, checked.
///
/// # Errors
/// [`PolicyFault::Malformed`] for a target that is not offered or cannot be used, or a wait that
/// nobody lives to see the end of.
pub(in crate::sandbox) fn verdict(
    verdict: wit::Verdict,
    request: &PolicyRequest,
) -> Result<Verdict, PolicyFault> {
    let mut reasons = verdict.reasons;
    let decision = match verdict.decision {
        wit::Decision::Pass => PolicyDecision::Pass,
        wit::Decision::Allow => PolicyDecision::Allow,
        wit::Decision::Deny => PolicyDecision::Deny,
        wit::Decision::Ask(question) => PolicyDecision::Ask(Question {
            title: title(&question.title),
            detail: sentence(&question.detail, SENTENCE),
        }),
        wit::Decision::Reroute(reroute) => checked(&reroute, request)?,
        wit::Decision::Other((kind, _)) => {
            let reason = wit::Reason {
                code: "unknown_decision".to_owned(),
                message: format!(
                    "it decided `{}`, which this version does not know and takes for no",
                    name(kind)
                ),
            };
            reasons.insert(0, reason);
            PolicyDecision::Deny
        }
    };
    Ok(Verdict {
        decision,
        reasons: first(
            reasons,
            MAX_REASONS,
            |it| reason(&it),
            |left_out| PolicyReason {
                code: "reasons_cut".to_owned(),
                message: format!("{left_out} more are not shown"),
            },
        ),
        facts: first(verdict.facts, MAX_FACTS, fact, |left_out| {
            ("facts_cut".to_owned(), left_out.to_string())
        }),
    })
}

fn checked(reroute: &wit::Reroute, request: &PolicyRequest) -> Result<PolicyDecision, PolicyFault> {
    let (target, delay_ms) = (reroute.target, reroute.delay_ms);
    let malformed = |what| Err(PolicyFault::Malformed { what });
    let offered = usize::try_from(target).ok();
    match offered.and_then(|place| request.targets.get(place)) {
        None => malformed(format!(
            "target {target}, which is not one of the {} offered",
            request.targets.len()
        )),
        Some(found) if !found.available => malformed(format!(
            "target {target} ({}:{}), which cannot be used now",
            found.tool, found.model
        )),
        Some(_) if delay_ms > MAX_DELAY_MS => malformed(format!(
            "a wait of {delay_ms} ms; at most {MAX_DELAY_MS} ms are accepted"
        )),
        Some(_) => Ok(PolicyDecision::Reroute { target, delay_ms }),
    }
}

fn reason(reason: &wit::Reason) -> PolicyReason {
    PolicyReason {
        code: code(&reason.code),
        message: sentence(&reason.message, SENTENCE),
    }
}

fn fact((name, value): (String, String)) -> (String, String) {
    (cut(one_line(&name), WORD), cut(one_line(&value), VALUE))
}

/// Lower-case letters, digits, `_`, and `-`.
fn code(text: &str) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || "_-".contains(*c);
    let clean = text.chars().filter(fits).take(WORD);
    let clean: String = clean.map(|c| c.to_ascii_lowercase()).collect();
    if clean.is_empty() {
        "unnamed".to_owned()
    } else {
        clean
    }
}

fn title(text: &str) -> String {
    // Four bytes are the most that a character takes.
    let line = sentence(text, 5 * TITLE);
    if line.chars().count() <= TITLE {
        return line;
    }
    let kept: String = line.chars().take(TITLE - 1).collect();
    format!("{kept}…")
}

/// The first `limit` of `items`, or one less and how many were left out.
fn first<T, U>(
    mut items: Vec<T>,
    limit: usize,
    own: impl Fn(T) -> U,
    rest: impl FnOnce(usize) -> U,
) -> Vec<U> {
    let found = items.len();
    if found <= limit {
        return items.into_iter().map(own).collect();
    }
    items.truncate(limit - 1);
    let mut kept: Vec<U> = items.into_iter().map(own).collect();
    kept.push(rest(found - kept.len()));
    kept
}

#[cfg(test)]
#[path = "verdicts_tests.rs"]
mod tests;
