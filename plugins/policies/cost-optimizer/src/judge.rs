//! The decision: stay, go to a cheaper model, or leave a cheap one.
//!
//! Owns its order. The host asks again after a reroute, with the new target chosen, so every reroute must lead to a target
//! at which this policy is content.

use tollgate_policy_sdk::prelude::*;

use crate::compare::Size;
use crate::rule::Rule;
use crate::weights::WEIGHTS;

const SIMPLE: &str = "origin:simple";
const COMPLEX: &str = "origin:complex";
/// What came before it in the configuration cannot be used.
const FALLBACK: &str = "origin:fallback";
/// The user named the model for this kind of task.
const TASK_TYPE: &str = "origin:task_type";

/// A request that may be moved, with what decides over it.
struct Case<'a> {
    rule: &'a Rule,
    request: &'a Request,
    place: u32,
    chosen: &'a Target,
    tokens: u64,
    size: Size,
    complexity: Option<u64>,
}

/// Whether the task is simple, and why, in words.
struct Simple {
    yes: bool,
    why: String,
}

/// Judges one request.
pub(crate) fn judge(rule: &Rule, request: &Request) -> Verdict {
    let complexity = WEIGHTS.score(|name| request.feature(name));
    let verdict = match case(rule, request, complexity) {
        Some(case) => case.judge(),
        None => Verdict::pass(),
    };
    let verdict = verdict.fact("threshold_tokens", rule.threshold);
    match complexity {
        Some(complexity) => verdict.fact("complexity", complexity),
        None => verdict,
    }
}

/// None: the request is not to be moved, or nobody knows how long it is.
fn case<'a>(rule: &'a Rule, request: &'a Request, complexity: Option<u64>) -> Option<Case<'a>> {
    if request.pinned || request.phase != phase::RUN_START {
        return None;
    }
    let tokens = request.prompt_tokens?;
    let chosen = request.chosen_target()?;
    Some(Case {
        rule,
        request,
        place: request.chosen?,
        chosen,
        tokens,
        size: Size::new(rule, tokens, request, &chosen.tool),
        complexity,
    })
}

impl Case<'_> {
    fn judge(&self) -> Verdict {
        let simple = self.simple();
        if let Some(verdict) = self.stay(&simple) {
            return verdict;
        }
        if simple.yes {
            return self.cheaper(&simple);
        }
        self.better(&simple)
    }

    fn simple(&self) -> Simple {
        let Self { rule, tokens, .. } = self;
        let is_in = |types: &[String]| {
            let kind = self.request.task_type.as_ref()?;
            types.contains(kind).then(|| kind.clone())
        };
        let answer = |yes, why| Simple { yes, why };
        if let Some(kind) = is_in(&rule.complex_types) {
            return answer(false, format!("task type '{kind}' is complex"));
        }
        if let Some(kind) = is_in(&rule.simple_types) {
            return answer(true, format!("task type '{kind}' is simple"));
        }
        // Of two bounds the wider one holds.
        let threshold = rule.threshold.max(rule.prefer_cheaper_under.unwrap_or(0));
        if *tokens >= threshold {
            return answer(false, format!("prompt {tokens} tokens >= {threshold}"));
        }
        let short = format!("prompt {tokens} tokens < {threshold}");
        match (rule.max_complexity, self.complexity) {
            (Some(_), None) => answer(false, format!("{short}, but its complexity is not known")),
            (Some(most), Some(complexity)) if complexity > most => answer(
                false,
                format!("{short}, but its complexity {complexity} > {most}"),
            ),
            _ => answer(true, short),
        }
    }

    /// Stay with the target that has the beginning in its cache. A cache belongs to one tool; a model that the user
    /// named for the kind of task comes before it, and so does a task that is too hard for a cheap model.
    fn stay(&self, simple: &Simple) -> Option<Verdict> {
        let sticky = self.request.sticky.filter(|_| self.rule.sticky)?;
        let target = self.request.target(sticky)?;
        let stays = sticky == self.place;
        let too_weak = !simple.yes && self.is_simple(target) && !self.is_complex(target);
        if too_weak && !(stays && self.first_complex().is_none()) {
            return None;
        }
        if stays {
            let message = format!("'{}' was used before and has it in its cache", target.model);
            return Some(Verdict::allow().because("sticky", message));
        }
        let needed = self.chosen.has_tag(FALLBACK) || self.chosen.has_tag(TASK_TYPE);
        if needed || !self.can_go_to(target) {
            return None;
        }
        let message = format!(
            "'{}' was used before and has it in its cache; '{}' does not",
            target.model, self.chosen.model
        );
        Some(Verdict::reroute(sticky).because("sticky", message))
    }

    /// The cheapest target that will do.
    fn cheaper(&self, simple: &Simple) -> Verdict {
        let under = self.rule.prefer_cheaper_under;
        let any_will_do = under.is_some_and(|bound| self.tokens < bound);
        let mut best: Option<(u32, &Target, u64)> = None;
        for (place, target) in self.request.indexed() {
            let named = any_will_do || self.is_simple(target);
            if place == self.place || !named || !self.can_go_to(target) {
                continue;
            }
            let Some(saving) = self.size.saving(target, self.chosen) else {
                continue;
            };
            // Among equally cheap ones the order of the configuration decides.
            if best.is_none_or(|(_, best, _)| self.size.saving(target, best).is_some()) {
                best = Some((place, target, saving));
            }
        }
        let Some((place, target, saving)) = best else {
            return Verdict::pass();
        };
        let complexity = match self.complexity {
            Some(complexity) => format!(" (complexity {complexity})"),
            None => String::new(),
        };
        let message = format!("{}; '{}' is cheaper{complexity}", simple.why, target.model);
        Verdict::reroute(place)
            .because("cost_optimization", message)
            .fact("saving_microusd", saving)
    }

    /// Not simple: stay, unless the target is one for simple tasks and there is another.
    fn better(&self, simple: &Simple) -> Verdict {
        if !self.optimises() {
            return Verdict::pass();
        }
        if self.is_simple(self.chosen)
            && !self.is_complex(self.chosen)
            && let Some((place, target)) = self.first_complex()
        {
            let message = format!("{}; '{}' is for such tasks", simple.why, target.model);
            return Verdict::reroute(place).because("complex_task", message);
        }
        Verdict::allow().because("above_threshold", &*simple.why)
    }

    fn first_complex(&self) -> Option<(u32, &Target)> {
        let mut named = self.rule.complex_models.iter();
        named.find_map(|model| {
            let mut targets = self.request.indexed();
            targets.find(|(_, target)| target.model == *model && self.can_go_to(target))
        })
    }

    /// Whether there is anything to optimise at all; otherwise a threshold is nobody's reason.
    fn optimises(&self) -> bool {
        !self.rule.simple_models.is_empty()
            || self.rule.prefer_cheaper_under.is_some()
            || self
                .request
                .targets
                .iter()
                .any(|target| target.has_tag(SIMPLE))
    }

    fn is_simple(&self, target: &Target) -> bool {
        target.has_tag(SIMPLE) || self.rule.simple_models.contains(&target.model)
    }

    fn is_complex(&self, target: &Target) -> bool {
        target.has_tag(COMPLEX) || self.rule.complex_models.contains(&target.model)
    }

    fn can_go_to(&self, target: &Target) -> bool {
        target.available && target.tool == self.chosen.tool && self.size.fits(target)
    }
}
