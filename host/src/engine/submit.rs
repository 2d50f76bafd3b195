//! Taking on a request: routed, its files on disk, on record, and started when there is a slot.
//!
//! The order is fixed: files first (they have no name yet), then one durable batch that gives the
//! request its name and its place, then the files get that name. A crash in between leaves either
//! nothing on record, or something that anybody can finish.

use uuid::Uuid;

use crate::journal::{CommitError, CommitRequest, Committed, Durability};
use crate::model::{
    AgentName, AttemptRef, Body, Decision, Digest, Draft, IdempotencyKey, InvocationNumber,
    OutputRef, PrivacyLevel, RunId, RunSubmitted,
};
use crate::routing::estimate_tokens;
use crate::spool::{Found, Keep, Ticket};

use super::admit::{admitted, to_invocation};
use super::denied::Denied;
use super::error::EngineError;
use super::house::Engine;
use super::launch::{Kept, Launch};
use super::ledger::{Ledger, PlanState};
use super::new_attempt::{NewAttempt, Turned};
use super::policy::Chain;
use super::progress::Warning;
use super::request::ExecRequest;
use super::weigh::{Unwilling, Weighed};

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
    /// What the user should know.
    pub remarks: Vec<Warning>,
}

/// How often the policies look again when others take the room that they saw.
const ROUNDS: u32 = 8;

/// What came of taking on a request.
enum Taken {
    On(Box<Submitted>),
    /// A hard limit has no room for it.
    NoRoom(Box<Denied>),
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
        if request.tasks.is_empty() {
            return Digest::of(told.as_bytes());
        }
        // Without tasks it is the digest that older programs made.
        Digest::of(format!("{told}{:?}", request.tasks).as_bytes())
    }
}

impl Engine {
    /// Take on a request. When this returns, it is on record and will be worked on, whoever dies.
    ///
    /// # Errors
    /// When no target can be chosen, a policy or a limit is against it, the user must be asked
    /// first, the run cannot be joined, the key was used for something else, or it cannot be put on
    /// record.
    pub fn submit(&self, submission: &Submission) -> Result<Submitted, EngineError> {
        if let Some(before) = self.submitted_before(submission)? {
            return Ok(before);
        }
        let chain = self.chain()?;
        for _ in 0..ROUNDS {
            let weighed = self.weigh(&submission.request, submission.run.as_ref(), &chain)?;
            let weighed = match weighed {
                Ok(weighed) => weighed,
                Err(unwilling) => return Err(self.refuse(submission, &chain, unwilling)?),
            };
            match self.take_on(submission, &chain, &weighed)? {
                Taken::On(submitted) => return Ok(*submitted),
                // Somebody took the room since the policies looked: they look again, and the last
                // word is the host's.
                Taken::NoRoom(denied) if is_known_to_policies(&weighed, &denied) => {
                    let unwilling = Unwilling::Denied(Box::new(weighed), *denied);
                    return Err(self.refuse(submission, &chain, unwilling)?);
                }
                Taken::NoRoom(_) => {}
            }
        }
        Err(EngineError::Crowded)
    }

    /// What the same key came to before, if it did.
    fn submitted_before(&self, submission: &Submission) -> Result<Option<Submitted>, EngineError> {
        if submission.key.is_none() {
            return Ok(None);
        }
        let request = self.command(submission);
        let nothing = |_: &Ledger, _| Err(());
        let written = match self.desk.journal.commit(&request, nothing) {
            Ok(written) => written,
            Err(CommitError::Refused(())) => return Ok(None),
            Err(CommitError::Journal(error)) => return Err(EngineError::Record(error)),
        };
        let first = first_attempt(&written).ok_or(EngineError::NothingWritten)?;
        let folder = self.desk.spool.invocation(&first.run, first.invocation);
        let launch = folder.launch::<Launch>().ok().and_then(Found::whole);
        let kept = folder.request::<Kept>().ok().and_then(Found::whole);
        let decision = launch
            .map(|launch| launch.decision)
            .or_else(|| kept.map(|kept| kept.decision));
        let decision = match decision {
            Some(decision) => decision,
            // Its files went with the retention; what is on record says where it went.
            None => decision_on_record(&written).ok_or(EngineError::NothingWritten)?,
        };
        Ok(Some(Submitted {
            started: admitted(&written.events).contains(&first),
            replayed: true,
            first,
            decision,
            remarks: Vec::new(),
        }))
    }

    fn take_on(
        &self,
        submission: &Submission,
        chain: &Chain,
        weighed: &Weighed,
    ) -> Result<Taken, EngineError> {
        let request = &submission.request;
        let launch = Launch {
            is_step: submission.step.is_some(),
            policies: chain.pinned(),
            ..Launch::new(self, request, &weighed.decision, submission.detached)
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
        let written = self.put_on_record(submission, chain, weighed, ticket);
        let written = match written {
            Ok(written) if !written.replayed => written,
            other => {
                drop(self.desk.spool.discard(ticket));
                match other {
                    Err(Turned::NoRoom(denied)) => return Ok(Taken::NoRoom(denied)),
                    Err(Turned::Engine(error)) => return Err(error),
                    Ok(written) => written,
                }
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
        Ok(Taken::On(Box::new(Submitted {
            started: started.contains(&first),
            replayed: written.replayed,
            first,
            decision: weighed.decision.clone(),
            remarks: weighed.remarks.clone(),
        })))
    }

    fn command(&self, submission: &Submission) -> CommitRequest {
        CommitRequest {
            key: submission.key.clone(),
            body_digest: submission.key.is_some().then(|| submission.digest()),
            durability: Durability::Strict,
            ..CommitRequest::by(self.desk.actor.clone())
        }
    }

    fn put_on_record(
        &self,
        submission: &Submission,
        chain: &Chain,
        weighed: &Weighed,
        ticket: Ticket,
    ) -> Result<Committed, Turned> {
        let kept = self
            .content()
            .keep(&submission.request.prompt)
            .map_err(Turned::Engine)?;
        let accepted = self.accepted(submission, kept, Some(ticket.0));
        let written = self
            .desk
            .journal
            .commit(&self.command(submission), |ledger, now| {
                let name = place(ledger, submission.run.as_ref(), now).map_err(Turned::Engine)?;
                let joining = NewAttempt {
                    engine: self,
                    request: &submission.request,
                    weighed,
                    name: &name,
                };
                let mut drafts = self.config_if_new(ledger);
                drafts.extend(chain.news(ledger));
                drafts.push(to_invocation(&name, accepted));
                drafts.extend(joining.drafts(ledger, now)?);
                Ok(drafts)
            });
        written.map_err(|error| match error {
            CommitError::Journal(error) => Turned::Engine(EngineError::Record(error)),
            CommitError::Refused(turned) => turned,
        })
    }

    pub(super) fn accepted(
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
            tasks: request.tasks.clone(),
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
pub(super) fn place(
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

pub(super) fn refused(
    written: Result<Committed, CommitError<EngineError>>,
) -> Result<Committed, EngineError> {
    written.map_err(|error| match error {
        CommitError::Journal(error) => EngineError::Record(error),
        CommitError::Refused(error) => error,
    })
}

/// Whether the policies said go although they were told that there is no room.
fn is_known_to_policies(weighed: &Weighed, denied: &Denied) -> bool {
    let Some(limit) = &denied.limit else {
        return true;
    };
    let windows = &weighed.asked.request.windows;
    windows.iter().any(|window| {
        let taken = window.settled.saturating_add(window.reserved);
        window.name == limit.stand.limit && taken >= limit.stand.taken
    })
}

fn decision_on_record(written: &Committed) -> Option<Decision> {
    let decided = written.events.iter().find_map(|event| match &event.body {
        Body::RoutingDecided(decided) => Some(decided),
        _ => None,
    })?;
    Some(Decision {
        target: decided.target.clone(),
        reason: decided.reason.clone(),
        fallback_used: decided.fallback_used,
        original: decided.original.clone(),
        next: Vec::new(),
        candidates: decided.candidates.clone(),
        prompt_tokens: None,
        estimate: decided.estimate_uusd,
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
