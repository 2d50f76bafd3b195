//! Policies that watch a run: asked before its command is started, when its agent uses a tool, and
//! as it uses tokens.
//!
//! A no ends the attempt. There is nobody to ask in the middle of a run, so questions get the answer
//! that the configuration has for them.

use serde_json::{Value, json};

use crate::model::{AgentName, AttemptRef, Failure, FailureCode, Phase, PolicyJudged, Target};
use crate::verdict::Ruling;

use super::error::EngineError;
use super::house::Engine;
use super::launch::Launch;
use super::policy::{Case, Chain, Loader, Offer, Standing, judged_event, unattended};

/// The policies that watch one attempt.
pub(super) struct Gate<'a> {
    engine: &'a Engine,
    launch: &'a Launch,
    target: &'a Target,
    name: AttemptRef,
    agent: AgentName,
    chain: Chain,
    command: Option<(String, Vec<String>)>,
}

/// What they say.
pub(super) struct Said {
    /// Why the attempt must not go on.
    pub(super) stop: Option<Failure>,
    /// For the record, when there is something to tell.
    pub(super) judged: Option<PolicyJudged>,
}

impl<'a> Gate<'a> {
    /// Load the policies that the run began with, as far as they watch it.
    pub(super) fn new(
        engine: &'a Engine,
        launch: &'a Launch,
        target: &'a Target,
        name: &AttemptRef,
    ) -> Self {
        let loader = Loader {
            sandbox: &engine.sandbox,
            state_dir: &engine.desk.state_dir,
        };
        Self {
            engine,
            launch,
            target,
            name: name.clone(),
            agent: AgentName::new(launch.asked.agent.as_str()),
            chain: loader.load_pinned(&launch.policies, &[Phase::RunEvent]),
            command: None,
        }
    }

    /// Ask about the command that is about to be started. It stays known for what comes later.
    pub(super) fn command(
        &mut self,
        program: String,
        args: Vec<String>,
    ) -> Result<Said, EngineError> {
        self.command = Some((program, args));
        self.ask(&json!({ "kind": "command" }), true)
    }

    /// Ask about a tool that the agent uses. Its arguments are words of the model, and stay out.
    pub(super) fn tool_call(&self, name: &str) -> Result<Said, EngineError> {
        self.ask(&json!({ "kind": "tool-call", "name": name }), false)
    }

    /// Ask about what was used so far.
    pub(super) fn usage(&self, spent_uusd: Option<u64>, tokens: u64) -> Result<Said, EngineError> {
        let event = json!({ "kind": "usage", "spent_uusd": spent_uusd, "tokens": tokens });
        self.ask(&event, false)
    }

    /// `always`: tell the record also when nobody objects.
    fn ask(&self, event: &Value, always: bool) -> Result<Said, EngineError> {
        if !self.chain.answers_in(Phase::RunEvent) {
            return Ok(Said {
                stop: None,
                judged: None,
            });
        }
        let case = self.case(event);
        let now = self.engine.desk.clock.now();
        let asked = self.engine.desk.view(|ledger| {
            let book = ledger.book();
            case.ask(&self.chain, Standing { book, now }, 0)
        })?;
        let answer = unattended(&self.chain, asked.questions());
        let stop = match &asked.judged.ruling {
            Ruling::Deny { by, reasons } => {
                let reason = reasons.first();
                let why = reason.map_or("", |reason| reason.message.as_str());
                let money = reason.is_some_and(|reason| reason.code == "budget_exceeded");
                let code = if money {
                    FailureCode::OVER_BUDGET
                } else {
                    FailureCode::POLICY_STOP
                };
                Some((code, format!("policy '{by}' stopped it: {why}")))
            }
            Ruling::Ask { questions, .. } if answer == Some(false) => {
                let (by, question) = questions.first().map_or(("", ""), |(by, question)| {
                    (by.as_str(), question.title.as_str())
                });
                let why = format!("policy '{by}' asks, and nobody is there to answer: {question}");
                Some((FailureCode::POLICY_STOP, why))
            }
            _ => None,
        };
        let word = answer.map(|yes| {
            if yes {
                "unattended_proceed"
            } else {
                "unattended_refuse"
            }
        });
        let faulty = asked.judged.opinions.iter().any(|it| it.fault.is_some());
        let privacy = self.engine.settings.telemetry.privacy;
        let tell = always || faulty || stop.is_some() || word.is_some();
        Ok(Said {
            judged: tell.then(|| judged_event(&asked, word, privacy)),
            stop: stop.map(|(code, why)| Failure::fatal(code, why)),
        })
    }

    fn case(&self, event: &Value) -> Case<'_> {
        let asked = &self.launch.asked;
        let mut facts = Vec::new();
        if asked.forced {
            facts.push(("forced".to_owned(), "true".to_owned()));
        }
        Case {
            settings: &self.engine.settings,
            phase: Phase::RunEvent,
            agent: &self.agent,
            task_type: asked.task_type.as_deref(),
            prompt_bytes: 0,
            prompt_tokens: self.launch.decision.prompt_tokens,
            features: Vec::new(),
            offers: vec![Offer {
                target: self.target.clone(),
                origins: Vec::new(),
            }],
            sticky: None,
            // What runs cannot be led elsewhere.
            pinned: true,
            cap: None,
            run: Some(self.name.run.clone()),
            within: self.engine.desk.within,
            // What it set aside counts as its own; what more it would want is nothing.
            except: None,
            cwd: Some(asked.cwd.display().to_string()),
            command: self.command.clone(),
            event: Some(event.to_string()),
            attempts: Vec::new(),
            facts,
        }
    }
}
