//! What each run has spent, for limits on a run.
//!
//! Runs that are over are remembered for as long as an invocation can still be added to them,
//! which is as long as the ledger knows them: by the same rule, the same number.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::model::{Amounts, Body, Event, RunId};

use super::packed::{Taker, put, put_amounts};

/// Runs that are over and remembered all the same.
const RUNS_KEPT: usize = 200;

/// One run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct RunSpend {
    /// Sequence number of the last event about it.
    #[serde(rename = "q")]
    seq: u64,
    /// It follows a plan that did not come to its end.
    #[serde(rename = "p", default, skip_serializing_if = "std::ops::Not::not")]
    planned: bool,
    /// Invocations that are not over.
    #[serde(rename = "o", default, skip_serializing_if = "BTreeSet::is_empty")]
    open: BTreeSet<u32>,
    #[serde(rename = "s")]
    spent: ByLane,
}

/// Amounts by the place of the pair that spent them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct ByLane(BTreeMap<usize, Amounts>);

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Runs(BTreeMap<RunId, RunSpend>);

impl Runs {
    /// Notice what an event means for its run, money apart.
    pub(super) fn notice(&mut self, event: &Event) {
        let Some(run) = &event.run else {
            return;
        };
        if matches!(
            event.body,
            Body::BudgetReserved(_) | Body::WorkflowStarted(_)
        ) && !self.0.contains_key(run)
        {
            self.0.insert(run.clone(), RunSpend::default());
        }
        let Some(known) = self.0.get_mut(run) else {
            return;
        };
        known.seq = event.seq;
        let number = event.invocation.map(|number| number.0);
        match &event.body {
            Body::BudgetReserved(_) | Body::RunSubmitted(_) => known.open.extend(number),
            Body::RunFinished(_) => {
                known.open.retain(|it| Some(*it) != number);
                self.forget();
            }
            Body::WorkflowStarted(_) => known.planned = true,
            Body::WorkflowFinished(_) => {
                known.planned = false;
                self.forget();
            }
            _ => {}
        }
    }

    /// Add what the pair at `lane` spent for `run`.
    pub(super) fn add(&mut self, run: &RunId, lane: usize, amounts: &Amounts) {
        let known = self.0.entry(run.clone()).or_default();
        let spent = known.spent.0.entry(lane).or_default();
        *spent = spent.plus(amounts);
    }

    /// What `run` spent by pairs for which `is_counted` holds.
    pub(super) fn spent(&self, run: &RunId, is_counted: impl Fn(usize) -> bool) -> Amounts {
        self.0.get(run).map_or(Amounts::default(), |known| {
            let counted = known.spent.0.iter().filter(|(lane, _)| is_counted(**lane));
            counted.fold(Amounts::default(), |sum, (_, amounts)| sum.plus(amounts))
        })
    }

    /// Runs that are not over.
    pub(super) fn at_work(&self) -> impl Iterator<Item = &RunId> {
        let at_work = self.0.iter().filter(|(_, known)| !known.is_over());
        at_work.map(|(run, _)| run)
    }

    /// Whether a run spent by the pair at `lane`.
    pub(super) fn name(&self, lane: usize) -> bool {
        self.0
            .values()
            .any(|known| known.spent.0.contains_key(&lane))
    }

    /// Follow the pairs to their new places.
    pub(super) fn follow(&mut self, moved: &[Option<usize>]) {
        for known in self.0.values_mut() {
            let spent = std::mem::take(&mut known.spent.0);
            known.spent.0 = spent
                .into_iter()
                .filter_map(|(lane, amounts)| Some(((*moved.get(lane)?)?, amounts)))
                .collect();
        }
    }

    fn forget(&mut self) {
        let over = || self.0.iter().filter(|(_, known)| known.is_over());
        if over().count() <= RUNS_KEPT {
            return;
        }
        let oldest = over().min_by_key(|(_, known)| known.seq);
        if let Some(oldest) = oldest.map(|(run, _)| run.clone()) {
            self.0.remove(&oldest);
        }
    }
}

impl RunSpend {
    fn is_over(&self) -> bool {
        !self.planned && self.open.is_empty()
    }
}

impl Serialize for ByLane {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        for (lane, amounts) in &self.0 {
            put(&mut text, *lane as u64);
            put_amounts(&mut text, amounts);
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for ByLane {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut taker = Taker::new(&text);
        let mut spent = BTreeMap::new();
        while !taker.is_empty() {
            let lane = taker.take().and_then(|lane| usize::try_from(lane).ok());
            let (Some(lane), Some(amounts)) = (lane, taker.take_amounts()) else {
                return Err(de::Error::custom("a run that cannot be read"));
            };
            spent.insert(lane, amounts);
        }
        Ok(Self(spent))
    }
}
