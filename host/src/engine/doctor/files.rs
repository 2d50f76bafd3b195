//! What runs leave on disk: no secrets of what is over, nothing older than it should be.

use std::time::Duration;

use jiff::Timestamp;

use crate::engine::desk::Desk;
use crate::engine::error::EngineError;
use crate::model::{InvocationNumber, RunId};
use crate::spool::{Lying, SpoolError, Survey, Ticket};

use super::check::{Area, Check, Remedy, counted, some_of};
use super::examine::not_looked;

const DAY: Duration = Duration::from_secs(86_400);
/// A supervisor removes the file right after the end is on record, and a retry writes it right
/// before it is.
const FRESH: Duration = Duration::from_secs(60);
/// How much of a supervisor's log is looked at, in bytes.
const LAST_WORDS: usize = 4 << 10;

/// All of them.
pub(super) fn checks(desk: &Desk, retention: Option<Duration>) -> Vec<Check> {
    let survey = match desk.spool.survey() {
        Ok(survey) => survey,
        Err(error) => return vec![not_looked("files", Area::Files, &error)],
    };
    let stale = stale_tickets(desk, &survey).unwrap_or_default();
    let launches = left_launches(desk, &survey).unwrap_or_default();
    let message = format!(
        "{} with files of {}",
        counted(usize::try_from(survey.n_runs).unwrap_or(usize::MAX), "run"),
        counted(survey.invocations.len(), "request")
    );
    let mut checks = vec![Check::good("files", Area::Files, message)];
    checks.extend(tickets(stale));
    checks.extend(secrets(launches));
    checks.extend(overdue(&survey, desk.clock.now(), retention));
    checks.extend(last_words(desk, &survey));
    checks
}

/// Staged long ago, and no request on record waits for it.
pub(super) fn stale_tickets(desk: &Desk, survey: &Survey) -> Result<Vec<Ticket>, EngineError> {
    let now = desk.clock.now();
    desk.view(|ledger| {
        let parts = ledger.known().flat_map(|(_, known)| known.parts.values());
        let open: Vec<_> = parts
            .filter_map(|part| part.open.as_deref()?.ticket)
            .collect();
        let stale = survey.tickets.iter().filter(|(ticket, changed)| {
            now.duration_since(*changed).unsigned_abs() > DAY
                && *changed < now
                && !open.contains(&ticket.0)
        });
        stale.map(|(ticket, _)| *ticket).collect()
    })
}

fn tickets(stale: Vec<Ticket>) -> Option<Check> {
    let message = format!(
        "{} staged more than a day ago and never put on record, keys included",
        counted(stale.len(), "request")
    );
    (!stale.is_empty()).then(|| {
        Check::problem("stale-tickets", Area::Files, message)
            .mended_by(Remedy::Discard(stale), "throws it away")
    })
}

/// Files with secrets of invocations that are over and in nobody's hands.
pub(super) fn left_launches(
    desk: &Desk,
    survey: &Survey,
) -> Result<Vec<(RunId, InvocationNumber)>, EngineError> {
    let now = desk.clock.now();
    let old = |lying: &&Lying| {
        let launch = lying.launch;
        launch.is_some_and(|at| now.duration_since(at) > FRESH.try_into().unwrap_or_default())
    };
    let candidates: Vec<&Lying> = survey.invocations.iter().filter(old).collect();
    let over: Vec<&Lying> = desk.view(|ledger| {
        let is_over = |lying: &&&Lying| ledger.open(&lying.run, lying.number).is_none();
        candidates.iter().filter(is_over).copied().collect()
    })?;
    let nobodys = |lying: &&Lying| {
        let folder = desk.spool.invocation(&lying.run, lying.number);
        let is_free = |number: &u32| folder.attempt(*number).is_claimed().is_ok_and(|held| !held);
        lying.attempts.iter().all(is_free)
    };
    let left = over.into_iter().filter(nobodys);
    Ok(left
        .map(|lying| (lying.run.clone(), lying.number))
        .collect())
}

fn secrets(launches: Vec<(RunId, InvocationNumber)>) -> Option<Check> {
    let names: Vec<String> = launches
        .iter()
        .map(|(run, number)| format!("{run}/{number}/launch.json"))
        .collect();
    let message = format!(
        "{} with keys in it, although the request is over: {}",
        counted(names.len(), "file"),
        some_of(&names)
    );
    (!launches.is_empty()).then(|| {
        Check::problem("left-secrets", Area::Files, message)
            .mended_by(Remedy::ForgetLaunches(launches), "removes it")
    })
}

/// Removing is done once a day by whoever runs something, so a day more is nothing to tell.
fn overdue(survey: &Survey, now: Timestamp, retention: Option<Duration>) -> Option<Check> {
    let before = now.checked_sub(retention?.saturating_add(DAY)).ok()?;
    let old = survey.invocations.iter().filter(|it| it.changed < before);
    let mut runs: Vec<&RunId> = old.map(|lying| &lying.run).collect();
    runs.dedup();
    let message = format!(
        "the files of {} are older than retention_days allows",
        counted(runs.len(), "run")
    );
    (!runs.is_empty()).then(|| {
        Check::note("overdue-files", Area::Files, message)
            .mended_by(Remedy::Prune, "removes them, 100 runs at once")
    })
}

/// What the last supervisor that had something to say said last.
fn last_words(desk: &Desk, survey: &Survey) -> Option<Check> {
    let spoke = survey.invocations.iter().flat_map(|lying| {
        let spoke = lying.outspoken.iter();
        spoke.map(move |(number, at)| (*at, lying, *number))
    });
    let spoke: Vec<_> = spoke.collect();
    let (_, lying, number) = spoke.iter().max_by_key(|(at, _, _)| *at)?;
    let folder = desk.spool.invocation(&lying.run, lying.number);
    let folder = folder.attempt(*number);
    let said = last_line(folder.last_supervisor_bytes(LAST_WORDS));
    let message = format!(
        "{} had trouble, the last in {}.{}.a{number}: {said}",
        counted(spoke.len(), "supervisor"),
        lying.run,
        lying.number
    );
    let fix = format!("read {}/supervisor.log", folder.path().display());
    Some(Check::note("supervisor-log", Area::Files, message).fix(fix))
}

fn last_line(part: Result<crate::spool::LogPart, SpoolError>) -> String {
    let bytes = part.map(|part| part.bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().rev();
    let last = lines.find(|line| !line.trim().is_empty());
    last.unwrap_or("(nothing that can be read)")
        .trim()
        .to_owned()
}
