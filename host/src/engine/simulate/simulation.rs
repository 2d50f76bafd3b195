//! Everything that was found.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{AgentName, Digest, RunId, Target};

use super::course::{Change, Course};
use super::panel::{Faults, PolicyTimes};
use super::recorded::{Place, Recorded, Unjudged};
use super::shadow::Spent;
use super::spend::Spend;
use super::trial::SetAside;

/// Names that are kept of what could not be judged.
const NAMES: usize = 5;

/// What a trial found. Everything but `times` is the same each time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Simulation {
    /// The policies that were asked, in their order.
    pub policies: Vec<Tried>,
    /// When the first decision was made that was judged again.
    pub first: Option<Timestamp>,
    /// When the last one was.
    pub last: Option<Timestamp>,
    /// Decisions that were judged again.
    pub decisions: u64,
    /// Those that come to the same.
    pub same: u64,
    /// Those that do not, by how they differ.
    pub changes: BTreeMap<Change, u64>,
    /// Requests that build on one that is refused, or whose agent was started by one: they would
    /// not have been made, and no policy was asked.
    pub groundless: u64,
    /// Decisions in the same time that cannot be judged again.
    pub not_judged: Vec<NotJudged>,
    /// What became of the requests, and what would have.
    pub requests: Sides<Requests>,
    /// What their attempts cost, and would have.
    pub spend: Sides<Spend>,
    /// The same by target.
    pub by_target: BTreeMap<String, Sides<Spend>>,
    /// The same by agent.
    pub by_agent: BTreeMap<String, Sides<Spend>>,
    /// What requests that were refused and would run are expected to cost, in micro-dollars; it
    /// is no part of `spend`, where each counts as unknown.
    pub admitted_estimate_usd_micros: u64,
    /// Requests of which not even that is known.
    pub admitted_without_estimate: u64,
    /// Attempts that are not over; they count as unknown.
    pub still_open: u64,
    /// The first differences, in the order of the record.
    pub differences: Vec<Difference>,
    /// Where policies gave no verdict.
    pub faults: Vec<Faults>,
    /// Pieces of the record that are damaged and were left out.
    pub damaged: u64,
    /// What the policies took.
    #[serde(skip)]
    pub times: Vec<PolicyTimes>,
}

/// A policy that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Its name.
    pub policy: String,
    /// What its component calls itself.
    pub id: String,
    /// The component's version.
    pub version: String,
    /// The component.
    pub sha256: Digest,
    /// It is not the one of the configuration.
    pub swapped: bool,
}

/// One side as it was, the other as it would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sides<T> {
    /// On record.
    pub was: T,
    /// By the candidate.
    pub would_be: T,
}

/// Requests by what becomes of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Requests {
    /// Those that run.
    pub run: u64,
    /// Those that do not.
    pub refused: u64,
    /// Those that run and were led elsewhere by a policy.
    pub rerouted: u64,
    /// Those with a question, whatever came of it.
    pub asked: u64,
}

/// Decisions that cannot be judged again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotJudged {
    /// Why.
    pub why: Unjudged,
    /// How many.
    pub count: u64,
    /// Requests of the first of them.
    pub first: Vec<String>,
}

/// A decision that comes to something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The run.
    pub run_id: RunId,
    /// The request in it, such as `i1`.
    pub invocation: String,
    /// When it was decided.
    pub at: Timestamp,
    /// Who asked.
    pub agent: AgentName,
    /// How it differs.
    pub change: Change,
    /// On record.
    pub was: Course,
    /// By the candidate.
    pub would_be: Course,
}

impl Requests {
    fn add(&mut self, course: &Course) {
        match course.target {
            Some(_) => self.run += 1,
            None => self.refused += 1,
        }
        self.rerouted += u64::from(course.rerouted);
        self.asked += u64::from(course.asked);
    }
}

impl Simulation {
    /// Count a decision that was judged again; at most `listed` differences are kept.
    pub(super) fn count(
        &mut self,
        recorded: &Recorded,
        agent: &AgentName,
        would_be: &Course,
        listed: usize,
    ) {
        let at = recorded.event.at;
        self.first.get_or_insert(at);
        self.last = Some(at);
        self.decisions += 1;
        self.requests.was.add(&recorded.was);
        self.requests.would_be.add(would_be);
        let Some(change) = Change::between(&recorded.was, would_be) else {
            self.same += 1;
            return;
        };
        *self.changes.entry(change).or_default() += 1;
        if self.differences.len() < listed {
            self.differences.push(Difference {
                run_id: recorded.place.0.clone(),
                invocation: recorded.place.1.to_string(),
                at,
                agent: agent.clone(),
                change,
                was: recorded.was.clone(),
                would_be: would_be.clone(),
            });
        }
    }

    /// Count a decision that cannot be judged again.
    pub(super) fn leave_out(&mut self, why: Unjudged, (run, number): &Place) {
        let at = self.not_judged.iter().position(|it| it.why == why);
        let at = at.unwrap_or_else(|| {
            self.not_judged.push(NotJudged {
                why,
                count: 0,
                first: Vec::new(),
            });
            self.not_judged.len() - 1
        });
        if let Some(left_out) = self.not_judged.get_mut(at) {
            left_out.count += 1;
            if left_out.first.len() < NAMES {
                left_out.first.push(format!("{run}.{number}"));
            }
        }
    }

    /// Add what an attempt has cost, and would have.
    pub(super) fn spend(&mut self, spent: &Spent) {
        let (target, cost) = &spent.was;
        let agent = spent.agent.as_str();
        for side in self.sides(target, agent) {
            side.was.add(cost);
        }
        if let Some((target, cost)) = &spent.would {
            for side in self.sides(target, agent) {
                side.would_be.add(cost);
            }
        }
    }

    /// Add a request that was refused and would run: nobody knows what it would cost.
    pub(super) fn admit(&mut self, target: &Target, agent: &AgentName, set_aside: &SetAside) {
        for side in self.sides(target, agent.as_str()) {
            side.would_be.add(&crate::model::Cost::UNKNOWN);
        }
        match set_aside.estimate {
            Some(estimate) => {
                let sum = &mut self.admitted_estimate_usd_micros;
                *sum = sum.saturating_add(estimate.0);
            }
            None => self.admitted_without_estimate += 1,
        }
    }

    fn sides(&mut self, target: &Target, agent: &str) -> [&mut Sides<Spend>; 3] {
        [
            &mut self.spend,
            self.by_target.entry(target.to_string()).or_default(),
            self.by_agent.entry(agent.to_owned()).or_default(),
        ]
    }
}
