//! The routing decision, step by step.

use std::collections::BTreeMap;

use crate::model::{
    Agent, AgentName, Availability, Candidate, Decision, MicroUsd, ModelName, Prices, Reason,
    Rejection, Settings, Target, ToolName, Usage,
};

use super::error::RoutingError;
use super::usable;

/// What is asked of routing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteRequest {
    /// Who asks.
    pub agent: String,
    /// Kind of task; chooses the model where the agent says so.
    pub task_type: Option<String>,
    /// Size of the prompt, if it is known yet.
    pub prompt_tokens: Option<u64>,
    /// The user insists on this tool.
    pub tool: Option<ToolName>,
    /// The user insists on this model.
    pub model: Option<ModelName>,
    /// The user wants the first choice or nothing.
    pub no_fallback: bool,
    /// Targets that are kept from use for a while, each with why. A target that the user named is
    /// tried all the same.
    pub closed: Vec<(Target, Rejection)>,
}

/// Choose the target for `request`.
///
/// Steps, in this order: the agent's preferred target; the model of its task type; then, if that
/// target cannot be used, the fallback chain. A target that the user named replaces all of these and
/// has no fallback. Whether a cheaper model will do is for a policy to say, between the
/// [`alternatives`](fn@super::alternatives).
///
/// # Errors
/// [`RoutingError`] names what was asked for and what there is, or every candidate with the reason
/// why it cannot be used.
pub fn route(
    request: &RouteRequest,
    settings: &Settings,
    availability: &BTreeMap<ToolName, Availability>,
) -> Result<Decision, RoutingError> {
    let name = AgentName::new(request.agent.as_str());
    let Some(agent) = settings.agents.get(&name) else {
        return Err(RoutingError::AgentNotFound {
            agent: name,
            available: settings.agents.keys().cloned().collect(),
        });
    };
    let survey = Survey {
        settings,
        availability,
        prompt_tokens: request.prompt_tokens,
        closed: &request.closed,
        candidates: Vec::new(),
    };
    if request.tool.is_some() || request.model.is_some() {
        return survey.pinned(request, agent);
    }
    survey.configured(request, &name, agent)
}

/// A target that is wanted, and why.
struct Choice {
    target: Target,
    /// Where the wish comes from, as noted with the candidate.
    origin: &'static str,
    why: Reason,
}

/// The looking around, and its notes.
struct Survey<'a> {
    settings: &'a Settings,
    availability: &'a BTreeMap<ToolName, Availability>,
    prompt_tokens: Option<u64>,
    closed: &'a [(Target, Rejection)],
    candidates: Vec<Candidate>,
}

impl Survey<'_> {
    fn pinned(mut self, request: &RouteRequest, agent: &Agent) -> Result<Decision, RoutingError> {
        let target = self.complete_pin(request, agent)?;
        self.closed = &[];
        if self.consider(&target, "pinned") {
            let reason = reason("pinned", format!("{target} was asked for"));
            return Ok(self.decide(target, reason, None, Vec::new()));
        }
        match self.candidates.pop() {
            Some(candidate) => Err(RoutingError::PinnedUnusable {
                candidate: Box::new(candidate),
            }),
            None => Err(RoutingError::NoneUsable {
                candidates: Vec::new(),
            }),
        }
    }

    /// Fill in the half of the target that the user left open, from what the agent has configured
    /// and from nowhere else.
    fn complete_pin(&self, request: &RouteRequest, agent: &Agent) -> Result<Target, RoutingError> {
        let settings = self.settings;
        if let Some(tool) = &request.tool
            && !settings.tools.contains_key(tool)
        {
            return Err(RoutingError::ToolNotFound {
                tool: tool.clone(),
                available: settings.tools.keys().cloned().collect(),
            });
        }
        if let Some(model) = &request.model
            && !settings.models.contains_key(model)
        {
            return Err(RoutingError::ModelNotFound {
                model: model.clone(),
                available: settings.models.keys().cloned().collect(),
            });
        }
        let named = |target: &&Target| {
            request
                .tool
                .as_ref()
                .is_none_or(|tool| *tool == target.tool)
                && request
                    .model
                    .as_ref()
                    .is_none_or(|model| offers(settings, &target.tool, model))
        };
        let base = std::iter::once(&agent.preferred)
            .chain(&agent.fallback_chain)
            .find(named)
            .cloned();
        let tool = match (&request.tool, &base) {
            (Some(tool), _) => tool.clone(),
            (None, Some(base)) => base.tool.clone(),
            (None, None) => agent.preferred.tool.clone(),
        };
        let model = match (&request.model, base) {
            (Some(model), _) => model.clone(),
            (None, Some(base)) => base.model,
            (None, None) => agent.preferred.model.clone(),
        };
        if offers(settings, &tool, &model) {
            return Ok(Target { tool, model });
        }
        Err(RoutingError::NotOffered {
            tools: settings
                .tools
                .iter()
                .filter(|(_, tool)| tool.models.contains_key(&model))
                .map(|(name, _)| name.clone())
                .collect(),
            models: settings
                .tools
                .get(&tool)
                .map(|tool| tool.models.keys().cloned().collect())
                .unwrap_or_default(),
            tool,
            model,
        })
    }

    fn configured(
        mut self,
        request: &RouteRequest,
        name: &AgentName,
        agent: &Agent,
    ) -> Result<Decision, RoutingError> {
        let Choice {
            target: wanted,
            origin,
            why,
        } = wanted(request, name, agent);
        if self.consider(&wanted, origin) {
            let next = self.usable_chain(request, agent, &wanted);
            return Ok(self.decide(wanted, why, None, next));
        }
        if !request.no_fallback {
            let mut chain = self.usable_chain(request, agent, &wanted).into_iter();
            if let Some(target) = chain.next() {
                self.take(&target);
                let message = format!("{wanted} cannot be used, {target} is next in the chain");
                let next = chain.collect();
                return Ok(self.decide(target, reason("fallback", message), Some(wanted), next));
            }
        }
        Err(RoutingError::NoneUsable {
            candidates: self.candidates,
        })
    }

    /// The targets of the chain that can be used, in order, without `wanted`.
    fn usable_chain(
        &mut self,
        request: &RouteRequest,
        agent: &Agent,
        wanted: &Target,
    ) -> Vec<Target> {
        if request.no_fallback {
            return Vec::new();
        }
        let mut usable: Vec<Target> = Vec::new();
        for target in &agent.fallback_chain {
            if target == wanted || usable.contains(target) {
                continue;
            }
            match self.objection(target) {
                Some(rejected) => self.note(target, "fallback", Some(rejected)),
                None => {
                    self.note(
                        target,
                        "fallback",
                        Some(usable::reject(
                            "not_needed",
                            "an earlier target can take the request".to_owned(),
                        )),
                    );
                    usable.push(target.clone());
                }
            }
        }
        usable
    }

    /// Note `target` and say whether it can be used.
    fn consider(&mut self, target: &Target, origin: &str) -> bool {
        let rejected = self.objection(target);
        let usable = rejected.is_none();
        self.note(target, origin, rejected);
        usable
    }

    fn objection(&self, target: &Target) -> Option<Rejection> {
        usable::objection(target, self.settings, self.availability, self.prompt_tokens).or_else(
            || {
                let closed = self.closed.iter().find(|(closed, _)| closed == target);
                closed.map(|(_, rejected)| rejected.clone())
            },
        )
    }

    fn note(&mut self, target: &Target, origin: &str, rejected: Option<Rejection>) {
        self.candidates.push(Candidate {
            target: target.clone(),
            origin: origin.to_owned(),
            rejected,
        });
    }

    /// Turn the note about a target that was kept in reserve into the one that was taken.
    fn take(&mut self, target: &Target) {
        if let Some(candidate) = self
            .candidates
            .iter_mut()
            .find(|candidate| candidate.target == *target && candidate.origin == "fallback")
        {
            candidate.rejected = None;
        }
    }

    fn decide(
        self,
        target: Target,
        reason: Reason,
        original: Option<Target>,
        next: Vec<Target>,
    ) -> Decision {
        let estimate = self.prompt_tokens.and_then(|tokens| {
            let prices = self.settings.models.get(&target.model)?.prices;
            input_cost(&prices, tokens)
        });
        Decision {
            fallback_used: original.is_some(),
            target,
            reason,
            original,
            next,
            candidates: self.candidates,
            prompt_tokens: self.prompt_tokens,
            estimate,
        }
    }
}

/// The target that the configuration wants, whether it can be used or not.
fn wanted(request: &RouteRequest, name: &AgentName, agent: &Agent) -> Choice {
    let mut choice = Choice {
        target: agent.preferred.clone(),
        origin: "preferred",
        why: reason(
            "preferred",
            format!("agent '{name}' preferred configuration"),
        ),
    };
    if let Some(task_type) = &request.task_type
        && let Some(model) = agent.task_types.get(task_type)
    {
        choice.target.model = model.clone();
        choice.origin = "task_type";
        choice.why = reason(
            "task_type",
            format!("task type '{task_type}' override for agent '{name}'"),
        );
    }
    choice
}

fn input_cost(prices: &Prices, tokens: u64) -> Option<MicroUsd> {
    prices.cost_of(&Usage {
        input: Some(tokens),
        output: Some(0),
        ..Usage::default()
    })
}

fn offers(settings: &Settings, tool: &ToolName, model: &ModelName) -> bool {
    settings
        .tools
        .get(tool)
        .is_some_and(|tool| tool.models.contains_key(model))
}

fn reason(code: &str, message: String) -> Reason {
    Reason {
        code: code.to_owned(),
        message,
    }
}

#[cfg(test)]
#[path = "route_tests.rs"]
pub(super) mod tests;
