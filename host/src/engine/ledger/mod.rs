//! What commands are checked against: a fold of the journal, kept under its lock.
//!
//! Holds only what admission needs; statistics come from the index.

mod open;
mod open_attempt;
mod status;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::accounting::Baseline;
use crate::budget::Book;
use crate::journal::WriteModel;
use crate::lifecycle::Breakers;
use crate::model::{
    Body, Digest, Event, InvocationNumber, PolicyRejected, RunId, SessionId, SessionTotals, Target,
    ToolName,
};

pub use open::{KnownPlan, KnownRun, OpenInvocation, OpenWork, Part, PlanState};
pub use open_attempt::OpenAttempt;

/// Sessions whose totals are kept. An older one that is resumed has no baseline, and its tokens
/// are then reported as unknown. Every command reads them all: 2,000 take about 2 ms.
const SESSIONS_KEPT: usize = 2_000;

/// Runs that are over and remembered all the same, so that an invocation can be added to them.
/// Every command reads them all, at about 300 bytes each.
const RUNS_KEPT: usize = 200;

/// The state of the log as far as commands depend on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The UTC day of the newest run, `YYYYMMDD`.
    day: String,
    /// Runs submitted on that day.
    runs: u32,
    /// The configuration that was in force last.
    config: Option<Digest>,
    /// Totals of sessions, by tool and session, with the sequence number of their event.
    sessions: BTreeMap<String, (u64, SessionTotals)>,
    /// Runs that are not over, and the last that are.
    known: BTreeMap<RunId, KnownRun>,
    /// What is set aside and what is spent.
    #[serde(default)]
    book: Book,
    /// What is kept from use for a while.
    #[serde(default)]
    breakers: Breakers,
    /// The component that answered last for each policy, by the policy's name.
    #[serde(default)]
    policies: BTreeMap<String, Digest>,
    /// Why a component was last not used for each policy, by the policy's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    rejections: BTreeMap<String, PolicyRejected>,
    /// The target that each session was used with last, by tool and session.
    #[serde(default)]
    session_targets: BTreeMap<String, Target>,
    /// Events that were not possible in the state that their attempt was in; they changed nothing.
    n_illegal: u64,
}

impl Ledger {
    /// Change this when the fold changes, so that old snapshots are not used.
    pub const VERSION: &'static str = "ledger-4";

    /// The id of the next run, numbered within the UTC day of `now`.
    #[must_use]
    pub fn next_run(&self, now: Timestamp) -> RunId {
        let day = day_of(now);
        let number = if day == self.day { self.runs } else { 0 }.saturating_add(1);
        RunId::new(format!("RUN-{day}-{number:03}"))
    }

    /// Whether `digest` is the configuration that the log saw last.
    #[must_use]
    pub fn has_config(&self, digest: &Digest) -> bool {
        self.config.as_ref() == Some(digest)
    }

    /// What is on record about a session that is to be resumed.
    #[must_use]
    pub fn baseline(&self, tool: &ToolName, session: Option<&SessionId>) -> Baseline {
        let Some(session) = session else {
            return Baseline::Fresh;
        };
        self.sessions
            .get(&key(tool, session))
            .map_or(Baseline::Unknown, |(_, totals)| {
                Baseline::Known(totals.clone())
            })
    }

    /// A run that is not over, or was among the last.
    #[must_use]
    pub fn run(&self, run: &RunId) -> Option<&KnownRun> {
        self.known.get(run)
    }

    /// An invocation that is not over.
    #[must_use]
    pub fn open(&self, run: &RunId, invocation: InvocationNumber) -> Option<&OpenInvocation> {
        self.run(run)?.parts.get(&invocation.0)?.open.as_deref()
    }

    /// Every run that is known.
    pub fn known(&self) -> impl Iterator<Item = (&RunId, &KnownRun)> {
        self.known.iter()
    }

    /// Every attempt that is not over.
    pub fn work(&self) -> impl Iterator<Item = OpenWork<'_>> {
        self.known.iter().flat_map(|(run, known)| {
            known.parts.iter().filter_map(move |(number, part)| {
                let part = part.open.as_deref()?;
                Some(OpenWork {
                    run,
                    invocation: InvocationNumber(*number),
                    attempt: part.attempt.as_ref()?,
                    part,
                })
            })
        })
    }

    /// What is set aside and what is spent.
    #[must_use]
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// What is kept from use for a while.
    #[must_use]
    pub fn breakers(&self) -> &Breakers {
        &self.breakers
    }

    /// The component that answered last for a policy.
    #[must_use]
    pub fn policy(&self, name: &str) -> Option<&Digest> {
        self.policies.get(name)
    }

    /// Whether this is on record already, and nothing else happened to the policy since.
    #[must_use]
    pub fn was_rejected(&self, rejected: &PolicyRejected) -> bool {
        self.rejections.get(&rejected.policy) == Some(rejected)
    }

    /// The target that a session was used with last.
    #[must_use]
    pub fn session_target(&self, session: &SessionId) -> Option<&Target> {
        let of = |(key, _): &(&String, &Target)| {
            key.split_once('\n')
                .is_some_and(|(_, known)| known == session.as_str())
        };
        self.session_targets
            .iter()
            .find(of)
            .map(|(_, target)| target)
    }

    /// Events on record that were not possible.
    #[must_use]
    pub fn n_illegal(&self) -> u64 {
        self.n_illegal
    }

    fn fold_run(&mut self, run: &RunId, event: &Event) {
        let begins = matches!(event.body, Body::RunSubmitted(_) | Body::WorkflowStarted(_));
        if begins && !self.known.contains_key(run) {
            self.known.insert(run.clone(), KnownRun::new(event));
            self.forget_old_runs();
        }
        if let Some(known) = self.known.get_mut(run)
            && !known.fold(event)
        {
            self.n_illegal += 1;
        }
    }

    fn forget_old_runs(&mut self) {
        let over = self.known.iter().filter(|(_, known)| known.is_over());
        if over.clone().count() <= RUNS_KEPT {
            return;
        }
        let oldest = over
            .min_by_key(|(_, known)| known.seq)
            .map(|(run, _)| run.clone());
        if let Some(oldest) = oldest {
            self.known.remove(&oldest);
        }
    }

    fn keep_session(&mut self, seq: u64, totals: &SessionTotals) {
        let key = key(&totals.tool, &totals.session);
        // Replaced whole: a run that reports no total of one kind leaves the earlier one of that
        // kind unusable, since it no longer ends where the next run begins.
        self.sessions.insert(key, (seq, totals.clone()));
        if self.sessions.len() > SESSIONS_KEPT {
            let oldest = self
                .sessions
                .iter()
                .min_by_key(|(_, (seq, _))| *seq)
                .map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                self.sessions.remove(&oldest);
                self.session_targets.remove(&oldest);
            }
        }
    }

    /// Take in one event of the log.
    fn fold(&mut self, event: &Event) {
        match &event.body {
            Body::RunSubmitted(_) | Body::WorkflowStarted(_) => {
                let Some((day, number)) = event.run.as_ref().and_then(parse_run) else {
                    return;
                };
                if day > self.day {
                    self.day = day;
                    self.runs = number;
                } else if day == self.day {
                    self.runs = self.runs.max(number);
                }
            }
            Body::ConfigLoaded(loaded) => self.config = Some(loaded.digest.clone()),
            // Until its end is on record, nobody knows the totals of a session that is going on.
            Body::AttemptIntent(intent) => {
                if let Some(session) = &intent.resume {
                    self.sessions.remove(&key(&intent.target.tool, session));
                }
            }
            Body::AttemptExited(exited) => {
                if let Some(totals) = &exited.session_totals {
                    let session = key(&totals.tool, &totals.session);
                    self.session_targets.insert(session, exited.target.clone());
                    self.keep_session(event.seq, totals);
                }
            }
            Body::PolicyLoaded(loaded) => {
                self.rejections.remove(&loaded.policy);
                self.policies
                    .insert(loaded.policy.clone(), loaded.sha256.clone());
            }
            Body::PolicyRejected(rejected) => {
                self.rejections
                    .insert(rejected.policy.clone(), rejected.clone());
            }
            _ => {}
        }
    }
}

impl WriteModel for Ledger {
    fn apply(&mut self, event: &Event) {
        self.fold(event);
        self.book.apply(event);
        self.breakers.apply(event);
        if let Some(run) = &event.run {
            self.fold_run(run, event);
        }
    }
}

fn key(tool: &ToolName, session: &SessionId) -> String {
    format!("{tool}\n{session}")
}

fn day_of(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%d").to_string()
}

/// The day and the number in `RUN-YYYYMMDD-NNN`.
fn parse_run(run: &RunId) -> Option<(String, u32)> {
    let (day, number) = run.as_str().strip_prefix("RUN-")?.split_once('-')?;
    Some((day.to_owned(), number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Usage;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn runs_are_numbered_within_the_utc_day() {
        let mut ledger = Ledger {
            day: "20261122".to_owned(),
            runs: 41,
            ..Ledger::default()
        };
        let next = |ledger: &Ledger, now| ledger.next_run(at(now)).to_string();
        assert_eq!(next(&ledger, "2026-11-22T23:59:59Z"), "RUN-20261122-042");
        assert_eq!(next(&ledger, "2026-11-23T00:00:00Z"), "RUN-20261123-001");
        ledger.runs = 999;
        assert_eq!(next(&ledger, "2026-11-22T12:00:00Z"), "RUN-20261122-1000");
    }

    #[test]
    fn a_session_never_seen_has_no_baseline_and_a_new_one_needs_none() {
        let tool = ToolName::new("codex");
        let session = SessionId::new("s");
        let mut ledger = Ledger::default();
        assert_eq!(ledger.baseline(&tool, None), Baseline::Fresh);
        assert_eq!(ledger.baseline(&tool, Some(&session)), Baseline::Unknown);
        let totals = SessionTotals {
            tool: tool.clone(),
            session: session.clone(),
            usage: Some(Usage::ZERO),
            cost_uusd: None,
        };
        ledger.keep_session(1, &totals);
        assert_eq!(
            ledger.baseline(&tool, Some(&session)),
            Baseline::Known(totals)
        );
        assert_eq!(
            ledger.baseline(&ToolName::new("claude"), Some(&session)),
            Baseline::Unknown,
            "sessions belong to their tool"
        );
    }
}
