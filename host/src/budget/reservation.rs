//! What is set aside for one attempt that is not over.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{
    AgentName, Amounts, Basis, BudgetReserved, Cost, LimitScope, MicroUsd, Target, Usage,
};

/// A reservation, and what became of it so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Who asks.
    pub agent: AgentName,
    /// Where it goes.
    pub target: Target,
    /// What is set aside, by the latest `budget.reserved`.
    pub amounts: Amounts,
    /// No more money than this may be spent by it and by what its agent starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_uusd: Option<MicroUsd>,
    /// Nobody can tell what it will cost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpriced: bool,
    /// A limit was knowingly passed for it, once at least.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forced: bool,
    /// Marker of the attempt whose agent asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Uuid>,
    /// Marker of its own processes.
    pub marker: Uuid,
    /// Kind of task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_type: Option<String>,
    /// When it was first set aside: the window that it counts in, whatever comes later.
    pub since: Timestamp,
    /// What is on record as used so far; what nobody told is missing here and is not zero.
    #[serde(default)]
    pub used: Amounts,
    /// What attempts below it have cost that are over.
    #[serde(default)]
    pub(super) below: Amounts,
    /// The open attempt that it counts towards: `within`, or the next one above that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) above: Option<Uuid>,
}

impl Reservation {
    /// What an event says, in the window of `since`.
    pub(super) fn new(reserved: &BudgetReserved, since: Timestamp) -> Self {
        Self {
            agent: reserved.agent.clone(),
            target: reserved.target.clone(),
            amounts: reserved.amounts,
            cap_uusd: reserved.cap_uusd,
            unpriced: reserved.unpriced,
            forced: reserved.forced,
            within: reserved.within,
            marker: reserved.marker,
            task_type: reserved.task_type.clone(),
            since,
            used: Amounts::default(),
            below: Amounts::default(),
            above: reserved.within,
        }
    }

    /// Put a later event in the place of the earlier one; history stays.
    pub(super) fn replace(&mut self, reserved: &BudgetReserved) {
        let before = std::mem::replace(self, Self::new(reserved, self.since));
        self.forced |= before.forced;
        self.used = before.used;
        self.below = before.below;
        // Whoever is above may have ended since, so this is not `within` any more.
        self.above = before.above;
    }

    /// Take in what is used so far. Totals never fall.
    pub(super) fn learn(&mut self, usage: &Usage, cost: &Cost) {
        let money = cost.amount.map_or(0, |amount| amount.0);
        let billed = if cost.basis == Basis::Billed {
            money
        } else {
            0
        };
        self.used = self.used.max(&Amounts {
            uusd: money,
            billed_uusd: billed,
            tokens: usage.total().unwrap_or(0),
            requests: 0,
        });
    }

    /// The event that says the same, for an attempt that wants more.
    #[must_use]
    pub fn as_event(&self) -> BudgetReserved {
        BudgetReserved {
            agent: self.agent.clone(),
            target: self.target.clone(),
            amounts: self.amounts,
            cap_uusd: self.cap_uusd,
            unpriced: self.unpriced,
            forced: self.forced,
            within: self.within,
            marker: self.marker,
            task_type: self.task_type.clone(),
        }
    }

    /// What it takes from every limit: what is set aside, or used where that is more.
    #[must_use]
    pub fn held(&self) -> Amounts {
        self.amounts.max(&self.used)
    }

    /// Whether a limit with `scope` counts it.
    pub(super) fn counts_for(&self, scope: &LimitScope) -> bool {
        scope.covers(&self.agent, &self.target)
    }
}
