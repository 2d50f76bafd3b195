//! The course of one request: attempt after attempt, until one settles it.
//!
//! Keeps the books of all attempts and writes the end of each. Whether another may follow is
//! `lifecycle`'s to say.

use std::time::Duration;

use crate::lifecycle::{exit_code, may_fall_back};
use crate::model::{
    AgentName, AttemptExited, AttemptRef, AttemptWarned, Cost, Decision, Exactness, OutputRef,
    PrivacyLevel, Reason, RoutingDecided, RoutingFellBack, RunFinished, SessionId, SessionTotals,
    Target, Usage, sentence,
};
use crate::process::Interrupts;

use super::attempt::{Attempt, AttemptEnd, Heard, millis};
use super::error::EngineError;
use super::house::Engine;
use super::progress::{Progress, Warning, Watcher};
use super::record::Record;
use super::report::{AttemptReport, ExecReport, UsageReport, sum_costs};
use super::request::ExecRequest;

/// One request on its way.
pub(super) struct Course<'e> {
    engine: &'e Engine,
    request: &'e ExecRequest,
    decision: &'e Decision,
    record: Record<'e>,
    began: Duration,
    attempts: Vec<AttemptReport>,
    usage: Vec<(Usage, Exactness)>,
    costs: Vec<Cost>,
}

impl<'e> Course<'e> {
    /// A request that was routed, with nothing tried yet.
    pub(super) fn new(
        engine: &'e Engine,
        request: &'e ExecRequest,
        decision: &'e Decision,
        mut record: Record<'e>,
        began: Duration,
    ) -> Self {
        record.add(decided(decision, engine.settings.telemetry.privacy));
        Self {
            engine,
            request,
            decision,
            record,
            began,
            attempts: Vec::new(),
            usage: Vec::new(),
            costs: Vec::new(),
        }
    }

    /// Work through the targets until one settles the request.
    pub(super) async fn run(
        mut self,
        interrupts: &mut Interrupts,
        watcher: &mut dyn Watcher,
    ) -> Result<ExecReport, EngineError> {
        let mut target = &self.decision.target;
        let mut waiting = self.decision.next.iter();
        loop {
            let end = self.attempt(target, interrupts, watcher).await?;
            let next = may_fall_back(end.outcome, end.failure.as_ref(), end.effects)
                .then(|| waiting.next())
                .flatten();
            let (Some(next), Some(failure)) = (next, &end.failure) else {
                return self.settle(target, &end);
            };
            self.record.add(RoutingFellBack {
                from: target.clone(),
                to: next.clone(),
                code: failure.code.clone(),
            });
            watcher.see(Progress::FellBack {
                from: target.clone(),
                to: next.clone(),
                failure: failure.clone(),
                primary: *target == self.decision.target && !self.decision.fallback_used,
            });
            target = next;
        }
    }

    /// Make one attempt and add its end to the record.
    async fn attempt(
        &mut self,
        target: &Target,
        interrupts: &mut Interrupts,
        watcher: &mut dyn Watcher,
    ) -> Result<AttemptEnd, EngineError> {
        let began = self.engine.clock.monotonic();
        let number = self.number().saturating_add(1);
        let attempt = Attempt {
            engine: self.engine,
            request: self.request,
            target,
            number,
            record: &mut self.record,
            watcher: &mut *watcher,
        };
        let end = attempt.make(interrupts).await?;
        self.attempts.push(AttemptReport {
            n: number,
            tool: target.tool.clone(),
            model: target.model.clone(),
            outcome: end.outcome,
            failure_code: end.failure.as_ref().map(|failure| failure.code.clone()),
            failure_message: end.failure.as_ref().map(|failure| failure.message.clone()),
        });
        // What never ran used nothing and cost nothing.
        if let Some(heard) = &end.heard {
            self.usage.push((heard.tally.usage, heard.tally.exactness));
            self.costs.push(heard.tally.cost);
            let output = self.keep_answer(number, heard, watcher);
            let exited = self.exited(target, &end, heard, began);
            self.record
                .add_to(number, AttemptExited { output, ..exited });
        }
        Ok(end)
    }

    /// The end of one attempt, with everything that must outlive it.
    fn exited(
        &self,
        target: &Target,
        end: &AttemptEnd,
        heard: &Heard,
        began: Duration,
    ) -> AttemptExited {
        let session = heard
            .reading
            .session
            .clone()
            .filter(|_| self.engine.settings.telemetry.privacy != PrivacyLevel::None);
        AttemptExited {
            target: target.clone(),
            outcome: end.outcome,
            failure_code: end.failure.as_ref().map(|failure| failure.code.clone()),
            exit_code: end.status.and_then(|status| status.code),
            signal: end.status.and_then(|status| status.signal),
            duration_ms: self.since(began),
            usage: heard.tally.usage,
            exactness: heard.tally.exactness,
            cost: heard.tally.cost,
            served_model: heard.reading.served_model.clone(),
            session_totals: session
                .as_ref()
                .map(|session| totals(target, session, heard)),
            session_id: session,
            n_lines: heard.reading.n_lines,
            n_unrecognised: heard.reading.n_unrecognised,
            output: None,
            tree_empty: None,
            swept: 0,
            cancel_requested: false,
        }
    }

    /// Keep the answer where the privacy level asks for it. The end of an attempt that cost money
    /// goes on record whether that works or not.
    fn keep_answer(
        &mut self,
        number: u32,
        heard: &Heard,
        watcher: &mut dyn Watcher,
    ) -> Option<OutputRef> {
        match self.engine.content().keep(heard.reading.answer.answer()) {
            Ok(output) => output,
            Err(error) => {
                let message = format!("the answer was not kept: failed to {}", sentence(&error));
                watcher.see(Progress::Warning(Warning::new("answer_not_kept", message)));
                let warned = AttemptWarned {
                    code: "answer_not_kept".to_owned(),
                    facts: serde_json::Map::new(),
                };
                self.record.add_to(number, warned);
                None
            }
        }
    }

    /// The request has come to its end: record it, and say what it came to.
    fn settle(mut self, target: &Target, end: &AttemptEnd) -> Result<ExecReport, EngineError> {
        self.record.add(RunFinished {
            outcome: end.outcome,
            exit_code: exit_code(end.outcome),
            attempts: self.number(),
            duration_ms: self.since(self.began),
        });
        self.record.commit()?;
        Ok(self.report(target, end))
    }

    fn report(self, target: &Target, end: &AttemptEnd) -> ExecReport {
        let last = self.record.attempt(self.number());
        let fell_back = self.attempts.len() > 1;
        let reading = end.heard.as_ref().map(|heard| &heard.reading);
        ExecReport {
            duration_ms: self.since(self.began),
            ran: !self.costs.is_empty(),
            run_id: last.as_ref().map(|a| a.run.to_string()).unwrap_or_default(),
            invocation_id: last
                .as_ref()
                .map(AttemptRef::invocation_id)
                .unwrap_or_default(),
            fallback_used: self.decision.fallback_used || fell_back,
            usage: UsageReport::sum(&self.usage),
            cost: sum_costs(&self.costs),
            attempts: self.attempts,
            agent: AgentName::new(self.request.route.agent.as_str()),
            tool: target.tool.clone(),
            model: target.model.clone(),
            served_model: reading.and_then(|reading| reading.served_model.clone()),
            reason: if fell_back {
                fallback_reason(self.decision, target)
            } else {
                self.decision.reason.clone()
            },
            outcome: end.outcome,
            exit_code: exit_code(end.outcome),
            output: reading
                .filter(|reading| reading.answer.any())
                .map(|reading| reading.answer.answer().to_owned()),
            session_id: reading.and_then(|r| r.session.as_ref().map(ToString::to_string)),
            warnings: reading
                .map(|reading| reading.warnings.clone())
                .unwrap_or_default(),
        }
    }

    fn number(&self) -> u32 {
        u32::try_from(self.attempts.len()).unwrap_or(u32::MAX)
    }

    fn since(&self, began: Duration) -> u64 {
        millis(self.engine.clock.monotonic().saturating_sub(began))
    }
}

/// The session's totals for the next resume. One that went on without telling its totals has
/// none any more, and says so.
fn totals(target: &Target, session: &SessionId, heard: &Heard) -> SessionTotals {
    heard
        .tally
        .session_totals(&target.tool)
        .filter(|totals| totals.session == *session)
        .unwrap_or_else(|| SessionTotals {
            tool: target.tool.clone(),
            session: session.clone(),
            usage: None,
            cost_uusd: None,
        })
}

/// The decision as it is put on record; its sentences tell the prompt's size, so they stay out at
/// privacy level `none`.
fn decided(decision: &Decision, privacy: PrivacyLevel) -> RoutingDecided {
    let mut decided = RoutingDecided {
        target: decision.target.clone(),
        reason: decision.reason.clone(),
        fallback_used: decision.fallback_used,
        original: decision.original.clone(),
        candidates: decision.candidates.clone(),
        estimate_uusd: decision.estimate,
    };
    if privacy == PrivacyLevel::None {
        decided.reason.message.clear();
        decided.estimate_uusd = None;
        for rejected in decided
            .candidates
            .iter_mut()
            .filter_map(|c| c.rejected.as_mut())
        {
            rejected.message.clear();
        }
    }
    decided
}

/// Why the target that settled the request is not the one that routing chose.
fn fallback_reason(decision: &Decision, target: &Target) -> Reason {
    Reason {
        code: "fallback".to_owned(),
        message: format!("{} failed, {target} is next in the chain", decision.target),
    }
}
