//! The attempt that follows another within the same invocation, checked against the limits as they
//! stand when it is written.

use jiff::Timestamp;
use uuid::Uuid;

use crate::budget::Asking;
use crate::model::{
    Amounts, AttemptQueued, AttemptRef, AttemptRetried, BudgetDenied, BudgetReserved, Draft,
    Priority, RoutingFellBack,
};

use super::admit::{to_attempt, to_invocation};
use super::denied::Denied;
use super::desk::Desk;
use super::exit_file::Next;
use super::ledger::{Ledger, OpenInvocation};

/// What is needed to write an attempt down that follows another.
pub(super) struct Following<'a> {
    pub(super) desk: &'a Desk,
    pub(super) ledger: &'a Ledger,
    /// The attempt that is over.
    pub(super) last: &'a AttemptRef,
    pub(super) next: &'a Next,
    /// What that one counts for, in the same batch.
    pub(super) counted: Amounts,
    pub(super) now: Timestamp,
}

impl Following<'_> {
    /// Add its events; its name and priority, or `None` when a limit is in the way.
    pub(super) fn drafts(
        &self,
        open: &OpenInvocation,
        drafts: &mut Vec<Draft>,
    ) -> Option<(AttemptRef, Priority)> {
        let next = self.next;
        // Without a reservation of the last one the log is older than budgets.
        let reservation = self.ledger.book().reservation(self.last);
        if let Some(reservation) = reservation {
            let asking = Asking {
                agent: &reservation.agent,
                target: &next.to,
                run: Some(&self.last.run),
                within: self.desk.within,
                cap: next.cap,
                now: self.now,
                except: Some(self.last),
            };
            let wanted = next.amounts.plus(&self.counted);
            let refusal = self.ledger.book().refusal(&next.limits, &asking, &wanted);
            if let Some(refusal) = refusal {
                drafts.extend(self.denied(&Denied::by_host(&refusal)));
                return None;
            }
        }
        let name = AttemptRef {
            number: self.last.number.saturating_add(1),
            ..self.last.clone()
        };
        let attempt = open.attempt.as_ref();
        let priority = attempt.map(|it| it.priority).unwrap_or_default();
        let marker = Uuid::now_v7();
        drafts.push(self.announced(&name));
        drafts.push(to_attempt(
            &name,
            AttemptQueued {
                target: next.to.clone(),
                priority,
                marker,
                within: self.desk.within,
                delay_ms: (next.delay_ms > 0).then_some(next.delay_ms),
            },
        ));
        if let Some(reservation) = reservation {
            drafts.push(to_attempt(
                &name,
                BudgetReserved {
                    agent: reservation.agent.clone(),
                    target: next.to.clone(),
                    amounts: next.amounts,
                    cap_uusd: next.cap,
                    unpriced: next.unpriced,
                    forced: false,
                    within: self.desk.within,
                    marker,
                    task_type: reservation.task_type.clone(),
                },
            ));
        }
        Some((name, priority))
    }

    fn announced(&self, name: &AttemptRef) -> Draft {
        let next = self.next;
        if next.is_retry() {
            let retried = AttemptRetried {
                target: next.to.clone(),
                code: next.code.clone(),
                delay_ms: next.delay_ms,
            };
            return to_invocation(name, retried);
        }
        let fell_back = RoutingFellBack {
            from: next.from.clone(),
            to: next.to.clone(),
            code: next.code.clone(),
        };
        to_invocation(name, fell_back)
    }

    fn denied(&self, denied: &Denied) -> Option<Draft> {
        let stand = denied.limit.as_ref()?.stand.clone();
        let what = "fallback".to_owned();
        Some(to_invocation(self.last, BudgetDenied { stand, what }))
    }
}
