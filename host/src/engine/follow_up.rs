//! What follows an attempt that failed: the same target once more, another one, or nothing.
//!
//! What may follow is `lifecycle`'s to say; the policies may make it less, or lead it to another
//! target; and the limits must have room. Whether they still have it is checked once more when it is
//! written.

use crate::lifecycle::{Failed, NextStep, next_step};
use crate::model::{
    AgentName, Amounts, BudgetDenied, Failure, FailureCode, LimitKind, MicroUsd, Phase,
    PolicyAttempt, Target,
};
use crate::routing::estimate_tokens;
use crate::verdict::Ruling;

use super::attempt::AttemptEnd;
use super::denied::Denied;
use super::error::EngineError;
use super::exit_file::{End, Next};
use super::house::{Engine, accounts, availability_of};
use super::launch::Launch;
use super::ledger::Ledger;
use super::policy::{
    Case, Chain, Loader, Offer, Standing, judged_event, millis_of, unattended, wanted,
};
use super::progress::Warning;
use super::record::Record;
use super::settle::{counted, settlement};

/// Everything that deciding on it works with.
pub(super) struct FollowUp<'a, 'r> {
    pub(super) engine: &'a Engine,
    pub(super) launch: &'a Launch,
    pub(super) prompt: &'a str,
    /// The target that failed.
    pub(super) target: &'a Target,
    pub(super) end: &'a AttemptEnd,
    /// Its end as it goes on record.
    pub(super) exited: &'a End,
    pub(super) changed_files: Option<bool>,
    pub(super) record: &'a Record<'r>,
}

/// Codes by which a policy is against one target and not against going on.
const LIMITS: [&str; 3] = ["budget_exceeded", "rate_limited", "unpriced"];

/// What the policies leave.
enum Ruled {
    /// This target, after so many milliseconds.
    Go(Target, u64),
    /// Not this one; another may do.
    NotThere(Target),
    Stop,
}

/// What was found.
#[derive(Default)]
pub(super) struct Follows {
    pub(super) next: Option<Next>,
    pub(super) warnings: Vec<Warning>,
    /// What the policies said, for the record.
    pub(super) judged: Vec<crate::model::PolicyJudged>,
    /// Limits in the way of targets, for the record.
    pub(super) denied: Vec<BudgetDenied>,
}

impl FollowUp<'_, '_> {
    /// What follows.
    pub(super) fn decide(self) -> Result<Follows, EngineError> {
        let mut follows = Follows::default();
        let chain = self.chain();
        let wish = self.wish()?;
        let (first, delay_ms, handoff) = match wish {
            NextStep::Retry { delay } => {
                (self.target.clone(), super::attempt::millis(delay), false)
            }
            NextStep::FallBack { handoff } => match self.candidates().into_iter().next() {
                Some(target) => (target, 0, handoff),
                None => return Ok(follows),
            },
            NextStep::Stop { why, until_ms, .. } => {
                follows
                    .warnings
                    .extend(stopped(why, until_ms, self.end.failure.as_ref()));
                return Ok(follows);
            }
        };
        let agent = AgentName::new(self.launch.asked.agent.as_str());
        let mut delay_ms = delay_ms;
        let mut candidates = vec![first.clone()];
        candidates.extend(self.candidates().into_iter().filter(|it| *it != first));
        while !candidates.is_empty() {
            let case = self.case(&agent, &candidates)?;
            let (target, policy_delay) = match self.rule(&chain, &case, &mut follows)? {
                Ruled::Go(target, delay) => (target, delay),
                Ruled::NotThere(target) => {
                    candidates.retain(|it| *it != target);
                    delay_ms = 0;
                    continue;
                }
                Ruled::Stop => return Ok(follows),
            };
            let delay = delay_ms.max(policy_delay);
            match self.fits(&case, &target, delay, handoff)? {
                Ok(next) => {
                    follows.next = Some(next);
                    return Ok(follows);
                }
                Err(denied) => {
                    Self::no_room(&denied, &target, &mut follows);
                    candidates.retain(|it| *it != target);
                    // The wait was for the target that failed.
                    delay_ms = 0;
                }
            }
        }
        Ok(follows)
    }

    fn chain(&self) -> Chain {
        let loader = Loader {
            sandbox: &self.engine.sandbox,
            state_dir: &self.engine.desk.state_dir,
        };
        loader.load_pinned(&self.launch.policies, &[Phase::RunFailed])
    }

    /// What follows by what happened alone.
    fn wish(&self) -> Result<NextStep, EngineError> {
        let name = self.record.name().clone();
        let (retries, seed) = self.engine.desk.view(|ledger| {
            let open = ledger.open(&name.run, name.invocation);
            let marker = open.and_then(|open| open.attempt.as_ref()?.marker);
            let seed = marker.map_or(0, |marker| marker.as_u64_pair().1);
            (open.map_or(0, |open| open.retries), seed)
        })?;
        Ok(next_step(&Failed {
            outcome: self.end.outcome,
            failure: self.end.failure.as_ref(),
            effects: self.end.effects,
            changed_files: self.changed_files,
            retries_so_far: retries,
            has_next: !self.candidates().is_empty(),
            rules: &self.engine.settings.fallback,
            now_ms: millis_of(self.engine.desk.clock.now()),
            seed,
        }))
    }

    /// The targets that are left and can be started here.
    fn candidates(&self) -> Vec<Target> {
        let engine = self.engine;
        let now = engine.desk.clock.now();
        let accounts = accounts(&engine.settings);
        let usable = |target: &&Target| {
            let Some(tool) = engine.settings.tools.get(&target.tool) else {
                return false;
            };
            let here = matches!(
                availability_of(tool, &engine.env),
                crate::model::Availability::Available(_)
            );
            let open = engine.desk.view(|ledger| {
                let open = ledger.breakers().open_for(&accounts, target, now);
                open.is_some()
            });
            here && !open.unwrap_or(false)
        };
        let left = self.launch.after(self.target).iter();
        left.filter(usable).cloned().collect()
    }

    fn case<'c>(
        &'c self,
        agent: &'c AgentName,
        candidates: &[Target],
    ) -> Result<Case<'c>, EngineError> {
        let asked = &self.launch.asked;
        let failed = self.end.failure.as_ref();
        let offer = |target: &Target| Offer {
            target: target.clone(),
            origins: Vec::new(),
        };
        let mut offers: Vec<Offer> = candidates.iter().map(offer).collect();
        if !candidates.contains(self.target) {
            offers.push(offer(self.target));
        }
        let place = offers.iter().position(|it| it.target == *self.target);
        let attempt = PolicyAttempt {
            target: u32::try_from(place.unwrap_or(0)).unwrap_or(0),
            outcome: self.end.outcome.as_str().to_owned(),
            code: failed.map(|failure| failure.code.as_str().to_owned()),
            at_ms: millis_of(self.engine.desk.clock.now()),
            retry_after_ms: failed.and_then(|failure| failure.retry_after_ms),
            resets_at_ms: failed.and_then(|failure| failure.resets_at_ms),
            changed_files: self.changed_files,
        };
        let name = self.record.name();
        Ok(Case {
            settings: &self.engine.settings,
            phase: Phase::RunFailed,
            agent,
            task_type: asked.task_type.as_deref(),
            prompt_bytes: self.prompt.len() as u64,
            prompt_tokens: Some(estimate_tokens(self.prompt)),
            features: Vec::new(),
            offers,
            sticky: None,
            pinned: false,
            cap: self.cap()?,
            run: Some(name.run.clone()),
            within: self.engine.desk.within,
            except: Some(name.clone()),
            cwd: Some(asked.cwd.display().to_string()),
            command: None,
            event: None,
            attempts: vec![attempt],
            facts: Vec::new(),
        })
    }

    /// What is left of the cap after this attempt.
    fn cap(&self) -> Result<Option<MicroUsd>, EngineError> {
        let name = self.record.name().clone();
        let exited = self.exited;
        self.engine.desk.view(|ledger| {
            let cap = ledger.book().reservation(&name)?.cap_uusd?;
            let spent = spent(ledger, &name, exited);
            Some(cap.saturating_sub(MicroUsd(spent.uusd)))
        })
    }

    /// The target and the wait that the policies leave.
    fn rule(
        &self,
        chain: &Chain,
        case: &Case<'_>,
        follows: &mut Follows,
    ) -> Result<Ruled, EngineError> {
        let Some(first) = case.offers.first().map(|offer| offer.target.clone()) else {
            return Ok(Ruled::Stop);
        };
        if !chain.answers_in(Phase::RunFailed) {
            return Ok(Ruled::Go(first, 0));
        }
        let now = self.engine.desk.clock.now();
        let asked = self.engine.desk.view(|ledger| {
            let book = ledger.book();
            case.ask(chain, Standing { book, now }, 0)
        })?;
        let answer = unattended(chain, asked.questions());
        let refused = match &asked.judged.ruling {
            Ruling::Deny { by, reasons } => Some((by.clone(), reasons.first().cloned())),
            Ruling::Ask { questions, .. } if answer == Some(false) => {
                questions.first().map(|(by, _)| (by.clone(), None))
            }
            _ => None,
        };
        let word = match (&asked.judged.ruling, answer) {
            (Ruling::Ask { .. }, Some(true)) => Some("unattended_proceed"),
            (Ruling::Ask { .. }, _) => Some("unattended_refuse"),
            _ => None,
        };
        let privacy = self.engine.settings.telemetry.privacy;
        follows.judged.push(judged_event(&asked, word, privacy));
        if let Some((by, reason)) = refused {
            let last = asked.path.last().cloned().unwrap_or(first);
            let code = reason.as_ref().map_or("", |reason| reason.code.as_str());
            let why = reason.as_ref().map_or("", |reason| reason.message.as_str());
            if LIMITS.contains(&code) {
                let message = format!("{last} cannot take over: {why}");
                follows.warnings.push(Warning::new(code, message));
                follows.denied.extend(self.denial(case, &last)?);
                return Ok(Ruled::NotThere(last));
            }
            let message = format!("policy '{by}' is against another attempt: {why}");
            follows.warnings.push(Warning::new("policy_stop", message));
            return Ok(Ruled::Stop);
        }
        let delay = super::attempt::millis(asked.delay());
        let target = asked.path.last().cloned().unwrap_or(first);
        Ok(Ruled::Go(target, delay))
    }

    /// Which limit it is that a policy spoke of.
    fn denial(
        &self,
        case: &Case<'_>,
        target: &Target,
    ) -> Result<Option<BudgetDenied>, EngineError> {
        let fits = self.fits(case, target, 0, false)?;
        let limit = fits.err().and_then(|denied| denied.limit);
        Ok(limit.map(|limit| BudgetDenied {
            stand: limit.stand,
            what: "fallback".to_owned(),
        }))
    }

    /// The next attempt, if every hard limit has room for it as things stand.
    fn fits(
        &self,
        case: &Case<'_>,
        target: &Target,
        delay_ms: u64,
        handoff: bool,
    ) -> Result<Result<Next, Box<Denied>>, EngineError> {
        let limits = &self.engine.settings.limits;
        let name = self.record.name();
        let now = self.engine.desk.clock.now();
        self.engine.desk.view(|ledger| {
            let book = ledger.book();
            let reserve = wanted(case, book, target, now);
            if let Some(refused) = reserve.refused {
                return Err(Box::new(Denied::unheld(refused, target)));
            }
            let all = reserve.amounts.plus(&spent(ledger, name, self.exited));
            let asking = case.asking(target, now);
            if let Some(refusal) = book.refusal(limits, &asking, &all) {
                return Err(Box::new(Denied::by_host(&refusal)));
            }
            let covers = |it: &&crate::model::BudgetLimit| {
                it.kind == LimitKind::Hard && it.scope.covers(case.agent, target)
            };
            Ok(Next {
                from: self.target.clone(),
                to: target.clone(),
                code: self.code(),
                delay_ms,
                handoff: handoff && target != self.target,
                amounts: reserve.amounts,
                unpriced: reserve.unpriced,
                cap: case.cap,
                limits: limits.iter().filter(covers).cloned().collect(),
            })
        })
    }

    fn code(&self) -> FailureCode {
        let failure = self.end.failure.as_ref();
        failure.map_or_else(
            || FailureCode::new(FailureCode::UNKNOWN),
            |failure| failure.code.clone(),
        )
    }

    fn no_room(denied: &Denied, target: &Target, follows: &mut Follows) {
        if let Some(limit) = &denied.limit {
            let what = "fallback".to_owned();
            let stand = limit.stand.clone();
            follows.denied.push(BudgetDenied { stand, what });
        }
        let why = denied.reasons.first();
        let why = why.map_or("", |reason| reason.message.as_str());
        let message = format!("{target} cannot take over: {why}");
        follows
            .warnings
            .push(Warning::new("budget_exceeded", message));
    }
}

/// What the attempt that just ended counts for.
fn spent(ledger: &Ledger, name: &crate::model::AttemptRef, end: &End) -> Amounts {
    let settled = settlement(ledger.book(), name, end, true);
    settled.as_ref().map(counted).unwrap_or_default()
}

/// What the user should know about why nothing follows.
fn stopped(why: &str, until_ms: Option<u64>, failure: Option<&Failure>) -> Option<Warning> {
    let when = until_ms
        .and_then(|ms| jiff::Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok())
        .map(|at| format!("; it is said to work again at {at:.0}"));
    let message = match why {
        "changed_files" => {
            "nothing else was tried, since the attempt changed files: look at them \
                            first (fallback.after_changes in policies.yaml)"
        }
        "acted" => {
            "nothing else was tried, since the agent had used tools that can change things \
                    (fallback.after_changes in policies.yaml)"
        }
        "rate_limited" => "no other target was tried, as auto_fallback_on_rate_limit says",
        "wait_too_long" | "retries_used" | "no_other_target" if when.is_some() => {
            "there is no other target to try"
        }
        _ => return None,
    };
    let code = failure.map_or("stopped", |failure| failure.code.as_str());
    let message = format!("{message}{}", when.unwrap_or_default());
    Some(Warning::new(
        &format!("not_followed_{}", code.replace('-', "_")),
        message,
    ))
}
