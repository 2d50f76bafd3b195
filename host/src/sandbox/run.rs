//! One run of one tool, as its adapter follows it.
//!
//! Owns the order of things within a run: a plan, output, the end. Never starts the tool and
//! never decides what an event means.

use std::sync::Arc;
use std::time::Duration;

use super::adapter::AdapterWorld;
use super::adapter_v1::{self as contract, Seen};
use super::error::PlanError;
use super::fault::GuestFault;
use super::grants;
use super::instance::Instance;
use super::limits::Allowance;
use super::log::PluginLog;
use super::plugin::Loaded;
use crate::model::{AdapterTask, Chunk, CommandPlan, ExitStatus, Step};

/// An instance of an adapter that serves one run. Dropped with it.
///
/// After a fault the instance is dead: every later call returns the same fault, and plugin code
/// is not entered again.
pub struct AdapterRun {
    instance: Instance<AdapterWorld>,
    seen: Seen,
}

impl AdapterRun {
    pub(super) fn new(loaded: Arc<Loaded<AdapterWorld>>) -> Result<Self, GuestFault> {
        Ok(Self {
            instance: Instance::new(loaded)?,
            seen: Seen::default(),
        })
    }

    /// How to start the tool for `task`.
    ///
    /// The plan names the program that was granted and asks for nothing that no adapter may have.
    /// What the *user* grants beyond that is not checked here: names to inherit, secrets, and
    /// where the prompt may stand.
    ///
    /// # Errors
    /// What the adapter says against the task, what the host refuses, or how the adapter
    /// misbehaved.
    pub fn plan(&mut self, task: &AdapterTask) -> Result<CommandPlan, PlanError> {
        let allowance = self.instance.loaded.limits.call(task.options.len());
        let theirs = contract::task(task);
        let answer = self.instance.call(allowance, |plugin, store| {
            plugin.tollgate_adapter_adapter().call_plan(store, &theirs)
        })?;
        let plan = answer.map_err(contract::problem)?;
        let plan = self.instance.judge(contract::command_plan(plan))?;
        grants::check(&plan, &task.program)?;
        Ok(plan)
    }

    /// What `chunks` of output mean. Their numbers count up from 1 within the run.
    ///
    /// An adapter that cannot go on says so with a fatal failure event, not with an error.
    ///
    /// # Errors
    /// How the adapter misbehaved.
    pub fn push(&mut self, chunks: &[Chunk]) -> Result<Step, GuestFault> {
        self.seen.given(chunks);
        let (theirs, bytes) = contract::chunks(chunks);
        self.instance.guest.fed(bytes);
        let allowance = self.instance.loaded.limits.push(bytes);
        let answer = self.instance.call(allowance, |plugin, store| {
            plugin.tollgate_adapter_adapter().call_push(store, &theirs)
        })?;
        self.step(answer)
    }

    /// The adapter's last word: the process is gone, all output was pushed. `reason` tells why
    /// it ended: `exited`, `cancelled`, `timeout`, `over-budget`, `lingered`.
    ///
    /// # Errors
    /// How the adapter misbehaved.
    pub fn finish(&mut self, status: ExitStatus, reason: &str) -> Result<Step, GuestFault> {
        self.seen.finish();
        // It may go once more through all that it kept, which its memory bounds.
        let limits = &self.instance.loaded.limits;
        let kept = self.instance.guest.n_fed().min(limits.memory);
        let allowance = Allowance {
            fuel: limits.call(kept).fuel,
            ..limits.call(0)
        };
        let theirs = contract::exit(status, reason);
        let answer = self.instance.call(allowance, |plugin, store| {
            plugin
                .tollgate_adapter_adapter()
                .call_finish(store, &theirs)
        })?;
        self.step(answer)
    }

    /// What the plugin logged since the last time. Works after a fault, too.
    pub fn take_logs(&mut self) -> Vec<PluginLog> {
        self.instance.guest.take_logs()
    }

    /// How often plugin code was entered, instantiation included.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.instance.guest.entries()
    }

    /// Processor time that plugin code has used.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        self.instance.guest.cpu()
    }

    /// Bytes of memory that the instance holds.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.instance.guest.memory()
    }

    fn step(
        &mut self,
        answer: Result<contract::Answer, contract::Objection>,
    ) -> Result<Step, GuestFault> {
        match answer {
            Ok(step) => self.instance.judge(contract::step(step, &self.seen)),
            Err(objection) => Ok(contract::trouble(&contract::problem(objection), &self.seen)),
        }
    }
}

impl std::fmt::Debug for AdapterRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdapterRun")
            .field("entries", &self.entries())
            .field("cpu", &self.cpu())
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::AdapterRun;
    use crate::sandbox::{Adapter, PolicyPlugin, Sandbox};

    #[test]
    fn runs_move_between_threads_and_plugins_are_shared_by_them() {
        fn moves<T: Send>() {}
        fn shared<T: Send + Sync>() {}
        moves::<AdapterRun>();
        shared::<Adapter>();
        shared::<PolicyPlugin>();
        shared::<Sandbox>();
    }
}
