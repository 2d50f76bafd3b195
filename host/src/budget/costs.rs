//! What attempts have cost lately, for the next one's estimate.
//!
//! By pair of agent and target, and again by their task types. Only what is known to the full and
//! came of work that was done: a failure in the first second says nothing about the next attempt.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::model::MicroUsd;

use super::packed;

/// Costs kept for each key.
const COSTS_KEPT: usize = 20;

/// Keys kept; the one that was not used for longest goes first.
const KEYS_KEPT: usize = 200;

/// Costs of one kind of work, the latest last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Series {
    /// Place of the pair.
    #[serde(rename = "l")]
    lane: usize,
    /// `None`: of all task types.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    /// Sequence number of its latest event.
    #[serde(rename = "s")]
    seq: u64,
    #[serde(rename = "c", with = "packed::row")]
    costs: VecDeque<u64>,
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Costs(Vec<Series>);

impl Costs {
    /// Take in what one attempt has cost.
    pub(super) fn add(&mut self, lane: usize, task: Option<&str>, seq: u64, cost: MicroUsd) {
        self.add_to(lane, None, seq, cost);
        if task.is_some() {
            self.add_to(lane, task, seq, cost);
        }
    }

    fn add_to(&mut self, lane: usize, task: Option<&str>, seq: u64, cost: MicroUsd) {
        let series = match self.find(lane, task) {
            Some(place) => &mut self.0[place],
            None => {
                self.forget_one();
                self.0.push(Series {
                    lane,
                    task: task.map(str::to_owned),
                    seq,
                    costs: VecDeque::new(),
                });
                let last = self.0.len() - 1;
                &mut self.0[last]
            }
        };
        series.seq = seq;
        if series.costs.len() == COSTS_KEPT {
            series.costs.pop_front();
        }
        series.costs.push_back(cost.0);
    }

    /// The cost that nine in ten of the latest stay within: those of the task type, or of all when
    /// it has none.
    pub(super) fn estimate(&self, lane: usize, task: Option<&str>) -> Option<MicroUsd> {
        let place = self.find(lane, task).or_else(|| self.find(lane, None))?;
        let mut costs: Vec<u64> = self.0[place].costs.iter().copied().collect();
        costs.sort_unstable();
        let rank = (costs.len() * 9).div_ceil(10);
        costs.get(rank.checked_sub(1)?).copied().map(MicroUsd)
    }

    /// Whether the pair at `lane` has any.
    pub(super) fn name(&self, lane: usize) -> bool {
        self.0.iter().any(|series| series.lane == lane)
    }

    /// Follow the pairs to their new places.
    pub(super) fn follow(&mut self, moved: &[Option<usize>]) {
        self.0.retain_mut(|series| match moved.get(series.lane) {
            Some(Some(place)) => {
                series.lane = *place;
                true
            }
            _ => false,
        });
    }

    fn find(&self, lane: usize, task: Option<&str>) -> Option<usize> {
        let is_it = |series: &Series| series.lane == lane && series.task.as_deref() == task;
        self.0.iter().position(is_it)
    }

    fn forget_one(&mut self) {
        if self.0.len() < KEYS_KEPT {
            return;
        }
        let oldest = (0..self.0.len()).min_by_key(|place| self.0[*place].seq);
        if let Some(oldest) = oldest {
            self.0.swap_remove(oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_in_ten_stay_within_the_estimate() {
        let estimate = |costs: &[u64]| {
            let mut all = Costs::default();
            for cost in costs {
                all.add(0, None, 1, MicroUsd(*cost));
            }
            all.estimate(0, None).map(|cost| cost.0)
        };
        assert_eq!(estimate(&[]), None, "nothing known is not zero");
        assert_eq!(estimate(&[7]), Some(7));
        assert_eq!(estimate(&[1, 9]), Some(9));
        let ten: Vec<u64> = (1..=10).rev().collect();
        assert_eq!(estimate(&ten), Some(9));
        let many: Vec<u64> = (1..=100).collect();
        assert_eq!(estimate(&many), Some(98), "of the last twenty alone");
    }

    #[test]
    fn a_task_type_has_costs_of_its_own_and_falls_back_on_all() {
        let mut all = Costs::default();
        all.add(0, Some("review"), 1, MicroUsd(10));
        all.add(0, Some("write"), 2, MicroUsd(90));
        assert_eq!(all.estimate(0, Some("review")), Some(MicroUsd(10)));
        assert_eq!(all.estimate(0, Some("other")), Some(MicroUsd(90)));
        assert_eq!(all.estimate(0, None), Some(MicroUsd(90)));
        assert_eq!(all.estimate(1, Some("review")), None, "another pair");
    }

    #[test]
    fn keys_are_bounded_and_the_idle_ones_go() {
        let mut all = Costs::default();
        for seq in 0..1_000 {
            all.add(0, Some(&format!("task {seq}")), seq, MicroUsd(seq));
        }
        assert_eq!(all.0.len(), KEYS_KEPT);
        assert_eq!(all.estimate(0, Some("task 999")), Some(MicroUsd(999)));
        assert!(all.find(0, Some("task 0")).is_none());
        assert!(all.find(0, None).is_some(), "in use all the time");
    }
}
