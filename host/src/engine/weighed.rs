//! What the policies' words make of a decision, and what the user is told of them.

use crate::model::{
    Decision, Opinion, PolicyDecision, PolicyReason, Question, Reason, RunId, Target,
};
use crate::routing::redirected;

use super::denied::Denied;
use super::ledger::Ledger;
use super::policy::{AskedPolicies, Chain};
use super::progress::Warning;
use super::request::ExecRequest;

/// Codes by which a policy's reason becomes the reason for the target.
const ROUTING_CODES: [&str; 4] = [
    "above_threshold",
    "complex_task",
    "cost_optimization",
    "sticky",
];

/// What the session or the run of a request was used with before.
pub(super) fn sticky(
    ledger: &Ledger,
    request: &ExecRequest,
    run: Option<&RunId>,
) -> Option<Target> {
    let session = request.resume.as_ref();
    let of_session = session.and_then(|session| ledger.session_target(session));
    let of_run = || {
        let known = ledger.run(run?)?;
        // The steps of a workflow are tasks of their own.
        let same = known.plan.is_none() && known.agent.as_str() == request.route.agent;
        known.last_target.as_ref().filter(|_| same)
    };
    of_session.or_else(of_run).cloned()
}

/// The decision as the policies leave it.
pub(super) fn follow(decision: Decision, asked: &AskedPolicies) -> Decision {
    let Some(last) = asked.path.last() else {
        return decision;
    };
    let reasons = |opinion: &Opinion| {
        let verdict = opinion.verdict.as_ref()?;
        Some((verdict.decision.clone(), verdict.reasons.first()?.clone()))
    };
    let told: Vec<_> = asked.judged.opinions.iter().filter_map(reasons).collect();
    if *last != decision.target {
        let led = told
            .iter()
            .rfind(|(decision, _)| matches!(decision, PolicyDecision::Reroute { .. }));
        let reason = match led {
            Some((_, reason)) => as_reason(reason),
            None => Reason {
                code: "policy".to_owned(),
                message: format!("a policy led from {} to {last}", decision.target),
            },
        };
        return redirected(decision, last, reason);
    }
    let may_change = matches!(decision.reason.code.as_str(), "preferred" | "task_type");
    let told = told
        .iter()
        .find(|(_, reason)| may_change && ROUTING_CODES.contains(&reason.code.as_str()));
    match told {
        Some((_, reason)) => Decision {
            reason: as_reason(reason),
            ..decision
        },
        None => decision,
    }
}

fn as_reason(reason: &PolicyReason) -> Reason {
    Reason {
        code: reason.code.clone(),
        message: reason.message.clone(),
    }
}

/// What the user should know although nothing is in the way.
pub(super) fn remarks(chain: &Chain, asked: &AskedPolicies) -> Vec<Warning> {
    let kept = chain.links.iter().filter_map(|link| {
        let why = link.kept_because.as_ref()?;
        let message = format!(
            "policy '{}': the component in the configuration cannot be used ({why}); the one before \
             it goes on",
            link.entry.name
        );
        Some(Warning::new("policy_kept", message))
    });
    let skipped = asked.judged.opinions.iter().filter_map(|opinion| {
        let fault = opinion.fault.as_ref().filter(|_| !opinion.required)?;
        let message = format!("policy '{}' was left out: {fault}", opinion.policy);
        Some(Warning::new("policy_skipped", message))
    });
    let told = asked.judged.opinions.iter().filter_map(|opinion| {
        let verdict = opinion.verdict.as_ref()?;
        let allows = verdict.decision == PolicyDecision::Allow;
        let of_interest = |reason: &&PolicyReason| !ROUTING_CODES.contains(&reason.code.as_str());
        let reason = verdict
            .reasons
            .iter()
            .find(of_interest)
            .filter(|_| allows)?;
        Some(Warning::new(&reason.code, reason.message.clone()))
    });
    let mut remarks: Vec<Warning> = kept.chain(skipped).chain(told).collect();
    remarks.dedup();
    remarks
}

/// The ruling when a question was not answered with yes.
pub(super) fn unanswered(questions: &[(String, Question)]) -> Denied {
    let reason = |question: &Question| PolicyReason {
        code: "not_confirmed".to_owned(),
        message: question.title.clone(),
    };
    Denied {
        by: questions
            .first()
            .map(|(policy, _)| policy.clone())
            .unwrap_or_default(),
        reasons: questions
            .iter()
            .map(|(_, question)| reason(question))
            .collect(),
        limit: None,
        run: None,
    }
}
