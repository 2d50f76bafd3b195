//! Asking the chain, and putting on record what came of it.

use std::time::Duration;

use crate::model::{Opinion, Phase, PolicyJudged, PolicyRequest, PrivacyLevel, Question, Target};
use crate::verdict::{Judged, Ruling, judge};

use super::chain::{Chain, Link};
use super::facts::{Case, Standing};
use super::fitted::fitted;

/// What came of asking.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Asked {
    /// The ruling, with every opinion behind it.
    pub(in crate::engine) judged: Judged,
    /// What was told first.
    pub(in crate::engine) request: PolicyRequest,
    /// The targets that it led through, the last being the one that is used.
    pub(in crate::engine) path: Vec<Target>,
    phase: Phase,
}

impl Case<'_> {
    /// Ask every policy that answers in the case's phase, beginning with the offer `chosen`.
    pub(in crate::engine) fn ask(
        &self,
        chain: &Chain,
        standing: Standing<'_>,
        chosen: u32,
    ) -> Asked {
        let request = self.request(standing, chosen, &[]);
        let judged = judge(chosen, self.pinned, |chosen, visited| {
            let told = if visited.is_empty() {
                request.clone()
            } else {
                self.request(standing, chosen, visited)
            };
            opinions(chain, self.phase, &told)
        });
        let places = judged.path.iter();
        let path = places
            .filter_map(|place| self.offers.get(usize::try_from(*place).ok()?))
            .map(|offer| offer.target.clone())
            .collect();
        Asked {
            judged,
            request,
            path,
            phase: self.phase,
        }
    }
}

/// What every link says to the same request.
pub(in crate::engine) fn opinions(
    chain: &Chain,
    phase: Phase,
    request: &PolicyRequest,
) -> Vec<Opinion> {
    let links = chain.links.iter().filter(|link| link.answers_in(phase));
    links.map(|link| opinion(link, request)).collect()
}

fn opinion(link: &Link, request: &PolicyRequest) -> Opinion {
    let entry = &link.entry;
    let mut opinion = Opinion {
        policy: entry.name.clone(),
        version: String::new(),
        sha256: crate::model::Digest::new(""),
        required: entry.required,
        verdict: None,
        fault: None,
        cpu_us: 0,
        fuel: 0,
    };
    let plugin = match &link.plugin {
        Ok(plugin) => plugin,
        Err(why) => {
            opinion.fault = Some(format!("it cannot be loaded: {why}"));
            return opinion;
        }
    };
    let judgement = plugin.evaluate(&entry.config, request);
    opinion.version.clone_from(&plugin.about().version);
    opinion.sha256 = plugin.digest().clone();
    opinion.cpu_us = micros(judgement.cpu);
    opinion.fuel = judgement.fuel;
    match judgement.verdict {
        Ok(verdict) => opinion.verdict = Some(verdict),
        Err(fault) => opinion.fault = Some(crate::model::sentence(&fault)),
    }
    opinion
}

impl Asked {
    /// The questions that are open, if the ruling is to ask.
    pub(in crate::engine) fn questions(&self) -> &[(String, Question)] {
        match &self.judged.ruling {
            Ruling::Ask { questions, .. } => questions,
            _ => &[],
        }
    }

    /// How long to wait before the target is used.
    pub(in crate::engine) fn delay(&self) -> Duration {
        self.judged.delay
    }
}

/// What questions are answered with where nobody can be asked; `None` without questions.
pub(in crate::engine) fn unattended(
    chain: &Chain,
    questions: &[(String, Question)],
) -> Option<bool> {
    if questions.is_empty() {
        return None;
    }
    let mut asking = questions
        .iter()
        .map(|(policy, _)| chain.links.iter().find(|link| link.entry.name == *policy));
    Some(asking.all(|link| link.is_some_and(|link| link.entry.proceed_unattended)))
}

/// What the policies said, for the record.
pub(in crate::engine) fn judged_event(
    asked: &Asked,
    answer: Option<&str>,
    privacy: PrivacyLevel,
) -> PolicyJudged {
    let (ruling, by, codes) = match &asked.judged.ruling {
        Ruling::Proceed => ("proceed", None, Vec::new()),
        Ruling::Reroute { by, reasons, .. } => ("reroute", Some(by.clone()), codes(reasons)),
        Ruling::Deny { by, reasons } => ("deny", Some(by.clone()), codes(reasons)),
        Ruling::Ask { questions, .. } => {
            let first = questions.first().map(|(policy, _)| policy.clone());
            ("ask", first, Vec::new())
        }
    };
    let mut opinions = asked.judged.opinions.clone();
    let private = privacy == PrivacyLevel::None;
    if private {
        // Sentences tell figures and names that are not to be kept at this level.
        for verdict in opinions.iter_mut().filter_map(|it| it.verdict.as_mut()) {
            verdict.reasons.iter_mut().for_each(|it| it.message.clear());
            verdict.facts.clear();
            if let crate::model::PolicyDecision::Ask(question) = &mut verdict.decision {
                question.title.clear();
                question.detail.clear();
            }
        }
    }
    let judged = PolicyJudged {
        phase: asked.phase,
        ruling: ruling.to_owned(),
        by,
        codes,
        answer: answer.map(str::to_owned),
        path: asked.path.clone(),
        opinions,
        // Invariant: plain data always serialises.
        request: (!private).then(|| serde_json::to_value(&asked.request).unwrap_or_default()),
        cut: false,
    };
    fitted(judged)
}

fn codes(reasons: &[crate::model::PolicyReason]) -> Vec<String> {
    reasons.iter().map(|reason| reason.code.clone()).collect()
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
