//! Who spends where: spending over time for each pair of an agent and a target.
//!
//! Every limit's scope is a choice of such pairs. The number of pairs is that of the configured
//! ones in use, and so is the size.

use serde::{Deserialize, Serialize};

use crate::model::{AgentName, Amounts, LimitScope, Target};

use super::cells::Cells;

/// One pair and what it spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lane {
    /// Who asked; `None` when that is not on record, and then every agent is charged.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    agent: Option<AgentName>,
    #[serde(flatten)]
    target: Target,
    #[serde(rename = "c")]
    pub(super) cells: Cells,
}

/// All pairs; runs and costs name them by their place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Lanes(Vec<Lane>);

impl Lane {
    /// Whether a limit with `scope` counts what this pair spends.
    pub(super) fn counts_for(&self, scope: &LimitScope) -> bool {
        match &self.agent {
            Some(agent) => scope.covers(agent, &self.target),
            None => {
                scope.tool.as_ref().is_none_or(|it| *it == self.target.tool)
                    && scope
                        .model
                        .as_ref()
                        .is_none_or(|it| *it == self.target.model)
            }
        }
    }
}

impl Lanes {
    /// The place of a pair, if it ever spent anything.
    pub(super) fn find(&self, agent: Option<&AgentName>, target: &Target) -> Option<usize> {
        let is_it = |lane: &Lane| lane.agent.as_ref() == agent && lane.target == *target;
        self.0.iter().position(is_it)
    }

    /// The place of a pair, a new one if need be.
    pub(super) fn place(&mut self, agent: Option<&AgentName>, target: &Target) -> usize {
        if let Some(place) = self.find(agent, target) {
            return place;
        }
        self.0.push(Lane {
            agent: agent.cloned(),
            target: target.clone(),
            cells: Cells::default(),
        });
        self.0.len() - 1
    }

    pub(super) fn get(&self, place: usize) -> Option<&Lane> {
        self.0.get(place)
    }

    /// Add what the pair at `place` spent.
    pub(super) fn add(&mut self, place: usize, second: i64, amounts: &Amounts, newest: i64) {
        if let Some(lane) = self.0.get_mut(place) {
            lane.cells.add(second, amounts, newest);
        }
    }

    /// Join and drop what is old.
    pub(super) fn age(&mut self, newest: i64) {
        for lane in &mut self.0 {
            lane.cells.age(newest);
        }
    }

    /// The pairs whose spending a limit with `scope` counts.
    pub(super) fn counted<'s>(&'s self, scope: &'s LimitScope) -> impl Iterator<Item = &'s Lane> {
        self.0.iter().filter(|lane| lane.counts_for(scope))
    }

    /// Drop pairs that spent nothing of late and that `is_named` does not hold for; the places of
    /// all pairs, by their places before.
    pub(super) fn sweep(&mut self, is_named: impl Fn(usize) -> bool) -> Vec<Option<usize>> {
        let mut moved = Vec::with_capacity(self.0.len());
        let mut kept = 0;
        for (place, lane) in self.0.iter().enumerate() {
            let keep = !lane.cells.is_empty() || is_named(place);
            moved.push(keep.then_some(kept));
            kept += usize::from(keep);
        }
        let mut places = moved.iter();
        self.0
            .retain(|_| places.next().is_some_and(Option::is_some));
        moved
    }
}
