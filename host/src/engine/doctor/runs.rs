//! Attempts and workflows that go on: whether somebody looks after each of them.

use crate::engine::desk::Desk;
use crate::engine::error::EngineError;
use crate::engine::ledger::{KnownRun, PlanState};
use crate::engine::recover::Recovered;
use crate::model::{AttemptRef, Concurrency, LostReason, RunId};

use super::check::{Area, Check, Remedy, counted, some_of};
use super::examine::not_looked;

/// Where the work that goes on stands.
#[derive(Default)]
struct Work {
    /// Attempts that hold a slot and have somebody who looks after them.
    tended: usize,
    /// Attempts that hold a slot of another machine.
    elsewhere: Vec<(AttemptRef, String)>,
    /// How many wait for a slot.
    waiting: usize,
    /// Workflows that nobody drives, on record as such.
    interrupted: Vec<RunId>,
}

/// All of them.
pub(super) fn checks(desk: &Desk, limits: Option<&Concurrency>) -> Vec<Check> {
    let (work, found) = match work(desk).and_then(|work| Ok((work, desk.diagnose()?))) {
        Ok(seen) => seen,
        Err(error) => return vec![not_looked("runs", Area::Runs, &error)],
    };
    let mut checks = vec![overview(&work)];
    checks.extend(of_the_dead(&found));
    checks.extend(elsewhere(&work));
    checks.extend(waiting(desk, &work, limits));
    checks.extend(interrupted(&work));
    checks
}

fn work(desk: &Desk) -> Result<Work, EngineError> {
    desk.view(|ledger| {
        let mut seen = Work::default();
        for work in ledger.work() {
            let name = work.name();
            let since = work.attempt.since.as_ref();
            let folder = desk.spool.invocation(&name.run, name.invocation);
            if !work.attempt.state.holds_slot() {
                seen.waiting += 1;
            } else if let Some(since) = since.filter(|since| since.node != desk.node) {
                seen.elsewhere.push((name, since.node.clone()));
            } else if folder.attempt(name.number).is_claimed().unwrap_or(false) {
                seen.tended += 1;
            }
        }
        let waits = |known: &KnownRun| known.plan_state() == Some(PlanState::Interrupted);
        let interrupted = ledger.known().filter(|(_, known)| waits(known));
        seen.interrupted = interrupted.map(|(run, _)| run.clone()).collect();
        seen
    })
}

fn overview(work: &Work) -> Check {
    let message = match (work.tended, work.waiting) {
        (0, 0) => "nothing at work, nothing waiting".to_owned(),
        (tended, waiting) => {
            let supervised = match tended {
                0 => String::new(),
                1 => ", its supervisor alive".to_owned(),
                _ => ", each supervisor alive".to_owned(),
            };
            format!(
                "{} at work{supervised}; {waiting} waiting",
                counted(tended, "attempt")
            )
        }
    };
    Check::good("runs", Area::Runs, message)
}

/// What recovery would do.
fn of_the_dead(found: &Recovered) -> Vec<Check> {
    let problem = |id, message: String, fix| {
        Check::problem(id, Area::Runs, message).mended_by(Remedy::Recover, fix)
    };
    let mut checks = Vec::new();
    if !found.finished.is_empty() {
        let message = format!(
            "{} ended, and the record does not say so: {}",
            counted(found.finished.len(), "attempt"),
            some_of(&found.finished)
        );
        checks.push(problem("unrecorded-end", message, "puts it on record"));
    }
    if !found.never_started.is_empty() {
        let message = format!(
            "{} got a slot and was never started: {}",
            counted(found.never_started.len(), "attempt"),
            some_of(&found.never_started)
        );
        let fix = "puts it on record and frees the slot";
        checks.push(problem("never-started", message, fix));
    }
    if !found.lost.is_empty() {
        let told = |(name, reason): &(AttemptRef, LostReason)| {
            format!("{name} ({})", reason.as_str().replace('_', " "))
        };
        let names: Vec<String> = found.lost.iter().map(told).collect();
        let message = format!(
            "{} holds a slot and has no supervisor: {}",
            counted(names.len(), "attempt"),
            some_of(&names)
        );
        let fix = "ends what is left of it, puts it on record as lost, and frees the slot";
        checks.push(problem("lost", message, fix));
    }
    if !found.interrupted.is_empty() {
        let message = format!(
            "{} that should go on and nobody drives: {}",
            counted(found.interrupted.len(), "workflow"),
            some_of(&found.interrupted)
        );
        let fix = "puts it on record; then tollgate workflow run --resume RUN goes on with it";
        checks.push(problem("undriven-workflow", message, fix));
    }
    checks
}

fn elsewhere(work: &Work) -> Option<Check> {
    let (name, node) = work.elsewhere.first()?;
    let message = format!(
        "{} of another machine, such as {name} of {node}: only there it can be told what became of it",
        counted(work.elsewhere.len(), "attempt")
    );
    let check = Check::note("other-machine", Area::Runs, message);
    Some(check.fix("run tollgate doctor there"))
}

fn waiting(desk: &Desk, work: &Work, limits: Option<&Concurrency>) -> Option<Check> {
    if work.waiting == 0 {
        return None;
    }
    let startable = desk.n_startable(limits?).unwrap_or(0);
    if startable == 0 {
        return None;
    }
    let message = format!(
        "{} waiting although there are free slots",
        counted(startable, "attempt")
    );
    let check = Check::note("waiting", Area::Runs, message);
    Some(if desk.within.is_some() {
        check.fix("the next command outside of an agent starts them")
    } else {
        check.mended_by(Remedy::Admit, "starts them")
    })
}

fn interrupted(work: &Work) -> Option<Check> {
    let run = work.interrupted.first()?;
    let message = format!(
        "{} interrupted: {}",
        counted(work.interrupted.len(), "workflow"),
        some_of(&work.interrupted)
    );
    let fix = format!(
        "tollgate workflow run --resume {run} goes on with it, tollgate run cancel {run} ends it"
    );
    Some(Check::note("interrupted-workflow", Area::Runs, message).fix(fix))
}
