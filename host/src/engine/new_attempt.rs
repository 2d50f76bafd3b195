//! The events by which an invocation gets an attempt: what was decided, what the policies said, its
//! place in the queue, and what is set aside for it. One batch, or nothing.

use uuid::Uuid;

use crate::budget::Asking;
use crate::model::{
    AgentName, AttemptQueued, AttemptRef, BudgetDenied, BudgetOverridden, BudgetReserved,
    BudgetWarned, Draft, LimitKind, PrivacyLevel, Target,
};

use super::admit::{Joining, to_attempt, to_invocation};
use super::decided::decided;
use super::denied::Denied;
use super::error::EngineError;
use super::house::Engine;
use super::launch::preferred;
use super::ledger::Ledger;
use super::policy::judged_event;
use super::request::ExecRequest;
use super::weigh::Weighed;

/// An attempt that is about to be put on record.
pub(super) struct NewAttempt<'a> {
    pub(super) engine: &'a Engine,
    pub(super) request: &'a ExecRequest,
    pub(super) weighed: &'a Weighed,
    pub(super) name: &'a AttemptRef,
}

/// Why nothing was put on record.
pub(super) enum Turned {
    /// A hard limit has no room.
    NoRoom(Box<Denied>),
    /// Something else.
    Engine(EngineError),
}

impl NewAttempt<'_> {
    /// Everything that is put on record with it, checked against the limits as they stand now.
    pub(super) fn drafts(
        &self,
        ledger: &Ledger,
        now: jiff::Timestamp,
    ) -> Result<Vec<Draft>, Turned> {
        let agent = AgentName::new(self.request.route.agent.as_str());
        let target = &self.weighed.decision.target;
        let asking = self.asking(&agent, target, now);
        let mut drafts = vec![self.routed(), self.judged()];
        drafts.extend(self.fits(ledger, &asking)?);
        let (desk, name) = (&self.engine.desk, self.name);
        let marker = Uuid::now_v7();
        let priority = self.request.priority;
        drafts.push(to_attempt(
            name,
            AttemptQueued {
                target: target.clone(),
                priority,
                marker,
                within: desk.within,
                delay_ms: self.delay_ms(),
            },
        ));
        drafts.push(to_attempt(name, self.reserved(agent.clone(), marker)));
        let joining = Joining {
            name: name.clone(),
            target,
            priority,
        };
        let limits = &self.engine.settings.concurrency;
        drafts.extend(desk.admissions(ledger, None, Some(&joining), limits));
        Ok(drafts)
    }

    /// What is put on record when nothing comes of it.
    pub(super) fn refusal(&self, ledger: &Ledger, denied: &mut Denied) -> Vec<Draft> {
        let mut drafts = vec![self.routed()];
        drafts.extend(self.objection(ledger, denied, "start"));
        drafts
    }

    /// Who is against it, and which limit is in the way of `what`.
    pub(super) fn objection(&self, ledger: &Ledger, denied: &mut Denied, what: &str) -> Vec<Draft> {
        let agent = AgentName::new(self.request.route.agent.as_str());
        let target = &self.weighed.decision.target;
        let asking = self.asking(&agent, target, self.engine.desk.clock.now());
        let mut drafts = vec![self.judged()];
        let refusal = ledger.book().refusal(
            &self.engine.settings.limits,
            &asking,
            &self.weighed.wanted.amounts,
        );
        if let Some(refusal) = &refusal {
            // The policy has said it in its words; which limit it is, the host knows.
            denied.limit = Denied::by_host(refusal).limit;
        }
        if let Some(limit) = &denied.limit {
            drafts.push(to_invocation(
                self.name,
                BudgetDenied {
                    stand: limit.stand.clone(),
                    what: what.to_owned(),
                },
            ));
        }
        drafts
    }

    fn asking<'s>(
        &'s self,
        agent: &'s AgentName,
        target: &'s Target,
        now: jiff::Timestamp,
    ) -> Asking<'s> {
        Asking {
            agent,
            target,
            run: Some(&self.name.run),
            within: self.engine.desk.within,
            cap: self.request.max_cost,
            now,
            except: None,
        }
    }

    /// What routing decided.
    fn routed(&self) -> Draft {
        let privacy = self.engine.settings.telemetry.privacy;
        let mut routed = decided(&self.weighed.decision, privacy);
        routed.preferred = preferred(self.engine, self.request, &self.weighed.decision);
        to_invocation(self.name, routed)
    }

    /// What the policies said.
    fn judged(&self) -> Draft {
        let privacy = self.engine.settings.telemetry.privacy;
        let judged = judged_event(&self.weighed.asked, self.weighed.answer, privacy);
        to_invocation(self.name, judged)
    }

    /// Whether every hard limit has room; with what is to be told about limits that are near, or
    /// that the user goes beyond.
    fn fits(&self, ledger: &Ledger, asking: &Asking<'_>) -> Result<Vec<Draft>, Turned> {
        let limits = &self.engine.settings.limits;
        let wanted = &self.weighed.wanted.amounts;
        let book = ledger.book();
        let mut drafts = Vec::new();
        let refusal = book.refusal(limits, asking, wanted);
        let forced = self.request.consent.force;
        if let Some(refused) = self.weighed.wanted.refused.filter(|_| !forced) {
            let denied = Denied::unheld(refused, asking.target);
            return Err(Turned::NoRoom(Box::new(denied)));
        }
        if let Some(refusal) = &refusal {
            let denied = Denied::by_host(refusal);
            // The cap of an attempt is a promise to whoever set it, and not the agent's to break.
            let Some(limit) = denied.limit.as_ref().filter(|_| forced) else {
                return Err(Turned::NoRoom(Box::new(denied)));
            };
            let private = self.engine.settings.telemetry.privacy == PrivacyLevel::None;
            let justification = self.request.justification.clone();
            drafts.push(to_attempt(
                self.name,
                BudgetOverridden {
                    stand: limit.stand.clone(),
                    justification: justification.filter(|_| !private),
                },
            ));
        }
        for window in book.windows(limits, asking) {
            let stand = window.stand(wanted.of(window.limit.metric));
            let percent = window.percent(0);
            if window.is_near(0) && window.limit.kind == LimitKind::Soft {
                drafts.push(to_attempt(self.name, BudgetWarned { stand, percent }));
            }
        }
        Ok(drafts)
    }

    fn reserved(&self, agent: AgentName, marker: Uuid) -> BudgetReserved {
        let wanted = &self.weighed.wanted;
        BudgetReserved {
            agent,
            target: self.weighed.decision.target.clone(),
            amounts: wanted.amounts,
            cap_uusd: self.request.max_cost,
            unpriced: wanted.unpriced,
            forced: self.request.consent.force,
            within: self.engine.desk.within,
            marker,
            task_type: self.request.route.task_type.clone(),
        }
    }

    fn delay_ms(&self) -> Option<u64> {
        let delay = super::attempt::millis(self.weighed.asked.delay());
        (delay > 0).then_some(delay)
    }
}
