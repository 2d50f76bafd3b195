//! Recovery: what the record says goes on, held against what is really there.
//!
//! Gathers evidence, asks `lifecycle::fate`, and does what it says. It signals nobody by a number
//! from a file: only processes that carry an attempt's marker are ended, each through a handle.
//! While it works on an attempt it holds the claim on it, so two recoveries never meet in one.

use std::time::Duration;

use crate::lifecycle::{Evidence, Fate, SETTLING, fate};
use crate::model::{
    Actor, AttemptLost, AttemptRef, Concurrency, Cost, Draft, Exactness, FailureCode, LostReason,
    RunId, Usage, Via, WorkflowInterrupted,
};
use crate::process::{Likeness, find_marked, is_same_process, sweep};
use crate::spool::{AttemptFolder, Found, Keep};

use super::closing::{Closed, Closing, close};
use super::desk::Desk;
use super::error::EngineError;
use super::exit_file::ExitFile;
use super::ledger::{KnownRun, Ledger, OpenAttempt, OpenWork, PlanState};
use super::process_file::ProcessFile;

/// What recovery did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Attempts that had ended; only the record did not say so.
    pub finished: Vec<AttemptRef>,
    /// Attempts for which nothing was ever started.
    pub never_started: Vec<AttemptRef>,
    /// Attempts whose end nobody saw.
    pub lost: Vec<(AttemptRef, LostReason)>,
    /// Left-over processes that were ended.
    pub n_swept: u32,
    /// Workflows that nobody drives.
    pub interrupted: Vec<RunId>,
}

impl Recovered {
    /// Whether there was nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// An attempt that holds a slot, as the record has it.
struct Suspect {
    name: AttemptRef,
    attempt: OpenAttempt,
}

impl Desk {
    /// Find out what the record gets wrong, and put it right: finish attempts that ended, declare
    /// lost what is gone, end what is left of it, free its slots.
    ///
    /// # Errors
    /// When the record cannot be read or written.
    pub fn recover(&self, limits: Option<&Concurrency>) -> Result<Recovered, EngineError> {
        let mut recovered = Recovered::default();
        for suspect in self.suspects()? {
            self.recover_one(&suspect, &mut recovered)?;
        }
        self.interrupt_plans(&mut recovered)?;
        self.admit(limits)?;
        Ok(recovered)
    }

    /// What [`Self::recover`] would find, without touching anything.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn diagnose(&self) -> Result<Recovered, EngineError> {
        let mut found = Recovered::default();
        for suspect in self.suspects()? {
            let name = suspect.name.clone();
            match fate(&self.evidence(&suspect)) {
                Fate::LeaveAlone => {}
                Fate::Finish => found.finished.push(name),
                Fate::NeverStarted => found.never_started.push(name),
                Fate::Lost(reason) => found.lost.push((name, reason)),
            }
        }
        found.interrupted = self.abandoned_plans()?;
        Ok(found)
    }

    fn suspects(&self) -> Result<Vec<Suspect>, EngineError> {
        self.view(|ledger| suspects_of(ledger).collect())
    }

    /// The same attempt as the record has it now; `None` when it is over or gave its slot back.
    fn suspect(&self, name: &AttemptRef) -> Result<Option<Suspect>, EngineError> {
        self.view(|ledger| suspects_of(ledger).find(|suspect| suspect.name == *name))
    }

    fn folder(&self, name: &AttemptRef) -> AttemptFolder {
        self.spool
            .invocation(&name.run, name.invocation)
            .attempt(name.number)
    }

    fn recover_one(&self, suspect: &Suspect, recovered: &mut Recovered) -> Result<(), EngineError> {
        // Looked at before the claim is taken: with the claim in our hands it would look alive.
        let seen = self.evidence(suspect);
        if fate(&seen) == Fate::LeaveAlone {
            return Ok(());
        }
        let folder = self.folder(&suspect.name);
        let _held = match folder.claim() {
            Ok(None) => return Ok(()),
            Ok(held) => held,
            // An attempt without files has nobody to dispute it with.
            Err(_) => None,
        };
        // Before it died, its supervisor may have gone further than we saw; now nobody but us acts.
        let Some(suspect) = self.suspect(&suspect.name)? else {
            return Ok(());
        };
        let evidence = Evidence {
            supervisor_alive: false,
            claimed: seen.claimed,
            remains: seen.remains,
            ..self.evidence(&suspect)
        };
        let known = exit_of(&folder);
        let is_known = known.is_some();
        let exit = match (known, fate(&evidence)) {
            (_, Fate::LeaveAlone) => return Ok(()),
            (Some(exit), _) => exit,
            (None, Fate::NeverStarted) => self.never_started(&suspect, recovered),
            (None, Fate::Lost(reason)) => self.lost(&suspect, reason, recovered),
            (None, Fate::Finish) => self.lost(&suspect, LostReason::SupervisorDied, recovered),
        };
        if !is_known {
            // As a supervisor does, for whoever asks how it went. The record does not depend on it.
            drop(folder.write_exit(&exit, Keep::Fast));
        }
        self.conclude(&suspect, &exit, recovered)?;
        self.tidy(&suspect.name);
        Ok(())
    }

    fn conclude(
        &self,
        suspect: &Suspect,
        exit: &ExitFile,
        recovered: &mut Recovered,
    ) -> Result<(), EngineError> {
        let name = &suspect.name;
        let actor = self.recovery();
        let closing = Closing {
            actor: Some(&actor),
            only_if: Some(suspect.attempt.state),
            ..Closing::new(name, exit)
        };
        if close(self, &closing)? == Closed::Already {
            return Ok(());
        }
        match &exit.end {
            super::exit_file::End::Lost(lost) => {
                recovered.lost.push((name.clone(), lost.reason));
            }
            super::exit_file::End::NeverRan(code)
                if code.as_str() == FailureCode::SPAWN_UNCONFIRMED =>
            {
                recovered.never_started.push(name.clone());
            }
            _ => recovered.finished.push(name.clone()),
        }
        Ok(())
    }

    fn never_started(&self, suspect: &Suspect, recovered: &mut Recovered) -> ExitFile {
        recovered.n_swept += self.end_survivors(suspect).ended;
        let (number, target) = (suspect.name.number, &suspect.attempt.target);
        let message = "its supervisor died before anything was seen to run";
        ExitFile::never_ran(number, target, FailureCode::SPAWN_UNCONFIRMED, message)
    }

    fn lost(&self, suspect: &Suspect, reason: LostReason, recovered: &mut Recovered) -> ExitFile {
        let attempt = &suspect.attempt;
        // After a reboot nothing of it can be left.
        let swept = match reason {
            LostReason::Reboot => Survivors {
                ended: 0,
                none_left: true,
            },
            _ => self.end_survivors(suspect),
        };
        recovered.n_swept += swept.ended;
        let used = attempt.used;
        let lost = AttemptLost {
            target: attempt.target.clone(),
            reason,
            swept: swept.ended,
            tree_empty: swept.none_left,
            usage: used.map_or_else(Usage::default, |used| used.usage),
            // What was told on the way is a lower bound of what it came to.
            exactness: match used {
                Some(used) if used.usage.is_known() => Exactness::AtLeast,
                _ => Exactness::Unknown,
            },
            cost: used
                .filter(|used| used.cost.amount.is_some())
                .map_or(Cost::UNKNOWN, |used| Cost {
                    at_least: true,
                    ..used.cost
                }),
        };
        ExitFile::lost(suspect.name.number, lost)
    }

    fn end_survivors(&self, suspect: &Suspect) -> Survivors {
        let Some(marker) = suspect.attempt.marker else {
            return Survivors::default();
        };
        let swept = sweep(marker);
        Survivors {
            ended: swept.ended,
            none_left: swept.clean,
        }
    }

    fn evidence(&self, suspect: &Suspect) -> Evidence {
        let attempt = &suspect.attempt;
        let folder = self.folder(&suspect.name);
        let since = attempt.since.as_ref();
        let same_boot = since.is_none_or(|since| since.boot == self.boot);
        let process = folder.process::<ProcessFile>().ok().and_then(Found::whole);
        let likeness = process
            .filter(|process| process.boot == self.boot)
            .map(|process| is_same_process(process.pid, process.start_ticks));
        // Before the look at the claim: one that is made in between is held by somebody.
        let claimed = folder.was_claimed();
        // A claim that cannot be looked at counts as held: no wrong verdict on no evidence.
        let supervisor_alive = folder.is_claimed().unwrap_or(true);
        let exit_file = exit_of(&folder).is_some();
        let marker = attempt.marker.filter(|_| !supervisor_alive && !exit_file);
        Evidence {
            same_node: since.is_none_or(|since| since.node == self.node),
            same_boot,
            supervisor_alive,
            claimed,
            exit_file,
            state: attempt.state,
            age: since.filter(|_| same_boot).map(|since| {
                let now = self.clock.monotonic();
                now.saturating_sub(Duration::from_micros(since.mono_us))
            }),
            intended: attempt.intended,
            started: attempt.process.is_some(),
            remains: marker.is_some_and(|marker| !find_marked(marker).is_empty()),
            identity_differs: likeness == Some(Likeness::Other),
        }
    }

    fn interrupt_plans(&self, recovered: &mut Recovered) -> Result<(), EngineError> {
        for run in self.abandoned_plans()? {
            let actor = self.recovery();
            let reason = "driver_died".to_owned();
            self.write(&actor, |ledger, _| {
                let driven = ledger.run(&run).and_then(KnownRun::plan_state);
                if driven != Some(PlanState::Open) {
                    return Vec::new();
                }
                vec![of_run(&run, WorkflowInterrupted { reason })]
            })?;
            recovered.interrupted.push(run);
        }
        Ok(())
    }

    /// Workflows that should go on and have nobody who drives them.
    fn abandoned_plans(&self) -> Result<Vec<RunId>, EngineError> {
        let now = self.clock.now();
        let open: Vec<(RunId, bool)> = self.view(|ledger| {
            let known = ledger.known();
            let open = known.filter_map(|(run, known)| {
                let plan = known.plan.as_ref()?;
                let age = Duration::try_from(now - plan.at).unwrap_or_default();
                (plan.state == PlanState::Open).then(|| (run.clone(), age > SETTLING))
            });
            open.collect()
        })?;
        let is_abandoned = |(run, settled): &(RunId, bool)| {
            // One that just began may not have been taken in hand yet.
            let had_driver = *settled || self.spool.was_driven(run);
            had_driver && !self.spool.is_driven(run).unwrap_or(true)
        };
        let abandoned = open.into_iter().filter(is_abandoned);
        Ok(abandoned.map(|(run, _)| run).collect())
    }

    fn recovery(&self) -> Actor {
        Actor {
            via: Via::Recovery,
            ..self.actor.clone()
        }
    }
}

fn suspects_of(ledger: &Ledger) -> impl Iterator<Item = Suspect> + '_ {
    let suspect = |work: OpenWork<'_>| Suspect {
        name: work.name(),
        attempt: work.attempt.clone(),
    };
    ledger
        .work()
        .filter(|work| work.attempt.state.holds_slot())
        .map(suspect)
}

fn exit_of(folder: &AttemptFolder) -> Option<ExitFile> {
    folder.exit::<ExitFile>().ok().and_then(Found::whole)
}

/// What was left of an attempt.
#[derive(Default)]
struct Survivors {
    ended: u32,
    none_left: bool,
}

/// An event about a run as a whole.
pub(super) fn of_run(run: &RunId, body: impl Into<crate::model::Body>) -> Draft {
    Draft {
        run: Some(run.clone()),
        invocation: None,
        attempt: None,
        body: body.into(),
    }
}
