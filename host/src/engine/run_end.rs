//! Policies that look back on a request: asked once, when nothing follows its last attempt.
//!
//! What they say goes on record with the end, and their reasons become remarks. It undoes nothing and
//! stops nothing: a no is kept as what it is, an opinion. A request whose supervisor died is put in
//! order by recovery, which asks nobody.

use serde_json::json;

use crate::model::{
    AgentName, AttemptRef, MicroUsd, Phase, PolicyAttempt, PolicyDecision, PolicyJudged, Target,
    Verdict,
};

use super::attempt::AttemptEnd;
use super::error::EngineError;
use super::house::Engine;
use super::launch::Launch;
use super::policy::{AskedPolicies, Case, Loader, Offer, Standing, judged_event, millis_of};
use super::progress::Warning;

/// Remarks that the user is told; the record has all.
const REMARKS: usize = 5;

/// A request that is over.
pub(super) struct RunEnd<'a> {
    pub(super) engine: &'a Engine,
    pub(super) launch: &'a Launch,
    /// Its last attempt.
    pub(super) name: &'a AttemptRef,
    /// Where that went.
    pub(super) target: &'a Target,
    /// How it ended.
    pub(super) end: &'a AttemptEnd,
    pub(super) changed_files: Option<bool>,
}

/// What they say.
pub(super) struct Hindsight {
    /// For the record.
    pub(super) judged: PolicyJudged,
    /// What the user should know.
    pub(super) remarks: Vec<Warning>,
}

impl RunEnd<'_> {
    /// Ask them; nothing where nobody wants to be asked.
    pub(super) fn ask(&self) -> Result<Option<Hindsight>, EngineError> {
        let loader = Loader {
            sandbox: &self.engine.sandbox,
            state_dir: &self.engine.desk.state_dir,
        };
        let chain = loader.load_pinned(&self.launch.policies, &[Phase::RunEnd]);
        if !chain.answers_in(Phase::RunEnd) {
            return Ok(None);
        }
        let agent = AgentName::new(self.launch.asked.agent.as_str());
        let case = self.case(&agent);
        let now = self.engine.desk.clock.now();
        let asked = self.engine.desk.view(|ledger| {
            let book = ledger.book();
            case.ask(&chain, Standing { book, now }, 0)
        })?;
        let privacy = self.engine.settings.telemetry.privacy;
        Ok(Some(Hindsight {
            judged: judged_event(&asked, None, privacy),
            remarks: remarks(&asked),
        }))
    }

    fn case<'c>(&'c self, agent: &'c AgentName) -> Case<'c> {
        let asked = &self.launch.asked;
        let failure = self.end.failure.as_ref();
        let attempt = PolicyAttempt {
            target: 0,
            outcome: self.end.outcome.as_str().to_owned(),
            code: failure.map(|failure| failure.code.as_str().to_owned()),
            at_ms: millis_of(self.engine.desk.clock.now()),
            retry_after_ms: failure.and_then(|failure| failure.retry_after_ms),
            resets_at_ms: failure.and_then(|failure| failure.resets_at_ms),
            changed_files: self.changed_files,
        };
        Case {
            settings: &self.engine.settings,
            phase: Phase::RunEnd,
            agent,
            task_type: asked.task_type.as_deref(),
            prompt_bytes: 0,
            prompt_tokens: self.launch.decision.prompt_tokens,
            features: Vec::new(),
            offers: vec![Offer {
                target: self.target.clone(),
                origins: Vec::new(),
            }],
            sticky: None,
            // What is over cannot be led elsewhere.
            pinned: true,
            cap: None,
            run: Some(self.name.run.clone()),
            within: self.engine.desk.within,
            except: None,
            cwd: Some(asked.cwd.display().to_string()),
            command: None,
            event: Some(self.event()),
            attempts: vec![attempt],
            facts: Vec::new(),
        }
    }

    /// How it ended, as far as it is known.
    fn event(&self) -> String {
        let tally = self.end.heard.as_ref().map(|heard| &heard.tally);
        let spent = tally.and_then(|tally| tally.cost.amount);
        json!({
            "kind": "end",
            "outcome": self.end.outcome.as_str(),
            "attempts": self.name.number,
            "spent_uusd": spent.map(|MicroUsd(micros)| micros),
            "tokens": tally.and_then(|tally| tally.usage.total()),
        })
        .to_string()
    }
}

/// What those say who have something to say.
fn remarks(asked: &AskedPolicies) -> Vec<Warning> {
    let said = asked.judged.opinions.iter().flat_map(|opinion| {
        let policy = &opinion.policy;
        let fault = opinion.fault.iter();
        let fault = fault.map(move |fault| format!("policy '{policy}' failed: {fault}"));
        let verdict = opinion.verdict.iter();
        let words = verdict.flat_map(words);
        fault.chain(words.map(move |words| format!("policy '{policy}': {words}")))
    });
    said.take(REMARKS)
        .map(|message| Warning::new("policy_remark", message))
        .collect()
}

fn words(verdict: &Verdict) -> impl Iterator<Item = &str> {
    let question = match &verdict.decision {
        PolicyDecision::Ask(question) => Some(question.title.as_str()),
        _ => None,
    };
    let reasons = verdict.reasons.iter().map(|it| it.message.as_str());
    question.into_iter().chain(reasons)
}
