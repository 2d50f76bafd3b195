//! One more attempt at something that is over.
//!
//! What was asked comes from the files that the run left; where it goes is decided anew. What was
//! lost, or done, is only done again by somebody who says so: the agent may have pushed commits.

use uuid::Uuid;

use crate::journal::{CommitError, CommitRequest};
use crate::model::{
    AttemptQueued, AttemptRef, AttemptState, Decision, Draft, InvocationNumber, RunId,
};
use crate::spool::{Found, InvocationFolder, Keep};

use super::admit::{Joining, admitted, to_attempt, to_invocation};
use super::decided::decided;
use super::error::EngineError;
use super::exec::decide;
use super::house::Engine;
use super::launch::{Kept, Launch};
use super::ledger::Ledger;
use super::request::ExecRequest;
use super::submit::Submitted;

/// What is to be tried again.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The run.
    pub run: RunId,
    /// The invocation.
    pub invocation: InvocationNumber,
    /// Also when it is done, or when nobody knows how far it got.
    pub force: bool,
}

impl Engine {
    /// Try an invocation again that is over.
    ///
    /// # Errors
    /// When it is not over, may not be repeated, is not kept, or cannot be routed or recorded.
    pub fn retry(&self, retry: &Retry) -> Result<Submitted, EngineError> {
        let next = self.desk.view(|ledger| repeatable(ledger, retry))??;
        let folder = self.desk.spool.invocation(&retry.run, retry.invocation);
        let request = kept(&folder).ok_or_else(|| EngineError::NotKept {
            run: retry.run.clone(),
        })?;
        let decision = decide(&request, &self.settings, &self.env)?;
        let launch = Launch {
            first: next.number,
            ..Launch::new(self, &request, &decision, true)
        };
        folder
            .write_launch(&launch, Keep::Durable)
            .map_err(EngineError::Spool)?;
        let written =
            self.desk
                .journal
                .commit(&CommitRequest::by(self.desk.actor.clone()), |ledger, _| {
                    repeatable(ledger, retry)?;
                    Ok::<_, EngineError>(self.again(ledger, &next, &decision, &request))
                });
        let written = written.map_err(|error| match error {
            CommitError::Journal(error) => EngineError::Record(error),
            CommitError::Refused(error) => error,
        })?;
        let started = admitted(&written.events);
        self.desk.start(&started)?;
        Ok(Submitted {
            started: started.contains(&next),
            first: next,
            replayed: false,
            decision,
        })
    }

    fn again(
        &self,
        ledger: &Ledger,
        next: &AttemptRef,
        decision: &Decision,
        request: &ExecRequest,
    ) -> Vec<Draft> {
        let joining = Joining {
            name: next.clone(),
            target: &decision.target,
            priority: request.priority,
        };
        let queued = AttemptQueued {
            target: decision.target.clone(),
            priority: request.priority,
            marker: Uuid::now_v7(),
            within: self.desk.within,
            delay_ms: None,
        };
        let privacy = self.settings.telemetry.privacy;
        let mut drafts = self.config_if_new(ledger);
        drafts.push(to_invocation(next, decided(decision, privacy)));
        drafts.push(to_attempt(next, queued));
        let limits = &self.settings.concurrency;
        drafts.extend(self.desk.admissions(ledger, None, Some(&joining), limits));
        drafts
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
