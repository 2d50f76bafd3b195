//! Where a run stands, from what the ledger remembers of it. The rule is `lifecycle`'s.

use crate::lifecycle::{Plan, status_after};
use crate::model::{AttemptState, RunStatus};

use super::open::{KnownRun, PlanState};

impl KnownRun {
    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> RunStatus {
        let parts: Vec<AttemptState> = self.parts.values().map(|part| part.state).collect();
        let plan = match self.plan_state() {
            None => Plan::None,
            Some(PlanState::Open) => Plan::Open,
            Some(PlanState::Interrupted) => Plan::Interrupted,
            Some(PlanState::Finished) => Plan::Finished,
        };
        let verdict = self.plan.as_ref().and_then(|plan| plan.verdict);
        status_after(verdict, &parts, self.cancel_requested, plan)
    }
}
