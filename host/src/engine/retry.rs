//! One more attempt at something that is over.
//!
//! What was asked comes from the files that the run left; where it goes is decided anew. What was
//! lost, or done, is only done again by somebody who says so: the agent may have pushed commits.

use crate::journal::{CommitError, CommitRequest};
use crate::model::{AttemptRef, AttemptState, InvocationNumber, RunId};
use crate::spool::{Found, InvocationFolder, Keep};

use super::admit::admitted;
use super::error::EngineError;
use super::house::Engine;
use super::launch::{Kept, Launch};
use super::ledger::Ledger;
use super::new_attempt::{NewAttempt, Turned};
use super::policy::Chain;
use super::request::{Consent, ExecRequest};
use super::submit::Submitted;
use super::weigh::Unwilling;

/// What is to be tried again.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The run.
    pub run: RunId,
    /// The invocation.
    pub invocation: InvocationNumber,
    /// Also when it is done, or when nobody knows how far it got.
    pub force: bool,
    /// What the user says to questions and limits.
    pub consent: Consent,
    /// Why the user wants it all the same.
    pub justification: Option<String>,
}

impl Engine {
    /// Try an invocation again that is over.
    ///
    /// # Errors
    /// When it is not over, may not be repeated, is not kept, or cannot be routed or recorded.
    pub fn retry(&self, retry: &Retry) -> Result<Submitted, EngineError> {
        let next = self.desk.view(|ledger| repeatable(ledger, retry))??;
        let folder = self.desk.spool.invocation(&retry.run, retry.invocation);
        let mut request = kept(&folder).ok_or_else(|| EngineError::NotKept {
            run: retry.run.clone(),
        })?;
        request.consent = retry.consent;
        request.justification.clone_from(&retry.justification);
        let chain = self.chain()?;
        let weighed = match self.weigh(&request, Some(&retry.run), &chain)? {
            Ok(weighed) => weighed,
            Err(unwilling) => return Err(self.not_again(&request, &next, &chain, unwilling)?),
        };
        let launch = Launch {
            policies: chain.pinned(),
            ..Launch::new(self, &request, &weighed.decision, true)
        };
        folder
            .write_launch(&launch, Keep::Durable)
            .map_err(EngineError::Spool)?;
        let joining = NewAttempt {
            engine: self,
            request: &request,
            weighed: &weighed,
            name: &next,
        };
        let command = CommitRequest::by(self.desk.actor.clone());
        let written = self.desk.journal.commit(&command, |ledger, now| {
            repeatable(ledger, retry).map_err(Turned::Engine)?;
            let mut drafts = self.config_if_new(ledger);
            drafts.extend(chain.news(ledger));
            drafts.extend(joining.drafts(ledger, now)?);
            Ok(drafts)
        });
        let written = match written {
            Ok(written) => written,
            Err(CommitError::Journal(error)) => return Err(EngineError::Record(error)),
            Err(CommitError::Refused(Turned::Engine(error))) => return Err(error),
            Err(CommitError::Refused(Turned::NoRoom(denied))) => {
                let unwilling = Unwilling::Denied(Box::new(weighed), *denied);
                return Err(self.not_again(&request, &next, &chain, unwilling)?);
            }
        };
        let started = admitted(&written.events);
        self.desk.start(&started)?;
        Ok(Submitted {
            started: started.contains(&next),
            first: next,
            replayed: false,
            decision: weighed.decision,
            remarks: weighed.remarks,
        })
    }

    /// Why it is not tried again. A refusal is on record beside what the invocation came to, which
    /// stays as it was: nothing is routed anew, and nothing ends.
    fn not_again(
        &self,
        request: &ExecRequest,
        next: &AttemptRef,
        chain: &Chain,
        unwilling: Unwilling,
    ) -> Result<EngineError, EngineError> {
        let (weighed, mut denied) = match unwilling {
            Unwilling::Routing(error) => return Ok(error.into()),
            Unwilling::Questions(_, questions) => return Ok(EngineError::Questions { questions }),
            Unwilling::Denied(weighed, denied) => (weighed, denied),
        };
        let joining = NewAttempt {
            engine: self,
            request,
            weighed: &weighed,
            name: next,
        };
        self.desk.write(&self.desk.actor, |ledger, _| {
            let mut drafts = self.config_if_new(ledger);
            drafts.extend(chain.news(ledger));
            drafts.extend(joining.objection(ledger, &mut denied, "retry"));
            drafts
        })?;
        // What was to be started may lie there already, with keys that tools are granted.
        self.desk.tidy(next);
        denied.run = Some(next.run.clone());
        Ok(EngineError::Denied(Box::new(denied)))
    }
}

/// The name of the next attempt, if there may be one.
fn repeatable(ledger: &Ledger, retry: &Retry) -> Result<AttemptRef, EngineError> {
    let run = retry.run.clone();
    let part = ledger
        .run(&run)
        .and_then(|known| known.parts.get(&retry.invocation.0))
        .ok_or_else(|| EngineError::NoSuchRun { run: run.clone() })?;
    if part.open.is_some() {
        return Err(EngineError::NotOver { run });
    }
    let certain = !matches!(part.state, AttemptState::Done | AttemptState::Lost);
    if !certain && !retry.force {
        let state = part.state;
        return Err(EngineError::NotRepeated { run, state });
    }
    Ok(AttemptRef {
        run,
        invocation: retry.invocation,
        number: part.attempts.saturating_add(1),
    })
}

fn kept(folder: &InvocationFolder) -> Option<ExecRequest> {
    let kept = folder.request::<Kept>().ok().and_then(Found::whole)?;
    let prompt = folder.prompt().ok().flatten()?;
    Some(kept.asked.again(prompt.into()))
}
