//! A request that is not taken on, on record with why.

use crate::journal::CommitRequest;
use crate::lifecycle::exit_code;
use crate::model::{AttemptOutcome, AttemptRef, Draft, RunFinished, RunId};
use crate::routing::RoutingError;

use super::admit::to_invocation;
use super::error::EngineError;
use super::house::Engine;
use super::ledger::Ledger;
use super::new_attempt::NewAttempt;
use super::policy::Chain;
use super::submit::{Submission, place, refused};
use super::weigh::Unwilling;

impl Engine {
    /// A request that nobody may take on is on record, too; one that makes no sense is not.
    pub(super) fn refuse(
        &self,
        submission: &Submission,
        chain: &Chain,
        unwilling: Unwilling,
    ) -> Result<EngineError, EngineError> {
        let (weighed, mut denied) = match unwilling {
            Unwilling::Questions(_, questions) => return Ok(EngineError::Questions { questions }),
            Unwilling::Routing(error) => {
                if let RoutingError::NoneUsable { .. } = &error {
                    self.record_refusal(submission, chain, |_, _| Vec::new())?;
                }
                return Ok(error.into());
            }
            Unwilling::Denied(weighed, denied) => (weighed, denied),
        };
        let run = self.record_refusal(submission, chain, |ledger, name| {
            let joining = NewAttempt {
                engine: self,
                request: &submission.request,
                weighed: &weighed,
                name,
            };
            joining.refusal(ledger, &mut denied)
        })?;
        denied.run = run;
        Ok(EngineError::Denied(Box::new(denied)))
    }

    fn record_refusal(
        &self,
        submission: &Submission,
        chain: &Chain,
        why: impl FnOnce(&Ledger, &AttemptRef) -> Vec<Draft>,
    ) -> Result<Option<RunId>, EngineError> {
        let kept = self.content().keep(&submission.request.prompt)?;
        let accepted = self.accepted(submission, kept, None);
        let request = CommitRequest::by(self.desk.actor.clone());
        let written = self.desk.journal.commit(&request, |ledger, now| {
            let mut drafts = self.config_if_new(ledger);
            drafts.extend(chain.news(ledger));
            let name = place(ledger, submission.run.as_ref(), now)?;
            drafts.push(to_invocation(&name, accepted));
            drafts.extend(why(ledger, &name));
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
        let written = refused(written)?;
        Ok(written.events.iter().find_map(|event| event.run.clone()))
    }
}
