//! What comes after an attempt: what it changed, what follows it, and what is kept from use for it.

use crate::lifecycle::Ended;
use crate::model::{AfterChanges, AttemptOutcome, Digest, FileChanges, MicroUsd, Target};
use crate::tree::{Fingerprint, TreeLimits, changes, fingerprint, fingerprint_after};

use super::attempt::{AttemptEnd, Heard};
use super::error::EngineError;
use super::exit_file::{End, ExitFile, Next};
use super::follow_up::FollowUp;
use super::record::Record;
use super::run_end::RunEnd;
use super::turn::Turn;

impl Turn<'_> {
    /// The record changes by itself, and is none of the agent's work.
    fn tree_limits(&self) -> TreeLimits {
        TreeLimits {
            left_out: vec![self.engine.desk.state_dir.clone()],
            ..TreeLimits::default()
        }
    }

    /// How the working directory looks, where somebody will want to know what became of it.
    pub(super) fn fingerprint(&self) -> Option<Fingerprint> {
        if self.engine.settings.fallback.after_changes == AfterChanges::Stop {
            return None;
        }
        let clock = self.engine.clock();
        fingerprint(&self.launch.asked.cwd, &self.tree_limits(), &*clock).ok()
    }

    pub(super) fn changes(&self, before: &Fingerprint, end: &AttemptEnd) -> Option<FileChanges> {
        if end.outcome == AttemptOutcome::Done || end.heard.is_none() {
            return None;
        }
        let cwd = &self.launch.asked.cwd;
        let clock = self.engine.clock();
        let after = fingerprint_after(cwd, before, &self.tree_limits(), &*clock).ok()?;
        Some(changes(before, &after))
    }

    /// Find out what follows, and put what it takes into the exit file and the record.
    pub(super) fn follow_up(
        &self,
        target: &Target,
        end: &AttemptEnd,
        exit: &mut ExitFile,
        record: &mut Record<'_>,
    ) -> Result<(), EngineError> {
        if end.outcome == AttemptOutcome::Failed {
            let follow_up = FollowUp {
                engine: self.engine,
                launch: self.launch,
                prompt: &self.prompt,
                target,
                end,
                exited: &exit.end,
                changed_files: exit.changes.as_ref().and_then(FileChanges::any),
                record,
            };
            let follows = follow_up.decide()?;
            exit.next = follows.next;
            exit.warnings.extend(follows.warnings);
            for judged in follows.judged {
                record.add_to_invocation(judged);
            }
            for denied in follows.denied {
                record.add_to_invocation(denied);
            }
        }
        self.look_back(target, end, exit, record)?;
        self.breakers(target, end, exit, record)
    }

    /// Ask those who look back, when nothing follows.
    fn look_back(
        &self,
        target: &Target,
        end: &AttemptEnd,
        exit: &mut ExitFile,
        record: &mut Record<'_>,
    ) -> Result<(), EngineError> {
        if exit.next.is_some() {
            return Ok(());
        }
        let over = RunEnd {
            engine: self.engine,
            launch: self.launch,
            name: &self.name,
            target,
            end,
            changed_files: exit.changes.as_ref().and_then(FileChanges::any),
        };
        if let Some(hindsight) = over.ask()? {
            record.add_to_invocation(hindsight.judged);
            exit.warnings.extend(hindsight.remarks);
        }
        Ok(())
    }

    /// What its end opens or closes.
    fn breakers(
        &self,
        target: &Target,
        end: &AttemptEnd,
        exit: &ExitFile,
        record: &mut Record<'_>,
    ) -> Result<(), EngineError> {
        let tools = &self.engine.settings.tools;
        let account = tools.get(&target.tool).map(|tool| tool.account.as_str());
        let now = self.engine.desk.clock.now();
        let elapsed = self.engine.clock().monotonic().saturating_sub(self.began);
        let ended = Ended {
            account: account.unwrap_or(target.tool.as_str()),
            target,
            outcome: end.outcome,
            failure: end.failure.as_ref(),
            began: now - jiff::SignedDuration::try_from(elapsed).unwrap_or_default(),
            retried: exit.next.as_ref().is_some_and(Next::is_retry),
            now,
        };
        let caused = self
            .engine
            .desk
            .view(|ledger| ledger.breakers().after(&ended))?;
        caused
            .into_iter()
            .for_each(|body| record.add_to_invocation(body));
        Ok(())
    }

    /// What the same tokens would have cost where the configuration would rather have sent it.
    pub(super) fn at_preferred(&self, heard: &Heard) -> Option<MicroUsd> {
        let preferred = self.launch.preferred.as_ref()?;
        let model = self.engine.settings.models.get(&preferred.model)?;
        let prices = model.prices_at(self.engine.desk.clock.now());
        prices.cost_of(&heard.tally.usage)
    }

    /// The prices in force, by what they say.
    pub(super) fn prices(&self, target: &Target) -> Option<Digest> {
        let model = self.engine.settings.models.get(&target.model)?;
        let prices = model.prices_at(self.engine.desk.clock.now());
        let text = serde_json::to_string(&prices).ok()?;
        Some(Digest::of(text.as_bytes()))
    }
}

/// Note what changed, where somebody looked.
pub(super) fn set_changes(exit: &mut ExitFile, changes: Option<FileChanges>) {
    if let End::Exited(exited) = &mut exit.end {
        exited.changed_files = changes.as_ref().and_then(FileChanges::any);
    }
    exit.changes = changes;
}
