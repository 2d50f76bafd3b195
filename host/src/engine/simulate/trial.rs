//! One decision judged again: what the policies were told, with the limits as they would have
//! stood, and then the host's own look at hard limits.

use jiff::Timestamp;

use crate::budget::{Asking, Book, FirstAmount, Refusal, first_amount};
use crate::model::{
    AgentName, Amounts, BudgetLimit, LimitKind, MicroUsd, OnUnpriced, Opinion, PolicyRequest,
    PolicyWindow, RunId, Settings, Target,
};
use crate::verdict::{Judged, Ruling, judge};

use super::super::denied::HOST;
use super::super::policy::{Chain, unattended};
use super::course::Course;
use super::panel::Panel;
use super::recorded::{Asked, Recorded};

/// What decides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) chain: &'a Chain,
    pub(super) limits: &'a [BudgetLimit],
    pub(super) on_unpriced: OnUnpriced,
}

/// What would have become of a request.
#[derive(Debug, Clone)]
pub(super) struct Tried {
    pub(super) course: Course,
    /// Place of its target among those that were offered.
    pub(super) place: usize,
    /// What it would set aside there.
    pub(super) set_aside: SetAside,
}

/// What a request would set aside at one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SetAside {
    pub(super) amounts: Amounts,
    /// What it is expected to cost, when that can be told.
    pub(super) estimate: Option<MicroUsd>,
    /// A hard limit on money is in force, and nobody can tell what it costs.
    unheld: bool,
}

/// Everything that one trial works with.
struct Trial<'a> {
    rules: Rules<'a>,
    book: &'a Book,
    recorded: &'a Recorded,
    agent: AgentName,
    run: Option<RunId>,
    now: Timestamp,
    targets: Vec<Target>,
}

#[cfg(test)]
impl SetAside {
    /// So much, at that price.
    pub(super) fn for_tests(amounts: Amounts) -> Self {
        Self {
            amounts,
            estimate: Some(MicroUsd(amounts.uusd)),
            unheld: false,
        }
    }
}

impl<'a> Rules<'a> {
    /// Those of a chain and of settings.
    pub(super) fn new(chain: &'a Chain, settings: &'a Settings) -> Self {
        Self {
            chain,
            limits: &settings.limits,
            on_unpriced: settings.on_unpriced,
        }
    }

    /// Judge `request` again, as it was told for `recorded`.
    pub(super) fn judge(
        &self,
        recorded: &Recorded,
        request: &mut PolicyRequest,
        book: &Book,
        panel: &mut Panel<'_, '_>,
    ) -> Tried {
        let trial = Trial {
            rules: *self,
            book,
            recorded,
            agent: AgentName::new(request.agent.as_str()),
            run: (!request.run.is_empty()).then(|| RunId::new(request.run.as_str())),
            now: moment(request.now_ms).unwrap_or(recorded.event.at),
            targets: request.targets.iter().map(target).collect(),
        };
        let judged = judge(
            request.chosen.unwrap_or(0),
            request.pinned,
            |chosen, visited| {
                trial.tell(request, chosen, visited);
                panel.ask(request)
            },
        );
        trial.rule(&judged, request)
    }
}

impl Trial<'_> {
    /// What the policies are told when the request is about to go to `chosen`: what was visited
    /// before is not to be had any more.
    fn tell(&self, request: &mut PolicyRequest, chosen: u32, visited: &[u32]) {
        if !visited.is_empty() {
            for (place, offer) in (0..).zip(&mut request.targets) {
                offer.available = place == chosen || !visited.contains(&place);
            }
        }
        request.chosen = Some(chosen);
        let place = usize::try_from(chosen).unwrap_or(usize::MAX);
        request.windows = self.windows(request, place);
    }

    fn windows(&self, request: &PolicyRequest, place: usize) -> Vec<PolicyWindow> {
        let Some(target) = self.targets.get(place) else {
            return Vec::new();
        };
        let set_aside = self.set_aside(request, place);
        let asking = self.asking(target, self.run.as_ref(), self.now);
        let windows = self.book.windows(self.rules.limits, &asking);
        let wanted = |metric: crate::model::Metric| {
            let unknown = metric.is_money() && set_aside.unheld;
            (!unknown).then(|| set_aside.amounts.of(metric))
        };
        windows
            .iter()
            .map(|window| window.to_policy(wanted(window.limit.metric)))
            .collect()
    }

    /// What the request would set aside at a target: by the estimate on record.
    fn set_aside(&self, request: &PolicyRequest, place: usize) -> SetAside {
        let estimate = request.targets.get(place).and_then(|it| it.estimate_uusd);
        let estimate = estimate.map(MicroUsd);
        let target = self.targets.get(place);
        let under_hard_usd = self.rules.limits.iter().any(|limit| {
            limit.kind == LimitKind::Hard
                && limit.metric.is_money()
                && target.is_some_and(|target| limit.scope.covers(&self.agent, target))
        });
        let asked = FirstAmount {
            prompt_tokens: request.prompt_tokens.unwrap_or(0),
            prices: None,
            estimate,
            cap: None,
            on_unpriced: self.rules.on_unpriced,
            under_hard_usd,
            is_billed: false,
        };
        let anyway = FirstAmount {
            on_unpriced: OnUnpriced::Refuse,
            under_hard_usd: false,
            ..asked
        };
        let first = first_amount(&asked);
        let unheld = first.is_err();
        let nothing = Amounts {
            requests: 1,
            ..Amounts::default()
        };
        let amounts = first.or_else(|_| first_amount(&anyway));
        SetAside {
            amounts: amounts.map_or(nothing, |reserve| reserve.amounts),
            estimate,
            unheld,
        }
    }

    fn asking<'s>(
        &'s self,
        target: &'s Target,
        run: Option<&'s RunId>,
        now: Timestamp,
    ) -> Asking<'s> {
        Asking {
            agent: &self.agent,
            target,
            run,
            within: self.recorded.around.within,
            cap: self.recorded.around.cap,
            now,
            except: None,
        }
    }

    /// From the ruling, the user's answers, and the limits to yes or no.
    fn rule(&self, judged: &Judged, request: &PolicyRequest) -> Tried {
        let place = usize::try_from(judged.final_chosen).unwrap_or(usize::MAX);
        let set_aside = self.set_aside(request, place);
        let asked = matches!(judged.ruling, Ruling::Ask { .. });
        let mut course = Course {
            asked,
            ..Course::default()
        };
        let against = match &judged.ruling {
            Ruling::Deny { by, reasons } => {
                let code = reasons.first().map_or("denied", |reason| &reason.code);
                Some((by.as_str(), code))
            }
            Ruling::Ask { .. } if !self.is_confirmed(judged, request) => {
                Some((judged.ruling.by().unwrap_or_default(), "not_confirmed"))
            }
            _ => self
                .limit_in_the_way(request, place, &set_aside)
                .map(|code| (HOST, code)),
        };
        match against {
            Some((by, code)) => {
                (course.by, course.code) = (Some(by.to_owned()), Some(code.to_owned()));
            }
            None => {
                course.target = self.targets.get(place).cloned();
                course.rerouted = judged.path.len() > 1;
                course.by = judged.ruling.by().map(str::to_owned);
                let first = judged.ruling.reasons().first();
                course.code = first.map(|reason| reason.code.clone());
            }
        }
        Tried {
            course,
            place,
            set_aside,
        }
    }

    /// Whether all questions count as answered with yes. A person's answer holds for the question
    /// that was put to that person; all others have the answer that the chain has for them.
    fn is_confirmed(&self, judged: &Judged, request: &PolicyRequest) -> bool {
        let was_asked = |asked: &Asked| self.recorded.asked.iter().any(|it| it.is(asked));
        let answer = self.recorded.answer.as_deref();
        let Ruling::Ask { questions, .. } = &judged.ruling else {
            return true;
        };
        questions.iter().all(|question| {
            let put = put(&judged.opinions, &question.0);
            match answer.filter(|_| put.is_some_and(|put| was_asked(&put))) {
                Some("yes") => true,
                Some("no") => false,
                _ if is_forced(request) => true,
                _ => unattended(self.rules.chain, std::slice::from_ref(question)) == Some(true),
            }
        })
    }

    /// Why the host does not let it go, if it does not.
    fn limit_in_the_way(
        &self,
        request: &PolicyRequest,
        place: usize,
        set_aside: &SetAside,
    ) -> Option<&'static str> {
        let target = self.targets.get(place)?;
        let forced = is_forced(request);
        if set_aside.unheld && !forced {
            return Some("unpriced");
        }
        let asking = self.asking(target, Some(&self.recorded.place.0), self.recorded.event.at);
        match self
            .book
            .refusal(self.rules.limits, &asking, &set_aside.amounts)
        {
            Some(Refusal::Cap(_)) => return Some("budget_exceeded"),
            Some(Refusal::Limit(_)) if !forced => return Some("budget_exceeded"),
            _ => {}
        }
        // Whose cap it was is not on record where nothing ran; it would be in the way again. One
        // that nobody could price is looked at above.
        let again = self.recorded.refused_beside_limits() && set_aside.estimate.is_some();
        again.then_some("budget_exceeded")
    }
}

/// The last question of a policy.
fn put(opinions: &[Opinion], policy: &str) -> Option<Asked> {
    let of_policy = opinions.iter().filter(|it| it.policy == policy);
    of_policy.filter_map(Asked::of).next_back()
}

fn is_forced(request: &PolicyRequest) -> bool {
    let mut facts = request.facts.iter();
    facts.any(|(name, value)| name == "forced" && value == "true")
}

fn target(told: &crate::model::PolicyTarget) -> Target {
    Target {
        tool: told.tool.as_str().into(),
        model: told.model.as_str().into(),
    }
}

fn moment(ms: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()
}
