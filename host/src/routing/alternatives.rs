//! Other models of the chosen tool that the configuration names for simple and for complex tasks.
//!
//! They are offered to the policies, which may lead a request to one of them. The tool never
//! changes here, and what cannot be used is noted with why.

use std::collections::BTreeMap;

use crate::model::{
    Availability, Candidate, Decision, ModelName, Reason, Rejection, Settings, Target, ToolName,
};

use super::usable::{self, reject};

/// Where the wish for such a model comes from, as noted with the candidate.
const ORIGIN: &str = "cost_optimization";

/// A model that could be used instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// The same tool, another model.
    pub target: Target,
    /// Named for simple tasks.
    pub simple: bool,
    /// Named for complex tasks.
    pub complex: bool,
    /// Why it cannot be used, if so.
    pub rejected: Option<Rejection>,
}

/// The models that could be used instead of the decision's, in the order of the configuration.
#[must_use]
pub fn alternatives(
    decision: &Decision,
    settings: &Settings,
    availability: &BTreeMap<ToolName, Availability>,
) -> Vec<Alternative> {
    let Some(rule) = &settings.cost_optimization else {
        return Vec::new();
    };
    let mut found: Vec<Alternative> = Vec::new();
    let named = rule
        .simple_task_models
        .iter()
        .chain(&rule.complex_task_models);
    for model in named {
        let target = Target {
            tool: decision.target.tool.clone(),
            model: model.clone(),
        };
        if found.iter().any(|known| known.target == target) {
            continue;
        }
        found.push(Alternative {
            simple: rule.simple_task_models.contains(model),
            complex: rule.complex_task_models.contains(model),
            rejected: objection(&target, model, decision, settings, availability),
            target,
        });
    }
    found
}

fn objection(
    target: &Target,
    model: &ModelName,
    decision: &Decision,
    settings: &Settings,
    availability: &BTreeMap<ToolName, Availability>,
) -> Option<Rejection> {
    if *target == decision.target {
        return Some(reject("same", "it is the model already chosen".to_owned()));
    }
    if settings
        .models
        .get(model)
        .is_some_and(|model| model.deprecated)
    {
        return Some(reject("deprecated", format!("'{model}' is deprecated")));
    }
    usable::objection(target, settings, availability, decision.prompt_tokens)
}

/// The decision with the alternatives noted that nobody chose.
#[must_use]
pub fn noted(mut decision: Decision, alternatives: &[Alternative]) -> Decision {
    for alternative in alternatives {
        let code = alternative.rejected.as_ref().map(|it| it.code.as_str());
        // What the tool does not offer at all was never a question.
        if matches!(code, Some("same" | "model_not_offered")) {
            continue;
        }
        let kept = || reject("not_needed", "no policy led to it".to_owned());
        decision.candidates.push(Candidate {
            target: alternative.target.clone(),
            origin: ORIGIN.to_owned(),
            rejected: Some(alternative.rejected.clone().unwrap_or_else(kept)),
        });
    }
    decision
}

/// The decision after a policy led it to `to`: everything that was looked at stays on the list, and
/// exactly one is taken.
#[must_use]
pub fn redirected(mut decision: Decision, to: &Target, reason: Reason) -> Decision {
    let passed_by = reject(&reason.code, reason.message.clone());
    for candidate in &mut decision.candidates {
        if candidate.rejected.is_none() && candidate.target != *to {
            candidate.rejected = Some(passed_by.clone());
        }
    }
    match decision.candidates.iter_mut().find(|it| it.target == *to) {
        Some(candidate) => candidate.rejected = None,
        None => decision.candidates.push(Candidate {
            target: to.clone(),
            origin: "policy".to_owned(),
            rejected: None,
        }),
    }
    decision.next.retain(|target| target != to);
    decision.target = to.clone();
    decision.reason = reason;
    decision
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::route::tests::{all, house, target};
    use crate::routing::{RouteRequest, route};

    #[test]
    fn only_models_of_the_chosen_tool_that_fit_can_be_used() {
        let request = RouteRequest {
            agent: "backend-dev".to_owned(),
            prompt_tokens: Some(5_000),
            ..RouteRequest::default()
        };
        let decision = route(&request, &house(), &all()).expect("a decision");
        let found = alternatives(&decision, &house(), &all());
        let told: Vec<_> = found
            .iter()
            .map(|it| {
                let code = it.rejected.as_ref().map(|rejected| rejected.code.as_str());
                (it.target.to_string(), it.simple, code)
            })
            .collect();
        assert_eq!(
            told,
            [
                ("claude:haiku".to_owned(), true, None),
                ("claude:nano".to_owned(), true, Some("context_window")),
            ]
        );
    }

    #[test]
    fn a_redirected_decision_takes_exactly_one_and_keeps_the_rest_in_sight() {
        let request = RouteRequest {
            agent: "backend-dev".to_owned(),
            prompt_tokens: Some(800),
            ..RouteRequest::default()
        };
        let decision = route(&request, &house(), &all()).expect("a decision");
        let found = alternatives(&decision, &house(), &all());
        let decision = noted(decision, &found);
        let reason = Reason {
            code: "cost_optimization".to_owned(),
            message: "cheaper".to_owned(),
        };
        let decision = redirected(decision, &target("claude:haiku"), reason);
        assert_eq!(decision.target, target("claude:haiku"));
        let taken: Vec<_> = decision
            .candidates
            .iter()
            .filter(|it| it.rejected.is_none())
            .collect();
        assert_eq!(taken.len(), 1);
        assert_eq!(taken[0].target, target("claude:haiku"));
        let sonnet = decision
            .candidates
            .iter()
            .find(|it| it.target == target("claude:sonnet"));
        let code = sonnet
            .and_then(|it| it.rejected.as_ref())
            .map(|it| it.code.as_str());
        assert_eq!(code, Some("cost_optimization"));
    }
}
