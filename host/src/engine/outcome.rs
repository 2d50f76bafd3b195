//! What a request came to, put together from the files that its attempts left.

use std::time::Duration;

use crate::lifecycle::exit_code;
use crate::model::{
    AgentName, AttemptOutcome, AttemptRef, Cost, Decision, Exactness, Reason, SessionId, Target,
    Usage,
};
use crate::spool::{Found, InvocationFolder};

use super::attempt::millis;
use super::desk::Desk;
use super::exit_file::{End, ExitFile};
use super::launch::{Kept, Launch};
use super::report::{ExecReport, UsageReport, sum_costs};

/// What the report says that is not about single attempts.
pub struct Context<'a> {
    /// Who asked.
    pub agent: &'a AgentName,
    /// Where it went first, and why.
    pub decision: &'a Decision,
    /// Since it was asked.
    pub took: Duration,
}

/// Everything that the attempts left behind.
struct Ends {
    exits: Vec<ExitFile>,
    answer: Option<String>,
}

impl Desk {
    /// What an invocation that is over came to, from what was kept of it; `None` when nothing was.
    #[must_use]
    pub fn report_kept(&self, first: &AttemptRef) -> Option<ExecReport> {
        let folder = self.spool.invocation(&first.run, first.invocation);
        let kept = match folder.request::<Kept>().ok().and_then(Found::whole) {
            Some(kept) => kept,
            // Nobody has tidied up yet.
            None => {
                let launch = folder.launch::<Launch>().ok().and_then(Found::whole)?;
                Kept::of(launch, self.clock.now())
            }
        };
        let context = Context {
            agent: &AgentName::new(kept.asked.agent.as_str()),
            decision: &kept.decision,
            took: Duration::from_millis(kept.took_ms),
        };
        Some(self.report(first, &context))
    }

    /// What an invocation that is over came to. `first` names any attempt of it.
    #[must_use]
    pub fn report(&self, first: &AttemptRef, asked: &Context<'_>) -> ExecReport {
        let folder = self.spool.invocation(&first.run, first.invocation);
        let ends = Ends::gather(&folder);
        let last = ends.exits.last();
        let target = last.map_or_else(
            || asked.decision.target.clone(),
            |exit| Target {
                tool: exit.report.tool.clone(),
                model: exit.report.model.clone(),
            },
        );
        // An end on record whose file could not be written is no loss.
        let outcome = last
            .map(|exit| exit.report.outcome)
            .or_else(|| self.recorded_outcome(first))
            .unwrap_or(AttemptOutcome::Lost);
        let fell_back = ends.exits.len() > 1;
        let exited = last.and_then(|exit| match &exit.end {
            End::Exited(exited) => Some(exited.as_ref()),
            End::NeverRan(_) | End::Withdrawn | End::Lost(_) => None,
        });
        ExecReport {
            run_id: first.run.to_string(),
            invocation_id: first.invocation_id(),
            attempts: ends.exits.iter().map(|exit| exit.report.clone()).collect(),
            agent: asked.agent.clone(),
            served_model: exited.and_then(|exited| exited.served_model.clone()),
            session_id: exited
                .and_then(|exited| exited.session_id.as_ref().map(SessionId::to_string)),
            reason: if fell_back {
                fallback_reason(asked.decision, &target)
            } else {
                asked.decision.reason.clone()
            },
            fallback_used: asked.decision.fallback_used || fell_back,
            outcome,
            exit_code: exit_code(outcome),
            usage: ends.usage(),
            cost: ends.cost(),
            duration_ms: millis(asked.took),
            warnings: last.map(|exit| exit.warnings.clone()).unwrap_or_default(),
            ran: ends.exits.iter().any(ran),
            output: ends.answer,
            tool: target.tool,
            model: target.model,
        }
    }

    fn recorded_outcome(&self, first: &AttemptRef) -> Option<AttemptOutcome> {
        let part = self.view(|ledger| {
            let part = ledger.run(&first.run)?.parts.get(&first.invocation.0)?;
            part.state.outcome()
        });
        part.ok().flatten()
    }
}

impl Ends {
    fn gather(folder: &InvocationFolder) -> Self {
        let mut exits = Vec::new();
        let mut answer = None;
        for number in 1.. {
            let attempt = folder.attempt(number);
            let Some(exit) = attempt.exit::<ExitFile>().ok().and_then(Found::whole) else {
                break;
            };
            answer = attempt.answer().ok().flatten();
            exits.push(exit);
        }
        Self { exits, answer }
    }

    /// Tokens of all that ran: what never ran used nothing.
    fn usage(&self) -> UsageReport {
        let parts: Vec<(Usage, Exactness)> = self
            .exits
            .iter()
            .filter_map(|exit| match &exit.end {
                End::Exited(exited) => Some((exited.usage, exited.exactness)),
                End::Lost(lost) => Some((lost.usage, lost.exactness)),
                End::NeverRan(_) | End::Withdrawn => None,
            })
            .collect();
        UsageReport::sum(&parts)
    }

    fn cost(&self) -> Cost {
        let parts: Vec<Cost> = self
            .exits
            .iter()
            .filter_map(|exit| match &exit.end {
                End::Exited(exited) => Some(exited.cost),
                End::Lost(lost) => Some(lost.cost),
                End::NeverRan(_) | End::Withdrawn => None,
            })
            .collect();
        sum_costs(&parts)
    }
}

fn ran(exit: &ExitFile) -> bool {
    matches!(exit.end, End::Exited(_) | End::Lost(_))
}

/// Why the target that settled the request is not the one that routing chose.
fn fallback_reason(decision: &Decision, target: &Target) -> Reason {
    Reason {
        code: "fallback".to_owned(),
        message: format!("{} failed, {target} is next in the chain", decision.target),
    }
}
