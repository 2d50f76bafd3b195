//! Where a request goes, what the policies say to it, and what it sets aside.
//!
//! Looks and asks; writes nothing. What it found is checked again under the lock of the record, by
//! whoever writes.

use std::ffi::OsString;
use std::path::Path;

use uuid::Uuid;

use crate::lifecycle::OpenBreaker;
use crate::model::{
    AgentName, Decision, Digest, Phase, Question, Rejection, RunId, Settings, Target,
};
use crate::routing::{
    RouteRequest, RoutingError, alternatives, estimate_tokens, features, noted, route,
};
use crate::sandbox::Sandbox;
use crate::verdict::Ruling;

use super::denied::Denied;
use super::error::EngineError;
use super::house::{Engine, accounts, availability};
use super::ledger::Ledger;
use super::policy::{
    AskedPolicies, Case, Chain, Loader, Standing, Wanted, offers, unattended, wanted,
};
use super::progress::Warning;
use super::request::{Consent, ExecRequest};
use super::weighed::{follow, remarks, sticky, unanswered};

/// What came of weighing a request.
pub(super) struct Weighed {
    /// Where it goes.
    pub(super) decision: Decision,
    /// What the policies said.
    pub(super) asked: AskedPolicies,
    /// What it sets aside.
    pub(super) wanted: Wanted,
    /// What questions were answered with.
    pub(super) answer: Option<&'static str>,
    /// What the user should know.
    pub(super) remarks: Vec<Warning>,
}

/// Why a request is not taken on.
pub(super) enum Unwilling {
    /// It goes nowhere.
    Routing(RoutingError),
    /// A policy or the user said no.
    Denied(Box<Weighed>, Denied),
    /// The user must be asked first.
    Questions(Box<Weighed>, Vec<(String, Question)>),
}

/// What a question comes to.
enum Answer {
    Proceed(&'static str),
    Refuse(&'static str),
    MustAsk,
}

/// What weighing needs, with a record or without one.
#[derive(Clone, Copy)]
pub(super) struct Scale<'a> {
    pub(super) settings: &'a Settings,
    pub(super) env: &'a [(OsString, OsString)],
    pub(super) sandbox: &'a Sandbox,
    pub(super) state_dir: &'a Path,
    /// The attempt whose agent asks.
    pub(super) within: Option<Uuid>,
}

impl Engine {
    fn scale(&self) -> Scale<'_> {
        Scale {
            settings: &self.settings,
            env: &self.env,
            sandbox: &self.sandbox,
            state_dir: &self.desk.state_dir,
            within: self.desk.within,
        }
    }

    /// The policies as they are configured now.
    ///
    /// # Errors
    /// When the record cannot be read, or a policy does not take its configuration.
    pub(super) fn chain(&self) -> Result<Chain, EngineError> {
        let scale = self.scale();
        let before = self.desk.view(|ledger| scale.before(ledger))?;
        scale.chain(&before)
    }

    /// Weigh a request that is to join `run`, or to start one.
    pub(super) fn weigh(
        &self,
        request: &ExecRequest,
        run: Option<&RunId>,
        chain: &Chain,
    ) -> Result<Result<Weighed, Unwilling>, EngineError> {
        let now = self.desk.clock.now();
        let scale = self.scale();
        self.desk
            .view(|ledger| scale.weigh(request, run, chain, Moment { ledger, now }))
    }
}

/// The record at a moment.
#[derive(Clone, Copy)]
pub(super) struct Moment<'l> {
    pub(super) ledger: &'l Ledger,
    pub(super) now: jiff::Timestamp,
}

impl Scale<'_> {
    /// Which component answered last for each policy of the chain.
    pub(super) fn before(&self, ledger: &Ledger) -> Vec<(String, Digest)> {
        let names = self.settings.chain.iter().map(|entry| entry.name.as_str());
        let known = names.filter_map(|name| Some((name.to_owned(), ledger.policy(name)?.clone())));
        known.collect()
    }

    /// The policies as they are configured now.
    pub(super) fn chain(&self, before: &[(String, Digest)]) -> Result<Chain, EngineError> {
        let loader = Loader {
            sandbox: self.sandbox,
            state_dir: self.state_dir,
        };
        let before = |name: &str| {
            let known = before.iter().find(|(known, _)| known == name);
            known.map(|(_, digest)| digest)
        };
        let chain = loader.load(&self.settings.chain, before);
        if chain.problems.is_empty() {
            return Ok(chain);
        }
        Err(EngineError::PolicyConfig {
            problems: chain.problems,
        })
    }

    /// Weigh a request as things stand.
    pub(super) fn weigh(
        &self,
        request: &ExecRequest,
        run: Option<&RunId>,
        chain: &Chain,
        moment: Moment<'_>,
    ) -> Result<Weighed, Unwilling> {
        let decision = self.decide(request, moment).map_err(Unwilling::Routing)?;
        let weighing = Weighing {
            scale: *self,
            request,
            chain,
            standing: Standing {
                book: moment.ledger.book(),
                now: moment.now,
            },
            sticky: sticky(moment.ledger, request, run),
            run,
        };
        weighing.weigh(decision)
    }

    /// Where routing sends a request, without what is kept from use.
    fn decide(&self, request: &ExecRequest, moment: Moment<'_>) -> Result<Decision, RoutingError> {
        let sized = RouteRequest {
            prompt_tokens: Some(estimate_tokens(&request.prompt)),
            // A session belongs to its tool; another one would not know it.
            no_fallback: request.route.no_fallback || request.resume.is_some(),
            closed: self.closed(moment),
            ..request.route.clone()
        };
        let here = availability(self.settings, self.env);
        match route(&sized, self.settings, &here) {
            // What failed lately leads elsewhere, and where there is no elsewhere it is tried: it
            // may have been seen to by now.
            Err(RoutingError::NoneUsable { .. }) if !sized.closed.is_empty() => {
                let sized = RouteRequest {
                    closed: Vec::new(),
                    ..sized
                };
                route(&sized, self.settings, &here)
            }
            routed => routed,
        }
    }

    /// Every target that a breaker keeps from use now.
    fn closed(&self, moment: Moment<'_>) -> Vec<(Target, Rejection)> {
        let breakers = moment.ledger.breakers();
        let accounts = accounts(self.settings);
        let mut closed = Vec::new();
        for (tool_name, tool) in &self.settings.tools {
            for model in tool.models.keys() {
                let target = Target {
                    tool: tool_name.clone(),
                    model: model.clone(),
                };
                if let Some(open) = breakers.open_for(&accounts, &target, moment.now) {
                    let rejection = Rejection {
                        code: "breaker_open".to_owned(),
                        message: kept_from_use(&open),
                    };
                    closed.push((target, rejection));
                }
            }
        }
        closed
    }
}

/// Why something is not used for a while, for people.
fn kept_from_use(open: &OpenBreaker<'_>) -> String {
    let what = format!("{} {}", open.scope.as_str(), open.key);
    let code = open.code.as_str();
    match (open.until, open.probing) {
        (_, true) => format!("{what} failed ({code}), and another attempt is trying it"),
        (Some(until), _) => format!("{what} failed ({code}) and is not used until {until:.0}"),
        (None, _) => format!(
            "{what} failed ({code}) and is not used until somebody sees to it: \
             tollgate breaker reset {}",
            open.key
        ),
    }
}

/// Everything that weighing works with.
struct Weighing<'a> {
    scale: Scale<'a>,
    request: &'a ExecRequest,
    chain: &'a Chain,
    standing: Standing<'a>,
    sticky: Option<Target>,
    run: Option<&'a RunId>,
}

impl Weighing<'_> {
    fn weigh(self, decision: Decision) -> Result<Weighed, Unwilling> {
        let settings = self.scale.settings;
        let env = availability(settings, self.scale.env);
        let others = alternatives(&decision, settings, &env);
        let agent = AgentName::new(self.request.route.agent.as_str());
        let case = self.case(&agent, &decision, offers(&decision, &others));
        let asked = case.ask(self.chain, self.standing, 0);
        let decision = follow(noted(decision, &others), &asked);
        let target = decision.target.clone();
        let weighed = Weighed {
            wanted: wanted(&case, self.standing.book, &target, self.standing.now),
            remarks: remarks(self.chain, &asked),
            decision,
            answer: None,
            asked,
        };
        self.rule(weighed)
    }

    fn case<'c>(
        &'c self,
        agent: &'c AgentName,
        decision: &Decision,
        offers: Vec<super::policy::Offer>,
    ) -> Case<'c> {
        let request = self.request;
        let mut facts = Vec::new();
        if request.consent.force {
            facts.push(("forced".to_owned(), "true".to_owned()));
        }
        if request.justification.is_some() {
            facts.push(("justified".to_owned(), "true".to_owned()));
        }
        Case {
            settings: self.scale.settings,
            phase: Phase::RunStart,
            agent,
            task_type: request.route.task_type.as_deref(),
            prompt_bytes: request.prompt.len() as u64,
            prompt_tokens: decision.prompt_tokens,
            features: features(&request.prompt),
            offers,
            sticky: self.sticky.clone(),
            pinned: decision.reason.code == "pinned",
            cap: request.max_cost,
            run: self.run.cloned(),
            within: self.scale.within,
            except: None,
            cwd: Some(request.cwd.display().to_string()),
            command: None,
            event: None,
            attempts: Vec::new(),
            facts,
        }
    }

    /// From the ruling and the user's consent to yes or no.
    fn rule(&self, mut weighed: Weighed) -> Result<Weighed, Unwilling> {
        let denied = match &weighed.asked.judged.ruling {
            Ruling::Proceed | Ruling::Reroute { .. } => return Ok(weighed),
            Ruling::Deny { by, reasons } => Denied {
                by: by.clone(),
                reasons: reasons.clone(),
                limit: None,
                run: None,
            },
            Ruling::Ask { questions, .. } => match self.answer(questions) {
                Answer::Proceed(answer) => {
                    weighed.answer = Some(answer);
                    return Ok(weighed);
                }
                Answer::MustAsk => {
                    let questions = questions.clone();
                    return Err(Unwilling::Questions(Box::new(weighed), questions));
                }
                Answer::Refuse(answer) => {
                    weighed.answer = Some(answer);
                    unanswered(questions)
                }
            },
        };
        Err(Unwilling::Denied(Box::new(weighed), denied))
    }

    fn answer(&self, questions: &[(String, Question)]) -> Answer {
        let Consent {
            answer,
            attended,
            force,
        } = self.request.consent;
        match answer {
            Some(true) => Answer::Proceed("yes"),
            Some(false) => Answer::Refuse("no"),
            None if force => Answer::Proceed("forced"),
            None if attended => Answer::MustAsk,
            None if unattended(self.chain, questions) == Some(true) => {
                Answer::Proceed("unattended_proceed")
            }
            None => Answer::Refuse("unattended_refuse"),
        }
    }
}
