//! Taking on a request: routed, its files on disk, on record, and started when there is a slot.
//!
//! The order is fixed: files first (they have no name yet), then one durable batch that gives the
//! request its name and its place, then the files get that name. A crash in between leaves either
//! nothing on record, or something that anybody can finish.

use uuid::Uuid;

use crate::journal::{CommitError, CommitRequest, Committed, Durability};
use crate::lifecycle::exit_code;
use crate::model::{
    AgentName, AttemptOutcome, AttemptQueued, AttemptRef, Body, Decision, Digest, Draft,
    IdempotencyKey, InvocationNumber, OutputRef, PrivacyLevel, RunFinished, RunId, RunSubmitted,
};
use crate::routing::{RoutingError, estimate_tokens};
use crate::spool::{Keep, Ticket};

use super::admit::{Joining, admitted, to_attempt, to_invocation};
use super::decided::decided;
use super::error::EngineError;
use super::exec::decide;
use super::house::Engine;
use super::launch::Launch;
use super::ledger::{Ledger, PlanState};
use super::request::ExecRequest;

/// A request, and where it belongs.
#[derive(Clone)]
pub struct Submission {
    /// The request.
    pub request: ExecRequest,
    /// The run that it joins; a new one otherwise.
    pub run: Option<RunId>,
    /// The step of the run's workflow that it is.
    pub step: Option<String>,
    /// Earlier invocations of that run whose answers it builds on.
    pub follows: Vec<InvocationNumber>,
    /// Makes a repeat give the result of the first time.
    pub key: Option<IdempotencyKey>,
    /// Nobody waits for it in the foreground: what it leaves is kept, and it survives a power cut
    /// from the moment it is accepted.
    pub detached: bool,
}

/// What a submission came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The invocation's first attempt; its run and number are the invocation's.
    pub first: AttemptRef,
    /// It has a slot; otherwise it waits.
    pub started: bool,
    /// It was accepted before, with the same key.
    pub replayed: bool,
    /// Where it goes.
    pub decision: Decision,
}

impl Submission {
    /// A request that starts a run of its own.
    #[must_use]
    pub fn new(request: ExecRequest, detached: bool) -> Self {
        Self {
            request,
            run: None,
            step: None,
            follows: Vec::new(),
            key: None,
            detached,
        }
    }

    /// What must be the same for the same key: everything that decides what is done.
    fn digest(&self) -> Digest {
        let request = &self.request;
        let route = &request.route;
        let told = format!(
            "{:?}",
            (
                (&route.agent, &route.task_type, &route.tool, &route.model),
                (&request.resume, request.timeout, request.max_cost),
                (&self.run, &self.step, &request.cwd, &request.prompt),
            )
        );
        Digest::of(told.as_bytes())
    }
}

impl Engine {
    /// Take on a request. When this returns, it is on record and will be worked on, whoever dies.
    ///
    /// # Errors
    /// When no target can be chosen, the run cannot be joined, the key was used for something else,
    /// or it cannot be put on record.
    pub fn submit(&self, submission: &Submission) -> Result<Submitted, EngineError> {
        let request = &submission.request;
        let decision = match decide(request, &self.settings, &self.env) {
            Ok(decision) => decision,
            Err(error) => return Err(self.refuse(submission, error)?),
        };
        let launch = Launch {
            is_step: submission.step.is_some(),
            ..Launch::new(self, request, &decision, submission.detached)
        };
        let keep = if submission.detached {
            Keep::Durable
        } else {
            Keep::Fast
        };
        let ticket = self
            .desk
            .spool
            .stage(&launch, &request.prompt, keep)
            .map_err(EngineError::Spool)?;
        let written = self.put_on_record(submission, &decision, ticket);
        let written = match written {
            Ok(written) if !written.replayed => written,
            other => {
                drop(self.desk.spool.discard(ticket));
                other?
            }
        };
        let first = first_attempt(&written).ok_or(EngineError::NothingWritten)?;
        let started = admitted(&written.events);
        if !written.replayed {
            self.desk
                .spool
                .settle(ticket, &first.run, first.invocation)
                .map_err(EngineError::Spool)?;
            self.desk.start(&started)?;
            if submission.detached {
                // Nobody waits for its end; what is old goes now or never.
                self.prune();
            }
        }
        Ok(Submitted {
            started: started.contains(&first),
            replayed: written.replayed,
            first,
            decision,
        })
    }

    fn put_on_record(
        &self,
        submission: &Submission,
        decision: &Decision,
        ticket: Ticket,
    ) -> Result<Committed, EngineError> {
        let kept = self.content().keep(&submission.request.prompt)?;
        let accepted = self.accepted(submission, kept, Some(ticket.0));
        let routed = decided(decision, self.settings.telemetry.privacy);
        let request = CommitRequest {
            key: submission.key.clone(),
            body_digest: submission.key.is_some().then(|| submission.digest()),
            durability: Durability::Strict,
            ..CommitRequest::by(self.desk.actor.clone())
        };
        let priority = submission.request.priority;
        let written = self.desk.journal.commit(&request, |ledger, now| {
            let mut drafts = self.config_if_new(ledger);
            let name = place(ledger, submission.run.as_ref(), now)?;
            let queued = AttemptQueued {
                target: decision.target.clone(),
                priority,
                marker: Uuid::now_v7(),
                within: self.desk.within,
                delay_ms: None,
            };
            let joining = Joining {
                name: name.clone(),
                target: &decision.target,
                priority,
            };
            drafts.push(to_invocation(&name, accepted));
            drafts.push(to_invocation(&name, routed));
            drafts.push(to_attempt(&name, queued));
            let limits = &self.settings.concurrency;
            drafts.extend(self.desk.admissions(ledger, None, Some(&joining), limits));
            Ok(drafts)
        });
        refused(written)
    }

    /// A request for which nothing can be used is on record, too; one that makes no sense is not.
    fn refuse(
        &self,
        submission: &Submission,
        error: RoutingError,
    ) -> Result<EngineError, EngineError> {
        if let RoutingError::NoneUsable { .. } = &error {
            let kept = self.content().keep(&submission.request.prompt)?;
            let accepted = self.accepted(submission, kept, None);
            let request = CommitRequest::by(self.desk.actor.clone());
            let written = self.desk.journal.commit(&request, |ledger, now| {
                let mut drafts = self.config_if_new(ledger);
                let name = place(ledger, submission.run.as_ref(), now)?;
                drafts.push(to_invocation(&name, accepted));
                drafts.push(to_invocation(
                    &name,
                    RunFinished {
                        outcome: AttemptOutcome::Failed,
                        exit_code: exit_code(AttemptOutcome::Failed),
                        attempts: 0,
                        duration_ms: 0,
                    },
                ));
                Ok(drafts)
            });
            refused(written)?;
        }
        Ok(error.into())
    }

    fn accepted(
        &self,
        submission: &Submission,
        prompt: Option<OutputRef>,
        ticket: Option<Uuid>,
    ) -> RunSubmitted {
        let request = &submission.request;
        let privacy = self.settings.telemetry.privacy;
        let told = privacy != PrivacyLevel::None;
        RunSubmitted {
            agent: AgentName::new(request.route.agent.as_str()),
            task_type: request.route.task_type.clone(),
            prompt_bytes: told.then_some(request.prompt.len() as u64),
            prompt_tokens: told.then(|| estimate_tokens(&request.prompt)),
            cwd: told.then(|| request.cwd.display().to_string()),
            justification: request.justification.clone().filter(|_| told),
            privacy,
            prompt,
            config: self.config.digest.clone(),
            ticket,
            step: submission.step.clone(),
            follows: submission.follows.clone(),
            detached: submission.detached,
        }
    }

    pub(super) fn config_if_new(&self, ledger: &Ledger) -> Vec<Draft> {
        if ledger.has_config(&self.config.digest) {
            return Vec::new();
        }
        vec![Draft::global(self.config.clone().into())]
    }
}

/// The name of the next attempt in a run that is joined or begun.
fn place(
    ledger: &Ledger,
    run: Option<&RunId>,
    now: jiff::Timestamp,
) -> Result<AttemptRef, EngineError> {
    let (run, invocation) = match run {
        None => (ledger.next_run(now), 1),
        Some(run) => {
            let known = ledger
                .run(run)
                .ok_or_else(|| EngineError::NoSuchRun { run: run.clone() })?;
            if known.cancel_requested && known.plan_state() == Some(PlanState::Open) {
                return Err(EngineError::RunCancelled { run: run.clone() });
            }
            let last = known.parts.keys().next_back().copied().unwrap_or(0);
            (run.clone(), last.saturating_add(1))
        }
    };
    Ok(AttemptRef {
        run,
        invocation: InvocationNumber(invocation),
        number: 1,
    })
}

fn refused(written: Result<Committed, CommitError<EngineError>>) -> Result<Committed, EngineError> {
    written.map_err(|error| match error {
        CommitError::Journal(error) => EngineError::Record(error),
        CommitError::Refused(error) => error,
    })
}

fn first_attempt(written: &Committed) -> Option<AttemptRef> {
    let queued = written
        .events
        .iter()
        .find(|event| matches!(event.body, Body::AttemptQueued(_)))?;
    Some(AttemptRef {
        run: queued.run.clone()?,
        invocation: queued.invocation?,
        number: queued.attempt?,
    })
}
