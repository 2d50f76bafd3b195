//! What commands are checked against: a fold of the journal, kept under its lock.
//!
//! Holds only what admission needs; statistics come from the index.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::accounting::Baseline;
use crate::journal::WriteModel;
use crate::model::{Body, Digest, Event, RunId, SessionId, SessionTotals, ToolName};

/// Sessions whose totals are kept. An older one that is resumed has no baseline, and its tokens
/// are then reported as unknown. Every command reads them all: 2,000 take about 2 ms.
const SESSIONS_KEPT: usize = 2_000;

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
}

impl Ledger {
    /// Change this when the fold changes, so that old snapshots are not used.
    pub const VERSION: &'static str = "ledger-1";

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
            }
        }
    }

    /// Take in one event of the log.
    fn fold(&mut self, event: &Event) {
        match &event.body {
            Body::RunSubmitted(_) => {
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
                    self.keep_session(event.seq, totals);
                }
            }
            _ => {}
        }
    }
}

impl WriteModel for Ledger {
    fn apply(&mut self, event: &Event) {
        self.fold(event);
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
