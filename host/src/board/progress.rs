//! How far something is, in whole percent, from the tasks that belong to it.
//!
//! Pure, in whole numbers. A percentage is rounded down, so 100 means that everything is done.

use std::collections::BTreeMap;

use serde::Serialize;

use super::status::TaskStatus;

/// Where a percentage comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProgressBasis {
    /// From the tasks: done counts whole, in progress half, blocked a quarter, the rest nothing.
    Weighted,
    /// Somebody wrote it into the specification.
    Manual,
}

/// What the tasks of something come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) by_status: BTreeMap<TaskStatus, usize>,
}

impl Tally {
    pub(super) fn of(statuses: impl Iterator<Item = TaskStatus>) -> Self {
        let mut tally = Self::default();
        for status in statuses {
            *tally.by_status.entry(status).or_default() += 1;
        }
        tally
    }

    pub(super) fn total(&self) -> usize {
        self.by_status.values().sum()
    }

    pub(super) fn done(&self) -> usize {
        self.n(TaskStatus::Done)
    }

    pub(super) fn n(&self, status: TaskStatus) -> usize {
        self.by_status.get(&status).copied().unwrap_or(0)
    }

    pub(super) fn n_open(&self) -> usize {
        let open = self.by_status.iter().filter(|(status, _)| status.is_open());
        open.map(|(_, n)| n).sum()
    }

    /// From 0 to 100; 0 without tasks.
    pub(super) fn percent(&self) -> u8 {
        let quarters: usize = self
            .by_status
            .iter()
            .map(|(status, n)| n * quarters(*status))
            .sum();
        mean(quarters * 25, self.total())
    }
}

/// What a task counts, in quarters.
fn quarters(status: TaskStatus) -> usize {
    match status {
        TaskStatus::Done => 4,
        TaskStatus::InProgress => 2,
        TaskStatus::Blocked => 1,
        TaskStatus::Inbox | TaskStatus::Assigned | TaskStatus::Error | TaskStatus::Frozen => 0,
    }
}

/// The mean of percentages that add up to `sum`, rounded down; 0 for none.
pub(super) fn mean(sum: usize, n: usize) -> u8 {
    let mean = sum.checked_div(n).unwrap_or(0);
    u8::try_from(mean.min(100)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use TaskStatus::{Assigned, Blocked, Done, Error, Frozen, InProgress, Inbox};

    #[test]
    fn done_counts_whole_in_progress_half_blocked_a_quarter() {
        let percent = |statuses: &[TaskStatus]| Tally::of(statuses.iter().copied()).percent();
        assert_eq!(percent(&[]), 0);
        assert_eq!(percent(&[Done]), 100);
        assert_eq!(percent(&[InProgress]), 50);
        assert_eq!(percent(&[Blocked]), 25);
        assert_eq!(percent(&[Inbox, Assigned, Error, Frozen]), 0);
        assert_eq!(percent(&[Done, InProgress, Blocked, Inbox]), 43);
        assert_eq!(percent(&[Done, Done, Assigned]), 66);
        assert_eq!(percent(&[Done; 999]), 100);
    }

    #[test]
    fn a_hundred_means_that_all_is_done() {
        let mut statuses = vec![Done; 9_999];
        statuses.push(InProgress);
        assert_eq!(Tally::of(statuses.into_iter()).percent(), 99);
    }
}
