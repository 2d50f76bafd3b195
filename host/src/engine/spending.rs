//! Money while a tool runs: what it tells is kept on record, held against what it may spend, and
//! shown to the policies that watch.

use std::time::Duration;

use crate::accounting::Tally;
use crate::model::{Amounts, AttemptUsage, Basis, FailureCode, MicroUsd, StopReason};
use crate::process::RunningChild;

use super::drive::Drive;
use super::error::EngineError;
use super::gate::Said;
use super::purse::Looked;

/// Usage is put on record at most this often while a tool runs.
const USAGE_EVERY: Duration = Duration::from_secs(1);

impl Drive<'_, '_> {
    /// Keep usage on record while the tool runs, and stop it when its money is gone.
    pub(super) fn watch_money(&mut self, child: &mut RunningChild) -> Result<(), EngineError> {
        let tally = self.tally();
        let changed = self.last_tally.as_ref() != Some(&tally);
        if changed && self.facts.stopped.is_none() && self.reading.finished.is_none() {
            let spent = spent(&tally);
            self.last_tally = Some(tally.clone());
            let looked = self.purse.look(self.engine, self.record, spent)?;
            self.heed_purse(looked, child)?;
        }
        let now = self.clock.monotonic();
        if self.due(&tally, now).is_some_and(|due| due <= now) {
            let spent = spent(&tally);
            let said = self
                .gate
                .usage(tally.cost.amount.map(|_| spent.uusd), spent.tokens)?;
            self.heed(said, child)?;
        }
        self.keep_usage(tally)
    }

    /// Stop the tool when its money is gone.
    pub(super) fn heed_purse(
        &mut self,
        looked: Looked,
        child: &mut RunningChild,
    ) -> Result<(), EngineError> {
        for warning in looked.warnings {
            self.show(warning);
        }
        let Some(what) = looked.gone.filter(|_| self.facts.stopped.is_none()) else {
            return Ok(());
        };
        self.facts.stopped_for = Some(what);
        child.stop(StopReason::OverBudget);
        self.stopping(StopReason::OverBudget)
    }

    /// Stop the tool when a policy is against its going on.
    pub(super) fn heed(&mut self, said: Said, child: &mut RunningChild) -> Result<(), EngineError> {
        if let Some(judged) = said.judged {
            self.record.add_to_invocation(judged);
        }
        let Some(failure) = said.stop.filter(|_| self.facts.stopped.is_none()) else {
            return Ok(());
        };
        let reason = match failure.code.as_str() {
            FailureCode::OVER_BUDGET => StopReason::OverBudget,
            _ => StopReason::Policy,
        };
        self.facts.stopped_for = Some(failure.message);
        child.stop(reason);
        self.stopping(reason)
    }

    /// Put usage on record, or remember that it is to be: a tool that falls silent after it told
    /// some must not take it along.
    pub(super) fn keep_usage(&mut self, tally: Tally) -> Result<(), EngineError> {
        let now = self.clock.monotonic();
        self.usage_due = self.due(&tally, now);
        if self.usage_due.is_some_and(|due| due <= now) {
            self.record.add(AttemptUsage {
                usage: tally.usage,
                exactness: tally.exactness,
                cost: tally.cost,
            });
            self.record.jot()?;
            self.last_usage = Some((now, tally));
            self.usage_due = None;
        }
        Ok(())
    }

    /// When this is to be put on record, if it is not.
    fn due(&self, tally: &Tally, now: Duration) -> Option<Duration> {
        match &self.last_usage {
            None => tally.usage.is_known().then_some(now),
            Some((at, last)) => (last != tally).then_some(*at + USAGE_EVERY),
        }
    }
}

/// What a tally counts for.
fn spent(tally: &Tally) -> Amounts {
    let uusd = tally.cost.amount.map_or(0, |MicroUsd(micros)| micros);
    Amounts {
        uusd,
        billed_uusd: if tally.cost.basis == Basis::Billed {
            uusd
        } else {
            0
        },
        tokens: tally.usage.total().unwrap_or(0),
        requests: 1,
    }
}
