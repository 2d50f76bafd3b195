//! What is kept away from use for a while, because it failed.
//!
//! A fold over the journal: which accounts, tools, and models are closed off, and which attempt is
//! the first to try one again. [`Breakers::after`] says which events the end of an attempt causes.
//! It writes nothing, has no clock, and refuses nothing: who asks [`Breakers::open_for`] decides.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    Account, AttemptExited, AttemptOutcome, AttemptRef, Body, BreakerClosed, BreakerOpened,
    BreakerScope, Event, FailureCode, Target, ToolName,
};

use super::breaker_rules::{Ended, is_breakdown, opened_by};

/// How long one attempt is waited for when something is tried again, in milliseconds. One that is at
/// work for longer has got past what keeps others away, and agents may work for hours.
const PROBE_MS: i64 = 2 * 60 * 1000;

/// Something that failed and has not worked since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// What it closes off.
    pub scope: BreakerScope,
    /// Which: the account's name, the tool's, or `tool:model`. Names that are not configured any
    /// more are kept.
    pub key: String,
    /// Because of this failure.
    pub code: FailureCode,
    /// Until then, in milliseconds since the epoch; without it until somebody sees to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
    /// Failures in a row.
    pub failures: u32,
    /// When it was closed off, in milliseconds since the epoch.
    pub opened_ms: i64,
}

/// Whether something that failed may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Not before `until`; without it, not before somebody sees to it.
    Open {
        /// When it may be tried again.
        until: Option<Timestamp>,
    },
    /// One attempt may try.
    HalfOpen,
}

impl Breaker {
    /// Where it stands at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> BreakerState {
        match self.until_ms.map(timestamp) {
            Some(until) if until <= now => BreakerState::HalfOpen,
            until => BreakerState::Open { until },
        }
    }

    /// Why it keeps others from use at `now`; `probe` finds until when the attempt that tries it
    /// again is waited for, if there is one.
    fn reason(
        &self,
        now: Timestamp,
        probe: impl FnOnce() -> Option<Timestamp>,
    ) -> Option<OpenBreaker<'_>> {
        let (until, probing) = match self.state(now) {
            BreakerState::Open { until } => (until, false),
            BreakerState::HalfOpen => (Some(probe()?), true),
        };
        Some(OpenBreaker {
            scope: self.scope,
            key: &self.key,
            code: &self.code,
            until,
            failures: self.failures,
            probing,
        })
    }
}

/// Why something may not be used now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenBreaker<'a> {
    /// What is closed off.
    pub scope: BreakerScope,
    /// Which.
    pub key: &'a str,
    /// Because of this failure.
    pub code: &'a FailureCode,
    /// When to ask again; without it, when somebody has seen to it.
    pub until: Option<Timestamp>,
    /// Failures in a row.
    pub failures: u32,
    /// It may work again, and another attempt is finding out.
    pub probing: bool,
}

/// An attempt that was the first to try something again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Probe {
    attempt: String,
    target: Target,
    since_ms: i64,
}

/// Everything that failed and has not worked since, folded from the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakers {
    /// What is closed off or may be tried again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    breakers: Vec<Breaker>,
    /// Attempts under way that try something again. At most as many as are under way at all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    probes: Vec<Probe>,
    /// How often in a row each tool broke down; zero is left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    breakdowns: BTreeMap<ToolName, u32>,
}

/// Which account each tool uses, by the settings. One that is not named uses the account of its own
/// name.
pub type Accounts = BTreeMap<ToolName, Account>;

impl Breakers {
    /// Take in what happened.
    pub fn apply(&mut self, event: &Event) {
        match &event.body {
            Body::BreakerOpened(opened) => self.open(opened, event.at),
            Body::BreakerClosed(closed) => self.close(closed),
            Body::AttemptQueued(queued) => {
                let delay = i64::try_from(queued.delay_ms.unwrap_or(0)).unwrap_or(PROBE_MS);
                self.try_again(event, &queued.target, delay);
            }
            Body::AttemptAdmitted(admitted) => self.try_again(event, &admitted.target, 0),
            Body::AttemptExited(exited) => {
                self.forget_probe(event);
                self.count(exited);
            }
            Body::AttemptSpawnFailed(_) | Body::AttemptWithdrawn(_) | Body::AttemptLost(_) => {
                self.forget_probe(event);
            }
            _ => {}
        }
    }

    /// Why `target` may not be used at `now`; of several reasons the one that lasts longest.
    #[must_use]
    pub fn open_for(
        &self,
        accounts: &Accounts,
        target: &Target,
        now: Timestamp,
    ) -> Option<OpenBreaker<'_>> {
        self.open_for_attempt(accounts, target, None, now)
    }

    /// The same for an attempt that is on record already: it does not stand in its own way.
    #[must_use]
    pub fn open_for_attempt(
        &self,
        accounts: &Accounts,
        target: &Target,
        attempt: Option<&AttemptRef>,
        now: Timestamp,
    ) -> Option<OpenBreaker<'_>> {
        let own = attempt.map(ToString::to_string);
        let account = account_of(accounts, &target.tool);
        self.breakers
            .iter()
            .filter(|breaker| is_about(breaker, account, target))
            .filter_map(|breaker| {
                let mut others = self
                    .probes
                    .iter()
                    .filter(|it| Some(&it.attempt) != own.as_ref());
                let probe = || others.find_map(|it| it.holds(breaker, accounts, now));
                breaker.reason(now, probe)
            })
            .max_by_key(|open| (open.until.is_none(), open.until))
    }

    /// Everything that failed and has not worked since, closed off or not.
    pub fn all(&self) -> impl Iterator<Item = &Breaker> {
        self.breakers.iter()
    }

    /// The one about `key`, if that failed and has not worked since.
    #[must_use]
    pub fn get(&self, scope: BreakerScope, key: &str) -> Option<&Breaker> {
        self.breakers
            .iter()
            .find(|breaker| breaker.scope == scope && breaker.key == key)
    }

    /// Events that the end of an attempt causes, for the batch that says how it ended. To be asked
    /// before that end is taken in.
    #[must_use]
    pub fn after(&self, ended: &Ended<'_>) -> Vec<Body> {
        if ended.outcome == AttemptOutcome::Done {
            return self.closed_by(ended).map(Body::from).collect();
        }
        let breakdowns = self.breakdowns.get(&ended.target.tool).copied();
        opened_by(ended, breakdowns.unwrap_or(0), |scope, key| {
            self.get(scope, key)
        })
        .map(Body::from)
        .into_iter()
        .collect()
    }

    /// What an attempt that worked proves to work. One that began before something was closed off
    /// proves nothing about it.
    fn closed_by(&self, ended: &Ended<'_>) -> impl Iterator<Item = BreakerClosed> {
        let began = ended.began.as_millisecond();
        self.breakers
            .iter()
            .filter(move |breaker| {
                is_about(breaker, ended.account, ended.target) && breaker.opened_ms <= began
            })
            .map(|breaker| BreakerClosed {
                scope: breaker.scope,
                key: breaker.key.clone(),
                reason: "worked".to_owned(),
            })
    }

    fn open(&mut self, opened: &BreakerOpened, at: Timestamp) {
        self.breakers
            .retain(|it| it.scope != opened.scope || it.key != opened.key);
        self.breakers.push(Breaker {
            scope: opened.scope,
            key: opened.key.clone(),
            code: opened.code.clone(),
            until_ms: opened.until_ms,
            failures: opened.failures,
            opened_ms: at.as_millisecond(),
        });
        // In one order, so that equal histories make equal snapshots.
        self.breakers
            .sort_by(|a, b| (a.scope, &a.key).cmp(&(b.scope, &b.key)));
    }

    fn close(&mut self, closed: &BreakerClosed) {
        self.breakers
            .retain(|it| it.scope != closed.scope || it.key != closed.key);
        if closed.scope == BreakerScope::Tool {
            self.breakdowns.remove(closed.key.as_str());
        }
    }

    /// Remember an attempt that may be the first to try something again.
    fn try_again(&mut self, event: &Event, target: &Target, delay_ms: i64) {
        let now = event.at.as_millisecond();
        self.probes.retain(|it| it.since_ms + PROBE_MS > now);
        self.forget_probe(event);
        let any = self
            .breakers
            .iter()
            .any(|it| it.state(event.at) == BreakerState::HalfOpen);
        if let (true, Some(attempt)) = (any, name_of(event)) {
            self.probes.push(Probe {
                attempt,
                target: target.clone(),
                since_ms: now.saturating_add(delay_ms.min(PROBE_MS)),
            });
        }
    }

    fn forget_probe(&mut self, event: &Event) {
        if self.probes.is_empty() {
            return;
        }
        let name = name_of(event);
        self.probes.retain(|it| Some(&it.attempt) != name.as_ref());
    }

    fn count(&mut self, exited: &AttemptExited) {
        let code = exited.failure_code.as_ref();
        match exited.outcome {
            AttemptOutcome::Failed if code.is_some_and(is_breakdown) => {
                let count = self
                    .breakdowns
                    .entry(exited.target.tool.clone())
                    .or_default();
                *count = count.saturating_add(1);
            }
            // Whatever else was wrong, the tool said so itself.
            AttemptOutcome::Done | AttemptOutcome::Failed => {
                self.breakdowns.remove(&exited.target.tool);
            }
            AttemptOutcome::Cancelled
            | AttemptOutcome::TimedOut
            | AttemptOutcome::OverBudget
            | AttemptOutcome::Lost => {}
        }
    }
}

impl Probe {
    /// Until when it is waited for, when it is the one that tries `breaker` again.
    fn holds(&self, breaker: &Breaker, accounts: &Accounts, now: Timestamp) -> Option<Timestamp> {
        if !is_about(
            breaker,
            account_of(accounts, &self.target.tool),
            &self.target,
        ) {
            return None;
        }
        let end = Timestamp::from_millisecond(self.since_ms + PROBE_MS).ok()?;
        (end > now).then_some(end)
    }
}

fn account_of<'a>(accounts: &'a Accounts, tool: &'a ToolName) -> &'a str {
    accounts.get(tool).map_or(tool.as_str(), |it| it)
}

fn is_about(breaker: &Breaker, account: &str, target: &Target) -> bool {
    match breaker.scope {
        BreakerScope::Account => breaker.key == account,
        BreakerScope::Tool => breaker.key == target.tool.as_str(),
        BreakerScope::Model => breaker
            .key
            .strip_prefix(target.tool.as_str())
            .and_then(|rest| rest.strip_prefix(':'))
            .is_some_and(|model| model == target.model.as_str()),
    }
}

/// The attempt that an event is about, as it is printed.
fn name_of(event: &Event) -> Option<String> {
    let name = AttemptRef {
        run: event.run.clone()?,
        invocation: event.invocation?,
        number: event.attempt?,
    };
    Some(name.to_string())
}

/// A moment on record; one beyond what a calendar holds is the last that it holds.
fn timestamp(ms: u64) -> Timestamp {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
